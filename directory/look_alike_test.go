package directory_test

import (
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// reasonsFor are the codes that speak for the entry among those that look alike; none if it is not among them.
func reasonsFor(alike []directory.LookAlike, id uuid.UUID) (codes []string) {
	for _, a := range alike {
		if a.ID == id {
			for _, r := range a.Reasons {
				codes = append(codes, r.Code)
			}
		}
	}
	return codes
}

func (w *world) locationAt(actor policy.Actor, organization uuid.UUID, name directory.Name, p geo.Point) directory.Location {
	w.t.Helper()
	return must(w.store.CreateLocation(w.t.Context(), actor, directory.Location{OrganizationID: organization, Name: name, PlaceCode: yatta, Point: p}))(w.t)
}

func TestALocationOfTheSameNameOnTheSameSpotIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEdited(t, w, w.association())
	other := w.add(w.association())
	ctx, spot := t.Context(), w.pointOf(yatta)
	north := func(meters float64) geo.Point { return must(geo.NewPoint(spot.Lat()+meters/110_900, spot.Lon()))(t) }
	first := w.locationAt(policy.TheSystem(), other.organization.ID, directory.Name{AR: "مركز الأمل", EN: "Hope"}, spot)

	second := w.locationAt(e.focal, e.organization.ID, directory.Name{AR: "مَركز الامل", EN: "Another translation"}, north(25))
	got := reasonsFor(second.PossibleDuplicates, first.ID)
	if len(got) != 3 || got[0] != directory.SameName || got[1] != directory.NearEachOther || got[2] != directory.OtherOrganization {
		t.Errorf("25 m away: %v", got)
	}
	// The controls: farther away, or of another name, it is another location.
	far := w.locationAt(e.focal, e.organization.ID, directory.Name{AR: "مركز الأمل", EN: "Far away"}, north(70))
	if got := reasonsFor(far.PossibleDuplicates, first.ID); got != nil {
		t.Errorf("70 m away: %v", got)
	}
	if got := w.locationAt(e.focal, e.organization.ID, directory.Name{AR: "مركز الرجاء", EN: "Wish"}, spot).PossibleDuplicates; got != nil {
		t.Errorf("another name: %v", got)
	}

	// One that is moved is compared again, and one that stays is not.
	far.Point = north(10)
	moved := must(w.store.ChangeLocation(ctx, e.officer, far))(t)
	if reasonsFor(moved.PossibleDuplicates, first.ID) == nil || reasonsFor(moved.PossibleDuplicates, second.ID) == nil {
		t.Errorf("moved: %v", moved.PossibleDuplicates)
	}
	moved.Address = directory.Name{AR: "شارع آخر", EN: "Another street"}
	moved = must(w.store.ChangeLocation(ctx, e.officer, moved))(t)
	if moved.PossibleDuplicates != nil {
		t.Errorf("one that stays: %v", moved.PossibleDuplicates)
	}
	// What was found to be another thing is not said again, to those either who read no dismissals.
	must(w.store.DismissDuplicate(ctx, e.officer, directory.LocationText, [2]uuid.UUID{moved.ID, first.ID}, pg.Once{}))(t)
	moved.Name.EN = "Renamed"
	moved = must(w.store.ChangeLocation(ctx, e.officer, moved))(t)
	if reasonsFor(moved.PossibleDuplicates, first.ID) != nil || reasonsFor(moved.PossibleDuplicates, second.ID) == nil {
		t.Errorf("dismissed: %v", moved.PossibleDuplicates)
	}
}

