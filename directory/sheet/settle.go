package sheet

import (
	"strings"

	"github.com/google/uuid"

	"tahweel/directory"
)

// settle tells each row what became of its records.
func (w *writing) settle(r *resolved, home uuid.UUID, a *assembled, taken directory.Taken) {
	told := map[key]bool{}
	for _, at := range r.members[home] {
		rec := w.records[at]
		if rec.lost {
			continue
		}
		if tableAt[rec.table].thing {
			if r.home[rec.key] != home {
				continue
			}
			v := verdictOf(rec.key, taken)
			if !told[rec.key] {
				told[rec.key] = true
				w.tell(rec, v)
			}
			w.count(rec.row, outcomeOf(v))
			continue
		}
		if rec.aside {
			continue
		}
		outcome, told := Skipped, false
		for _, owner := range a.parts[at] {
			if o := outcomeOf(verdictOf(owner, taken)); o != Skipped {
				outcome, told = better(outcome, o), true
			}
		}
		if !told {
			w.note(w.rows[rec.row].Place, "", "owner_skipped")
		}
		w.count(rec.row, outcome)
	}
}

func verdictOf(k key, taken directory.Taken) directory.Verdict {
	switch k.tableName() {
	case "organization":
		return taken.Organization
	case "location":
		return taken.Locations[k.id]
	case "service":
		return taken.Services[k.id]
	}
	return taken.Offers[k.id]
}

func outcomeOf(v directory.Verdict) Outcome {
	switch {
	case v.Refused != nil:
		return Skipped
	case v.Created:
		return Created
	case v.Updated:
		return Updated
	}
	return Unchanged
}

// tell notes what of a thing waits, and why it was refused, field by field if the refusal names fields.
func (w *writing) tell(rec recordState, v directory.Verdict) {
	at := w.rows[rec.row].Place
	w.tellWhatWaits(at, v)
	if v.Refused == nil {
		return
	}
	if len(v.Refused.Fields) == 0 {
		f := Finding{Place: at, Severity: Error, Code: v.Refused.Code, Sentence: v.Refused.Detail}
		if p, known := phrases[f.Code]; known {
			f.Severity = p.severity
		}
		w.find(f)
		return
	}
	for _, f := range v.Refused.Fields {
		w.find(Finding{Place: at, Column: strings.TrimPrefix(f.Pointer, "/"), Severity: Error, Code: "value_refused", Sentence: f.Detail})
	}
}

// tellWhatWaits notes the change request that holds what an officer decides; one of a dry run does not outlive it and has no id.
func (w *writing) tellWhatWaits(at Place, v directory.Verdict) {
	if v.Withdrawn {
		w.note(at, "", "change_withdrawn")
	}
	if v.Waits.ID == uuid.Nil {
		return
	}
	code := "waits_for_officer"
	if v.Waits.Activates {
		code = "new_waits_for_officer"
	}
	f := found(at, "", code)
	if w.options.Apply {
		f.ChangeRequest = v.Waits.ID
	}
	w.find(f)
}

var worth = map[Outcome]int{"": 0, Skipped: 1, Unchanged: 2, Updated: 3, Created: 4}

func better(a, b Outcome) Outcome {
	if worth[b] > worth[a] {
		return b
	}
	return a
}

// count adds what became of one record of a row to what became of the row: the most that was done, unless its last record was refused,
// which is what the row is about.
func (w *writing) count(row int32, o Outcome) {
	if o == Skipped {
		w.rows[row].outcome = Skipped
		return
	}
	w.rows[row].outcome = better(w.rows[row].outcome, o)
}

// settleRest ends the rows that no organization ended: units go with the capacities that count in them, and what is left was skipped.
func (w *writing) settleRest() {
	for unit, capacities := range w.used {
		row := w.records[unit].row
		w.rows[row].outcome = ""
		for _, at := range capacities {
			w.rows[row].outcome = better(w.rows[row].outcome, w.rows[w.records[at].row].outcome)
		}
		if w.rows[row].outcome == Skipped {
			w.note(w.rows[row].Place, "", "owner_skipped")
		}
	}
	for i := range w.records {
		rec := w.records[i]
		if rec.tableName() == "unit" && w.rows[rec.row].outcome == "" && !rec.lost {
			w.skip(rec.row, "", "not_representable")
		}
	}
	for i := range w.rows {
		if w.rows[i].outcome == "" {
			w.rows[i].outcome = Skipped
		}
	}
}
