package hsds

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	words "tahweel/directory/hsds"
)

// envelope is a page of a list, as the standard has it.
type envelope struct {
	TotalItems int   `json:"total_items"`
	TotalPages int   `json:"total_pages"`
	PageNumber int   `json:"page_number"`
	Size       int   `json:"size"` // of this page
	FirstPage  bool  `json:"first_page"`
	LastPage   bool  `json:"last_page"`
	Empty      bool  `json:"empty"`
	Contents   []any `json:"contents"`
}

func (p page) envelope(total int, contents []any) envelope {
	pages := (total + p.size - 1) / p.size
	if contents == nil {
		contents = []any{}
	}
	return envelope{
		TotalItems: total, TotalPages: pages, PageNumber: p.number, Size: len(contents), FirstPage: p.number == 1, LastPage: p.number >= pages,
		Empty: len(contents) == 0, Contents: contents,
	}
}

// collection is one of the lists that the directory keeps.
type collection struct {
	read   func(q *request, query directory.PublicQuery) (directory.PublicPage, error)
	render func(directory.PublicPage, words.View) []any
}

// serve answers with the page that is asked for, or with all of the list, one thing a line.
func (f *face) serve(q *request, p page, query directory.PublicQuery, c collection) (any, error) {
	if p.stream {
		return nil, f.stream(q, query, c)
	}
	query.Limit, query.Offset = p.size, p.offset()
	found, err := c.read(q, query)
	if err != nil {
		return nil, err
	}
	return p.envelope(found.Total, c.render(found, f.viewOf(q, found))), nil
}

// viewOf is the view that knows what the page names.
func (f *face) viewOf(q *request, found directory.PublicPage) words.View {
	v := f.view(q)
	v.Places, v.Governorates = found.Places, found.Governorates
	return v
}

// batch is how many things of a stream are in memory at a time, and batchTime how long a reader may take for them.
const (
	batch     = 100
	batchTime = time.Minute
)

// stream writes the whole list, batch after batch; a reader that breaks off costs no more than one of them.
func (f *face) stream(q *request, query directory.PublicQuery, c collection) error {
	query.Limit = batch
	control := http.NewResponseController(q.w)
	for {
		found, err := c.read(q, query)
		if err != nil {
			return q.broken(err)
		}
		_ = control.SetWriteDeadline(f.Wall().Add(batchTime)) // a server that cannot has its own
		if err := q.lines(c.render(found, f.viewOf(q, found))); err != nil || len(found.Items) < batch || q.r.Method == http.MethodHead {
			return err
		}
		last := found.Items[len(found.Items)-1].Position()
		query.After = &last
	}
}

// nest prepares the things of a page for nesting.
func nest(found directory.PublicPage, v words.View) *words.Nest {
	n := words.NewNest(words.Bundle{
		Organizations: found.Organizations, Services: found.Services, Locations: found.Locations, Offers: found.Offers,
		Terms: found.Terms, Taxonomies: found.Taxonomies,
	}, v)
	n.Accreditations = map[uuid.UUID]*words.Accredited{}
	for id, grant := range found.Grants {
		n.Accreditations[id] = words.OfAccreditation(grant, authority.In(or(v.Language, "ar")))
	}
	return n
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

func byID[T any](list []T, id func(T) uuid.UUID) map[uuid.UUID]T {
	found := make(map[uuid.UUID]T, len(list))
	for _, thing := range list {
		found[id(thing)] = thing
	}
	return found
}
