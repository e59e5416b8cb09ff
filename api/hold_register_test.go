package api

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"tahweel/api/apitest"
	"tahweel/directory"
	"tahweel/directory/reference"
	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// stocked is one invented organization with one of everything that the register knows of it, each changed once, so that each has
// a history of two versions.
type stocked struct {
	organization directory.Organization
	branch       directory.Branch
	service      directory.Service
	location     directory.Location
	offer        directory.ServiceAtLocation
}

// registerScenes gives each write of the register a thing of its own: what one ends, another still needs.
func (w *world) registerScenes(t *testing.T, h *holding) {
	t.Helper()
	d := directory.NewStore(w.db.DB, worldClock)
	kept := w.stock(t, d)
	of := apitest.Words{"organization_id": kept.organization.ID.String(), "branch_id": kept.branch.ID.String()}
	for _, operation := range []string{"create-branch", "create-service", "create-location"} {
		h.scenes[operation] = scene{words: of}
	}
	on := func(id uuid.UUID) func() map[string]string {
		return func() map[string]string { return map[string]string{"id": id.String()} }
	}
	officer := func(id uuid.UUID) scene { return scene{actor: string(policy.AssociationsOfficer), values: on(id)} }
	for operation, pick := range map[string]func(stocked) uuid.UUID{
		"change-organization":            func(s stocked) uuid.UUID { return s.organization.ID },
		"set-organization-status":        func(s stocked) uuid.UUID { return s.organization.ID },
		"change-branch":                  func(s stocked) uuid.UUID { return s.branch.ID },
		"set-branch-status":              func(s stocked) uuid.UUID { return s.branch.ID },
		"change-service":                 func(s stocked) uuid.UUID { return s.service.ID },
		"set-service-status":             func(s stocked) uuid.UUID { return s.service.ID },
		"set-service-at-location-status": func(s stocked) uuid.UUID { return s.offer.ID },
		"set-accepting":                  func(s stocked) uuid.UUID { return s.offer.ID },
		"change-service-at-location":     func(s stocked) uuid.UUID { return s.offer.ID },
	} {
		h.scenes[operation] = officer(pick(w.stock(t, d)))
	}
	for operation, pick := range map[string]func(stocked) uuid.UUID{
		"confirm-organization":        func(s stocked) uuid.UUID { return s.organization.ID },
		"confirm-service":             func(s stocked) uuid.UUID { return s.service.ID },
		"confirm-service-at-location": func(s stocked) uuid.UUID { return s.offer.ID },
	} {
		h.scenes[operation] = officer(pick(kept))
	}
	focal := string(policy.ProviderFocalPoint)
	h.scenes["put-service"] = scene{actor: focal, values: func() map[string]string { return map[string]string{"id": "PT-" + uuid.NewString()} }}
	waiting := func() map[string]string { return map[string]string{"id": w.waitingChange(t, d).String()} }
	for _, operation := range []string{"approve-change-request", "reject-change-request"} {
		h.scenes[operation] = scene{actor: string(policy.AssociationsOfficer), values: waiting}
	}
	h.scenes["list-change-request-history"] = scene{values: on(w.changedRequest(t, d))}
	w.waitingChange(t, d)
	w.openTask(t, d)
	h.scenes["resolve-verification-task"] = scene{actor: string(policy.AssociationsOfficer), values: func() map[string]string {
		return map[string]string{"id": w.openTask(t, d).String()}
	}}
	site := map[string]string{"code": w.site(t)}
	for _, operation := range []string{"get-place", "change-place", "list-place-history"} {
		h.scenes[operation] = scene{actor: string(policy.Administrator), values: func() map[string]string { return site }}
	}
	h.scenes["change-location"] = scene{actor: string(policy.AssociationsOfficer), values: on(kept.location.ID), words: of}
	for operation, id := range map[string]uuid.UUID{
		"list-organization-history": kept.organization.ID, "list-branch-history": kept.branch.ID, "list-service-history": kept.service.ID,
		"list-location-history": kept.location.ID, "list-service-at-location-history": kept.offer.ID,
		"list-accreditation-history": w.accreditation(t, d, directory.StartReview).ID,
	} {
		h.scenes[operation] = scene{values: on(id)}
	}
}

// waitingChange is a change of a service of its own, which waits.
func (w *world) waitingChange(t *testing.T, d *directory.Store) uuid.UUID {
	t.Helper()
	s := w.stock(t, d)
	focal := policy.Actor{AccountID: uuid.New(), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.ProviderFocalPoint, OrganizationID: s.organization.ID}}}
	s.service.Name.EN += " " + uuid.NewString()
	v, err := d.ChangeService(context.Background(), focal, s.service)
	if err != nil || v.PendingChange == uuid.Nil {
		t.Fatal(v, err)
	}
	return v.PendingChange
}

