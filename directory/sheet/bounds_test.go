package sheet_test

import (
	"strings"
	"testing"

	"tahweel/directory/sheet"
)

// TestAReportIsBounded brings in a file with forty thousand things wrong with it, and two rows below them that are skipped. The report lists
// so many, says how many more there are of each code, and still has every error; the control is that all of them are counted.
func TestAReportIsBounded(t *testing.T) {
	t.Parallel()
	const rows, words = 100, 400
	w := newWorld(t)
	content := "organization_name_ar,organization_name_en,service_name_ar,service_name_en,needs\n" +
		strings.Repeat("جمعية,Society,خدمة,Service,\""+strings.Repeat("a,", words)+"\"\n", rows) +
		"جمعية,Society,خدمة,Service,\"" + strings.Repeat("a,", 30_000) + "\"\n" +
		",,بلا جمعية,No society,\n,,بلا جمعية,No society,\n"
	report := w.bring("x.csv", content, options())
	listed, beyond := codes(report), map[string]int{}
	for _, f := range report.Findings {
		if f.Beyond > 0 {
			beyond[f.Sentence.EN] += f.Beyond
			if f.File != "x.csv" || f.Code != "more_findings" {
				t.Errorf("%+v", f)
			}
		}
	}
	if len(report.Findings) > 10_000 || listed["unknown_need"] == 0 || listed["required"] != 2 {
		t.Errorf("%d findings, %v", len(report.Findings), listed)
	}
	more := rows*words - listed["unknown_need"]
	if last := report.Findings[len(report.Findings)-1]; last.Beyond == 0 || report.Errors() != 2 {
		t.Errorf("the report ends with %+v, and has %d errors", last, report.Errors())
	}
	found := 0
	for sentence, n := range beyond {
		if strings.Contains(sentence, "unknown_need") {
			found += n
		}
	}
	if found != more {
		t.Errorf("%d unknown needs are listed and %d are counted, of %d", listed["unknown_need"], found, rows*words)
	}
	if got := total(report); got.Read != rows+3 || got.Skipped != 2 {
		t.Error(show(report))
	}
}

// TestErrorsBeyondTheReportCount: an import of which the errors are too many to be listed has failed no less.
func TestErrorsBeyondTheReportCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := options()
	o.Apply = false
	const rows = 12_000
	report := w.bring("x.csv", "organization_name_ar,service_name_ar\n"+strings.Repeat(",خدمة\n", rows), o)
	beyond := 0
	for _, f := range report.Findings {
		if f.Severity == sheet.Error {
			beyond += f.Beyond
		}
	}
	if report.Errors() != rows || len(report.Findings) > 10_010 || beyond != rows-codes(report)["required"] || beyond == 0 {
		t.Errorf("%d errors, %d of them not listed, %d findings", report.Errors(), beyond, len(report.Findings))
	}
}

// TestACellNamesSoManyValues: a cell that names more is left out, and what it belongs to stays as it is.
func TestACellNamesSoManyValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report := w.bring("x.csv", "organization_name_ar,organization_name_en,service_name_ar,service_name_en,needs\nجمعية,Society,خدمة,Service,\""+strings.Repeat("DIS-PHYSIO,", 600)+"\"\n", options())
	if found := codes(report); found["too_many_values"] != 1 || len(report.Findings) != 1 || total(report).Created != 1 {
		t.Error(show(report))
	}
}
