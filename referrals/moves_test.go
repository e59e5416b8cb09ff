package referrals_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/referrals"
)

// TestAMoveThatChangesNoStatusIsAMove: it takes a version and a key, makes a version, an event of its own and an audit entry.
func TestAMoveThatChangesNoStatusIsAMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for transition, event := range map[referrals.Transition]string{
		referrals.RequestCancel: "attempt.cancellation_requested", referrals.RejectCancel: "attempt.cancellation_rejected",
		referrals.RenewWaitlist: "attempt.waitlist_renewed", referrals.ReportProgress: "attempt.progress_reported",
	} {
		for _, status := range referrals.Steady[transition] {
			a := w.in(t, "FSC-PARCEL", status)
			if transition == referrals.RejectCancel {
				requested, err := w.move(referrals.RequestCancel, w.recipient, to(a))
				if err != nil {
					t.Fatal(err)
				}
				a = requested
			}
			stale := to(a)
			stale.Version--
			if _, err := w.move(transition, w.recipient, stale); fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s from an old version: %v", transition, err)
			}
			by := w.mover(transition, w.recipient)
			keyed := to(a)
			keyed.Once = pg.Once{Client: by.AccountID.String(), Key: uuid.NewString(), Fingerprint: []byte("x")}
			moved, err := w.move(transition, w.recipient, keyed)
			if err != nil || moved.Status != status || moved.Version != a.Version+1 {
				t.Fatalf("%s: %s, version %d after %d, %v", transition, moved.Status, moved.Version, a.Version, err)
			}
			if again, err := w.move(transition, w.recipient, keyed); err != nil || !again.Replayed || again.Version != moved.Version {
				t.Errorf("%s again: replayed %t, %v", transition, again.Replayed, err)
			}
			if n := w.count(t, `SELECT count(*) FROM event WHERE attempt_id = $1 AND type = $2 AND version = $3`, a.ID, event, moved.Version); n != 1 {
				t.Errorf("%s: %d events %s", transition, n, event)
			}
			if n := w.count(t, `SELECT count(*) FROM audit_entry WHERE object_id = $1 AND action = $2 AND allowed AND account_id = $3`, a.ID, string(transition), by.AccountID); n != 1 {
				t.Errorf("%s: %d audit entries", transition, n)
			}
		}
	}
}

// TestWhatBelongsToAStateEndsWithIt: resume restores what was held from, and nothing of the hold stays; a service that ends takes the
// request to cancel it along.
func TestWhatBelongsToAStateEndsWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, from := range []referrals.Status{referrals.StatusAccepted, referrals.StatusInService} {
		a := w.in(t, "FSC-PARCEL", from)
		for _, m := range []referrals.Transition{referrals.Hold, referrals.Resume} {
			moved, err := w.move(m, w.recipient, to(a))
			if err != nil {
				t.Fatal(err)
			}
			if a = moved; m == referrals.Hold && (a.Hold == nil || a.Hold.ReviewOn == nil || *a.Hold.AttributableTo != referrals.ByClient) {
				t.Errorf("held: %+v", a.Hold)
			}
		}
		if a.Status != from || a.Hold != nil {
			t.Errorf("held from %s, resumed to %s with %+v", from, a.Status, a.Hold)
		}
	}
	a := w.in(t, "FSC-PARCEL", referrals.StatusInService)
	for _, m := range []referrals.Transition{referrals.RequestCancel, referrals.Hold, referrals.Complete} {
		moved, err := w.move(m, w.recipient, to(a))
		if err != nil {
			t.Fatal(m, err)
		}
		if a = moved; (a.Pending != nil) != (m != referrals.Complete) {
			t.Errorf("after %s the request is %+v", m, a.Pending)
		}
	}
	if v := w.attemptOf(t, a); v.Pending != nil || v.Hold != nil || v.Version != a.Version {
		t.Errorf("read again: %+v, %+v", v.Pending, v.Hold)
	}
}