// TestNoConfidentialLocationLooksLikeAnother: it is in no table that is compared. The control puts it there, and the other layer, the join
// to what row-level security shows, still keeps it.
func TestNoConfidentialLocationLooksLikeAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	p.confidential = true
	hidden := w.add(p)
	e := newEdited(t, w, w.association())
	secret, house := must(w.store.ServiceAtLocation(t.Context(), policy.TheSystem(), hidden.offer.ID))(t).LocationID, directory.Name{AR: "بيت", EN: "House"}
	if secret == uuid.Nil {
		t.Fatal("there is no secret")
	}
	create := func(name directory.Name) []directory.LookAlike {
		return w.locationAt(e.officer, e.organization.ID, name, w.pointOf(yatta)).PossibleDuplicates
	}
	if got := create(hidden.service.Name); reasonsFor(got, secret) != nil {
		t.Errorf("%v", got)
	}
	w.Exec(t, `
		INSERT INTO directory_text (
		  entity, id, organization_id, organization_kind, organization_ar, organization_en, name_ar, name_en, alternate_ar, alternate_en,
		  description_ar, description_en, needs_ar, needs_en, place_ar, place_en, need_ids, need_roots, place_codes, governorate_codes,
		  languages, accessibility, target_groups, accepting, accepting_as_of, telephones, geog)
		SELECT entity, $1, $2, organization_kind, '', '', 'بيت', 'House', '', '', '', '', '', '', '', '', need_ids, need_roots, place_codes, governorate_codes,
		       languages, accessibility, target_groups, accepting, accepting_as_of, telephones, geog
		FROM directory_text
		WHERE entity = 'location'
		ORDER BY id
		LIMIT 1`, secret, hidden.organization.ID)
	if got := create(house); reasonsFor(got, secret) != nil {
		t.Errorf("the second layer: %v", got)
	}
	leaks := pgtest.Value[int](t, w.DB, `
		SELECT count(*)
		FROM directory_text AS s
		JOIN directory_text AS t ON t.entity = 'location' AND t.id <> s.id AND ST_DWithin(t.geog, s.geog, 30) AND t.normalised_en = s.normalised_en
		WHERE t.id = $1`, secret)
	if leaks == 0 {
		t.Error("the control put nothing there, so this test proves nothing")
	}
}

func TestAnOrganizationWithTheNameOrTelephoneOfAnotherIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	officer := policy.Actor{AccountID: uuid.New(), Kind: policy.Person, OwnSession: true, Memberships: []policy.Membership{{Role: policy.AssociationsOfficer}}}
	create := func(ar, en, phone string, once pg.Once) directory.Organization {
		t.Helper()
		o := directory.Organization{Kind: directory.Association, Name: directory.Name{AR: ar, EN: en}}
		if phone != "" {
			o.Details.Phones = []directory.Phone{{Number: phone}}
		}
		return must(w.store.CreateOrganizationOnce(ctx, officer, o, once))(t).Entity
	}
	first := create("جمعيّة الأمل", "Hope", "02-2220001", pg.Once{})
	if first.PossibleDuplicates != nil {
		t.Errorf("the first of its kind: %v", first.PossibleDuplicates)
	}
	once := pg.Once{Client: officer.AccountID.String(), Key: "k", Fingerprint: []byte("k")}
	for range 2 { // the second time it is the answer to a request that was repeated
		named := create("جمعيه الامل", "Another", "", once)
		if got := reasonsFor(named.PossibleDuplicates, first.ID); len(got) != 1 || got[0] != directory.SameName {
			t.Errorf("the same name: %v", got)
		}
	}
	called := create("جمعية الرجاء", "Wish", "+970 2 222 0001", pg.Once{})
	if got := reasonsFor(called.PossibleDuplicates, first.ID); len(got) != 1 || got[0] != directory.SameTelephone {
		t.Errorf("the same telephone: %v", got)
	}
	// The controls: nothing in common, and one that has ended.
	if got := create("جمعية السلام", "Peace", "02-2220009", pg.Once{}); got.PossibleDuplicates != nil {
		t.Errorf("nothing in common: %v", got.PossibleDuplicates)
	}
	must(w.store.SetOrganizationStatus(ctx, officer, called.ID, called.Version, directory.Defunct))(t)
	last := create("جمعية الأفق", "Horizon", "02 222 0001", pg.Once{})
	if reasonsFor(last.PossibleDuplicates, called.ID) != nil || reasonsFor(last.PossibleDuplicates, first.ID) == nil {
		t.Errorf("one has ended: %v", last.PossibleDuplicates)
	}
}
