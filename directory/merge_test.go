package directory_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/history"
	"tahweel/internal/pg"

	"tahweel/policy"
)

// holdings is everything that organizations have: each thing by its id, with whose it is and what it says beyond that.
func (w *world) holdings() map[string]string {
	w.t.Helper()
	return must(selectPairs(w, `
		SELECT 'service ' || id, organization_id || ' ' || (to_jsonb(s) - '{organization_id,version,updated_at}'::text[])::text FROM service AS s
		UNION ALL
		SELECT 'location ' || id, organization_id || ' ' || (to_jsonb(l) - '{organization_id,version,updated_at}'::text[])::text FROM location AS l
		UNION ALL
		SELECT 'branch ' || id, organization_id || ' ' || (to_jsonb(b) - '{organization_id,version,updated_at}'::text[])::text FROM branch AS b
		UNION ALL
		SELECT 'offer ' || o.id, s.organization_id || ' ' || (to_jsonb(o) - '{version,updated_at}'::text[])::text
		FROM service_at_location AS o
		JOIN service AS s ON s.id = o.service_id
		UNION ALL
		SELECT 'need ' || service_id || need_id, s.organization_id::text FROM service_need JOIN service AS s ON s.id = service_id`))(w.t)
}

func selectPairs(w *world, sql string) (map[string]string, error) {
	conn, err := pgx.Connect(w.t.Context(), w.OwnerURL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(w.t.Context()) }()
	rows, err := conn.Query(w.t.Context(), sql)
	if err != nil {
		return nil, err
	}
	pairs := map[string]string{}
	var key, value string
	_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error { pairs[key] = value; return nil })
	return pairs, err
}

// lost says what a merge of one organization into another did to what they have, beyond what it is meant to.
func lost(before, after map[string]string, merged, survivor uuid.UUID) (complaints []string) {
	for _, key := range slices.Sorted(maps.Keys(before)) {
		want := before[key]
		if rest, ok := strings.CutPrefix(want, merged.String()); ok {
			want = survivor.String() + rest
		}
		switch got, there := after[key]; {
		case !there:
			complaints = append(complaints, key+" is lost")
		case got != want:
			complaints = append(complaints, key+" is "+got+", want "+want)
		}
	}
	for key := range after {
		if _, there := before[key]; !there {
			complaints = append(complaints, key+" is new")
		}
	}
	return complaints
}

// shape is what an organization has: locations, some of them at a branch, and services, each offered at some of the locations.
type shape struct {
	AtBranch []bool
	Offered  [][]bool
}

var shapes = rapid.Custom(func(t *rapid.T) shape {
	s := shape{AtBranch: rapid.SliceOfN(rapid.Bool(), 0, 3).Draw(t, "at branch")}
	s.Offered = rapid.SliceOfN(rapid.SliceOfN(rapid.Bool(), len(s.AtBranch), len(s.AtBranch)), 0, 3).Draw(t, "offered")
	return s
})

func (w *world) shaped(s shape) directory.Organization {
	w.t.Helper()
	ctx, system := w.t.Context(), policy.TheSystem()
	o := w.listed("جهة للدمج", "Invented body to merge")
	var locations []uuid.UUID
	for _, branched := range s.AtBranch {
		l := directory.Location{OrganizationID: o.ID, PlaceCode: yatta, Point: w.pointOf(yatta), Name: o.Name}
		if branched {
			b := must(w.store.CreateBranch(ctx, system, directory.Branch{OrganizationID: o.ID, Name: o.Name, PlaceCode: yatta}, pg.Once{}))(w.t).Entity
			l.BranchID = &b.ID
		}
		locations = append(locations, must(w.store.CreateLocation(ctx, system, l))(w.t).ID)
	}
	for _, offered := range s.Offered {
		v := w.offers(o, "خدمة للدمج", "Invented service to merge", physio)
		for i, there := range offered {
			if there {
				must(w.store.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: v.ID, LocationID: locations[i]}))(w.t)
			}
		}
	}
	return o
}

func TestAMergeLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 12 {
		merged, survivor := w.shaped(shapes.Example(2*i)), w.shaped(shapes.Example(2*i+1))
		before := w.holdings()
		got := must(w.store.MergeOrganization(t.Context(), officer(), merged.ID, merged.Version, survivor.ID, pg.Once{}))(t).Entity
		if got.Status != directory.Defunct || got.MergedInto == nil || *got.MergedInto != survivor.ID {
			t.Fatalf("%d: the merged one is %s and went to %v", i, got.Status, got.MergedInto)
		}
		for _, complaint := range lost(before, w.holdings(), merged.ID, survivor.ID) {
			t.Errorf("%d: %s", i, complaint)
		}
		if keys := w.keys(directory.TextQuery{Search: "Invented body to merge", Entity: directory.OrganizationText}); keys[merged.ID.String()] != "" || keys[survivor.ID.String()] == "" {
			t.Errorf("%d: found after the merge: %v", i, keys)
		}
	}
}

