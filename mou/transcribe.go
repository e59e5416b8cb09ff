package mou

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Agreed is an instrument that was signed on paper before the service was there.
type Agreed struct {
	Instrument     Instrument
	DocumentSHA256 []byte // of the scanned document, 32 bytes; nil: there is none
	Stopped        Status // Suspended or Terminated; empty: neither
	Reason         string // of the stop
	Transcript     directory.Transcript
}

// Transcribe enters an instrument that was agreed on paper, in the transaction of q, which is the system's: as a draft, proposed, signed
// by its letter, in force, and further to where its days and its papers have it. Nobody drafts or signs it here; who answers for the file
// stands in its history. It fails with fault.Forbidden unless the actor is the system, with fault.Refused if a field breaks a rule or
// without a letter and a committee's minute (docs/adr/0021), and with fault.Impossible if the number is taken.
func Transcribe(ctx context.Context, q pg.Querier, actor policy.Actor, a Agreed, now time.Time) (Instrument, error) {
	if actor.Kind != policy.System {
		return Instrument{}, policy.RoleForbids(policy.Sign, policy.ClassInstrument)
	}
	if err := a.validate(geo.Today(now)); err != nil {
		return Instrument{}, err
	}
	system := policy.TheSystem()
	in := a.Instrument
	in.ID, in.Supersedes, in.TermsVersion, in.Cleared = uuid.Nil, nil, 1, nil
	in, err := draft(ctx, q, system, in, now)
	if err != nil {
		return Instrument{}, err
	}
	terms := in.Terms
	for _, t := range a.way(geo.Today(now)) {
		if in, err = step(ctx, q, system, Move{ID: in.ID, Version: in.Version}, t, a.papers(t), now); err != nil {
			return Instrument{}, err
		}
	}
	in.Terms = terms
	if err := directory.WriteTranscript(ctx, q, directory.TranscribedInstrument, in.ID, in.OrganizationID, a.Transcript, now); err != nil {
		return Instrument{}, err
	}
	return in, record(ctx, q, actor, "transcribe", in, now)
}

// papers are those of one of the moves.
func (a Agreed) papers(t Transition) papers {
	switch t {
	case Sign:
		return papers{loaded: true, LetterNumber: a.Transcript.LetterNumber, DocumentSHA256: a.DocumentSHA256, signedAt: a.Transcript.LetterOn}
	case Suspend, Terminate:
		return papers{loaded: true, Kind: Administrative, Reason: a.Reason}
	default:
		return papers{loaded: true}
	}
}

func (a Agreed) validate(today time.Time) error {
	var l fault.List
	for _, err := range []error{a.Instrument.Validate(), a.Transcript.Validate(today)} {
		var refusal *fault.Error
		if errors.As(err, &refusal) {
			for _, f := range refusal.Fields {
				l.Add(f.Pointer, f.Detail.EN, f.Detail.AR)
			}
		}
	}
	if a.DocumentSHA256 != nil && len(a.DocumentSHA256) != 32 {
		l.Add("/document_sha256", "A SHA-256 hash has 32 bytes.", "بصمة SHA-256 تتكون من 32 بايت.")
	}
	if a.Stopped != "" {
		if a.Stopped != Suspended && a.Stopped != Terminated {
			l.Add("/status", "A stop is suspended or terminated.", "الإيقاف suspended أو الإنهاء terminated.")
		}
		requireReason(&l, strings.TrimSpace(a.Reason))
	}
	return l.Err()
}

// way are the moves from the draft to where the instrument is today. What begins later is in force too: what asks looks at the day.
func (a Agreed) way(today time.Time) []Transition {
	moves := []Transition{Propose, Sign, EnterIntoForce}
	switch {
	case a.Stopped == Terminated:
		return append(moves, Terminate)
	case today.After(a.Instrument.ValidTo):
		return append(moves, Expire)
	case a.Stopped == Suspended:
		return append(moves, Suspend)
	}
	return moves
}

// Whole reads an instrument with its terms in the transaction of q, as row-level security shows it, for who has asked whether the actor
// may. It fails with fault.NotFound.
func Whole(ctx context.Context, q pg.Querier, id uuid.UUID, now time.Time) (Instrument, error) {
	return whole(ctx, q, id, now)
}
