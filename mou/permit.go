package mou

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// Act is what is asked of an organization's terms.
type Act struct {
	OrganizationID  uuid.UUID
	DirectorateID   uuid.UUID // that refers
	NeedID          uuid.UUID
	GovernorateCode string    // of the client's place
	OfferID         uuid.UUID // the service at a location; Nil: none is named, and of the accreditation's scope the need alone counts
	TargetGroup     string    // empty: not stated, so only what is open to everybody asks nothing of it
	Purpose         string
	Today           time.Time
}

type termRow struct {
	InstrumentID      uuid.UUID
	TermID            uuid.UUID
	InstrumentNumber  string
	TermsVersion      int
	Number            int
	ValidTo           time.Time
	InForce           bool
	Accredited        bool
	CoversScope       bool
	CoversDirectorate bool
	CoversNeed        bool
	CoversPlace       bool
	CoversGroup       bool
	CoversPurpose     bool
	MaxTier           int
	Cleared           bool
	Grants            []string
}

// TermsFor reads every term of the organization's instruments as it stands towards the act, in the transaction of the act, those
// in force first and then by number. The instruments and the accreditation are locked FOR SHARE: a suspension that commits
// first is seen, and one that comes later waits. Drafts are left out, since nobody has agreed to them.
func TermsFor(ctx context.Context, q pg.Querier, act Act) ([]policy.Term, error) {
	args := pgx.StrictNamedArgs{
		"organization": act.OrganizationID, "directorate": act.DirectorateID, "need": act.NeedID, "governorate": act.GovernorateCode,
		"target_group": act.TargetGroup, "purpose": act.Purpose, "offer": orNull(act.OfferID), "today": act.Today,
	}
	batch := &pgx.Batch{}
	batch.Queue(lockSQL, pgx.StrictNamedArgs{"organization": act.OrganizationID})
	batch.Queue(lockAccreditationSQL, pgx.StrictNamedArgs{"organization": act.OrganizationID})
	var terms []policy.Term
	batch.Queue(termsSQL, args).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[termRow])
		for _, r := range found {
			terms = append(terms, r.term())
		}
		return err
	})
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("read the terms: %w", err)
	}
	return terms, nil
}

const lockSQL = `
	SELECT id
	FROM instrument
	WHERE organization_id = @organization AND status = 'in_force'
	ORDER BY id
	FOR SHARE`

const lockAccreditationSQL = `
	SELECT id
	FROM accreditation
	WHERE organization_id = @organization AND status = 'accredited'
	FOR SHARE`

const termsSQL = `
	SELECT i.id AS instrument_id, t.id AS term_id, i.number AS instrument_number, i.terms_version, t.number, i.valid_to,
	       i.status = 'in_force' AND @today::date BETWEEN i.valid_from AND i.valid_to AS in_force,
	       NOT tahweel_needs_accreditation(o.kind) OR EXISTS (
	         SELECT FROM accreditation AS a
	         WHERE a.organization_id = o.id AND a.status = 'accredited' AND @today::date BETWEEN a.valid_from AND a.valid_to
	       ) AS accredited,
	       NOT tahweel_needs_accreditation(o.kind) OR NOT EXISTS (
	         SELECT FROM accreditation AS a
	         WHERE a.organization_id = o.id AND a.status = 'accredited' AND NOT tahweel_accreditation_covers_offer(a.id, @need, @offer)
	       ) AS covers_scope,
	       EXISTS (SELECT FROM instrument_term_directorate AS d WHERE d.term_id = t.id AND d.directorate_id = @directorate) AS covers_directorate,
	       EXISTS (
	         SELECT FROM instrument_term_need AS n
	         JOIN need_ancestor AS c ON c.ancestor_id = n.need_id
	         WHERE n.term_id = t.id AND c.need_id = @need
	       ) AS covers_need,
	       EXISTS (SELECT FROM instrument_term_governorate AS g WHERE g.term_id = t.id AND g.governorate_code = @governorate) AS covers_place,
	       t.target_groups = '{}' OR @target_group = '' OR @target_group = ANY (t.target_groups) AS covers_group,
	       @purpose = ANY (t.purposes) AS covers_purpose,
	       t.max_tier,
	       EXISTS (SELECT FROM instrument_cleared_person AS p WHERE p.instrument_id = i.id) AS cleared,
	       t.grants
	FROM instrument AS i
	JOIN instrument_term AS t ON t.instrument_id = i.id
	JOIN organization AS o ON o.id = i.organization_id
	WHERE i.organization_id = @organization
		AND i.status NOT IN ('draft', 'proposed')
		AND NOT o.information_only
		AND o.status = 'active'
	ORDER BY in_force DESC, i.number, t.number`

func (r termRow) term() policy.Term {
	grants, _ := policy.ParseGroups(r.Grants)
	return policy.Term{
		InstrumentID: r.InstrumentID, TermID: r.TermID, InstrumentNumber: r.InstrumentNumber, Version: r.TermsVersion, Number: r.Number,
		ValidTo: r.ValidTo.AddDate(0, 0, 1), InForce: r.InForce, Accredited: r.Accredited, CoversScope: r.CoversScope, CoversDirectorate: r.CoversDirectorate,
		CoversNeed: r.CoversNeed, CoversPlace: r.CoversPlace, CoversGroup: r.CoversGroup, CoversPurpose: r.CoversPurpose,
		MaxTier: r.MaxTier, Cleared: r.Cleared, Grants: grants,
	}
}

// TermsUnder returns the terms under which an attempt that was sent under the term is answered: that one, or, where an amendment took
// its instrument's place, those of the amendment (policy.md, "timely renewal continues what it renews"). A further instrument of the
// organization is not among them: two are never united.
func TermsUnder(ctx context.Context, q pg.Querier, act Act, termID uuid.UUID) ([]policy.Term, error) {
	terms, err := TermsFor(ctx, q, act)
	if err != nil {
		return nil, err
	}
	type row struct{ ID uuid.UUID }
	versions, err := collect[row](ctx, q, "read the versions of an instrument", `
		WITH RECURSIVE version (id) AS (
		  SELECT t.instrument_id
		  FROM instrument_term AS t
		  WHERE t.id = @term
		  UNION
		  SELECT i.id
		  FROM version AS v
		  JOIN instrument AS i ON i.supersedes_id = v.id
		  WHERE i.status NOT IN ('draft', 'proposed', 'signed')
		)
		SELECT v.id
		FROM version AS v`, pgx.StrictNamedArgs{"term": termID})
	if err != nil {
		return nil, err
	}
	var under []policy.Term
	for _, t := range terms {
		replaced := slices.ContainsFunc(versions, func(r row) bool { return r.ID == t.InstrumentID }) && !sameInstrument(terms, t, termID)
		if t.TermID == termID || replaced {
			under = append(under, t)
		}
	}
	return under, nil
}

// sameInstrument reports whether the term t is of the instrument of the term of that id.
func sameInstrument(terms []policy.Term, t policy.Term, id uuid.UUID) bool {
	return slices.ContainsFunc(terms, func(other policy.Term) bool { return other.TermID == id && other.InstrumentID == t.InstrumentID })
}
