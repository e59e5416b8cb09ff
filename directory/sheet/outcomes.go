package sheet

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// RowOutcome is one row of an import and what became of it. A row is in the order of the files; its first position is 1.
type RowOutcome struct {
	Position int
	Place
	Outcome Outcome
}

// Outcomes are all rows of the report with what became of each, or would in a dry run.
func (r Report) Outcomes() iter.Seq[RowOutcome] {
	return func(yield func(RowOutcome) bool) {
		for i, row := range r.rows {
			if !yield(RowOutcome{i + 1, row.Place, row.outcome}) {
				return
			}
		}
	}
}

// packedRows are the rows of one file as they are kept: some bytes for each, for there may be hundreds of thousands.
type packedRows struct {
	File     string
	Sheet    string
	Lines    []byte // how far each line is from the one before, as varints
	Outcomes []byte // the place of each among outcomes
}

var outcomes = []Outcome{Skipped, Created, Updated, Unchanged}

// pack writes the rows as they are kept beside the import.
func (r Report) pack() ([]byte, error) {
	var files []packedRows
	line := 0
	for _, row := range r.rows {
		if last := len(files) - 1; last < 0 || files[last].File != row.File || files[last].Sheet != row.Sheet {
			files = append(files, packedRows{File: row.File, Sheet: row.Sheet})
			line = 0
		}
		f := &files[len(files)-1]
		f.Lines = binary.AppendVarint(f.Lines, int64(row.Line-line))
		f.Outcomes = append(f.Outcomes, byte(max(0, slices.Index(outcomes, row.outcome))))
		line = row.Line
	}
	content, err := json.Marshal(files)
	if err != nil {
		return nil, fmt.Errorf("keep the rows: %w", err)
	}
	return content, nil
}

// unpackRows reads so many rows after a position from what pack wrote.
func unpackRows(content []byte, after, limit int) ([]RowOutcome, error) {
	var files []packedRows
	if err := json.Unmarshal(content, &files); err != nil {
		return nil, fmt.Errorf("read the rows: %w", err)
	}
	var out []RowOutcome
	position := 0
	for _, f := range files {
		line, lines := int64(0), f.Lines
		for _, o := range f.Outcomes {
			step, n := binary.Varint(lines)
			if n <= 0 || int(o) >= len(outcomes) {
				return nil, errors.New("read the rows: they are broken")
			}
			line, lines, position = line+step, lines[n:], position+1
			if position > after {
				out = append(out, RowOutcome{position, Place{File: f.File, Sheet: f.Sheet, Line: int(line)}, outcomes[o]})
			}
			if len(out) == limit {
				return out, nil
			}
		}
	}
	return out, nil
}

// Rows returns the rows of an import with what became of each, a page of them after a position. There are none until the import is done.
func (s *Store) Rows(ctx context.Context, actor policy.Actor, id uuid.UUID, after, limit int) (rows []RowOutcome, err error) {
	if _, err := own(actor); err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		if _, err := selectTask(ctx, q, id, false); err != nil {
			return err
		}
		var content []byte
		err := q.QueryRow(ctx, `
			SELECT coalesce(content, '[]')
			FROM file_task
			WHERE id = @id AND kind = 'import' AND status = 'done'`, pgx.StrictNamedArgs{"id": id}).Scan(&content)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the rows: %w", err)
		}
		rows, err = unpackRows(content, after, limit)
		return err
	})
	return rows, err
}
