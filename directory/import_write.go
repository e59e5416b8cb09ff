package directory

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// piece is what is to be decided about one thing of an intake, in this order.
type piece struct {
	id       uuid.UUID           // of a thing that a change request may speak of
	same     func() bool         // nothing is said that was not said before
	refused  func() *fault.Error // it may not be written
	validate func() error
	do       func() (Verdict, error)
}

// write decides about one thing and carries it out behind a savepoint, so that a rule that only the database knows refuses the one
// thing and not the import.
func (t *taking) write(ctx context.Context, p piece) (Verdict, error) {
	if p.same() {
		return t.waiting(ctx, p.id, Verdict{})
	}
	if f := p.refused(); f != nil {
		return t.refusal(f)
	}
	if err := p.validate(); err != nil {
		return t.refusal(asFault(err))
	}
	if _, err := t.q.Exec(ctx, "SAVEPOINT intake"); err != nil {
		return Verdict{}, fmt.Errorf("import: %w", err)
	}
	verdict, err := p.do()
	if err != nil {
		f := asFault(pg.Translate(err))
		if f.Kind == fault.Internal || ctx.Err() != nil {
			return Verdict{}, err
		}
		if _, err := t.q.Exec(ctx, "ROLLBACK TO SAVEPOINT intake"); err != nil {
			return Verdict{}, fmt.Errorf("import: %w", err)
		}
		return Verdict{Refused: f}, nil
	}
	if _, err := t.q.Exec(ctx, "RELEASE SAVEPOINT intake"); err != nil {
		return Verdict{}, fmt.Errorf("import: %w", err)
	}
	t.wrote = t.wrote || verdict.Created || verdict.Updated
	return t.waiting(ctx, p.id, verdict)
}

// waiting completes the verdict on a thing of the organization's own with what waits for an officer now.
func (t *taking) waiting(ctx context.Context, id uuid.UUID, v Verdict) (Verdict, error) {
	if !t.own || id == uuid.Nil {
		return v, nil
	}
	var err error
	v.Waits, err = waitingFor(ctx, t.q, id)
	v.Withdrawn = v.Waits.ID == uuid.Nil && t.waits[id].ID != uuid.Nil
	return v, err
}

// hold is what hold decides, which for who keeps the register is only asked where something waits.
func (t *taking) hold(ctx context.Context, id uuid.UUID, c ChangeRequest) (bool, error) {
	if !t.own && t.waits[id].ID == uuid.Nil {
		return true, nil
	}
	return hold(ctx, t.q, t.actor, id, c, t.now)
}

func (t *taking) enter(ctx context.Context, id uuid.UUID, c ChangeRequest, status Status) (bool, error) {
	if !t.own && t.waits[id].ID == uuid.Nil {
		return true, nil
	}
	return enter(ctx, t.q, t.actor, id, c, status, t.now)
}

// refusal is the verdict of a fault, unless that was an accident.
func (t *taking) refusal(f *fault.Error) (Verdict, error) {
	if f.Kind == fault.Internal {
		return Verdict{}, f
	}
	return Verdict{Refused: f}, nil
}

// asFault is the fault in err; an accident is one of kind Internal.
func asFault(err error) *fault.Error {
	if err == nil {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.New(fault.Internal, "internal", "An accident.", "حدث خطأ.").Because(err)
}
