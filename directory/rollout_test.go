package directory_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg/pgtest"
)

// A search asks for what is closed in a way of its own; it must be what tahweel_rollout says, by which a referral is decided.
func TestASearchClosesWhatTheRolloutCloses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	actor := caseManager(w.hebron.ID)
	batch := &pgx.Batch{}
	batch.Queue(`SELECT set_config('tahweel.kind', 'system', false)`)
	for _, row := range [][]any{
		{hebron, "DIS", "off"}, {hebron, physio, "live"}, {hebron, "DIS-SPEECH", "pilot"}, {bethlehem, "DIS", "pilot"}, {bethlehem, physio, "off"},
		{northGaza, physio, "off"}, {northGaza, "FSC", "off"}, {"PS0140", "DIS", "live"},
	} {
		id := uuid.New()
		batch.Queue(`
			INSERT INTO rollout (id, governorate_code, need_id, stage, created_at, updated_at)
			SELECT $1, $2, n.id, $4, now(), now()
			FROM need AS n
			WHERE n.code = $3`, append([]any{id}, row...)...)
		if row[0] == bethlehem && row[1] == "DIS" {
			batch.Queue(`INSERT INTO account (id, kind, name_ar, name_en, created_at) VALUES ($1, 'person', 'موظفة', 'Invented', now())`, actor.AccountID)
			batch.Queue(`INSERT INTO rollout_account (rollout_id, account_id) VALUES ($1, $2)`, id, actor.AccountID)
		}
	}
	w.run(batch)
	for _, asked := range []string{"DIS", physio, "DIS-SPEECH", "FSC", "HEA"} {
		for _, who := range []struct {
			name    string
			account uuid.UUID
		}{{"named", actor.AccountID}, {"another", uuid.New()}} {
			want := pgtest.Value[[]string](t, w.DB, `
				SELECT coalesce(array_agg(g.code || ' ' || n.code ORDER BY g.code, n.code), '{}')
				FROM governorate AS g
				CROSS JOIN need AS n
				JOIN need_ancestor AS c ON c.need_id = n.id
				JOIN need AS asked ON asked.id = c.ancestor_id AND asked.code = $1
				CROSS JOIN LATERAL tahweel_rollout(g.code, n.id, $2) AS ro
				WHERE n.tier IS NOT NULL
				  AND NOT (ro.stage = 'live' OR ro.stage = 'pilot' AND ro.named)`, asked, who.account)
			actor.AccountID = who.account
			if got := must(w.store.ClosedNeeds(t.Context(), actor, asked))(t); !slices.Equal(got, want) {
				t.Errorf("%s for %s: got %v, want %v", asked, who.name, got, want)
			}
			if asked == "DIS" && len(want) == 0 {
				t.Error("negative control: nothing is closed")
			}
		}
	}
}
