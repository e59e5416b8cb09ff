package directory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/history"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// edited is a provider, those who keep its catalogue, and who decides.
type edited struct {
	*world
	made
	focal, officer policy.Actor
}

func newEdited(t *testing.T, w *world, p provider) *edited {
	t.Helper()
	e := &edited{world: w, made: w.add(p)}
	e.focal = member(policy.ProviderFocalPoint, e.organization.ID)
	e.officer = policy.Actor{AccountID: uuid.New(), Kind: policy.Person, OwnSession: true, Memberships: []policy.Membership{{Role: policy.AssociationsOfficer}}}
	return e
}

func member(role policy.Role, organization uuid.UUID) policy.Actor {
	return policy.Actor{AccountID: uuid.New(), Kind: policy.Person, OwnSession: true, Memberships: []policy.Membership{{Role: role, OrganizationID: organization}}}
}

func (e *edited) current() directory.Service {
	e.t.Helper()
	return must(e.store.Service(e.t.Context(), e.focal, e.service.ID))(e.t)
}

// put changes the service as the focal point.
func (e *edited) put(how func(*directory.Service)) directory.Service {
	e.t.Helper()
	v := e.current()
	how(&v)
	return must(e.store.ChangeService(e.t.Context(), e.focal, v))(e.t)
}

func (e *edited) request(id uuid.UUID) directory.ChangeRequest {
	e.t.Helper()
	return must(e.store.ChangeRequest(e.t.Context(), e.officer, id))(e.t)
}

func TestWhatIsVouchedForWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEdited(t, w, w.association())
	ctx := t.Context()
	is := e.current()

	v := e.put(func(s *directory.Service) {
		s.Details.WomenOnly, s.Description = true, directory.Name{AR: "وصف", EN: "Words"}
	})
	if v.PendingChange != uuid.Nil || !v.Details.WomenOnly || v.Description.EN != "Words" {
		t.Errorf("what may change at once: %+v", v)
	}
	forty := 40
	v = e.put(func(s *directory.Service) {
		s.Name.EN, s.NeedCodes, s.MaximumAge, s.Sex, s.TargetGroups = "Renamed", []string{"DIS-DEVICE"}, &forty, directory.Female, []string{"women"}
		s.Details.Eligibility.DisabilityCard, s.Details.Transport = true, true
		s.Areas = []directory.Area{{GovernorateCode: bethlehem}, {Polygon: square(31.5, 35.1, 0.2)}}
	})
	if v.PendingChange == uuid.Nil || v.Name != is.Name || v.NeedCodes[0] != physio || v.MaximumAge != nil || v.Sex != directory.AnySex || len(v.Areas) != 0 ||
		v.Details.Eligibility.DisabilityCard || !v.Details.Transport {
		t.Fatalf("what must wait: %+v", v)
	}
	c := e.request(v.PendingChange)
	if c.Proposed.Name.EN != "Renamed" || c.Base.Name != is.Name || c.Activates || c.Status != directory.Waiting || c.RequestedBy != e.focal.AccountID {
		t.Errorf("asked: %+v", c)
	}
	if found(w.nearby(near(yatta))) == nil {
		t.Error("while a change waits the service is found as it was")
	}

	again := e.put(func(s *directory.Service) { s.Name.EN, s.NeedCodes = "Renamed twice", []string{physio} })
	if again.PendingChange != v.PendingChange {
		t.Error("a second change does not replace the one that waits")
	}
	_, err := e.store.ApproveChange(ctx, e.officer, c.ID, c.Version, pg.Once{})
	wantFault(t, "approve what was proposed anew", err, "conflict")
	c = e.request(c.ID)
	if c.Proposed.MaximumAge != nil || c.Proposed.Name.EN != "Renamed twice" || len(c.Proposed.Areas) != 0 {
		t.Errorf("replaced by %+v", c.Proposed)
	}
	same := e.put(func(*directory.Service) {})
	if same.PendingChange != uuid.Nil || e.request(c.ID).Status != directory.Withdrawn {
		t.Errorf("what is proposed no more waits still: %+v", same)
	}

	v = e.put(func(s *directory.Service) {
		s.Name.EN, s.NeedCodes, s.Areas = "Renamed", []string{"DIS-DEVICE"}, []directory.Area{{Polygon: square(31.5, 35.1, 0.2)}}
	})
	c = e.request(v.PendingChange)
	_, err = e.store.RejectChange(ctx, e.officer, c.ID, c.Version, " ", pg.Once{})
	wantFault(t, "reject without a reason", err, "refused")
	_, err = e.store.ApproveChange(ctx, e.focal, c.ID, c.Version, pg.Once{})
	wantFault(t, "approve one's own", err, "forbidden")
	approved := must(e.store.ApproveChange(ctx, e.officer, c.ID, c.Version, pg.Once{}))(t).Entity
	now := e.current()
	if approved.Status != directory.Approved || approved.DecidedBy != e.officer.AccountID || now.Name.EN != "Renamed" || now.NeedCodes[0] != "DIS-DEVICE" || len(now.Areas) != 1 || now.PendingChange != uuid.Nil || !now.Details.Transport {
		t.Errorf("approved: %+v, %+v", approved, now)
	}
	if got := found(w.nearby(near(yatta))); len(got) != 0 {
		t.Error("what was approved does not count in the next search")
	}
	_, err = e.store.RejectChange(ctx, e.officer, c.ID, approved.Version, "late", pg.Once{})
	wantFault(t, "reject what is approved", err, "impossible")
	changes := must(e.store.History(ctx, e.focal, directory.ChangeRequestEntity, c.ID, history.Page{Limit: 10}))(t)
	if len(changes) != 2 {
		t.Errorf("the history of a change request: %+v", changes)
	}
}

