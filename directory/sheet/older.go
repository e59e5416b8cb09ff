package sheet

import (
	"strings"

	"tahweel/internal/text"
)

// Names and shapes of the versions of HSDS before 3, read as those of version 3.

// olderColumns are columns that were renamed, by table.
var olderColumns = map[string]map[string]string{
	"organization":            {"url": "website", "year_incorporated": "year_incorporated"},
	"service":                 {"taxonomy_ids": "taxonomy_ids", "eligibility": "eligibility_description", "organization": "organization_id", "program": "program_id"},
	"location":                {"organization": "organization_id", "lat": "latitude", "lng": "longitude", "lon": "longitude", "long": "longitude"},
	"service_at_location":     {"service": "service_id", "location": "location_id"},
	"address":                 {"address": "address_1", "address1": "address_1", "address2": "address_2", "state": "state_province", "zip": "postal_code"},
	"phone":                   {"department": "description", "language": "language"},
	"language":                {"language": "code"},
	"accessibility":           {"accessibility": "description"},
	"service_area":            {"service_area": "name", "area": "name"},
	"taxonomy_term":           {"term": "name", "vocabulary": "taxonomy"},
	"organization_identifier": {"scheme": "identifier_scheme", "type": "identifier_type"},
	"funding":                 {"funding": "source"},
	"required_document":       {"required_document": "document"},
	"schedule":                {"weekday": "byday", "start_date": "valid_from", "end_date": "valid_to", "open": "opens_at", "close": "closes_at"},
	"cost_option":             {"payment": "option", "payment_accepted": "option"},
	"attribute":               {"taxonomy_detail": "value"},
}

// lists are what older versions joined in one cell and version 3 lists: the ids of terms of a service, the languages of a telephone.
func lists(t *table, row map[string]string, raw map[string]any) {
	list := func(from, to, field string) {
		given, there := row[from]
		if !there {
			return
		}
		delete(raw, from)
		var items []any
		for _, word := range listOf(given) {
			items = append(items, map[string]any{"id": row["id"] + "/" + from + "/" + word, field: word})
		}
		if items != nil {
			raw[to] = items
		}
	}
	switch t.name {
	case "service":
		list("taxonomy_ids", "attributes", "taxonomy_term_id")
	case "phone":
		list("language", "languages", "code")
	}
}

// rename turns the columns of an older file into those of version 3; header holds them as they are written.
func (t *table) rename(file, name string) (string, bool) {
	s := stem(file)
	switch {
	case t.name == "attribute" && strings.HasPrefix(s, "service") && name == "service_id":
		return "link_id", true
	case t.name == "attribute" && strings.HasPrefix(s, "service") && name == "taxonomy_id":
		return "taxonomy_term_id", true
	case t.name == "service" && strings.HasPrefix(s, "eligibilit"):
		switch name {
		case "service_id":
			return "id", true
		case "eligibility", "note", "description":
			return "eligibility_description", true
		}
		if name == "id" { // of the row, which has no life of its own
			return "", true
		}
		if name == "minimum_age" || name == "maximum_age" {
			return name, true
		}
		return "", false
	case t.name == "schedule" && strings.HasPrefix(s, "holiday") && name == "closed":
		return "closed", true
	}
	if _, ok := t.columns[name]; ok {
		return name, true
	}
	now, ok := olderColumns[t.name][name]
	return now, ok
}

// tableFor is the table of a file; in versions before 3 "taxonomy" held the terms, as its columns show.
func tableFor(file string, header []string) *table {
	t := tableOfFile(file)
	if t != nil && t.name == "taxonomy" {
		for _, h := range header {
			if h == "parent_id" || h == "parent_name" || h == "vocabulary" || h == "code" || h == "term" {
				return tables["taxonomy_term"]
			}
		}
	}
	return t
}

var weekdays = map[string]string{
	"1": "MO", "2": "TU", "3": "WE", "4": "TH", "5": "FR", "6": "SA", "7": "SU", "0": "SU",
	"monday": "MO", "tuesday": "TU", "wednesday": "WE", "thursday": "TH", "friday": "FR", "saturday": "SA", "sunday": "SU",
	"mon": "MO", "tue": "TU", "wed": "WE", "thu": "TH", "fri": "FR", "sat": "SA", "sun": "SU",
	"الاثنين": "MO", "الإثنين": "MO", "الثلاثاء": "TU", "الأربعاء": "WE", "الاربعاء": "WE", "الخميس": "TH", "الجمعة": "FR", "السبت": "SA",
	"الأحد": "SU", "الاحد": "SU", "mo": "MO", "tu": "TU", "we": "WE", "th": "TH", "fr": "FR", "sa": "SA", "su": "SU",
}

// weekday is the code of a day by its name, whole or short, in English or in Arabic with or without its article, or by its number.
func weekday(name string) (code string, ok bool) {
	name = strings.ToLower(strings.TrimSpace(latinDigits(name)))
	if code, ok = weekdays[name]; ok {
		return code, true
	}
	name = strings.TrimPrefix(strings.TrimPrefix(text.Normalise(name), "يوم "), "ال")
	code, ok = bareWeekdays[name]
	return code, ok
}

// bareWeekdays are the Arabic names without article, as names are compared.
var bareWeekdays = func() map[string]string {
	out := map[string]string{}
	for name, code := range weekdays {
		if bare, arabic := strings.CutPrefix(text.Normalise(name), "ال"); arabic {
			out[bare] = code
		}
	}
	return out
}()

// modernise gives a row of an older file what version 3 says in other fields.
func modernise(file string, t *table, row map[string]string) {
	s := stem(file)
	switch {
	case strings.HasPrefix(s, "physical_address"), strings.HasPrefix(s, "postal_address"):
		row["address_type"], _, _ = strings.Cut(s, "_")
	case t.name == "attribute" && strings.HasPrefix(s, "service"):
		row["link_entity"] = "service"
	case strings.HasPrefix(s, "regular_schedule"):
		row["freq"] = "WEEKLY"
	case strings.HasPrefix(s, "holiday_schedule"):
		if closed, _ := yesOrNo(row["closed"]); closed {
			row["description"] = "مغلق / Closed"
		}
		delete(row, "closed")
	}
	if t.name == "schedule" && row["byday"] != "" {
		days := listOf(row["byday"])
		for i, d := range days {
			if now, ok := weekday(d); ok {
				days[i] = now
			}
		}
		row["byday"] = strings.Join(days, ",")
	}
}
