package hsds

import "tahweel/directory"

func (r Record) domain() directory.Record {
	return directory.Record{ID: idOf(r.ID), Attributes: each(r.Attributes, Attribute.domain), Metadata: each(r.Metadata, Metadata.domain)}
}

func (a Attribute) domain() directory.Attribute {
	term := a.TaxonomyTermID
	if a.TaxonomyTerm != nil {
		term = a.TaxonomyTerm.ID
	}
	return directory.Attribute{
		ID: idOf(a.ID), TaxonomyTermID: idOf(term), LinkType: a.LinkType, LinkEntity: a.LinkEntity, Label: a.Label, Value: a.Value,
		Metadata: each(a.Metadata, Metadata.domain),
	}
}

func (m Metadata) domain() directory.Metadata {
	return directory.Metadata{
		ID: idOf(m.ID), ResourceType: m.ResourceType, LastActionDate: m.LastActionDate, LastActionType: m.LastActionType,
		FieldName: m.FieldName, PreviousValue: m.PreviousValue, ReplacementValue: m.ReplacementValue, UpdatedBy: m.UpdatedBy,
	}
}

func (u URL) domain() directory.Link {
	return directory.Link{Record: u.Record.domain(), Label: u.Translations.name("label", u.Label), URL: u.URL}
}

func (p Phone) domain() directory.Phone {
	return directory.Phone{
		Record: p.Record.domain(), Number: p.Number, Extension: whole(p.Extension), Type: p.Type,
		Description: p.Translations.name("description", p.Description), Languages: each(p.Languages, Language.domain), OnCall: p.OnCall,
	}
}

func (l Language) domain() directory.Language {
	return directory.Language{Record: l.Record.domain(), Code: l.Code, Name: l.Name, Note: l.Translations.name("note", l.Note)}
}

func (c Contact) domain() directory.Contact {
	t := c.Translations
	return directory.Contact{
		Record: c.Record.domain(), Name: t.name("name", c.Name), Title: t.name("title", c.Title), Department: t.name("department", c.Department),
		Email: c.Email, Phones: each(c.Phones, Phone.domain),
	}
}

func (s Schedule) domain() directory.Schedule {
	t := s.Translations
	return directory.Schedule{
		Record: s.Record.domain(), ValidFrom: s.ValidFrom, ValidTo: s.ValidTo, DTStart: s.DTStart, Until: s.Until, Count: whole(s.Count),
		Wkst: s.Wkst, Freq: s.Freq, Interval: whole(s.Interval), ByDay: s.ByDay, ByWeekNo: s.ByWeekNo, ByMonthDay: s.ByMonthDay,
		ByYearDay: s.ByYearDay, Timezone: s.Timezone, OpensAt: s.OpensAt, ClosesAt: s.ClosesAt,
		Description: t.name("description", s.Description), ScheduleLink: s.ScheduleLink, AttendingType: s.AttendingType,
		Notes: t.name("notes", s.Notes),
	}
}

func (a Address) domain() directory.Address {
	t := a.Translations
	return directory.Address{
		Record: a.Record.domain(), Attention: a.Attention, Address1: t.name("address_1", a.Address1), Address2: t.name("address_2", a.Address2),
		City: t.name("city", a.City), Region: t.name("region", a.Region), StateProvince: a.StateProvince, PostalCode: a.PostalCode,
		Country: a.Country, AddressType: a.AddressType,
	}
}

func (a Accessibility) domain() directory.Accessibility {
	t := a.Translations
	return directory.Accessibility{
		Record: a.Record.domain(), Feature: a.Feature, Description: t.name("description", a.Description), Details: t.name("details", a.Details),
		URL: a.URL,
	}
}

func (d RequiredDocument) domain() directory.RequiredDocument {
	return directory.RequiredDocument{Record: d.Record.domain(), Document: d.Translations.name("document", d.Document), URI: d.URI}
}

func (c CostOption) domain() directory.CostOption {
	t := c.Translations
	return directory.CostOption{
		Record: c.Record.domain(), ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Option: t.name("option", c.Option), Currency: c.Currency,
		Amount: c.Amount, AmountDescription: t.name("amount_description", c.AmountDescription),
	}
}

func (f Funding) domain() directory.Funding {
	return directory.Funding{Record: f.Record.domain(), Source: f.Translations.name("source", f.Source)}
}

func (p Program) domain() directory.Program {
	t := p.Translations
	return directory.Program{
		Record: p.Record.domain(), Name: t.name("name", p.Name), AlternateName: t.name("alternate_name", p.AlternateName),
		Description: t.name("description", p.Description),
	}
}

func (d Identifier) domain() directory.Identifier {
	return directory.Identifier{Record: d.Record.domain(), Scheme: d.Scheme, Type: d.Type, Identifier: d.Identifier}
}

func (u Unit) domain() directory.Unit {
	return directory.Unit{
		Record: u.Record.domain(), Name: u.Translations.name("name", u.Name), Scheme: u.Scheme, Identifier: u.Identifier, URI: u.URI,
	}
}

func (c ServiceCapacity) domain() directory.ServiceCapacity {
	out := directory.ServiceCapacity{
		Record: c.Record.domain(), Available: c.Available, Maximum: c.Maximum, Description: c.Translations.name("description", c.Description),
		Updated: instantOf(c.Updated),
	}
	if c.Unit != nil {
		out.Unit = c.Unit.domain()
	} else {
		out.Unit.ID = idOf(c.UnitID)
	}
	return out
}

func (a ServiceArea) domain() directory.StatedArea {
	t := a.Translations
	return directory.StatedArea{
		Record: a.Record.domain(), Name: t.name("name", a.Name), Description: t.name("description", a.Description), Extent: a.Extent,
		ExtentType: a.ExtentType, URI: a.URI,
	}
}
