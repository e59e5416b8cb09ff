package referrals_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tahweel/internal/fault"
	"tahweel/policy"
	"tahweel/referrals"
)

func (w *world) referral(t *testing.T, a referrals.Result) referrals.ReferralView {
	t.Helper()
	r, err := w.store.Referral(context.Background(), w.manager, a.ReferralID)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWhatAMoveDoesToItsReferral: the first send makes it active; a decline, recall or unmet need lets it wait for another.
func TestWhatAMoveDoesToItsReferral(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for status, want := range map[referrals.Status]struct {
		status  referrals.ReferralStatus
		routing bool
	}{
		referrals.StatusDraft: {referrals.ReferralDraft, false}, referrals.StatusSent: {referrals.ReferralActive, false},
		referrals.StatusAccepted: {referrals.ReferralActive, false}, referrals.StatusDeclined: {referrals.ReferralActive, true},
		referrals.StatusCancelled: {referrals.ReferralActive, true}, referrals.StatusCompleted: {referrals.ReferralMet, false},
	} {
		r := w.referral(t, w.in(t, "FSC-PARCEL", status))
		if r.Status != want.status || r.NeedsRouting != want.routing {
			t.Errorf("after %s: %s, needs routing %t", status, r.Status, r.NeedsRouting)
		}
	}
	for met, want := range map[string]referrals.ReferralStatus{"partly": referrals.ReferralPartlyMet, "no": referrals.ReferralActive} {
		a := w.in(t, "FSC-PARCEL", referrals.StatusAccepted)
		with := referrals.CompleteWith{Outcome: "one_off_assistance", NeedMet: met, ServiceDate: day(w)}
		if _, err := w.store.Complete(context.Background(), w.recipient, to(a), with); err != nil {
			t.Fatal(err)
		}
		if r := w.referral(t, a); r.Status != want || r.NeedsRouting != (met == "no") {
			t.Errorf("need met %s: %s, needs routing %t", met, r.Status, r.NeedsRouting)
		}
	}
}

func TestOneAttemptIsLiveAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.in(t, "FSC-PARCEL", referrals.StatusSent)
	second := w.attempt(t, first.ReferralID, w.otherService)
	_, err := w.store.Send(context.Background(), w.manager, to(second))
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "another_attempt_is_live" || f.Kind != fault.Impossible {
		t.Errorf("a second live attempt: %v", err)
	}
	// A waitlisted attempt is not live: another is sent beside it, and its acceptance cancels the first.
	if first, err = w.move(referrals.Waitlist, w.recipient, to(first)); err != nil {
		t.Fatal(err)
	}
	if second, err = w.store.Send(context.Background(), w.manager, to(second)); err != nil {
		t.Fatal(err)
	}
	if _, err = w.store.Accept(context.Background(), w.otherRecipient, to(second)); err != nil {
		t.Fatal(err)
	}
	v, err := w.store.Attempt(context.Background(), w.recipient, first.ID)
	if err != nil || v.Status != referrals.StatusCancelled || *v.Code != "need_met_elsewhere" {
		t.Errorf("the other attempt is %s, %v", v.Status, err)
	}
	if _, err := w.store.Attempt(context.Background(), w.recipient, second.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a provider knows of another's attempt: %v", err)
	}
}

func TestSendIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct{ name, change, undo, code string }{
		{"the instrument is suspended", `UPDATE instrument SET transition = 'suspend', status = 'suspended' WHERE id = '` + w.instrument.String() + `'`,
			`UPDATE instrument SET transition = 'resume', status = 'in_force' WHERE id = '` + w.instrument.String() + `'`, "instrument_not_in_force"},
		{"the accreditation is suspended", `UPDATE accreditation SET transition = 'suspend', status = 'suspended' WHERE id = '` + w.provider.String() + `'`,
			`UPDATE accreditation SET transition = 'reinstate', status = 'accredited' WHERE id = '` + w.provider.String() + `'`, "not_accredited"},
		{"the service is closed", `UPDATE service SET status = 'inactive' WHERE id = '` + w.provider.String() + `'`,
			`UPDATE service SET status = 'active' WHERE id = '` + w.provider.String() + `'`, "service_not_open"},
		{"the consent was withdrawn", `UPDATE consent SET withdrawn_at = now()`, `UPDATE consent SET withdrawn_at = NULL`, "consent_withdrawn"},
	} {
		a := w.draft(t, "FSC-PARCEL")
		w.Exec(t, c.change)
		before := w.snapshot(t)
		_, err := w.store.Send(context.Background(), w.manager, to(a))
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Refused || f.Code != c.code || f.Detail.AR == "" {
			t.Errorf("%s: %v", c.name, err)
		}
		if tables := changed(before, w.snapshot(t)); len(tables) != 0 {
			t.Errorf("%s: refused, and %v changed", c.name, tables)
		}
		w.Exec(t, c.undo)
		if _, err := w.store.Send(context.Background(), w.manager, to(a)); err != nil {
			t.Errorf("%s no more: %v", c.name, err)
		}
	}
}

