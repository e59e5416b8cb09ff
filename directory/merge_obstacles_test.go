package directory_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// attempted writes a draft of a referral to the offer, past everything that would ask for a family.
func (w *world) attempted(organization, offer uuid.UUID) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	w.Exec(w.t, fmt.Sprintf(`SET session_replication_role = replica;
		INSERT INTO attempt (id, referral_id, directorate_id, owner_account_id, tier, organization_id, service_at_location_id, consent_id, created_at, updated_at)
		VALUES ('%s', gen_random_uuid(), '%s', gen_random_uuid(), 2, '%s', '%s', gen_random_uuid(), now(), now());
		SET session_replication_role = origin`, id, w.hebron.ID, organization, offer))
	return id
}

func (w *world) unattempted(attempt uuid.UUID) {
	w.t.Helper()
	w.Exec(w.t, fmt.Sprintf(`SET session_replication_role = replica; DELETE FROM attempt WHERE id = '%s'; SET session_replication_role = origin`, attempt))
}

// stands reports whether a merge was refused for this reason and no other.
func stands(err error, sentence string) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Code == "merge_blocked" && len(f.Fields) == 1 && f.Fields[0].Detail.EN == sentence
}

// TestReferralsAndSystemsStandInTheWayOfAMerge: open referrals, and what has access or was invited. The controls take each away again, and
// the merge goes through.
func TestReferralsAndSystemsStandInTheWayOfAMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, system := t.Context(), policy.TheSystem()
	survivor := w.listed("الجهة الباقية", "Invented survivor")
	account := uuid.New()
	w.Exec(t, fmt.Sprintf(`INSERT INTO account (id, kind, name_ar, name_en, created_at) VALUES ('%s', 'client', 'نظام', 'System', now())`, account))
	for _, c := range []struct {
		name, sentence string
		put            func(o directory.Organization) (takeAway func())
	}{
		{"attempts", "Referrals to it are still open.", func(o directory.Organization) func() {
			v := must(w.store.CreateService(ctx, system, directory.Service{
				OrganizationID: o.ID, Name: o.Name, NeedCodes: []string{physio}, DeliveryModes: []directory.DeliveryMode{directory.Remote},
			}))(t)
			sal := must(w.store.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: v.ID}))(t)
			a := w.attempted(o.ID, sal.ID)
			return func() { w.unattempted(a) }
		}},
		{"clients", "It has systems with access, or invitations for some.", func(o directory.Organization) func() {
			w.Exec(t, fmt.Sprintf(`INSERT INTO client (id, account_id, organization_id, name, scopes, created_at) VALUES (gen_random_uuid(), '%s', '%s', 'Invented', '{directory.read}', now())`, account, o.ID))
			return func() { w.Exec(t, `UPDATE client SET status = 'revoked', revoked_at = now()`) }
		}},
		{"an invitation", "It has systems with access, or invitations for some.", func(o directory.Organization) func() {
			w.Exec(t, fmt.Sprintf(`INSERT INTO client_invitation (id, code_hash, organization_id, scopes, created_at, expires_at)
				VALUES (gen_random_uuid(), 'x', '%s', '{directory.read}', '2026-03-10', '2026-03-20')`, o.ID))
			return func() { w.Exec(t, `UPDATE client_invitation SET created_at = '2026-03-01', expires_at = '2026-03-14'`) }
		}},
	} {
		o := w.listed("جهة لا تدمج", "Invented body that stays")
		takeAway := c.put(o)
		_, err := w.store.MergeOrganization(ctx, officer(), o.ID, o.Version, survivor.ID, pg.Once{})
		if !stands(err, c.sentence) {
			t.Errorf("%s: %v", c.name, err)
		}
		takeAway()
		if _, err := w.store.MergeOrganization(ctx, officer(), o.ID, o.Version, survivor.ID, pg.Once{}); err != nil {
			t.Errorf("the control: %s is gone and still stands in the way: %v", c.name, err)
		}
	}
}

