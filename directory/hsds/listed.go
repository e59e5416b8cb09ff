package hsds

// Listed returns the organization as it stands in a list: without what there may be several of.
func (o Organization) Listed() Organization {
	o.Record = o.Record.listed()
	o.AdditionalWebsites, o.Funding, o.Contacts, o.Phones, o.Locations, o.Programs, o.Identifiers, o.Services = nil, nil, nil, nil, nil, nil, nil, nil
	return o
}

// Listed returns the service as it stands in a list: without what there may be several of, with its organization and its program.
func (s Service) Listed() Service {
	s.Record = s.Record.listed()
	s.AdditionalURLs, s.Phones, s.Schedules, s.ServiceAreas, s.ServiceAtLocations, s.Languages = nil, nil, nil, nil, nil, nil
	s.Funding, s.CostOptions, s.RequiredDocuments, s.Contacts, s.Capacities = nil, nil, nil, nil, nil
	if s.Organization != nil {
		o := s.Organization.Listed()
		s.Organization = &o
	}
	if s.Program != nil {
		p := *s.Program
		p.Record = p.Record.listed()
		s.Program = &p
	}
	return s
}

// Listed returns the service at a location as it stands in a list: without what there may be several of, with its service and its
// location.
func (s ServiceAtLocation) Listed() ServiceAtLocation {
	s.Record = s.Record.listed()
	s.ServiceAreas, s.Contacts, s.Phones, s.Schedules, s.Capacities = nil, nil, nil, nil, nil
	if s.Service != nil {
		service := s.Service.Listed()
		s.Service = &service
	}
	if s.Location != nil {
		l := *s.Location
		l.Record = l.Record.listed()
		l.Languages, l.Addresses, l.Contacts, l.Accessibility, l.Phones, l.Schedules = nil, nil, nil, nil, nil, nil
		s.Location = &l
	}
	return s
}

func (r Record) listed() Record { return Record{ID: r.ID, Translations: r.Translations} }
