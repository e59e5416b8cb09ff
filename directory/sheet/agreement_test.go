package sheet_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"tahweel/directory/sheet"
	"tahweel/internal/fault"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// office is a directorate with a few invented organizations, which agreed on paper before the service was there.
type office struct {
	*world
	hebron                                      uuid.UUID // the directorate
	society, zakat, municipality, halted, twins uuid.UUID
	officer                                     policy.Actor
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{world: newWorld(t)}
	o.hebron = uuid.Must(uuid.NewV7())
	o.Exec(t, `INSERT INTO directorate (id, code, name_ar, name_en, created_at) VALUES ($1, 'HEB', 'مديرية الخليل', 'Hebron directorate', now())`, o.hebron)
	o.society = o.organization("association", "جمعية نموذجية للتأهيل", "Model Rehabilitation Society", "QR-0001", "وزارة الداخلية")
	o.zakat = o.organization("zakat_committee", "لجنة زكاة نموذجية", "Model Zakat Committee", "QR-0002", "")
	o.organization("association", "جمعية الأمل التجريبية", "Hope Society", "", "")
	o.twins = o.organization("association", "جمعية الأمل التجريبية", "Hope Society", "", "")
	o.municipality = o.organization("municipality", "بلدية نموذجية", "Model Municipality", "QR-0005", "")
	o.halted = o.organization("association", "جمعية موقوفة نموذجية", "Suspended Model Society", "QR-0006", "")
	o.officer = policy.Actor{AccountID: uuid.Must(uuid.NewV7()), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.AssociationsOfficer}}}
	o.Exec(t, `INSERT INTO account (id, kind, name_ar, name_en, created_at) VALUES ($1, 'person', 'موظفة', 'Officer', now())`, o.officer.AccountID)
	o.Exec(t, `INSERT INTO membership (id, account_id, role, valid_from) VALUES ($1, $1, 'associations_officer', '2026-01-01')`, o.officer.AccountID)
	return o
}

func (o *office) organization(kind, ar, en, number, authority string) uuid.UUID {
	o.t.Helper()
	id := uuid.Must(uuid.NewV7())
	o.Exec(o.t, `INSERT INTO organization (id, kind, name_ar, name_en, registration_number, registering_authority, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, now(), now())`, id, kind, ar, en, number, authority)
	return id
}

