package sheet

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/hsds"
	"tahweel/geo"
)

// incoming turns the objects of one organization into what the directory takes in.
type incoming struct {
	*gathering
	assembled *assembled
	kind      directory.OrganizationKind // of an organization whose file does not say it
}

func (in *incoming) at(k key) Place { return in.rows[in.records[in.first[k]].row].Place }

// place is where the files tell of a thing first; of one that only its parts tell of, nowhere.
func (in *incoming) noteAt(k key, column, code string, args ...any) {
	if _, here := in.first[k]; here {
		in.note(in.at(k), column, code, args...)
	}
}

func (in *incoming) intake(home uuid.UUID, source string) directory.Intake {
	out := directory.Intake{OrganizationID: home, Source: source}
	for _, k := range in.assembled.order {
		said, brief := in.assembled.things[k], in.assembled.brief[k]
		switch k.tableName() {
		case "organization":
			out.Organization = &directory.Incoming[directory.Organization]{ID: k.id, Of: func(was *directory.Organization) directory.Organization { return in.organization(was, said, brief) }}
		case "location":
			out.Locations = append(out.Locations, directory.Incoming[directory.Location]{ID: k.id, Of: func(was *directory.Location) directory.Location { return in.location(k, was, said, brief) }})
		case "service":
			out.Services = append(out.Services, directory.Incoming[directory.Service]{ID: k.id, Of: func(was *directory.Service) directory.Service { return in.service(k, was, said, brief) }})
		case "service_at_location":
			out.Offers = append(out.Offers, directory.Incoming[directory.ServiceAtLocation]{ID: k.id, Of: func(was *directory.ServiceAtLocation) directory.ServiceAtLocation { return in.offer(was, said, brief) }})
		}
	}
	return out
}

func (in *incoming) organization(was *directory.Organization, said map[string]any, brief bool) directory.Organization {
	base, before := map[string]any{}, hsds.Organization{}
	if was != nil {
		before = hsds.OfOrganization(*was, kept)
		base = toMap(before)
	}
	wire, _ := fromMap[hsds.Organization](overlay(tables["organization"], base, said, brief))
	o := wire.Domain()
	if was != nil {
		if o.Confirmation = was.Confirmation; same(hsds.OfOrganization(o, kept), before) {
			o = *was
		}
		o.Source, o.Confirmation, o.UpdatedAt = was.Source, was.Confirmation, was.UpdatedAt
		o.RegisteringAuthority, o.RegistrationNumber, o.RegistrationExpiresOn = was.RegisteringAuthority, was.RegistrationNumber, was.RegistrationExpiresOn
	}
	if o.Kind == "" {
		o.Kind = in.kind
	}
	if o.Status == "" {
		o.Status = directory.Active
	}
	namePatch(said, map[string]*directory.Name{"name": &o.Name, "description": &o.Description})
	o.Details.Phones = phonePatch(said, o.ID, o.Details.Phones)
	paper := inside(said, patchPaper)
	if given, ok := paper["registering_authority"].(string); ok {
		o.RegisteringAuthority = given
	}
	if given, ok := paper["registration_number"].(string); ok {
		o.RegistrationNumber = given
	}
	if given, ok := paper["registration_expires_on"].(string); ok {
		o.RegistrationExpiresOn = nil
		if d, err := time.Parse(time.DateOnly, given); err == nil {
			o.RegistrationExpiresOn = &d
		}
	}
	return o
}

