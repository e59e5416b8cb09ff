package referrals_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/fault"
	"tahweel/policy"
	"tahweel/referrals"
)

// TestAnIllegalMoveIsRefusedAndChangesNothing: of the 199 pairs that somebody could call, 187 answer that the state does not allow it
// and 12 that there is no such attempt; of the 49 wrong pairs of the moves that change no status, 46 and 3.
func TestAnIllegalMoveIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invalid, hidden := map[bool]int{}, map[bool]int{} // by whether the move changes no status
	for _, status := range statuses {
		a := w.in(t, "DIS-PHYSIO", status)
		before := w.snapshot(t)
		for _, transition := range referrals.Callable {
			if legal(status, transition) {
				continue
			}
			_, err := w.move(transition, w.recipient, to(a))
			if w.refusals(t, a.ID, transition) != 1 {
				t.Errorf("%s while %s was not logged as refused", transition, status)
			}
			var f *fault.Error
			steady := referrals.Steady[transition] != nil
			switch errors.As(err, &f); {
			case f != nil && f.Kind == fault.Impossible && f.Code == "invalid_transition":
				invalid[steady]++
			case f != nil && f.Kind == fault.NotFound && status == referrals.StatusDraft:
				hidden[steady]++
			default:
				t.Errorf("%s while %s: %v", transition, status, err)
			}
		}
		if tables := changed(before, w.snapshot(t)); len(tables) != 0 {
			t.Errorf("illegal moves while %s changed %v", status, tables)
		}
	}
	if invalid[false] != countIllegalByCall-countDraftHidden || hidden[false] != countDraftHidden {
		t.Errorf("%d invalid and %d hidden", invalid[false], hidden[false])
	}
	if invalid[true] != countSteadyIllegal-countSteadyHidden || hidden[true] != countSteadyHidden {
		t.Errorf("of those that change no status %d invalid and %d hidden", invalid[true], hidden[true])
	}
}

// legal says whether the map has the pair, or the move leaves the status as it is there.
func legal(status referrals.Status, transition referrals.Transition) bool {
	_, moves := referrals.Transitions[status][transition]
	return moves || slices.Contains(referrals.Steady[transition], status)
}

// TestTheStoreRefusesAll274 asks as the system, whom no role stops, by a move without a rule of its own: what refuses is the map alone.
// The legal 76 pass the same way where no column is tied to them, which is the control.
func TestTheStoreRefusesAll274(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refused, passed := 0, 0
	for _, status := range statuses {
		a := w.in(t, "DIS-PHYSIO", status)
		before := w.snapshot(t)
		for _, transition := range allTransitions {
			if legal(status, transition) {
				continue
			}
			_, err := w.store.Plain(context.Background(), policy.TheSystem(), to(a), transition)
			if f := (*fault.Error)(nil); errors.As(err, &f) && f.Kind == fault.Impossible && f.Code == "invalid_transition" {
				refused++
			} else {
				t.Errorf("%s while %s: %v", transition, status, err)
			}
			if w.refusals(t, a.ID, transition) != 1 {
				t.Errorf("%s while %s was not logged as refused", transition, status)
			}
		}
		if tables := changed(before, w.snapshot(t)); len(tables) != 0 {
			t.Errorf("while %s, %v changed", status, tables)
		}
	}
	for _, status := range []referrals.Status{referrals.StatusSent, referrals.StatusAcknowledged} {
		a := w.in(t, "DIS-PHYSIO", status)
		if _, err := w.store.Plain(context.Background(), policy.TheSystem(), to(a), referrals.Accept); fault.KindOf(err) == fault.Impossible {
			t.Errorf("accept while %s: %v", status, err)
		} else {
			passed++
		}
	}
	if refused != countIllegal || passed != 2 {
		t.Errorf("%d pairs refused, %d passed", refused, passed)
	}
}

func (w *world) refusals(t *testing.T, id uuid.UUID, transition referrals.Transition) int {
	t.Helper()
	return w.count(t, `SELECT count(*) FROM audit_entry WHERE object_id = $1 AND action = $2 AND NOT allowed`, id, string(transition))
}

// The negative control of "changes nothing": one cell of any of the tables that a move writes is noticed.
func TestTheComparisonSeesEveryChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.in(t, "DIS-PHYSIO", referrals.StatusAccepted)
	for table, change := range map[string]string{
		"attempt":         `UPDATE attempt SET first_read_at = now() WHERE id = $1`,
		"referral":        `UPDATE referral SET version = version + 1 WHERE id = (SELECT referral_id FROM attempt WHERE id = $1)`,
		"event":           `UPDATE event SET version = version + 1 WHERE attempt_id = $1`,
		"consent":         `UPDATE consent SET withdrawn_at = now() WHERE id = (SELECT consent_id FROM attempt WHERE id = $1)`,
		"sealed_field":    `DELETE FROM sealed_field WHERE name = 'contact.address' AND referral_id = (SELECT referral_id FROM attempt WHERE id = $1)`,
		"person_index":    `DELETE FROM person_index WHERE field = 'telephone' AND $1::uuid IS NOT NULL`,
		"attempt_inquiry": `INSERT INTO attempt_inquiry (attempt_id, round, items, asked_at) VALUES ($1, 1, '{document}', now())`,
	} {
		before := w.snapshot(t)
		w.Exec(t, change, a.ID)
		if tables := changed(before, w.snapshot(t)); !slices.Equal(tables, []string{table}) {
			t.Errorf("a change of %s shows in %v", table, tables)
		}
	}
}

