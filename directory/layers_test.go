package directory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// layered is a provider with a shelter, and everybody who may want to read or write what it has in the register.
type layered struct {
	*world
	made
	shelter, hidden uuid.UUID // a confidential location and what is offered there
	branch          directory.Branch
	asked           directory.Service // new, and not let in yet
	other           uuid.UUID         // another organization
	task, placed    uuid.UUID         // to verify the offer; where it is given
	closed          uuid.UUID         // a service that an officer closed
	actors          map[string]policy.Actor
}

func newLayered(t *testing.T) *layered {
	t.Helper()
	w := newWorld(t)
	w2 := &layered{world: w, made: w.add(w.association())}
	w2.shelter = must(w.store.CreateLocation(t.Context(), policy.TheSystem(), directory.Location{
		OrganizationID: w2.organization.ID, PlaceCode: yatta, Point: w.pointOf(yatta), Confidential: true,
	}))(t).ID
	w2.hidden = must(w.store.OfferAt(t.Context(), policy.TheSystem(), directory.ServiceAtLocation{
		ServiceID: w2.service.ID, LocationID: w2.shelter, Confidential: true,
	}))(t).ID
	w2.branch = must(w.store.CreateBranch(t.Context(), policy.TheSystem(), directory.Branch{
		OrganizationID: w2.organization.ID, Name: w2.organization.Name, PlaceCode: yatta,
	}, pg.Once{}))(t).Entity
	other := w.add(w.association()).organization.ID
	w2.other = other
	at := func(kind policy.Kind, ms ...policy.Membership) policy.Actor {
		return policy.Actor{AccountID: uuid.New(), Kind: kind, OwnSession: kind == policy.Person, Memberships: ms}
	}
	own := w2.organization.ID
	w2.actors = map[string]policy.Actor{
		"officer":     at(policy.Person, policy.Membership{Role: policy.AssociationsOfficer}),
		"auditor":     at(policy.Person, policy.Membership{Role: policy.Auditor}),
		"manager":     at(policy.Person, policy.Membership{Role: policy.CaseManager, DirectorateID: w.hebron.ID}),
		"focal":       at(policy.Person, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: own}),
		"worker":      at(policy.Person, policy.Membership{Role: policy.ProviderWorker, OrganizationID: own}),
		"client":      at(policy.Client, policy.Membership{Role: policy.ProviderClient, OrganizationID: own}),
		"other focal": at(policy.Person, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: other}),
		// A role in one organization is none in another.
		"worker here, focal there": at(policy.Person, policy.Membership{Role: policy.ProviderWorker, OrganizationID: own},
			policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: other}),
		"nobody": at(policy.Person),
	}
	w2.placed = must(w.store.ServiceAtLocation(t.Context(), policy.TheSystem(), w2.made.offer.ID))(t).LocationID
	w2.asked = must(w.store.CreateService(t.Context(), w2.actors["focal"], directory.Service{
		OrganizationID: own, Name: w2.organization.Name, NeedCodes: []string{physio}, DeliveryModes: []directory.DeliveryMode{directory.Remote},
	}))(t)
	w2.closed = must(w.store.CreateService(t.Context(), policy.TheSystem(), directory.Service{
		OrganizationID: own, Name: w2.organization.Name, NeedCodes: []string{physio}, DeliveryModes: []directory.DeliveryMode{directory.Remote},
	}))(t).ID
	w.ok(w2.close(t.Context()))
	w.ok(w.DB.DB.InTx(t.Context(), policy.TheSystem(), func(q pg.Querier) error {
		return directory.OpenVerification(t.Context(), q, w2.made.offer.ID, 5, today(14), noon)
	}))
	w2.task = must(w.store.VerificationTasks(t.Context(), policy.TheSystem(), directory.Filter{Limit: 1}))(t)[0].ID
	return w2
}

var errWaits = fault.New(fault.Forbidden, "waits", "It waits.", "ينتظر.")

