package mou

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

func instrument(ctx context.Context, q pg.Querier, id uuid.UUID) (Instrument, error) {
	var in Instrument
	err := q.QueryRow(ctx, `
		SELECT id, organization_id, kind, number, terms_version, status, valid_from, valid_to, drafted_by_id, version
		FROM instrument
		WHERE id = @id`,
		pgx.StrictNamedArgs{"id": id},
	).Scan(&in.ID, &in.OrganizationID, &in.Kind, &in.Number, &in.TermsVersion, &in.Status, &in.ValidFrom, &in.ValidTo, &in.DraftedBy, &in.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return Instrument{}, errNotFound
	}
	if err != nil {
		return Instrument{}, fmt.Errorf("read an instrument: %w", err)
	}
	return in, nil
}

func moveInstrument(ctx context.Context, q pg.Querier, in Instrument, t Transition, next Status, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE instrument
		SET status = @next, transition = @transition, version = version + 1, updated_at = @now
		WHERE id = @id
			AND status = @status
			AND version = @version`,
		pgx.StrictNamedArgs{"next": next, "transition": t, "now": now, "id": in.ID, "status": in.Status, "version": in.Version})
	if err != nil {
		return fmt.Errorf("move an instrument: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errMoved
	}
	return nil
}

func insertInstrument(ctx context.Context, q pg.Querier, in Instrument, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO instrument (id, organization_id, kind, number, status, valid_from, valid_to, drafted_by_id, created_at, updated_at)
		VALUES (@id, @organization_id, @kind, @number, 'draft', @valid_from, @valid_to, @drafted_by, @now, @now)`,
		pgx.StrictNamedArgs{
			"id": in.ID, "organization_id": in.OrganizationID, "kind": in.Kind, "number": in.Number,
			"valid_from": in.ValidFrom, "valid_to": in.ValidTo, "drafted_by": in.DraftedBy, "now": now,
		})
	for _, account := range in.Cleared {
		batch.Queue(`
			INSERT INTO instrument_cleared_person (instrument_id, account_id)
			VALUES (@instrument, @account)`,
			pgx.StrictNamedArgs{"instrument": in.ID, "account": account})
	}
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write an instrument: %w", err)
	}
	for _, t := range in.Terms {
		if err := insertTerm(ctx, q, in.ID, t); err != nil {
			return err
		}
	}
	return nil
}

func insertTerm(ctx context.Context, q pg.Querier, instrumentID uuid.UUID, t Term) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO instrument_term (id, instrument_id, number, purposes, target_groups, max_tier, grants)
		VALUES (@id, @instrument, @number, @purposes, @target_groups, @max_tier, @grants)`,
		pgx.StrictNamedArgs{
			"id": t.ID, "instrument": instrumentID, "number": t.Number, "purposes": t.purposes(), "target_groups": orEmpty(t.TargetGroups),
			"max_tier": t.MaxTier, "grants": t.Grants.Letters(),
		})
	batch.Queue(`
		INSERT INTO instrument_term_directorate (term_id, directorate_id)
		SELECT @term, unnest(@directorates::uuid[])`,
		pgx.StrictNamedArgs{"term": t.ID, "directorates": t.Directorates})
	batch.Queue(`
		INSERT INTO instrument_term_governorate (term_id, governorate_code)
		SELECT @term, unnest(@governorates::text[])`,
		pgx.StrictNamedArgs{"term": t.ID, "governorates": t.Governorates})
	needs := batch.Queue(`
		INSERT INTO instrument_term_need (term_id, need_id)
		SELECT @term, id
		FROM need
		WHERE code = ANY (@needs)`,
		pgx.StrictNamedArgs{"term": t.ID, "needs": t.Needs})
	known := int64(0)
	needs.Exec(func(tag pgconn.CommandTag) error { known = tag.RowsAffected(); return nil })
	for _, quota := range t.Quotas {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("mou: %w", err)
		}
		batch.Queue(`
			INSERT INTO instrument_quota (id, term_id, directorate_id, period, cap)
			VALUES (@id, @term, @directorate, @period, @cap)`,
			pgx.StrictNamedArgs{"id": id, "term": t.ID, "directorate": quota.DirectorateID, "period": quota.Period, "cap": quota.Cap})
	}
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write a term: %w", err)
	}
	if int(known) != len(t.Needs) {
		return fault.New(fault.Refused, "need_not_found", "The term names a need that does not exist.", "يسمّي البند حاجة غير موجودة.")
	}
	return nil
}

func (t Term) purposes() []string {
	if len(t.Purposes) == 0 {
		return []string{"service_provision"}
	}
	return t.Purposes
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
