package hsds

import (
	"slices"
	"strings"

	"tahweel/directory"
	"tahweel/geo"
)

// The methods Domain read what stands in HSDS. They keep what they understand and never fail: what is no id gives the zero id, what is
// no time gives none. A text with no translations is the same in both languages. They do not validate; whoever imports does.

// Domain is the inverse of OfOrganization. What HSDS does not say of it is empty: an organization from elsewhere has no kind.
func (o Organization) Domain() directory.Organization {
	t := o.Translations
	return directory.Organization{
		ID: idOf(o.ID), Kind: directory.OrganizationKind(o.Kind), Status: directory.Status(o.Status), InformationOnly: o.InformationOnly,
		Name: t.name("name", o.Name), Description: t.name("description", o.Description),
		Details: directory.OrganizationDetails{
			AlternateName: t.name("alternate_name", o.AlternateName), Email: o.Email, Website: o.Website,
			Websites: each(o.AdditionalWebsites, URL.domain), TaxStatus: o.TaxStatus, TaxID: o.TaxID, YearIncorporated: whole(o.YearIncorporated),
			LegalStatus: t.name("legal_status", o.LegalStatus), Logo: o.Logo, URI: o.URI, ParentID: idOf(o.ParentOrganizationID),
			Phones: each(o.Phones, Phone.domain), Contacts: each(o.Contacts, Contact.domain), Funding: each(o.Funding, Funding.domain),
			Programs: each(o.Programs, Program.domain), Identifiers: each(o.Identifiers, Identifier.domain),
			Attributes: each(o.Attributes, Attribute.domain), Metadata: each(o.Metadata, Metadata.domain),
		},
		Confirmation: o.Confirmed.domain(),
	}
}

// Domain is the inverse of OfService. Needs are taken from the profile and from attributes that classify it by one of ours.
func (s Service) Domain() directory.Service {
	t := s.Translations
	out := directory.Service{
		ID: idOf(s.ID), OrganizationID: idOf(s.OrganizationID), Status: directory.Status(s.Status), Name: t.name("name", s.Name),
		Description: t.name("description", s.Description), TargetGroups: s.TargetGroups, MinimumAge: whole(s.MinimumAge),
		MaximumAge: whole(s.MaximumAge), Sex: directory.Sex(s.Sex),
		DeliveryModes: each(s.DeliveryModes, func(m string) directory.DeliveryMode { return directory.DeliveryMode(m) }),
		Details:       s.details(), Confirmation: s.Confirmed.domain(),
	}
	if s.Organization != nil {
		out.OrganizationID = idOf(s.Organization.ID)
	}
	if s.Status == temporarilyClosed {
		out.Status, out.Details.TemporarilyClosed = directory.Inactive, true
	}
	out.NeedCodes, out.Details.Attributes = s.needs()
	out.Areas, out.Details.StatedAreas = s.areas()
	return out
}

func (s Service) details() directory.ServiceDetails {
	t := s.Translations
	d := directory.ServiceDetails{
		AlternateName: t.name("alternate_name", s.AlternateName), ProgramID: idOf(s.ProgramID), URL: s.URL,
		Links: each(s.AdditionalURLs, URL.domain), Email: s.Email,
		InterpretationServices: t.name("interpretation_services", s.InterpretationServices),
		ApplicationProcess:     t.name("application_process", s.ApplicationProcess),
		FeesDescription:        t.name("fees_description", s.FeesDescription), Fees: s.Fees, WaitTime: s.WaitTime,
		Accreditations: s.Accreditations, Licenses: s.Licenses,
		EligibilityDescription: t.name("eligibility_description", s.EligibilityDescription), AssuredDate: s.AssuredDate,
		AssurerEmail: s.AssurerEmail, LastModified: s.LastModified, Alert: t.name("alert", s.Alert), AlertUntil: s.AlertUntil,
		Phones: each(s.Phones, Phone.domain), Contacts: each(s.Contacts, Contact.domain), Schedules: each(s.Schedules, Schedule.domain),
		Languages: each(s.Languages, Language.domain), Funding: each(s.Funding, Funding.domain),
		CostOptions: each(s.CostOptions, CostOption.domain), RequiredDocuments: each(s.RequiredDocuments, RequiredDocument.domain),
		Capacities: each(s.Capacities, ServiceCapacity.domain), Metadata: each(s.Metadata, Metadata.domain),
		FemaleWorker: s.FemaleWorker, WomenOnly: s.WomenOnly, Transport: s.Transport, ServesNoMinor: s.ServesNoMinor,
	}
	if s.Program != nil {
		d.ProgramID = idOf(s.Program.ID)
	}
	if w := s.Waiting; w != nil {
		d.WaitingDays, d.WaitingAsOf = w.Days, instantOf(w.AsOf)
	}
	if e := s.Eligibility; e != nil {
		d.Eligibility = directory.Eligibility{
			SocialRegistry: e.SocialRegistry, PovertyBands: e.PovertyBands, DisabilityCard: e.DisabilityCard, RefugeeStatus: e.RefugeeStatus,
			IdentityDocs: e.IdentityDocs, GovernorateOnly: e.GovernorateOnly,
		}
	}
	return d
}

// needs parts the attributes that only say which need a service meets from the others.
func (s Service) needs() (codes []string, others []directory.Attribute) {
	codes = slices.Clone(s.Needs)
	for _, a := range s.Attributes {
		d := a.domain()
		need, ok := directory.NeedByID(d.TaxonomyTermID)
		if ok && !need.Root() && !slices.Contains(codes, need.Code) {
			codes = append(codes, need.Code)
		}
		if !ok || a.ID != needAttributeID(s.ID, need) {
			others = append(others, d)
		}
	}
	return codes, others
}

