package referrals

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"tahweel/internal/pg"
	"tahweel/internal/sealed"
	"tahweel/policy"
)

// opened is what of a case was unsealed for one reader.
type opened struct {
	details      Details
	note         string // of the last mover who wrote one
	cancellation string // why a cancellation was requested
	errorNote    string
	inquiries    []Inquiry
}

func attemptText(id uuid.UUID, column string) sealed.Location {
	return sealed.Location{Table: "attempt", Column: column, Row: id.String()}
}

// inquiryText is where a text of the attempt's present round is sealed.
func inquiryText(a attempt, column string) sealed.Location {
	return roundText(a.ID, a.InfoRounds, column)
}

func roundText(attemptID uuid.UUID, round int, column string) sealed.Location {
	return sealed.Location{Table: "attempt_inquiry", Column: column, Row: attemptID.String() + "/" + strconv.Itoa(round)}
}

func (s *Store) keyOf(r referral) (sealed.Key, error) {
	var none sealed.Key
	if r.WrappedKey == nil {
		return none, errErased
	}
	key, err := s.keys.Unwrap(r.PersonID, r.WrappedKey)
	if err != nil {
		return none, fmt.Errorf("unwrap the key of a person: %w", err)
	}
	return key, nil
}

// sealText seals a text under the person's key, for one place; no text gives nil.
func (s *Store) sealText(r referral, at sealed.Location, text string) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	key, err := s.keyOf(r)
	if err != nil {
		return nil, err
	}
	return key.Seal(at, []byte(text))
}

// addNote seals a text that the move need not carry; without one the note before it stays.
func (s *Store) addNote(c *caseFile, text string) error {
	if text == "" {
		return nil
	}
	return s.sealNote(c, text)
}

// openTexts opens the texts of the moves that the reader may see: to a provider what was asked and answered and why it is to stop,
// while group B is open to it.
func (s *Store) openTexts(ctx context.Context, q pg.Querier, c caseFile, r reader, groups policy.Groups, into *opened) error {
	a := c.attempt
	rows, err := inquiriesFor(ctx, q, a, groups)
	if err != nil {
		return err
	}
	into.inquiries = withoutTexts(rows)
	texts := groups.Has(policy.Eligibility) && a.Status != StatusEnteredInError && (len(rows) > 0 || a.PendingCancellationText != nil)
	why := a.ErrorNote != nil && !r.recipient && !r.stranger
	if !texts && !why {
		return nil
	}
	key, err := s.keyOf(c.referral)
	if err != nil {
		return err
	}
	if why {
		if into.errorNote, err = openText(key, attemptText(a.ID, "error_note"), a.ErrorNote); err != nil {
			return err
		}
	}
	if !texts {
		return nil
	}
	if into.cancellation, err = openText(key, attemptText(a.ID, "pending_cancellation_text"), a.PendingCancellationText); err != nil {
		return err
	}
	into.inquiries, err = openInquiries(key, a.ID, rows)
	return err
}

// inquiriesFor reads the rounds of an attempt that has any, for whom B or I is open and while it is no error.
func inquiriesFor(ctx context.Context, q pg.Querier, a attempt, groups policy.Groups) ([]inquiry, error) {
	if a.InfoRounds == 0 || a.Status == StatusEnteredInError || groups&(policy.Eligibility|policy.Sender) == 0 {
		return nil, nil
	}
	return inquiriesOf(ctx, q, a.ID)
}

func withoutTexts(rows []inquiry) []Inquiry {
	var list []Inquiry
	for _, row := range rows {
		list = append(list, Inquiry{
			Round: row.Round, Items: row.Items, AskedAt: row.AskedAt, AnsweredItems: row.AnsweredItems, AnsweredAt: row.AnsweredAt,
		})
	}
	return list
}

func openInquiries(key sealed.Key, attemptID uuid.UUID, rows []inquiry) ([]Inquiry, error) {
	list := withoutTexts(rows)
	for i, row := range rows {
		var err error
		if list[i].Question, err = openText(key, roundText(attemptID, row.Round, "question"), row.Question); err != nil {
			return nil, err
		}
		if list[i].Answer, err = openText(key, roundText(attemptID, row.Round, "answer"), row.Answer); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// openText opens a sealed text; where there is none it is empty.
func openText(key sealed.Key, at sealed.Location, ciphertext []byte) (string, error) {
	if ciphertext == nil {
		return "", nil
	}
	plain, err := key.Open(at, ciphertext)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", at.Column, err)
	}
	return string(plain), nil
}
