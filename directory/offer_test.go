package directory_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/policy"
)

func officer() policy.Actor {
	return policy.Actor{AccountID: uuid.New(), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.AssociationsOfficer}}}
}

func TestAServiceIsOfferedWhereItCanBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	m, other := w.add(w.association()), w.add(w.association())
	service := func(modes ...directory.DeliveryMode) uuid.UUID {
		return must(w.store.CreateService(ctx, officer(), directory.Service{
			OrganizationID: m.organization.ID, Name: m.service.Name, NeedCodes: []string{physio}, DeliveryModes: modes,
		}))(t).ID
	}
	hidden := must(w.store.CreateLocation(ctx, policy.TheSystem(), directory.Location{
		OrganizationID: m.organization.ID, PlaceCode: yatta, Point: w.pointOf(yatta), Confidential: true,
	}))(t).ID
	for name, c := range map[string]struct {
		offer directory.ServiceAtLocation
		want  string // "" for no fault
	}{
		"at its own location":                {directory.ServiceAtLocation{ServiceID: service(directory.Facility), LocationID: m.offer.LocationID}, ""},
		"by wire":                            {directory.ServiceAtLocation{ServiceID: service(directory.Facility, directory.Remote)}, ""},
		"at home":                            {directory.ServiceAtLocation{ServiceID: service(directory.HomeVisit)}, ""},
		"where the officer may not look":     {directory.ServiceAtLocation{ServiceID: service(directory.Facility), LocationID: hidden, Confidential: true}, ""},
		"nowhere":                            {directory.ServiceAtLocation{ServiceID: service(directory.Facility)}, "refused"},
		"by wire, at a location":             {directory.ServiceAtLocation{ServiceID: service(directory.Remote), LocationID: m.offer.LocationID}, "refused"},
		"at another organization's location": {directory.ServiceAtLocation{ServiceID: service(directory.Facility), LocationID: other.offer.LocationID}, "refused"},
		"a hidden location as a shown one":   {directory.ServiceAtLocation{ServiceID: service(directory.Facility), LocationID: hidden}, "refused"},
		"no such service":                    {directory.ServiceAtLocation{ServiceID: uuid.New(), LocationID: m.offer.LocationID}, "refused"},
		"twice":                              {directory.ServiceAtLocation{ServiceID: m.service.ID, LocationID: m.offer.LocationID}, "impossible"},
	} {
		got, err := w.store.OfferAt(ctx, officer(), c.offer)
		if c.want != "" {
			wantFault(t, name, err, c.want)
		} else if err != nil || got.ID == uuid.Nil || got.Accepting != directory.UnknownCapacity {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
}

func TestOnlyWhoManagesTheDirectoryWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.add(w.association())
	nobody, ctx := caseManager(w.hebron.ID), t.Context()
	writes := map[string]func() error{
		"directorate":  func() error { _, err := w.store.CreateDirectorate(ctx, nobody, directory.Directorate{}); return err },
		"organization": func() error { _, err := w.store.CreateOrganization(ctx, nobody, directory.Organization{}); return err },
		"service":      func() error { _, err := w.store.CreateService(ctx, nobody, directory.Service{}); return err },
		"location":     func() error { _, err := w.store.CreateLocation(ctx, nobody, directory.Location{}); return err },
		"offer":        func() error { _, err := w.store.OfferAt(ctx, nobody, directory.ServiceAtLocation{}); return err },
		"accepting":    func() error { _, err := w.store.SetAccepting(ctx, nobody, m.offer.ID, 1, "x"); return err },
		"application":  func() error { _, err := w.store.Apply(ctx, nobody, m.organization.ID); return err },
		"grant": func() error {
			_, err := w.store.Accredit(ctx, nobody, m.accreditation.ID, 3, directory.Grant{})
			return err
		},
	}
	for name, write := range writes {
		wantFault(t, name, write(), "forbidden")
	}
	_, err := w.store.SetAccepting(ctx, officer(), m.offer.ID, 7, directory.Capacity)
	wantFault(t, "accepting of an old version", err, "conflict")
	_, err = w.store.SetAccepting(ctx, officer(), uuid.New(), 1, directory.Capacity)
	wantFault(t, "accepting of nothing", err, "not found")
	administrator := policy.Actor{AccountID: uuid.New(), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.Administrator}}}
	_, err = w.store.CreateDirectorate(ctx, officer(), directory.Directorate{})
	wantFault(t, "a directorate by who keeps the register", err, "forbidden")
	_, err = w.store.CreateDirectorate(ctx, administrator, directory.Directorate{
		Code: w.hebron.Code, Name: w.hebron.Name, GovernorateCodes: []string{bethlehem},
	})
	wantFault(t, "a directorate's code twice", err, "impossible")
	_, err = w.store.CreateDirectorate(ctx, administrator, directory.Directorate{Code: "X", Name: w.hebron.Name, PlaceCodes: []string{yatta}})
	wantFault(t, "a place of two directorates", err, "impossible")
}

// Two who change one organization at once rebuild one after the other, and the second sees what the first did.
func TestConcurrentChangesLeaveOneTruth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	m := w.add(p)
	p.place, p.service.Name = w.placeNamed("Dura"), m.service.Name
	other := w.offer(m, p)
	done := make(chan error)
	for _, id := range []uuid.UUID{m.offer.ID, other.ID} {
		go func() {
			_, err := w.store.SetAccepting(t.Context(), officer(), id, 1, directory.Waitlist)
			done <- err
		}()
	}
	for range 2 {
		w.ok(<-done)
	}
	page := w.nearby(near(yatta))
	if len(page.Items) != 2 {
		t.Fatalf("found %d", len(page.Items))
	}
	for _, item := range page.Items {
		if item.Accepting.Status != directory.Waitlist || !item.Accepting.AsOf.Equal(noon) {
			t.Errorf("got %+v", item.Accepting)
		}
	}
	w.now = noon.Add(31 * 24 * time.Hour)
	if got := w.nearby(near(yatta)).Items; len(got) != 2 || got[0].Accepting.Known || got[0].Accepting.Status != directory.UnknownCapacity {
		t.Errorf("after a month: %+v", got)
	}
}
