package sheet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// agreementSheets are what the sheets of the template are called; an import knows the form of a sheet by it.
var agreementSheets = [forms]fault.Sentence{{EN: "Accreditations", AR: "الاعتمادات"}, {EN: "Memoranda", AR: "المذكرات"}}

// AgreementTemplate writes an empty workbook for ImportAgreements, with a sheet that explains its columns and lists the codes that this
// service knows. It fails with fault.Forbidden unless the actor is the system.
func (s *Store) AgreementTemplate(ctx context.Context, actor policy.Actor, language string, out io.Writer) (err error) {
	if actor.Kind != policy.System {
		return policy.RoleForbids(policy.Manage, policy.ClassInstrument)
	}
	var codes [][]any
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		codes, err = knownCodes(ctx, q)
		return err
	})
	if err != nil {
		return err
	}
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	for f := range forms {
		if err := agreementSheet(book, f, language); err != nil {
			return fmt.Errorf("write the template: %w", err)
		}
	}
	if err := agreementInstructions(book, codes); err != nil {
		return fmt.Errorf("write the template: %w", err)
	}
	return book.Write(out)
}

func agreementSheet(book *excelize.File, f form, language string) error {
	name := agreementSheets[f].In(language)
	if f == formAccreditation {
		if err := book.SetSheetName("Sheet1", name); err != nil {
			return err
		}
	} else if _, err := book.NewSheet(name); err != nil {
		return err
	}
	rightToLeft := language == "ar"
	if err := book.SetSheetView(name, 0, &excelize.ViewOptions{RightToLeft: &rightToLeft}); err != nil {
		return err
	}
	var headings []any
	for _, c := range agreementColumnsOf(f) {
		heading := c.key
		if language == "ar" {
			heading = c.arabic
		}
		headings = append(headings, heading)
	}
	return book.SetSheetRow(name, "A1", &headings)
}

func agreementInstructions(book *excelize.File, codes [][]any) error {
	if _, err := book.NewSheet(instructionsSheet); err != nil {
		return err
	}
	lines := [][]any{{"column", "العمود", "example / مثال", "sheet / الورقة"}}
	for _, c := range agreementColumns {
		sheets := ""
		if len(c.of) == 1 {
			sheets = agreementSheets[c.of[0]].EN + " / " + agreementSheets[c.of[0]].AR
		}
		lines = append(lines, []any{c.key, c.arabic, c.example, sheets})
	}
	for i, line := range append(lines, codes...) {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := book.SetSheetRow(instructionsSheet, cell, &line); err != nil {
			return err
		}
	}
	return nil
}

// groupWords say what the letters of the sealed groups stand for (package policy).
var groupWords = []struct{ letter, en, ar string }{
	{"C", "Identity: names, document, date of birth", "الهوية: الأسماء والوثيقة وتاريخ الميلاد"},
	{"D", "Contact: telephones, address", "الاتصال: الهواتف والعنوان"},
	{"E", "Narrative: need, strengths, story", "السرد: الحاجة ومواطن القوة والقصة"},
	{"F", "Household: members and relations", "الأسرة: أفرادها وصلاتهم"},
	{"G", "Sensitive: diagnosis, legal status, violence", "البيانات الحساسة: التشخيص والوضع القانوني والعنف"},
	{"H", "Attachments", "المرفقات"},
}

// knownCodes are the lines that list what may stand in a cell.
func knownCodes(ctx context.Context, q pg.Querier) ([][]any, error) {
	list := func(column string) []any { return []any{"", column} }
	out := [][]any{{}, list("needs")}
	for _, n := range directory.Needs() {
		out = append(out, []any{n.Code, n.Name.AR, n.Name.EN})
	}
	for _, t := range []struct{ column, table string }{{"governorates", "governorate"}, {"directorates", "directorate"}} {
		out = append(out, []any{}, list(t.column))
		rows, err := q.Query(ctx, `
		SELECT code, name_ar, name_en
		FROM `+t.table+`
		ORDER BY code`)
		if err != nil {
			return nil, fmt.Errorf("read the codes: %w", err)
		}
		var code, ar, en string
		if _, err := pgx.ForEachRow(rows, []any{&code, &ar, &en}, func() error { out = append(out, []any{code, ar, en}); return nil }); err != nil {
			return nil, fmt.Errorf("read the codes: %w", err)
		}
	}
	out = append(out, []any{}, list("target_groups"))
	for _, code := range directory.TargetGroups() {
		name := directory.TargetGroupName(code)
		out = append(out, []any{code, name.AR, name.EN})
	}
	out = append(out, []any{}, list("grants"))
	for _, g := range groupWords {
		out = append(out, []any{g.letter, g.ar, g.en})
	}
	for _, words := range []struct {
		column string
		values map[string]string
	}{{"memorandum_kind", kindWords}, {"onward_sharing", sharingWords}, {"status", statusWords}} {
		out = append(out, []any{}, list(words.column))
		for _, value := range sortedValues(words.values) {
			out = append(out, []any{value, commonWord(words.values, value)})
		}
	}
	return out, nil
}

// commonWord is an Arabic word for the value.
func commonWord(words map[string]string, value string) string {
	var found []string
	for word, v := range words {
		if v == value && strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Arabic, r) }) {
			found = append(found, word)
		}
	}
	slices.Sort(found)
	if len(found) == 0 {
		return ""
	}
	return found[0]
}
