package sheet

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/mou"
)

// enterAll enters the agreements: the accreditations first, for memoranda rest on them, and the older ones first, so that of an
// organization's accreditations the one that has run out makes room for the one in force.
func (a *agreeing) enterAll(ctx context.Context) error {
	slices.SortStableFunc(a.order, func(x, y *agreement) int {
		return cmp.Or(cmp.Compare(x.form, y.form), cmp.Compare(x.from, y.from))
	})
	for _, g := range a.order {
		if err := a.enter(ctx, g); err != nil {
			return err
		}
	}
	for i := range a.rows {
		if a.rows[i].outcome == "" {
			a.rows[i].outcome = Skipped
		}
	}
	return nil
}

func (a *agreeing) enter(ctx context.Context, g *agreement) error {
	var terms []agreementTerm
	if g.broken == 0 {
		said, err := a.laid(ctx, g)
		if err != nil {
			return err
		}
		g.head = said[0].agreementHead
		terms = a.terms(g, said)
	}
	if g.broken != 0 {
		for _, row := range g.rows {
			if a.rows[row].outcome == "" {
				a.skip(row, "", "agreement_skipped", g.broken)
			}
		}
		return nil
	}
	code, columns, done, err := a.compare(ctx, g, terms)
	if err != nil || done {
		if err == nil && code != "" {
			a.skipAll(g, code, columns)
		}
		return err
	}
	said, err := a.write(ctx, g, terms)
	if err == nil && said != (fault.Sentence{}) {
		a.settleAll(g, Created, said)
	}
	return err
}

// skipAll leaves an agreement out; the findings stand at its first row.
func (a *agreeing) skipAll(g *agreement, code string, columns []string) {
	for _, column := range columns {
		a.note(a.rows[g.rows[0]].Place, column, code)
	}
	for _, row := range g.rows {
		a.rows[row].outcome = Skipped
	}
}

// settleAll tells the rows of an agreement what became of it. A row that was left out because it repeats another stays so.
func (a *agreeing) settleAll(g *agreement, o Outcome, said fault.Sentence) {
	for _, row := range g.rows {
		if a.rows[row].outcome == "" {
			a.rows[row].outcome, a.told[row] = o, said
		}
	}
}

// laid reads the rows of an agreement, as they were laid down.
func (a *agreeing) laid(ctx context.Context, g *agreement) ([]agreementRow, error) {
	laid, err := a.stage.read(ctx, g.rows)
	if err != nil {
		return nil, err
	}
	out := make([]agreementRow, len(g.rows))
	for i, row := range g.rows {
		encoded, err := json.Marshal(laid[row])
		if err == nil {
			err = json.Unmarshal(encoded, &out[i])
		}
		if err != nil {
			return nil, fmt.Errorf("import agreements: %w", err)
		}
	}
	return out, nil
}

// terms are what the rows of an agreement say for themselves. A row that says the same as one above it was copied, and is left out; one
// that contradicts the first breaks the agreement.
func (a *agreeing) terms(g *agreement, said []agreementRow) (out []agreementTerm) {
	lines := map[string]int{}
	for i, row := range g.rows {
		if columns := g.head.disagree(said[i].agreementHead); len(columns) > 0 {
			for _, column := range columns {
				a.skip(row, column, "rows_disagree")
			}
			g.broken = cmp.Or(g.broken, said[i].Line)
			continue
		}
		k := said[i].agreementTerm.key()
		if line, twice := lines[k]; twice {
			a.skip(row, "", "same_row", line)
			continue
		}
		lines[k] = said[i].Line
		out = append(out, said[i].agreementTerm)
	}
	return out
}

func (t agreementTerm) key() string {
	return fmt.Sprintf("%q %q %q %v %d %s %d %d", t.Needs, t.Governorates, t.Groups, t.Directorates, t.MaxTier, t.Grants, t.QuotaOpen, t.QuotaMonth)
}