// TestReferralsToAnOfferThatWouldEndStandInTheWay: of a service that both locations offer, those to the offer that goes on do not.
func TestReferralsToAnOfferThatWouldEndStandInTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, system := t.Context(), policy.TheSystem()
	o := w.listed("جهة بموقعين", "Body with two locations")
	at := func() directory.Location {
		return must(w.store.CreateLocation(ctx, system, directory.Location{OrganizationID: o.ID, PlaceCode: yatta, Point: w.pointOf(yatta), Name: o.Name}))(t)
	}
	merged, survivor := at(), at()
	v := w.offers(o, "خدمة", "Service", physio)
	ends := must(w.store.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: v.ID, LocationID: merged.ID}))(t)
	stays := must(w.store.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: v.ID, LocationID: survivor.ID}))(t)
	moves := must(w.store.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: w.offers(o, "أخرى", "Other", physio).ID, LocationID: merged.ID}))(t)
	merge := func() error {
		_, err := w.store.MergeLocation(ctx, officer(), merged.ID, merged.Version, survivor.ID, pg.Once{})
		return err
	}
	open := w.attempted(o.ID, ends.ID)
	if err := merge(); !stands(err, "Both offer the same service, and referrals to the offer that would end are open.") {
		t.Errorf("%v", err)
	}
	w.unattempted(open)
	w.attempted(o.ID, stays.ID)
	w.attempted(o.ID, moves.ID)
	if err := merge(); err != nil {
		t.Fatalf("the control: referrals to what goes on stand in the way: %v", err)
	}

	// What ended there with the merge is not given there again, by nobody. The control is one at a location that stands.
	ended := must(w.store.ServiceAtLocation(ctx, officer(), ends.ID))(t)
	for _, status := range []directory.Status{directory.Active, directory.Inactive} {
		_, err := w.store.SetOfferStatus(ctx, officer(), ended.ID, ended.Version, status)
		wantFault(t, "given again where nothing is any more: "+string(status), err, "impossible")
	}
	stays = must(w.store.SetOfferStatus(ctx, officer(), stays.ID, stays.Version, directory.Defunct))(t)
	if got := must(w.store.SetOfferStatus(ctx, officer(), stays.ID, stays.Version, directory.Active))(t); got.Status != directory.Active {
		t.Errorf("%+v", got)
	}
}

// TestDismissalsPastTheApplication holds row-level security of duplicate_dismissal alone: the ministry reads, who keeps the register writes,
// nobody changes or removes. The control turns it off and sees that this is noticed.
func TestDismissalsPastTheApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.listed("جهة أ", "Body A"), w.listed("جهة ب", "Body B")
	must(w.store.DismissDuplicate(t.Context(), officer(), directory.OrganizationText, [2]uuid.UUID{a.ID, b.ID}, pg.Once{}))(t)
	within := func(actor pg.Actor, sql string, args ...any) (n int64, err error) {
		undone := errors.New("undone")
		err = w.DB.DB.InTx(t.Context(), actor, func(q pg.Querier) error {
			tag, err := q.Exec(t.Context(), sql, args...)
			if n = tag.RowsAffected(); err != nil {
				return err
			}
			return undone
		})
		if errors.Is(err, undone) {
			err = nil
		}
		return n, err
	}
	const insert = `INSERT INTO duplicate_dismissal (id, kind, low_id, high_id, created_at) VALUES (gen_random_uuid(), 'location', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', now())`
	broken := func() (found []string) {
		for _, c := range []struct {
			who           string
			actor         pg.Actor
			reads, writes bool
		}{
			{"the system", policy.TheSystem(), true, true}, {"an officer", officer(), true, true},
			{"an auditor", policy.Actor{AccountID: uuid.New(), Kind: policy.Person, OwnSession: true, Memberships: []policy.Membership{{Role: policy.Auditor}}}, true, false},
			{"a focal point", member(policy.ProviderFocalPoint, a.ID), false, false},
			{"a worker", member(policy.ProviderWorker, a.ID), false, false},
			{"somebody", somebody(), false, false},
		} {
			if n, err := within(c.actor, `SELECT FROM duplicate_dismissal`); err != nil || (n > 0) != c.reads {
				found = append(found, fmt.Sprintf("%s reads %d: %v", c.who, n, err))
			}
			if _, err := within(c.actor, insert); (err == nil) != c.writes {
				found = append(found, fmt.Sprintf("%s writes: %v", c.who, err))
			}
			for _, sql := range []string{`UPDATE duplicate_dismissal SET kind = 'location'`, `DELETE FROM duplicate_dismissal`} {
				if _, err := within(c.actor, sql); err == nil {
					found = append(found, c.who+": "+sql)
				}
			}
		}
		return found
	}
	for _, wrong := range broken() {
		t.Error(wrong)
	}
	w.Exec(t, `ALTER TABLE duplicate_dismissal DISABLE ROW LEVEL SECURITY`)
	if len(broken()) < 4 {
		t.Errorf("without row-level security this is all that is noticed: %q", broken())
	}
}
