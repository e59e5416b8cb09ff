package mou

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// instrumentPage holds the same rule as reads, as SQL.
func instrumentPage(ctx context.Context, q pg.Querier, actor policy.Actor, f Filter) ([]Instrument, error) {
	found, err := collect[instrumentRow](ctx, q, "list instruments", `SELECT`+instrumentColumns+`
		WHERE (@all OR i.organization_id = ANY (@own::uuid[]))
			AND (@organization::uuid IS NULL OR i.organization_id = @organization)
			AND (@status = '' OR i.status = @status)
			AND (@day::date IS NULL OR i.status = 'in_force' AND @day::date BETWEEN i.valid_from AND i.valid_to)
			AND (@after::uuid IS NULL OR i.id < @after)
		ORDER BY i.id DESC
		LIMIT @limit`,
		pgx.StrictNamedArgs{
			"all": readsAll(actor), "own": append([]uuid.UUID{}, actor.Organizations()...), "organization": orNull(f.OrganizationID),
			"status": string(f.Status), "day": f.InForceOn, "after": orNull(f.After), "limit": f.Limit,
		})
	list := make([]Instrument, len(found))
	for i, r := range found {
		list[i] = r.instrument()
	}
	return list, err
}

func clearedOf(ctx context.Context, q pg.Querier, id uuid.UUID) ([]uuid.UUID, error) {
	type row struct{ AccountID uuid.UUID }
	found, err := collect[row](ctx, q, "read the cleared persons", `
		SELECT account_id
		FROM instrument_cleared_person
		WHERE instrument_id = @id
		ORDER BY account_id`, pgx.StrictNamedArgs{"id": id})
	var accounts []uuid.UUID
	for _, r := range found {
		accounts = append(accounts, r.AccountID)
	}
	return accounts, err
}

// partRow is a term as termsOf reads it.
type partRow struct {
	ID           uuid.UUID
	Number       int
	Directorates []uuid.UUID
	Needs        []string
	Governorates []string
	TargetGroups []string
	Purposes     []string
	MaxTier      int
	Grants       []string
}

const partsSQL = `
	SELECT t.id, t.number,
	       ARRAY(SELECT d.directorate_id FROM instrument_term_directorate AS d WHERE d.term_id = t.id ORDER BY d.directorate_id) AS directorates,
	       ARRAY(
	         SELECT n.code
	         FROM instrument_term_need AS tn
	         JOIN need AS n ON n.id = tn.need_id
	         WHERE tn.term_id = t.id
	         ORDER BY n.code
	       ) AS needs,
	       ARRAY(SELECT g.governorate_code FROM instrument_term_governorate AS g WHERE g.term_id = t.id ORDER BY g.governorate_code) AS governorates,
	       t.target_groups, t.purposes, t.max_tier, t.grants
	FROM instrument_term AS t
	WHERE t.instrument_id = @id
	ORDER BY t.number`

type quotaUseRow struct {
	ID            uuid.UUID
	TermID        uuid.UUID
	DirectorateID *uuid.UUID
	Period        Period
	Cap           int
	Used          int
}

// What is used of a month's quota is that of the month of today.
const quotasSQL = `
	SELECT iq.id, iq.term_id, iq.directorate_id, iq.period, iq.cap, coalesce(u.used, 0) AS used
	FROM instrument_quota AS iq
	JOIN instrument_term AS t ON t.id = iq.term_id
	LEFT JOIN instrument_quota_use AS u
	  ON u.quota_id = iq.id AND u.starts_on = CASE WHEN iq.period = 'month' THEN date_trunc('month', @today::date)::date ELSE @day_zero::date END
	WHERE t.instrument_id = @id
	ORDER BY iq.id`

func termsOf(ctx context.Context, q pg.Querier, id uuid.UUID, today time.Time) ([]Term, error) {
	parts, err := collect[partRow](ctx, q, "read the terms", partsSQL, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	quotas, err := collect[quotaUseRow](ctx, q, "read the quotas", quotasSQL, pgx.StrictNamedArgs{"id": id, "today": today, "day_zero": dayZero})
	if err != nil {
		return nil, err
	}
	terms := make([]Term, len(parts))
	for i, r := range parts {
		grants, _ := policy.ParseGroups(r.Grants)
		terms[i] = Term{
			ID: r.ID, Number: r.Number, Directorates: r.Directorates, Needs: r.Needs, Governorates: r.Governorates, TargetGroups: r.TargetGroups,
			Purposes: r.Purposes, MaxTier: r.MaxTier, Grants: grants,
		}
		for _, u := range quotas {
			if u.TermID == r.ID {
				terms[i].Quotas = append(terms[i].Quotas, Quota{ID: u.ID, DirectorateID: u.DirectorateID, Period: u.Period, Cap: u.Cap, Used: u.Used})
			}
		}
	}
	return terms, nil
}