func (in *incoming) location(k key, was *directory.Location, said map[string]any, brief bool) directory.Location {
	base, before := map[string]any{}, hsds.Location{}
	if was != nil {
		before, _ = hsds.OfLocation(*was, kept)
		base = toMap(before)
	}
	if code, ok := said["place"].(string); ok && !in.country.codes[code] {
		in.noteAt(k, "place", "unknown_place")
		delete(said, "place")
	}
	wire, _ := fromMap[hsds.Location](overlay(tables["location"], base, said, brief))
	l := wire.Domain()
	if was != nil {
		l.OrganizationID = was.OrganizationID
		if l.Confirmation = was.Confirmation; sameLocation(l, before) {
			l = *was
		}
		l.Source, l.Confirmation, l.UpdatedAt, l.ExternalID, l.BranchID = was.Source, was.Confirmation, was.UpdatedAt, was.ExternalID, was.BranchID
	}
	namePatch(said, map[string]*directory.Name{"name": &l.Name, "address": &l.Address})
	l.Details.Phones = phonePatch(said, l.ID, l.Details.Phones)
	in.called(k, &l)
	in.lies(k, was, said, &l)
	return l
}

func sameLocation(l directory.Location, before hsds.Location) bool {
	now, ok := hsds.OfLocation(l, kept)
	return ok && same(now, before)
}

// called gives a location without a name that of its address, its town or its organization.
func (in *incoming) called(k key, l *directory.Location) {
	candidates := []directory.Name{l.Name, l.Details.AlternateName, l.Address}
	for _, a := range l.Details.Addresses {
		candidates = append(candidates, a.Address1, a.City)
	}
	for owner, object := range in.assembled.things {
		if title, ok := object["name"].(string); ok && owner.tableName() == "organization" {
			candidates = append(candidates, directory.Name{AR: title, EN: title})
		}
	}
	candidates = append(candidates, directory.Name{AR: "موقع بلا اسم", EN: "Location without a name"})
	for i, c := range candidates {
		c = both(c)
		if c.AR != "" {
			if i > 0 {
				in.noteAt(k, "name", "name_made_up")
			}
			l.Name = c
			return
		}
	}
}

// both is the name with the one language in place of the other where that is missing.
func both(n directory.Name) directory.Name {
	if strings.TrimSpace(n.AR) == "" {
		n.AR = n.EN
	}
	if strings.TrimSpace(n.EN) == "" {
		n.EN = n.AR
	}
	return n
}

// lies finds the place in which a location lies that does not say it, or that has moved since.
func (in *incoming) lies(k key, was *directory.Location, said map[string]any, l *directory.Location) {
	if _, given := said["place"]; given {
		return
	}
	if l.PlaceCode != "" && (was == nil || was.Point == l.Point) {
		return
	}
	l.PlaceCode = ""
	if l.Point == (geo.Point{}) {
		return
	}
	if code, near := in.country.nearest(l.Point); near {
		l.PlaceCode = code
		return
	}
	in.noteAt(k, "latitude", "far_from_places")
}

func (in *incoming) service(k key, was *directory.Service, said map[string]any, brief bool) directory.Service {
	base, before := map[string]any{}, hsds.Service{}
	if was != nil {
		before = hsds.OfService(*was, kept)
		base = toMap(before)
	}
	in.classify(k, base, said)
	in.known(k, said)
	wire, _ := fromMap[hsds.Service](overlay(tables["service"], base, said, brief))
	v := wire.Domain()
	if was != nil {
		v.OrganizationID, v.Confirmation = was.OrganizationID, was.Confirmation
		stated := v.Details.LastModified
		if was.Details.LastModified == "" { // then it is when the directory changed it, and no statement
			v.Details.LastModified = before.LastModified
		}
		if same(hsds.OfService(v, kept), before) {
			v = *was
		} else if v.Details.LastModified = stated; stated == before.LastModified {
			v.Details.LastModified = was.Details.LastModified
		}
		v.Source, v.Confirmation, v.UpdatedAt, v.ExternalID = was.Source, was.Confirmation, was.UpdatedAt, was.ExternalID
	}
	if len(v.DeliveryModes) == 0 {
		v.DeliveryModes = []directory.DeliveryMode{directory.Facility}
	}
	namePatch(said, map[string]*directory.Name{
		"name": &v.Name, "description": &v.Description, "eligibility_description": &v.Details.EligibilityDescription,
		"application_process": &v.Details.ApplicationProcess, "fees_description": &v.Details.FeesDescription,
	})
	v.Details.Phones = phonePatch(said, v.ID, v.Details.Phones)
	v.Details.Schedules = hoursPatch(said, v.ID, v.Details.Schedules)
	v.Details.Languages = languagePatch(said, v.ID, v.Details.Languages)
	v.Areas = areaPatch(said, v.Areas)
	return v
}

