package sheet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

type taskRow struct {
	ID             uuid.UUID
	Kind           string
	Status         string
	OrganizationID *uuid.UUID
	Format         Format
	Mode           string
	Source         string
	DefaultKind    directory.OrganizationKind
	EndMissing     bool
	FileName       string
	RowsRead       int
	Counts         []byte
	ErrorCode      string
	Version        int
	CreatedAt      time.Time
	StartedAt      *time.Time
	FinishedAt     *time.Time
}

func (r taskRow) task() (Task, error) {
	t := Task{
		ID: r.ID, Export: r.Kind == "export", Status: r.Status, Format: r.Format, Apply: r.Mode == "apply", Source: r.Source, Kind: r.DefaultKind,
		EndMissing: r.EndMissing, FileName: r.FileName, RowsRead: r.RowsRead, ErrorCode: r.ErrorCode, Version: r.Version,
		CreatedAt: r.CreatedAt, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt,
	}
	if r.OrganizationID != nil {
		t.OrganizationID = *r.OrganizationID
	}
	if t.Export { // it has no publisher; the language of its reader stands there
		t.Source, t.Language = "", r.Source
	}
	if err := json.Unmarshal(r.Counts, &t.Counts); err != nil {
		return Task{}, fmt.Errorf("read the counts: %w", err)
	}
	return t, nil
}

const taskSQL = `
		SELECT id, kind, status, organization_id, format, mode, source, default_kind, end_missing, file_name, rows_read, counts::text::bytea AS counts,
		       coalesce(error_code, '') AS error_code, version, created_at, started_at, finished_at
		FROM file_task`

func selectTask(ctx context.Context, q pg.Querier, id uuid.UUID, export bool) (Task, error) {
	kind := "import"
	if export {
		kind = "export"
	}
	rows, err := q.Query(ctx, taskSQL+`
		WHERE id = @id AND kind = @kind`, pgx.StrictNamedArgs{"id": id, "kind": kind})
	if err != nil {
		return Task{}, fmt.Errorf("read the task: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[taskRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return Task{}, errNoTask
	}
	if err != nil {
		return Task{}, fmt.Errorf("read the task: %w", err)
	}
	return row.task()
}

func insertTask(ctx context.Context, q pg.Querier, t Task, content []byte, account uuid.UUID, now time.Time) error {
	kind, mode := "import", "dry_run"
	source := t.Source
	if t.Export {
		kind, source = "export", t.Language
	}
	if t.Apply {
		mode = "apply"
	}
	_, err := q.Exec(ctx, `
		INSERT INTO file_task (
		  id, kind, status, organization_id, account_id, format, mode, source, default_kind, end_missing, file_name, content, created_at, updated_at
		) VALUES (
		  @id, @kind, 'queued', @organization, @account, @format, @mode, @source, @default_kind, @end_missing, @file_name, @content, @now, @now
		)`,
		pgx.StrictNamedArgs{
			"id": t.ID, "kind": kind, "organization": idOrNull(t.OrganizationID), "account": account, "format": t.Format, "mode": mode, "source": source,
			"default_kind": t.Kind, "end_missing": t.EndMissing, "file_name": t.FileName, "content": content, "now": now,
		})
	if err != nil {
		return fmt.Errorf("take the file in: %w", err)
	}
	return nil
}

func idOrNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// Positioned is a finding with its position in the report.
type Positioned struct {
	Position int
	Finding
}

type findingRow struct {
	Position        int
	File            string
	Sheet           string
	Line            int
	Col             string
	Severity        Severity
	Code            string
	SentenceAr      string
	SentenceEn      string
	ChangeRequestID *uuid.UUID
}

func selectFindings(ctx context.Context, q pg.Querier, id uuid.UUID, after, limit int) ([]Positioned, error) {
	rows, err := q.Query(ctx, `
		SELECT position, file, sheet, line, col, severity, code, sentence_ar, sentence_en, change_request_id
		FROM import_finding
		WHERE import_id = @id AND position > @after
		ORDER BY position
		LIMIT @limit`, pgx.StrictNamedArgs{"id": id, "after": after, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("read the report: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[findingRow])
	if err != nil {
		return nil, fmt.Errorf("read the report: %w", err)
	}
	out := make([]Positioned, len(found))
	for i, r := range found {
		out[i] = Positioned{r.Position, Finding{
			Place: Place{File: r.File, Sheet: r.Sheet, Line: r.Line}, Column: r.Col, Severity: r.Severity, Code: r.Code,
			Sentence: fault.Sentence{AR: r.SentenceAr, EN: r.SentenceEn},
		}}
		if r.ChangeRequestID != nil {
			out[i].ChangeRequest = *r.ChangeRequestID
		}
	}
	return out, nil
}

func insertFindings(ctx context.Context, q pg.Querier, id uuid.UUID, findings []Finding) error {
	position := 0
	for chunk := range slices.Chunk(findings, 500) {
		batch := &pgx.Batch{}
		for _, f := range chunk {
			position++
			column, _ := tidy(f.Column)
			batch.Queue(`
				INSERT INTO import_finding (import_id, position, file, sheet, line, col, severity, code, sentence_ar, sentence_en, change_request_id)
				VALUES (@id, @position, @file, @sheet, @line, @col, @severity, @code, @ar, @en, @request)`,
				pgx.StrictNamedArgs{
					"id": id, "position": position, "file": f.File, "sheet": f.Sheet, "line": f.Line, "col": column, "severity": f.Severity,
					"code": f.Code, "ar": f.Sentence.AR, "en": f.Sentence.EN, "request": idOrNull(f.ChangeRequest),
				})
		}
		if err := q.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	return nil
}
