package sheet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Task is an import or an export that was asked for over the API and is carried out later, by whichever server finds it.
type Task struct {
	ID             uuid.UUID
	Export         bool
	Status         string // queued, running, done or failed
	OrganizationID uuid.UUID
	Format         Format
	Apply          bool
	Source         string
	Kind           directory.OrganizationKind
	EndMissing     bool
	FileName       string
	RowsRead       int
	Counts         []Count
	ErrorCode      string
	Language       string // of an export
	Version        int
	CreatedAt      time.Time
	StartedAt      *time.Time
	FinishedAt     *time.Time
}

// mostAttempts is how often a task is begun before it counts as failed: a file that brings a server down must not do so for ever.
const mostAttempts = 3

var errNoTask = fault.New(fault.NotFound, "not_found",
	"This does not exist, or you may not see it.", "هذا السجل غير موجود، أو ليس لك أن تطلع عليه.")

// own is the one organization whose catalogue an actor may import and export; the zero id for one who may do so for all. It fails with
// fault.Forbidden for everybody else.
func own(actor policy.Actor) (uuid.UUID, error) {
	if _, _, ok := actor.May(policy.Manage, policy.ClassImport, policy.Object{}); ok {
		return uuid.Nil, nil
	}
	for _, id := range actor.Organizations() {
		if _, _, ok := actor.May(policy.Manage, policy.ClassImport, policy.Object{OrganizationID: id}); ok {
			return id, nil
		}
	}
	return uuid.Nil, policy.RoleForbids(policy.Manage, policy.ClassImport)
}

// SubmitImport takes a file in, to be imported with the task's options; an organization's focal point for that organization alone. It
// fails with fault.Forbidden for others, and with fault.Refused for a file of no known format or without a source.
func (s *Store) SubmitImport(ctx context.Context, actor policy.Actor, t Task, content []byte, once pg.Once) (Task, bool, error) {
	in, err := OpenBytes(t.FileName, t.Format, content)
	var l fault.List
	if err != nil {
		l.Add("?format", "The file is none of the formats.", "الملف ليس من الصيغ المعروفة.")
	}
	t.Format = in.Format
	return s.submit(ctx, actor, t, content, once, "import.create", func(t *Task) error {
		o := Options{Source: t.Source, Kind: t.Kind, Own: t.OrganizationID, format: t.Format}
		if err := o.check(actor); err != nil {
			return err
		}
		t.Kind = o.Kind
		return l.Err()
	})
}

// SubmitExport asks for the catalogue as a file, with headings in the language, ar or en. It fails with fault.Forbidden as SubmitImport does.
func (s *Store) SubmitExport(ctx context.Context, actor policy.Actor, format Format, language string, once pg.Once) (Task, bool, error) {
	return s.submit(ctx, actor, Task{Export: true, Format: format, Language: language, Kind: directory.Association}, nil, once, "export.create", func(*Task) error { return nil })
}

func (s *Store) submit(ctx context.Context, actor policy.Actor, t Task, content []byte, once pg.Once, what string, check func(*Task) error) (task Task, replayed bool, err error) {
	if t.OrganizationID, err = own(actor); err != nil {
		return Task{}, false, err
	}
	if t.ID, err = uuid.NewV7(); err != nil {
		return Task{}, false, fmt.Errorf("take the file in: %w", err)
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		outcome, seen, err := once.Seen(ctx, q, what)
		if err != nil {
			return err
		}
		if seen {
			replayed = true
			task, err = selectTask(ctx, q, outcome.ResourceID, t.Export)
			return err
		}
		if err := check(&t); err != nil {
			return err
		}
		if err := insertTask(ctx, q, t, content, actor.AccountID, s.clock()); err != nil {
			return err
		}
		if err := once.Record(ctx, q, what, t.ID, 1); err != nil {
			return err
		}
		task, err = selectTask(ctx, q, t.ID, t.Export)
		return err
	})
	return task, replayed, err
}

// Task returns an import or an export of those that the actor may see, or fails with fault.NotFound; with fault.Forbidden for who may
// do neither.
func (s *Store) Task(ctx context.Context, actor policy.Actor, id uuid.UUID, export bool) (t Task, err error) {
	if _, err := own(actor); err != nil {
		return Task{}, err
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		t, err = selectTask(ctx, q, id, export)
		return err
	})
	return t, err
}

