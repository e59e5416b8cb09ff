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

// move makes one move with what it must carry, as whoever may make it; answering is who acts for the provider.
func (w *world) move(t referrals.Transition, answering policy.Actor, m referrals.Move) (referrals.Result, error) {
	ctx := context.Background()
	switch t {
	case referrals.Send:
		return w.store.Send(ctx, w.manager, m)
	case referrals.Recall:
		return w.store.Recall(ctx, w.manager, m, referrals.RecallWith{Code: "client_moved"})
	default:
		return w.moveAs(answering, t, m)
	}
}

// moveAs makes one of the seven moves as the actor, whoever it is.
func (w *world) moveAs(actor policy.Actor, t referrals.Transition, m referrals.Move) (referrals.Result, error) {
	ctx := context.Background()
	switch t {
	case referrals.Send:
		return w.store.Send(ctx, actor, m)
	case referrals.Acknowledge:
		return w.store.Acknowledge(ctx, actor, m)
	case referrals.Accept:
		return w.store.Accept(ctx, actor, m)
	case referrals.Decline:
		return w.store.Decline(ctx, actor, m, referrals.DeclineWith{Code: "other", Text: "canary-note"})
	case referrals.Recall:
		return w.store.Recall(ctx, actor, m, referrals.RecallWith{Code: "client_moved"})
	case referrals.StartService:
		return w.store.StartService(ctx, actor, m, referrals.StartWith{})
	case referrals.Complete:
		return w.store.Complete(ctx, actor, m, referrals.CompleteWith{Outcome: "service_provided_full", NeedMet: "yes", ServiceDate: day(w)})
	default:
		panic("the slice has no move " + t)
	}
}

// sevenMoves are those of the slice.
var sevenMoves = []referrals.Transition{
	referrals.Send, referrals.Acknowledge, referrals.Accept, referrals.Decline, referrals.Recall, referrals.StartService, referrals.Complete,
}

// answering is who may act for the provider in the need's tier.
func (w *world) answering(code string) policy.Actor {
	if code == "GBV-CASE" {
		return w.cleared
	}
	return w.recipient
}

// step is one move on the way to a state: by the Store, or by SQL where the slice has no such move.
type step struct {
	transition referrals.Transition
	status     referrals.Status
	bySQL      bool
}

var ways = map[referrals.Status][]step{
	referrals.StatusDraft:          {},
	referrals.StatusSent:           {{referrals.Send, referrals.StatusSent, false}},
	referrals.StatusAcknowledged:   {{referrals.Send, "", false}, {referrals.Acknowledge, "", false}},
	referrals.StatusInfoRequested:  {{referrals.Send, "", false}, {referrals.RequestInfo, referrals.StatusInfoRequested, true}},
	referrals.StatusWaitlisted:     {{referrals.Send, "", false}, {referrals.Waitlist, referrals.StatusWaitlisted, true}},
	referrals.StatusAccepted:       {{referrals.Send, "", false}, {referrals.Accept, "", false}},
	referrals.StatusInService:      {{referrals.Send, "", false}, {referrals.Accept, "", false}, {referrals.StartService, "", false}},
	referrals.StatusOnHold:         {{referrals.Send, "", false}, {referrals.Accept, "", false}, {referrals.Hold, referrals.StatusOnHold, true}},
	referrals.StatusDeclined:       {{referrals.Send, "", false}, {referrals.Decline, "", false}},
	referrals.StatusExpired:        {{referrals.Send, "", false}, {referrals.Expire, referrals.StatusExpired, true}},
	referrals.StatusCancelled:      {{referrals.Send, "", false}, {referrals.Accept, "", false}, {referrals.Recall, "", false}},
	referrals.StatusCompleted:      {{referrals.Send, "", false}, {referrals.Accept, "", false}, {referrals.Complete, "", false}},
	referrals.StatusNotCompleted:   {{referrals.Send, "", false}, {referrals.Accept, "", false}, {referrals.CloseUnmet, referrals.StatusNotCompleted, true}},
	referrals.StatusEnteredInError: {{referrals.Send, "", false}, {referrals.MarkError, referrals.StatusEnteredInError, true}},
}

// in makes a referral of the need with one attempt in the status.
func (w *world) in(t *testing.T, code string, status referrals.Status) referrals.Result {
	t.Helper()
	return w.bring(t, w.draft(t, code), code, status)
}

// bring takes a draft to the status.
func (w *world) bring(t *testing.T, a referrals.Result, code string, status referrals.Status) referrals.Result {
	t.Helper()
	for _, s := range ways[status] {
		if s.bySQL {
			w.moveBySQL(t, &a, s)
			continue
		}
		moved, err := w.move(s.transition, w.answering(code), to(a))
		if err != nil {
			t.Fatalf("%s on the way to %s: %v", s.transition, status, err)
		}
		a = moved
	}
	if a.Status != status {
		t.Fatalf("the way to %s ends at %s", status, a.Status)
	}
	return a
}

func (w *world) moveBySQL(t *testing.T, a *referrals.Result, s step) {
	t.Helper()
	var closed any
	if s.status.Terminal() {
		closed = w.now
	}
	w.Exec(t, `UPDATE attempt
		SET transition = $2, status = $3, version = version + 1, closed_at = $4, reason_code = CASE WHEN $4::timestamptz IS NOT NULL THEN 'other' END
		WHERE id = $1`, a.ID, string(s.transition), string(s.status), closed)
	a.Status, a.Version = s.status, a.Version+1
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
