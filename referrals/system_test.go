package referrals_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/fault"
	"tahweel/policy"
	"tahweel/referrals"
)

// compel makes one of the system's moves as the actor.
func (w *world) compel(a policy.Actor, t referrals.Transition, m referrals.Move) error {
	ctx := context.Background()
	switch t {
	case referrals.Expire:
		return w.store.Expire(ctx, a, m)
	case referrals.Lapse:
		return w.store.Lapse(ctx, a, m)
	case referrals.CancelTimeout:
		return w.store.CancelTimeout(ctx, a, m)
	case referrals.ConsentWithdrawn:
		return w.store.ConsentWithdrawn(ctx, a, m)
	case referrals.ProviderSuspended:
		return w.store.ProviderSuspended(ctx, a, m)
	case referrals.WindDownEnded:
		return w.store.WindDownEnded(ctx, a, m)
	case referrals.ProviderBarred:
		return w.store.ProviderBarred(ctx, a, m)
	default:
		panic(t + " is not the system's")
	}
}

// bringAbout makes happen what the system's move answers to, for one attempt or its provider, past the application.
func (w *world) bringAbout(t *testing.T, transition referrals.Transition, a referrals.Result) {
	t.Helper()
	switch transition {
	case referrals.ConsentWithdrawn:
		w.Exec(t, `UPDATE consent SET withdrawn_at = $2 WHERE id = (SELECT consent_id FROM attempt WHERE id = $1)`, a.ID, w.now)
	case referrals.ProviderSuspended:
		w.stop(t, "suspended", false)
	case referrals.WindDownEnded:
		w.stop(t, "suspended", false)
		w.now = w.now.Add(14 * 24 * time.Hour)
	case referrals.ProviderBarred:
		w.stop(t, "suspended", true)
	case referrals.CancelTimeout:
		w.Exec(t, `UPDATE attempt SET due_at = $2, pending_cancellation_at = $2, pending_cancellation_code = 'client_moved', pending_cancellation_by_id = $3 WHERE id = $1`,
			a.ID, w.now, w.manager.AccountID)
	default:
		w.Exec(t, `UPDATE attempt SET due_at = $2 WHERE id = $1`, a.ID, w.now)
	}
}

// stop suspends or terminates provider's instrument: atOnce for safeguarding or for cause, else by an administrative act.
func (w *world) stop(t *testing.T, status string, atOnce bool) {
	t.Helper()
	w.Exec(t, `ALTER TABLE instrument ADD COLUMN IF NOT EXISTS suspension_kind text, ADD COLUMN IF NOT EXISTS terminated_for_cause boolean`)
	if status == "suspended" {
		w.Exec(t, `UPDATE instrument SET transition = 'suspend', status = 'suspended', updated_at = $2,
			suspension_kind = CASE WHEN $3 THEN 'safeguarding' ELSE 'administrative' END WHERE id = $1`, w.instrument, w.now, atOnce)
		return
	}
	w.Exec(t, `UPDATE instrument SET transition = 'terminate', status = 'terminated', updated_at = $2, terminated_for_cause = $3 WHERE id = $1`,
		w.instrument, w.now, atOnce)
}

// codes are what the system says, by transition and status.
func code(t referrals.Transition, from referrals.Status) string {
	switch {
	case t == referrals.Expire && from == referrals.StatusSent:
		return "no_acknowledgement"
	case t == referrals.Expire:
		return "no_decision"
	case t == referrals.Lapse && from == referrals.StatusWaitlisted:
		return "waitlist_lapsed"
	case t == referrals.Lapse:
		return "info_not_provided"
	case t == referrals.ConsentWithdrawn:
		return "client_withdrew_consent"
	case t == referrals.CancelTimeout:
		return "client_moved"
	default:
		return string(t)
	}
}