// Findings returns what an import found, a page of it after a position; positions begin with 1.
func (s *Store) Findings(ctx context.Context, actor policy.Actor, id uuid.UUID, after, limit int) (found []Positioned, err error) {
	if _, err := own(actor); err != nil {
		return nil, err
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		if _, err := selectTask(ctx, q, id, false); err != nil {
			return err
		}
		found, err = selectFindings(ctx, q, id, after, limit)
		return err
	})
	return found, err
}

// Result returns what an export wrote. It fails with fault.NotFound, also while there is nothing yet.
func (s *Store) Result(ctx context.Context, actor policy.Actor, id uuid.UUID) (t Task, content []byte, err error) {
	if t, err = s.Task(ctx, actor, id, true); err != nil {
		return Task{}, nil, err
	}
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		err := q.QueryRow(ctx, `
			SELECT content
			FROM file_task
			WHERE id = @id AND kind = 'export' AND status = 'done' AND content IS NOT NULL`, pgx.StrictNamedArgs{"id": id}).Scan(&content)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoTask
		}
		return err
	})
	return t, content, err
}

// Sweep carries out the tasks that wait, one after the other, and returns how many. Several servers may do so at once: each task is
// locked by one, whose death gives it back. What an import writes and that it is done is one transaction, so that it happens once.
func (s *Store) Sweep(ctx context.Context) (done int, err error) {
	for ctx.Err() == nil {
		id, ok, err := s.next(ctx)
		if err != nil || !ok {
			return done, err
		}
		if err := s.perform(ctx, id); err != nil {
			return done, err
		}
		done++
	}
	return done, ctx.Err()
}

// next finds a task that nobody works at: a running one's lock is gone if its server is.
func (s *Store) next(ctx context.Context) (id uuid.UUID, ok bool, err error) {
	now := s.clock()
	err = s.db.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
		err := q.QueryRow(ctx, `
			UPDATE file_task
			SET status = 'running', started_at = @now, attempts = attempts + 1, version = version + 1, updated_at = @now
			WHERE id = (
			  SELECT id
			  FROM file_task
			  WHERE status = 'queued' OR status = 'running' AND pg_try_advisory_xact_lock(hashtextextended(id::text, @seed))
			  ORDER BY created_at, id
			  LIMIT 1
			  FOR UPDATE SKIP LOCKED)
			RETURNING id`, pgx.StrictNamedArgs{"now": now, "seed": taskLock}).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	return id, ok, err
}

// taskLock sets the advisory locks of tasks apart from those that other parts may take.
const taskLock = 7_208_041

type work struct {
	Task
	content  []byte
	account  uuid.UUID
	attempts int
}

func (s *Store) perform(ctx context.Context, id uuid.UUID) error {
	w, err := s.workOf(ctx, id)
	if err != nil {
		return err
	}
	if w.attempts > mostAttempts {
		return s.fail(ctx, id, "gave_up")
	}
	if w.Export {
		err = s.performExport(ctx, w)
	} else {
		err = s.performImport(ctx, w)
	}
	var f *fault.Error
	switch {
	case err == nil, errors.Is(err, errTaken):
		return nil
	case ctx.Err() != nil:
		return err
	case errors.As(err, &f) && f.Kind != fault.Internal && f.Kind != fault.Unavailable:
		return s.fail(ctx, id, f.Code)
	case w.attempts >= mostAttempts:
		return errors.Join(err, s.fail(ctx, id, "failed"))
	}
	return err
}

// errTaken says that another server works at the task after all.
var errTaken = errors.New("sheet: another server works at it")

// claim locks the task for as long as the transaction lives.
func claim(ctx context.Context, q pg.Querier, id uuid.UUID) error {
	var mine bool
	err := q.QueryRow(ctx, `
		SELECT pg_try_advisory_xact_lock(hashtextextended(id::text, @seed))
		FROM file_task
		WHERE id = @id AND status = 'running'`, pgx.StrictNamedArgs{"id": id, "seed": taskLock}).Scan(&mine)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !mine {
		return errTaken
	}
	return err
}

