package event_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/event"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

var now = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// world is one referral of an invented person, of which events tell.
type world struct {
	*pgtest.DB
	manager  policy.Actor
	referral uuid.UUID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{DB: pgtest.New(t), referral: uuid.Must(uuid.NewV7())}
	directorate := uuid.Must(uuid.NewV7())
	w.manager = policy.Actor{AccountID: uuid.Must(uuid.NewV7()), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.CaseManager, DirectorateID: directorate}}}
	w.Exec(t, `INSERT INTO directorate (id, code, name_ar, name_en, created_at) VALUES ($1, 'HEB', 'مديرية الخليل', 'Hebron', now())`, directorate)
	w.Exec(t, `INSERT INTO account (id, kind, name_ar, name_en, created_at) VALUES ($1, 'person', 'حساب', 'Account', now())`, w.manager.AccountID)
	w.Exec(t, `INSERT INTO need (id, code, parent_id, tier, name_ar, name_en, description_ar, description_en)
		VALUES ($1, 'TST', NULL, NULL, '', '', '', ''), ($2, 'TST-ONE', $1, 1, '', '', '', '')`, directorate, w.referral)
	w.Exec(t, `INSERT INTO person (id, wrapped_key, created_at) VALUES ($1, '\x00', now())`, w.referral)
	w.Exec(t, `INSERT INTO referral (id, person_id, directorate_id, owner_account_id, need_id, tier, place_code, priority, created_at, updated_at)
		SELECT $1, $1, $2, $3, $1, 1, code, 'normal', now(), now() FROM place ORDER BY code LIMIT 1`, w.referral, directorate, w.manager.AccountID)
	return w
}

func (w *world) event(kind string, version int) event.Event {
	return event.Event{
		Type: kind, OccurredAt: now, RecordedAt: now, ReferralID: w.referral, Version: version, DirectorateID: w.manager.Memberships[0].DirectorateID,
		OwnerAccountID: w.manager.AccountID, Tier: 1,
	}
}

// writer is a transaction that has appended and commits when it is told.
func (w *world) writer(t *testing.T, kind string) (commit func()) {
	t.Helper()
	appended, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		err := w.DB.DB.InTx(context.Background(), w.manager, func(q pg.Querier) error {
			err := event.Append(context.Background(), q, w.event(kind, 1))
			close(appended)
			<-release
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}()
	<-appended
	return func() { close(release); <-done }
}

func (w *world) read(t *testing.T, after int64) []event.Event {
	t.Helper()
	events, err := event.NewStore(w.DB.DB).Feed(t.Context(), w.manager, after, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func types(events []event.Event) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.Type
	}
	return out
}

// TestNobodyMissesWhatCommitsLate: the first id commits last. A reader who goes on from where it stood meets it nevertheless; one
// who goes on from the last id, which is the negative control, does not.
func TestNobodyMissesWhatCommitsLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	commitFirst := w.writer(t, "first.begun")
	commitSecond := w.writer(t, "second.begun")
	commitSecond()
	page := w.read(t, 0)
	if got := types(page); !slices.Equal(got, []string{"second.begun"}) {
		t.Fatalf("before the first commits, the feed is %q", got)
	}
	commitFirst()
	last := page[len(page)-1]
	if got := types(w.read(t, last.Position)); !slices.Equal(got, []string{"first.begun"}) {
		t.Errorf("after position %d come %q", last.Position, got)
	}
	if missed := pgtest.Value[int](t, w.DB, `SELECT count(*) FROM event WHERE id > $1`, last.ID); missed != 0 {
		t.Errorf("reading by id finds %d: the control does not show the mistake", missed)
	}
}

// TestReadersSeeEveryEventOnceAndInOrder: many writers and readers at once.
func TestReadersSeeEveryEventOnceAndInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const writers, each = 6, 20
	var writing, reading sync.WaitGroup
	for range writers {
		writing.Go(func() {
			for v := range each {
				err := w.DB.DB.InTx(context.Background(), w.manager, func(q pg.Querier) error {
					return event.Append(context.Background(), q, w.event("thing.happened", v))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	finished := make(chan struct{})
	seen := make([][]uuid.UUID, 3)
	store := event.NewStore(w.DB.DB)
	for r := range seen {
		reading.Go(func() {
			var after int64
			for over := false; ; {
				page, err := store.Feed(context.Background(), w.manager, after, 7)
				if err != nil && fault.KindOf(err) != fault.Unavailable {
					t.Error(err)
					return
				}
				for _, e := range page {
					if e.Position != after+1 {
						t.Errorf("after %d comes %d", after, e.Position)
					}
					after = e.Position
					seen[r] = append(seen[r], e.ID)
				}
				if over && len(page) == 0 && err == nil {
					return
				}
				select {
				case <-finished:
					over = true
				default:
				}
			}
		})
	}
	writing.Wait()
	close(finished)
	reading.Wait()
	for r, ids := range seen {
		if len(ids) != writers*each || !slices.Equal(ids, seen[0]) {
			t.Errorf("reader %d saw %d of %d, or in another order", r, len(ids), writers*each)
		}
	}
}

func TestAFeedHasPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, kind := range []string{"a", "b", "c"} {
		w.writer(t, kind)()
	}
	store := event.NewStore(w.DB.DB)
	page, err := store.Feed(t.Context(), w.manager, 0, 2)
	if err != nil || len(page) != 2 {
		t.Fatalf("%d events, %v", len(page), err)
	}
	if rest := w.read(t, page[1].Position); len(rest) != 1 || rest[0].Type != "c" {
		t.Errorf("the second page is %q", types(rest))
	}
	if rest := w.read(t, 3); len(rest) != 0 {
		t.Errorf("after the last come %q", types(rest))
	}
	if _, err := store.Feed(t.Context(), w.manager, -1, 2); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a position before the first: %v", err)
	}
}

func TestAnEventIsNotRewritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.writer(t, "a")()
	w.read(t, 0)
	for actor, statements := range map[*policy.Actor][]string{
		{Kind: policy.System}: {`UPDATE event SET type = 'b'`, `DELETE FROM event`, `TRUNCATE event`},
		&w.manager:            {`UPDATE event SET type = 'b'`, `DELETE FROM event`},
	} {
		for _, sql := range statements {
			err := w.DB.DB.InTx(t.Context(), actor, func(q pg.Querier) error { _, err := q.Exec(t.Context(), sql); return err })
			if fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s as %s: %v", sql, actor.Kind, err)
			}
		}
	}
	var moved int64
	err := w.DB.DB.InTx(t.Context(), w.manager, func(q pg.Querier) error {
		tag, err := q.Exec(t.Context(), `UPDATE event SET position = 99`)
		moved = tag.RowsAffected()
		return err
	})
	if err != nil || moved != 0 {
		t.Errorf("a case manager numbers %d events, %v", moved, err)
	}
	err = w.DB.DB.InTx(t.Context(), policy.TheSystem(), func(q pg.Querier) error {
		tag, err := q.Exec(t.Context(), `UPDATE event SET position = @position`, pgx.StrictNamedArgs{"position": 99})
		moved = tag.RowsAffected()
		return err
	})
	if err != nil || moved != 1 {
		t.Errorf("the sequencer numbers %d events, %v: the control shows nothing", moved, err)
	}
}
