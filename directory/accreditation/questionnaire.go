package accreditation

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
)

// QuestionType says how a question is answered.
type QuestionType string

// The types of question.
const (
	Text    QuestionType = "text"
	Number  QuestionType = "number" // whole
	YesNo   QuestionType = "yes_no"
	Choice  QuestionType = "choice"  // one of the options
	Choices QuestionType = "choices" // any of them, at least one
)

// Option is one possible answer of a choice.
type Option struct {
	Code  string
	Label fault.Sentence
}

// Question is one question of a questionnaire.
type Question struct {
	Code             string // within its questionnaire
	Section          string // capability or obstacles: what a form shows together
	Type             QuestionType
	Required         bool
	Text             fault.Sentence
	Options          []Option // of a choice
	Minimum, Maximum *int     // of a number; nil: no bound
}

// Questionnaire is one version of the questions that an organization is asked. It does not change once it is published.
type Questionnaire struct {
	ID          uuid.UUID
	Number      int // the version: one more than the one before
	Name        fault.Sentence
	Questions   []Question
	PublishedAt time.Time
}

func (q Questionnaire) key() (uuid.UUID, int) { return q.ID, 1 }
func (Questionnaire) owner() uuid.UUID        { return uuid.Nil }

var codeForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,59}$`)

// Validate returns every fault of the questionnaire at once, as fault.Refused, or nil.
func (q Questionnaire) Validate() error {
	var l fault.List
	named(&l, "/name", q.Name)
	if len(q.Questions) == 0 {
		l.Add("/questions", "A questionnaire has a question.", "للاستبيان سؤال واحد على الأقل.")
	}
	codes := map[string]bool{}
	for i, each := range q.Questions {
		at := fmt.Sprintf("/questions/%d", i)
		unique(&l, at, each.Code, codes)
		named(&l, at+"/text", each.Text)
		each.validate(&l, at)
	}
	return l.Err()
}

func unique(l *fault.List, at, code string, seen map[string]bool) {
	if !codeForm.MatchString(code) || seen[code] {
		l.Add(at+"/code", "A code is of small letters, digits and _, and occurs once.", "يتكون الرمز من حروف لاتينية صغيرة وأرقام و_ ولا يتكرر.")
	}
	seen[code] = true
}

func (q Question) validate(l *fault.List, at string) {
	choice := q.Type == Choice || q.Type == Choices
	switch {
	case !slices.Contains([]QuestionType{Text, Number, YesNo, Choice, Choices}, q.Type):
		l.Add(at+"/type", "Must be one of: text, number, yes_no, choice, choices.", "يجب أن تكون القيمة إحدى: text, number, yes_no, choice, choices.")
	case choice && len(q.Options) < 2:
		l.Add(at+"/options", "A choice has two options or more.", "للاختيار خياران على الأقل.")
	case !choice && len(q.Options) > 0:
		l.Add(at+"/options", "Only a choice has options.", "الخيارات لأسئلة الاختيار فقط.")
	case q.Minimum != nil && q.Maximum != nil && *q.Minimum > *q.Maximum:
		l.Add(at+"/maximum", "The maximum is not below the minimum.", "لا يقل الحد الأعلى عن الأدنى.")
	case q.Type != Number && (q.Minimum != nil || q.Maximum != nil):
		l.Add(at+"/minimum", "Only a number has bounds.", "الحدود للأرقام فقط.")
	}
	codes := map[string]bool{}
	for i, o := range q.Options {
		unique(l, fmt.Sprintf("%s/options/%d", at, i), o.Code, codes)
		named(l, fmt.Sprintf("%s/options/%d/label", at, i), o.Label)
	}
}

// Answer is what was said to one question, in the member of its type.
type Answer struct {
	Question string
	Text     string
	Number   *int
	Yes      *bool
	Choices  []string // of a choice one
}

// Check adds every fault of the answers to the list: a question that there is not or that is answered twice, an answer of another type,
// an option that there is not, and each required question that nobody answered. Pointers begin with at.
func (q Questionnaire) Check(l *fault.List, at string, answers []Answer) {
	answered := map[string]bool{}
	for i, a := range answers {
		here := fmt.Sprintf("%s/%d", at, i)
		n := slices.IndexFunc(q.Questions, func(asked Question) bool { return asked.Code == a.Question })
		switch {
		case n < 0:
			l.Add(here+"/question", "The questionnaire does not ask this.", "هذا السؤال ليس في الاستبيان.")
			continue
		case answered[a.Question]:
			l.Add(here+"/question", "This is answered twice.", "أُجيب عن هذا السؤال مرتين.")
			continue
		}
		answered[a.Question] = true
		q.Questions[n].check(l, here, a)
	}
	for _, asked := range q.Questions {
		if asked.Required && !answered[asked.Code] {
			l.Add(at, "Not answered: "+asked.Text.EN, "لم يُجب عن: "+asked.Text.AR)
		}
	}
}

func (q Question) check(l *fault.List, at string, a Answer) {
	given := map[QuestionType]bool{Text: strings.TrimSpace(a.Text) != "", Number: a.Number != nil, YesNo: a.Yes != nil, Choices: len(a.Choices) > 0}
	wanted := q.Type
	if wanted == Choice {
		wanted = Choices
	}
	for kind, there := range given {
		if there != (kind == wanted) {
			l.Add(at, "The answer is given in the member of the question's type, and in that alone.", "تُعطى الإجابة في الحقل المناسب لنوع السؤال وحده.")
			return
		}
	}
	switch {
	case q.Type == Number && (q.Minimum != nil && *a.Number < *q.Minimum || q.Maximum != nil && *a.Number > *q.Maximum):
		l.Add(at+"/number", "The number is out of bounds.", "العدد خارج الحدود.")
	case q.Type == Choice && len(a.Choices) != 1:
		l.Add(at+"/choices", "One option is chosen.", "يُختار خيار واحد.")
	}
	for i, code := range a.Choices {
		if !slices.ContainsFunc(q.Options, func(o Option) bool { return o.Code == code }) || slices.Contains(a.Choices[:i], code) {
			l.Add(fmt.Sprintf("%s/choices/%d", at, i), "Not an option of this question, or twice.", "ليس من خيارات هذا السؤال أو أنه مكرر.")
		}
	}
}
