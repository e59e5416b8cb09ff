package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/pg"
)

// lockPair locks both rows of the table, in the order of their ids, so that two merges of one pair follow each other.
func lockPair(ctx context.Context, q pg.Querier, table string, a, b uuid.UUID) error {
	_, err := q.Exec(ctx, `
		SELECT id
		FROM `+table+`
		WHERE id = ANY (@pair)
		ORDER BY id
		FOR UPDATE`, pgx.StrictNamedArgs{"pair": []uuid.UUID{a, b}})
	if err != nil {
		return fmt.Errorf("lock what is to be merged: %w", err)
	}
	return nil
}

// organizationObstacles asks as the system, for names of obstacles only: an officer sees neither referrals nor shelters.
func organizationObstacles(ctx context.Context, q pg.Querier, id, into uuid.UUID) (names []string, err error) {
	err = pg.Elevate(ctx, q, func(q pg.Querier) error {
		return q.QueryRow(ctx, `SELECT tahweel_merge_obstacles(@id, @into)`, pgx.StrictNamedArgs{"id": id, "into": into}).Scan(&names)
	})
	if err != nil {
		return nil, fmt.Errorf("look what stands in the way of a merge: %w", err)
	}
	return names, nil
}

// moveOrganization gives all that belongs to the one to the other, in one statement: a location and its branch belong to one
// organization at the end of each.
func moveOrganization(ctx context.Context, q pg.Querier, was Organization, into uuid.UUID, now time.Time) error {
	args := pgx.StrictNamedArgs{"id": was.ID, "into": into, "now": now}
	_, err := q.Exec(ctx, `
		WITH
		branch_moved AS (
		  UPDATE branch
		  SET organization_id = @into, version = version + 1, updated_at = @now
		  WHERE organization_id = @id
		),
		location_moved AS (
		  UPDATE location
		  SET organization_id = @into, version = version + 1, updated_at = @now
		  WHERE organization_id = @id
		)
		UPDATE service
		SET organization_id = @into, version = version + 1, updated_at = @now
		WHERE organization_id = @id`, args)
	if err != nil {
		return fmt.Errorf("move what belongs to the organization: %w", err)
	}
	if err := moveSurveyEntries(ctx, q, was.ID, into, now); err != nil {
		return err
	}
	args["version"] = was.Version
	tag, err := q.Exec(ctx, `
		UPDATE organization
		SET status = 'defunct', merged_into = @into, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`, args)
	return conditional("merge the organization", tag.RowsAffected(), err)
}

// moveSurveyEntries gives what surveys found of the one to the other, and takes it along to accredited if the other is. Where a survey
// found both, the entry of the other one goes on and this one's is ended. It is the system's: who merges need not run surveys.
func moveSurveyEntries(ctx context.Context, q pg.Querier, id, into uuid.UUID, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		UPDATE survey_entry AS e
		SET transition = 'merge', status = 'merged', version = version + 1, updated_at = @now
		WHERE e.organization_id = @id
		  AND e.status <> 'merged'
		  AND EXISTS (SELECT FROM survey_entry AS there WHERE there.campaign_id = e.campaign_id AND there.organization_id = @into)`,
		pgx.StrictNamedArgs{"id": id, "into": into, "now": now})
	batch.Queue(`
		UPDATE survey_entry AS e
		SET organization_id = @into, version = version + 1, updated_at = @now
		WHERE e.organization_id = @id
		  AND NOT EXISTS (SELECT FROM survey_entry AS there WHERE there.campaign_id = e.campaign_id AND there.organization_id = @into)`,
		pgx.StrictNamedArgs{"id": id, "into": into, "now": now})
	batch.Queue(`
		UPDATE survey_entry AS e
		SET transition = t.transition, status = t.to_status, version = version + 1, updated_at = @now
		FROM survey_entry_transition AS t
		WHERE e.organization_id = @into
		  AND t.from_status = e.status
		  AND t.transition = 'accredit'
		  AND EXISTS (
		    SELECT FROM accreditation AS a
		    WHERE a.organization_id = @into AND a.status IN ('accredited', 'suspended') AND a.valid_to >= @today)`,
		pgx.StrictNamedArgs{"into": into, "now": now, "today": geo.Today(now)})
	return pg.Elevate(ctx, q, func(q pg.Querier) error { return run(ctx, q, "move what surveys found", batch) })
}

// locationObstacles looks at the services that both locations offer: the offer of the one will end, that of the other must stand. It
// counts attempts as the system, for a yes or no only.
func locationObstacles(ctx context.Context, q pg.Querier, id, into uuid.UUID) (names []string, err error) {
	err = pg.Elevate(ctx, q, func(q pg.Querier) error {
		return q.QueryRow(ctx, `
			WITH twice AS (
			  SELECT a.id, a.status, b.status AS other
			  FROM service_at_location AS a
			  JOIN service_at_location AS b ON b.service_id = a.service_id AND b.location_id = @into
			  WHERE a.location_id = @id
			)
			SELECT array_remove(ARRAY[
			  CASE WHEN EXISTS (
			    SELECT FROM twice AS t
			    JOIN attempt AS a ON a.service_at_location_id = t.id
			    WHERE a.status IN ('draft', 'sent', 'acknowledged', 'info_requested', 'waitlisted', 'accepted', 'in_service', 'on_hold')
			  ) THEN 'offers_attempts' END,
			  CASE WHEN EXISTS (SELECT FROM twice AS t WHERE t.status = 'active' AND t.other <> 'active') THEN 'offers_ended' END
			], NULL)`, pgx.StrictNamedArgs{"id": id, "into": into}).Scan(&names)
	})
	if err != nil {
		return nil, fmt.Errorf("look what stands in the way of a merge: %w", err)
	}
	return names, nil
}

func moveLocation(ctx context.Context, q pg.Querier, was Location, into uuid.UUID, now time.Time) error {
	args := pgx.StrictNamedArgs{"id": was.ID, "into": into, "now": now}
	batch := &pgx.Batch{}
	batch.Queue(`
		UPDATE service_at_location AS moved
		SET location_id = @into, version = version + 1, updated_at = @now
		WHERE moved.location_id = @id
		  AND NOT EXISTS (
		    SELECT FROM service_at_location AS there
		    WHERE there.service_id = moved.service_id AND there.location_id = @into)`, args)
	batch.Queue(`
		UPDATE service_at_location
		SET status = 'defunct', version = version + 1, updated_at = @now
		WHERE location_id = @id AND status <> 'defunct'`, pgx.StrictNamedArgs{"id": was.ID, "now": now})
	if err := run(ctx, q, "move what is offered at the location", batch); err != nil {
		return err
	}
	tag, err := q.Exec(ctx, `
		UPDATE location
		SET merged_into = @into, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`,
		pgx.StrictNamedArgs{"id": was.ID, "into": into, "version": was.Version, "now": now})
	return conditional("merge the location", tag.RowsAffected(), err)
}
