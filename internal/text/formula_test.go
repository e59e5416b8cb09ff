package text_test

import (
	"testing"

	"tahweel/internal/text"
)

func TestWhatASpreadsheetWouldCompute(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]bool{
		"": false, "جمعية": false, "a=b": false, "'=1": false, "2026-01-01": false, "(=1)": false, " x": false,
		"=1+1": true, "+970": true, "-7": true, "@SUM(A1)": true, "\tx": true, "\rx": true, "\nx": true,
		" =1": true, "\u00a0=1": true, "\ufeff=1": true, "\u200f\u200b +1": true, "\u3000-1": true, "\v=1": true,
		"＝1": true, "＋1": true, "－1": true, "＠x": true, " ＝1": true,
	} {
		if got := text.Formula(cell); got != want {
			t.Errorf("%q: %v", cell, got)
		}
	}
}
