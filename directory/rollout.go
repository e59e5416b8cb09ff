package directory

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// Stage is how far the network is rolled out for a need in a governorate.
type Stage string

// The stages. Where nothing was said, it is live.
const (
	Off   Stage = "off"   // nobody refers for it there
	Pilot Stage = "pilot" // named people do
	Live  Stage = "live"
)

// Rollout is a stage towards one account.
type Rollout struct {
	Stage Stage
	Named bool // the account is one of the named people of the pilot
}

// Open reports whether the account may refer.
func (r Rollout) Open() bool { return r.Stage == Live || r.Stage == Pilot && r.Named }

// Err returns nil if the account may refer, and otherwise the refusal (422).
func (r Rollout) Err() error {
	switch {
	case r.Open():
		return nil
	case r.Stage == Pilot:
		return fault.New(fault.Refused, "rollout_pilot",
			"Referral for this need in this governorate is being tried out by named people, and you are not one of them.",
			"الإحالة لهذه الحاجة في هذه المحافظة قيد التجربة مع أشخاص محددين، ولست منهم.")
	default:
		return fault.New(fault.Refused, "rollout_off",
			"Referral for this need has not begun in this governorate.", "لم تبدأ الإحالة لهذه الحاجة في هذه المحافظة بعد.")
	}
}

// RolloutFor returns how far the need, which is a leaf, is rolled out for the account in the governorate of the client's place, read in
// the transaction of the act.
func RolloutFor(ctx context.Context, q pg.Querier, governorate string, need, account uuid.UUID) (r Rollout, err error) {
	err = q.QueryRow(ctx, `
		SELECT ro.stage, ro.named
		FROM tahweel_rollout(@governorate, @need, @account) AS ro`,
		pgx.StrictNamedArgs{"governorate": governorate, "need": need, "account": account}).Scan(&r.Stage, &r.Named)
	if err != nil {
		return Rollout{}, fmt.Errorf("read the rollout: %w", err)
	}
	return r, nil
}

// closedNeeds returns the codes of the leaves of the need that the account may not refer for in the governorate.
func closedNeeds(ctx context.Context, q pg.Querier, governorate string, need, account uuid.UUID) ([]string, error) {
	rows, err := q.Query(ctx, `
		SELECT n.code
		FROM need AS n
		JOIN need_ancestor AS c ON c.need_id = n.id
		CROSS JOIN LATERAL tahweel_rollout(@governorate, n.id, @account) AS ro
		WHERE c.ancestor_id = @need
			AND n.tier IS NOT NULL
			AND EXISTS (SELECT FROM rollout AS r WHERE r.governorate_code = @governorate)
			AND NOT (ro.stage = 'live' OR ro.stage = 'pilot' AND ro.named)
		ORDER BY n.code`,
		pgx.StrictNamedArgs{"governorate": governorate, "need": need, "account": account})
	if err != nil {
		return nil, fmt.Errorf("read the rollout: %w", err)
	}
	codes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read the rollout: %w", err)
	}
	return codes, nil
}
