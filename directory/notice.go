package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// Notice is what an organization is told of its accreditation, in words.
type Notice struct {
	ID              uuid.UUID
	OrganizationID  uuid.UUID
	ApplicationID   uuid.UUID // Nil: about none
	AccreditationID uuid.UUID // Nil: about none
	Kind            string    // invited, returned, decided, suspend …: what it is about, for programs
	LetterNumber    string    // empty: there is no letter
	Text            Name
	CreatedAt       time.Time
}

// Notify writes a notice in the transaction of what it tells of.
func Notify(ctx context.Context, q pg.Querier, n Notice, now time.Time) error {
	if err := identify(&n.ID); err != nil {
		return err
	}
	_, err := q.Exec(ctx, `
		INSERT INTO accreditation_notice (id, organization_id, application_id, accreditation_id, kind, letter_number, text_ar, text_en, created_at)
		VALUES (@id, @organization, @application, @accreditation, @kind, @letter, @text_ar, @text_en, @now)`,
		pgx.StrictNamedArgs{
			"id": n.ID, "organization": n.OrganizationID, "application": idOrNull(n.ApplicationID), "accreditation": idOrNull(n.AccreditationID),
			"kind": n.Kind, "letter": n.LetterNumber, "text_ar": n.Text.AR, "text_en": n.Text.EN, "now": now,
		})
	if err != nil {
		return fmt.Errorf("write a notice: %w", err)
	}
	return nil
}

// moveTexts are what an organization is told when its accreditation is moved.
var moveTexts = map[AccreditationEvent]fault.Sentence{
	Reject: {
		AR: "رُفض طلب اعتماد منظمتكم. يمكنكم تقديم طلب جديد.",
		EN: "The application of your organization for accreditation is rejected. You may apply anew.",
	},
	Suspend: {
		AR: "أُوقف اعتماد منظمتكم. لا تُرسل إليكم إحالات جديدة ما دام الإيقاف قائمًا.",
		EN: "The accreditation of your organization is suspended. No new referrals are sent to you while it is.",
	},
	Reinstate: {AR: "انتهى إيقاف اعتماد منظمتكم، وهو سارٍ من جديد.", EN: "The suspension has ended; the accreditation of your organization is in force again."},
	Revoke: {
		AR: "سُحب اعتماد منظمتكم. يمكنكم الاعتراض على القرار.",
		EN: "The accreditation of your organization is revoked. You may appeal against the decision.",
	},
	Expire: {AR: "انتهت مدة اعتماد منظمتكم.", EN: "The accreditation of your organization has run out."},
}

// Words say to the organization what was granted.
func (g Grant) Words() fault.Sentence {
	until := g.ValidTo.Format(time.DateOnly)
	return fault.Sentence{
		AR: "اعتُمدت منظمتكم بالرقم " + g.Number + " حتى " + until + ".",
		EN: "Your organization is accredited under number " + g.Number + " until " + until + ".",
	}
}

// notify tells the organization of a move that touches it; a decision on an application has a notice of its own.
func (a Accreditation) notify(ctx context.Context, q pg.Querier, m AccreditationMove, now time.Time) error {
	text, told := moveTexts[m.Event]
	if m.Event == Accredit {
		text, told = a.Words(), true
	}
	if !told || m.Before || m.decided {
		return nil
	}
	if m.Reason != "" {
		text.AR += " السبب: " + m.Reason
		text.EN += " The reason: " + m.Reason
	}
	return Notify(ctx, q, Notice{
		OrganizationID: a.OrganizationID, AccreditationID: a.ID, Kind: string(m.Event), LetterNumber: m.LetterNumber, Text: Name(text),
	}, now)
}
