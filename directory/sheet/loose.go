package sheet

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

// What leads nowhere in the directory is in the report, and kept beside it: a row that belongs to nothing as a whole, of another row the
// references that lead nowhere. Nobody sees it but who writes the publisher's package out again, which then is whole.

// wholeRow marks a row that stands for itself.
const wholeRow = "~whole"

func (g *gathering) keepLoose(k key, column string, value any) {
	if g.loose[k] == nil {
		g.loose[k] = map[string]any{}
	}
	g.loose[k][column] = value
}

// saveLoose replaces what was kept of the rows that these files have.
func (w *writing) saveLoose(ctx context.Context) error {
	if w.options.Own != uuid.Nil {
		return nil
	}
	for chunk := range slices.Chunk(slices.Collect(maps.Keys(w.first)), 2000) {
		ids := make([]uuid.UUID, len(chunk))
		for i, k := range chunk {
			ids[i] = k.id
		}
		if _, err := w.q.Exec(ctx, `
			DELETE FROM loose_row
			WHERE source = @source AND id = ANY (@ids)`, pgx.StrictNamedArgs{"source": w.options.Source, "ids": ids}); err != nil {
			return fmt.Errorf("import: forget what led nowhere: %w", err)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(w.loose), func(a, b key) int { return slices.Compare(a.id[:], b.id[:]) }) {
		fields := w.loose[k]
		if fields[wholeRow] != nil {
			said, err := w.stage.read(ctx, []int32{w.first[k]})
			if err != nil {
				return err
			}
			maps.Copy(fields, said[w.first[k]])
		}
		content, err := json.Marshal(fields)
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		if _, err := w.q.Exec(ctx, `
			INSERT INTO loose_row (source, table_name, id, fields)
			VALUES (@source, @table, @id, @fields)
			ON CONFLICT ON CONSTRAINT loose_row_pkey DO UPDATE SET fields = EXCLUDED.fields`,
			pgx.StrictNamedArgs{"source": w.options.Source, "table": k.tableName(), "id": k.id, "fields": string(content)}); err != nil {
			return fmt.Errorf("import: keep what leads nowhere: %w", err)
		}
	}
	return nil
}

// readLoose are all rows and references that lead nowhere.
func readLoose(ctx context.Context, q pg.Querier) (map[key]map[string]any, error) {
	rows, err := q.Query(ctx, `
		SELECT table_name, id, fields
		FROM loose_row
		ORDER BY source, table_name, id`)
	if err != nil {
		return nil, fmt.Errorf("export: read what leads nowhere: %w", err)
	}
	out := map[key]map[string]any{}
	var table string
	var id uuid.UUID
	var fields map[string]any
	_, err = pgx.ForEachRow(rows, []any{&table, &id, &fields}, func() error {
		out[keyOf(table, id)], fields = fields, nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("export: read what leads nowhere: %w", err)
	}
	return out, nil
}