// other is the one of two that something is not.
func other(is, one, two string) string {
	if is == one {
		return two
	}
	return one
}

func (w *layered) withoutItsNeed(ctx context.Context, a policy.Actor) error {
	return w.changed(ctx, a, func(s *directory.Service) { s.NeedCodes = []string{other(s.NeedCodes[0], physio, "DIS-DEVICE")} })
}

func (w *layered) renamed(ctx context.Context, a policy.Actor) error {
	return w.changed(ctx, a, func(s *directory.Service) { s.Name.EN += " anew" })
}

// changed changes the service as it is now, and reports a change that waits as a refusal to make it at once.
func (w *layered) changed(ctx context.Context, a policy.Actor, how func(*directory.Service)) error {
	v, err := w.store.Service(ctx, policy.TheSystem(), w.service.ID)
	if err != nil {
		return err
	}
	how(&v)
	became, err := w.store.ChangeService(ctx, a, v)
	if err == nil && (became.Name != v.Name || became.NeedCodes[0] != v.NeedCodes[0] || became.Details.AlternateName != v.Details.AlternateName ||
		became.Details.EligibilityDescription != v.Details.EligibilityDescription || became.Details.ServesNoMinor != v.Details.ServesNoMinor ||
		len(became.Details.StatedAreas) != len(v.Details.StatedAreas)) {
		return errWaits
	}
	return err
}

// close closes the service that an officer closed, again if need be.
func (w *layered) close(ctx context.Context) error {
	v, err := w.store.Service(ctx, policy.TheSystem(), w.closed)
	if err == nil && v.Status == directory.Active {
		_, err = w.store.SetServiceStatus(ctx, policy.TheSystem(), v.ID, v.Version, directory.Inactive)
	}
	return err
}

func (w *layered) opened(ctx context.Context, a policy.Actor) error {
	v, err := w.store.Service(ctx, policy.TheSystem(), w.closed)
	if err != nil {
		return err
	}
	became, err := w.store.SetServiceStatus(ctx, a, v.ID, v.Version, directory.Active)
	if err == nil && became.Status != directory.Active {
		return errWaits
	}
	if err != nil {
		return err
	}
	return w.close(ctx)
}

func (w *layered) moved(ctx context.Context, a policy.Actor) error {
	l, err := w.store.Location(ctx, policy.TheSystem(), w.placed)
	if err != nil {
		return err
	}
	l.PlaceCode = other(l.PlaceCode, yatta, beitHanun)
	became, err := w.store.ChangeLocation(ctx, a, l)
	if err == nil && became.PlaceCode != l.PlaceCode {
		return errWaits
	}
	return err
}

// rule is one thing that may be done, who may, and how to try it: through the application and past it.
type rule struct {
	name string
	may  []string
	try  func(context.Context, policy.Actor) error // writes are of a version that is not the thing's: who may hears of a conflict
	sql  string                                    // counts the rows it reaches; $1 is id
	id   uuid.UUID
}

var (
	theMinistry = []string{"officer", "auditor", "manager"}
	itself      = []string{"focal", "worker", "client", "worker here, focal there"}
)

func touch(table string) string {
	return `WITH m AS (UPDATE ` + table + ` SET version = version + 1 WHERE id = $1 RETURNING id) SELECT count(*) FROM m`
}

// saying writes anything under a name of a service's details.
func saying(name string) string {
	return `WITH m AS (UPDATE service SET details = details || jsonb_build_object('` + name + `', gen_random_uuid()) WHERE id = $1 RETURNING id) SELECT count(*) FROM m`
}

func (w *layered) detailed(how func(*directory.ServiceDetails)) func(context.Context, policy.Actor) error {
	return func(ctx context.Context, a policy.Actor) error {
		return w.changed(ctx, a, func(s *directory.Service) { how(&s.Details) })
	}
}