// classify gives a service the needs that its terms mean.
func (in *incoming) classify(k key, base, said map[string]any) {
	given, listed := said["needs"].([]any)
	codes := []any{}
	for _, code := range given {
		if text, ok := code.(string); ok {
			if need, known := needMeant(text, text); known {
				codes = append(codes, need)
				continue
			}
		}
		in.noteAt(k, "needs", "unknown_need")
	}
	attributes, _ := said["attributes"].([]any)
	for _, a := range attributes {
		attribute, _ := a.(map[string]any)
		term := inside(attribute, "taxonomy_term")
		code, _ := term["code"].(string)
		name, _ := term["name"].(string)
		id, _ := attribute["taxonomy_term_id"].(string)
		need, ok := needMeant(code, name)
		if termID, err := uuid.Parse(id); !ok && err == nil {
			need, ok = in.terms[termID]
		}
		if ok && !slices.Contains(codes, any(need)) {
			codes = append(codes, need)
		}
	}
	if len(codes) > 0 {
		had, _ := base["needs"].([]any)
		for _, need := range had { // those of other terms stay; a list of needs replaces them
			if !listed && !slices.Contains(codes, need) {
				codes = append(codes, need)
			}
		}
		said["needs"] = codes
		if listed {
			base["attributes"] = withoutOtherNeeds(base["attributes"], codes)
		}
	} else {
		delete(said, "needs")
	}
}

// withoutOtherNeeds leaves out the attributes by which a service has a need that is not of the codes.
func withoutOtherNeeds(attributes any, codes []any) []any {
	list, _ := attributes.([]any)
	return slices.DeleteFunc(slices.Clone(list), func(a any) bool {
		attribute, _ := a.(map[string]any)
		term := inside(attribute, "taxonomy_term")
		code, _ := term["code"].(string)
		need, ok := needMeant(code, "")
		return ok && !slices.Contains(codes, any(need))
	})
}

// known leaves out what the directory does not know: groups of people, governorates and places.
func (in *incoming) known(k key, said map[string]any) {
	if groups, ok := said["target_groups"].([]any); ok {
		left := slices.DeleteFunc(slices.Clone(groups), func(group any) bool {
			code, _ := group.(string)
			return !directory.KnownTargetGroup(code)
		})
		if len(left) != len(groups) {
			in.noteAt(k, "target_groups", "unknown_value", "women, children, …")
		}
		said["target_groups"] = left
	}
	areas, _ := said["service_areas"].([]any)
	left := slices.DeleteFunc(slices.Clone(areas), func(area any) bool {
		object, _ := area.(map[string]any)
		governorate, inGovernorate := object["governorate"].(string)
		place, inPlace := object["place"].(string)
		_, known := in.country.governorates[governorate]
		return inGovernorate && !known || inPlace && !in.country.codes[place]
	})
	if len(left) != len(areas) {
		in.noteAt(k, "service_areas", "unknown_place")
		said["service_areas"] = left
	}
}

func (in *incoming) offer(was *directory.ServiceAtLocation, said map[string]any, brief bool) directory.ServiceAtLocation {
	base, before := map[string]any{}, hsds.ServiceAtLocation{}
	if was != nil {
		before, _ = hsds.OfServiceAtLocation(*was, kept)
		base = toMap(before)
	}
	wire, _ := fromMap[hsds.ServiceAtLocation](overlay(tables["service_at_location"], base, said, brief))
	o := wire.Domain()
	if was != nil {
		o.OrganizationID, o.Confirmation = was.OrganizationID, was.Confirmation
		if now, ok := hsds.OfServiceAtLocation(o, kept); ok && same(now, before) {
			o = *was
		}
		o.Source, o.Confirmation, o.UpdatedAt = was.Source, was.Confirmation, was.UpdatedAt
	}
	return o
}

