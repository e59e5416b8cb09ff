package hsds

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/geo"
)

// OfOrganization puts an organization and its own parts into HSDS; what else may stand in it, its locations and services, the caller
// adds. Its registration is not public and has no field.
func OfOrganization(o directory.Organization, v View) Organization {
	id, d, t := idText(o.ID), o.Details, v.texts()
	out := Organization{
		Record: Record{ID: id, Attributes: parts(id, d.Attributes, v.attribute), Metadata: parts(id, d.Metadata, v.metadata)},
		Name:   t.put("name", o.Name), AlternateName: t.put("alternate_name", d.AlternateName), Description: t.put("description", o.Description),
		Email: d.Email, Website: d.Website, AdditionalWebsites: parts(id, d.Websites, v.url), TaxStatus: d.TaxStatus, TaxID: d.TaxID,
		YearIncorporated: number(d.YearIncorporated), LegalStatus: t.put("legal_status", d.LegalStatus), Logo: d.Logo, URI: d.URI,
		ParentOrganizationID: idText(d.ParentID), Funding: parts(id, d.Funding, v.funding), Contacts: parts(id, d.Contacts, v.contact),
		Phones: parts(id, d.Phones, v.phone), Programs: parts(id, d.Programs, v.program), Identifiers: parts(id, d.Identifiers, v.identifier),
		Kind: string(o.Kind), Status: string(o.Status), InformationOnly: o.InformationOnly, Confirmed: confirmed(o.Confirmation),
	}
	out.Description = v.required(out.Description, out.Name)
	out.Translations = t.kept
	return out
}

// OfAccreditation puts an accreditation in force into the words of the profile; authority is who gave it.
func OfAccreditation(g directory.Grant, authority string) *Accredited {
	return &Accredited{Number: g.Number, ValidFrom: day(&g.ValidFrom), ValidTo: day(&g.ValidTo), Authority: authority}
}

// OfService puts a service and its own parts into HSDS; its organization, program and where it is given the caller adds, see Nest.
func OfService(s directory.Service, v View) Service {
	id, d, t := idText(s.ID), s.Details, v.texts()
	out := Service{
		Record:         Record{ID: id, Attributes: v.serviceAttributes(s), Metadata: parts(id, d.Metadata, v.metadata)},
		OrganizationID: idText(s.OrganizationID), ProgramID: idText(d.ProgramID), Name: t.put("name", s.Name),
		AlternateName: t.put("alternate_name", d.AlternateName), Description: t.put("description", s.Description), URL: d.URL,
		AdditionalURLs: parts(id, d.Links, v.url), Email: d.Email, Status: statusOf(s),
		InterpretationServices: t.put("interpretation_services", d.InterpretationServices),
		ApplicationProcess:     t.put("application_process", d.ApplicationProcess), FeesDescription: t.put("fees_description", d.FeesDescription),
		WaitTime: d.WaitTime, Fees: d.Fees, Accreditations: d.Accreditations,
		EligibilityDescription: t.put("eligibility_description", d.EligibilityDescription), MinimumAge: number(s.MinimumAge),
		MaximumAge: number(s.MaximumAge), AssuredDate: d.AssuredDate, AssurerEmail: d.AssurerEmail, Licenses: d.Licenses,
		LastModified: modified(d.LastModified, s.UpdatedAt), Phones: parts(id, d.Phones, v.phone), Schedules: parts(id, d.Schedules, v.schedule),
		ServiceAreas: v.serviceAreas(s), Languages: parts(id, d.Languages, v.language), Funding: parts(id, d.Funding, v.funding),
		CostOptions: parts(id, d.CostOptions, v.costOption), RequiredDocuments: parts(id, d.RequiredDocuments, v.requiredDocument),
		Contacts: parts(id, d.Contacts, v.contact), Capacities: v.capacities(id, d.Capacities),
	}
	if v.alerts(d.AlertUntil) {
		out.Alert, out.AlertUntil = t.put("alert", d.Alert), d.AlertUntil
	}
	profileOf(&out, s)
	out.Translations = t.kept
	return out
}

