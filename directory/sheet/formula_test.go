package sheet_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"regexp"
	"testing"

	"github.com/xuri/excelize/v2"

	"tahweel/directory"
	"tahweel/directory/sheet"
	"tahweel/policy"
)

// computed begins as what a spreadsheet computes, after white space and marks that nobody sees.
var computed = regexp.MustCompile(`^[\s\p{Z}\p{Cf}]*[=+@＝＋－＠-]|^[\t\r\n]`)

// TestNoCellOfAnExportIsAFormula writes names that are formulas to a spreadsheet in each form that one opens. A package leaves the sign of
// a number, of a telephone above all, as it is written, and nothing else.
func TestNoCellOfAnExportIsAFormula(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.native()
	_, err := w.directory.CreateOrganization(t.Context(), policy.TheSystem(), directory.Organization{
		Kind: directory.Association, Name: directory.Name{AR: "\u00a0=1+1", EN: "\u200f＝1+1"}, RegistrationNumber: "＠7",
		Details: directory.OrganizationDetails{Phones: []directory.Phone{{Number: "+97022220002"}}},
	})
	w.ok(err)
	if found := formulas(t, w.export(sheet.CSV)); len(found) != 0 {
		t.Errorf("formulas in CSV: %q", found)
	}
	if found := inWorkbook(t, w.export(sheet.Excel)); len(found) != 0 {
		t.Errorf("formulas in the workbook: %q", found)
	}
	numbers := 0
	for _, cell := range inPackage(t, w.export(sheet.HSDSPackage)) {
		if !regexp.MustCompile(`^[+-][0-9. ]+$`).MatchString(cell) {
			t.Errorf("a formula in the package: %q", cell)
		}
		numbers++
	}
	if numbers < 2 {
		t.Errorf("%d numbers are as they are written", numbers)
	}
	// The control: one that was not neutralised is found, in each.
	if found := formulas(t, []byte("a,=1+1\n,\u00a0＝1\n")); len(found) != 2 {
		t.Errorf("found %q", found)
	}
	if found := inPackage(t, pack(map[string]string{"organizations.csv": "=1\n"})); len(found) != 1 {
		t.Errorf("found %q", found)
	}
	book, out := excelize.NewFile(), bytes.Buffer{}
	w.ok(book.SetCellStr("Sheet1", "A1", " =1+1"))
	w.ok(book.SetCellFormula("Sheet1", "B1", "=1+1"))
	w.ok(book.Write(&out))
	if found := inWorkbook(t, out.Bytes()); len(found) != 2 {
		t.Errorf("found %q", found)
	}
}

func formulas(t *testing.T, content []byte) (found []string) {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\uFEFF"))))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if computed.MatchString(cell) {
				found = append(found, cell)
			}
		}
	}
	return found
}

// inWorkbook are the cells of all sheets that are formulas, or would be if they were read as CSV.
func inWorkbook(t *testing.T, content []byte) (found []string) {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range book.GetSheetList() {
		rows, err := book.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for j, cell := range row {
				at, err := excelize.CoordinatesToCellName(j+1, i+1)
				if err != nil {
					t.Fatal(err)
				}
				formula, err := book.GetCellFormula(name, at)
				if err != nil {
					t.Fatal(err)
				}
				if formula != "" || computed.MatchString(cell) {
					found = append(found, cell+formula)
				}
			}
		}
	}
	return found
}

func inPackage(t *testing.T, content []byte) (found []string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		table, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name != "datapackage.json" {
			found = append(found, formulas(t, table)...)
		}
	}
	return found
}
