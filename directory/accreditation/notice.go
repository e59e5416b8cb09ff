package accreditation

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Notices lists what organizations were told, by id; the filter's OrganizationID counts.
func (s *Store) Notices(ctx context.Context, actor policy.Actor, f Filter) ([]Notice, error) {
	return list(ctx, s, actor, policy.ClassApplication, func(q pg.Querier) ([]Notice, error) {
		return collect(ctx, q, "list notices", noticeRow.notice, `
			SELECT id, organization_id, application_id, accreditation_id, kind, letter_number, text_ar, text_en, created_at
			FROM accreditation_notice
			WHERE (@organization::uuid IS NULL OR organization_id = @organization)
				AND id > @after
			ORDER BY id
			LIMIT @limit`, pgx.StrictNamedArgs{"organization": orNull(f.OrganizationID), "after": f.After, "limit": f.Limit})
	})
}

// Notice is what an organization was told.
type Notice struct{ directory.Notice }

func (n Notice) key() (uuid.UUID, int) { return n.ID, 1 }
func (n Notice) owner() uuid.UUID      { return n.OrganizationID }

type noticeRow struct {
	ID              uuid.UUID
	OrganizationID  uuid.UUID
	ApplicationID   *uuid.UUID
	AccreditationID *uuid.UUID
	Kind            string
	LetterNumber    string
	TextAr          string
	TextEn          string
	CreatedAt       time.Time
}

func (r noticeRow) notice() Notice {
	return Notice{directory.Notice{
		ID: r.ID, OrganizationID: r.OrganizationID, ApplicationID: orNil(r.ApplicationID), AccreditationID: orNil(r.AccreditationID), Kind: r.Kind,
		LetterNumber: r.LetterNumber, Text: directory.Name{AR: r.TextAr, EN: r.TextEn}, CreatedAt: r.CreatedAt,
	}}
}