// TestAnEndWithoutAServiceRoutesOnAndGivesBack: the place in the quota returns and the referral waits for another provider.
func TestAnEndWithoutAServiceRoutesOnAndGivesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.quota(t, 1)
	w.Exec(t, `ALTER TABLE instrument_quota DISABLE TRIGGER USER`)
	w.Exec(t, `INSERT INTO instrument_quota (id, term_id, period, cap) VALUES (gen_random_uuid(), $1, 'month', 50)`, w.term)
	w.Exec(t, `ALTER TABLE instrument_quota ENABLE TRIGGER USER`)
	for _, c := range []struct {
		status referrals.Status
		moves  []referrals.Transition
		code   string
	}{
		{referrals.StatusWaitlisted, []referrals.Transition{referrals.LeaveWaitlist}, "resource_exhausted"},
		{referrals.StatusInService, []referrals.Transition{referrals.CloseUnmet}, "client_declined"},
		{referrals.StatusOnHold, []referrals.Transition{referrals.RequestCancel, referrals.ConfirmCancel}, "client_moved"},
		{referrals.StatusOnHold, []referrals.Transition{referrals.SafetyRecall}, "safety_recall"},
		{referrals.StatusCompleted, []referrals.Transition{referrals.MarkError}, ""},
	} {
		a := w.in(t, "FSC-PARCEL", c.status)
		if got := w.referral(t, a).NeedsRouting; got != (c.status == referrals.StatusWaitlisted) {
			t.Errorf("while %s: needs routing %t", c.status, got)
		}
		for _, m := range c.moves {
			moved, err := w.move(m, w.recipient, to(a))
			if err != nil {
				t.Fatal(m, err)
			}
			a = moved
		}
		if used := w.used(t); used != 0 {
			t.Errorf("after %v %d places are taken", c.moves, used)
		}
		if r := w.referral(t, a); r.Status != referrals.ReferralActive || !r.NeedsRouting {
			t.Errorf("after %v the referral is %s, needs routing %t", c.moves, r.Status, r.NeedsRouting)
		}
		if c.code != "" && (a.Code == nil || *a.Code != c.code || a.AttributableTo == nil) {
			t.Errorf("after %v the code is %v, put down to %v", c.moves, a.Code, a.AttributableTo)
		}
	}
}

func TestADiscardedDraftLeavesTheReferralAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.draft(t, "FSC-PARCEL")
	if _, err := w.move(referrals.Discard, w.recipient, to(a)); err != nil {
		t.Fatal(err)
	}
	if r := w.referral(t, a); r.Status != referrals.ReferralDraft || r.NeedsRouting {
		t.Errorf("the referral is %s", r.Status)
	}
	if got := w.feed(t, w.recipient, a.ReferralID); len(got) != 0 {
		t.Errorf("the provider hears %q", got)
	}
	if _, err := w.store.Attempt(context.Background(), w.recipient, a.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the provider knows of it: %v", err)
	}
}

// TestASafetyRecallCutsAtOnce: whoever oversees the directorate, of tier 3 the cleared focal point alone.
func TestASafetyRecallCutsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	elsewhere := w.supervisor
	elsewhere.Memberships = slices.Clone(elsewhere.Memberships)
	elsewhere.Memberships[0].DirectorateID = w.gaza
	machine := w.protection
	machine.OwnSession = false
	for tier, code := range needs {
		a := w.in(t, code, referrals.StatusInService)
		refused := map[string]error{}
		_, refused["the case manager"] = w.moveAs(w.manager, referrals.SafetyRecall, to(a))
		_, refused["the provider"] = w.moveAs(w.answering(code), referrals.SafetyRecall, to(a))
		_, refused["a supervisor of another directorate"] = w.moveAs(elsewhere, referrals.SafetyRecall, to(a))
		by := w.supervisor
		if tier == 2 {
			_, refused["a supervisor, of tier 3"] = w.moveAs(w.supervisor, referrals.SafetyRecall, to(a))
			_, refused["a focal point through a machine, of tier 3"] = w.moveAs(machine, referrals.SafetyRecall, to(a))
			by = w.protection
		}
		for who, err := range refused {
			if kind := fault.KindOf(err); kind != fault.Forbidden && kind != fault.NotFound {
				t.Errorf("%s: %v", who, err)
			}
		}
		recalled, err := w.moveAs(by, referrals.SafetyRecall, to(a))
		if err != nil || recalled.Status != referrals.StatusCancelled || *recalled.Text != "canary-danger" {
			t.Fatalf("tier %d: %s, %v", tier+1, recalled.Status, err)
		}
		if got := w.look(t, w.answering(code), a.ID); got != [3]string{"A", "A", ""}[tier] {
			t.Errorf("tier %d: the provider still sees %q", tier+1, got)
		}
		v, err := w.store.Attempt(ctx, w.answering(code), a.ID)
		if err != nil || v.Text != nil {
			t.Errorf("the provider reads the justification: %v", err)
		}
	}
}

