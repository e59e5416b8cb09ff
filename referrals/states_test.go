package referrals_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"tahweel/policy"
	"tahweel/referrals"
)

// statuses are all fourteen, in the order of a life.
var statuses = []referrals.Status{
	referrals.StatusDraft, referrals.StatusSent, referrals.StatusAcknowledged, referrals.StatusInfoRequested, referrals.StatusWaitlisted,
	referrals.StatusAccepted, referrals.StatusInService, referrals.StatusOnHold, referrals.StatusDeclined, referrals.StatusExpired,
	referrals.StatusCancelled, referrals.StatusCompleted, referrals.StatusNotCompleted, referrals.StatusEnteredInError,
}

// mover is who may make a move on the ministry's side; the others are the provider's, whom answering names.
func (w *world) mover(t referrals.Transition, answering policy.Actor) policy.Actor {
	switch t {
	case referrals.Send, referrals.Discard, referrals.ProvideInfo, referrals.Recall, referrals.RequestCancel, referrals.MarkError:
		return w.manager
	case referrals.SafetyRecall:
		if answering.AccountID == w.cleared.AccountID {
			return w.protection
		}
		return w.supervisor
	default:
		return answering
	}
}

// move makes one move with what it must carry, as whoever may make it; answering is who acts for the provider.
func (w *world) move(t referrals.Transition, answering policy.Actor, m referrals.Move) (referrals.Result, error) {
	return w.moveAs(w.mover(t, answering), t, m)
}

// moveAs makes one of the callable moves with what it must carry as the actor, whoever it is.
func (w *world) moveAs(actor policy.Actor, t referrals.Transition, m referrals.Move) (referrals.Result, error) {
	ctx := context.Background()
	switch t {
	case referrals.Send:
		return w.store.Send(ctx, actor, m)
	case referrals.Discard:
		return w.store.Discard(ctx, actor, m)
	case referrals.Acknowledge:
		return w.store.Acknowledge(ctx, actor, m)
	case referrals.RequestInfo:
		return w.store.RequestInfo(ctx, actor, m, referrals.RequestInfoWith{Items: []string{"document", "need_detail"}})
	case referrals.ProvideInfo:
		return w.store.ProvideInfo(ctx, actor, m, referrals.ProvideInfoWith{Items: []string{"document"}})
	case referrals.Accept:
		return w.store.Accept(ctx, actor, m)
	case referrals.Waitlist:
		return w.store.Waitlist(ctx, actor, m, w.waiting(60))
	case referrals.RenewWaitlist:
		return w.store.RenewWaitlist(ctx, actor, m, w.waiting(60))
	case referrals.LeaveWaitlist:
		return w.store.LeaveWaitlist(ctx, actor, m, referrals.CloseUnmetWith{Code: "resource_exhausted"})
	case referrals.Decline:
		return w.store.Decline(ctx, actor, m, referrals.DeclineWith{Code: "other", Text: "canary-note"})
	case referrals.Recall:
		return w.store.Recall(ctx, actor, m, referrals.RecallWith{Code: "client_moved"})
	default:
		return w.moveLate(actor, t, m)
	}
}

// moveLate makes the moves from the start of service on.
func (w *world) moveLate(actor policy.Actor, t referrals.Transition, m referrals.Move) (referrals.Result, error) {
	ctx := context.Background()
	switch t {
	case referrals.StartService:
		return w.store.StartService(ctx, actor, m, referrals.StartWith{})
	case referrals.ReportProgress:
		return w.store.ReportProgress(ctx, actor, m, referrals.ReportProgressWith{Text: "canary-progress"})
	case referrals.Hold:
		return w.store.Hold(ctx, actor, m, referrals.HoldWith{Code: "awaiting_documents", ReviewOn: day(w).AddDate(0, 0, 30)})
	case referrals.Resume:
		return w.store.Resume(ctx, actor, m)
	case referrals.Complete:
		return w.store.Complete(ctx, actor, m, referrals.CompleteWith{Outcome: "service_provided_full", NeedMet: "yes", ServiceDate: day(w)})
	case referrals.CloseUnmet:
		return w.store.CloseUnmet(ctx, actor, m, referrals.CloseUnmetWith{Code: "client_declined"})
	case referrals.RequestCancel:
		return w.store.RequestCancel(ctx, actor, m, referrals.RequestCancelWith{Code: "client_moved"})
	case referrals.ConfirmCancel:
		return w.store.ConfirmCancel(ctx, actor, m)
	case referrals.RejectCancel:
		return w.store.RejectCancel(ctx, actor, m, referrals.RejectCancelWith{Text: "canary-rejection"})
	case referrals.SafetyRecall:
		return w.store.SafetyRecall(ctx, actor, m, referrals.SafetyRecallWith{Code: "safety_recall", Text: "canary-danger"})
	case referrals.MarkError:
		return w.store.MarkError(ctx, actor, m, referrals.MarkErrorWith{Text: "canary-error"})
	default:
		panic("nobody can call " + t)
	}
}

