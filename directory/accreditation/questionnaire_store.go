package accreditation

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Questionnaires lists the versions by id, the oldest first. Whoever was identified may read what is asked.
func (s *Store) Questionnaires(ctx context.Context, actor policy.Actor, f Filter) ([]Questionnaire, error) {
	return get(ctx, s, actor, func(q pg.Querier) ([]Questionnaire, error) {
		return collect(ctx, q, "list questionnaires", questionnaireRow.questionnaire, questionnaireSQL+`
			WHERE id > @after
			ORDER BY id
			LIMIT @limit`, pgx.StrictNamedArgs{"after": f.After, "limit": f.Limit})
	})
}

// Questionnaire returns the version of that id, or fails with fault.NotFound.
func (s *Store) Questionnaire(ctx context.Context, actor policy.Actor, id uuid.UUID) (Questionnaire, error) {
	return get(ctx, s, actor, func(q pg.Querier) (Questionnaire, error) { return questionnaire(ctx, q, id) })
}

// PublishQuestionnaire publishes a further version; those before stay as they are, for the answers that were given to them. It fails
// with fault.Forbidden unless the actor runs surveys, and with fault.Refused with every fault of the questions.
func (s *Store) PublishQuestionnaire(ctx context.Context, actor policy.Actor, n Questionnaire, once pg.Once) (Written[Questionnaire], error) {
	d := deed{actor: actor, what: "questionnaire.publish", action: policy.Manage, class: policy.ClassSurvey, once: once}
	return perform(ctx, s, d, questionnaire, func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
		if err = n.Validate(); err != nil {
			return id, err
		}
		if id, err = newID(); err != nil {
			return id, err
		}
		// Of two who publish at once the second is refused: the number is unique.
		return id, write(ctx, q, "publish a questionnaire", `
			INSERT INTO questionnaire (id, number, name_ar, name_en, questions, published_at)
			SELECT @id, coalesce(max(number), 0) + 1, @name_ar, @name_en, @questions, @now
			FROM questionnaire`,
			pgx.StrictNamedArgs{"id": id, "name_ar": n.Name.AR, "name_en": n.Name.EN, "questions": n.Questions, "now": now})
	})
}

type questionnaireRow struct {
	ID          uuid.UUID
	Number      int
	NameAr      string
	NameEn      string
	Questions   []Question
	PublishedAt time.Time
}

func (r questionnaireRow) questionnaire() Questionnaire {
	return Questionnaire{ID: r.ID, Number: r.Number, Name: fault.Sentence{AR: r.NameAr, EN: r.NameEn}, Questions: r.Questions, PublishedAt: r.PublishedAt}
}

const questionnaireSQL = `
			SELECT id, number, name_ar, name_en, questions, published_at
			FROM questionnaire`

func questionnaire(ctx context.Context, q pg.Querier, id uuid.UUID) (Questionnaire, error) {
	return one(collect(ctx, q, "read a questionnaire", questionnaireRow.questionnaire, questionnaireSQL+`
			WHERE id = @id`, pgx.StrictNamedArgs{"id": id}))
}
