package sheet

import (
	"fmt"

	"github.com/google/uuid"

	"tahweel/internal/fault"
)

// Severity says what a finding means for its row.
type Severity string

// The severities: a row with an error was skipped; of one with a warning everything was taken but what the finding names.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Place is where in the files something stands.
type Place struct {
	File  string
	Sheet string // of a workbook
	Line  int    // of a table, with its header as line 1 unless something stands above it; of JSON the number of the record; 0: the whole file
}

// Finding is one line of the report.
type Finding struct {
	Place
	Column   string // of a table, or the pointer to the field in a JSON record; empty: the whole row
	Severity Severity
	Code     string // stable, for programs
	Sentence fault.Sentence
	// ChangeRequest is what waits for an officer by this row; the zero id: nothing.
	ChangeRequest uuid.UUID
	// Beyond is how many findings of one code there are besides those that the report lists; only the last lines of a report have it.
	Beyond int
}

// Outcome is what became of a row.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	Skipped   Outcome = "skipped"
)

// Count says how many rows of a file were read and what became of them: Read is the sum of the others.
type Count struct {
	File                                       string
	Sheet                                      string
	Read, Created, Updated, Unchanged, Skipped int
}

func (c *Count) add(o Outcome) {
	c.Read++
	switch o {
	case Created:
		c.Created++
	case Updated:
		c.Updated++
	case Unchanged:
		c.Unchanged++
	default:
		c.Skipped++
	}
}

// phrase is what a code says.
type phrase struct {
	severity Severity
	en, ar   string
}

func (p phrase) sentence(args []any) fault.Sentence {
	if len(args) == 0 {
		return fault.Sentence{EN: p.en, AR: p.ar}
	}
	return fault.Sentence{EN: fmt.Sprintf(p.en, args...), AR: fmt.Sprintf(p.ar, args...)}
}

// found makes a finding of a code of phrases; args fill its sentence.
func found(at Place, column, code string, args ...any) Finding {
	p, ok := phrases[code]
	if !ok {
		p = phrase{Error, code, code}
	}
	column, _ = storable(column) // a field of JSON may be called anything
	return Finding{Place: at, Column: column, Severity: p.severity, Code: code, Sentence: p.sentence(args)}
}