// waiting is a reason to wait so many days.
func (w *world) waiting(days int) referrals.WaitlistWith {
	return referrals.WaitlistWith{Code: "no_capacity_waitlist", EstimatedOn: day(w).AddDate(0, 0, days)}
}

// answering is who may act for the provider in the need's tier.
func (w *world) answering(code string) policy.Actor {
	if code == "GBV-CASE" {
		return w.cleared
	}
	return w.recipient
}

// ways lead from a draft to each status; what is the system's is done by SQL.
var ways = map[referrals.Status][]referrals.Transition{
	referrals.StatusDraft:          {},
	referrals.StatusSent:           {referrals.Send},
	referrals.StatusAcknowledged:   {referrals.Send, referrals.Acknowledge},
	referrals.StatusInfoRequested:  {referrals.Send, referrals.RequestInfo},
	referrals.StatusWaitlisted:     {referrals.Send, referrals.Waitlist},
	referrals.StatusAccepted:       {referrals.Send, referrals.Accept},
	referrals.StatusInService:      {referrals.Send, referrals.Accept, referrals.StartService},
	referrals.StatusOnHold:         {referrals.Send, referrals.Accept, referrals.Hold},
	referrals.StatusDeclined:       {referrals.Send, referrals.Decline},
	referrals.StatusExpired:        {referrals.Send, referrals.Expire},
	referrals.StatusCancelled:      {referrals.Send, referrals.Accept, referrals.Recall},
	referrals.StatusCompleted:      {referrals.Send, referrals.Accept, referrals.Complete},
	referrals.StatusNotCompleted:   {referrals.Send, referrals.Accept, referrals.CloseUnmet},
	referrals.StatusEnteredInError: {referrals.Send, referrals.MarkError},
}

// in makes a referral of the need with one attempt in the status.
func (w *world) in(t *testing.T, code string, status referrals.Status) referrals.Result {
	t.Helper()
	return w.bring(t, w.draft(t, code), code, status)
}

// bring takes a draft to the status.
func (w *world) bring(t *testing.T, a referrals.Result, code string, status referrals.Status) referrals.Result {
	t.Helper()
	for _, transition := range ways[status] {
		if transition == referrals.Expire {
			w.expire(t, &a)
			continue
		}
		moved, err := w.move(transition, w.answering(code), to(a))
		if err != nil {
			t.Fatalf("%s on the way to %s: %v", transition, status, err)
		}
		a = moved
	}
	if a.Status != status {
		t.Fatalf("the way to %s ends at %s", status, a.Status)
	}
	return a
}

// expire does what the timer does to the attempt itself.
func (w *world) expire(t *testing.T, a *referrals.Result) {
	t.Helper()
	w.Exec(t, `UPDATE attempt
		SET transition = 'expire', status = 'expired', version = version + 1, updated_at = $2, closed_at = $2, reason_code = 'no_decision'
		WHERE id = $1`, a.ID, w.now)
	a.Status, a.Version = referrals.StatusExpired, a.Version+1
}

// snapshot is a hash of every table of ours but the log, to which a refusal adds, and the map of the country, which nobody writes.
func (w *world) snapshot(t *testing.T) map[string]string {
	t.Helper()
	var tables []string
	err := w.super.QueryRow(t.Context(), `
		SELECT array_agg(relname::text ORDER BY relname)
		FROM pg_class AS c
		WHERE relnamespace = 'public'::regnamespace
			AND relkind = 'r'
			AND relname NOT IN ('audit_entry', 'spatial_ref_sys')
			AND NOT EXISTS (SELECT FROM unnest('{place,governorate,reach,goose}'::text[]) AS still WHERE starts_with(c.relname, still))`).Scan(&tables)
	if err != nil {
		t.Fatal(err)
	}
	batch, hashes := &pgx.Batch{}, map[string]string{}
	for _, table := range tables {
		batch.Queue(`SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM ` + table + ` AS t`).QueryRow(func(row pgx.Row) error {
			var hash string
			err := row.Scan(&hash)
			hashes[table] = hash
			return err
		})
	}
	if err := w.super.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
	return hashes
}

// changed names the tables in which two snapshots differ.
func changed(before, after map[string]string) []string {
	var tables []string
	for table, hash := range after {
		if before[table] != hash {
			tables = append(tables, table)
		}
	}
	return tables
}

func (w *world) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	return ask[int](t, w, sql, args...)
}