// Each way to merge badly, and that the comparison sees it.
func TestTheMergeIsSeenToLose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	make := func() (a, b directory.Organization) {
		for _, o := range []*directory.Organization{&a, &b} {
			*o = w.listed("جهة للدمج", "Invented body to merge")
			v := w.offers(*o, "خدمة للدمج", "Invented service to merge", physio)
			l := must(w.store.CreateLocation(t.Context(), policy.TheSystem(), directory.Location{OrganizationID: o.ID, PlaceCode: yatta, Point: w.pointOf(yatta), Name: o.Name}))(t)
			must(w.store.OfferAt(t.Context(), policy.TheSystem(), directory.ServiceAtLocation{ServiceID: v.ID, LocationID: l.ID}))(t)
		}
		return a, b
	}
	for name, sql := range map[string]string{
		"only services move":   `UPDATE service SET organization_id = '%[2]s' WHERE organization_id = '%[1]s'`,
		"an offer is lost":     `UPDATE service SET organization_id = '%[2]s' WHERE organization_id = '%[1]s'; UPDATE location SET organization_id = '%[2]s' WHERE organization_id = '%[1]s'; DELETE FROM service_at_location WHERE service_id IN (SELECT id FROM service WHERE organization_id = '%[2]s')`,
		"a location is copied": `UPDATE service SET organization_id = '%[2]s' WHERE organization_id = '%[1]s'; INSERT INTO location (id, organization_id, place_code, geog, name_ar, name_en, created_at, updated_at) SELECT gen_random_uuid(), '%[2]s', place_code, geog, name_ar, name_en, created_at, updated_at FROM location WHERE organization_id = '%[1]s'`,
		"a service is ended":   `UPDATE service SET organization_id = '%[2]s', status = 'defunct' WHERE organization_id = '%[1]s'; UPDATE location SET organization_id = '%[2]s' WHERE organization_id = '%[1]s'`,
	} {
		a, b := make()
		before := w.holdings()
		w.Exec(t, fmt.Sprintf(sql, a.ID, b.ID))
		if len(lost(before, w.holdings(), a.ID, b.ID)) == 0 {
			t.Errorf("%s, and nobody notices", name)
		}
	}
}

func TestWhatStandsInTheWayOfAMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, system := t.Context(), policy.TheSystem()
	survivor := w.listed("الجهة الباقية", "Invented survivor")
	for _, c := range []struct {
		name string
		make func(o directory.Organization)
	}{
		{"accreditation", func(o directory.Organization) { must(w.store.Apply(ctx, system, o.ID))(t) }},
		{"instruments", func(o directory.Organization) { w.instrument(o.ID, w.association().term) }},
		{"confidential_locations", func(o directory.Organization) {
			must(w.store.CreateLocation(ctx, system, directory.Location{OrganizationID: o.ID, PlaceCode: yatta, Point: w.pointOf(yatta), Confidential: true}))(t)
		}},
		{"members", func(o directory.Organization) {
			account := uuid.New()
			w.Exec(t, fmt.Sprintf(`INSERT INTO account (id, kind, status, name_ar, name_en, created_at) VALUES ('%[1]s', 'person', 'active', 'حساب مثال', 'Example', now());
				INSERT INTO membership (id, account_id, role, organization_id, valid_from) VALUES (gen_random_uuid(), '%[1]s', 'provider_worker', '%[2]s', '2026-01-01')`, account, o.ID))
		}},
		{"closures", func(o directory.Organization) {
			w.Exec(t, fmt.Sprintf(`INSERT INTO closure (id, organization_id, starts_on, ends_on, name_ar, name_en, created_at, updated_at)
				VALUES (gen_random_uuid(), '%s', '2026-01-01', '2999-01-01', 'إغلاق', 'Closed', now(), now())`, o.ID))
		}},
		{"applications", func(o directory.Organization) {
			w.Exec(t, fmt.Sprintf(`INSERT INTO accreditation_application (id, organization_id, kind, track, transition, status, created_at, updated_at)
				VALUES (gen_random_uuid(), '%s', 'first', 'light', 'draft', 'draft', now(), now())`, o.ID))
		}},
		{"change_requests", func(o directory.Organization) {
			v := must(w.store.CreateService(ctx, system, directory.Service{OrganizationID: o.ID, Name: o.Name, NeedCodes: []string{physio},
				DeliveryModes: []directory.DeliveryMode{directory.Facility}}))(t)
			w.Exec(t, fmt.Sprintf(`INSERT INTO change_request (id, organization_id, service_id, created_at, updated_at)
				VALUES (gen_random_uuid(), '%s', '%s', now(), now())`, o.ID, v.ID))
		}},
		{"verification_tasks", func(o directory.Organization) {
			v := must(w.store.CreateService(ctx, system, directory.Service{OrganizationID: o.ID, Name: o.Name, NeedCodes: []string{physio},
				DeliveryModes: []directory.DeliveryMode{directory.Remote}}))(t)
			sal := must(w.store.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: v.ID}))(t)
			w.Exec(t, fmt.Sprintf(`INSERT INTO verification_task (id, service_at_location_id, organization_id, owner_role, reason, declines, due_on, created_at, updated_at)
				VALUES (gen_random_uuid(), '%s', '%s', 'associations_officer', 'service_not_offered', 5, '2026-06-01', now(), now())`, sal.ID, o.ID))
		}},
		{"external_ids", func(o directory.Organization) {
			for _, owner := range []uuid.UUID{o.ID, survivor.ID} {
				must(w.store.CreateService(ctx, system, directory.Service{OrganizationID: owner, Name: o.Name, NeedCodes: []string{physio}, ExternalID: "S-1",
					DeliveryModes: []directory.DeliveryMode{directory.Facility}}))(t)
			}
		}},
	} {
		o := w.listed("جهة لا تدمج", "Invented body that stays")
		c.make(o)
		before := w.holdings()
		_, err := w.store.MergeOrganization(ctx, officer(), o.ID, o.Version, survivor.ID, pg.Once{})
		wantFault(t, c.name, err, "impossible")
		if f, ok := err.(*fault.Error); !ok || len(f.Fields) != 1 { //nolint:errorlint // as the store returns it
			t.Errorf("%s: %v", c.name, err)
		}
		if complaints := lost(before, w.holdings(), uuid.Nil, uuid.Nil); len(complaints) > 0 {
			t.Errorf("%s: refused, and yet %v", c.name, complaints)
		}
	}
	// The negative control: without any of it the same merge is made.
	o := w.listed("جهة تدمج", "Invented body that goes")
	must(w.store.MergeOrganization(ctx, officer(), o.ID, o.Version, survivor.ID, pg.Once{}))(t)
}

func TestAMergeIsOfTwoThatStand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	a, b, c := w.listed("جهة أ", "Body A"), w.listed("جهة ب", "Body B"), w.listed("جهة ج", "Body C")
	merge := func(actor policy.Actor, id uuid.UUID, version int, into uuid.UUID) error {
		_, err := w.store.MergeOrganization(ctx, actor, id, version, into, pg.Once{})
		return err
	}
	wantFault(t, "by a case manager", merge(caseManager(w.hebron.ID), a.ID, 1, b.ID), "forbidden")
	wantFault(t, "into itself", merge(officer(), a.ID, 1, a.ID), "refused")
	wantFault(t, "into nothing", merge(officer(), a.ID, 1, uuid.New()), "refused")
	wantFault(t, "nothing", merge(officer(), uuid.New(), 1, a.ID), "not found")
	wantFault(t, "of an old version", merge(officer(), a.ID, 7, b.ID), "conflict")
	w.ok(merge(officer(), a.ID, 1, b.ID))
	wantFault(t, "twice", merge(officer(), a.ID, 2, b.ID), "impossible")
	wantFault(t, "into a merged one", merge(officer(), c.ID, 1, a.ID), "impossible")
	_, err := w.store.SetOrganizationStatus(ctx, officer(), a.ID, 2, directory.Active)
	wantFault(t, "brought back", err, "impossible")
	changes := must(w.store.History(ctx, officer(), directory.OrganizationEntity, a.ID, history.Page{Limit: 10}))(t)
	if last := changes[len(changes)-1]; !strings.Contains(fmt.Sprintf("%s", last.Fields), b.ID.String()) {
		t.Errorf("the history does not say where it went: %v", last)
	}
	// Past the application: an officer's rights do it, a case manager's do not reach a row.
	w.ok(w.DB.DB.InTx(ctx, caseManager(w.hebron.ID), func(q pg.Querier) error {
		tag, err := q.Exec(ctx, `UPDATE organization SET status = 'defunct', merged_into = $2 WHERE id = $1`, c.ID, b.ID)
		if tag.RowsAffected() != 0 {
			t.Error("a case manager merges past the application")
		}
		return err
	}))
}

func TestLocationsMergeWithWhatIsOfferedThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, system := t.Context(), policy.TheSystem()
	o, other := w.listed("جهة ذات موقعين", "Body with two locations"), w.listed("جهة أخرى", "Another body")
	at := func(owner directory.Organization) directory.Location {
		return must(w.store.CreateLocation(ctx, system, directory.Location{OrganizationID: owner.ID, PlaceCode: yatta, Point: w.pointOf(yatta), Name: owner.Name}))(t)
	}
	merged, survivor, foreign := at(o), at(o), at(other)
	moves, twice := w.offers(o, "خدمة تنتقل", "Service that moves", physio), w.offers(o, "خدمة مكررة", "Service offered twice", physio)
	offer := func(v directory.Service, l directory.Location) directory.ServiceAtLocation {
		return must(w.store.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: v.ID, LocationID: l.ID}))(t)
	}
	gone, ends, stays := offer(moves, merged), offer(twice, merged), offer(twice, survivor)
	_, err := w.store.MergeLocation(ctx, officer(), merged.ID, 1, foreign.ID, pg.Once{})
	wantFault(t, "into another organization's", err, "impossible")
	stays = must(w.store.SetOfferStatus(ctx, officer(), stays.ID, stays.Version, directory.Inactive))(t)
	_, err = w.store.MergeLocation(ctx, officer(), merged.ID, 1, survivor.ID, pg.Once{})
	wantFault(t, "while the other offer has ended", err, "impossible")
	must(w.store.SetOfferStatus(ctx, officer(), stays.ID, stays.Version, directory.Active))(t)
	got := must(w.store.MergeLocation(ctx, officer(), merged.ID, 1, survivor.ID, pg.Once{}))(t).Entity
	if got.MergedInto == nil || *got.MergedInto != survivor.ID {
		t.Errorf("went to %v", got.MergedInto)
	}
	for id, want := range map[uuid.UUID]struct {
		status   directory.Status
		location uuid.UUID
	}{gone.ID: {directory.Active, survivor.ID}, ends.ID: {directory.Defunct, merged.ID}, stays.ID: {directory.Active, survivor.ID}} {
		if sal := must(w.store.ServiceAtLocation(ctx, officer(), id))(t); sal.Status != want.status || sal.LocationID != want.location {
			t.Errorf("the offer is %s at %s, want %v", sal.Status, sal.LocationID, want)
		}
	}
	if keys := w.keys(directory.TextQuery{Search: "Body with two locations", Entity: directory.LocationText}); keys[merged.ID.String()] != "" || keys[survivor.ID.String()] == "" {
		t.Errorf("found: %v", keys)
	}
	_, err = w.store.ChangeLocation(ctx, officer(), directory.Location{ID: merged.ID, Version: got.Version})
	wantFault(t, "changed after the merge", err, "impossible")
	_, err = w.store.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: moves.ID, LocationID: merged.ID})
	wantFault(t, "offered there after the merge", err, "refused")
}

