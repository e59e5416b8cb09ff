package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/directory/accreditation"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Questionnaire is one version of the questions that an organization is asked.
type Questionnaire struct {
	ID          uuid.UUID `json:"id" format:"uuid"`
	Number      int       `json:"number" example:"1" doc:"The version: one more than the one before. What was published does not change."`
	PublishedAt time.Time `json:"published_at"`
	NewQuestionnaire
}

// NewQuestionnaire is what is published.
type NewQuestionnaire struct {
	Name      Text       `json:"name"`
	Questions []Question `json:"questions" minItems:"1" maxItems:"200"`
}

// Question is one question.
type Question struct {
	Code     string           `json:"code" pattern:"^[a-z][a-z0-9_]{0,59}$" example:"weekly_hours" doc:"Occurs once in its questionnaire."`
	Section  string           `json:"section" maxLength:"60" example:"capability" doc:"What a form shows together: capability, obstacles."`
	Type     string           `json:"type" enum:"text,number,yes_no,choice,choices" doc:"A number is whole; a choice is of one option, choices of one or more."`
	Required bool             `json:"required"`
	Text     Text             `json:"text"`
	Options  []QuestionOption `json:"options,omitempty" maxItems:"100" doc:"Of choice and choices."`
	Minimum  *int             `json:"minimum,omitempty" doc:"Of a number."`
	Maximum  *int             `json:"maximum,omitempty" doc:"Of a number."`
}

// QuestionOption is one possible answer of a choice.
type QuestionOption struct {
	Code  string `json:"code" pattern:"^[a-z][a-z0-9_]{0,59}$" example:"rented"`
	Label Text   `json:"label"`
}

// Answer is what was said to one question, in the member of the question's type.
type Answer struct {
	Question string   `json:"question" maxLength:"60" example:"weekly_hours" doc:"The code of the question."`
	Text     string   `json:"text,omitempty" maxLength:"4000"`
	Number   *int     `json:"number,omitempty" example:"35"`
	Yes      *bool    `json:"yes,omitempty"`
	Choices  []string `json:"choices,omitempty" maxItems:"100" doc:"Codes of options; of a choice one."`
}

func (n NewQuestionnaire) domain() accreditation.Questionnaire {
	q := accreditation.Questionnaire{Name: n.Name.sentence()}
	for _, each := range n.Questions {
		asked := accreditation.Question{
			Code: each.Code, Section: each.Section, Type: accreditation.QuestionType(each.Type), Required: each.Required, Text: each.Text.sentence(),
			Minimum: each.Minimum, Maximum: each.Maximum,
		}
		for _, o := range each.Options {
			asked.Options = append(asked.Options, accreditation.Option{Code: o.Code, Label: o.Label.sentence()})
		}
		q.Questions = append(q.Questions, asked)
	}
	return q
}

func questionnaireOf(q accreditation.Questionnaire) (uuid.UUID, int, Questionnaire) {
	out := Questionnaire{ID: q.ID, Number: q.Number, PublishedAt: utc(q.PublishedAt), NewQuestionnaire: NewQuestionnaire{Name: textOf(q.Name)}}
	for _, each := range q.Questions {
		shown := Question{
			Code: each.Code, Section: each.Section, Type: string(each.Type), Required: each.Required, Text: textOf(each.Text), Minimum: each.Minimum, Maximum: each.Maximum,
		}
		for _, o := range each.Options {
			shown.Options = append(shown.Options, QuestionOption{Code: o.Code, Label: textOf(o.Label)})
		}
		out.Questions = append(out.Questions, shown)
	}
	return q.ID, 1, out
}

func answersOf(list []Answer) []accreditation.Answer {
	out := make([]accreditation.Answer, len(list))
	for i, a := range list {
		out[i] = accreditation.Answer{Question: a.Question, Text: a.Text, Number: a.Number, Yes: a.Yes, Choices: a.Choices}
	}
	return out
}

func showAnswers(list []accreditation.Answer) []Answer {
	out := make([]Answer, len(list))
	for i, a := range list {
		out[i] = Answer{Question: a.Question, Text: a.Text, Number: a.Number, Yes: a.Yes, Choices: a.Choices}
	}
	return out
}

func (s *shell) questionnaires(store *accreditation.Store) {
	const tag, path = "questionnaires", "/v1/questionnaires"
	registerList(s, operation{
		id: "list-questionnaires", path: path, tag: tag, summary: "List questionnaires", description: "Every version, the oldest first. Everybody who is known may read them.",
		response: List[Questionnaire]{Items: []Questionnaire{exampleQuestionnaire}},
	}, func(in *struct{ Paged }) (Paged, accreditation.Filter) { return in.Paged, accreditation.Filter{} }, store.Questionnaires, questionnaireOf)
	registerGet(s, operation{
		id: "get-questionnaire", path: path + "/{id}", tag: tag, summary: "Read a questionnaire", description: "One version, as it was published.", response: exampleQuestionnaire,
	}, store.Questionnaire, questionnaireOf)
	registerCreate(s, operation{
		id: "publish-questionnaire", path: path, tag: tag, scope: "accreditation.manage", summary: "Publish a questionnaire",
		description: "A further version; those before stay as they are, for the answers that were given to them. For the associations directorate.",
		request:     exampleQuestionnaire.NewQuestionnaire, response: exampleQuestionnaire,
	}, func(ctx context.Context, a policy.Actor, b NewQuestionnaire, once pg.Once) (accreditation.Written[accreditation.Questionnaire], error) {
		return store.PublishQuestionnaire(ctx, a, b.domain(), once)
	}, questionnaireOf)
}

var exampleQuestionnaire = Questionnaire{
	ID: exampleQuestionnaireID, Number: 1, PublishedAt: exampleTime, NewQuestionnaire: NewQuestionnaire{
		Name: Text{AR: "القدرات ومعيقات الانضمام", EN: "Capability and obstacles to joining"},
		Questions: []Question{{
			Code: "weekly_hours", Section: "capability", Type: "number", Required: true, Minimum: new(0), Maximum: new(168),
			Text: Text{AR: "كم ساعة تفتحون أبوابكم للمنتفعين في الأسبوع؟", EN: "For how many hours a week are you open to those whom you serve?"},
		}},
	},
}