func TestAChangeIsNotMadeOnWhatMovedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEdited(t, w, w.association())
	ctx := t.Context()
	v := e.put(func(s *directory.Service) { s.Name.EN = "By the focal point" })
	c := e.request(v.PendingChange)
	v.Name.EN = "By the officer"
	must(e.store.ChangeService(ctx, e.officer, v))(t)
	_, err := e.store.ApproveChange(ctx, e.officer, c.ID, c.Version, pg.Once{})
	wantFault(t, "approve over somebody's change", err, "impossible")
	if e.current().Name.EN != "By the officer" {
		t.Error("it was made all the same")
	}
	// What does not wait does not stand in the way.
	v = e.put(func(s *directory.Service) { s.Name.EN = "By the focal point" })
	v.Description.EN, v.Details.FemaleWorker = "Other words", true
	must(e.store.ChangeService(ctx, e.officer, v))(t)
	c = e.request(v.PendingChange)
	must(e.store.ApproveChange(ctx, e.officer, c.ID, c.Version, pg.Once{}))(t)
	if now := e.current(); now.Name.EN != "By the focal point" || now.Description.EN != "Other words" {
		t.Errorf("%+v", now)
	}
}

func TestALocationsPlaceWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEdited(t, w, w.association())
	ctx := t.Context()
	l := must(e.store.Location(ctx, e.focal, must(e.store.ServiceAtLocation(ctx, e.focal, e.made.offer.ID))(t).LocationID))(t)
	l.PlaceCode, l.Point, l.Address.EN = beitHanun, w.pointOf(beitHanun), "Another street"
	got := must(e.store.ChangeLocation(ctx, e.focal, l))(t)
	if got.PlaceCode != yatta || got.Address.EN != "Another street" || got.PendingChange == uuid.Nil {
		t.Fatalf("%+v", got)
	}
	c := e.request(got.PendingChange)
	rejected := must(e.store.RejectChange(ctx, e.officer, c.ID, c.Version, "Show the contract.", pg.Once{}))(t).Entity
	if rejected.Reason != "Show the contract." || must(e.store.Location(ctx, e.focal, l.ID))(t).PlaceCode != yatta {
		t.Errorf("rejected: %+v", rejected)
	}
	l.Version = got.Version
	got = must(e.store.ChangeLocation(ctx, e.focal, l))(t)
	c = e.request(got.PendingChange)
	must(e.store.ApproveChange(ctx, e.officer, c.ID, c.Version, pg.Once{}))(t)
	if now := must(e.store.Location(ctx, e.focal, l.ID))(t); now.PlaceCode != beitHanun || now.Point != l.Point {
		t.Errorf("approved: %+v", now)
	}
}

func TestWhatIsNewWaitsToBeLetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEdited(t, w, w.association())
	ctx := t.Context()
	v := must(e.store.CreateService(ctx, e.focal, directory.Service{
		OrganizationID: e.organization.ID, Name: e.organization.Name, NeedCodes: []string{physio}, DeliveryModes: []directory.DeliveryMode{directory.Remote},
		Areas: []directory.Area{{Nationwide: true}},
	}))(t)
	if v.Status != directory.Inactive || v.PendingChange == uuid.Nil || !e.request(v.PendingChange).Activates {
		t.Fatalf("new: %+v", v)
	}
	sal := must(e.store.OfferAt(ctx, e.focal, directory.ServiceAtLocation{ServiceID: v.ID}))(t)
	if sal.Status != directory.Inactive || sal.PendingChange == uuid.Nil {
		t.Fatalf("new: %+v", sal)
	}
	if got := must(e.store.SetServiceStatus(ctx, e.focal, v.ID, v.Version, directory.Active))(t); got.Status != directory.Inactive || got.PendingChange != v.PendingChange {
		t.Errorf("its organization lets it in: %+v", got)
	}
	// Until it is let in all of it may change, and the officer decides on what it is then.
	old := e.request(v.PendingChange)
	v.NeedCodes, v.Name.EN = []string{"DIS-DEVICE", physio}, "Reworded"
	v = must(e.store.ChangeService(ctx, e.focal, v))(t)
	if v.Name.EN != "Reworded" || len(v.NeedCodes) != 2 {
		t.Errorf("not let in yet: %+v", v)
	}
	_, err := e.store.ApproveChange(ctx, e.officer, old.ID, old.Version, pg.Once{})
	wantFault(t, "approve another wording", err, "conflict")
	rejected := must(e.store.RejectChange(ctx, e.officer, old.ID, e.request(old.ID).Version, "Not yet.", pg.Once{}))(t).Entity
	if rejected.Status != directory.Turned || e.serviceOf(v.ID).Status != directory.Inactive {
		t.Errorf("rejected: %+v", rejected)
	}
	if got := must(e.store.SetServiceStatus(ctx, e.focal, v.ID, v.Version, directory.Active))(t); got.Status != directory.Inactive || got.PendingChange == uuid.Nil || got.PendingChange == old.ID {
		t.Errorf("asked for again: %+v", got)
	}
	for _, id := range []uuid.UUID{e.serviceOf(v.ID).PendingChange, sal.PendingChange} {
		must(e.store.ApproveChange(ctx, e.officer, id, e.request(id).Version, pg.Once{}))(t)
	}
	v = e.serviceOf(v.ID)
	sal = must(e.store.ServiceAtLocation(ctx, e.focal, sal.ID))(t)
	if v.Status != directory.Active || sal.Status != directory.Active {
		t.Errorf("approved: %+v, %+v", v, sal)
	}
	// From then on it pauses and goes on by itself.
	v = must(e.store.SetServiceStatus(ctx, e.focal, v.ID, v.Version, directory.Inactive))(t)
	if v = must(e.store.SetServiceStatus(ctx, e.focal, v.ID, v.Version, directory.Active))(t); v.Status != directory.Active || v.PendingChange != uuid.Nil {
		t.Errorf("after a pause: %+v", v)
	}
}

