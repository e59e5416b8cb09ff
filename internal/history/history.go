// Package history reads what became of a row of the register: who changed what, when. The database keeps it by itself, see
// migration 0012: a table takes part once a migration calls tahweel_keep_history for it. Whoever changes an entity and its child
// rows in one transaction writes the entity first, so that both come under one version.
package history

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// Change is what one version of an entity changed.
type Change struct {
	Version   int            // of the entity afterwards
	At        time.Time      // by the product's clock
	AccountID uuid.UUID      // who; Nil: the system
	Actor     fault.Sentence // who, by name; empty for the system, and where the reader may not know of the account
	// Action is create, change or remove, the name of the transition where a status moved, or baseline for what stood there when
	// the history began to be kept.
	Action string
	Fields []Field // ordered by name; none where only a time was touched
}

// Field is one column that changed, or one child table of which rows came or went.
type Field struct {
	Name     string
	Old, New json.RawMessage // nil: there was nothing, or there is nothing any more; of a child table a list of rows
}

// Page says which changes are wanted: at most Limit, of versions after After.
type Page struct{ After, Limit int }

type changeRow struct {
	Version   int
	At        time.Time
	AccountID *uuid.UUID
	NameAr    string
	NameEn    string
	Action    string
	Changed   []json.RawMessage // of each row that was written, in order
}

// Of returns the changes of one entity in the order of its versions, as far as the actor of the transaction of q may see them:
// row-level security lets the ministry see all but confidential places, an organization its own. id is the entity's key as text;
// several key columns are joined by '/'. What has no history for this reader has no changes: whether the entity exists, the
// caller has to know.
func Of(ctx context.Context, q pg.Querier, entity, id string, page Page) ([]Change, error) {
	rows, err := q.Query(ctx, `
		SELECT h.version, min(h.at) AS at, (array_agg(h.account_id ORDER BY h.position))[1] AS account_id,
		       coalesce((array_agg(a.name_ar ORDER BY h.position))[1], '') AS name_ar,
		       coalesce((array_agg(a.name_en ORDER BY h.position))[1], '') AS name_en,
		       (array_agg(h.action ORDER BY h.action = 'change', h.position))[1] AS action,
		       array_agg(h.changed ORDER BY h.position) AS changed
		FROM history AS h
		LEFT JOIN account AS a ON a.id = h.account_id
		WHERE h.entity = @entity
		  AND h.entity_id = @id
		  AND h.version > @after
		GROUP BY h.version
		ORDER BY h.version
		LIMIT @limit`,
		pgx.StrictNamedArgs{"entity": entity, "id": id, "after": page.After, "limit": page.Limit})
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[changeRow])
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	changes := make([]Change, len(found))
	for i, r := range found {
		changes[i] = Change{Version: r.Version, At: r.At, Actor: fault.Sentence{AR: r.NameAr, EN: r.NameEn}, Action: r.Action}
		if r.AccountID != nil {
			changes[i].AccountID = *r.AccountID
		}
		if changes[i].Fields, err = merge(r.Changed); err != nil {
			return nil, fmt.Errorf("read the history: %w", err)
		}
	}
	return changes, nil
}

// value is one member of the column changed: of a column the first two, of a row of a child table the last two.
type value struct {
	Old     json.RawMessage `json:"old"`
	New     json.RawMessage `json:"new"`
	Removed json.RawMessage `json:"removed"`
	Added   json.RawMessage `json:"added"`
}

// gathered is a field while the rows of its version are put together.
type gathered struct {
	Field
	removed, added []json.RawMessage
}

// merge puts together what the rows of one version say: a column keeps its first old and its last new value, rows of a child
// table are gathered.
func merge(rows []json.RawMessage) ([]Field, error) {
	byName := map[string]*gathered{}
	for _, row := range rows {
		var changed map[string]value
		if err := json.Unmarshal(row, &changed); err != nil {
			return nil, err
		}
		for name, v := range changed {
			if g, ok := byName[name]; ok {
				g.follow(v)
				continue
			}
			g := &gathered{Field: Field{Name: name, Old: v.Old}}
			g.follow(v)
			byName[name] = g
		}
	}
	fields := make([]Field, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		f, err := byName[name].field()
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func (g *gathered) follow(v value) {
	g.New = v.New
	if v.Removed != nil {
		g.removed = append(g.removed, v.Removed)
	}
	if v.Added != nil {
		g.added = append(g.added, v.Added)
	}
}

func (g *gathered) field() (f Field, err error) {
	f = g.Field
	if g.removed != nil {
		if f.Old, err = json.Marshal(g.removed); err != nil {
			return Field{}, err
		}
	}
	if g.added != nil {
		f.New, err = json.Marshal(g.added)
	}
	return f, err
}
