package accreditation

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// AddDocument puts a paper to an application that is open, or handed in and not yet complete. It fails with fault.NotFound,
// fault.Forbidden, with fault.Impossible "application_not_open" after that, and with fault.Refused with every fault of the paper. The
// same paper twice is fault.Impossible "document_there".
func (s *Store) AddDocument(ctx context.Context, actor policy.Actor, applicationID uuid.UUID, n NewDocument, once pg.Once) (Written[Document], error) {
	d := applying(actor, "application.add_document", applicationID, once)
	return perform(ctx, s, d, document, func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
		a, err := seen(ctx, q, actor, policy.ClassApplication, application, applicationID)
		if err != nil {
			return id, err
		}
		if err := d.permits(a.OrganizationID); err != nil {
			return id, err
		}
		if !a.open() && a.Status != Submitted {
			return id, errNotOpen
		}
		if err := n.Validate(); err != nil {
			return id, err
		}
		if id, err = newID(); err != nil {
			return id, err
		}
		return id, insertDocument(ctx, q, Document{
			ID: id, ApplicationID: a.ID, OrganizationID: a.OrganizationID, Type: n.Type, FileName: n.FileName, MediaType: n.MediaType,
			SizeBytes: len(n.Content), SHA256: sum(n.Content), UploadedBy: actor.AccountID, CreatedAt: now,
		}, n.Content)
	})
}

// Documents lists the papers of an application by id, without what they hold. It fails with fault.NotFound.
func (s *Store) Documents(ctx context.Context, actor policy.Actor, f Filter) ([]Document, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]Document, error) {
		if _, err := seen(ctx, q, actor, policy.ClassApplication, application, f.ApplicationID); err != nil {
			return nil, err
		}
		return collect(ctx, q, "list documents", documentRow.document, documentSQL+`
			WHERE application_id = @application
				AND id > @after
			ORDER BY id
			LIMIT @limit`, pgx.StrictNamedArgs{"application": f.ApplicationID, "after": f.After, "limit": f.Limit})
	})
}

// DocumentContent returns a paper with what it holds, which is what was hashed when it came: fault.Internal otherwise. It fails with
// fault.NotFound.
func (s *Store) DocumentContent(ctx context.Context, actor policy.Actor, id uuid.UUID) (d Document, content []byte, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		if d, err = seen(ctx, q, actor, policy.ClassApplication, document, id); err != nil {
			return err
		}
		err = q.QueryRow(ctx, `
			SELECT content
			FROM application_document_content
			WHERE document_id = @id`, pgx.StrictNamedArgs{"id": id}).Scan(&content)
		if err == nil && string(sum(content)) != string(d.SHA256) {
			err = fault.New(fault.Internal, "document_damaged", "The document is not what was handed in.", "الوثيقة ليست كما قُدّمت.")
		}
		return err
	})
	return d, content, err
}

type documentRow struct {
	ID             uuid.UUID
	ApplicationID  uuid.UUID
	OrganizationID uuid.UUID
	Type           DocumentType
	FileName       string
	MediaType      MediaType
	SizeBytes      int
	Sha256         []byte
	UploadedByID   *uuid.UUID
	CreatedAt      time.Time
}

func (r documentRow) document() Document {
	return Document{
		ID: r.ID, ApplicationID: r.ApplicationID, OrganizationID: r.OrganizationID, Type: r.Type, FileName: r.FileName, MediaType: r.MediaType,
		SizeBytes: r.SizeBytes, SHA256: r.Sha256, UploadedBy: orNil(r.UploadedByID), CreatedAt: r.CreatedAt,
	}
}

const documentSQL = `
			SELECT id, application_id, organization_id, type, file_name, media_type, size_bytes, sha256, uploaded_by_id, created_at
			FROM application_document`

func document(ctx context.Context, q pg.Querier, id uuid.UUID) (Document, error) {
	return one(collect(ctx, q, "read a document", documentRow.document, documentSQL+`
			WHERE id = @id`, pgx.StrictNamedArgs{"id": id}))
}

func documentsOf(ctx context.Context, q pg.Querier, application uuid.UUID) ([]Document, error) {
	return collect(ctx, q, "read the documents", documentRow.document, documentSQL+`
			WHERE application_id = @application
			ORDER BY id`, pgx.StrictNamedArgs{"application": application})
}

func insertDocument(ctx context.Context, q pg.Querier, d Document, content []byte) error {
	err := write(ctx, q, "add a document", `
		INSERT INTO application_document (
		  id, application_id, organization_id, type, file_name, media_type, size_bytes, sha256, uploaded_by_id, created_at
		)
		VALUES (@id, @application, @organization, @type, @file_name, @media_type, @size, @sha256, @by, @now)`,
		pgx.StrictNamedArgs{
			"id": d.ID, "application": d.ApplicationID, "organization": d.OrganizationID, "type": d.Type, "file_name": d.FileName,
			"media_type": d.MediaType, "size": d.SizeBytes, "sha256": d.SHA256, "by": orNull(d.UploadedBy), "now": d.CreatedAt,
		})
	if err != nil {
		return err
	}
	return write(ctx, q, "keep a document", `
		INSERT INTO application_document_content (document_id, organization_id, content)
		VALUES (@id, @organization, @content)`,
		pgx.StrictNamedArgs{"id": d.ID, "organization": d.OrganizationID, "content": content})
}
