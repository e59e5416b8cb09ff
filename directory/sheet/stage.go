package sheet

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

// stage is where records wait in the database until all files are read, so that memory does not grow with what they say.
type stage struct {
	q        pg.Querier
	importID uuid.UUID
	at       []int
	fields   []string
	bytes    int
}

const (
	stageRecords = 500
	stageBytes   = 4 << 20
)

func (s *stage) put(ctx context.Context, at int, fields any) error {
	content, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	s.at, s.fields, s.bytes = append(s.at, at), append(s.fields, string(content)), s.bytes+len(content)
	if len(s.at) < stageRecords && s.bytes < stageBytes {
		return nil
	}
	return s.flush(ctx)
}

func (s *stage) flush(ctx context.Context) error {
	if len(s.at) == 0 {
		return nil
	}
	_, err := s.q.Exec(ctx, `
		INSERT INTO import_row (import_id, position, fields)
		SELECT @import, position, fields::jsonb
		FROM unnest(@positions::integer[], @fields::text[]) AS given (position, fields)`,
		pgx.StrictNamedArgs{"import": s.importID, "positions": s.at, "fields": s.fields})
	s.at, s.fields, s.bytes = s.at[:0], s.fields[:0], 0
	if err != nil {
		return fmt.Errorf("import: lay the rows down: %w", err)
	}
	return nil
}

// read returns what the records at the positions say.
func (s *stage) read(ctx context.Context, at []int32) (map[int32]map[string]any, error) {
	rows, err := s.q.Query(ctx, `
		SELECT position, fields
		FROM import_row
		WHERE import_id = @import AND position = ANY (@positions)
		ORDER BY position`, pgx.StrictNamedArgs{"import": s.importID, "positions": at})
	if err != nil {
		return nil, fmt.Errorf("import: read the rows: %w", err)
	}
	out := make(map[int32]map[string]any, len(at))
	var position int32
	var fields map[string]any
	_, err = pgx.ForEachRow(rows, []any{&position, &fields}, func() error {
		out[position], fields = fields, nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("import: read the rows: %w", err)
	}
	return out, nil
}

func (s *stage) clear(ctx context.Context) error {
	if _, err := s.q.Exec(ctx, `DELETE FROM import_row WHERE import_id = @import`, pgx.StrictNamedArgs{"import": s.importID}); err != nil {
		return fmt.Errorf("import: clear the rows: %w", err)
	}
	return nil
}
