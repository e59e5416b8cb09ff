package accreditation_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// rule is one thing that may be read, who may, and how to try it: through the application and past it.
type rule struct {
	name string
	may  []string
	read func(context.Context, policy.Actor) (int, error) // how many rows are shown
	sql  string                                           // counts the rows that are seen
}

// layered is a world in which an application of the first organization is signed and not decided, and a survey found it.
func layered(t *testing.T) (*world, map[string]policy.Actor, []rule) {
	t.Helper()
	w := newWorld(t)
	c, err := w.store.PlanCampaign(t.Context(), w.officer, accreditation.Campaign{
		Name: fault.Sentence{AR: "مسح", EN: "Survey"}, Directorates: []uuid.UUID{w.manager.Memberships[0].DirectorateID}, From: w.now, To: w.now, QuestionnaireID: asked,
	}, pg.Once{})
	if err == nil {
		_, err = w.store.MoveCampaign(t.Context(), w.officer, accreditation.Move{ID: c.Entity.ID, Version: 1}, accreditation.Begin)
	}
	if err == nil {
		_, err = w.store.Record(t.Context(), w.officer, accreditation.Found{CampaignID: c.Entity.ID, OrganizationID: w.mine, On: w.now, Answers: w.answers()}, pg.Once{})
	}
	if err != nil {
		t.Fatal(err)
	}
	a := w.walk(w.draft(accreditation.First), toDecision[:6]...)
	document := pgtest.Value[uuid.UUID](t, w.db, `SELECT id FROM application_document LIMIT 1`)
	own := []string{"officer", "signatory", "auditor", "focal", "machine"}
	ministry := []string{"officer", "signatory", "auditor"}
	of := accreditation.Filter{ApplicationID: a.ID, Limit: 10}
	rules := []rule{
		{"an application", own, func(ctx context.Context, who policy.Actor) (int, error) {
			_, err := w.store.Application(ctx, who, a.ID)
			return 1, err
		}, `SELECT count(*) FROM accreditation_application`},
		{"its list", own, func(ctx context.Context, who policy.Actor) (int, error) {
			list, err := w.store.Applications(ctx, who, of)
			return len(list), err
		}, `SELECT count(*) FROM accreditation_application_scope`},
		{"its documents", own, func(ctx context.Context, who policy.Actor) (int, error) {
			list, err := w.store.Documents(ctx, who, of)
			return len(list), err
		}, `SELECT count(*) FROM application_document`},
		{"what a document holds", own, func(ctx context.Context, who policy.Actor) (int, error) {
			_, content, err := w.store.DocumentContent(ctx, who, document)
			return len(content), err
		}, `SELECT count(*) FROM application_document_content`},
		{"its visits", own, func(ctx context.Context, who policy.Actor) (int, error) {
			list, err := w.store.Visits(ctx, who, of)
			return len(list), err
		}, `SELECT count(*) FROM site_visit`},
		{"its notices", own, func(ctx context.Context, who policy.Actor) (int, error) {
			list, err := w.store.Notices(ctx, who, of)
			return len(list), err
		}, `SELECT count(*) FROM accreditation_notice`},
		{"what was found", ministry, func(ctx context.Context, who policy.Actor) (int, error) {
			list, err := w.store.Notes(ctx, who, of)
			return len(list), err
		}, `SELECT count(*) FROM application_note`},
		{"a decision that is not taken", ministry, func(ctx context.Context, who policy.Actor) (int, error) {
			list, err := w.store.Decisions(ctx, who, of)
			return len(list), err
		}, `SELECT count(*) FROM accreditation_decision`},
		{"a survey", ministry, func(ctx context.Context, who policy.Actor) (int, error) {
			list, err := w.store.Campaigns(ctx, who, of)
			return len(list), err
		}, `SELECT count(*) FROM survey_campaign`},
		{"what it found", ministry, func(ctx context.Context, who policy.Actor) (int, error) {
			list, err := w.store.Entries(ctx, who, of)
			return len(list), err
		}, `SELECT count(*) FROM survey_entry`},
	}
	return w, map[string]policy.Actor{
		"officer": w.officer, "signatory": w.signatory, "auditor": w.auditor, "manager": w.manager, "focal": w.focal, "machine": w.machine, "worker": w.worker,
		"other": w.other, "nobody": {AccountID: uuid.New(), Kind: policy.Person},
	}, rules
}

