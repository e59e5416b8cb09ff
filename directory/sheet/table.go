package sheet

import (
	"reflect"
	"slices"
	"strings"

	"tahweel/directory"
	"tahweel/directory/hsds"
)

// kind is what a column holds.
type kind uint8

const (
	written kind = iota
	numeric
	integral
	flag
	date
	instant
	timeOfDay
	ownID
	reference
	address // an e-mail or web address
	words   // a list of codes
	opaque  // an object of the profile
)

// column is one field of a table that is not another table.
type column struct {
	name  string
	kind  kind
	known []string // the values that it takes; nil: any
	to    string   // of a reference: the table; empty: any
	goes  reflect.Type
	form  func(string) bool // of an address: whether a text is one
}

// table is one entity of HSDS as its fields stand in JSON and as the columns of its table are called.
type table struct {
	name    string
	columns map[string]column
	lists   map[string]*table // property → what it lists
	objects map[string]*table // property → what it holds
	owners  []owner
	thing   bool // it has a life of its own; else it is a part of one
	needs   []string
}

// owner is a column that says what a part belongs to.
type owner struct{ column, table, property string }

// entities are the types of HSDS by the names of the standard, the things before their parts.
var entities = []struct {
	name  string
	value any
}{
	{"taxonomy", hsds.Taxonomy{}}, {"taxonomy_term", hsds.TaxonomyTerm{}}, {"organization", hsds.Organization{}},
	{"service", hsds.Service{}}, {"location", hsds.Location{}}, {"service_at_location", hsds.ServiceAtLocation{}},
	{"program", hsds.Program{}}, {"url", hsds.URL{}}, {"phone", hsds.Phone{}}, {"language", hsds.Language{}}, {"contact", hsds.Contact{}},
	{"schedule", hsds.Schedule{}}, {"address", hsds.Address{}}, {"accessibility", hsds.Accessibility{}},
	{"required_document", hsds.RequiredDocument{}}, {"cost_option", hsds.CostOption{}}, {"funding", hsds.Funding{}},
	{"organization_identifier", hsds.Identifier{}}, {"unit", hsds.Unit{}}, {"service_capacity", hsds.ServiceCapacity{}},
	{"service_area", hsds.ServiceArea{}}, {"attribute", hsds.Attribute{}}, {"metadata", hsds.Metadata{}},
	{"meta_table_description", hsds.MetaTableDescription{}},
}

var things = []string{"taxonomy", "taxonomy_term", "organization", "service", "location", "service_at_location"}

// required are the fields without which there is nothing to keep.
var required = map[string][]string{
	"organization": {"name"}, "service": {"name"}, "program": {"name"}, "unit": {"name"}, "taxonomy": {"name"}, "taxonomy_term": {"name"},
	"phone": {"number"}, "url": {"url"}, "organization_identifier": {"identifier"}, "service_at_location": {"service_id"},
}

var kindOf = map[string]kind{
	"valid_from": date, "valid_to": date, "dtstart": date, "until": date, "assured_date": date, "last_action_date": date, "alert_until": date,
	"opens_at": timeOfDay, "closes_at": timeOfDay, "last_modified": instant, "updated": instant,
	"extension": integral, "year_incorporated": integral, "minimum_age": integral, "maximum_age": integral, "count": integral, "interval": integral,
}

var valuesOf = map[string][]string{
	"location.location_type": {"physical", "postal", "virtual"}, "address.address_type": {"physical", "postal", "virtual"},
	"schedule.wkst": {"MO", "TU", "WE", "TH", "FR", "SA", "SU"}, "schedule.freq": {"WEEKLY", "MONTHLY"},
	"service.status":             {"active", "inactive", "defunct", "temporarily closed"},
	"service_at_location.status": {"active", "inactive", "defunct"}, "organization.status": {"active", "defunct"},
	"organization.kind": {"association", "zakat_committee", "municipality", "ministry_unit", "public_body", "un_agency", "private"},
	"service.sex":       {"any", "female", "male"}, "service.delivery_modes": {"facility", "home_visit", "mobile", "remote"},
	"accessibility.feature": directory.AccessibilityFeatures,
}

// referTo says which table a reference leads to where its name does not.
var referTo = map[string]string{
	"parent_organization_id": "organization", "parent_id": "taxonomy_term", "taxonomy_term_id": "taxonomy_term", "taxonomy_id": "taxonomy",
	"link_id": "", "resource_id": "",
}

var tables = tablesOf()