// fixture is a table of the testdata.
func fixture(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "agreements", name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// workbook puts the two tables into one workbook, with the days as Excel keeps them.
func workbook(t *testing.T) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	for _, s := range []struct {
		name, table string
		separator   rune
	}{{"الاعتمادات", "accreditations", ';'}, {"Memoranda", "memoranda", ','}} {
		r := csv.NewReader(strings.NewReader(fixture(t, s.table)))
		r.Comma, r.FieldsPerRecord = s.separator, -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := book.NewSheet(s.name); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for j, cell := range row {
				at, _ := excelize.CoordinatesToCellName(j+1, i+1)
				var value any = cell
				if d, err := time.Parse(time.DateOnly, cell); err == nil {
					value = d
				}
				if cell != "" {
					if err := book.SetCellValue(s.name, at, value); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	if err := book.DeleteSheet("Sheet1"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (o *office) agree(name string, content []byte, options sheet.AgreementOptions) sheet.AgreementReport {
	o.t.Helper()
	in, err := sheet.OpenBytes(name, sheet.Auto, content)
	o.ok(err)
	report, err := o.store.ImportAgreements(o.t.Context(), policy.TheSystem(), in, options)
	o.ok(err)
	addsUp(o.t, report.Report)
	for _, f := range report.Findings {
		if strings.Contains(f.Sentence.EN+f.Sentence.AR, "%!") || f.Sentence.AR == "" || f.Sentence.EN == "" {
			o.t.Errorf("%s says %q, %q", f.Code, f.Sentence.EN, f.Sentence.AR)
		}
	}
	if len(report.Rows) != total(report.Report).Read {
		o.t.Errorf("%d rows are told of, %d were read", len(report.Rows), total(report.Report).Read)
	}
	return report
}

var applied = sheet.AgreementOptions{Apply: true}

// at is what was found in a row: code and column of each finding.
func at(report sheet.AgreementReport, sheetName string, line int) []string {
	var out []string
	for _, f := range report.Findings {
		if f.Sheet == sheetName && f.Line == line {
			out = append(out, f.Code+" "+f.Column)
		}
	}
	slices.Sort(out)
	return out
}

// TestADirtyWorkbookOfAgreements: each row ends in one outcome, what is wrong is told by its cell, and what is right is entered as what it is.
func TestADirtyWorkbookOfAgreements(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	options := applied
	options.Officer = o.officer.AccountID
	report := o.agree("register.xlsx", workbook(t), options)
	if t.Failed() {
		t.Log(show(report.Report))
	}
	for _, c := range []sheet.Count{
		{File: "register.xlsx", Sheet: "الاعتمادات", Read: 10, Created: 4, Skipped: 6},
		{File: "register.xlsx", Sheet: "Memoranda", Read: 18, Created: 6, Skipped: 12},
	} {
		if !slices.Contains(report.Counts, c) {
			t.Errorf("counted %+v, not %+v", report.Counts, c)
		}
	}
	for line, want := range map[int][]string{
		1: {"above_header "}, 3: nil, 4: nil, 5: {"matched_by_name organization_name_ar"}, 6: {"organization_ambiguous organization_name_ar"},
		7: {"organization_not_known organization_name_ar"}, 8: {"day_unreadable valid_from"}, 9: nil, 10: {"organization_contradicts organization_name_ar"},
		11: {"need_not_known needs"}, 13: {"nothing_in_row "},
	} {
		if got := at(report, "الاعتمادات", line); !slices.Equal(got, want) {
			t.Errorf("accreditations, line %d: %q, not %q", line, got, want)
		}
	}
	for line, want := range map[int][]string{
		2: nil, 3: nil, 4: {"status_by_days status"}, 5: {"matched_by_name organization_name_ar"}, 6: {"matched_by_name organization_name_ar"},
		7: {"same_row "}, 8: {"matched_by_name organization_name_ar", "need_not_known needs"}, 9: {"agreement_skipped ", "matched_by_name organization_name_ar"},
		10: {"governorate_not_known governorates"}, 11: {"matched_by_name organization_name_ar", "number_out_of_range max_tier"},
		12: {"matched_by_name organization_name_ar", "required minute_number", "required minute_on"}, 13: {"matched_by_name organization_name_ar"},
		14: {"groups_not_known grants", "matched_by_name organization_name_ar"}, 15: {"matched_by_name organization_name_ar", "required directorates"},
		16: {"matched_by_name organization_name_ar", "value_not_known status"}, 17: {"required memorandum_number"},
		18: {"matched_by_name organization_name_ar", "paper_to_come letter_on"}, 19: {"status_contradicts status"},
	} {
		if got := at(report, "Memoranda", line); !slices.Equal(got, want) {
			t.Errorf("memoranda, line %d: %q, not %q", line, got, want)
		}
	}
	for number, want := range map[string]string{"AC-1": "accredited", "AC-0": "expired", "AC-2": "accredited", "AC-6": "suspended"} {
		if got := pgtest.Value[string](t, o.DB, `SELECT status FROM accreditation WHERE number = $1`, number); got != want {
			t.Errorf("accreditation %s is %s, not %s", number, got, want)
		}
	}
	for number, want := range map[string]string{"MOU-1": "in_force", "MOU-0": "expired", "MOU-2": "in_force", "MOU-3": "in_force", "MOU-8": "terminated"} {
		if got := pgtest.Value[string](t, o.DB, `SELECT status FROM instrument WHERE number = $1`, number); got != want {
			t.Errorf("instrument %s is %s, not %s", number, got, want)
		}
	}
	if n := pgtest.Value[int](t, o.DB, `SELECT count(*) FROM instrument`); n != 5 {
		t.Errorf("%d instruments were entered", n)
	}
	if n := pgtest.Value[int](t, o.DB, `SELECT count(*) FROM accreditation_scope`); n != 2 {
		t.Errorf("the scope has %d rows", n)
	}
	if n := pgtest.Value[int](t, o.DB, `SELECT count(*) FROM import_row`); n != 0 {
		t.Errorf("%d rows outlive the import", n)
	}
}

// TestAPaperGoesThroughItsWholeLife: the history has every move, who answers for it, and the row of the file.
func TestAPaperGoesThroughItsWholeLife(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	options := applied
	options.Officer = o.officer.AccountID
	o.agree("memoranda.csv", []byte(fixture(t, "memoranda")), options)
	moves := func(number string) string {
		return pgtest.Value[string](t, o.DB, `
			SELECT string_agg(h.action, ' ' ORDER BY h.position)
			FROM history AS h
			JOIN instrument AS i ON i.id::text = h.entity_id
			WHERE h.entity = 'instrument' AND h.action NOT IN ('change', 'baseline') AND i.number = $1`, number)
	}
	for number, want := range map[string]string{
		"MOU-1": "create propose sign enter_into_force", "MOU-0": "create propose sign enter_into_force expire",
		"MOU-8": "create propose sign enter_into_force terminate",
	} {
		if got := moves(number); got != want {
			t.Errorf("%s went through %q, not %q", number, got, want)
		}
	}
	if !pgtest.Value[bool](t, o.DB, `
		SELECT letter_number = 'K-1' AND signed_at = '2025-12-20' AND drafted_by_id IS NULL AND signed_by_id IS NULL
		FROM instrument
		WHERE number = 'MOU-1'`) {
		t.Error("the letter, its day or the hands are other than those of the paper")
	}
	if !pgtest.Value[bool](t, o.DB, `
		SELECT bool_and(h.account_id = $1) AND bool_or(h.changed #>> '{instrument_paper,added,minute_number}' = 'L-1'
		         AND h.changed #>> '{instrument_paper,added,file_name}' = 'memoranda.csv' AND h.changed #>> '{instrument_paper,added,line}' = '2')
		FROM history AS h
		JOIN instrument AS i ON i.id::text = h.entity_id
		WHERE h.entity = 'instrument' AND i.number = 'MOU-1'`, o.officer.AccountID) {
		t.Error("the history does not say who answers for it and which row it was")
	}
	if n := pgtest.Value[int](t, o.DB, `
		SELECT count(*)
		FROM audit_entry AS e
		JOIN instrument AS i ON i.id = e.object_id
		WHERE i.number = 'MOU-1' AND e.allowed`); n != 5 {
		t.Errorf("a draft, three moves and the transcription have %d entries", n)
	}
	if n := pgtest.Value[int](t, o.DB, `SELECT count(*) FROM accreditation_notice`); n != 0 {
		t.Errorf("%d notices tell people what they knew", n)
	}
}

func snapshot(t *testing.T, o *office) string {
	t.Helper()
	return pgtest.Value[string](t, o.DB, `
		SELECT concat_ws('|', (SELECT string_agg(i::text, ',' ORDER BY i.id) FROM instrument AS i), (SELECT string_agg(a::text, ',' ORDER BY a.id) FROM accreditation AS a),
		                 (SELECT string_agg(p::text, ',' ORDER BY p.term_id, p.organization_id) FROM provider_search AS p),
		                 (SELECT count(*) FROM history), (SELECT count(*) FROM instrument_paper), (SELECT count(*) FROM import_row))`)
}

func audited(t *testing.T, o *office) int {
	t.Helper()
	return pgtest.Value[int](t, o.DB, `SELECT count(*) FROM audit_entry`)
}

// TestATrialWritesNothing, and says what the import then does. The control: the import itself does change what is compared.
func TestATrialWritesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := snapshot(t, o)
	trial := o.agree("register.xlsx", workbook(t), sheet.AgreementOptions{})
	if snapshot(t, o) != before || audited(t, o) != 0 || trial.Applied {
		t.Error("a trial wrote")
	}
	done := o.agree("register.xlsx", workbook(t), applied)
	if snapshot(t, o) == before {
		t.Error("the import wrote nothing: the comparison shows nothing")
	}
	if !slices.Equal(trial.Rows, done.Rows) || !slices.Equal(trial.Findings, done.Findings) || !slices.Equal(trial.Counts, done.Counts) {
		t.Error("the trial told something else than was done")
	}
}

// TestTheSameAgainChangesNothing, nor do its rows in another order; the control is a file that says something else.
func TestTheSameAgainChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first := o.agree("register.xlsx", workbook(t), applied)
	before, entries := snapshot(t, o), audited(t, o)
	again := o.agree("register.xlsx", workbook(t), sheet.AgreementOptions{})
	if got := total(again.Report); got.Created != 0 || got.Unchanged != total(first.Report).Created || got.Skipped != total(first.Report).Skipped {
		t.Errorf("again: %+v after %+v\n%s", got, total(first.Report), show(again.Report))
	}
	again = o.agree("register.xlsx", workbook(t), applied)
	if got := total(again.Report); got.Created != 0 {
		t.Errorf("again: %+v", got)
	}
	if snapshot(t, o) != before {
		t.Error("the same file changed something")
	}
	if audited(t, o) != entries+1 {
		t.Errorf("that it was imported again has %d entries", audited(t, o)-entries)
	}
	lines := strings.Split(strings.TrimSpace(fixture(t, "memoranda")), "\n")
	head, term, _ := strings.Cut(lines[1], ",DIS,")
	second := strings.TrimPrefix(lines[2], "MOU-1,,,,,,,,,,,")
	turned := []string{lines[0], head + "," + second, "MOU-1,,,,,,,,,,,DIS," + term}
	if got := total(o.agree("memoranda.csv", []byte(strings.Join(turned, "\n")), applied).Report); got.Unchanged != 2 {
		t.Errorf("two rows: %+v", got)
	}
	other := strings.Replace(fixture(t, "memoranda"), "2,\"C, D, E\",20", "2,\"C, D, E, G\",20", 1)
	report := o.agree("memoranda.csv", []byte(other), applied)
	if got := at(report, "", 2); !slices.Equal(got, []string{"differs_in_force grants"}) {
		t.Errorf("a further group of data goes unnoticed: %q", got)
	}
	if n := pgtest.Value[int](t, o.DB, `SELECT count(*) FROM instrument_term AS t JOIN instrument AS i ON i.id = t.instrument_id WHERE i.number = 'MOU-1' AND 'G' = ANY (t.grants)`); n != 0 {
		t.Error("what was signed was widened")
	}
}

// TestOneAgreementTakesNoOtherWithIt: a refusal that only the database knows leaves out the one; the control is the same file without it.
func TestOneAgreementTakesNoOtherWithIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const head = "accreditation_number,organization,registration_number,valid_from,valid_to,letter_number,letter_on,minute_number,minute_on\n"
	rows := []string{
		"A,,QR-0001,2026-01-01,2026-12-31,K,2025-12-20,L,2025-12-10\n", "B,,QR-0001,2026-02-01,2026-11-30,K,2025-12-20,L,2025-12-10\n", // two in force at once
		"C,,QR-0002,2026-01-01,2026-12-31,K,2025-12-20,L,2025-12-10\n",
	}
	report := o.agree("a.csv", []byte(head+strings.Join(rows, "")), sheet.AgreementOptions{})
	if got := total(report.Report); got.Created != 2 || got.Skipped != 1 || codes(report.Report)["accreditation_open"] != 1 {
		t.Errorf("%+v\n%s", got, show(report.Report))
	}
	if got := total(o.agree("a.csv", []byte(head+rows[0]+rows[2]), applied).Report); got.Created != 2 {
		t.Errorf("without it %+v", got)
	}
	report = o.agree("b.csv", []byte(head+strings.Replace(rows[2], "QR-0002", "QR-0006", 1)), applied)
	if codes(report.Report)["number_of_another"] != 1 || total(report.Report).Skipped != 1 {
		t.Errorf("another's number: %s", show(report.Report))
	}
}

// TestTwoRowsOfOneNumberAgree: where they do not, neither is taken; with one number for each, both are.
func TestTwoRowsOfOneNumberAgree(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	rows := "accreditation_number,organization,registration_number,valid_from,valid_to,letter_number,letter_on,minute_number,minute_on\n" +
		"A,,QR-0001,2026-01-01,2026-12-31,K,2025-12-20,L,2025-12-10\nA,,QR-0002,2026-01-01,2026-12-31,K,2025-12-20,L,2025-12-10\n"
	report := o.agree("a.csv", []byte(rows), applied)
	if total(report.Report).Skipped != 2 || codes(report.Report)["rows_disagree"] != 1 || codes(report.Report)["agreement_skipped"] != 1 {
		t.Error(show(report.Report))
	}
	if got := total(o.agree("a.csv", []byte(strings.Replace(rows, "\nA,,QR-0002", "\nB,,QR-0002", 1)), applied).Report); got.Created != 2 {
		t.Errorf("%+v", got)
	}
}

// TestARowWithoutNumberGoesOnAbove, as merged cells do, and belongs to no other one if that was left out.
func TestARowWithoutNumberGoesOnAbove(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const rows = "memorandum_number,organization,valid_from,valid_to,letter_number,letter_on,minute_number,minute_on,needs,governorates,directorates,tier,grants\n" +
		"M,Model Municipality,2026-01-01,2026-12-31,K,2025-12-20,L,2025-12-10,SHL,Hebron,all,1,C\n,,,,,,,,FSC,Bethlehem,all,1,none\n" +
		",Model Municipality,2026-01-01,2026-12-31,K,2025-12-20,L,2025-12-10,SHL,Hebron,all,1,C\n,,,,,,,,FSC,Bethlehem,all,1,none\n"
	report := o.agree("a.csv", []byte(rows), applied)
	if got := total(report.Report); got.Created != 2 || got.Skipped != 2 {
		t.Error(show(report.Report))
	}
	if n := pgtest.Value[int](t, o.DB, `SELECT count(*) FROM instrument_term`); n != 2 {
		t.Errorf("it has %d terms", n)
	}
}

// TestWhoMayTranscribe: an officer alone does over no interface what two persons do, and an account that is no officer's answers for nothing.
func TestWhoMayTranscribe(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in, err := sheet.OpenBytes("memoranda.csv", sheet.Auto, []byte(fixture(t, "memoranda")))
	o.ok(err)
	if _, err := o.store.ImportAgreements(t.Context(), o.officer, in, applied); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an officer: %v", err)
	}
	stranger := applied
	stranger.Officer = uuid.Must(uuid.NewV7())
	_, err = o.store.ImportAgreements(t.Context(), policy.TheSystem(), in, stranger)
	var refusal *fault.Error
	if !errors.As(err, &refusal) || refusal.Code != "not_an_officer" {
		t.Errorf("a stranger answers: %v", err)
	}
	if n := pgtest.Value[int](t, o.DB, `SELECT count(*) FROM instrument`); n != 0 {
		t.Errorf("%d instruments all the same", n)
	}
	pack, err := sheet.OpenBytes("x.json", sheet.Auto, []byte(`[]`))
	o.ok(err)
	if _, err := o.store.ImportAgreements(t.Context(), policy.TheSystem(), pack, applied); fault.KindOf(err) != fault.Refused {
		t.Errorf("JSON: %v", err)
	}
}

// TestTheTemplateOfAgreementsIsReadBack: its headings are columns in both languages, and its instructions are no rows.
func TestTheTemplateOfAgreementsIsReadBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, language := range []string{"ar", "en"} {
		var out bytes.Buffer
		o.ok(o.store.AgreementTemplate(t.Context(), policy.TheSystem(), language, &out))
		book, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
		o.ok(err)
		name := book.GetSheetList()[1]
		for i, cell := range []any{"M-1", "", "", "", "Model Municipality"} {
			at, _ := excelize.CoordinatesToCellName(i+1, 2)
			o.ok(book.SetCellValue(name, at, cell))
		}
		out.Reset()
		o.ok(book.Write(&out))
		report := o.agree("t.xlsx", out.Bytes(), sheet.AgreementOptions{})
		if got := total(report.Report); got.Read != 1 || codes(report.Report)["unknown_column"] != 0 || codes(report.Report)["no_header"] != 0 || codes(report.Report)["required"] < 10 {
			t.Errorf("%s: %+v\n%s", language, got, show(report.Report))
		}
		if n := len(codes(report.Report)); n == 0 || codes(report.Report)["organization_not_known"] != 0 {
			t.Errorf("%s: the name did not lead to its organization", language)
		}
	}
	if err := o.store.AgreementTemplate(t.Context(), o.officer, "en", &bytes.Buffer{}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an officer: %v", err)
	}
}

