package accreditation

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
)

// DocumentType says what a document is.
type DocumentType string

// The types of document.
const (
	RegistrationCertificate DocumentType = "registration_certificate"
	Bylaws                  DocumentType = "bylaws"
	BoardList               DocumentType = "board_list"
	AuditedAccounts         DocumentType = "audited_accounts"
	Licence                 DocumentType = "licence"
	SafeguardingPolicy      DocumentType = "policy_safeguarding"
	OtherDocument           DocumentType = "other"
)

// MediaType is a form in which a document may come.
type MediaType string

// The forms.
const (
	PDF  MediaType = "application/pdf"
	PNG  MediaType = "image/png"
	JPEG MediaType = "image/jpeg"
	DOCX MediaType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

// MaximumDocumentBytes is the largest document: with base64 it fits a request of 1 MiB. Larger papers come in parts of one type.
const MaximumDocumentBytes = 720 << 10

// Document is a paper of an application; what it holds is read apart.
type Document struct {
	ID             uuid.UUID
	ApplicationID  uuid.UUID
	OrganizationID uuid.UUID
	Type           DocumentType
	FileName       string
	MediaType      MediaType
	SizeBytes      int
	SHA256         []byte
	UploadedBy     uuid.UUID // the account; Nil: the system
	CreatedAt      time.Time
}

func (d Document) key() (uuid.UUID, int) { return d.ID, 1 }
func (d Document) owner() uuid.UUID      { return d.OrganizationID }

// NewDocument is a paper as it is handed in.
type NewDocument struct {
	Type      DocumentType
	FileName  string
	MediaType MediaType
	Content   []byte
}

// Validate returns every fault of the document at once, as fault.Refused, or nil. What it holds must be what it says it is: its first
// bytes are looked at, and of a DOCX what is in the archive, which must hold no macros.
func (n NewDocument) Validate() error {
	var l fault.List
	if _, known := documentNames[n.Type]; !known {
		l.Add("/type", "Not a type of document.", "ليس نوعًا من الوثائق.")
	}
	if name := n.FileName; name == "" || len(name) > 200 || path.Base(strings.ReplaceAll(name, `\`, "/")) != name || strings.ContainsFunc(name, control) {
		l.Add("/file_name", "A name without a folder, of at most 200 bytes.", "اسم ملف بلا مجلد لا يزيد على 200 بايت.")
	}
	switch {
	case len(n.Content) == 0:
		l.Add("/content", "The document is empty.", "الوثيقة فارغة.")
	case len(n.Content) > MaximumDocumentBytes:
		l.Add("/content", "The document is larger than 720 KiB; send it in parts.", "حجم الوثيقة أكبر من 720 كيبيبايت، أرسلها على أجزاء.")
	case !n.MediaType.fits(n.Content):
		l.Add("/content", "What the document holds is not of the media type that it names.", "محتوى الوثيقة لا يطابق النوع المذكور.")
	}
	return l.Err()
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

var beginnings = map[MediaType][]byte{
	PDF: []byte("%PDF-"), PNG: []byte("\x89PNG\r\n\x1a\n"), JPEG: []byte("\xff\xd8\xff"), DOCX: []byte("PK\x03\x04"),
}

// fits reports whether the content begins as the type does.
func (m MediaType) fits(content []byte) bool {
	beginning, known := beginnings[m]
	if !known || !bytes.HasPrefix(content, beginning) {
		return false
	}
	return m != DOCX || wordDocument(content)
}

func wordDocument(content []byte) bool {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return false
	}
	has := func(name string) bool {
		return slices.ContainsFunc(archive.File, func(f *zip.File) bool { return strings.EqualFold(path.Base(f.Name), name) })
	}
	return has("[Content_Types].xml") && has("document.xml") && !has("vbaProject.bin")
}

func sum(content []byte) []byte {
	s := sha256.Sum256(content)
	return s[:]
}
