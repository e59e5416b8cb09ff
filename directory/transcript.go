package directory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// Transcript says by what papers something was decided before the service was there, and from where it was transcribed. Days are dates.
type Transcript struct {
	LetterNumber string    // of the letter by which it was signed or told
	LetterOn     time.Time // the day of the letter
	MinuteNumber string    // of the committee that decided
	MinuteOn     time.Time
	File         string // the name of the file
	FileSHA256   []byte // of what stood in it; 32 bytes
	Sheet        string // of a workbook
	Line         int
	By           uuid.UUID // the account that answers for the file; Nil: the system
}

// Validate returns every fault of the transcript at once, as fault.Refused, or nil: without papers nothing was decided, and nothing was
// decided on a day that has not come.
func (t Transcript) Validate(today time.Time) error {
	var l fault.List
	for pointer, text := range map[string]string{"/letter_number": t.LetterNumber, "/minute_number": t.MinuteNumber} {
		if strings.TrimSpace(text) == "" {
			l.Add(pointer, "What was decided on paper has a letter and a minute, each with a number.", "لما تقرر على الورق كتاب ومحضر، ولكل منهما رقم.")
		}
	}
	for pointer, day := range map[string]time.Time{"/letter_on": t.LetterOn, "/minute_on": t.MinuteOn} {
		if day.IsZero() || day.After(today) {
			l.Add(pointer, "The paper has a day that has come.", "للورقة تاريخ قد حلّ.")
		}
	}
	return l.Err()
}

// Transcribed is what a transcript belongs to.
type Transcribed string

// What is transcribed.
const (
	TranscribedAccreditation Transcribed = "accreditation"
	TranscribedInstrument    Transcribed = "instrument"
)

// WriteTranscript keeps the transcript of what was just written, in the transaction of q, which is the system's; it stands in the
// history of the one from then on.
func WriteTranscript(ctx context.Context, q pg.Querier, of Transcribed, id, organization uuid.UUID, t Transcript, now time.Time) error {
	_, err := q.Exec(ctx, `
		INSERT INTO `+string(of)+`_paper (
		  `+string(of)+`_id, organization_id, letter_number, letter_on, minute_number, minute_on, file_name, file_sha256, sheet, line, account_id, created_at
		) VALUES (
		  @id, @organization, @letter, @letter_on, @minute, @minute_on, @file, @sha256, @sheet, @line, @account, @now
		)`,
		pgx.StrictNamedArgs{
			"id": id, "organization": organization, "letter": t.LetterNumber, "letter_on": t.LetterOn, "minute": t.MinuteNumber, "minute_on": t.MinuteOn,
			"file": t.File, "sha256": t.FileSHA256, "sheet": t.Sheet, "line": t.Line, "account": idOrNull(t.By), "now": now,
		})
	if err != nil {
		return fmt.Errorf("keep the papers: %w", err)
	}
	return nil
}

type transcriptRow struct {
	LetterNumber string
	LetterOn     time.Time
	MinuteNumber string
	MinuteOn     time.Time
	FileName     string
	FileSha256   []byte
	Sheet        string
	Line         int
	AccountID    *uuid.UUID
}

func (r transcriptRow) transcript() Transcript {
	return Transcript{
		LetterNumber: r.LetterNumber, LetterOn: r.LetterOn, MinuteNumber: r.MinuteNumber, MinuteOn: r.MinuteOn, File: r.FileName,
		FileSHA256: r.FileSha256, Sheet: r.Sheet, Line: r.Line, By: orNil(r.AccountID),
	}
}

// TranscriptOf reads the transcript, or fails with fault.NotFound for what was not transcribed.
func TranscriptOf(ctx context.Context, q pg.Querier, of Transcribed, id uuid.UUID) (Transcript, error) {
	t, err := one(ctx, q, "read the papers", transcriptRow.transcript, `
		SELECT letter_number, letter_on, minute_number, minute_on, file_name, file_sha256, sheet, line, account_id
		FROM `+string(of)+`_paper
		WHERE `+string(of)+`_id = @id`, pgx.StrictNamedArgs{"id": id})
	return t, pg.Translate(err)
}