// TestAnImportThatFailsLeavesNothing: what cannot be audited is not done, not even its half. The control is the same with the right given back.
func TestAnImportThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	in, err := sheet.OpenBytes("register.xlsx", sheet.Auto, workbook(t))
	o.ok(err)
	before := snapshot(t, o)
	o.Exec(t, `CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'too late'; END $$;
		CREATE TRIGGER late BEFORE INSERT ON audit_entry FOR EACH ROW WHEN (NEW.action = 'agreements.import') EXECUTE FUNCTION late()`)
	if _, err := o.store.ImportAgreements(t.Context(), policy.TheSystem(), in, applied); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("it fails with %v", err)
	}
	if snapshot(t, o) != before {
		t.Error("half of it was written")
	}
	o.Exec(t, `DROP TRIGGER late ON audit_entry`)
	o.agree("register.xlsx", workbook(t), applied)
	if snapshot(t, o) == before {
		t.Error("nothing was written without the fault either: the comparison shows nothing")
	}
}

// TestAHiddenSheetIsTold, because a memorandum may stand there.
func TestAHiddenSheetIsTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	book, err := excelize.OpenReader(bytes.NewReader(workbook(t)))
	o.ok(err)
	o.ok(book.SetSheetVisible("Memoranda", false))
	var out bytes.Buffer
	o.ok(book.Write(&out))
	report := o.agree("register.xlsx", out.Bytes(), sheet.AgreementOptions{})
	if codes(report.Report)["hidden_sheet"] != 1 || total(report.Report).Read != 10 {
		t.Error(show(report.Report))
	}
}