func TestAMoveCarriesWhatItMust(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	sent, accepted := w.in(t, "FSC-PARCEL", referrals.StatusSent), w.in(t, "FSC-PARCEL", referrals.StatusAccepted)
	tomorrow, before := day(w).AddDate(0, 0, 1), day(w).AddDate(0, 0, -1)
	errs := map[string]error{}
	_, errs["a decline without a code"] = w.store.Decline(ctx, w.recipient, to(sent), referrals.DeclineWith{})
	_, errs["other without a text"] = w.store.Decline(ctx, w.recipient, to(sent), referrals.DeclineWith{Code: "other"})
	_, errs["a recall with a provider's code"] = w.store.Recall(ctx, w.manager, to(sent), referrals.RecallWith{Code: "no_capacity"})
	_, errs["a start tomorrow"] = w.store.StartService(ctx, w.recipient, to(accepted), referrals.StartWith{ServiceDate: tomorrow})
	_, errs["a start before acceptance"] = w.store.StartService(ctx, w.recipient, to(accepted), referrals.StartWith{ServiceDate: before})
	_, errs["a completion without anything"] = w.store.Complete(ctx, w.recipient, to(accepted), referrals.CompleteWith{})
	for name, err := range errs {
		if fault.KindOf(err) != fault.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	var f *fault.Error
	if errors.As(errs["a completion without anything"], &f); f == nil || len(f.Fields) != 3 {
		t.Errorf("not all faults are named: %+v", f)
	}
}

func TestAChildsConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	yes, no := true, false
	for _, c := range []struct {
		age    int
		by     string
		assent *bool
		ok     bool
	}{
		{30, "self", nil, true}, {3, "caregiver", nil, true}, {3, "self", nil, false}, {10, "caregiver", &yes, true}, {10, "guardian", nil, false},
		{16, "caregiver", &no, false}, {16, "self", &yes, false}, {18, "self", nil, true},
	} {
		n := w.need(t, "FSC-PARCEL")
		n.Age = &c.age
		r, err := w.store.Create(context.Background(), w.manager, n, once())
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.store.CreateAttempt(context.Background(), w.manager, referrals.NewAttempt{ReferralID: r.ID, ServiceAtLocationID: w.service,
			Consent: referrals.Consent{Groups: policy.All, GivenBy: c.by, ChildAssent: c.assent, Evidence: "signature", GivenAt: w.now}}, once())
		if (err == nil) != c.ok || err != nil && fault.KindOf(err) != fault.Refused {
			t.Errorf("%d years, by %s, assent %v: %v", c.age, c.by, c.assent, err)
		}
	}
}

func TestAConsentLastsAtMostHalfAYear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	referral := w.create(t, "FSC-PARCEL")
	for _, c := range []struct {
		given, expires time.Duration
		ok             bool
	}{
		{0, 0, true}, {0, 180 * 24 * time.Hour, true}, {0, 181 * 24 * time.Hour, false}, {-time.Hour, -time.Minute, false}, {time.Hour, 2 * time.Hour, false},
	} {
		consent := referrals.Consent{Groups: policy.All, GivenBy: "self", Evidence: "otp", GivenAt: w.now.Add(c.given)}
		if c.expires != 0 {
			consent.ExpiresAt = w.now.Add(c.expires)
		}
		_, err := w.store.CreateAttempt(context.Background(), w.manager, referrals.NewAttempt{ReferralID: referral, ServiceAtLocationID: w.service, Consent: consent}, once())
		if (err == nil) != c.ok {
			t.Errorf("given %v, until %v: %v", c.given, c.expires, err)
		}
	}
}

// TestWithoutAnAuditEntryNothingHappens takes the right to write one away: no move, no look, no refusal in silence.
func TestWithoutAnAuditEntryNothingHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	a := w.in(t, "FSC-PARCEL", referrals.StatusAccepted)
	acts := map[string]func() error{
		"a move": func() error {
			_, err := w.store.StartService(ctx, w.recipient, to(a), referrals.StartWith{})
			return err
		},
		"a look":           func() error { _, err := w.store.Attempt(ctx, w.recipient, a.ID); return err },
		"a creation":       func() error { _, err := w.store.Create(ctx, w.manager, w.need(t, "FSC-PARCEL"), once()); return err },
		"a refused move":   func() error { _, err := w.store.Send(ctx, w.manager, to(a)); return err },
		"a foreign look":   func() error { _, err := w.store.Attempt(ctx, w.otherRecipient, a.ID); return err },
		"a look in a role": func() error { _, err := w.store.Attempt(ctx, w.auditor, a.ID); return err },
	}
	w.Exec(t, `REVOKE INSERT ON audit_entry FROM tahweel_app`)
	before := w.snapshot(t)
	for name, act := range acts {
		if err := act(); err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if tables := changed(before, w.snapshot(t)); len(tables) != 0 {
		t.Errorf("%v changed", tables)
	}
	w.Exec(t, `GRANT INSERT ON audit_entry TO tahweel_app`)
	for _, name := range []string{"a look", "a creation", "a move"} {
		if err := acts[name](); err != nil {
			t.Errorf("%s, with the right: %v", name, err)
		}
	}
}
