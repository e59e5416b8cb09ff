package referrals_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/referrals"
)

// written counts what an attempt still holds of what its movers wrote.
func (w *world) written(t *testing.T, id uuid.UUID) int {
	t.Helper()
	return w.count(t, `
		SELECT num_nonnulls(a.note, a.error_note, a.reason_code, a.outcome_code, a.need_met, a.service_date, a.partner_reference)
		       + (SELECT count(*)::integer FROM attempt_inquiry AS i WHERE i.attempt_id = a.id)
		FROM attempt AS a
		WHERE a.id = $1`, id)
}

// TestWhatWasWrittenByMistakeIsPurged 30 days after the mark and not a moment sooner; the referral's own and every other attempt stay.
func TestWhatWasWrittenByMistakeIsPurged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	wrong, kept := w.asked(t, "DIS-PHYSIO", "canary-question", "canary-answer"), w.in(t, "DIS-PHYSIO", referrals.StatusCompleted)
	for _, transition := range []referrals.Transition{referrals.Accept, referrals.Complete} {
		var err error
		if wrong, err = w.move(transition, w.recipient, to(wrong)); err != nil {
			t.Fatal(err)
		}
	}
	w.Exec(t, `UPDATE attempt SET partner_reference = 'P-1' WHERE id = $1`, wrong.ID)
	before := w.written(t, kept.ID)
	if _, err := w.move(referrals.MarkError, w.recipient, to(wrong)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after  time.Duration
		purged int
	}{{30*24*time.Hour - time.Second, 0}, {time.Second, 1}, {time.Hour, 0}} {
		w.now = w.now.Add(c.after)
		if purged, err := w.store.Purge(ctx); err != nil || purged != c.purged {
			t.Fatalf("%d purged, not %d: %v", purged, c.purged, err)
		}
		if got := w.written(t, wrong.ID); (got == 0) != (c.purged == 1 || c.after == time.Hour) { // the control: before its time all is there
			t.Errorf("after %v: %d of what was written are there", c.after, got)
		}
	}
	if got := w.written(t, kept.ID); got != before || before == 0 {
		t.Errorf("of another attempt %d are left, there were %d", got, before)
	}
	v, err := w.store.Attempt(ctx, w.manager, wrong.ID)
	if err != nil || v.Status != referrals.StatusEnteredInError || v.Text != nil || shown(v) != "ABCDEtFGI" {
		t.Errorf("the case manager sees %s, %+v, %v", shown(v), v, err)
	}
	if n := w.count(t, `SELECT count(*) FROM audit_entry WHERE object_id = $1 AND action = 'purge'`, wrong.ID); n != 1 {
		t.Errorf("%d entries in the audit log", n)
	}
}

// TestWhatAReferralOffers: what is offered passes, and what is not is refused by a guard.
func TestWhatAReferralOffers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	offers := func(a referrals.Result) []string {
		v, err := w.store.Referral(ctx, w.manager, a.ReferralID)
		if err != nil {
			t.Fatal(err)
		}
		listed, err := w.store.Referrals(ctx, w.manager, referrals.Filter{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(listed, func(l referrals.ReferralView) bool { return l.ID == v.ID }); i < 0 || !slices.Equal(listed[i].AllowedTransitions, v.AllowedTransitions) {
			t.Errorf("the list offers otherwise than %v", v.AllowedTransitions)
		}
		return v.AllowedTransitions
	}
	for status, want := range map[referrals.Status][]string{
		referrals.StatusDraft: {"cancel"}, referrals.StatusSent: {"cancel"}, referrals.StatusInService: {}, referrals.StatusDeclined: {"close", "cancel"},
		referrals.StatusCompleted: {"reopen"},
	} {
		a := w.in(t, "FSC-PARCEL", status)
		if got := offers(a); !slices.Equal(got, want) {
			t.Errorf("with an attempt that is %s: %v, not %v", status, got, want)
		}
		v, err := w.store.Referral(ctx, w.supervisor, a.ReferralID)
		if err != nil || len(v.AllowedTransitions) != 0 {
			t.Errorf("a supervisor is offered %v, %v", v.AllowedTransitions, err)
		}
		if status == referrals.StatusCompleted {
			w.now = w.now.Add(91 * 24 * time.Hour)
			if got := offers(a); len(got) != 0 {
				t.Errorf("91 days after its closing: %v", got)
			}
			w.now = w.now.Add(-91 * 24 * time.Hour)
		}
	}
}
