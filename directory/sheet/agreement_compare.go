package sheet

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/mou"
)

// compare looks whether the database has the agreement already. done says that there is nothing to enter; with a code it is left out.
func (a *agreeing) compare(ctx context.Context, g *agreement, terms []agreementTerm) (code string, columns []string, done bool, err error) {
	have := a.parties.standing[g.form][normal(g.head.Number)]
	number := []string{numberColumn[g.form]}
	for _, s := range have {
		if s.organization != g.head.Organization {
			return "number_of_another", number, true, nil
		}
	}
	if len(have) == 0 {
		return "", nil, false, nil
	}
	id := have[len(have)-1].id // of several the youngest: an appeal gives an accreditation anew under its number
	if g.form == formInstrument && len(have) > 1 {
		return "number_ambiguous", number, true, nil
	}
	var status string
	var differs []string
	if g.form == formAccreditation {
		status, differs, err = a.standingAccreditation(ctx, g, terms, id)
	} else {
		status, differs, err = a.standingInstrument(ctx, g, terms, id)
	}
	switch {
	case err != nil:
		return "", nil, true, err
	case status == "draft" || status == "proposed" || status == "signed":
		return "on_its_way", number, true, nil
	case len(differs) > 0:
		return "differs_in_force", differs, true, nil
	}
	a.tellUnchanged(g, status)
	return "", nil, true, nil
}

// tellUnchanged settles the rows of what stands already. A stop that the database knows and the file does not, or the other way round, is
// no other agreement, but it is told.
func (a *agreeing) tellUnchanged(g *agreement, status string) {
	here := status == "suspended" || status == "terminated" || status == "revoked"
	switch {
	case g.head.stopped() && !here && status != "expired":
		a.note(a.rows[g.rows[0]].Place, "status", "not_stopped_here")
	case !g.head.stopped() && here:
		a.note(a.rows[g.rows[0]].Place, "status", "stopped_here")
	}
	a.settleAll(g, Unchanged, phrases["stands"].sentence(nil))
}

func (a *agreeing) standingAccreditation(ctx context.Context, g *agreement, terms []agreementTerm, id uuid.UUID) (string, []string, error) {
	was, err := directory.AccreditationByID(ctx, a.q, id)
	if err != nil {
		return "", nil, err
	}
	scope, err := accreditation.ScopeOf(ctx, a.q, id)
	if err != nil {
		return "", nil, err
	}
	d := differences{}
	d.days(was.ValidFrom, was.ValidTo, g.head)
	d.note("needs", slices.Equal(scope, scopeOf(terms)))
	err = a.papers(ctx, &d, directory.TranscribedAccreditation, id, g)
	return string(was.Status), d.columns, err
}

func (a *agreeing) standingInstrument(ctx context.Context, g *agreement, terms []agreementTerm, id uuid.UUID) (string, []string, error) {
	was, err := mou.Whole(ctx, a.q, id, a.now)
	if err != nil {
		return "", nil, err
	}
	h, d := g.head, differences{}
	d.days(was.ValidFrom, was.ValidTo, h)
	d.note("memorandum_kind", string(was.Kind) == cmp.Or(h.Kind, string(mou.Memorandum)))
	d.note("letter_number", was.LetterNumber == "" || was.LetterNumber == h.LetterNumber)
	d.note("onward_sharing", string(was.OnwardSharing) == cmp.Or(h.Sharing, string(mou.NoSharing)))
	d.note("retention_days", was.RetentionDays == cmp.Or(h.RetentionDays, 1825))
	d.note("breach_notice_hours", was.BreachNoticeHours == cmp.Or(h.BreachHours, 24))
	d.note("document_sha256", h.Document == "" || was.DocumentSHA256 == nil || hex.EncodeToString(was.DocumentSHA256) == h.Document)
	mine, simple := termsBack(was.Terms)
	switch {
	case !simple:
		d.note("", false)
	case !slices.Equal(keys(mine), keys(terms)):
		d.columns = append(d.columns, termColumns(mine, terms)...)
	}
	err = a.papers(ctx, &d, directory.TranscribedInstrument, id, g)
	return string(was.Status), d.columns, err
}