func (e *edited) serviceOf(id uuid.UUID) directory.Service {
	e.t.Helper()
	return must(e.store.Service(e.t.Context(), e.focal, id))(e.t)
}

// TestNothingWaitsWhereNobodyVouches is the other side: before the directorate has decided anything an organization writes freely.
func TestNothingWaitsWhereNobodyVouches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	p.noGrant = true
	e := newEdited(t, w, p)
	v := e.put(func(s *directory.Service) { s.Name.EN, s.NeedCodes = "Renamed", []string{"DIS-DEVICE"} })
	if v.PendingChange != uuid.Nil || v.Name.EN != "Renamed" || v.NeedCodes[0] != "DIS-DEVICE" {
		t.Errorf("%+v", v)
	}
	w.accredit(e.organization.ID, directory.Grant{Number: "A-late", ValidFrom: today(-1), ValidTo: today(10)})
	if v = e.put(func(s *directory.Service) { s.Name.EN = "Renamed twice" }); v.PendingChange == uuid.Nil || v.Name.EN != "Renamed" {
		t.Errorf("once it is accredited: %+v", v)
	}
	stranger := member(policy.ProviderFocalPoint, w.add(w.association()).organization.ID)
	_, err := e.store.ChangeService(t.Context(), stranger, v)
	wantFault(t, "another organization's", err, "forbidden")
	if got := must(e.store.Service(t.Context(), stranger, v.ID))(t); got.PendingChange != uuid.Nil {
		t.Error("another organization learns what waits")
	}
	_, err = e.store.ChangeRequest(t.Context(), stranger, v.PendingChange)
	wantFault(t, "another organization's change", err, "not found")
}

func TestAServiceIsPutByItsOrganizationsNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	p.noGrant = true
	e := newEdited(t, w, p)
	ctx := t.Context()
	machine := policy.Actor{AccountID: uuid.New(), Kind: policy.Client, Memberships: []policy.Membership{{Role: policy.ProviderClient, OrganizationID: e.organization.ID}}}
	v := directory.Service{
		ExternalID: "PT-9", Name: e.organization.Name, NeedCodes: []string{"DIS-DEVICE", physio}, DeliveryModes: []directory.DeliveryMode{directory.Remote},
		Details: directory.ServiceDetails{Phones: []directory.Phone{{Number: "٠٢ ٢٠٠ ٠٠٠١"}}},
	}
	put := func(v directory.Service) (directory.Service, bool) {
		t.Helper()
		got, created, err := e.store.PutService(ctx, machine, v)
		w.ok(err)
		return got, created
	}
	first, created := put(v)
	again, createdAgain := put(v)
	if !created || createdAgain || again.ID != first.ID || again.Version != 1 || again.Details.Phones[0].Number != "+97022000001" {
		t.Errorf("put twice: %+v, then %+v", first, again)
	}
	v.Description.EN = "Words"
	if third, _ := put(v); third.Version != 2 || third.Details.Phones[0].ID != first.Details.Phones[0].ID {
		t.Errorf("put anew: %+v", third)
	}
	w.accredit(e.organization.ID, directory.Grant{Number: "A-late", ValidFrom: today(-1), ValidTo: today(10)})
	v.Name.EN = "Renamed"
	waits, _ := put(v)
	if same, _ := put(v); waits.PendingChange == uuid.Nil || same.Version != waits.Version || same.PendingChange != waits.PendingChange {
		t.Errorf("what waits already: %+v, then %+v", waits, same)
	}
	_, _, err := e.store.PutService(ctx, e.officer, v)
	wantFault(t, "an officer who does not say whose", err, "refused")
	v.OrganizationID = w.add(w.association()).organization.ID
	_, _, err = e.store.PutService(ctx, machine, v)
	wantFault(t, "into another organization", err, "forbidden")
}

func TestStillTrueChangesNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEdited(t, w, w.association())
	ctx := t.Context()
	paused := must(e.store.CreateService(ctx, e.officer, directory.Service{
		OrganizationID: e.organization.ID, Name: e.organization.Name, NeedCodes: []string{physio}, DeliveryModes: []directory.DeliveryMode{directory.Remote}, Status: directory.Inactive,
	}))(t)
	before, offered := e.current(), must(e.store.ServiceAtLocation(ctx, e.focal, e.made.offer.ID))(t)
	w.now = noon.AddDate(0, 1, 0)
	must(e.store.ConfirmOrganization(ctx, e.focal, e.organization.ID, pg.Once{}))(t)
	after, offer := e.current(), must(e.store.ServiceAtLocation(ctx, e.focal, offered.ID))(t)
	for what, at := range map[string]*time.Time{
		"service": after.ConfirmedAt, "offer": offer.ConfirmedAt, "location": must(e.store.Location(ctx, e.focal, offer.LocationID))(t).ConfirmedAt,
		"organization": must(e.store.Organization(ctx, e.focal, e.organization.ID))(t).ConfirmedAt,
	} {
		if at == nil || !at.Equal(e.now) {
			t.Errorf("the %s was confirmed at %v", what, at)
		}
	}
	if after.Version != before.Version || !after.UpdatedAt.Equal(before.UpdatedAt) || after.ConfirmedBy != e.focal.AccountID ||
		offer.Version != offered.Version || !offer.AcceptingAsOf.Equal(*offered.AcceptingAsOf) {
		t.Errorf("confirmed: %+v, %+v", after, offer)
	}
	if e.serviceOf(paused.ID).ConfirmedAt != nil {
		t.Error("what is paused is confirmed too")
	}
	if changes := must(e.store.History(ctx, e.focal, directory.ServiceEntity, e.service.ID, history.Page{Limit: 10}))(t); len(changes) != 1 {
		t.Errorf("the history has %d entries", len(changes))
	}
	w.now = w.now.Add(time.Hour)
	one := must(e.store.ConfirmService(ctx, e.focal, paused.ID, pg.Once{}))(t).Entity
	two := must(e.store.ConfirmOffer(ctx, e.focal, offer.ID, pg.Once{}))(t).Entity
	if !one.ConfirmedAt.Equal(e.now) || !two.ConfirmedAt.Equal(e.now) || !e.current().ConfirmedAt.Before(e.now) {
		t.Errorf("one by one: %v %v", one.ConfirmedAt, two.ConfirmedAt)
	}
	_, err := e.store.ConfirmOrganization(ctx, member(policy.ProviderWorker, e.organization.ID), e.organization.ID, pg.Once{})
	if fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a worker confirms: %v", err)
	}
}

// TestAnOrganizationSaysWhatItDoes: its focal point changes how it is described and reached, at once; what it is and is called stays, and
// the refusal names every field.
func TestAnOrganizationSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEdited(t, w, w.association())
	ctx := t.Context()
	o := must(e.store.Organization(ctx, e.focal, e.organization.ID))(t)
	o.Description.EN, o.Details.Phones = "By the focal point", []directory.Phone{{Number: "+970 2 227 1234"}}
	o = must(e.store.ChangeOrganization(ctx, e.focal, o))(t)
	if o.Description.EN != "By the focal point" || len(o.Details.Phones) != 1 {
		t.Errorf("it says %+v", o)
	}
	o.Name.EN, o.Kind, o.RegistrationNumber, o.InformationOnly = "Another", directory.PublicBody, "1", true
	_, err := e.store.ChangeOrganization(ctx, e.focal, o)
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Kind != fault.Refused || len(refused.Fields) != 4 {
		t.Errorf("the focal point makes it another: %v", err)
	}
	must(e.store.ChangeOrganization(ctx, e.officer, o))(t)
}
