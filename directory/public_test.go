package directory_test

import (
	"context"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/policy"
)

// many fills the world with public services at a place, so many for each of some organizations.
func (w *world) many(organizations, services int) {
	w.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.OwnerURL)
	w.ok(err)
	defer func() { _ = conn.Close(ctx) }()
	tx, err := conn.Begin(ctx)
	w.ok(err)
	for _, sql := range []string{
		`SELECT set_config('tahweel.kind', 'system', true), set_config('session_replication_role', 'replica', true)`, // no history of it
		`INSERT INTO organization (id, kind, status, information_only, name_ar, name_en, description_ar, description_en, version, created_at, updated_at)
		 SELECT md5('organization' || o)::uuid, 'municipality', 'active', false, 'بلدية ' || o, 'Municipality ' || o, '', '', 1, now(), '2026-03-01' FROM generate_series(1, $1::int) AS o`,
		`INSERT INTO location (id, organization_id, place_code, geog, name_ar, name_en, version, created_at, updated_at)
		 SELECT md5('location' || o)::uuid, md5('organization' || o)::uuid, 'gn-281292', ST_MakePoint(35 + o / 10000.0, 31.5)::geography, 'مركز', 'Centre', 1, now(), '2026-03-01' FROM generate_series(1, $1::int) AS o`,
		`INSERT INTO service (id, organization_id, status, name_ar, name_en, target_groups, sex, delivery_modes, version, created_at, updated_at)
		 SELECT md5('service' || o || '/' || s)::uuid, md5('organization' || o)::uuid, 'active', 'خدمة ' || s, 'Service ' || s, '{}', 'any', '{facility}', 1, now(), '2026-03-01' FROM generate_series(1, $1::int) AS o, generate_series(1, $2::int) AS s`,
		`INSERT INTO service_at_location (id, service_id, location_id, status, accepting_status, version, created_at, updated_at)
		 SELECT md5('offer' || o || '/' || s)::uuid, md5('service' || o || '/' || s)::uuid, md5('location' || o)::uuid, 'active', 'unknown', 1, now(), '2026-03-01' FROM generate_series(1, $1::int) AS o, generate_series(1, $2::int) AS s`,
		`SELECT set_config('session_replication_role', 'origin', true)`,
		`SELECT tahweel_refresh_listing(id) FROM organization`,
	} {
		var args []any
		for n, value := range []int{organizations, services} {
			if containsParameter(sql, n+1) {
				args = append(args, value)
			}
		}
		_, err := tx.Exec(ctx, sql, args...)
		w.ok(err)
	}
	w.ok(tx.Commit(ctx))
	_, err = conn.Exec(ctx, `VACUUM (ANALYZE) organization, location, service, service_at_location, listing`)
	w.ok(err)
}

func containsParameter(sql string, n int) bool {
	for i := range len(sql) - 1 {
		if sql[i] == '$' && int(sql[i+1]-'0') == n {
			return true
		}
	}
	return false
}

// A page of services in full takes as many questions as one service.
func TestAPageTakesAFixedNumberOfQuestions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(7, 10)
	count := func(limit int, oneByOne bool) int {
		t.Helper()
		page, asked, err := w.store.CountedServices(t.Context(), directory.PublicQuery{Limit: limit}, oneByOne)
		w.ok(err)
		if len(page.Services) != limit || len(page.Offers) != limit || len(page.Organizations) == 0 || len(page.Locations) != len(page.Organizations) || page.Total != 70 {
			t.Errorf("a page of %d: %d services, %d offers, %d organizations, %d locations of %d", limit, len(page.Services), len(page.Offers), len(page.Organizations), len(page.Locations), page.Total)
		}
		return asked
	}
	if one, all := count(1, false), count(70, false); one != all || one == 0 {
		t.Errorf("one service takes %d questions, seventy take %d", one, all)
	}
	if few, more := count(1, true), count(70, true); few == more { // the control
		t.Errorf("asking one by one takes %d and %d", few, more)
	}
}