func TestDuplicatesSpeak(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, system := t.Context(), policy.TheSystem()
	body := func(ar, en string, change func(*directory.Organization)) directory.Organization {
		o := directory.Organization{Kind: directory.PublicBody, Name: directory.Name{AR: ar, EN: en}}
		if change != nil {
			change(&o)
		}
		return must(w.store.CreateOrganization(ctx, system, o))(t)
	}
	phone := func(number string) func(*directory.Organization) {
		return func(o *directory.Organization) { o.Details.Phones = []directory.Phone{{Number: number}} }
	}
	first := body("جمعية النخيل للتأهيل", "Palm Rehabilitation", phone("+970 2 227 1234"))
	again := body("جمعيه النخيل للتاهيل", "Al-Nakheel", nil)
	rings := body("بيت الرعاية", "Care House", phone("٠٢٢٢٧١٢٣٤"))
	body("نادي البرتقال", "Orange Club", phone("+970 2 999 0000"))
	pairs := func(kind directory.TextEntity) map[string][]string {
		found := map[string][]string{}
		for _, d := range must(w.store.Duplicates(ctx, officer(), kind, nil, 50))(t).Items {
			for _, r := range d.Reasons {
				found[d.A.ID.String()+d.B.ID.String()] = append(found[d.A.ID.String()+d.B.ID.String()], r.Code)
			}
		}
		return found
	}
	key := func(a, b uuid.UUID) string { return a.String() + b.String() }
	got := pairs(directory.OrganizationText)
	if len(got) != 2 || !slices.Contains(got[key(first.ID, again.ID)], directory.SameName) || !slices.Contains(got[key(first.ID, rings.ID)], directory.SameTelephone) {
		t.Errorf("organizations: %v", got)
	}
	d := must(w.store.DismissDuplicate(ctx, officer(), directory.OrganizationText, [2]uuid.UUID{again.ID, first.ID}, pg.Once{}))(t).Entity
	if same := must(w.store.DismissDuplicate(ctx, officer(), directory.OrganizationText, [2]uuid.UUID{first.ID, again.ID}, pg.Once{}))(t).Entity; same.ID != d.ID {
		t.Error("dismissed twice, as two")
	}
	if got := pairs(directory.OrganizationText); len(got) != 1 || got[key(first.ID, again.ID)] != nil {
		t.Errorf("after the dismissal: %v", got)
	}
	_, err := w.store.Duplicates(ctx, caseManager(w.hebron.ID), directory.OrganizationText, nil, 10)
	wantFault(t, "asked by a case manager", err, "forbidden")

	place := func(o directory.Organization, point *geo.Point, name string) directory.Location {
		return must(w.store.CreateLocation(ctx, system, directory.Location{OrganizationID: o.ID, PlaceCode: yatta, Point: *point, Name: directory.Name{AR: name, EN: name}}))(t)
	}
	here := place(first, ptr(31.4471, 35.0992), "مركز النخيل")
	beside := place(first, ptr(31.4480, 35.0992), "مركز النخيل الرئيسي") // about 100 m
	place(first, ptr(31.4600, 35.0992), "مركز النخيل")                   // more than a kilometre: a branch of that name
	place(first, ptr(31.4472, 35.0992), "مستودع")                        // beside, and something else
	if got := pairs(directory.LocationText); len(got) != 1 || !slices.Contains(got[key(here.ID, beside.ID)], directory.NearEachOther) {
		t.Errorf("locations: %v", got)
	}
}

func TestOneRegistrationOneOrganization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	make := func(number, authority string) error {
		_, err := w.store.CreateOrganization(t.Context(), officer(), directory.Organization{
			Kind: directory.PublicBody, Name: directory.Name{AR: "جهة مسجلة", EN: "Registered body"}, RegistrationNumber: number, RegisteringAuthority: authority,
		})
		return err
	}
	w.ok(make("QR-1", "وزارة الداخلية"))
	wantFault(t, "the same again", make("QR-1", "وزارة الداخلية"), "impossible")
	w.ok(make("QR-1", "وزارة الأوقاف"))
	w.ok(make("QR-2", "وزارة الداخلية"))
	w.ok(make("", ""))
	w.ok(make("", ""))
}

// TestANameThatManyBear: of 60 organizations of one name every pair is told once, page by page, though no round looks at all of
// them. The control is a walk that forgets where in an entry's partners it was.
func TestANameThatManyBear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	const bear = 60
	w.Exec(t, `INSERT INTO organization (id, kind, name_ar, name_en, created_at, updated_at)
		SELECT gen_random_uuid(), 'public_body', 'جهة متكررة الاسم', 'A body of one name', now(), now() FROM generate_series(1, $1)`, bear)
	w.Exec(t, `SELECT tahweel_refresh_text(id) FROM organization`)
	walk := func(forget bool) (pairs, twice int) {
		seen := map[[2]uuid.UUID]bool{}
		var after *directory.DuplicatePosition
		for {
			page := must(w.store.Duplicates(ctx, officer(), directory.OrganizationText, after, 50))(t)
			for _, d := range page.Items {
				key := [2]uuid.UUID{d.A.ID, d.B.ID}
				if seen[key] {
					twice++
				}
				seen[key] = true
			}
			if page.Next == nil {
				return len(seen), twice
			}
			if after = page.Next; forget {
				after.B = uuid.Max
			}
		}
	}
	const all = bear * (bear - 1) / 2
	if pairs, twice := walk(false); pairs != all || twice != 0 {
		t.Errorf("%d pairs, %d of them twice, not %d", pairs, twice, all)
	}
	if pairs, _ := walk(true); pairs == all {
		t.Error("the control finds all as well")
	}
}
