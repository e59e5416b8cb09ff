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

// closedNeed is a leaf for which the account may not refer in a governorate.
type closedNeed struct {
	GovernorateCode string
	Code            string
}

// queueClosedNeeds queues the question for which leaves of the need the account may not refer, in every governorate, because it is asked in
// one round trip with where the household is. It says what tahweel_rollout says of each.
func queueClosedNeeds(batch *pgx.Batch, need Need, account uuid.UUID, closed *[]closedNeed) {
	var ids []uuid.UUID
	var codes []string
	for _, n := range taxonomy {
		if !n.Root() && (n.Code == need.Code || n.ParentCode == need.Code) {
			ids, codes = append(ids, n.ID), append(codes, n.Code)
		}
	}
	root := need.ID
	if !need.Root() {
		root = needsByCode[need.ParentCode].ID
	}
	batch.Queue(`
		SELECT g.governorate_code, leaf.code
		FROM (
			SELECT DISTINCT governorate_code
			FROM rollout
		) AS g
		CROSS JOIN unnest((SELECT @ids::uuid[]), (SELECT @codes::text[])) AS leaf (id, code)
		CROSS JOIN LATERAL (
			SELECT ro.id, ro.stage
			FROM rollout AS ro
			WHERE ro.governorate_code = g.governorate_code
				AND ro.need_id IN (leaf.id, @root::uuid)
			ORDER BY ro.need_id = leaf.id DESC, ro.id
			LIMIT 1
		) AS said
		WHERE NOT (said.stage = 'live' OR said.stage = 'pilot' AND EXISTS (
			SELECT
			FROM rollout_account AS named
			WHERE named.rollout_id = said.id
				AND named.account_id = @account))
		ORDER BY g.governorate_code, leaf.code`,
		pgx.StrictNamedArgs{"ids": ids, "codes": codes, "root": root, "account": account}).Query(func(rows pgx.Rows) (err error) {
		*closed, err = pgx.CollectRows(rows, pgx.RowToStructByName[closedNeed])
		return err
	})
}