// papers compares the letter and the minute with those of the first transcription, if the agreement was transcribed.
func (a *agreeing) papers(ctx context.Context, d *differences, of directory.Transcribed, id uuid.UUID, g *agreement) error {
	was, err := directory.TranscriptOf(ctx, a.q, of, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	h := g.head
	d.note("letter_number", was.LetterNumber == h.LetterNumber)
	d.note("letter_on", was.LetterOn.Equal(dayOf(h.LetterOn)))
	d.note("minute_number", was.MinuteNumber == h.MinuteNumber)
	d.note("minute_on", was.MinuteOn.Equal(dayOf(h.MinuteOn)))
	return err
}

// differences are the columns in which the file says other than the database.
type differences struct{ columns []string }

func (d *differences) note(column string, same bool) {
	if !same && !slices.Contains(d.columns, column) {
		d.columns = append(d.columns, column)
	}
}

func (d *differences) days(from, to time.Time, h agreementHead) {
	d.note("valid_from", from.Equal(dayOf(h.From)))
	d.note("valid_to", to.Equal(dayOf(h.To)))
}

// termColumns are the columns in which two lists of terms differ; the needs if it is only how they hang together.
func termColumns(x, y []agreementTerm) (columns []string) {
	for _, part := range []struct {
		column string
		of     func(agreementTerm) string
	}{
		{"needs", func(t agreementTerm) string { return fmt.Sprint(t.Needs) }}, {"governorates", func(t agreementTerm) string { return fmt.Sprint(t.Governorates) }},
		{"directorates", func(t agreementTerm) string { return fmt.Sprint(t.Directorates) }}, {"target_groups", func(t agreementTerm) string { return fmt.Sprint(t.Groups) }},
		{"max_tier", func(t agreementTerm) string { return fmt.Sprint(t.MaxTier) }}, {"grants", func(t agreementTerm) string { return t.Grants.String() }},
		{"quota_open", func(t agreementTerm) string { return fmt.Sprint(t.QuotaOpen) }}, {"quota_month", func(t agreementTerm) string { return fmt.Sprint(t.QuotaMonth) }},
	} {
		if !slices.Equal(projected(x, part.of), projected(y, part.of)) {
			columns = append(columns, part.column)
		}
	}
	if len(columns) == 0 {
		return []string{"needs"}
	}
	return columns
}

func projected(terms []agreementTerm, of func(agreementTerm) string) []string {
	out := make([]string, len(terms))
	for i, t := range terms {
		out[i] = of(t)
	}
	slices.Sort(out)
	return out
}

// termsBack are the terms of an instrument as a file would say them; simple is false if it could not.
func termsBack(terms []mou.Term) (out []agreementTerm, simple bool) {
	for _, t := range terms {
		back := agreementTerm{
			Needs: sorted(t.Needs), Governorates: sorted(t.Governorates), Groups: sorted(t.TargetGroups), Directorates: slices.Clone(t.Directorates),
			MaxTier: t.MaxTier, Grants: t.Grants,
		}
		slices.SortFunc(back.Directorates, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
		for _, q := range t.Quotas {
			switch {
			case q.DirectorateID == nil && q.Period == mou.Open && back.QuotaOpen == 0:
				back.QuotaOpen = q.Cap
			case q.DirectorateID == nil && q.Period == mou.Month && back.QuotaMonth == 0:
				back.QuotaMonth = q.Cap
			default:
				return nil, false
			}
		}
		if len(t.Purposes) > 1 || len(t.Purposes) == 1 && t.Purposes[0] != "service_provision" {
			return nil, false
		}
		out = append(out, back)
	}
	return out, true
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