// profileOf adds what the standard has no field for.
func profileOf(out *Service, s directory.Service) {
	d := s.Details
	out.Needs, out.Sex, out.TargetGroups = s.NeedCodes, string(s.Sex), s.TargetGroups
	out.DeliveryModes = each(s.DeliveryModes, func(m directory.DeliveryMode) string { return string(m) })
	out.FemaleWorker, out.WomenOnly, out.Transport, out.ServesNoMinor = d.FemaleWorker, d.WomenOnly, d.Transport, d.ServesNoMinor
	out.Waiting, out.Confirmed = waiting(d.WaitingDays, d.WaitingAsOf), confirmed(s.Confirmation)
	e := Eligibility{
		SocialRegistry: d.Eligibility.SocialRegistry, PovertyBands: d.Eligibility.PovertyBands, DisabilityCard: d.Eligibility.DisabilityCard,
		RefugeeStatus: d.Eligibility.RefugeeStatus, IdentityDocs: d.Eligibility.IdentityDocs, GovernorateOnly: d.Eligibility.GovernorateOnly,
	}
	if e.SocialRegistry || e.DisabilityCard || e.RefugeeStatus != "" || len(e.PovertyBands)+len(e.IdentityDocs)+len(e.GovernorateOnly) > 0 {
		out.Eligibility = &e
	}
}

// OfLocation puts a location into HSDS. A confidential one has no form there: ok is false.
func OfLocation(l directory.Location, v View) (out Location, ok bool) {
	if l.Confidential {
		return Location{}, false
	}
	id, d, t := idText(l.ID), l.Details, v.texts()
	out = Location{
		Record:       Record{ID: id, Attributes: parts(id, d.Attributes, v.attribute), Metadata: parts(id, d.Metadata, v.metadata)},
		LocationType: or(d.LocationType, "physical"), URL: d.URL, OrganizationID: idText(l.OrganizationID), Name: t.put("name", l.Name),
		AlternateName: t.put("alternate_name", d.AlternateName), Description: t.put("description", d.Description),
		Transportation: t.put("transportation", d.Transportation), Latitude: d.StatedLatitude, Longitude: d.StatedLongitude,
		ExternalIdentifier: d.ExternalIdentifier, ExternalIdentifierType: d.ExternalIdentifierType,
		Languages: parts(id, d.Languages, v.language), Addresses: v.addresses(l), Contacts: parts(id, d.Contacts, v.contact),
		Accessibility: parts(id, d.Accessibility, v.accessibility), Phones: parts(id, d.Phones, v.phone),
		Schedules: parts(id, d.Schedules, v.schedule), Place: l.PlaceCode, ValidFrom: day(l.ValidFrom), ValidTo: day(l.ValidTo),
		Confirmed: confirmed(l.Confirmation),
	}
	if l.Placed() {
		lat, lon := l.Point.Lat(), l.Point.Lon()
		out.Latitude, out.Longitude = &lat, &lon
	}
	out.Translations = t.kept
	return out, true
}

// OfServiceAtLocation puts a service at a location into HSDS; service and location the caller adds, see Nest. One at a confidential
// location has no form there: ok is false.
func OfServiceAtLocation(sal directory.ServiceAtLocation, v View) (out ServiceAtLocation, ok bool) {
	if sal.Confidential {
		return ServiceAtLocation{}, false
	}
	id, d, t := idText(sal.ID), sal.Details, v.texts()
	out = ServiceAtLocation{
		Record:    Record{ID: id, Attributes: parts(id, d.Attributes, v.attribute), Metadata: parts(id, d.Metadata, v.metadata)},
		ServiceID: idText(sal.ServiceID), LocationID: idText(sal.LocationID), Description: t.put("description", d.Description),
		ServiceAreas: parts(id, d.StatedAreas, v.statedArea), Contacts: parts(id, d.Contacts, v.contact), Phones: parts(id, d.Phones, v.phone),
		Schedules: parts(id, d.Schedules, v.schedule), Capacities: v.capacities(id, d.Capacities), Status: string(sal.Status),
		Accepting: v.accepting(sal), Waiting: waiting(d.WaitingDays, d.WaitingAsOf), Confirmed: confirmed(sal.Confirmation),
	}
	out.Translations = t.kept
	return out, true
}

