package mou

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

const instrumentColumns = `
	i.id, i.organization_id, o.name_ar AS organization_ar, o.name_en AS organization_en, i.kind, i.number, i.terms_version, i.status,
	i.valid_from, i.valid_to, i.onward_sharing, i.retention_days, i.breach_notice_hours, i.drafted_by_id, i.written_by_ids,
	i.supersedes_id, (
	  SELECT n.id
	  FROM instrument AS n
	  WHERE n.supersedes_id = i.id AND n.status NOT IN ('draft', 'proposed', 'signed')
	  ORDER BY n.id DESC
	  LIMIT 1
	) AS superseded_by_id,
	coalesce(i.letter_number, '') AS letter_number, i.document_sha256, i.signed_at, i.suspended_at,
	coalesce(i.suspension_kind, '') AS suspension_kind, i.terminated_at, coalesce(i.terminated_for_cause, false) AS terminated_for_cause,
	i.wind_down_ends_at, i.reason, i.version, i.created_at, i.updated_at
	FROM instrument AS i
	JOIN organization AS o ON o.id = i.organization_id`

type instrumentRow struct {
	ID                 uuid.UUID
	OrganizationID     uuid.UUID
	OrganizationAr     string
	OrganizationEn     string
	Kind               Kind
	Number             string
	TermsVersion       int
	Status             Status
	ValidFrom          time.Time
	ValidTo            time.Time
	OnwardSharing      OnwardSharing
	RetentionDays      int
	BreachNoticeHours  int
	DraftedByID        *uuid.UUID
	WrittenByIDs       []uuid.UUID `db:"written_by_ids"`
	SupersedesID       *uuid.UUID
	SupersededByID     *uuid.UUID
	LetterNumber       string
	DocumentSha256     []byte
	SignedAt           *time.Time
	SuspendedAt        *time.Time
	SuspensionKind     SuspensionKind
	TerminatedAt       *time.Time
	TerminatedForCause bool
	WindDownEndsAt     *time.Time
	Reason             string
	Version            int
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

func (r instrumentRow) instrument() Instrument {
	return Instrument{
		ID: r.ID, OrganizationID: r.OrganizationID, OrganizationName: fault.Sentence{AR: r.OrganizationAr, EN: r.OrganizationEn}, Kind: r.Kind,
		Number: r.Number, TermsVersion: r.TermsVersion, Status: r.Status, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo,
		OnwardSharing: r.OnwardSharing, RetentionDays: r.RetentionDays, BreachNoticeHours: r.BreachNoticeHours, DraftedBy: r.DraftedByID,
		WrittenBy: r.WrittenByIDs, Supersedes: r.SupersedesID, SupersededBy: r.SupersededByID, LetterNumber: r.LetterNumber,
		DocumentSHA256: r.DocumentSha256, SignedAt: r.SignedAt, SuspendedAt: r.SuspendedAt, SuspensionKind: r.SuspensionKind,
		TerminatedAt: r.TerminatedAt, TerminatedForCause: r.TerminatedForCause, WindDownEndsAt: r.WindDownEndsAt, Reason: r.Reason,
		Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func instrument(ctx context.Context, q pg.Querier, id uuid.UUID) (Instrument, error) {
	found, err := collect[instrumentRow](ctx, q, "read an instrument", `SELECT`+instrumentColumns+`
		WHERE i.id = @id`, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Instrument{}, err
	}
	if len(found) == 0 {
		return Instrument{}, errNotFound
	}
	return found[0].instrument(), nil
}

func collect[Row any](ctx context.Context, q pg.Querier, what, sql string, args pgx.StrictNamedArgs) ([]Row, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Row])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return found, nil
}

func lock(ctx context.Context, q pg.Querier, id uuid.UUID) error {
	if _, err := q.Exec(ctx, `SELECT id FROM instrument WHERE id = @id FOR UPDATE`, pgx.StrictNamedArgs{"id": id}); err != nil {
		return fmt.Errorf("lock an instrument: %w", err)
	}
	return nil
}

// moveInstrument writes a transition with its papers; what a stop means for what is under way, a trigger derives.
func moveInstrument(ctx context.Context, q pg.Querier, actor policy.Actor, in Instrument, t Transition, next Status, p papers, now time.Time) error {
	args := pgx.StrictNamedArgs{
		"next": next, "transition": t, "now": now, "id": in.ID, "status": in.Status, "version": in.Version, "reason": p.Reason,
		"signs": t == Sign, "by": orNull(actor.AccountID), "letter": text(p.LetterNumber), "sha256": p.DocumentSHA256,
		"suspends": t == Suspend, "kind": text(string(p.Kind)), "for_cause": (*bool)(nil), "signed_at": now,
	}
	if !p.signedAt.IsZero() {
		args["signed_at"] = p.signedAt
	}
	if t == Terminate {
		args["for_cause"] = &p.ForCause
	}
	tag, err := q.Exec(ctx, `
		UPDATE instrument
		SET status = @next, transition = @transition, version = version + 1, updated_at = @now,
		    letter_number = CASE WHEN @signs THEN @letter ELSE letter_number END,
		    document_sha256 = CASE WHEN @signs THEN @sha256 ELSE document_sha256 END,
		    signed_at = CASE WHEN @signs THEN @signed_at ELSE signed_at END,
		    signed_by_id = CASE WHEN @signs THEN @by ELSE signed_by_id END,
		    suspension_kind = CASE WHEN @suspends THEN @kind ELSE suspension_kind END,
		    terminated_for_cause = @for_cause,
		    reason = CASE WHEN @reason = '' THEN reason ELSE @reason END
		WHERE id = @id
			AND status = @status
			AND version = @version`, args)
	if err != nil {
		return fmt.Errorf("move an instrument: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errMoved
	}
	return nil
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// text is NULL for an empty text.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func insertInstrument(ctx context.Context, q pg.Querier, in Instrument, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO instrument (
		  id, organization_id, kind, number, terms_version, status, valid_from, valid_to, onward_sharing, retention_days, breach_notice_hours,
		  drafted_by_id, supersedes_id, created_at, updated_at
		) VALUES (
		  @id, @organization_id, @kind, @number, @terms_version, 'draft', @valid_from, @valid_to, @onward_sharing, @retention_days, @breach_notice_hours,
		  @drafted_by, @supersedes, @now, @now
		)`,
		pgx.StrictNamedArgs{
			"id": in.ID, "organization_id": in.OrganizationID, "kind": in.Kind, "number": in.Number, "terms_version": in.TermsVersion,
			"valid_from": in.ValidFrom, "valid_to": in.ValidTo, "onward_sharing": in.OnwardSharing, "retention_days": in.RetentionDays,
			"breach_notice_hours": in.BreachNoticeHours, "drafted_by": in.DraftedBy, "supersedes": in.Supersedes, "now": now,
		})
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write an instrument: %w", err)
	}
	return insertParts(ctx, q, in)
}

// insertParts writes the cleared persons and the terms.
func insertParts(ctx context.Context, q pg.Querier, in Instrument) error {
	_, err := q.Exec(ctx, `
		INSERT INTO instrument_cleared_person (instrument_id, account_id)
		SELECT @instrument, unnest(@accounts::uuid[])`,
		pgx.StrictNamedArgs{"instrument": in.ID, "accounts": in.Cleared})
	if err != nil {
		return fmt.Errorf("write the cleared persons: %w", err)
	}
	for _, t := range in.Terms {
		if err := insertTerm(ctx, q, in.ID, t); err != nil {
			return err
		}
	}
	return nil
}

// updateDraft writes the draft anew, with its terms.
func updateDraft(ctx context.Context, q pg.Querier, in Instrument, version int, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE instrument
		SET kind = @kind, number = @number, valid_from = @valid_from, valid_to = @valid_to, onward_sharing = @onward_sharing,
		    retention_days = @retention_days, breach_notice_hours = @breach_notice_hours, written_by_ids = @written_by,
		    version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`,
		pgx.StrictNamedArgs{
			"id": in.ID, "version": version, "kind": in.Kind, "number": in.Number, "valid_from": in.ValidFrom, "valid_to": in.ValidTo,
			"onward_sharing": in.OnwardSharing, "retention_days": in.RetentionDays, "breach_notice_hours": in.BreachNoticeHours,
			"written_by": append([]uuid.UUID{}, in.WrittenBy...), "now": now,
		})
	if err != nil {
		return fmt.Errorf("change an instrument: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errMoved
	}
	batch := &pgx.Batch{}
	for _, child := range []string{"instrument_term_directorate", "instrument_term_need", "instrument_term_governorate", "instrument_quota"} {
		batch.Queue(`
		DELETE FROM `+child+`
		WHERE term_id IN (SELECT t.id FROM instrument_term AS t WHERE t.instrument_id = @id)`, pgx.StrictNamedArgs{"id": in.ID})
	}
	batch.Queue(`DELETE FROM instrument_term WHERE instrument_id = @id`, pgx.StrictNamedArgs{"id": in.ID})
	batch.Queue(`DELETE FROM instrument_cleared_person WHERE instrument_id = @id`, pgx.StrictNamedArgs{"id": in.ID})
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("take away the old terms: %w", err)
	}
	return insertParts(ctx, q, in)
}

// keepClearances takes away every clearance but those.
func keepClearances(ctx context.Context, q pg.Querier, in Instrument, keep []uuid.UUID, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE instrument
		SET version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`,
		pgx.StrictNamedArgs{"id": in.ID, "version": in.Version, "now": now})
	if err != nil {
		return fmt.Errorf("change an instrument: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errMoved
	}
	_, err = q.Exec(ctx, `
		DELETE FROM instrument_cleared_person
		WHERE instrument_id = @id AND account_id <> ALL (@keep::uuid[])`,
		pgx.StrictNamedArgs{"id": in.ID, "keep": append([]uuid.UUID{}, keep...)})
	if err != nil {
		return fmt.Errorf("take clearances back: %w", err)
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
