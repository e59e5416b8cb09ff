package reference

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Rollout says whether the network is in use for a need in the governorate of the client's place. Without one it is live; that of a need
// goes before that of its root.
type Rollout struct {
	ID              uuid.UUID
	GovernorateCode string
	Need            string // code of the taxonomy
	Stage           directory.Stage
	Accounts        []uuid.UUID // the named people of a pilot
	Version         int
}

func (r Rollout) key() (uuid.UUID, int) { return r.ID, r.Version }

// Validate returns every fault of the rollout at once, as fault.Refused, or nil.
func (r Rollout) Validate() error {
	var l fault.List
	if _, ok := directory.NeedByCode(r.Need); !ok {
		l.Add("/need", "Not a need that is known.", "احتياج غير معروف.")
	}
	switch r.Stage {
	case directory.Off, directory.Pilot, directory.Live:
	default:
		l.Add("/stage", "Must be one of: off, pilot, live.", "يجب أن تكون القيمة إحدى: off, pilot, live.")
	}
	if len(r.Accounts) > 0 && r.Stage != directory.Pilot {
		l.Add("/accounts", "Only a pilot names people.", "التجربة وحدها تسمّي أشخاصًا.")
	}
	return l.Err()
}

// Rollouts lists the rollouts in the order of their ids, with the named people as far as the actor may know of them; an empty
// governorate is any. after is the last id of the page before.
func (s *Store) Rollouts(ctx context.Context, actor policy.Actor, governorate string, after uuid.UUID, limit int) (list []Rollout, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		list, err = collect[Rollout](ctx, q, "list rollouts", rolloutSQL+`
			WHERE (@governorate = '' OR r.governorate_code = @governorate)
				AND r.id > @after
			ORDER BY r.id
			LIMIT @limit`, pgx.StrictNamedArgs{"governorate": governorate, "after": after, "limit": limit})
		return err
	})
	return list, err
}

// Rollout returns the rollout of that id, or fails with fault.NotFound.
func (s *Store) Rollout(ctx context.Context, actor policy.Actor, id uuid.UUID) (r Rollout, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		r, err = rollout(ctx, q, id)
		return err
	})
	return r, err
}

// CreateRollout says for the first time how far a need is rolled out in a governorate. It counts from the next search and the next send.
// It fails with fault.Forbidden unless the actor keeps reference data, with fault.Refused if fields break a rule or name what does not
// exist, and with fault.Impossible "rollout_exists" if there is one already.
func (s *Store) CreateRollout(ctx context.Context, actor policy.Actor, r Rollout, once pg.Once) (Written[Rollout], error) {
	return perform(ctx, s, deed{actor: actor, what: "rollout.create", class: policy.ClassReference, once: once}, rollout,
		func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
			if err = r.Validate(); err != nil {
				return id, err
			}
			if r.ID, err = newID(); err != nil {
				return id, err
			}
			_, err = q.Exec(ctx, `
				INSERT INTO rollout (id, governorate_code, need_id, stage, created_at, updated_at)
				SELECT @id, @governorate, n.id, @stage, @now, @now
				FROM need AS n
				WHERE n.code = @need`,
				pgx.StrictNamedArgs{"id": r.ID, "governorate": r.GovernorateCode, "need": r.Need, "stage": r.Stage, "now": now})
			if err != nil {
				return id, err
			}
			return r.ID, name(ctx, q, r)
		})
}

// ChangeRollout writes stage and named people anew; governorate and need stay. It fails with fault.NotFound, with fault.Conflict if
// somebody changed it since version, and like CreateRollout.
func (s *Store) ChangeRollout(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, stage directory.Stage, accounts []uuid.UUID) (Written[Rollout], error) {
	return perform(ctx, s, deed{actor: actor, what: "rollout.change", class: policy.ClassReference, id: id}, rollout,
		func(q pg.Querier, now time.Time) (uuid.UUID, error) {
			r, err := rollout(ctx, q, id)
			if err != nil {
				return id, err
			}
			r.Stage, r.Accounts = stage, accounts
			if r.Version != version {
				return id, errMoved
			}
			if err := r.Validate(); err != nil {
				return id, err
			}
			if err := change(ctx, q, "change a rollout", `
				UPDATE rollout
				SET stage = @stage, version = version + 1, updated_at = @now
				WHERE id = @id AND version = @version`,
				pgx.StrictNamedArgs{"id": id, "version": version, "stage": stage, "now": now}); err != nil {
				return id, err
			}
			return id, name(ctx, q, r)
		})
}

// name makes the named people those of r, and touches no row that stays.
func name(ctx context.Context, q pg.Querier, r Rollout) error {
	args := pgx.StrictNamedArgs{"id": r.ID, "accounts": append([]uuid.UUID{}, r.Accounts...)}
	_, gone := q.Exec(ctx, `
		DELETE FROM rollout_account
		WHERE rollout_id = @id AND account_id <> ALL (@accounts::uuid[])`, args)
	_, came := q.Exec(ctx, `
		INSERT INTO rollout_account (rollout_id, account_id)
		SELECT @id::uuid, given.id
		FROM unnest(@accounts::uuid[]) AS given (id)
		ON CONFLICT ON CONSTRAINT rollout_account_pkey DO NOTHING`, args)
	return errors.Join(gone, came)
}

const rolloutSQL = `
			SELECT r.id, r.governorate_code, n.code AS need, r.stage,
			       ARRAY(SELECT a.account_id FROM rollout_account AS a WHERE a.rollout_id = r.id ORDER BY a.account_id) AS accounts, r.version
			FROM rollout AS r
			JOIN need AS n ON n.id = r.need_id`

func rollout(ctx context.Context, q pg.Querier, id uuid.UUID) (Rollout, error) {
	return one(collect[Rollout](ctx, q, "read a rollout", rolloutSQL+`
			WHERE r.id = @id`, pgx.StrictNamedArgs{"id": id}))
}