// consistent moves an attempt and fills whatever the CHECKs tie to the new status, so that nothing but the map can refuse it.
const consistent = `
	UPDATE attempt
	SET transition = $2, status = $3, version = version + 1,
	    sent_at = CASE WHEN $3 = 'draft' THEN NULL ELSE coalesce(sent_at, now()) END,
	    instrument_id = CASE WHEN $3 = 'draft' THEN NULL ELSE coalesce(instrument_id, $4) END,
	    instrument_version = CASE WHEN $3 = 'draft' THEN NULL ELSE 1 END,
	    term_id = CASE WHEN $3 = 'draft' THEN NULL ELSE coalesce(term_id, $5) END,
	    accepted_at = CASE WHEN $3 IN ('accepted', 'in_service', 'on_hold', 'completed') THEN coalesce(accepted_at, now())
	                       WHEN $3 IN ('draft', 'sent', 'acknowledged', 'info_requested', 'waitlisted', 'declined', 'expired') THEN NULL
	                       ELSE accepted_at END,
	    disclosed_groups = coalesce(disclosed_groups, '{}'), service_started_at = coalesce(service_started_at, now()),
	    closed_at = CASE WHEN $3 IN ('declined', 'expired', 'cancelled', 'completed', 'not_completed', 'entered_in_error') THEN now() END,
	    reason_code = 'other', outcome_code = 'one_off_assistance', need_met = 'yes', service_date = current_date,
	    hold_code = CASE WHEN $3 IN ('waitlisted', 'on_hold') THEN 'other' END, info_rounds = greatest(info_rounds, 1),
	    estimated_on = CASE WHEN $3 = 'waitlisted' THEN current_date END, review_on = CASE WHEN $3 = 'on_hold' THEN current_date END,
	    purge_due_at = CASE WHEN $2 = 'mark_error' THEN now() END
	WHERE id = $1`

// requested is the flag that confirm_cancel and cancel_timeout need.
const requested = `
	UPDATE attempt
	SET pending_cancellation_at = now(), pending_cancellation_code = 'other', pending_cancellation_by_id = owner_account_id
	WHERE id = $1 AND status IN ('in_service', 'on_hold')`

// TestTheDatabaseRefusesEveryIllegalMove goes through all 274 pairs as the service and as the superuser; the legal 76 pass by the
// same statement, so that it is the map that refuses.
func TestTheDatabaseRefusesEveryIllegalMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ends := map[referrals.Transition][]referrals.Status{}
	for _, moves := range referrals.Transitions {
		for transition, to := range moves {
			for _, end := range to {
				if !slices.Contains(ends[transition], end) {
					ends[transition] = append(ends[transition], end)
				}
			}
		}
	}
	service := w.connect(t, w.AppURL)
	legal, illegal := 0, 0
	for _, status := range statuses {
		a := w.in(t, "DIS-PHYSIO", status)
		for _, transition := range allTransitions {
			pair, possible := referrals.Transitions[status][transition]
			passed := false
			for _, end := range ends[transition] {
				for name, conn := range map[string]*pgx.Conn{"service": service, "superuser": w.super} {
					got := w.tryMove(t, conn, a.ID, string(transition), end)
					if got == "" && slices.Contains(pair, end) {
						passed = true
					} else if got != "attempt_move_legal" && got != "attempt_resume_restores" {
						t.Errorf("%s, %s, %s as the %s: %q", status, transition, end, name, got)
					}
				}
			}
			if possible && passed {
				legal++
			} else if !possible && !passed {
				illegal++
			}
		}
	}
	if legal != countLegal || illegal != countIllegal {
		t.Errorf("%d pairs pass and %d are refused", legal, illegal)
	}
}

func TestTheDatabaseIsNotTalkedRoundAboutTheOldStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.in(t, "DIS-PHYSIO", referrals.StatusDeclined)
	for name, sql := range map[string]string{
		"claims another old status":  `UPDATE attempt SET prior_status = 'sent', transition = 'acknowledge', status = 'acknowledged', closed_at = NULL WHERE id = $1`,
		"names no transition":        `UPDATE attempt SET status = 'sent', closed_at = NULL WHERE id = $1`,
		"names none that exists":     `UPDATE attempt SET transition = 'revive', status = 'sent', closed_at = NULL WHERE id = $1`,
		"repeats the same status":    `UPDATE attempt SET status = status WHERE id = $1`,
		"begins in the middle":       `INSERT INTO attempt (SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid()))).* FROM attempt AS a WHERE a.id = $1)`,
		"removes an edge in its way": `DELETE FROM attempt_transition WHERE from_status = 'sent' AND transition = 'decline' AND $1::uuid IS NOT NULL`,
	} {
		_, err := w.super.Exec(t.Context(), sql, a.ID)
		var pge *pgconn.PgError
		if !errors.As(err, &pge) || pge.Code[:2] != "23" {
			t.Errorf("it %s: %v", name, err)
		}
	}
}

// tryMove returns the name of the constraint that refused, or empty; it leaves nothing behind.
func (w *world) tryMove(t *testing.T, conn *pgx.Conn, id uuid.UUID, transition string, end referrals.Status) string {
	t.Helper()
	ctx := context.Background()
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, requested, id); err != nil {
		t.Fatal(err)
	}
	tag, err := tx.Exec(ctx, consistent, id, transition, string(end), w.instrument, w.term)
	var pge *pgconn.PgError
	switch {
	case errors.As(err, &pge):
		return pge.ConstraintName
	case err != nil:
		t.Fatal(err)
	case tag.RowsAffected() != 1:
		return fmt.Sprintf("%d rows", tag.RowsAffected())
	}
	return ""
}

// connect opens a connection; that of the service acts as the system, in the role of the application.
func (w *world) connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if url == w.AppURL {
		for _, sql := range []string{`SET ROLE tahweel_app`, `SET tahweel.kind = 'system'`} {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	return conn
}
