package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// TaskStatus says whether a verification task is still to be done.
type TaskStatus string

// The statuses of a verification task. An open one becomes done, and stays.
const (
	Open TaskStatus = "open"
	Done TaskStatus = "done"
)

// VerificationOutcome is what somebody found who looked.
type VerificationOutcome string

// The outcomes: the service is given there after all; what was said of it was put right; it is not given there.
const (
	FoundTrue      VerificationOutcome = "confirmed"
	FoundCorrected VerificationOutcome = "corrected"
	FoundWithdrawn VerificationOutcome = "withdrawn"
)

// VerificationTask asks an officer to find out whether a service is given where the directory says it is.
type VerificationTask struct {
	ID                  uuid.UUID
	ServiceAtLocationID uuid.UUID
	OrganizationID      uuid.UUID // whose service it is
	OwnerRole           policy.Role
	Reason              string // service_not_offered
	Declines            int    // for that reason, when it was opened
	Status              TaskStatus
	Outcome             VerificationOutcome // empty while it is open
	DueOn               time.Time
	ResolvedBy          uuid.UUID
	ResolvedAt          *time.Time
	Version             int
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

func (t VerificationTask) key() (uuid.UUID, int) { return t.ID, t.Version }

var errTaskDone = fault.New(fault.Impossible, "task_done", "This task is done already.", "أُنجزت هذه المهمة من قبل.")

// OpenVerification opens a task for the offer, unless one is open. It is part of another act, whose transaction q is and which runs in
// the system's name.
func OpenVerification(ctx context.Context, q pg.Querier, offer uuid.UUID, declines int, due, now time.Time) error {
	var id uuid.UUID
	if err := identify(&id); err != nil {
		return err
	}
	_, err := q.Exec(ctx, `
		INSERT INTO verification_task (id, service_at_location_id, organization_id, owner_role, reason, declines, due_on, created_at, updated_at)
		SELECT @id, sal.id, s.organization_id, @owner, 'service_not_offered', @declines, @due, @now, @now
		FROM service_at_location AS sal
		JOIN service AS s ON s.id = sal.service_id
		WHERE sal.id = @offer
		ON CONFLICT (service_at_location_id) WHERE status = 'open' DO NOTHING`,
		pgx.StrictNamedArgs{"id": id, "offer": offer, "owner": policy.AssociationsOfficer, "declines": declines, "due": due, "now": now})
	if err != nil {
		return fmt.Errorf("open a verification task: %w", err)
	}
	return nil
}

// VerificationTask returns the task of that id. It fails with fault.Forbidden unless the actor may manage organizations, and with
// fault.NotFound.
func (s *Store) VerificationTask(ctx context.Context, actor policy.Actor, id uuid.UUID) (VerificationTask, error) {
	if !actor.Can(policy.Manage, policy.ClassOrganization) {
		return VerificationTask{}, policy.RoleForbids(policy.Manage, policy.ClassOrganization)
	}
	return get(ctx, s, actor, func(q pg.Querier) (VerificationTask, error) { return readVerificationTask(ctx, q, actor, id) })
}

// VerificationTasks lists tasks for whoever may manage organizations; the filter's OrganizationID and Status count.
func (s *Store) VerificationTasks(ctx context.Context, actor policy.Actor, f Filter) ([]VerificationTask, error) {
	if !actor.Can(policy.Manage, policy.ClassOrganization) {
		return nil, policy.RoleForbids(policy.Manage, policy.ClassOrganization)
	}
	return get(ctx, s, actor, func(q pg.Querier) ([]VerificationTask, error) {
		return many(ctx, q, "list the verification tasks", taskRow.task, taskSQL+`
			WHERE (@organization::uuid IS NULL OR organization_id = @organization)
			  AND (@status = '' OR status = @status)
			  AND id > @after
			ORDER BY id
			LIMIT @limit`,
			pgx.StrictNamedArgs{"organization": f.organization(), "status": f.Status, "after": f.After, "limit": f.Limit})
	})
}

func readVerificationTask(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (VerificationTask, error) {
	t, err := one(ctx, q, "read the verification task", taskRow.task, taskSQL+`
		WHERE id = @id`, pgx.StrictNamedArgs{"id": id})
	if err == nil && !keeps(actor, t.OrganizationID) {
		return VerificationTask{}, errNotFound
	}
	return t, err
}

// ResolveVerification says what was found. What is confirmed or was corrected counts as confirmed from now on; what is withdrawn becomes
// inactive and is found no more. It fails with fault.Forbidden unless the actor may manage organizations, with fault.NotFound, with
// fault.Conflict if somebody changed the task since version, with fault.Impossible if it is done, and with fault.Refused for an outcome
// that is none.
func (s *Store) ResolveVerification(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, outcome VerificationOutcome, once pg.Once) (Written[VerificationTask], error) {
	d := deed{actor: actor, what: "verification_task.resolve", id: id, once: once}
	return perform(ctx, s, d, readVerificationTask, func(q pg.Querier, now time.Time) (VerificationTask, error) {
		t, err := current(ctx, q, actor, readVerificationTask, id, version)
		if err != nil {
			return VerificationTask{}, err
		}
		if t.Status != Open {
			return VerificationTask{}, errTaskDone
		}
		var l fault.List
		oneOf(&l, "/outcome", outcome, FoundTrue, FoundCorrected, FoundWithdrawn)
		if err := l.Err(); err != nil {
			return VerificationTask{}, err
		}
		if err := resolveTask(ctx, q, t, outcome, actor.AccountID, now); err != nil {
			return VerificationTask{}, err
		}
		if err := followUp(ctx, q, t, outcome, actor.AccountID, now); err != nil {
			return VerificationTask{}, err
		}
		t.Version++
		return t, refresh(ctx, q, t.OrganizationID)
	})
}

// followUp writes what the outcome says of the offer.
func followUp(ctx context.Context, q pg.Querier, t VerificationTask, outcome VerificationOutcome, by uuid.UUID, now time.Time) error {
	sal, err := selectServiceAtLocation(ctx, q, t.ServiceAtLocationID)
	switch {
	case err != nil:
		return err
	case outcome != FoundWithdrawn:
		return confirm(ctx, q, "service_at_location", "id", sal.ID, by, now)
	case sal.Status == Defunct:
		return nil
	}
	return setStatus(ctx, q, true, "service_at_location", sal.ID, sal.Version, Inactive, now)
}

func resolveTask(ctx context.Context, q pg.Querier, t VerificationTask, outcome VerificationOutcome, by uuid.UUID, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE verification_task
		SET status = 'done', outcome = @outcome, resolved_by = @by, resolved_at = @now, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version AND status = 'open'`,
		pgx.StrictNamedArgs{"id": t.ID, "version": t.Version, "outcome": outcome, "by": idOrNull(by), "now": now})
	return conditional("resolve the verification task", tag.RowsAffected(), err)
}

type taskRow struct {
	ID                  uuid.UUID
	ServiceAtLocationID uuid.UUID
	OrganizationID      uuid.UUID
	OwnerRole           policy.Role
	Reason              string
	Declines            int
	Status              TaskStatus
	Outcome             VerificationOutcome
	DueOn               time.Time
	ResolvedBy          *uuid.UUID
	ResolvedAt          *time.Time
	Version             int
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

func (r taskRow) task() VerificationTask {
	return VerificationTask{
		ID: r.ID, ServiceAtLocationID: r.ServiceAtLocationID, OrganizationID: r.OrganizationID, OwnerRole: r.OwnerRole, Reason: r.Reason,
		Declines: r.Declines, Status: r.Status, Outcome: r.Outcome, DueOn: r.DueOn, ResolvedBy: orNil(r.ResolvedBy), ResolvedAt: r.ResolvedAt,
		Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

const taskSQL = `
	SELECT id, service_at_location_id, organization_id, owner_role, reason, declines, status, coalesce(outcome, '') AS outcome, due_on,
	       resolved_by, resolved_at, version, created_at, updated_at
	FROM verification_task`
