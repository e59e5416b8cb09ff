package directory

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

var (
	allStatuses = []AccreditationStatus{unborn, Applied, UnderReview, Accredited, Suspended, Expired, Revoked, Rejected}
	allEvents   = []AccreditationEvent{Apply, StartReview, Accredit, Reject, Suspend, Reinstate, Expire, Revoke}
)

func TestTheLifeOfAnAccreditationIsThatOfTheTable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	table := map[AccreditationStatus]map[AccreditationEvent]AccreditationStatus{}
	err := db.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
		rows, err := q.Query(t.Context(), `SELECT from_status, transition, to_status FROM accreditation_transition`)
		if err != nil {
			return err
		}
		var from, event, to string
		_, err = pgx.ForEachRow(rows, []any{&from, &event, &to}, func() error {
			if table[AccreditationStatus(from)] == nil {
				table[AccreditationStatus(from)] = map[AccreditationEvent]AccreditationStatus{}
			}
			table[AccreditationStatus(from)][AccreditationEvent(event)] = AccreditationStatus(to)
			return nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(accreditationLife, table); diff != "" {
		t.Errorf("-program +table:\n%s", diff)
	}
}

// Every pair of status and event is tried: a legal one moves, every other one is refused and moves nothing; and whoever writes the
// UPDATE past the program meets the foreign key.
func TestEveryMoveThatIsNotInTheMapIsRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := NewStore(db.DB, func() time.Time { return time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC) })
	ctx, system := t.Context(), policy.TheSystem()
	legal := 0
	for _, from := range allStatuses[1:] {
		for _, event := range allEvents {
			a := accreditationIn(t, s, from)
			want, ok := accreditationLife[from][event]
			for _, to := range allStatuses[1:] {
				refusal := "accreditation_move_legal"
				if ok && to == want {
					refusal = ""
				}
				if got := pastTheProgram(t, db, a.ID, event, to); got != refusal {
					t.Errorf("%s by %s to %s past the program: constraint %q, want %q", from, event, to, got, refusal)
				}
			}
			var g *Grant
			if event == Accredit {
				g = ended(s.clock())
			}
			moved, err := s.step(ctx, system, AccreditationMove{ID: a.ID, Version: a.Version, Event: event, Grant: g, Suspension: kindFor(event)})
			now, readErr := s.Accreditation(ctx, system, a.ID)
			switch {
			case readErr != nil:
				t.Fatal(readErr)
			case ok && (err != nil || moved.Status != want || now.Status != want || now.Version != a.Version+1):
				t.Errorf("%s by %s: %v, %+v", from, event, err, now)
			case !ok && (fault.KindOf(err) != fault.Impossible || !cmp.Equal(now, a)):
				t.Errorf("%s by %s is not refused: %v, %+v", from, event, err, now)
			case ok:
				legal++
			}
		}
	}
	if legal != 10 {
		t.Errorf("%d legal moves were made, want 10", legal)
	}
}

// pastTheProgram tries the move by SQL, takes it back, and returns the constraint that refused it.
func pastTheProgram(t *testing.T, db *pgtest.DB, id uuid.UUID, event AccreditationEvent, to AccreditationStatus) (constraint string) {
	t.Helper()
	err := db.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
		_, err := q.Exec(t.Context(), `
			UPDATE accreditation
			SET transition = @event, status = @to,
			    number = CASE WHEN @decided THEN 'A' END,
			    valid_from = CASE WHEN @decided THEN '2026-01-01'::date END,
			    valid_to = CASE WHEN @decided THEN '2026-12-31'::date END
			WHERE id = @id`,
			pgx.StrictNamedArgs{"id": id, "event": event, "to": to, "decided": slices.Contains(allStatuses[3:7], to)})
		var refused *pgconn.PgError
		if errors.As(err, &refused) {
			constraint = refused.ConstraintName
		}
		return errTakeBack
	})
	if !errors.Is(err, errTakeBack) {
		t.Fatal(err)
	}
	return constraint
}

var errTakeBack = errors.New("take it back")

// accreditationIn makes an accreditation that went the shortest way to the status.
func accreditationIn(t *testing.T, s *Store, status AccreditationStatus) Accreditation {
	t.Helper()
	ways := map[AccreditationStatus][]AccreditationEvent{
		Applied: {}, UnderReview: {StartReview}, Accredited: {StartReview, Accredit}, Suspended: {StartReview, Accredit, Suspend},
		Expired: {StartReview, Accredit, Expire}, Revoked: {StartReview, Accredit, Revoke}, Rejected: {Reject},
	}
	ctx, system := t.Context(), policy.TheSystem()
	o, err := s.CreateOrganization(ctx, system, Organization{Kind: Association, Name: Name{AR: "جمعية تجريبية", EN: "Invented association"}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Apply(ctx, system, o.ID)
	for _, e := range ways[status] {
		var g *Grant
		if e == Accredit {
			g = ended(s.clock())
		}
		if err == nil {
			a, err = s.step(ctx, system, AccreditationMove{ID: a.ID, Version: a.Version, Event: e, Grant: g, Suspension: kindFor(e)})
		}
	}
	if err != nil || a.Status != status {
		t.Fatalf("make an accreditation %s: %v", status, err)
	}
	a, err = s.Accreditation(ctx, system, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// ended is a grant whose last day was yesterday, so that what it grants may be closed.
func ended(now time.Time) *Grant {
	return &Grant{Number: "A", ValidFrom: now.AddDate(-1, 0, 0), ValidTo: now.AddDate(0, 0, -1)}
}

// kindFor is what a suspension needs beside its name.
func kindFor(e AccreditationEvent) SuspensionKind {
	if e == Suspend {
		return Administrative
	}
	return ""
}

func TestAMoveIsOfTheVersionThatWasSeen(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := NewStore(db.DB, func() time.Time { return time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC) })
	a := accreditationIn(t, s, Accredited)
	ctx, system := t.Context(), policy.TheSystem()
	if _, err := s.Suspend(ctx, system, a.ID, a.Version-1, Administrative); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an old version: %v", err)
	}
	if _, err := s.Suspend(ctx, system, uuid.New(), 1, Administrative); fault.KindOf(err) != fault.NotFound {
		t.Errorf("nothing to move: %v", err)
	}
	if _, err := s.Suspend(ctx, policy.Actor{AccountID: uuid.New(), Kind: policy.Person}, a.ID, a.Version, Administrative); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("nobody in particular: %v", err)
	}
	if _, err := s.Apply(ctx, system, a.OrganizationID); fault.KindOf(err) != fault.Impossible {
		t.Errorf("a second one while one is open: %v", err)
	}
	// Of many who move at once from one version, one does.
	errs := make(chan error)
	for i := range 10 {
		go func() {
			m := AccreditationMove{ID: a.ID, Version: a.Version, Event: Suspend, Suspension: Safeguarding}
			if i%2 == 0 {
				m = AccreditationMove{ID: a.ID, Version: a.Version, Event: Revoke}
			}
			_, err := s.Move(context.WithoutCancel(ctx), system, m)
			errs <- err
		}()
	}
	won := 0
	for range 10 {
		switch err := <-errs; {
		case err == nil:
			won++
		case fault.KindOf(err) != fault.Conflict:
			t.Errorf("a loser: %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d moves won", won)
	}
}