// misread lists who reads what they must not and who does not read what they may, by the application.
func misread(t *testing.T, actors map[string]policy.Actor, rules []rule) (wrong []string) {
	t.Helper()
	for _, r := range rules {
		for name, who := range actors {
			n, err := r.read(t.Context(), who)
			if err != nil && !slices.Contains([]fault.Kind{fault.Forbidden, fault.NotFound}, fault.KindOf(err)) {
				t.Errorf("%s by %s: %v", r.name, name, err)
			}
			if shown := err == nil && n > 0; shown != slices.Contains(r.may, name) {
				wrong = append(wrong, r.name+" by "+name)
			}
		}
	}
	return wrong
}

// missee lists the same of the database alone, past every check of the application.
func missee(t *testing.T, db *pgtest.DB, actors map[string]policy.Actor, rules []rule) (wrong []string) {
	t.Helper()
	for _, r := range rules {
		for name, who := range actors {
			var n int
			err := db.DB.InTx(t.Context(), who, func(q pg.Querier) error { return q.QueryRow(t.Context(), r.sql, pgx.StrictNamedArgs{}).Scan(&n) })
			if err != nil {
				t.Error(err)
			}
			if (n > 0) != slices.Contains(r.may, name) {
				wrong = append(wrong, r.name+" by "+name)
			}
		}
	}
	return wrong
}

// TestEachLayerAloneKeepsWhoMayRead: the application with row-level security off, and the database with no application, let the same
// people read. The control takes away one policy, and is seen.
func TestEachLayerAloneKeepsWhoMayRead(t *testing.T) {
	t.Parallel()
	w, actors, rules := layered(t)
	if wrong := misread(t, actors, rules); len(wrong) > 0 {
		t.Errorf("with both layers: %q", wrong)
	}
	if wrong := missee(t, w.db, actors, rules); len(wrong) > 0 {
		t.Errorf("the database alone: %q", wrong)
	}
	w.db.Exec(t, `CREATE POLICY open_to_all ON application_note FOR SELECT USING (true)`)
	if wrong := missee(t, w.db, actors, rules); len(wrong) == 0 {
		t.Error("a policy that is open to all is not noticed")
	}
	for _, table := range []string{
		"survey_campaign", "survey_entry", "accreditation_application", "accreditation_application_scope", "application_document", "application_document_content",
		"site_visit", "application_note", "accreditation_decision", "accreditation_notice",
	} {
		w.db.Exec(t, `ALTER TABLE `+table+` DISABLE ROW LEVEL SECURITY`)
	}
	if wrong := misread(t, actors, rules); len(wrong) > 0 {
		t.Errorf("the application alone: %q", wrong)
	}
}

// TestNobodyPassesADecisionByHand: an organization cannot bring its application to where only the directorate brings one, nor write what
// the directorate writes, with no application check in the way.
func TestNobodyPassesADecisionByHand(t *testing.T) {
	t.Parallel()
	w, _, _ := layered(t)
	id := pgtest.Value[uuid.UUID](t, w.db, `SELECT id FROM accreditation_application`)
	for name, sql := range map[string]string{
		"confirms":              `UPDATE accreditation_application SET transition = 'confirm', status = 'decided', outcome = 'accredited', decided_at = now() WHERE id = @id`,
		"takes the decision":    `UPDATE accreditation_decision SET taken_at = now() WHERE application_id = @id`,
		"writes a note":         `INSERT INTO application_note (id, application_id, kind, findings, created_at) VALUES (gen_random_uuid(), @id, 'hand_back', 'x', now())`,
		"widens a scope":        `INSERT INTO accreditation_scope SELECT gen_random_uuid(), need_id, governorate_code FROM accreditation_application_scope WHERE application_id = @id`,
		"writes its own notice": `INSERT INTO accreditation_notice (id, organization_id, kind, text_ar, text_en, created_at) SELECT gen_random_uuid(), organization_id, 'x', 'x', 'x', now() FROM accreditation_application WHERE id = @id`,
	} {
		var rows int64
		err := w.db.DB.InTx(t.Context(), w.focal, func(q pg.Querier) error {
			tag, err := q.Exec(t.Context(), sql, pgx.StrictNamedArgs{"id": id})
			rows = tag.RowsAffected()
			return err
		})
		if fault.KindOf(err) != fault.Forbidden && rows > 0 {
			t.Errorf("an organization %s: %v, %d rows", name, err, rows)
		}
	}
	// Two persons, whoever writes.
	var refused *fault.Error
	err := w.db.DB.InTx(t.Context(), policy.TheSystem(), func(q pg.Querier) error {
		_, err := q.Exec(t.Context(), `UPDATE accreditation_decision SET confirmed_by_id = signed_by_id, taken_at = now() WHERE application_id = @id`, pgx.StrictNamedArgs{"id": id})
		return err
	})
	if !errors.As(err, &refused) || refused.Code != "second_person" {
		t.Errorf("one person signs twice past the program: %v", err)
	}
}
