package referrals_test

import (
	"context"
	"testing"
	"time"

	"tahweel/directory"
	"tahweel/internal/pg"
	"tahweel/policy"
	"tahweel/referrals"
)

// declined sends a new referral to provider, which declines it with the code.
func (w *world) declined(t *testing.T, code string) {
	t.Helper()
	ctx := context.Background()
	a := w.draft(t, "FSC-PARCEL")
	a, err := w.store.Send(ctx, w.manager, to(a))
	if err == nil {
		_, err = w.store.Decline(ctx, w.recipient, to(a), referrals.DeclineWith{Code: code})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheFifthServiceNotOfferedOpensOneTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := directory.NewStore(w.DB.DB, func() time.Time { return w.now })
	tasks := func() []directory.VerificationTask {
		t.Helper()
		list, err := d.VerificationTasks(t.Context(), w.officer, directory.Filter{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	many := func(n int, code string) {
		t.Helper()
		for range n {
			w.declined(t, code)
		}
	}
	many(5, "no_capacity")
	many(1, "service_not_offered")
	w.now = w.now.AddDate(0, 0, 91)
	many(4, "service_not_offered")
	if got := tasks(); len(got) != 0 {
		t.Fatalf("four within ninety days: %+v", got)
	}
	many(1, "service_not_offered")
	got := tasks()
	if len(got) != 1 || got[0].ServiceAtLocationID != w.service || got[0].OrganizationID != w.provider || got[0].Declines != 5 ||
		got[0].Status != directory.Open || got[0].OwnerRole != policy.AssociationsOfficer || !got[0].DueOn.After(w.now.AddDate(0, 0, 11)) {
		t.Fatalf("five: %+v", got)
	}
	many(1, "service_not_offered")
	if got := tasks(); len(got) != 1 || got[0].Version != 1 {
		t.Errorf("six: %+v", got)
	}
	if _, err := d.VerificationTasks(t.Context(), w.recipient, directory.Filter{Limit: 1}); err == nil {
		t.Error("the provider reads the task")
	}
	w.now = w.now.Add(time.Hour)
	if _, err := d.ResolveVerification(t.Context(), w.officer, got[0].ID, 1, directory.FoundTrue, pg.Once{}); err != nil {
		t.Fatal(err)
	}
	sal, err := d.ServiceAtLocation(t.Context(), w.officer, w.service)
	if err != nil || sal.ConfirmedAt == nil || !sal.ConfirmedAt.Equal(w.now) {
		t.Errorf("confirmed: %+v, %v", sal, err)
	}
	w.now = w.now.Add(time.Hour)
	many(4, "service_not_offered")
	if got := tasks(); len(got) != 1 {
		t.Errorf("what was looked at counts again: %+v", got)
	}
	many(1, "service_not_offered")
	if got = tasks(); len(got) != 2 {
		t.Fatalf("five more: %+v", got)
	}
	if _, err := d.ResolveVerification(t.Context(), w.officer, got[1].ID, 1, directory.FoundWithdrawn, pg.Once{}); err != nil {
		t.Fatal(err)
	}
	if sal, err = d.ServiceAtLocation(t.Context(), w.officer, w.service); err != nil || sal.Status != directory.Inactive {
		t.Errorf("withdrawn: %+v, %v", sal, err)
	}
}