// TestTheSystemsMoves makes each of the 23 legal ones: not before it is owed, then once, with its code, event, audit entry, the places
// returned and the referral routed on; and no role makes any.
func TestTheSystemsMoves(t *testing.T) {
	t.Parallel()
	made := 0
	for _, transition := range ofTheSystem {
		var from []referrals.Status
		for _, status := range statuses {
			if _, legal := referrals.Transitions[status][transition]; legal {
				from = append(from, status)
			}
		}
		made += len(from)
		t.Run(string(transition), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.quota(t, 10)
			attempts := make([]referrals.Result, len(from))
			for i, status := range from {
				attempts[i] = w.in(t, "FSC-PARCEL", status)
			}
			w.Exec(t, `UPDATE attempt SET due_at = NULL`)
			before := w.snapshot(t)
			for _, a := range attempts {
				if err := w.compel(policy.TheSystem(), transition, to(a)); !hasCode(err, fault.Impossible, "not_owed") {
					t.Errorf("%s before it is owed: %v", a.Status, err)
				}
			}
			if tables := changed(before, w.snapshot(t)); len(tables) != 0 {
				t.Errorf("refused, and %v changed", tables)
			}
			for i, a := range attempts {
				if i == 0 || transition != referrals.ProviderSuspended && transition != referrals.WindDownEnded && transition != referrals.ProviderBarred {
					w.bringAbout(t, transition, a)
				}
				w.makeOnce(t, transition, a)
			}
			if w.used(t) != 0 || w.count(t, `SELECT count(*) FROM attempt_quota`) != 0 {
				t.Errorf("%d places are used", w.used(t))
			}
		})
	}
	if made != 23 {
		t.Errorf("%d legal pairs", made)
	}
}

// makeOnce: no role may, not from another version, once, not twice.
func (w *world) makeOnce(t *testing.T, transition referrals.Transition, a referrals.Result) {
	t.Helper()
	for name, actor := range w.actors() {
		if err := w.compel(actor, transition, to(a)); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	next := referrals.Move{ID: a.ID, Version: a.Version + 1}
	if err := w.compel(policy.TheSystem(), transition, next); fault.KindOf(err) != fault.Conflict {
		t.Errorf("from another version: %v", err)
	}
	if err := w.compel(policy.TheSystem(), transition, to(a)); err != nil {
		t.Fatal(err)
	}
	w.wasMade(t, transition, a.Status, a)
	if err := w.compel(policy.TheSystem(), transition, next); !hasCode(err, fault.Impossible, "invalid_transition") {
		t.Errorf("a second time: %v", err)
	}
}

func (w *world) wasMade(t *testing.T, transition referrals.Transition, from referrals.Status, a referrals.Result) {
	t.Helper()
	end := string(referrals.Transitions[from][transition][0])
	got := ask[string](t, w, `SELECT status || ' ' || version || ' ' || reason_code || ' ' || (due_at IS NULL) FROM attempt WHERE id = $1`, a.ID)
	if want := end + " " + itoa(a.Version+1) + " " + code(transition, from) + " true"; got != want {
		t.Errorf("the attempt is %q, not %q", got, want)
	}
	if got := ask[string](t, w, `SELECT string_agg(type || ' ' || transition || ' ' || code || ' ' || actor_kind, ',') FROM event WHERE attempt_id = $1 AND version = $2`, a.ID, a.Version+1); got != "attempt."+end+" "+string(transition)+" "+code(transition, from)+" system" {
		t.Errorf("the event is %q", got)
	}
	if n := w.count(t, `SELECT count(*) FROM audit_entry WHERE object_id = $1 AND action = $2 AND allowed AND actor_kind = 'system'`, a.ID, string(transition)); n != 1 {
		t.Errorf("%d audit entries", n)
	}
	if r := w.referral(t, a); r.Status != referrals.ReferralActive || !r.NeedsRouting {
		t.Errorf("the referral is %s, needs routing %t", r.Status, r.NeedsRouting)
	}
}

func itoa(n int) string { return string(rune('0' + n)) }

func hasCode(err error, kind fault.Kind, code string) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.Kind == kind && f.Code == code
}

