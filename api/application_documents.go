package api

import (
	"context"
	"encoding/hex"
	"mime"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory/accreditation"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// ApplicationDocument is a paper of an application, without what it holds.
type ApplicationDocument struct {
	ID            uuid.UUID  `json:"id" format:"uuid"`
	ApplicationID uuid.UUID  `json:"application_id" format:"uuid"`
	Type          string     `json:"type" example:"bylaws"`
	FileName      string     `json:"file_name" example:"bylaws.pdf"`
	MediaType     string     `json:"media_type" example:"application/pdf"`
	SizeBytes     int        `json:"size_bytes" example:"48213"`
	SHA256        string     `json:"sha256" doc:"Of what it holds, in hexadecimal."`
	UploadedBy    *uuid.UUID `json:"uploaded_by,omitempty" format:"uuid"`
	CreatedAt     time.Time  `json:"created_at"`
}

// NewApplicationDocument is a paper as it is handed in.
type NewApplicationDocument struct {
	Type      string `json:"type" enum:"registration_certificate,bylaws,board_list,audited_accounts,licence,policy_safeguarding,other"`
	FileName  string `json:"file_name" minLength:"1" maxLength:"200" example:"bylaws.pdf" doc:"Without a folder."`
	MediaType string `json:"media_type" enum:"application/pdf,image/png,image/jpeg,application/vnd.openxmlformats-officedocument.wordprocessingml.document" doc:"What it holds must be that."`
	Content   []byte `json:"content" minLength:"1" doc:"In base64, at most 720 KiB before it; larger papers come in parts of one type."`
}

// documentContent is a paper as it was handed in, to be kept and not shown.
type documentContent struct {
	Type        string `header:"Content-Type" hidden:"true"`
	Disposition string `header:"Content-Disposition" doc:"An attachment with the file's name."`
	Body        []byte
}

func documentOf(d accreditation.Document) (uuid.UUID, int, ApplicationDocument) {
	return d.ID, 1, ApplicationDocument{
		ID: d.ID, ApplicationID: d.ApplicationID, Type: string(d.Type), FileName: d.FileName, MediaType: string(d.MediaType), SizeBytes: d.SizeBytes,
		SHA256: hex.EncodeToString(d.SHA256), UploadedBy: idOrNil(d.UploadedBy), CreatedAt: utc(d.CreatedAt),
	}
}

// octets is the type of what is to be saved and not shown.
const octets = "application/octet-stream"

func within(in *withinInput) (Paged, accreditation.Filter) {
	return in.Paged, accreditation.Filter{ApplicationID: in.ID}
}

func (s *shell) applicationDocuments(store *accreditation.Store) {
	const tag, path = "applications", "/v1/applications/{id}/documents"
	registerList(s, operation{
		id: "list-application-documents", path: path, tag: tag, summary: "List the documents of an application", description: "Without what they hold. " + applicationSeenBy,
		response: List[ApplicationDocument]{Items: []ApplicationDocument{exampleDocument}},
	}, within, store.Documents, documentOf)
	registerAdd(s, operation{
		id: "add-application-document", path: path, tag: tag, scope: "directory.write", summary: "Add a document to an application",
		description: "Until the application is complete. A document is PDF, PNG, JPEG or DOCX without macros. " + applicant,
		request:     NewApplicationDocument{Type: "licence", FileName: "licence.pdf", MediaType: "application/pdf", Content: []byte("%PDF-1.7\n% Example\n")}, response: exampleDocument,
	}, func(ctx context.Context, a policy.Actor, id uuid.UUID, b NewApplicationDocument, once pg.Once) (accreditation.Written[accreditation.Document], error) {
		return store.AddDocument(ctx, a, id, accreditation.NewDocument{
			Type: accreditation.DocumentType(b.Type), FileName: b.FileName, MediaType: accreditation.MediaType(b.MediaType), Content: b.Content,
		}, once)
	}, documentOf)
	register(s, operation{
		id: "get-application-document-content", method: http.MethodGet, path: "/v1/application-documents/{id}/content", tag: tag, scope: "directory.read",
		summary: "Fetch a document", description: "As it was handed in, as an attachment. " + applicationSeenBy, media: octets,
	}, func(ctx context.Context, in *struct {
		ID uuid.UUID `path:"id" format:"uuid" doc:"Of the document."`
	}) (*documentContent, error) {
		d, content, err := store.DocumentContent(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		// No browser shows it here, whatever it may hold: it is bytes to be saved.
		disposition := mime.FormatMediaType("attachment", map[string]string{"filename": d.FileName})
		return &documentContent{Type: octets, Disposition: disposition, Body: content}, nil
	})
}

var exampleDocument = ApplicationDocument{
	ID: exampleDocumentID, ApplicationID: exampleApplicationID, Type: "licence", FileName: "licence.pdf", MediaType: "application/pdf", SizeBytes: 19,
	SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", CreatedAt: exampleTime,
}