// accepting is believed for directory.AcceptingDays; for the public it is unknown afterwards.
func (v View) accepting(sal directory.ServiceAtLocation) *Accepting {
	if sal.AcceptingAsOf == nil && !v.served() {
		return nil
	}
	status := or(string(sal.Accepting), string(directory.UnknownCapacity))
	out := &Accepting{Status: strings.ReplaceAll(status, "_", "-"), AsOf: instant(sal.AcceptingAsOf)}
	if v.served() && sal.AcceptingAsOf != nil && v.ServedAt.Sub(*sal.AcceptingAsOf) > directory.AcceptingDays*24*time.Hour {
		out.Status = string(directory.UnknownCapacity)
	}
	return out
}

// OfTaxonomy puts a taxonomy into HSDS.
func OfTaxonomy(x directory.Taxonomy, v View) Taxonomy {
	id, t := idText(x.ID), v.texts()
	out := Taxonomy{
		ID: id, Name: t.put("name", x.Name), Description: t.put("description", x.Description), URI: x.URI, Version: x.Version,
		Metadata: parts(id, x.Metadata, v.metadata),
	}
	out.Description = v.required(out.Description, out.Name)
	out.Translations = t.kept
	return out
}

// OfTerm puts a term into HSDS, with its taxonomy inside if the view knows it.
func OfTerm(x directory.Term, v View) TaxonomyTerm {
	id, t := idText(x.ID), v.texts()
	out := TaxonomyTerm{
		ID: id, Code: x.Code, Name: t.put("name", x.Name), Description: t.put("description", x.Description), ParentID: idText(x.ParentID),
		Taxonomy: x.TaxonomyName, Language: x.Language, TermURI: x.URI, Metadata: parts(id, x.Metadata, v.metadata),
	}
	if taxonomy, ok := v.taxonomy(x.TaxonomyID); ok {
		out.TaxonomyDetail = &taxonomy
	} else {
		out.TaxonomyID = idText(x.TaxonomyID)
	}
	out.Description = v.required(out.Description, out.Name)
	out.Translations = t.kept
	return out
}

func (v View) taxonomy(id uuid.UUID) (Taxonomy, bool) {
	if id == directory.NeedsTaxonomy.ID {
		return OfTaxonomy(directory.NeedsTaxonomy, v), true
	}
	x, ok := v.Taxonomies[id]
	return OfTaxonomy(x, v), ok
}

// serviceAttributes are those of the service and its needs, each once.
func (v View) serviceAttributes(s directory.Service) []Attribute {
	id := idText(s.ID)
	out := parts(id, s.Details.Attributes, v.attribute)
	said := map[uuid.UUID]bool{}
	for _, a := range s.Details.Attributes {
		said[a.TaxonomyTermID] = true
	}
	for _, code := range s.NeedCodes {
		need, ok := directory.NeedByCode(code)
		if !ok || said[need.ID] {
			continue
		}
		term := OfTerm(need.Term(), v)
		out = append(out, Attribute{ID: needAttributeID(id, need), LinkEntity: "service", TaxonomyTerm: &term})
	}
	return out
}

func needAttributeID(service string, need directory.Need) string {
	return derived(service, "need", need.Code)
}

// statusOf knows the one status of HSDS that is not one of ours.
func statusOf(s directory.Service) string {
	if s.Details.TemporarilyClosed && s.Status != directory.Active && s.Status != directory.Defunct {
		return temporarilyClosed
	}
	return or(string(s.Status), string(directory.Active))
}

const temporarilyClosed = "temporarily closed"

// alerts reports whether an alert until that day is still to be shown.
func (v View) alerts(until string) bool {
	return !v.served() || until == "" || until >= geo.Today(v.ServedAt).Format(time.DateOnly)
}

func modified(stated string, at time.Time) string {
	if stated != "" || at.IsZero() {
		return stated
	}
	return instant(&at)
}

func waiting(days *int, asOf *time.Time) *Waiting {
	if days == nil && asOf == nil {
		return nil
	}
	return &Waiting{Days: days, AsOf: instant(asOf)}
}

func confirmed(c directory.Confirmation) *Confirmation {
	if c.ConfirmedAt == nil {
		return nil
	}
	return &Confirmation{At: instant(c.ConfirmedAt)}
}