func (s *Store) performImport(ctx context.Context, w work) error {
	in, err := OpenBytes(w.FileName, w.Format, w.content)
	if err != nil {
		return fault.New(fault.Refused, "unknown_format", "The file is none of the formats.", "الملف ليس من الصيغ المعروفة.").Because(err)
	}
	in.Format = w.Format
	actor := policy.Actor{Kind: policy.System, AccountID: w.account}
	o := Options{Source: w.Source, Apply: w.Apply, EndMissing: w.EndMissing, Kind: w.Kind, Limits: UploadLimits, Own: w.OrganizationID, format: w.Format}
	o.Progress = func(rows int) { s.progress(ctx, w.ID, rows) }
	o.claim = func(ctx context.Context, q pg.Querier) error { return claim(ctx, q, w.ID) }
	if err := o.check(actor); err != nil {
		return err
	}
	_, err = s.run(ctx, actor, w.ID, in, o, func(ctx context.Context, q pg.Querier, r Report) error {
		rows, err := r.pack()
		if err != nil {
			return err
		}
		if err := finishTask(ctx, q, w.ID, r.Counts, rows, s.clock()); err != nil {
			return err
		}
		return insertFindings(ctx, q, w.ID, r.Findings)
	})
	return err
}

func (s *Store) performExport(ctx context.Context, w work) error {
	var out bytes.Buffer
	actor := policy.Actor{Kind: policy.System, AccountID: w.account}
	if err := s.Export(ctx, actor, ExportOptions{Format: w.Format, Own: w.OrganizationID, Language: w.Language}, &out); err != nil {
		return err
	}
	return s.db.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
		if err := claim(ctx, q, w.ID); err != nil {
			return err
		}
		return finishTask(ctx, q, w.ID, nil, out.Bytes(), s.clock())
	})
}

func (s *Store) workOf(ctx context.Context, id uuid.UUID) (w work, err error) {
	err = s.db.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
		if w.Task, err = selectTask(ctx, q, id, false); errors.Is(err, errNoTask) {
			w.Task, err = selectTask(ctx, q, id, true)
		}
		if err != nil {
			return err
		}
		return q.QueryRow(ctx, `
			SELECT coalesce(content, ''), account_id, attempts
			FROM file_task
			WHERE id = @id`, pgx.StrictNamedArgs{"id": id}).Scan(&w.content, &w.account, &w.attempts)
	})
	return w, err
}

// progress notes how far an import is, in a transaction of its own; that it cannot be noted stops nothing.
func (s *Store) progress(ctx context.Context, id uuid.UUID, rows int) {
	_ = s.db.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
		_, err := q.Exec(ctx, `UPDATE file_task SET rows_read = @rows WHERE id = @id AND status = 'running'`, pgx.StrictNamedArgs{"id": id, "rows": rows})
		return err
	})
}

func (s *Store) fail(ctx context.Context, id uuid.UUID, code string) error {
	return s.db.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
		_, err := q.Exec(ctx, `
			UPDATE file_task
			SET status = 'failed', error_code = @code, content = NULL, finished_at = @now, version = version + 1, updated_at = @now
			WHERE id = @id AND status = 'running'`, pgx.StrictNamedArgs{"id": id, "code": code, "now": s.clock()})
		return err
	})
}

// finishTask says what a task came to; content is the file of an export, or of an import the rows as pack writes them.
func finishTask(ctx context.Context, q pg.Querier, id uuid.UUID, counts []Count, content []byte, now time.Time) error {
	text, err := json.Marshal(append([]Count{}, counts...))
	if err != nil {
		return fmt.Errorf("finish the task: %w", err)
	}
	read := 0
	for _, c := range counts {
		read += c.Read
	}
	tag, err := q.Exec(ctx, `
		UPDATE file_task
		SET status = 'done', counts = @counts, content = @content, rows_read = @read, finished_at = @now, version = version + 1, updated_at = @now
		WHERE id = @id AND status = 'running'`,
		pgx.StrictNamedArgs{"id": id, "counts": string(text), "content": content, "read": read, "now": now})
	if err != nil {
		return fmt.Errorf("finish the task: %w", err)
	}
	if tag.RowsAffected() == 0 { // another server was faster: what was written here is undone
		return errTaken
	}
	return nil
}