// TestTheSystemsIllegalMoves: the 75 others answer invalid_transition, owed or not, and change nothing.
func TestTheSystemsIllegalMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	illegal := 0
	for _, status := range statuses {
		a := w.in(t, "FSC-PARCEL", status)
		before := w.snapshot(t)
		for _, transition := range ofTheSystem {
			if _, legal := referrals.Transitions[status][transition]; legal {
				continue
			}
			illegal++
			if err := w.compel(policy.TheSystem(), transition, to(a)); !hasCode(err, fault.Impossible, "invalid_transition") {
				t.Errorf("%s while %s: %v", transition, status, err)
			}
		}
		if tables := changed(before, w.snapshot(t)); len(tables) != 0 {
			t.Errorf("while %s, %v changed", status, tables)
		}
	}
	if illegal != countIllegal-countIllegalByCall {
		t.Errorf("%d illegal pairs", illegal)
	}
}

// TestABarCutsAtTheNextRequest: nobody sweeps, and the provider's very next look, move or list shows nothing more; an administrative
// suspension leaves it what it works with for 14 days, and then no longer.
func TestABarCutsAtTheNextRequest(t *testing.T) {
	t.Parallel()
	for name, bar := range map[string]struct {
		do     func(*testing.T, *world)
		atOnce bool
	}{
		"suspended for safeguarding": {func(t *testing.T, w *world) { w.stop(t, "suspended", true) }, true},
		"terminated for cause":       {func(t *testing.T, w *world) { w.stop(t, "terminated", true) }, true},
		"accreditation revoked":      {func(t *testing.T, w *world) { w.accreditation(t, "revoke", "revoked") }, true},
		"suspended":                  {func(t *testing.T, w *world) { w.stop(t, "suspended", false) }, false},
		"terminated":                 {func(t *testing.T, w *world) { w.stop(t, "terminated", false) }, false},
		"accreditation suspended":    {func(t *testing.T, w *world) { w.accreditation(t, "suspend", "suspended") }, false},
		"defunct": {func(t *testing.T, w *world) {
			w.Exec(t, `UPDATE organization SET status = 'defunct', updated_at = $2 WHERE id = $1`, w.provider, w.now)
		}, false},
		"suspended, then expired": {func(t *testing.T, w *world) {
			w.stop(t, "suspended", true)
			w.Exec(t, `UPDATE instrument SET transition = 'expire', status = 'expired' WHERE id = $1`, w.instrument)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ctx := context.Background()
			serving, moving, waiting := w.in(t, "FSC-PARCEL", referrals.StatusInService), w.in(t, "FSC-PARCEL", referrals.StatusAccepted), w.in(t, "FSC-PARCEL", referrals.StatusSent)
			bar.do(t, w)
			// The database says it alone, before anything has been moved.
			app := w.connect(t, w.AppURL)
			sees, err := rows(app, sealedOf)(w.recipient, cell{attempt: serving})
			if err != nil || sees == bar.atOnce {
				t.Errorf("the database shows sealed fields: %t, %v", sees, err)
			}
			list, err := w.store.Attempts(ctx, w.recipient, referrals.Filter{Limit: 100, Status: string(referrals.StatusInService)})
			if err != nil || len(list) != 1 || (list[0].Groups == policy.Envelope) != bar.atOnce {
				t.Errorf("the list shows %v, %v", list, err)
			}
			w.at(t, waiting, referrals.StatusCancelled, "provider_suspended", "A")
			if !bar.atOnce {
				w.at(t, serving, referrals.StatusInService, "", "ABCDEtI")
				w.now = w.now.Add(14*24*time.Hour - time.Second)
				w.at(t, serving, referrals.StatusInService, "", "ABCDEtI")
				w.now = w.now.Add(time.Second)
			}
			why := map[bool]string{true: "provider_barred", false: "wind_down_ended"}[bar.atOnce]
			if _, err := w.store.StartService(ctx, w.recipient, to(moving), referrals.StartWith{}); fault.KindOf(err) != fault.Conflict {
				t.Errorf("a move of what was to be cut: %v", err)
			}
			w.at(t, moving, referrals.StatusCancelled, why, "A")
			w.at(t, serving, referrals.StatusCancelled, why, "A")
			if made, err := w.store.Sweep(ctx); err != nil || len(made) != 0 {
				t.Errorf("the sweep still finds %v, %v", made, err)
			}
		})
	}
}

