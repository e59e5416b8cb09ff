package atlas

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// Store reads the map.
type Store struct {
	db    *pg.DB
	clock func() time.Time
}

// NewStore returns a Store on db that takes the time from clock.
func NewStore(db *pg.DB, clock func() time.Time) *Store { return &Store{db: db, clock: clock} }

// visitor is whoever looks at the map: a kind that no policy knows, and therefore nobody.
type visitor struct{}

// Settings implements pg.Actor.
func (visitor) Settings() map[string]string { return map[string]string{"tahweel.kind": "visitor"} }

var errNoFeature = fault.New(fault.NotFound, "feature_not_found",
	"There is no such feature, or it is not shown any more.", "لا يوجد معلم كهذا، أو لم يعد معروضا.")

func (s *Store) today() time.Time { return geo.Today(s.clock()) }

// ChangeDay makes the clusters those of today, if they are of another day. Until somebody has called it after midnight, tiles are made
// of the points themselves, which is slow and just as right.
func (s *Store) ChangeDay(ctx context.Context) error {
	return s.db.InTx(ctx, pg.System{}, func(q pg.Querier) error {
		_, err := q.Exec(ctx, `
			SELECT tahweel_change_map_day(@day)
			FROM map_day AS d
			WHERE d.day <> @day`, pgx.StrictNamedArgs{"day": s.today()})
		if err != nil {
			return fmt.Errorf("change the day of the map: %w", err)
		}
		return nil
	})
}

// list reads one page of a collection: rows of the statement, which selects from everything that the clauses leave, ordered by id.
type list struct {
	columns, from string
	id            string // column by which the collection is ordered, unique
	clauses       []string
	args          pgx.StrictNamedArgs
}

// where adds a clause.
func (l *list) where(clause string) { l.clauses = append(l.clauses, clause) }

// equal adds a clause if a value is asked for.
func (l *list) equal(expression, name, value string) {
	if value != "" {
		l.where(expression + " = @" + name)
		l.args[name] = value
	}
}
