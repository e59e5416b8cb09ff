package hsds

import (
	"strconv"

	"github.com/google/uuid"

	"tahweel/directory"
)

func (v View) record(owner, kind string, i int, r directory.Record) Record {
	id := idText(r.ID)
	if id == "" {
		id = derived(owner, kind, strconv.Itoa(i))
	}
	return Record{ID: id, Attributes: parts(id, r.Attributes, v.attribute), Metadata: parts(id, r.Metadata, v.metadata)}
}

func (v View) attribute(owner string, i int, a directory.Attribute) Attribute {
	id := idText(a.ID)
	if id == "" {
		id = derived(owner, "attribute", strconv.Itoa(i))
	}
	out := Attribute{
		ID: id, LinkType: a.LinkType, LinkEntity: a.LinkEntity, Label: a.Label, Value: a.Value, Metadata: parts(id, a.Metadata, v.metadata),
	}
	if term, ok := v.term(a.TaxonomyTermID); ok {
		out.TaxonomyTerm = &term
	} else {
		out.TaxonomyTermID = idText(a.TaxonomyTermID)
	}
	return out
}

// term finds a term among the needs and among those that the view knows.
func (v View) term(id uuid.UUID) (TaxonomyTerm, bool) {
	if id == uuid.Nil {
		return TaxonomyTerm{}, false
	}
	if need, ok := directory.NeedByID(id); ok {
		return OfTerm(need.Term(), v), true
	}
	if t, ok := v.Terms[id]; ok {
		return OfTerm(t, v), true
	}
	return TaxonomyTerm{}, false
}

func (v View) metadata(owner string, i int, m directory.Metadata) Metadata {
	id := idText(m.ID)
	if id == "" {
		id = derived(owner, "metadata", strconv.Itoa(i))
	}
	return Metadata{
		ID: id, ResourceType: m.ResourceType, LastActionDate: m.LastActionDate, LastActionType: m.LastActionType, FieldName: m.FieldName,
		PreviousValue: m.PreviousValue, ReplacementValue: m.ReplacementValue, UpdatedBy: m.UpdatedBy,
	}
}

func (v View) url(owner string, i int, l directory.Link) URL {
	t := v.texts()
	out := URL{Record: v.record(owner, "url", i, l.Record), Label: t.put("label", l.Label), URL: l.URL}
	out.Translations = t.kept
	return out
}

func (v View) phone(owner string, i int, p directory.Phone) Phone {
	t := v.texts()
	out := Phone{
		Record: v.record(owner, "phone", i, p.Record), Number: p.Number, Extension: number(p.Extension), Type: p.Type,
		Description: t.put("description", p.Description), OnCall: p.OnCall,
	}
	out.Languages = parts(out.ID, p.Languages, v.language)
	out.Translations = t.kept
	return out
}

func (v View) language(owner string, i int, l directory.Language) Language {
	t := v.texts()
	out := Language{Record: v.record(owner, "language", i, l.Record), Name: l.Name, Code: l.Code, Note: t.put("note", l.Note)}
	out.Translations = t.kept
	return out
}

func (v View) contact(owner string, i int, c directory.Contact) Contact {
	t := v.texts()
	out := Contact{
		Record: v.record(owner, "contact", i, c.Record), Name: t.put("name", c.Name), Title: t.put("title", c.Title),
		Department: t.put("department", c.Department), Email: c.Email,
	}
	out.Phones = parts(out.ID, c.Phones, v.phone)
	out.Translations = t.kept
	return out
}

func (v View) schedule(owner string, i int, s directory.Schedule) Schedule {
	t := v.texts()
	out := Schedule{
		Record: v.record(owner, "schedule", i, s.Record), ValidFrom: s.ValidFrom, ValidTo: s.ValidTo, DTStart: s.DTStart,
		Timezone: s.Timezone, Until: s.Until, Count: number(s.Count), Wkst: s.Wkst, Freq: s.Freq, Interval: number(s.Interval),
		ByDay: s.ByDay, ByWeekNo: s.ByWeekNo, ByMonthDay: s.ByMonthDay, ByYearDay: s.ByYearDay,
		Description: t.put("description", s.Description), OpensAt: s.OpensAt, ClosesAt: s.ClosesAt, ScheduleLink: s.ScheduleLink,
		AttendingType: s.AttendingType, Notes: t.put("notes", s.Notes),
	}
	out.Translations = t.kept
	return out
}

