package accreditation

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Condition is something that an accredited organization is to do by a day.
type Condition struct {
	ID              uuid.UUID
	AccreditationID uuid.UUID
	OrganizationID  uuid.UUID
	Term
	MetOn     time.Time // zero: not met
	Version   int
	UpdatedAt time.Time
}

func (c Condition) key() (uuid.UUID, int) { return c.ID, c.Version }
func (c Condition) owner() uuid.UUID      { return c.OrganizationID }

// Condition returns the condition of that id, or fails with fault.NotFound.
func (s *Store) Condition(ctx context.Context, actor policy.Actor, id uuid.UUID) (Condition, error) {
	return get(ctx, s, actor, func(q pg.Querier) (Condition, error) {
		return seen(ctx, q, actor, policy.ClassApplication, condition, id)
	})
}

// Conditions lists conditions by id; the filter's OrganizationID, AccreditationID and Status count: met or open.
func (s *Store) Conditions(ctx context.Context, actor policy.Actor, f Filter) ([]Condition, error) {
	return list(ctx, s, actor, policy.ClassApplication, func(q pg.Querier) ([]Condition, error) {
		args := f.args()
		args["accreditation"] = orNull(f.AccreditationID)
		return collect(ctx, q, "list conditions", conditionRow.condition, conditionSQL+`
			WHERE (@organization::uuid IS NULL OR organization_id = @organization)
				AND (@accreditation::uuid IS NULL OR accreditation_id = @accreditation)
				AND (@status = '' OR (@status = 'met') = (met_on IS NOT NULL))
				AND id > @after
			ORDER BY id
			LIMIT @limit`, args)
	})
}

// SettleCondition says on which day a condition was met; a zero day says that it is not met after all. It fails with fault.NotFound,
// fault.Forbidden unless the actor examines applications, and fault.Conflict.
func (s *Store) SettleCondition(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, metOn time.Time) (Written[Condition], error) {
	d := examining(actor, "condition.settle", Move{ID: id})
	return alter(ctx, s, d, version, condition, func(q pg.Querier, _ Condition, now time.Time) error {
		return change(ctx, q, "settle a condition", `
			UPDATE accreditation_condition
			SET met_on = @met_on, version = version + 1, updated_at = @now
			WHERE id = @id AND version = @version`,
			pgx.StrictNamedArgs{"id": id, "version": version, "met_on": dayOrNull(metOn), "now": now})
	})
}

type conditionRow struct {
	ID              uuid.UUID
	AccreditationID uuid.UUID
	OrganizationID  uuid.UUID
	TextAr          string
	TextEn          string
	DueOn           time.Time
	MetOn           *time.Time
	Version         int
	UpdatedAt       time.Time
}

const conditionSQL = `
			SELECT id, accreditation_id, organization_id, text_ar, text_en, due_on, met_on, version, updated_at
			FROM accreditation_condition`

func (r conditionRow) condition() Condition {
	return Condition{
		ID: r.ID, AccreditationID: r.AccreditationID, OrganizationID: r.OrganizationID, Term: Term{Text: fault.Sentence{AR: r.TextAr, EN: r.TextEn}, DueOn: r.DueOn},
		MetOn: say(r.MetOn), Version: r.Version, UpdatedAt: r.UpdatedAt,
	}
}

func condition(ctx context.Context, q pg.Querier, id uuid.UUID) (Condition, error) {
	return one(collect(ctx, q, "read a condition", conditionRow.condition, conditionSQL+`
			WHERE id = @id`, pgx.StrictNamedArgs{"id": id}))
}

func insertCondition(ctx context.Context, q pg.Querier, accreditation, organization uuid.UUID, t Term, now time.Time) error {
	id, err := newID()
	if err != nil {
		return err
	}
	return write(ctx, q, "write a condition", `
		INSERT INTO accreditation_condition (id, accreditation_id, organization_id, text_ar, text_en, due_on, created_at, updated_at)
		VALUES (@id, @accreditation, @organization, @text_ar, @text_en, @due_on, @now, @now)`,
		pgx.StrictNamedArgs{
			"id": id, "accreditation": accreditation, "organization": organization, "text_ar": t.Text.AR, "text_en": t.Text.EN, "due_on": t.DueOn, "now": now,
		})
}