// changedRequest is a change request that was decided, and so has a history of two versions.
func (w *world) changedRequest(t *testing.T, d *directory.Store) uuid.UUID {
	t.Helper()
	c, err := d.RejectChange(context.Background(), policy.TheSystem(), w.waitingChange(t, d), 1, "an example", pg.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return c.Entity.ID
}

// openTask is a task to verify an offer of its own.
func (w *world) openTask(t *testing.T, d *directory.Store) uuid.UUID {
	t.Helper()
	ctx, s := context.Background(), w.stock(t, d)
	err := w.db.DB.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
		return directory.OpenVerification(ctx, q, s.offer.ID, 5, worldTime.AddDate(0, 0, 14), worldTime)
	})
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := d.VerificationTasks(ctx, policy.TheSystem(), directory.Filter{OrganizationID: s.organization.ID, Limit: 1})
	if err != nil || len(tasks) != 1 {
		t.Fatal(tasks, err)
	}
	return tasks[0].ID
}

// site is a displacement site that was changed once.
func (w *world) site(t *testing.T) string {
	t.Helper()
	ctx, store := context.Background(), w.config.Reference
	point, err := geo.NewPoint(31.45, 35.1)
	s := reference.Site{
		Name: directory.Name{AR: "موقع مثال", EN: "Example site"}, GovernorateCode: "PS0150", ZoneCode: "west_bank", Point: point,
		First: worldTime, Last: worldTime.AddDate(0, 6, 0),
	}
	var made reference.Written[reference.Site]
	if err == nil {
		made, err = store.CreateSite(ctx, policy.TheSystem(), s, pg.Once{})
	}
	if err == nil {
		made, err = store.ChangeSite(ctx, policy.TheSystem(), made.Entity.Code(), made.Entity.Version, s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return made.Entity.Code()
}

// stock registers one of everything.
func (w *world) stock(t *testing.T, d *directory.Store) (s stocked) {
	t.Helper()
	ctx, system := context.Background(), policy.TheSystem()
	text := directory.Name{AR: "سجل مثال", EN: "Example of the register"}
	point, err := geo.NewPoint(31.45, 35.1)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	s.organization, err = d.CreateOrganization(ctx, system, directory.Organization{Kind: directory.PublicBody, Name: text})
	must(err)
	branch, err := d.CreateBranch(ctx, system, directory.Branch{OrganizationID: s.organization.ID, Name: text, PlaceCode: yatta}, pg.Once{})
	must(err)
	s.service, err = d.CreateService(ctx, system, directory.Service{
		OrganizationID: s.organization.ID, Name: text, NeedCodes: []string{"DIS-PHYSIO"}, DeliveryModes: []directory.DeliveryMode{directory.Facility},
	})
	must(err)
	s.location, err = d.CreateLocation(ctx, system, directory.Location{OrganizationID: s.organization.ID, PlaceCode: yatta, Point: point, Name: text})
	must(err)
	s.offer, err = d.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: s.service.ID, LocationID: s.location.ID})
	must(err)
	s.organization, err = d.ChangeOrganization(ctx, system, s.organization)
	must(err)
	s.branch, err = d.ChangeBranch(ctx, system, branch.Entity)
	must(err)
	s.service, err = d.ChangeService(ctx, system, s.service)
	must(err)
	s.location, err = d.ChangeLocation(ctx, system, s.location)
	must(err)
	s.offer, err = d.SetAccepting(ctx, system, s.offer.ID, s.offer.Version, directory.Waitlist)
	must(err)
	return s
}

// accreditation is one that went the way, of an organization of its own.
func (w *world) accreditation(t *testing.T, d *directory.Store, way ...directory.AccreditationEvent) directory.Accreditation {
	t.Helper()
	ctx, system := context.Background(), policy.TheSystem()
	a, err := d.Apply(ctx, system, w.stock(t, d).organization.ID)
	for _, event := range way {
		m := directory.AccreditationMove{ID: a.ID, Version: a.Version, Event: event}
		if event == directory.Accredit {
			m.Grant = &directory.Grant{Number: "A-example", ValidFrom: worldTime, ValidTo: worldTime.AddDate(1, 0, 0)}
		}
		if event == directory.Suspend {
			m.Suspension = directory.Administrative
		}
		var moved directory.Written[directory.Accreditation]
		if err == nil {
			moved, err = d.Move(ctx, system, m)
			a = moved.Entity
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}
