package directory_test

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/policy"
)

// listedIDs reads every page of the answer.
func (w *world) listedIDs(actor policy.Actor, q directory.Query) map[uuid.UUID]bool {
	w.t.Helper()
	ids := map[uuid.UUID]bool{}
	q.Limit = directory.MaximumLimit
	for {
		page := must(w.store.Nearby(w.t.Context(), actor, q))(w.t)
		for _, p := range page.Items {
			ids[p.ServiceAtLocationID] = true
		}
		if page.Next == nil {
			return ids
		}
		q.After = page.Next
	}
}

// TestAnExplanationSaysListedJustIfItIs: for generated providers and queries, the register explained says what the search finds.
func TestAnExplanationSaysListedJustIfItIs(t *testing.T) {
	t.Parallel()
	queries, each, sample := 24, 12, 6
	if os.Getenv("TAHWEEL_PROVE") != "" {
		queries, each, sample = 600, 60, 1000
	}
	w := newWorld(t)
	places, links := placesOf(t, w)
	c := newCrowd(t, places, []uuid.UUID{w.hebron.ID, w.directorate("BET", bethlehem).ID, w.directorate("GAZ", northGaza).ID}, 120)
	conn, err := pgx.Connect(t.Context(), w.OwnerURL)
	w.ok(err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	c.load(conn)
	w.close(conn)
	rows, err := conn.Query(t.Context(), `SELECT id FROM service_at_location ORDER BY id`)
	w.ok(err)
	offers, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	w.ok(err)

	var yes, no, careless int
	stages := map[string]int{}
	for range queries {
		q := c.ask(links)
		actor := caseManager(q.directorate)
		listed := w.listedIDs(actor, q.Query)
		checked := 0
		for id := range listed {
			if checked++; checked > sample {
				break
			}
			e := must(w.store.Explain(t.Context(), actor, q.Query, id))(t)
			if yes++; !e.Listed {
				t.Fatalf("%v is found and explained away: %+v, query %+v", id, e.Checks, q.Query)
			}
		}
		for range each {
			id := offers[c.rnd.IntN(len(offers))]
			e := must(w.store.Explain(t.Context(), actor, q.Query, id))(t)
			if e.Listed != listed[id] {
				t.Fatalf("%v is found: %v, and explained: %+v, query %+v", id, listed[id], e.Checks, q.Query)
			}
			if !e.Listed {
				no++
			}
			only := 0
			for _, check := range e.Checks {
				if check.Sentence.AR == "" || check.Sentence.EN == "" || check.Code == "" {
					t.Errorf("%s is not said in words", check.Stage)
				}
				if !check.OK {
					stages[check.Stage]++
					only++
				}
			}
			if only == 1 && !slices.ContainsFunc(e.Checks, func(c directory.Check) bool { return !c.OK && c.Stage == directory.StageReach }) {
				careless++ // an explanation that looks at the way alone would call it listed
			}
		}
	}
	t.Logf("%d listed, %d not, by stage %v; %d an explanation of the way alone would get wrong", yes, no, stages, careless)
	if yes < queries || no < queries || careless == 0 {
		t.Errorf("negative control: %d listed, %d not, %d that a careless explanation gets wrong", yes, no, careless)
	}
}

// close shuts some needs of some governorates, and ends some accreditations and offers, after the crowd was loaded.
func (w *world) close(conn *pgx.Conn) {
	w.t.Helper()
	for _, sql := range []string{
		`INSERT INTO rollout (id, governorate_code, need_id, stage, created_at, updated_at)
		 SELECT gen_random_uuid(), 'PS0150', id, 'off', now(), now() FROM need WHERE code = 'DIS-PHYSIO'`,
		`INSERT INTO rollout (id, governorate_code, need_id, stage, created_at, updated_at)
		 SELECT gen_random_uuid(), 'PS0145', id, 'pilot', now(), now() FROM need WHERE code = 'DIS'`,
		`UPDATE organization SET status = 'defunct' WHERE id IN (SELECT id FROM organization ORDER BY id LIMIT 5)`,
		`UPDATE organization SET information_only = true WHERE id IN (SELECT id FROM organization ORDER BY id DESC LIMIT 5)`,
		`UPDATE service_at_location SET status = 'inactive' WHERE id IN (SELECT id FROM service_at_location ORDER BY id LIMIT 5)`,
		`UPDATE instrument SET transition = 'suspend', status = 'suspended' WHERE id IN (SELECT id FROM instrument WHERE status = 'in_force' ORDER BY id LIMIT 5)`,
		`SELECT refresh_provider_search(id) FROM organization`,
	} {
		_, err := conn.Exec(w.t.Context(), sql)
		w.ok(err)
	}
}

// TestAnExplanationNamesTheGround: each change takes a provider out of the answer, and the explanation says by which stage.
func TestAnExplanationNamesTheGround(t *testing.T) {
	t.Parallel()
	shared := newWorld(t)
	sixteen := 16
	for name, c := range map[string]struct {
		change func(w *world, p *provider)
		query  directory.Query
		stage  string
	}{
		"as it is":            {nil, near(yatta), ""},
		"another need":        {nil, directory.Query{Need: "EDU-KG", Place: yatta}, directory.StageNeed},
		"accreditation ended": {func(_ *world, p *provider) { p.grant.ValidTo = today(-1) }, near(yatta), directory.StageAccreditation},
		"instrument ended":    {func(_ *world, p *provider) { p.term.to = today(-1) }, near(yatta), directory.StageInstrument},
		"another directorate": {func(_ *world, p *provider) { p.term.directorates = nil }, near(yatta), directory.StageDirectorate},
		"another governorate": {func(_ *world, p *provider) { p.term.governorates = []string{bethlehem} }, near(yatta), directory.StagePlace},
		"no passage":          {func(_ *world, p *provider) { p.place = beitHanun }, near(yatta), directory.StageReach},
		"full":                {func(_ *world, p *provider) { p.accepting = directory.NoCapacity }, near(yatta), directory.StageCapacity},
		"too young":           {func(_ *world, p *provider) { p.service.MinimumAge = &sixteen }, directory.Query{Need: physio, Place: yatta, Age: new(9)}, directory.StageAge},
		"for women":           {func(_ *world, p *provider) { p.service.Sex = directory.Female }, directory.Query{Need: physio, Place: yatta, Sex: directory.Male}, directory.StageSex},
		"for youth": {
			func(_ *world, p *provider) { p.service.TargetGroups = []string{"youth"} },
			directory.Query{Need: physio, Place: yatta, TargetGroup: "women"}, directory.StageTargetGroup,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := shared.fork(t)
			p := w.association()
			if c.change != nil {
				c.change(w, &p)
			}
			m := w.add(p)
			e := must(w.store.Explain(t.Context(), caseManager(w.hebron.ID), c.query, m.offer.ID))(t)
			var failed []string
			for _, check := range e.Checks {
				if !check.OK {
					failed = append(failed, check.Stage)
				}
			}
			if want := c.stage == ""; e.Listed != want || !want && !slices.Contains(failed, c.stage) || want && len(failed) > 0 {
				t.Errorf("listed %v, failed %v", e.Listed, failed)
			}
		})
	}
	_, err := shared.store.Explain(t.Context(), caseManager(shared.hebron.ID), near(yatta), uuid.New())
	wantFault(t, "a service that does not exist", err, "not found")
}