// waitingAndSent is a referral that waits with provider and was sent to otherProvider beside it.
func (w *world) waitingAndSent(t *testing.T) (waiting, sent referrals.Result) {
	t.Helper()
	waiting = w.in(t, "FSC-PARCEL", referrals.StatusWaitlisted)
	sent, err := w.store.Send(context.Background(), w.manager, to(w.attempt(t, waiting.ReferralID, w.otherService)))
	if err != nil {
		t.Fatal(err)
	}
	return waiting, sent
}

// TestTwoProvidersAcceptAtOnce: one has it, the other hears that it was moved; the other attempt is cancelled in the same transaction.
func TestTwoProvidersAcceptAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.second(t)
	w.quota(t, 1000)
	var won [2]atomic.Int64
	for range proving(15) {
		waiting, sent := w.waitingAndSent(t)
		errs := bothAtOnce(
			func() error { _, err := w.store.Accept(context.Background(), w.recipient, to(waiting)); return err },
			func() error { _, err := other.Accept(context.Background(), w.otherRecipient, to(sent)); return err })
		switch {
		case errs[0] == nil && fault.KindOf(errs[1]) == fault.Conflict:
			won[0].Add(1)
		case errs[1] == nil && fault.KindOf(errs[0]) == fault.Conflict:
			won[1].Add(1)
		default:
			t.Errorf("who waited: %v; who was asked: %v", errs[0], errs[1])
		}
		got := ask[string](t, w, `SELECT string_agg(status || ' ' || coalesce(reason_code, ''), ', ' ORDER BY status) FROM attempt WHERE referral_id = $1`, sent.ReferralID)
		if got != "accepted , cancelled need_met_elsewhere" {
			t.Errorf("the attempts are %s", got)
		}
		if r := w.referral(t, sent); r.NeedsRouting {
			t.Error("an accepted referral waits for another provider")
		}
	}
	t.Logf("who waited won %d times, who was asked %d times", won[0].Load(), won[1].Load())
	if used := w.used(t); used != int(won[0].Load()) {
		t.Errorf("%d places taken by %d accepted", used, won[0].Load())
	}
}

// TestRoutingSurvivesARace: one provider gives its waiting up while another is asked; who is asked is live, so nothing waits.
func TestRoutingSurvivesARace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.second(t)
	for range proving(10) {
		waiting := w.in(t, "FSC-PARCEL", referrals.StatusWaitlisted)
		draft := w.attempt(t, waiting.ReferralID, w.otherService)
		errs := bothAtOnce(
			func() error { _, err := w.move(referrals.LeaveWaitlist, w.recipient, to(waiting)); return err },
			func() error { _, err := other.Send(context.Background(), w.manager, to(draft)); return err })
		if errs[0] != nil || errs[1] != nil {
			t.Fatal(errs)
		}
		if r := w.referral(t, waiting); r.NeedsRouting {
			t.Error("a referral with a live attempt waits for another provider")
		}
	}
}

// TestWhoMayMarkAnErrorAndWhen follows the reading in MarkError's contract.
func TestWhoMayMarkAnErrorAndWhen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begun := w.now
	const window = 72 * time.Hour
	for _, c := range []struct {
		name   string
		status referrals.Status
		by     string
		late   time.Duration
		code   string // empty: it passes
	}{
		{"the case manager", referrals.StatusSent, "manager", window, ""},
		{"the case manager, too late", referrals.StatusSent, "manager", window + time.Second, "error_window_closed"},
		{"the case manager, of what the provider answered since", referrals.StatusInService, "manager", window, ""},
		{"the case manager, of what expired", referrals.StatusExpired, "manager", window, ""},
		{"another case manager", referrals.StatusSent, "other manager", 0, "not_found"},
		{"the provider, of its own", referrals.StatusAccepted, "recipient", window, ""},
		{"the provider, of its own, too late", referrals.StatusAccepted, "recipient", window + time.Second, "error_window_closed"},
		{"the provider, of the sending", referrals.StatusSent, "recipient", 0, "not_your_move"},
		{"the provider, of the recall", referrals.StatusCancelled, "recipient", 0, "not_your_move"},
		{"the provider, of what expired", referrals.StatusExpired, "recipient", 0, "not_your_move"},
		{"another provider", referrals.StatusAccepted, "other recipient", 0, "not_found"},
		{"a supervisor", referrals.StatusSent, "supervisor", 0, "role_forbids"},
		{"an administrator, soon", referrals.StatusAccepted, "administrator", 0, ""},
		{"an administrator, a year later", referrals.StatusCompleted, "administrator", 365 * 24 * time.Hour, ""},
	} {
		w.now = begun
		a := w.in(t, "DIS-PHYSIO", c.status)
		w.now = begun.Add(c.late)
		by := w.actors()[c.by]
		marked, err := w.moveAs(by, referrals.MarkError, to(a))
		if c.code == "" && (err != nil || marked.Status != referrals.StatusEnteredInError) || c.code != "" && !refusedAs(err, c.code, "") {
			t.Errorf("%s: %s, %v", c.name, marked.Status, err)
		}
	}
}

