package referrals_test

import (
	"context"
	"testing"

	"tahweel/internal/pg"
	"tahweel/policy"
	"tahweel/referrals"
)

func once() pg.Once { return pg.Once{} }

func to(r referrals.Result) referrals.Move { return referrals.Move{ID: r.ID, Version: r.Version} }

func TestAReferralIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	a := w.draft(t, "DIS-PHYSIO")
	must := func(r referrals.Result, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		a = r
	}
	must(w.store.Send(ctx, w.manager, to(a)))
	seen, err := w.store.Attempt(ctx, w.recipient, a.ID)
	if err != nil || seen.Groups != policy.Envelope|policy.Eligibility|policy.Sender || seen.Details != (referrals.Details{}) {
		t.Fatalf("before acceptance: %v %v %+v", err, seen.Groups, seen.Details)
	}
	must(w.store.Acknowledge(ctx, w.recipient, to(a)))
	must(w.store.Accept(ctx, w.recipient, to(a)))
	if a.Groups.String() != "ABCDEGI" || a.Details.Identity.GivenName != "canary-given" || a.Details.Household != nil {
		t.Fatalf("after acceptance: %v %+v", a.Groups, a.Details)
	}
	must(w.store.StartService(ctx, w.recipient, to(a), referrals.StartWith{}))
	must(w.store.Complete(ctx, w.recipient, to(a), referrals.CompleteWith{Outcome: "service_provided_full", NeedMet: "yes", ServiceDate: *a.ServiceDate}))
	r, err := w.store.Referral(ctx, w.manager, a.ReferralID)
	if err != nil || r.Status != referrals.ReferralMet {
		t.Fatalf("the referral is %s, %v", r.Status, err)
	}
}