// partID is the id of a part that the template gives: always the same for the same thing.
func partID(of uuid.UUID, kind string, i int) uuid.UUID {
	return uuid.NewSHA1(sourceSpace, []byte(kind+of.String()+strconv.Itoa(i)))
}

func phonePatch(said map[string]any, of uuid.UUID, phones []directory.Phone) []directory.Phone {
	number, ok := said[patchPhone].(string)
	if !ok {
		return phones
	}
	phones = slices.Clone(phones)
	if len(phones) == 0 {
		return []directory.Phone{{Record: directory.Record{ID: partID(of, "phone", 0)}, Number: number, Type: "voice"}}
	}
	phones[0].Number = number
	return phones
}

func languagePatch(said map[string]any, of uuid.UUID, languages []directory.Language) []directory.Language {
	given, ok := said[patchTalks].([]any)
	if !ok {
		return languages
	}
	var out []directory.Language
	for i, code := range given {
		text, _ := code.(string)
		if at := slices.IndexFunc(languages, func(l directory.Language) bool { return talk(l) == text }); at >= 0 {
			out = append(out, languages[at])
			continue
		}
		out = append(out, directory.Language{Record: directory.Record{ID: partID(of, "language", i)}, Code: text})
	}
	return out
}

func talk(l directory.Language) string {
	if l.Code == "" {
		return l.Name
	}
	return l.Code
}

func hoursPatch(said map[string]any, of uuid.UUID, schedules []directory.Schedule) []directory.Schedule {
	given, ok := said[patchHours].([]any)
	if !ok {
		return schedules
	}
	var out []directory.Schedule
	for i, item := range given {
		object, _ := item.(map[string]any)
		get := func(name string) string { s, _ := object[name].(string); return s }
		out = append(out, directory.Schedule{
			Record: directory.Record{ID: partID(of, "schedule", i)}, Freq: get("freq"), ByDay: get("byday"), OpensAt: get("opens_at"), ClosesAt: get("closes_at"),
		})
	}
	if now, simple := hoursText(schedules); simple {
		if then, _ := hoursText(out); then == now {
			return schedules
		}
	}
	return out
}

func areaPatch(said map[string]any, areas []directory.Area) []directory.Area {
	given, ok := said["~areas"].([]any)
	if !ok {
		return areas
	}
	var out []directory.Area
	for _, item := range given {
		object, _ := item.(map[string]any)
		governorate, _ := object["governorate"].(string)
		place, _ := object["place"].(string)
		whole, _ := object["nationwide"].(bool)
		out = append(out, directory.Area{GovernorateCode: governorate, PlaceCode: place, Nationwide: whole})
	}
	for _, a := range areas { // a polygon stands in no cell
		if a.Polygon != nil {
			out = append(out, a)
		}
	}
	return out
}

// hoursText writes opening hours as the template has them; simple is false for hours that it cannot say.
func hoursText(schedules []directory.Schedule) (text string, simple bool) {
	var parts []string
	for _, s := range schedules {
		if s.Freq != "WEEKLY" || s.ByDay == "" || s.OpensAt == "" || s.ClosesAt == "" || s.ValidFrom != "" || s.ValidTo != "" || s.Interval != nil ||
			s.AttendingType != "" || len(s.OpensAt) < 5 || len(s.ClosesAt) < 5 {
			return "", false
		}
		parts = append(parts, s.ByDay+" "+s.OpensAt[:5]+"-"+s.ClosesAt[:5])
	}
	return strings.Join(parts, "; "), true
}