// TestADecisionMeetsWhatIsOwed: a case manager cancels a referral of which the system owes two attempts a move that nobody has made yet.
// Both are made, the case manager hears that the referral has changed, and its next word counts.
func TestADecisionMeetsWhatIsOwed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	waiting, sent := w.waitingAndSent(t)
	w.Exec(t, `UPDATE instrument SET transition = 'suspend', status = 'suspended', updated_at = $1`, w.now)
	cancel := func() error {
		r := w.referral(t, waiting)
		_, err := w.store.CancelReferral(context.Background(), w.manager, referrals.Move{ID: r.ID, Version: r.Version}, referrals.DecideWith{Code: "client_moved"})
		return err
	}
	if err := cancel(); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the first cancelling: %v", err)
	}
	for _, a := range []referrals.Result{waiting, sent} {
		if v := w.attemptOf(t, a); v.Status != referrals.StatusCancelled || *v.Code != "provider_suspended" {
			t.Errorf("an attempt is %s", v.Status)
		}
	}
	if err := cancel(); err != nil {
		t.Error(err)
	}
	if r := w.referral(t, waiting); r.Status != referrals.ReferralCancelled {
		t.Errorf("the referral is %s", r.Status)
	}
}

func (w *world) accreditation(t *testing.T, transition, status string) {
	t.Helper()
	w.Exec(t, `UPDATE accreditation SET transition = $2, status = $3, updated_at = $4 WHERE id = $1`, w.provider, transition, status, w.now)
}

// at is how the recipient meets the attempt.
func (w *world) at(t *testing.T, a referrals.Result, status referrals.Status, code, groups string) {
	t.Helper()
	v, err := w.store.Attempt(context.Background(), w.recipient, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	if v.Code != nil {
		said = *v.Code
	}
	if v.Status != status || said != code || shown(v) != groups {
		t.Errorf("the recipient meets %s %q %s, not %s %q %s", v.Status, said, shown(v), status, code, groups)
	}
}

// TestWhatIsNotBarred: an instrument that merely expired, one that was resumed, and another accreditation than the one that was revoked.
func TestWhatIsNotBarred(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.in(t, "FSC-PARCEL", referrals.StatusInService)
	w.stop(t, "suspended", false)
	w.Exec(t, `UPDATE instrument SET transition = 'resume', status = 'in_force', updated_at = $2 WHERE id = $1`, w.instrument, w.now)
	w.Exec(t, `UPDATE instrument SET transition = 'expire', status = 'expired', updated_at = $2 WHERE id = $1`, w.instrument, w.now)
	w.accreditation(t, "revoke", "revoked")
	w.Exec(t, `INSERT INTO accreditation (id, organization_id, status, created_at, updated_at) VALUES (gen_random_uuid(), $1, 'applied', now(), now())`, w.provider)
	w.Exec(t, `UPDATE accreditation SET transition = 'start_review', status = 'under_review' WHERE organization_id = $1 AND status = 'applied'`, w.provider)
	w.Exec(t, `UPDATE accreditation SET transition = 'accredit', status = 'accredited', number = 'new', valid_from = '2026-01-01', valid_to = '2026-12-31' WHERE organization_id = $1 AND status = 'under_review'`, w.provider)
	w.now = w.now.Add(30 * 24 * time.Hour)
	w.at(t, a, referrals.StatusInService, "", "ABCDEtI")
	if made, err := w.store.Sweep(context.Background()); err != nil || len(made) != 0 {
		t.Errorf("the sweep makes %v, %v", made, err)
	}
}

func constraintOf(err error) string {
	var pge *pgconn.PgError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &pge):
		return pge.ConstraintName
	default:
		return err.Error()
	}
}