// keys are those of the terms, in their own order: how rows stand in a file means nothing.
func keys(terms []agreementTerm) []string {
	out := make([]string, len(terms))
	for i, t := range terms {
		out[i] = t.key()
	}
	slices.Sort(out)
	return out
}

// write enters the agreement behind a savepoint. An empty sentence says that a rule refused it, which was noted.
func (a *agreeing) write(ctx context.Context, g *agreement, terms []agreementTerm) (fault.Sentence, error) {
	if _, err := a.q.Exec(ctx, "SAVEPOINT agreement"); err != nil {
		return fault.Sentence{}, fmt.Errorf("import agreements: %w", err)
	}
	transcribe := a.instrument
	if g.form == formAccreditation {
		transcribe = a.accreditation
	}
	said, err := transcribe(ctx, g, terms)
	if err == nil {
		_, err = a.q.Exec(ctx, "RELEASE SAVEPOINT agreement")
		return said, err
	}
	var refusal *fault.Error
	if err = pg.Translate(err); ctx.Err() != nil || !errors.As(err, &refusal) || refusal.Kind == fault.Internal || refusal.Kind == fault.Unavailable {
		return fault.Sentence{}, err
	}
	if _, err := a.q.Exec(ctx, "ROLLBACK TO SAVEPOINT agreement"); err != nil {
		return fault.Sentence{}, fmt.Errorf("import agreements: %w", err)
	}
	a.refuse(g, refusal)
	return fault.Sentence{}, nil
}

// refuse notes why a rule refused the agreement, field by field if the refusal names fields.
func (a *agreeing) refuse(g *agreement, f *fault.Error) {
	at := a.rows[g.rows[0]].Place
	if len(f.Fields) == 0 {
		a.find(Finding{Place: at, Severity: Error, Code: f.Code, Sentence: f.Detail})
	}
	for _, field := range f.Fields {
		a.find(Finding{Place: at, Column: strings.TrimPrefix(field.Pointer, "/"), Severity: Error, Code: "value_refused", Sentence: field.Detail})
	}
	for _, row := range g.rows {
		a.rows[row].outcome = Skipped
	}
}

func (a *agreeing) transcript(g *agreement) directory.Transcript {
	at, h := a.rows[g.rows[0]].Place, g.head
	return directory.Transcript{
		LetterNumber: h.LetterNumber, LetterOn: dayOf(h.LetterOn), MinuteNumber: h.MinuteNumber, MinuteOn: dayOf(h.MinuteOn),
		File: at.File, FileSHA256: a.sha256, Sheet: at.Sheet, Line: at.Line, By: a.actor.AccountID,
	}
}

// dayOf is a day that was read before.
func dayOf(s string) time.Time {
	d, _ := time.Parse(time.DateOnly, s)
	return d
}

func (a *agreeing) accreditation(ctx context.Context, g *agreement, terms []agreementTerm) (fault.Sentence, error) {
	h := g.head
	stops := map[string]directory.AccreditationStatus{"suspended": directory.Suspended, "ended": directory.Revoked}
	given := accreditation.Granted{
		OrganizationID: h.Organization, Grant: directory.Grant{Number: h.Number, ValidFrom: dayOf(h.From), ValidTo: dayOf(h.To)}, Scope: scopeOf(terms),
		Stopped: stops[h.Status], Reason: h.Reason, Transcript: a.transcript(g),
	}
	entered, err := accreditation.Transcribe(ctx, a.q, a.actor, given, a.now)
	return a.where(string(entered.Status), h), err
}