// TestManyAgreementsStayInBoundedMemory: rows wait in the database and not in the program.
func TestManyAgreementsStayInBoundedMemory(t *testing.T) {
	t.Parallel()
	rows := 2_000
	if os.Getenv("TAHWEEL_PROVE") == "1" {
		rows = 100_000
	}
	o := newOffice(t)
	name := filepath.Join(t.TempDir(), "many.csv")
	file, err := os.Create(name)
	o.ok(err)
	fmt.Fprint(file, "memorandum_number,organization,valid_from,valid_to,letter_number,letter_on,minute_number,minute_on,needs,governorates,directorates,max_tier,grants\n")
	for i := range rows {
		fmt.Fprintf(file, "M-%d,Model Municipality,2026-01-01,2026-12-31,%s,2025-12-20,L,2025-12-10,SHL,Atlantis,all,1,C\n", i, strings.Repeat("K", 1000))
	}
	o.ok(file.Close())
	in, err := sheet.OpenPath(name, sheet.Auto)
	o.ok(err)
	var most uint64
	options := sheet.AgreementOptions{Progress: func(int) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
	}}
	report, err := o.store.ImportAgreements(t.Context(), policy.TheSystem(), in, options)
	o.ok(err)
	if got := total(report.Report); got.Read != rows || got.Skipped != rows {
		t.Errorf("%+v", got)
	}
	if limit := uint64(200 << 20); most > limit {
		t.Errorf("the heap grew to %d MB", most>>20)
	}
	t.Logf("%d rows of 1.1 kB, heap at most %d MB", rows, most>>20)
}
