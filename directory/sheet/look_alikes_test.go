package sheet_test

import "testing"

// TestTwoCopiesInOneFileLookAlike: of two new organizations of one file that share a name, the second is told. The control is a third, which
// shares nothing.
func TestTwoCopiesInOneFileLookAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report := w.bring("organizations.csv", "id,name,description\na,Model Society,One\nb,model  society,Two\nc,Another Society,Three\n", options())
	var lines []int
	for _, f := range report.Findings {
		if f.Code == "looks_like_another" {
			lines = append(lines, f.Line)
		}
	}
	if len(lines) != 1 || lines[0] != 3 || total(report).Created != 3 {
		t.Errorf("%v: %s", lines, show(report))
	}
}
