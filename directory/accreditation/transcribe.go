package accreditation

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Granted is an accreditation that was given on paper before the service was there.
type Granted struct {
	OrganizationID uuid.UUID
	Grant          directory.Grant
	Scope          []Scope                       // empty: everything, as before there were scopes
	Stopped        directory.AccreditationStatus // Suspended or Revoked; empty: neither
	Reason         string                        // of the stop
	directory.Transcript
}

// Transcribe enters an accreditation that was given on paper, in the transaction of q, which is the system's: applied for, reviewed,
// accredited with its scope, and further to where its days and its papers have it. Nobody is notified of what they knew before. One that
// stands accredited and whose last day has passed is closed first. It fails with fault.Forbidden unless the actor is the system, with
// fault.Refused if the grant breaks a rule or without a letter and a committee's minute, and with fault.Impossible while another
// accreditation of the organization is in force or suspended, or an application of it is on its way.
func Transcribe(ctx context.Context, q pg.Querier, actor policy.Actor, g Granted, now time.Time) (directory.Accreditation, error) {
	if actor.Kind != policy.System {
		return directory.Accreditation{}, policy.RoleForbids(policy.Manage, policy.ClassOrganization)
	}
	if err := g.validate(geo.Today(now)); err != nil {
		return directory.Accreditation{}, err
	}
	if err := nothingOpen(ctx, q, g.OrganizationID); err != nil {
		return directory.Accreditation{}, err
	}
	if err := closeEnded(ctx, q, g.OrganizationID, now); err != nil {
		return directory.Accreditation{}, err
	}
	a, err := directory.GrantAccreditation(ctx, q, g.OrganizationID, g.Grant, g.LetterNumber, now)
	if err != nil {
		return directory.Accreditation{}, err
	}
	if err := writeScope(ctx, q, a.ID, g.Scope); err != nil {
		return directory.Accreditation{}, err
	}
	if a, err = g.onwards(ctx, q, a, now); err != nil {
		return directory.Accreditation{}, err
	}
	if err := directory.WriteTranscript(ctx, q, directory.TranscribedAccreditation, a.ID, a.OrganizationID, g.Transcript, now); err != nil {
		return directory.Accreditation{}, err
	}
	if err := refresh(ctx, q, a.OrganizationID); err != nil {
		return directory.Accreditation{}, err
	}
	return a, audit.Append(ctx, q, audit.Entry{
		At: now, Actor: actor, Action: "accreditation.transcribe", Class: policy.ClassOrganization, ObjectID: a.ID, Allowed: true, Code: policy.Allowed.Code(),
	})
}

// onwards moves what was accredited to where it is today.
func (g Granted) onwards(ctx context.Context, q pg.Querier, a directory.Accreditation, now time.Time) (directory.Accreditation, error) {
	m := directory.AccreditationMove{ID: a.ID, Version: a.Version, Before: true}
	switch {
	case g.Stopped == directory.Revoked:
		m.Event, m.Reason = directory.Revoke, g.Reason
	case geo.Today(now).After(g.Grant.ValidTo):
		m.Event = directory.Expire
	case g.Stopped == directory.Suspended:
		m.Event, m.Reason, m.Suspension = directory.Suspend, g.Reason, directory.Administrative
		if err := accreditedNow(ctx, q, a.OrganizationID, now); err != nil {
			return a, err
		}
	default:
		// Who is accredited is no longer for signposting alone, and the surveys know it.
		if err := directory.ListForInformation(ctx, q, a.OrganizationID, false, now); err != nil {
			return a, err
		}
		return a, accreditedNow(ctx, q, a.OrganizationID, now)
	}
	return directory.MoveAccreditation(ctx, q, m, now)
}

func (g Granted) validate(today time.Time) error {
	var l fault.List
	for _, err := range []error{g.Grant.Validate(), g.Transcript.Validate(today)} {
		for _, f := range fieldsOf(err) {
			l.Add(f.Pointer, f.Detail.EN, f.Detail.AR)
		}
	}
	if g.Stopped != "" {
		if g.Stopped != directory.Suspended && g.Stopped != directory.Revoked {
			l.Add("/status", "A stop is suspended or revoked.", "الإيقاف suspended أو السحب revoked.")
		}
		required(&l, "/reason", strings.TrimSpace(g.Reason))
	}
	return l.Err()
}

// nothingOpen fails with fault.Impossible "application_open" while the organization is on its way to an accreditation: that decides,
// and not a paper of before.
func nothingOpen(ctx context.Context, q pg.Querier, organization uuid.UUID) error {
	var open bool
	err := q.QueryRow(ctx, `
			SELECT EXISTS (
			  SELECT
			  FROM accreditation_application
			  WHERE organization_id = @organization AND status NOT IN ('decided', 'withdrawn')
			) OR EXISTS (
			  SELECT
			  FROM accreditation
			  WHERE organization_id = @organization AND status IN ('applied', 'under_review')
			)`, pgx.StrictNamedArgs{"organization": organization}).Scan(&open)
	if err == nil && open {
		return fault.New(fault.Impossible, "application_open",
			"An application of this organization is on its way; the decision on it decides.", "لهذه المنظمة طلب قيد النظر، والقرار فيه هو الفاصل.")
	}
	return pg.Translate(err)
}

// ScopeOf reads the scope of an accreditation in the order of needs and governorates; none is everything.
func ScopeOf(ctx context.Context, q pg.Querier, id uuid.UUID) ([]Scope, error) {
	type scopeRow struct{ Need, Governorate string }
	return collect(ctx, q, "read the scope", func(r scopeRow) Scope { return Scope(r) }, `
			SELECT n.code AS need, s.governorate_code AS governorate
			FROM accreditation_scope AS s
			JOIN need AS n ON n.id = s.need_id
			WHERE s.accreditation_id = @id
			ORDER BY n.code, s.governorate_code`, pgx.StrictNamedArgs{"id": id})
}