func (v View) address(owner string, i int, a directory.Address) Address {
	t := v.texts()
	out := Address{
		Record: v.record(owner, "address", i, a.Record), Attention: a.Attention, Address1: t.put("address_1", a.Address1),
		Address2: t.put("address_2", a.Address2), City: t.put("city", a.City), Region: t.put("region", a.Region),
		StateProvince: a.StateProvince, PostalCode: a.PostalCode, Country: a.Country, AddressType: or(a.AddressType, "physical"),
	}
	out.Translations = t.kept
	return out
}

func (v View) accessibility(owner string, i int, a directory.Accessibility) Accessibility {
	t := v.texts()
	out := Accessibility{
		Record: v.record(owner, "accessibility", i, a.Record), Description: t.put("description", a.Description),
		Details: t.put("details", a.Details), URL: a.URL, Feature: a.Feature,
	}
	out.Translations = t.kept
	return out
}

func (v View) requiredDocument(owner string, i int, d directory.RequiredDocument) RequiredDocument {
	t := v.texts()
	out := RequiredDocument{Record: v.record(owner, "required_document", i, d.Record), Document: t.put("document", d.Document), URI: d.URI}
	out.Translations = t.kept
	return out
}

func (v View) costOption(owner string, i int, c directory.CostOption) CostOption {
	t := v.texts()
	out := CostOption{
		Record: v.record(owner, "cost_option", i, c.Record), ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Option: t.put("option", c.Option),
		Currency: c.Currency, Amount: c.Amount, AmountDescription: t.put("amount_description", c.AmountDescription),
	}
	out.Translations = t.kept
	return out
}

func (v View) funding(owner string, i int, f directory.Funding) Funding {
	t := v.texts()
	out := Funding{Record: v.record(owner, "funding", i, f.Record), Source: t.put("source", f.Source)}
	out.Translations = t.kept
	return out
}

func (v View) program(owner string, i int, p directory.Program) Program {
	t := v.texts()
	out := Program{
		Record: v.record(owner, "program", i, p.Record), Name: t.put("name", p.Name), AlternateName: t.put("alternate_name", p.AlternateName),
		Description: t.put("description", p.Description),
	}
	out.Description = v.required(out.Description, out.Name)
	out.Translations = t.kept
	return out
}

func (v View) identifier(owner string, i int, d directory.Identifier) Identifier {
	return Identifier{Record: v.record(owner, "organization_identifier", i, d.Record), Scheme: d.Scheme, Type: d.Type, Identifier: d.Identifier}
}

func (v View) capacity(owner string, i int, c directory.ServiceCapacity) ServiceCapacity {
	t := v.texts()
	out := ServiceCapacity{
		Record: v.record(owner, "service_capacity", i, c.Record), Available: c.Available, Maximum: c.Maximum,
		Description: t.put("description", c.Description), Updated: instant(c.Updated),
	}
	unit := v.unit(out.ID, c.Unit)
	out.Unit = &unit
	out.Translations = t.kept
	return out
}

func (v View) unit(owner string, u directory.Unit) Unit {
	t := v.texts()
	out := Unit{Record: v.record(owner, "unit", 0, u.Record), Name: t.put("name", u.Name), Scheme: u.Scheme, Identifier: u.Identifier, URI: u.URI}
	out.Translations = t.kept
	return out
}

// capacities leaves out, for the public, what the standard has no form for: a number of nothing, or of no known time.
func (v View) capacities(owner string, list []directory.ServiceCapacity) []ServiceCapacity {
	var out []ServiceCapacity
	for i, c := range list {
		if w := v.capacity(owner, i, c); !v.served() || (w.Unit.Name != "" && w.Updated != "") {
			out = append(out, w)
		}
	}
	return out
}

func (v View) statedArea(owner string, i int, a directory.StatedArea) ServiceArea {
	t := v.texts()
	out := ServiceArea{
		Record: v.record(owner, "service_area", i, a.Record), Name: t.put("name", a.Name), Description: t.put("description", a.Description),
		Extent: a.Extent, ExtentType: a.ExtentType, URI: a.URI,
	}
	out.Translations = t.kept
	return out
}

// required returns the text, or for the public something else if there is none: the standard asks for one.
func (v View) required(text, instead string) string {
	if text == "" && v.served() {
		return instead
	}
	return text
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}