// areas parts the areas that the service declares from those that it only states.
func (s Service) areas() (declared []directory.Area, stated []directory.StatedArea) {
	for _, a := range s.ServiceAreas {
		polygon, ours := a.polygon(s.ID)
		switch {
		case a.Governorate != "":
			declared = append(declared, directory.Area{GovernorateCode: a.Governorate})
		case a.Place != "":
			declared = append(declared, directory.Area{PlaceCode: a.Place})
		case a.Nationwide:
			declared = append(declared, directory.Area{Nationwide: true})
		case ours:
			declared = append(declared, directory.Area{Polygon: polygon})
		default:
			stated = append(stated, a.domain())
		}
	}
	return declared, stated
}

// Domain is the inverse of OfLocation. Coordinates that are no point on the earth are kept as they were stated.
func (l Location) Domain() directory.Location {
	t := l.Translations
	out := directory.Location{
		ID: idOf(l.ID), OrganizationID: idOf(l.OrganizationID), PlaceCode: l.Place, Name: t.name("name", l.Name), ValidFrom: dayOf(l.ValidFrom),
		ValidTo: dayOf(l.ValidTo), Confirmation: l.Confirmed.domain(),
		Details: directory.LocationDetails{
			LocationType: l.LocationType, AlternateName: t.name("alternate_name", l.AlternateName),
			Description: t.name("description", l.Description), Transportation: t.name("transportation", l.Transportation), URL: l.URL,
			ExternalIdentifier: l.ExternalIdentifier, ExternalIdentifierType: l.ExternalIdentifierType,
			Accessibility: each(l.Accessibility, Accessibility.domain), Languages: each(l.Languages, Language.domain),
			Phones: each(l.Phones, Phone.domain), Contacts: each(l.Contacts, Contact.domain), Schedules: each(l.Schedules, Schedule.domain),
			Attributes: each(l.Attributes, Attribute.domain), Metadata: each(l.Metadata, Metadata.domain),
		},
	}
	for i, a := range l.Addresses {
		address := a.domain()
		if i == 0 {
			out.Address = address.Address1
		}
		if address.ID != ownAddressID(out.ID) {
			out.Details.Addresses = append(out.Details.Addresses, address)
		}
	}
	out.Point, out.Details.StatedLatitude, out.Details.StatedLongitude = l.point()
	return out
}

// point returns where the location is, or what was stated instead.
func (l Location) point() (at geo.Point, lat, lon *float64) {
	if l.Latitude == nil || l.Longitude == nil {
		return geo.Point{}, l.Latitude, l.Longitude
	}
	at, err := geo.NewPoint(*l.Latitude, *l.Longitude)
	if err != nil || at == (geo.Point{}) {
		return geo.Point{}, l.Latitude, l.Longitude
	}
	return at, nil, nil
}

// Domain is the inverse of OfServiceAtLocation; a service or location that stands inside is only named.
func (s ServiceAtLocation) Domain() directory.ServiceAtLocation {
	out := directory.ServiceAtLocation{
		ID: idOf(s.ID), ServiceID: idOf(s.ServiceID), LocationID: idOf(s.LocationID), Status: directory.Status(s.Status),
		Accepting: directory.UnknownCapacity, Confirmation: s.Confirmed.domain(),
		Details: directory.OfferDetails{
			Description: s.Translations.name("description", s.Description), Phones: each(s.Phones, Phone.domain),
			Contacts: each(s.Contacts, Contact.domain), Schedules: each(s.Schedules, Schedule.domain),
			StatedAreas: each(s.ServiceAreas, ServiceArea.domain), Capacities: each(s.Capacities, ServiceCapacity.domain),
			Attributes: each(s.Attributes, Attribute.domain), Metadata: each(s.Metadata, Metadata.domain),
		},
	}
	if s.Service != nil {
		out.ServiceID = idOf(s.Service.ID)
	}
	if s.Location != nil {
		out.LocationID = idOf(s.Location.ID)
	}
	if a := s.Accepting; a != nil && a.AsOf != "" {
		out.Accepting, out.AcceptingAsOf = directory.AcceptingStatus(strings.ReplaceAll(a.Status, "-", "_")), instantOf(a.AsOf)
	}
	if w := s.Waiting; w != nil {
		out.Details.WaitingDays, out.Details.WaitingAsOf = w.Days, instantOf(w.AsOf)
	}
	return out
}

// Domain is the inverse of OfTaxonomy.
func (x Taxonomy) Domain() directory.Taxonomy {
	return directory.Taxonomy{
		ID: idOf(x.ID), Name: x.Translations.name("name", x.Name), Description: x.Translations.name("description", x.Description), URI: x.URI,
		Version: x.Version, Metadata: each(x.Metadata, Metadata.domain),
	}
}

// Domain is the inverse of OfTerm; a taxonomy that stands inside is only named.
func (x TaxonomyTerm) Domain() directory.Term {
	out := directory.Term{
		ID: idOf(x.ID), Code: x.Code, Name: x.Translations.name("name", x.Name),
		Description: x.Translations.name("description", x.Description), ParentID: idOf(x.ParentID), TaxonomyName: x.Taxonomy,
		TaxonomyID: idOf(x.TaxonomyID), Language: x.Language, URI: x.TermURI, Metadata: each(x.Metadata, Metadata.domain),
	}
	if x.TaxonomyDetail != nil {
		out.TaxonomyID = idOf(x.TaxonomyDetail.ID)
	}
	return out
}

// domain reads when it was confirmed; by whom is not public.
func (c *Confirmation) domain() directory.Confirmation {
	if c == nil {
		return directory.Confirmation{}
	}
	return directory.Confirmation{ConfirmedAt: instantOf(c.At)}
}
