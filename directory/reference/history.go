package reference

import (
	"context"

	"github.com/google/uuid"

	"tahweel/internal/history"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// DirectorateHistory returns what became of a directorate and its places, in the order of the versions. Like every history of reference
// data it is shown to the ministry, and has no changes for others. It fails with fault.NotFound.
func (s *Store) DirectorateHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, p history.Page) ([]history.Change, error) {
	return historyOf(ctx, s, actor, "directorate", id, directorate, p)
}

// CalendarDayHistory returns what became of a national day.
func (s *Store) CalendarDayHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, p history.Page) ([]history.Change, error) {
	return historyOf(ctx, s, actor, "calendar_day", id, calendarDay, p)
}

// ClosureHistory returns what became of a closure; a provider reads that of its own.
func (s *Store) ClosureHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, p history.Page) ([]history.Change, error) {
	return historyOf(ctx, s, actor, "closure", id, closureFor(actor), p)
}

// LinkHistory returns what became of a way between zones.
func (s *Store) LinkHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, p history.Page) ([]history.Change, error) {
	return historyOf(ctx, s, actor, "reach_link", id, link, p)
}

// RolloutHistory returns what became of a rollout and of whom it names.
func (s *Store) RolloutHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, p history.Page) ([]history.Change, error) {
	return historyOf(ctx, s, actor, "rollout", id, rollout, p)
}

// ZoneHistory returns what became of a zone.
func (s *Store) ZoneHistory(ctx context.Context, actor policy.Actor, code string, p history.Page) (changes []history.Change, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		if _, err := one(zonesWhere(ctx, q, code)); err != nil {
			return err
		}
		changes, err = history.Of(ctx, q, "reach_zone", code, p)
		return err
	})
	return changes, err
}

func historyOf[T any](
	ctx context.Context, s *Store, actor policy.Actor, entity string, id uuid.UUID,
	read func(context.Context, pg.Querier, uuid.UUID) (T, error), p history.Page,
) (changes []history.Change, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		if _, err := read(ctx, q, id); err != nil {
			return err
		}
		changes, err = history.Of(ctx, q, entity, id.String(), p)
		return err
	})
	return changes, err
}

// SynonymHistory returns what became of a set of synonyms.
func (s *Store) SynonymHistory(ctx context.Context, actor policy.Actor, id uuid.UUID, p history.Page) ([]history.Change, error) {
	return historyOf(ctx, s, actor, "search_synonym", id, synonym, p)
}
