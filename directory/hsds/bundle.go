package hsds

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tahweel/directory"
)

// Bundle is a set of the directory's things that belong together: what one document of HSDS nests, or what is to be nested in one.
type Bundle struct {
	Organizations []directory.Organization
	Services      []directory.Service
	Locations     []directory.Location
	Offers        []directory.ServiceAtLocation
	Taxonomies    []directory.Taxonomy
	Terms         []directory.Term
}

// Add reads a document of the standard, a service, an organization, a service_at_location, a location, a taxonomy or a taxonomy_term,
// and adds it with all that stands in it. It fails if the document is not JSON of that form.
func (b *Bundle) Add(kind string, document []byte) error {
	switch kind {
	case "service":
		return read(document, b.AddService)
	case "organization":
		return read(document, b.AddOrganization)
	case "service_at_location":
		return read(document, b.AddServiceAtLocation)
	case "location":
		return read(document, b.AddLocation)
	case "taxonomy":
		return read(document, b.AddTaxonomy)
	case "taxonomy_term":
		return read(document, b.AddTerm)
	}
	return fmt.Errorf("hsds: there is no %q", kind)
}

func read[T any](document []byte, add func(T)) error {
	var thing T
	if err := json.Unmarshal(document, &thing); err != nil {
		return fmt.Errorf("hsds: %w", err)
	}
	add(thing)
	return nil
}

// AddOrganization adds the organization and all that stands in it. What the bundle has already stays as it is; programs that only
// services name are added to it.
func (b *Bundle) AddOrganization(o Organization) {
	add(&b.Organizations, o.Domain(), func(o directory.Organization) uuid.UUID { return o.ID })
	b.addTerms(o)
	for _, l := range o.Locations {
		l.OrganizationID = o.ID
		b.AddLocation(l)
	}
	for _, s := range o.Services {
		s.OrganizationID = o.ID
		b.AddService(s)
	}
}

// AddService adds the service and all that stands in it: its organization, its locations, and itself at them.
func (b *Bundle) AddService(s Service) {
	if s.Organization != nil {
		s.OrganizationID = s.Organization.ID
		b.AddOrganization(*s.Organization)
	}
	if s.Program != nil {
		b.addProgram(idOf(s.OrganizationID), s.Program.domain())
	}
	service := s.Domain()
	add(&b.Services, service, func(s directory.Service) uuid.UUID { return s.ID })
	offers := s.ServiceAtLocations
	s.ServiceAtLocations, s.Organization = nil, nil
	b.addTerms(s)
	for _, offer := range offers {
		offer.ServiceID = s.ID
		if offer.Location != nil && offer.Location.OrganizationID == "" {
			l := *offer.Location
			l.OrganizationID = s.OrganizationID
			offer.Location = &l
		}
		b.AddServiceAtLocation(offer)
	}
}

// AddServiceAtLocation adds the service at a location and what stands in it: its service and its location.
func (b *Bundle) AddServiceAtLocation(offer ServiceAtLocation) {
	organization := ""
	if s := offer.Service; s != nil {
		b.AddService(*s)
		organization = s.OrganizationID
		if s.Organization != nil {
			organization = s.Organization.ID
		}
	}
	if offer.Location != nil {
		l := *offer.Location
		l.OrganizationID = or(l.OrganizationID, organization)
		b.AddLocation(l)
	}
	add(&b.Offers, offer.Domain(), func(o directory.ServiceAtLocation) uuid.UUID { return o.ID })
	offer.Service, offer.Location = nil, nil
	b.addTerms(offer)
}

// AddLocation adds the location.
func (b *Bundle) AddLocation(l Location) {
	add(&b.Locations, l.Domain(), func(l directory.Location) uuid.UUID { return l.ID })
	b.addTerms(l)
}

// AddTerm adds a term and its taxonomy; not a need, for the program has those.
func (b *Bundle) AddTerm(t TaxonomyTerm) {
	if _, ours := directory.NeedByID(idOf(t.ID)); ours {
		return
	}
	add(&b.Terms, t.Domain(), func(t directory.Term) uuid.UUID { return t.ID })
	if t.TaxonomyDetail != nil {
		b.AddTaxonomy(*t.TaxonomyDetail)
	}
}

// AddTaxonomy adds a taxonomy; not that of the needs.
func (b *Bundle) AddTaxonomy(x Taxonomy) {
	if idOf(x.ID) != directory.NeedsTaxonomy.ID {
		add(&b.Taxonomies, x.Domain(), func(x directory.Taxonomy) uuid.UUID { return x.ID })
	}
}

func (b *Bundle) addProgram(organization uuid.UUID, p directory.Program) {
	i := slices.IndexFunc(b.Organizations, func(o directory.Organization) bool { return o.ID == organization })
	if i >= 0 {
		add(&b.Organizations[i].Details.Programs, p, func(p directory.Program) uuid.UUID { return p.ID })
	}
}

func add[T any](list *[]T, thing T, id func(T) uuid.UUID) {
	if !slices.ContainsFunc(*list, func(have T) bool { return id(have) == id(thing) }) {
		*list = append(*list, thing)
	}
}