func (w *layered) rules() []rule {
	s, own, officer := w.store, w.organization.ID, []string{"officer"}
	keepers := []string{"officer", "focal", "client"}
	const stale = 99
	point := w.pointOf(yatta)
	location := must(s.ServiceAtLocation(w.t.Context(), policy.TheSystem(), w.made.offer.ID))(w.t).LocationID
	return []rule{
		{"create an organization", officer, func(ctx context.Context, a policy.Actor) error {
			_, err := s.CreateOrganization(ctx, a, directory.Organization{Kind: directory.PublicBody, Name: w.organization.Name})
			return err
		}, `WITH m AS (INSERT INTO organization (id, kind, name_ar, name_en, created_at, updated_at) SELECT gen_random_uuid(), kind, name_ar, name_en, now(), now() FROM organization WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, own},
		{"change an organization", keepers, func(ctx context.Context, a policy.Actor) error {
			_, err := s.ChangeOrganization(ctx, a, directory.Organization{ID: own, Version: stale})
			return err
		}, touch("organization"), own},
		{"end an organization", officer, func(ctx context.Context, a policy.Actor) error {
			_, err := s.SetOrganizationStatus(ctx, a, own, stale, directory.Defunct)
			return err
		}, `WITH m AS (UPDATE organization SET status = 'defunct' WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, own},
		{"rename an organization", officer, func(ctx context.Context, a policy.Actor) error {
			o, err := s.Organization(ctx, policy.TheSystem(), own)
			if err != nil {
				return err
			}
			o.Name.EN += " anew"
			if _, err = s.ChangeOrganization(ctx, a, o); fault.KindOf(err) == fault.Refused {
				return errWaits
			}
			return err
		}, `WITH m AS (UPDATE organization SET name_en = 'y' WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, own},
		{"make an organization part of another", officer, func(ctx context.Context, a policy.Actor) error {
			o, err := s.Organization(ctx, policy.TheSystem(), own)
			if err != nil {
				return err
			}
			if o.Details.ParentID == w.other {
				o.Details.ParentID = uuid.Nil
			} else {
				o.Details.ParentID = w.other
			}
			if _, err = s.ChangeOrganization(ctx, a, o); fault.KindOf(err) == fault.Refused {
				return errWaits
			}
			return err
		}, `WITH m AS (UPDATE organization SET details = jsonb_set(details, '{parent_id}', to_jsonb(gen_random_uuid())) WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, own},
		{"create a branch", officer, func(ctx context.Context, a policy.Actor) error {
			_, err := s.CreateBranch(ctx, a, directory.Branch{OrganizationID: own, Name: w.organization.Name, PlaceCode: yatta}, pg.Once{})
			return err
		}, `WITH m AS (INSERT INTO branch (id, organization_id, name_ar, name_en, place_code, created_at, updated_at) VALUES (gen_random_uuid(), $1, 'x', 'x', 'gn-281292', now(), now()) RETURNING id) SELECT count(*) FROM m`, own},
		{"change a branch", officer, func(ctx context.Context, a policy.Actor) error {
			_, err := s.ChangeBranch(ctx, a, directory.Branch{ID: w.branch.ID, Version: stale})
			return err
		}, touch("branch"), w.branch.ID},
		{"create a service", keepers, func(ctx context.Context, a policy.Actor) error {
			_, err := s.CreateService(ctx, a, directory.Service{OrganizationID: own, Name: w.organization.Name, NeedCodes: []string{physio}, DeliveryModes: []directory.DeliveryMode{directory.Remote}})
			return err
		}, `WITH m AS (INSERT INTO service (id, organization_id, status, name_ar, name_en, delivery_modes, created_at, updated_at) VALUES (gen_random_uuid(), $1, 'inactive', 'x', 'x', '{remote}', now(), now()) RETURNING id) SELECT count(*) FROM m`, own},
		{"change a service", keepers, func(ctx context.Context, a policy.Actor) error {
			_, err := s.ChangeService(ctx, a, directory.Service{ID: w.service.ID, Version: stale})
			return err
		}, touch("service"), w.service.ID},
		{"take a need away", officer, func(ctx context.Context, a policy.Actor) error {
			return w.withoutItsNeed(ctx, a)
		}, `WITH m AS (DELETE FROM service_need WHERE service_id = $1 RETURNING service_id) SELECT count(*) FROM m`, w.service.ID},
		{"rename a service that is vouched for", officer, w.renamed, `WITH m AS (UPDATE service SET name_en = 'y' WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, w.service.ID},
		{"call a service otherwise", officer, w.detailed(func(d *directory.ServiceDetails) { d.AlternateName.EN += "x" }), saying("alternate_name"), w.service.ID},
		{"reword who may be served", officer, w.detailed(func(d *directory.ServiceDetails) { d.EligibilityDescription.EN += "x" }), saying("eligibility_description"), w.service.ID},
		{"send children away", officer, w.detailed(func(d *directory.ServiceDetails) { d.ServesNoMinor = !d.ServesNoMinor }), saying("serves_no_minor"), w.service.ID},
		{"serve other areas in words", officer, w.detailed(func(d *directory.ServiceDetails) {
			d.StatedAreas = append(d.StatedAreas, directory.StatedArea{Name: directory.Name{EN: "Somewhere"}})
		}), saying("stated_areas"), w.service.ID},
		{"open what an officer closed", officer, w.opened, `WITH m AS (UPDATE service SET status = 'active' WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, w.closed},
		{"take the mark from what an officer closed", officer, w.opened, `WITH m AS (UPDATE service SET closed_by_register = false WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, w.closed},
		{"move a location that is vouched for", officer, w.moved, `WITH m AS (UPDATE location SET place_code = CASE place_code WHEN 'gn-281146' THEN 'gn-281292' ELSE 'gn-281146' END WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, location},
		{"let in a new service", officer, func(ctx context.Context, a policy.Actor) error {
			_, err := s.ApproveChange(ctx, a, w.asked.PendingChange, stale, pg.Once{})
			return err
		}, `WITH m AS (UPDATE service SET status = 'active' WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, w.asked.ID},
		{"decide a change", officer, func(ctx context.Context, a policy.Actor) error {
			_, err := s.RejectChange(ctx, a, w.asked.PendingChange, stale, "no", pg.Once{})
			return err
		}, `WITH m AS (UPDATE change_request SET status = 'approved', decided_at = now() WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, w.asked.PendingChange},
		{"read a change", slices.Concat(theMinistry, itself), func(ctx context.Context, a policy.Actor) error {
			_, err := s.ChangeRequest(ctx, a, w.asked.PendingChange)
			return err
		}, `SELECT count(*) FROM change_request WHERE id = $1`, w.asked.PendingChange},
		{"confirm an organization", keepers, func(ctx context.Context, a policy.Actor) error {
			_, err := s.ConfirmOrganization(ctx, a, own, pg.Once{})
			return err
		}, `WITH m AS (UPDATE organization SET confirmed_at = now() WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, own},
		{"read a verification task", officer, func(ctx context.Context, a policy.Actor) error {
			_, err := s.VerificationTask(ctx, a, w.task)
			return err
		}, `SELECT count(*) FROM verification_task WHERE id = $1`, w.task},
		{"resolve a verification task", officer, func(ctx context.Context, a policy.Actor) error {
			_, err := s.ResolveVerification(ctx, a, w.task, stale, directory.FoundTrue, pg.Once{})
			return err
		}, `WITH m AS (UPDATE verification_task SET due_on = due_on + 1 WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, w.task},
		{"create a location", keepers, func(ctx context.Context, a policy.Actor) error {
			_, err := s.CreateLocation(ctx, a, directory.Location{OrganizationID: own, Name: w.organization.Name, PlaceCode: yatta, Point: point})
			return err
		}, `WITH m AS (INSERT INTO location (id, organization_id, place_code, geog, name_ar, name_en, created_at, updated_at) SELECT gen_random_uuid(), $1, code, geog, 'x', 'x', now(), now() FROM place WHERE code = 'gn-281292' RETURNING id) SELECT count(*) FROM m`, own},
		{"change a location", keepers, func(ctx context.Context, a policy.Actor) error {
			_, err := s.ChangeLocation(ctx, a, directory.Location{ID: location, Version: stale})
			return err
		}, touch("location"), location},
		{"create a shelter's location", []string{"focal"}, func(ctx context.Context, a policy.Actor) error {
			_, err := s.CreateLocation(ctx, a, directory.Location{OrganizationID: own, PlaceCode: yatta, Point: point, Confidential: true})
			return err
		}, `WITH m AS (INSERT INTO confidential_location (id, organization_id, place_code, geog, created_at, updated_at) SELECT gen_random_uuid(), $1, code, geog, now(), now() FROM place WHERE code = 'gn-281292' RETURNING id) SELECT count(*) FROM m`, own},
		{"change a shelter's location", []string{"focal"}, func(ctx context.Context, a policy.Actor) error {
			_, err := s.ChangeLocation(ctx, a, directory.Location{ID: w.shelter, Version: stale})
			return err
		}, touch("confidential_location"), w.shelter},
		{"read a shelter's location", []string{"focal"}, func(ctx context.Context, a policy.Actor) error {
			_, err := s.Location(ctx, a, w.shelter)
			return err
		}, `SELECT count(*) FROM confidential_location WHERE id = $1`, w.shelter},
		{"offer a service", keepers, func(ctx context.Context, a policy.Actor) error {
			_, err := s.OfferAt(ctx, a, directory.ServiceAtLocation{ServiceID: w.service.ID, LocationID: location})
			return err
		}, `WITH m AS (INSERT INTO service_at_location (id, service_id, status, created_at, updated_at) VALUES (gen_random_uuid(), $1, 'inactive', now(), now()) RETURNING id) SELECT count(*) FROM m`, w.service.ID},
		{"end an offer", keepers, func(ctx context.Context, a policy.Actor) error {
			_, err := s.SetOfferStatus(ctx, a, w.made.offer.ID, stale, directory.Defunct)
			return err
		}, `WITH m AS (UPDATE service_at_location SET status = 'defunct' WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, w.made.offer.ID},
		{"say who is taken", []string{"officer", "focal", "client"}, func(ctx context.Context, a policy.Actor) error {
			_, err := s.SetAccepting(ctx, a, w.made.offer.ID, stale, directory.Waitlist)
			return err
		}, `WITH m AS (UPDATE service_at_location SET accepting_status = 'waitlist', accepting_as_of = now(), version = version + 1 WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, w.made.offer.ID},
		{"read what is offered at the shelter", slices.Concat(theMinistry, itself), func(ctx context.Context, a policy.Actor) error {
			_, err := s.ServiceAtLocation(ctx, a, w.hidden)
			return err
		}, `SELECT count(*) FROM service_at_location WHERE id = $1`, w.hidden},
		{"apply", officer, func(ctx context.Context, a policy.Actor) error {
			_, err := s.Apply(ctx, a, own)
			return err
		}, `WITH o AS (INSERT INTO accreditation (id, organization_id, status, created_at, updated_at) VALUES (gen_random_uuid(), (SELECT id FROM organization WHERE id <> $1 AND kind = 'public_body' LIMIT 1), 'applied', now(), now()) RETURNING id) SELECT count(*) FROM o`, own},
		{"revoke", officer, func(ctx context.Context, a policy.Actor) error {
			_, err := s.Revoke(ctx, a, w.accreditation.ID, stale)
			return err
		}, `WITH m AS (UPDATE accreditation SET transition = 'revoke', status = 'revoked' WHERE id = $1 RETURNING id) SELECT count(*) FROM m`, w.accreditation.ID},
		{"read an accreditation", slices.Concat(theMinistry, itself), func(ctx context.Context, a policy.Actor) error {
			_, err := s.Accreditation(ctx, a, w.accreditation.ID)
			return err
		}, `SELECT count(*) FROM accreditation WHERE id = $1`, w.accreditation.ID},
	}
}

// broken compares who may with what a layer lets everybody do.
func (w *layered) broken(rules []rule, may func(policy.Actor, rule) (bool, error)) []string {
	var wrong []string
	for name, actor := range w.actors {
		for _, r := range rules {
			got, err := may(actor, r)
			if err != nil {
				wrong = append(wrong, fmt.Sprintf("%s, %s: %v", name, r.name, err))
			} else if got != slices.Contains(r.may, name) {
				wrong = append(wrong, fmt.Sprintf("%s, %s: %t", name, r.name, got))
			}
		}
	}
	return wrong
}

func throughTheApplication(a policy.Actor, r rule) (bool, error) {
	err := r.try(context.Background(), a)
	kind := fault.KindOf(err)
	if kind == fault.Forbidden || kind == fault.NotFound {
		return false, nil
	}
	if kind == fault.Conflict || kind == fault.Impossible {
		return true, nil
	}
	return err == nil, err
}

// insufficientPrivilege is the SQLSTATE of a row that a policy does not let in.
const insufficientPrivilege = "42501"

// pastTheApplication runs the rule's SQL in the actor's name and takes it back.
func pastTheApplication(app *pgx.Conn) func(policy.Actor, rule) (bool, error) {
	return func(a policy.Actor, r rule) (bool, error) {
		ctx := context.Background()
		tx, err := app.Begin(ctx)
		if err != nil {
			return false, err
		}
		defer func() { _ = tx.Rollback(ctx) }()
		for name, value := range a.Settings() {
			if _, err := tx.Exec(ctx, `SELECT set_config($1, $2, true)`, name, value); err != nil {
				return false, err
			}
		}
		var n int
		err = tx.QueryRow(ctx, r.sql, r.id).Scan(&n)
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == insufficientPrivilege {
			return false, nil
		}
		return n > 0, err
	}
}

func (w *layered) withoutRowLevelSecurity(t *testing.T) {
	t.Helper()
	w.Exec(t, `DO $$
		DECLARE
			t text;
		BEGIN
			FOR t IN SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace LOOP
				EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', t);
			END LOOP;
		END $$`)
}

// TestWhoMayDoWhatWithTheRegister holds the rule against both layers together, then each alone. Without one of the two nothing may be
// won; without both, the test must notice.
func TestWhoMayDoWhatWithTheRegister(t *testing.T) {
	t.Parallel()
	w := newLayered(t)
	must(w.store.CreateOrganization(t.Context(), policy.TheSystem(), directory.Organization{Kind: directory.PublicBody, Name: w.organization.Name}))(t)
	rules := w.rules()
	app, err := pgx.Connect(t.Context(), w.AppURL)
	w.ok(err)
	defer func() { _ = app.Close(context.Background()) }()
	for _, wrong := range w.broken(rules, throughTheApplication) {
		t.Errorf("both layers: %s", wrong)
	}
	for _, wrong := range w.broken(rules, pastTheApplication(app)) {
		t.Errorf("row-level security alone: %s", wrong)
	}
	w.withoutRowLevelSecurity(t)
	for _, wrong := range w.broken(rules, throughTheApplication) {
		t.Errorf("the application alone: %s", wrong)
	}
	if len(w.broken(rules, pastTheApplication(app))) == 0 {
		t.Error("without either layer nothing is noticed")
	}
	asSystem := func(_ policy.Actor, r rule) (bool, error) { return throughTheApplication(policy.TheSystem(), r) }
	if len(w.broken(rules, asSystem)) == 0 {
		t.Error("an application that decides nothing passes too")
	}
}