// A walk through a large list finds each thing once, whether by pages or by going on from where one was.
func TestALargeListIsWalked(t *testing.T) {
	t.Parallel()
	organizations, services, size := 12, 25, 20
	if os.Getenv("TAHWEEL_PROVE") == "1" {
		organizations, services, size = 1000, 100, 100
	}
	w := newWorld(t)
	w.many(organizations, services)
	byPage, byPosition := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	query := directory.PublicQuery{Limit: size}
	for ; ; query.Offset += size {
		page, err := w.store.PublicServices(t.Context(), query, directory.Shallow)
		w.ok(err)
		for _, item := range page.Items {
			byPage[item.ID] = true
		}
		if len(page.Items) < size {
			break
		}
	}
	query.Offset = 0
	for {
		page, err := w.store.PublicServices(t.Context(), query, directory.Deep)
		w.ok(err)
		for _, item := range page.Items {
			if byPosition[item.ID] {
				t.Errorf("%s comes twice", item.ID)
			}
			byPosition[item.ID] = true
		}
		if len(page.Items) < size {
			break
		}
		last := page.Items[len(page.Items)-1].Position()
		query.After = &last
	}
	if want := organizations * services; len(byPage) != want || len(byPosition) != want {
		t.Errorf("%d by pages and %d by position, of %d", len(byPage), len(byPosition), want)
	}
	plan, err := w.store.PublicPlan(t.Context(), directory.PublicQuery{Limit: size, Offset: organizations*services - size})
	w.ok(err)
	t.Log(plan)
}

// Row-level security and the query each keep an offer at a confidential location from the public; without both it is read.
func TestEachLayerKeepsTheConfidential(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.association()
	p.confidential = true
	w.add(p)
	for _, c := range []struct {
		guarded, asSystem bool
		want              int
	}{{true, false, 0}, {false, false, 0}, {true, true, 0}, {false, true, 1}} {
		got, err := w.store.OffersRead(t.Context(), c.guarded, c.asSystem)
		w.ok(err)
		if got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestTaxonomiesAreWrittenByTheDirectorate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := directory.Taxonomy{ID: uuid.New(), Name: directory.Name{AR: "تصنيف", EN: "Classification"}}
	term := directory.Term{ID: uuid.New(), Name: directory.Name{AR: "مصطلح", EN: "Term"}, TaxonomyID: x.ID, ParentID: uuid.New()}
	officer := policy.Actor{AccountID: uuid.New(), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.AssociationsOfficer}}}
	provider := policy.Actor{AccountID: uuid.New(), Kind: policy.Client, Memberships: []policy.Membership{{Role: policy.ProviderClient, OrganizationID: uuid.New()}}}
	wantFault(t, "a provider", w.store.SaveTaxonomies(t.Context(), provider, []directory.Taxonomy{x}, nil), "forbidden")
	w.ok(w.store.SaveTaxonomies(t.Context(), officer, []directory.Taxonomy{x}, []directory.Term{term}))
	w.ok(w.store.SaveTaxonomies(t.Context(), officer, []directory.Taxonomy{x}, []directory.Term{term}))
	need, _ := directory.NeedByCode(physio)
	wantFault(t, "a need", w.store.SaveTaxonomies(t.Context(), officer, nil, []directory.Term{need.Term()}), "refused")
	wantFault(t, "the needs", w.store.SaveTaxonomies(t.Context(), officer, []directory.Taxonomy{directory.NeedsTaxonomy}, nil), "refused")
	found, err := w.store.PublicTerm(t.Context(), term.ID)
	w.ok(err)
	if found.Terms[0].Name != term.Name || found.Taxonomies[0].ID != x.ID {
		t.Errorf("%+v", found)
	}
	_, err = w.store.PublicTerm(t.Context(), uuid.New())
	wantFault(t, "another term", err, "not found")
}
