package hsds_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/twpayne/go-geom"

	"tahweel/directory"
	"tahweel/directory/hsds"
	"tahweel/geo"
)

// owners are the keys that are filled in tables only, or where the thing does not stand inside its owner; the others come in lists.
var owners = []string{
	"link_id", "resource_id", "taxonomy_term_id", "organization_id", "service_id", "location_id", "service_at_location_id", "contact_id", "phone_id",
	"unit_id", "program_id", "taxonomy_id", "distance", "services", "service", "information_only", "accreditation", "confirmed", "valid_from", "valid_to",
	"governorate", "place", "nationwide",
}

// set notes which fields of which types are set somewhere in the value.
func set(v reflect.Value, seen map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			set(v.Elem(), seen)
		}
	case reflect.Slice:
		for i := range v.Len() {
			set(v.Index(i), seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			key := v.Type().Name() + "." + name
			seen[key] = seen[key] || !v.Field(i).IsZero()
			set(v.Field(i), seen)
		}
	}
}

// The record that goes there and back has something in every field, so that none is forgotten.
func TestTheRecordLeavesNothingOut(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/service.json")
	if err != nil {
		t.Fatal(err)
	}
	var given hsds.Service
	if err := json.Unmarshal(text, &given); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	set(reflect.ValueOf(given), seen)
	if len(seen) < 200 {
		t.Fatalf("only %d fields, the test proves nothing", len(seen))
	}
	for key, given := range seen {
		_, name, _ := strings.Cut(key, ".")
		if !given && !slices.Contains(owners, name) && !strings.HasPrefix(key, "Record.") {
			t.Errorf("%s is empty everywhere", key)
		}
	}
}

func TestWhatOnlyTheDirectoryHasComesBack(t *testing.T) {
	t.Parallel()
	asOf := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	day := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	square := geom.NewMultiPolygon(geom.XY).MustSetCoords([][][]geom.Coord{{{{35, 31}, {35.1, 31}, {35.1, 31.1}, {35, 31}}}})
	service := directory.Service{
		ID: uuid.New(), OrganizationID: uuid.New(), Status: directory.Inactive, Name: directory.Name{AR: "اسم"}, NeedCodes: []string{"DIS-PHYSIO"},
		Areas:   []directory.Area{{GovernorateCode: "PS0150"}, {PlaceCode: "gn-281292"}, {Nationwide: true}, {Polygon: square}},
		Details: directory.ServiceDetails{TemporarilyClosed: true, Alert: directory.Name{EN: "Closed"}},
	}
	if got := hsds.OfService(service, hsds.View{}); got.Status != "temporarily closed" || got.Alert != "Closed" {
		t.Errorf("%q, %q", got.Status, got.Alert)
	}
	back := hsds.OfService(service, hsds.View{}).Domain()
	coordinates := back.Areas[3].Polygon
	back.Areas[3].Polygon, service.Areas[3].Polygon = nil, nil
	if diff := cmp.Diff(service, back); diff != "" || !cmp.Equal(square.Coords(), coordinates.Coords()) {
		t.Errorf("the service differs: %s", diff)
	}
	point, err := geo.NewPoint(31.5, 35.1)
	if err != nil {
		t.Fatal(err)
	}
	location := directory.Location{
		ID: uuid.New(), PlaceCode: "gn-281292", Point: point, Name: directory.Name{AR: "خيمة", EN: "Tent"}, Address: directory.Name{AR: "الساحة", EN: "The square"},
		ValidFrom: &asOf, ValidTo: &day, Confirmation: directory.Confirmation{ConfirmedAt: &asOf},
		Details: directory.LocationDetails{LocationType: "physical"},
	}
	out, ok := hsds.OfLocation(location, hsds.View{})
	if !ok || len(out.Addresses) != 1 || out.Addresses[0].Address1 != "الساحة" {
		t.Errorf("the address of the location: %+v", out.Addresses)
	}
	from := geo.Today(asOf)
	location.ValidFrom = &from
	if diff := cmp.Diff(location, out.Domain(), cmp.AllowUnexported(geo.Point{})); diff != "" {
		t.Errorf("the location differs: %s", diff)
	}
}

func TestAConfidentialPlaceHasNoForm(t *testing.T) {
	t.Parallel()
	place := directory.Location{ID: uuid.New(), Confidential: true}
	if _, ok := hsds.OfLocation(place, hsds.View{}); ok {
		t.Error("a confidential location has a form")
	}
	offer := directory.ServiceAtLocation{ID: uuid.New(), ServiceID: uuid.New(), LocationID: place.ID, Confidential: true}
	if _, ok := hsds.OfServiceAtLocation(offer, hsds.View{}); ok {
		t.Error("an offer at a confidential location has a form")
	}
	// Not even if the offer does not know it.
	offer.Confidential = false
	organization := directory.Organization{ID: uuid.New()}
	place.OrganizationID = organization.ID
	n := hsds.NewNest(hsds.Bundle{
		Organizations: []directory.Organization{organization}, Locations: []directory.Location{place}, Offers: []directory.ServiceAtLocation{offer},
	}, hsds.View{})
	if _, ok := n.ServiceAtLocation(offer); ok || len(n.Organization(organization).Locations) > 0 {
		t.Error("a nest shows the confidential location")
	}
	place.Confidential = false // the control
	if _, ok := hsds.OfLocation(place, hsds.View{}); !ok {
		t.Error("an open location has no form")
	}
}

// What was true once is not told for ever.
func TestWhatThePublicReadsDecays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	fresh, stale := now.AddDate(0, 0, -29), now.AddDate(0, 0, -31)
	for asOf, want := range map[*time.Time]string{&fresh: "no-capacity", &stale: "unknown"} {
		offer := directory.ServiceAtLocation{ID: uuid.New(), Accepting: directory.NoCapacity, AcceptingAsOf: asOf}
		if got, _ := hsds.OfServiceAtLocation(offer, hsds.View{ServedAt: now}); got.Accepting.Status != want {
			t.Errorf("said %v: %s", asOf, got.Accepting.Status)
		}
	}
	service := directory.Service{ID: uuid.New(), Details: directory.ServiceDetails{
		Alert: directory.Name{AR: "مغلق", EN: "Closed"}, AlertUntil: "2026-05-31", Capacities: []directory.ServiceCapacity{{Available: 3}},
	}}
	if got := hsds.OfService(service, hsds.View{ServedAt: now}); got.Alert != "" || len(got.Translations) > 0 || len(got.Capacities) > 0 {
		t.Errorf("an alert that is over, or a capacity of nothing, is shown: %+v", got)
	}
	if got := hsds.OfService(service, hsds.View{}); got.Alert == "" || len(got.Capacities) != 1 {
		t.Errorf("what is kept is not all there: %+v", got)
	}
}
