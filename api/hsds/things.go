package hsds

import (
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	words "tahweel/directory/hsds"
	"tahweel/internal/fault"
)

// authority is who accredits.
var authority = fault.Sentence{AR: "وزارة التنمية الاجتماعية", EN: "Ministry of Social Development"}

const defunct = "defunct"

// ended is all that is told of what is not public any more.
type ended struct {
	ID           string `json:"id"`
	Name         string `json:"name,omitempty"`
	Description  string `json:"description,omitempty"`
	Status       string `json:"status"`
	LastModified string `json:"last_modified,omitempty"`
}

// minimal is a service for a reader who looks only what is new.
type minimal struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Status       string `json:"status"`
	ModifiedDate string `json:"modified_date"`
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func (f *face) services(q *request) (any, error) {
	query, full, brief := q.query(), q.flag("full"), q.flag("minimal")
	p := q.page(usualSize, largestSize)
	if brief {
		p = q.page(mostMinimal, mostMinimal)
	}
	if err := q.wrong(); err != nil {
		return nil, err
	}
	depth := directory.Shallow
	if full && !brief {
		depth = directory.Deep
	}
	return f.serve(q, p, query, collection{
		read: func(q *request, query directory.PublicQuery) (directory.PublicPage, error) {
			return f.Directory.PublicServices(q.r.Context(), query, depth)
		},
		render: func(found directory.PublicPage, v words.View) []any { return renderServices(found, v, full, brief) },
	})
}

// mostMinimal is how many services one page holds in their shortest form: all of them, as far as the standard's wish can be granted.
const mostMinimal = 10_000

func renderServices(found directory.PublicPage, v words.View, full, brief bool) []any {
	n, services := nest(found, v), byID(found.Services, func(s directory.Service) uuid.UUID { return s.ID })
	var out []any
	for _, item := range found.Items {
		out = append(out, renderService(n, services[item.ID], item, full, brief))
	}
	return out
}

func renderService(n *words.Nest, s directory.Service, item directory.PublicItem, full, brief bool) any {
	w := n.Service(s)
	if s.Details.LastModified == "" || s.Version > 1 { // what the source said of it is true until it changes here
		w.LastModified = stamp(item.ModifiedAt)
	}
	w.Distance = item.DistanceMeters
	if item.Ended {
		w.Status = defunct
	}
	switch {
	case brief:
		return minimal{ID: w.ID, Name: w.Name, Status: w.Status, ModifiedDate: stamp(item.ModifiedAt)}
	case item.Ended:
		return ended{ID: w.ID, Name: w.Name, Status: defunct, LastModified: stamp(item.ModifiedAt)}
	case !full:
		return w.Listed()
	}
	return w
}

func (f *face) service(q *request) (any, error) {
	return f.one(q, f.Directory.PublicService, func(found directory.PublicPage, v words.View) any {
		return renderServices(found, v, true, false)[0]
	})
}

func (f *face) organizations(q *request) (any, error) {
	query, full, fullService, p := q.query(), q.flag("full"), q.flag("full_service"), q.page(usualSize, largestSize)
	if err := q.wrong(); err != nil {
		return nil, err
	}
	depth := directory.Shallow
	if full || fullService {
		depth = directory.Deep
	}
	return f.serve(q, p, query, collection{
		read: func(q *request, query directory.PublicQuery) (directory.PublicPage, error) {
			return f.Directory.PublicOrganizations(q.r.Context(), query, depth)
		},
		render: func(found directory.PublicPage, v words.View) []any {
			return renderOrganizations(found, v, depth, fullService)
		},
	})
}

func renderOrganizations(found directory.PublicPage, v words.View, depth directory.Depth, fullService bool) []any {
	n, organizations := nest(found, v), byID(found.Organizations, func(o directory.Organization) uuid.UUID { return o.ID })
	var out []any
	for _, item := range found.Items {
		w := n.Organization(organizations[item.ID])
		w.Distance = item.DistanceMeters
		switch {
		case item.Ended:
			out = append(out, ended{ID: w.ID, Name: w.Name, Description: w.Name, Status: defunct, LastModified: stamp(item.ModifiedAt)})
			continue
		case depth != directory.Deep:
			w = w.Listed()
		case !fullService:
			for i, s := range w.Services {
				w.Services[i] = s.Listed()
			}
		}
		out = append(out, w)
	}
	return out
}

func (f *face) organization(q *request) (any, error) {
	fullService := q.flag("full_service")
	return f.one(q, f.Directory.PublicOrganization, func(found directory.PublicPage, v words.View) any {
		return renderOrganizations(found, v, directory.Deep, fullService)[0]
	})
}

func (f *face) offers(q *request) (any, error) {
	query, full, p := q.query(), q.flag("full"), q.page(usualSize, largestSize)
	if err := q.wrong(); err != nil {
		return nil, err
	}
	depth := directory.Shallow
	if full {
		depth = directory.Deep
	}
	return f.serve(q, p, query, collection{
		read: func(q *request, query directory.PublicQuery) (directory.PublicPage, error) {
			return f.Directory.PublicOffers(q.r.Context(), query, depth)
		},
		render: func(found directory.PublicPage, v words.View) []any { return renderOffers(found, v, full) },
	})
}

func renderOffers(found directory.PublicPage, v words.View, full bool) []any {
	n, offers := nest(found, v), byID(found.Offers, func(o directory.ServiceAtLocation) uuid.UUID { return o.ID })
	var out []any
	for _, item := range found.Items {
		w, ok := n.ServiceAtLocation(offers[item.ID])
		switch {
		case !ok || item.Ended:
			out = append(out, ended{ID: item.ID.String(), Status: defunct, LastModified: stamp(item.ModifiedAt)})
			continue
		case !full:
			w = w.Listed()
		}
		w.Distance = item.DistanceMeters
		out = append(out, w)
	}
	return out
}

func (f *face) offer(q *request) (any, error) {
	return f.one(q, f.Directory.PublicOffer, func(found directory.PublicPage, v words.View) any {
		return renderOffers(found, v, true)[0]
	})
}
