package accreditation

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/fault"
)

// Form is how a decision is taken.
type Form string

// The forms of a decision.
const (
	TwoPersons Form = "two_persons"
	Committee  Form = "committee"
)

// Minute is that of a committee which decided.
type Minute struct {
	Number  string
	On      time.Time
	Members []string // at least three names
}

// Term is a condition under which an accreditation is given.
type Term struct {
	Text  fault.Sentence
	DueOn time.Time
}

// Ruling is what is decided on an application.
type Ruling struct {
	Outcome      Outcome
	LetterNumber string
	Grant        directory.Grant // of an accreditation
	Reason       fault.Sentence  // of a rejection
	Scope        []Scope         // of an accreditation; empty: what was applied for
	Conditions   []Term
}

// Decision is a ruling with who took it, or is about to.
type Decision struct {
	ID             uuid.UUID
	ApplicationID  uuid.UUID
	OrganizationID uuid.UUID
	Form           Form
	Ruling
	Minute
	SignedBy     uuid.UUID // the account; Nil: the system
	SignedAt     time.Time
	ConfirmedBy  uuid.UUID  // of two persons, the second
	TakenAt      *time.Time // nil: not taken
	HandedBackAt *time.Time
}

func (d Decision) key() (uuid.UUID, int) { return d.ID, 1 }
func (d Decision) owner() uuid.UUID      { return d.OrganizationID }

// fit fits the ruling to the application: what is granted is what was applied for, or less, and on the light track for twelve months at
// most from when that really begins. It returns every fault at once, as fault.Refused, or nil.
func (r *Ruling) fit(a Application, today time.Time) error {
	var l fault.List
	required(&l, "/letter_number", r.LetterNumber)
	switch r.Outcome {
	case Rejected:
		named(&l, "/reason", r.Reason)
		r.Grant, r.Scope, r.Conditions = directory.Grant{}, nil, nil
	case Accredited:
		for _, f := range fieldsOf(r.Grant.Validate()) {
			l.Add(f.Pointer, f.Detail.EN, f.Detail.AR)
		}
		if a.Track == Light && r.Grant.ValidTo.After(a.begins(r.Grant, today).AddDate(0, LightMonths, 0)) {
			l.Add("/valid_to", "On the light track an accreditation holds for 12 months at most.", "في المسار المخفف لا تزيد مدة الاعتماد على 12 شهرًا.")
		}
		switch {
		case a.midTerm() && !r.Grant.ValidTo.After(today):
			l.Add("/valid_to", "The last day is after today.", "يكون اليوم الأخير بعد اليوم الحالي.")
		case a.Kind == Renewal && !a.midTerm() && !r.Grant.ValidTo.After(a.RenewedUntil):
			l.Add("/valid_to", "A renewal ends after what it renews.", "ينتهي التجديد بعد انتهاء ما يجدده.")
		}
		if len(r.Scope) == 0 {
			r.Scope = a.Scope
		}
		granted := a
		granted.Scope = r.Scope
		granted.scopeFits(&l)
		r.within(&l, a)
	default:
		l.Add("/outcome", "Must be one of: accredited, rejected.", "يجب أن تكون القيمة إحدى: accredited, rejected.")
	}
	for i, c := range r.Conditions {
		at := "/conditions/" + strconv.Itoa(i)
		named(&l, at+"/text", c.Text)
		if c.DueOn.IsZero() {
			l.Add(at+"/due_on", "The day by which it is met is required.", "الموعد المحدد لاستيفائه مطلوب.")
		}
	}
	return l.Err()
}

// within adds a fault for what is granted beyond what was applied for.
func (r *Ruling) within(l *fault.List, a Application) {
	for i, s := range r.Scope {
		covered := false
		for _, asked := range a.Scope {
			covered = covered || asked.Governorate == s.Governorate && (asked.Need == s.Need || rootOf(s.Need) == asked.Need)
		}
		if !covered {
			l.Add("/scope/"+strconv.Itoa(i), "This was not applied for.", "لم يُطلب الاعتماد لهذا.")
		}
	}
}

func rootOf(code string) string {
	n, _ := directory.NeedByCode(code)
	return n.ParentCode
}

// Validate returns every fault of the minute at once, as fault.Refused, or nil.
func (m Minute) Validate() error {
	var l fault.List
	required(&l, "/minute_number", m.Number)
	if m.On.IsZero() {
		l.Add("/minute_on", "The day of the minute is required.", "تاريخ المحضر مطلوب.")
	}
	people(&l, "/members", m.Members, 3)
	return l.Err()
}

var (
	errSecondPerson = fault.New(fault.Forbidden, "second_person",
		"A second person confirms what the first one signed.", "يؤكد القرارَ شخصٌ ثانٍ غير من وقّعه أولًا.")
	errDecidedBefore = fault.New(fault.Forbidden, "decided_before",
		"Who took part in the decision that was appealed against does not decide again.", "من شارك في القرار المعترَض عليه لا يفصل فيه من جديد.")
)
