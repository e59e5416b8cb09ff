package hsds

import (
	"maps"

	"github.com/google/uuid"

	"tahweel/directory"
)

// Nest puts the things of a bundle into one another as the standard does: what stands inside another thing does not name it again. It
// is for one goroutine, and what it returns shares its parts: it is to be read.
type Nest struct {
	view          View
	organizations map[uuid.UUID]directory.Organization
	services      map[uuid.UUID]directory.Service
	locations     map[uuid.UUID]directory.Location
	// In the order of the bundle.
	servicesOf, locationsOf, offersOf map[uuid.UUID][]int
	bundle                            Bundle
	made                              map[uuid.UUID]*Organization // by bare
	// Accreditations are those in force, by organization, for the profile.
	Accreditations map[uuid.UUID]*Accredited
}

// NewNest returns the nest of the bundle's things in the view, which learns the terms of the bundle.
func NewNest(b Bundle, v View) *Nest {
	n := &Nest{
		view: v, bundle: b, organizations: map[uuid.UUID]directory.Organization{}, services: map[uuid.UUID]directory.Service{},
		locations: map[uuid.UUID]directory.Location{}, servicesOf: map[uuid.UUID][]int{}, locationsOf: map[uuid.UUID][]int{},
		offersOf: map[uuid.UUID][]int{}, made: map[uuid.UUID]*Organization{},
	}
	n.view.Terms = learn(v.Terms, b.Terms, func(t directory.Term) uuid.UUID { return t.ID })
	n.view.Taxonomies = learn(v.Taxonomies, b.Taxonomies, func(x directory.Taxonomy) uuid.UUID { return x.ID })
	for _, o := range b.Organizations {
		n.organizations[o.ID] = o
	}
	for i, s := range b.Services {
		n.services[s.ID] = s
		n.servicesOf[s.OrganizationID] = append(n.servicesOf[s.OrganizationID], i)
	}
	for i, l := range b.Locations {
		n.locations[l.ID] = l
		n.locationsOf[l.OrganizationID] = append(n.locationsOf[l.OrganizationID], i)
	}
	for i, o := range b.Offers {
		n.offersOf[o.ServiceID] = append(n.offersOf[o.ServiceID], i)
	}
	return n
}

func learn[T any](known map[uuid.UUID]T, more []T, id func(T) uuid.UUID) map[uuid.UUID]T {
	out := maps.Clone(known)
	if out == nil {
		out = map[uuid.UUID]T{}
	}
	for _, thing := range more {
		out[id(thing)] = thing
	}
	return out
}

// Organization returns the organization in full: its locations, and its services at their locations.
func (n *Nest) Organization(o directory.Organization) Organization {
	out := *n.bare(o)
	for _, i := range n.servicesOf[o.ID] {
		s := n.service(n.bundle.Services[i])
		s.OrganizationID = ""
		s.ServiceAtLocations = n.at(n.bundle.Services[i])
		out.Services = append(out.Services, s)
	}
	return out
}

// bare is the organization with its locations, as it stands in a service; it is the same for all of them and made once.
func (n *Nest) bare(o directory.Organization) *Organization {
	if made, ok := n.made[o.ID]; ok {
		return made
	}
	out := OfOrganization(o, n.view)
	out.Accreditation = n.Accreditations[o.ID]
	for _, i := range n.locationsOf[o.ID] {
		if l, ok := OfLocation(n.bundle.Locations[i], n.view); ok {
			l.OrganizationID = ""
			out.Locations = append(out.Locations, l)
		}
	}
	n.made[o.ID] = &out
	return &out
}

// Service returns the service in full: its organization with its locations, its program, and where it is given.
func (n *Nest) Service(s directory.Service) Service {
	out := n.within(s)
	out.ServiceAtLocations = n.at(s)
	return out
}

// within is the service with its organization and program, as it stands in a service at a location.
func (n *Nest) within(s directory.Service) Service {
	out := n.service(s)
	if o, ok := n.organizations[s.OrganizationID]; ok {
		out.Organization, out.OrganizationID = n.bare(o), ""
	}
	return out
}

// service is the service with its program alone.
func (n *Nest) service(s directory.Service) Service {
	out := OfService(s, n.view)
	id := idText(s.OrganizationID)
	for i, p := range n.organizations[s.OrganizationID].Details.Programs {
		if p.ID == s.Details.ProgramID && p.ID != uuid.Nil {
			program := n.view.program(id, i, p)
			out.Program, out.ProgramID = &program, ""
		}
	}
	return out
}

// at are the service's offers with their locations.
func (n *Nest) at(s directory.Service) (offers []ServiceAtLocation) {
	for _, i := range n.offersOf[s.ID] {
		if offer, ok := n.offer(n.bundle.Offers[i]); ok {
			offer.ServiceID = ""
			offers = append(offers, offer)
		}
	}
	return offers
}

func (n *Nest) offer(sal directory.ServiceAtLocation) (ServiceAtLocation, bool) {
	out, ok := OfServiceAtLocation(sal, n.view)
	if !ok {
		return out, false
	}
	if l, here := n.locations[sal.LocationID]; here {
		location, open := OfLocation(l, n.view)
		if !open {
			return ServiceAtLocation{}, false
		}
		location.OrganizationID = ""
		out.Location, out.LocationID = &location, ""
	}
	return out, true
}

// ServiceAtLocation returns the service at a location in full: its service with the organization, and its location. One at a
// confidential location has no form: ok is false.
func (n *Nest) ServiceAtLocation(sal directory.ServiceAtLocation) (out ServiceAtLocation, ok bool) {
	if out, ok = n.offer(sal); !ok {
		return out, false
	}
	if s, here := n.services[sal.ServiceID]; here {
		service := n.within(s)
		out.Service, out.ServiceID = &service, ""
	}
	return out, true
}

// Term returns the term with its taxonomy.
func (n *Nest) Term(t directory.Term) TaxonomyTerm { return OfTerm(t, n.view) }