func tablesOf() map[string]*table {
	all, byType := map[string]*table{}, map[reflect.Type]*table{}
	for _, e := range entities {
		t := &table{
			name: e.name, columns: map[string]column{}, lists: map[string]*table{}, objects: map[string]*table{},
			thing: slices.Contains(things, e.name), needs: required[e.name],
		}
		all[e.name], byType[reflect.TypeOf(e.value)] = t, t
	}
	for _, e := range entities {
		all[e.name].fill(reflect.TypeOf(e.value), byType)
	}
	for _, t := range all {
		t.owned(all)
	}
	return all
}

// fill reads the fields of the type; a field that holds another entity is a list or an object and not a column.
func (t *table) fill(of reflect.Type, byType map[reflect.Type]*table) {
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Anonymous {
			t.fill(f.Type, byType)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Type.Kind() == reflect.Slice && byType[f.Type.Elem()] != nil:
			t.lists[name] = byType[f.Type.Elem()]
		case f.Type.Kind() == reflect.Pointer && byType[f.Type.Elem()] != nil:
			t.objects[name] = byType[f.Type.Elem()]
		default:
			t.columns[name] = t.column(name, f.Type)
		}
	}
}

func (t *table) column(name string, of reflect.Type) column {
	c := column{name: name, known: valuesOf[t.name+"."+name], goes: of, form: formOf(t.name, name)}
	to, special := referTo[name]
	switch {
	case name == "id":
		c.kind = ownID
	case special:
		c.kind, c.to = reference, to
	case c.form != nil:
		c.kind = address
	case strings.HasSuffix(name, "_id") && name != "tax_id":
		c.kind, c.to = reference, strings.TrimSuffix(name, "_id")
	case of.Kind() == reflect.Bool:
		c.kind = flag
	case of.Kind() == reflect.Float64, of == reflect.TypeFor[*float64]():
		c.kind = numeric
		if k, ok := kindOf[name]; ok {
			c.kind = k
		}
	case of.Kind() == reflect.String:
		c.kind = kindOf[name]
	case of == reflect.TypeFor[[]string]():
		c.kind = words
	default:
		c.kind = opaque
	}
	return c
}

// owned finds what the rows of a part's table may belong to: the things and parts that list it.
func (t *table) owned(all map[string]*table) {
	for _, e := range entities {
		o := all[e.name]
		for property, listed := range o.lists {
			if listed != t || t.thing {
				continue
			}
			switch t.name {
			case "attribute":
				t.owners = append(t.owners, owner{"link_id", o.name, property})
			case "metadata":
				t.owners = append(t.owners, owner{"resource_id", o.name, property})
			default:
				if _, ok := t.columns[o.name+"_id"]; ok {
					t.owners = append(t.owners, owner{o.name + "_id", o.name, property})
				}
			}
		}
	}
}

// files are the names of tables in a package, of version 3 and of those before it, in the singular and the plural.
var files = map[string]string{
	"url": "url", "urls": "url", "unit": "unit", "units": "unit", "metadata": "metadata", "funding": "funding", "fundings": "funding",
	"accessibility": "accessibility", "accessibilities": "accessibility", "accessibility_for_disabilities": "accessibility",
	"taxonomies": "taxonomy", "taxonomy": "taxonomy", "service_at_location": "service_at_location", "services_at_location": "service_at_location",
	"services_at_locations": "service_at_location", "service_at_locations": "service_at_location",
	"service_capacity": "service_capacity", "service_capacities": "service_capacity", "capacities": "service_capacity", "addresses": "address",
	"address": "address", "physical_address": "address", "physical_addresses": "address", "postal_address": "address", "postal_addresses": "address",
	"regular_schedule": "schedule", "regular_schedules": "schedule", "holiday_schedule": "schedule", "holiday_schedules": "schedule",
	"eligibility": "service", "eligibilities": "service", "service_taxonomy": "attribute", "services_taxonomy": "attribute",
	"service_taxonomies": "attribute", "service_attribute": "attribute", "service_attributes": "attribute", "other_attribute": "attribute",
	"other_attributes": "attribute", "payment_accepted": "cost_option", "payments_accepted": "cost_option", "attribute": "attribute",
	"attributes": "attribute",
}

// stem is the name of a file without folder and ending, as tables are called.
func stem(name string) string {
	name = strings.ToLower(name[strings.LastIndexAny(name, `/\`)+1:])
	name, _, _ = strings.Cut(name, ".")
	return strings.NewReplacer("-", "_", " ", "_").Replace(name)
}

// tableOfFile returns the table that a file of a package holds, or nil.
func tableOfFile(name string) *table {
	s := stem(name)
	if t := tables[files[s]]; t != nil {
		return t
	}
	if t := tables[s]; t != nil {
		return t
	}
	return tables[strings.TrimSuffix(s, "s")]
}
