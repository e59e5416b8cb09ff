package accreditation_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// TestTheLivesAreThoseOfTheDatabase: every move of Go is a row of the table of moves and the other way round, and each other pair of
// status and event is refused by Go.
func TestTheLivesAreThoseOfTheDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for table, moves := range accreditation.Lives {
		rows := pgtest.Value[[]string](t, db, `SELECT array_agg(from_status || ' ' || transition || ' ' || to_status) FROM `+table+`_transition`)
		statuses, events := map[string]bool{}, map[string]bool{}
		for _, m := range moves {
			statuses[m[0]], statuses[m[2]], events[m[1]] = true, true, true
			if row := m[0] + " " + m[1] + " " + m[2]; !slices.Contains(rows, row) {
				t.Errorf("%s: the table lacks %s", table, row)
			}
		}
		if len(rows) != len(moves) {
			t.Errorf("%s: %d rows, %d moves in Go", table, len(rows), len(moves))
		}
		for status := range statuses {
			for event := range events {
				legal := slices.ContainsFunc(moves, func(m [3]string) bool { return m[0] == status && m[1] == event })
				if accreditation.Known(table, status, event) != legal {
					t.Errorf("%s: %s of %s is legal: %v, and Go says otherwise", table, event, status, legal)
				}
			}
		}
	}
}

// TestEveryIllegalMoveOfAnApplicationIsRefused: in each status every event that is not in the table fails with fault.Impossible, over the
// store; and the database refuses it by itself, whoever writes.
func TestEveryIllegalMoveOfAnApplicationIsRefused(t *testing.T) {
	t.Parallel()
	way := map[accreditation.Status][]accreditation.Event{
		accreditation.Draft: nil, accreditation.Submitted: toReview[:1], accreditation.Returned: {accreditation.Submit, accreditation.Return},
		accreditation.Complete: toReview[:2], accreditation.UnderReview: toReview[:3], accreditation.Visited: toReview[:4],
		accreditation.Reviewed: toReview, accreditation.Signed: toDecision[:6], accreditation.Decided: toDecision,
		accreditation.Withdrawn: {accreditation.Submit, accreditation.Withdraw},
	}
	for status, events := range way {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.walk(w.draft(accreditation.First), events...)
			if a.Status != status {
				t.Fatalf("it is %s", a.Status)
			}
			refused := 0
			for e, step := range w.steps() {
				if slices.Contains(a.Events(), e) {
					continue
				}
				refused++
				if _, err := step(accreditation.Move{ID: a.ID, Version: a.Version}); fault.KindOf(err) != fault.Impossible {
					t.Errorf("%s: %v", e, err)
				}
			}
			for _, e := range []accreditation.Event{
				accreditation.Submit, accreditation.Return, accreditation.MarkComplete, accreditation.Assign, accreditation.Visit, accreditation.Review,
				accreditation.Sign, accreditation.HandBack, accreditation.Confirm, accreditation.RecordMinute, accreditation.Reopen, accreditation.Withdraw,
			} {
				for to := range way {
					next, err := status.Next(e)
					refusal := "accreditation_application_move_legal"
					if err == nil && next == to {
						refusal = ""
					}
					if got := pastTheProgram(t, w.db, a.ID, e, to); got != refusal {
						t.Errorf("%s by %s to %s past the program: constraint %q, want %q", status, e, to, got, refusal)
					}
				}
			}
			if refused == 0 {
				t.Error("nothing was refused")
			}
		})
	}
}

// pastTheProgram tries the move by SQL, takes it back, and returns the constraint that refused it.
func pastTheProgram(t *testing.T, db *pgtest.DB, id uuid.UUID, e accreditation.Event, to accreditation.Status) (constraint string) {
	t.Helper()
	err := db.DB.InTx(t.Context(), policy.TheSystem(), func(q pg.Querier) error {
		_, err := q.Exec(t.Context(), `
			UPDATE accreditation_application
			SET transition = @event, status = @to, submitted_at = now(), assigned_to_id = (SELECT id FROM account ORDER BY id LIMIT 1),
			    outcome = CASE WHEN @to = 'decided' THEN 'rejected' END, decided_at = CASE WHEN @to = 'decided' THEN now() END
			WHERE id = @id`, pgx.StrictNamedArgs{"id": id, "event": e, "to": to})
		var refused *pgconn.PgError
		if errors.As(err, &refused) {
			constraint = refused.ConstraintName
		}
		if err != nil {
			return err
		}
		return errUndo
	})
	if constraint == "" && !errors.Is(err, errUndo) {
		t.Errorf("%s to %s: %v", e, to, err)
	}
	return constraint
}

var errUndo = fault.New(fault.Impossible, "undo", "undone", "undone")