func scopeOf(terms []agreementTerm) []accreditation.Scope {
	var out []accreditation.Scope
	for _, t := range terms {
		for _, need := range t.Needs {
			for _, governorate := range t.Governorates {
				if s := (accreditation.Scope{Need: need, Governorate: governorate}); !slices.Contains(out, s) {
					out = append(out, s)
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y accreditation.Scope) int {
		return cmp.Or(strings.Compare(x.Need, y.Need), strings.Compare(x.Governorate, y.Governorate))
	})
	return out
}

func (a *agreeing) instrument(ctx context.Context, g *agreement, terms []agreementTerm) (fault.Sentence, error) {
	h := g.head
	stops := map[string]mou.Status{"suspended": mou.Suspended, "ended": mou.Terminated}
	agreed := mou.Agreed{
		Instrument: mou.Instrument{
			OrganizationID: h.Organization, Kind: mou.Kind(cmp.Or(h.Kind, string(mou.Memorandum))), Number: h.Number, ValidFrom: dayOf(h.From), ValidTo: dayOf(h.To),
			OnwardSharing: mou.OnwardSharing(h.Sharing), RetentionDays: h.RetentionDays, BreachNoticeHours: h.BreachHours, Terms: termsOf(terms),
		},
		Stopped: stops[h.Status], Reason: h.Reason, Transcript: a.transcript(g),
	}
	if h.Document != "" {
		agreed.DocumentSHA256, _ = hex.DecodeString(h.Document) // it was read before
	}
	entered, err := mou.Transcribe(ctx, a.q, a.actor, agreed, a.now)
	if err != nil {
		return fault.Sentence{}, err
	}
	return a.where(string(entered.Status), h), a.warnOfNoEffect(ctx, g, entered)
}

func termsOf(terms []agreementTerm) []mou.Term {
	out := make([]mou.Term, len(terms))
	for i, t := range terms {
		out[i] = mou.Term{
			Directorates: t.Directorates, Needs: t.Needs, Governorates: t.Governorates, TargetGroups: t.Groups, MaxTier: t.MaxTier, Grants: t.Grants,
		}
		if t.QuotaOpen > 0 {
			out[i].Quotas = append(out[i].Quotas, mou.Quota{Period: mou.Open, Cap: t.QuotaOpen})
		}
		if t.QuotaMonth > 0 {
			out[i].Quotas = append(out[i].Quotas, mou.Quota{Period: mou.Month, Cap: t.QuotaMonth})
		}
	}
	return out
}

// warnOfNoEffect notes that nothing can be sent under an instrument in force, because its organization is not accredited or is listed for
// information alone.
func (a *agreeing) warnOfNoEffect(ctx context.Context, g *agreement, in mou.Instrument) error {
	if in.Status != mou.InForce {
		return nil
	}
	var accredited, open bool
	err := a.q.QueryRow(ctx, `
		SELECT NOT tahweel_needs_accreditation(o.kind) OR EXISTS (
		         SELECT FROM accreditation AS acc
		         WHERE acc.organization_id = o.id AND acc.status = 'accredited' AND acc.valid_to >= @today AND acc.valid_from <= greatest(@from, @today)
		       ),
		       NOT o.information_only AND o.status = 'active'
		FROM organization AS o
		WHERE o.id = @id`, pgx.StrictNamedArgs{"id": in.OrganizationID, "today": a.today, "from": in.ValidFrom}).Scan(&accredited, &open)
	if err != nil {
		return fmt.Errorf("import agreements: look at the organization: %w", err)
	}
	at := a.rows[g.rows[0]].Place
	if !accredited {
		a.note(at, "organization_name_ar", "not_accredited")
	}
	if !open {
		a.note(at, "organization_name_ar", "for_information_only")
	}
	return nil
}

// where says where an agreement is now.
func (a *agreeing) where(status string, h agreementHead) fault.Sentence {
	switch status {
	case "in_force", "accredited":
		if h.From > a.today.Format(time.DateOnly) {
			return phrases["enters_later"].sentence([]any{h.From, h.To})
		}
		return phrases["enters"].sentence([]any{h.To})
	case "expired":
		return phrases["enters_expired"].sentence([]any{h.To})
	case "suspended":
		return phrases["enters_suspended"].sentence(nil)
	}
	return phrases["enters_ended"].sentence(nil)
}