// TestAnErrorIsTakenOutOfTheRecord: the provider sees the envelope, the case manager why, an administrator nothing; what was written is
// kept for the purge, and the referral's own stays.
func TestAnErrorIsTakenOutOfTheRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	for _, by := range []string{"manager", "recipient", "administrator"} {
		a := w.in(t, "DIS-PHYSIO", referrals.StatusCompleted)
		w.Exec(t, `UPDATE attempt SET partner_reference = 'P-1' WHERE id = $1`, a.ID)
		marked, err := w.moveAs(w.actors()[by], referrals.MarkError, to(a))
		if err != nil {
			t.Fatal(by, err)
		}
		if by == "administrator" && (shown(marked.View) != "" || marked.Groups != 0 || marked.Text != nil || marked.Instrument != nil || len(marked.AllowedTransitions) != 0) {
			t.Errorf("an administrator is shown %s: %+v", shown(marked.View), marked.View)
		}
		if got := w.look(t, w.recipient, a.ID); got != "A" {
			t.Errorf("the provider sees %q", got)
		}
		v, err := w.store.Attempt(ctx, w.recipient, a.ID)
		if err != nil || v.OutcomeCode != nil || v.NeedMet != nil || v.PartnerReference != nil || v.Code != nil || v.Text != nil || v.PurgeDueAt != nil {
			t.Errorf("the provider sees what was written: %+v, %v", v, err)
		}
		mine := w.attemptOf(t, a)
		if mine.Text == nil || *mine.Text != "canary-error" || mine.OutcomeCode != nil || shown(mine) != "ABCDEtFGI" {
			t.Errorf("the case manager sees %s, %+v", shown(mine), mine)
		}
		if mine.PurgeDueAt == nil || !mine.PurgeDueAt.Equal(w.now.Add(30*24*time.Hour)) {
			t.Errorf("due for purging at %v", mine.PurgeDueAt)
		}
		if n := w.count(t, `SELECT count(*) FROM attempt WHERE id = $1 AND outcome_code IS NOT NULL AND partner_reference = 'P-1'`, a.ID); n != 1 {
			t.Error("what was written is gone before its time")
		}
	}
	if _, err := w.store.Attempt(ctx, w.administrator, uuid.Must(uuid.NewV7())); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an administrator reads attempts: %v", err)
	}
}

// TestAnErrorReopensOnlyWhatItHadClosed: another attempt that met the need keeps the referral closed.
func TestAnErrorReopensOnlyWhatItHadClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wrong := w.in(t, "FSC-PARCEL", referrals.StatusCompleted)
	w.Exec(t, `UPDATE referral SET transition = 'reopen', status = 'active', closed_at = NULL WHERE id = $1`, wrong.ReferralID)
	right := w.bring(t, w.attempt(t, wrong.ReferralID, w.service), "FSC-PARCEL", referrals.StatusCompleted)
	if _, err := w.move(referrals.MarkError, w.recipient, to(wrong)); err != nil {
		t.Fatal(err)
	}
	if r := w.referral(t, wrong); r.Status != referrals.ReferralMet {
		t.Errorf("met by another attempt, and now %s", r.Status)
	}
	if _, err := w.move(referrals.MarkError, w.recipient, to(right)); err != nil {
		t.Fatal(err)
	}
	if r := w.referral(t, right); r.Status != referrals.ReferralActive || !r.NeedsRouting {
		t.Errorf("met by nobody, and %s", r.Status)
	}
}
