package directory_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"tahweel/directory"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/internal/text"
	"tahweel/policy"
)

func somebody() policy.Actor { return policy.Actor{AccountID: uuid.New(), Kind: policy.Person} }

func (w *world) search(q directory.TextQuery) directory.TextPage {
	w.t.Helper()
	return must(w.store.Search(w.t.Context(), somebody(), q))(w.t)
}

// keys are what a search for the words finds, with how each matched.
func (w *world) keys(q directory.TextQuery) map[string]directory.TextMatch {
	w.t.Helper()
	q.Limit = directory.MaximumTextLimit
	found := map[string]directory.TextMatch{}
	for _, r := range w.search(q).Items {
		found[r.Key] = r.Match
	}
	return found
}

// listed is a public body, which needs no accreditation, with the name.
func (w *world) listed(ar, en string) directory.Organization {
	w.t.Helper()
	return must(w.store.CreateOrganization(w.t.Context(), policy.TheSystem(), directory.Organization{
		Kind: directory.PublicBody, Name: directory.Name{AR: ar, EN: en},
	}))(w.t)
}

func (w *world) offers(o directory.Organization, ar, en string, needs ...string) directory.Service {
	w.t.Helper()
	return must(w.store.CreateService(w.t.Context(), policy.TheSystem(), directory.Service{
		OrganizationID: o.ID, Name: directory.Name{AR: ar, EN: en}, NeedCodes: needs, DeliveryModes: []directory.DeliveryMode{directory.Facility},
	}))(w.t)
}

// TestWordsAreTheSameInTheDatabase holds text.SearchWords and tahweel_search_words together.
func TestWordsAreTheSameInTheDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var given []string
	for r := rune(1); r <= 0xFFFF; r++ {
		if r < 0x2100 || r > 0xFB00 { // between them lie no letters of ours

			given = append(given, "ال"+string(r)+"كتبات"+string(r)+"s")
		}
	}
	parts := []string{"ال", "بال", "كال", "فال", "لل", "و", "مركز", "مدرس", "صحي", "ه", "ة", "ات", "ين", "ون", "ان", "ها", "ي", "ية", "في", " ", "-", "، ",
		"class", "agenc", "ies", "es", "s", "ch", "the", "al", "'", "٣", "é", "\u064e", "ـ", strings.Repeat("ط", 40)}
	written := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 9).Draw(t, "parts"), "")
	})
	for i := range 3000 {
		given = append(given, written.Example(i))
	}
	different, stemmed := 0, 0
	var rows []string
	for chunk := range slices.Chunk(given, 1000) { // within the time that a statement may take
		rows = append(rows, wordsOf(t, db, chunk)...)
	}
	for i, row := range rows {
		want := strings.Join(text.SearchWords(given[i]), "|")
		if row != want {
			if different++; different <= 10 {
				t.Errorf("%+q is %q in the database and %q in Go", given[i], row, want)
			}
		}
		plain := text.Words(given[i])
		slices.Sort(plain)
		if strings.Join(slices.Compact(plain), "|") != want {
			stemmed++
		}
	}
	if stemmed < 1000 { // the negative control: splitting alone is not it
		t.Errorf("only %d texts have another stem than word, so that this test proves little", stemmed)
	}
}

func wordsOf(t *testing.T, db *pgtest.DB, given []string) (words []string) {
	t.Helper()
	err := db.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
		rows, err := q.Query(t.Context(), `
			SELECT array_to_string(tahweel_search_words(g.text), '|')
			FROM unnest(@given::text[]) WITH ORDINALITY AS g (text, n)
			ORDER BY g.n`, pgx.StrictNamedArgs{"given": given})
		if err != nil {
			return err
		}
		words, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return words
}

// Ways to break the search, each by what makes it find something.
const (
	noSynonyms       = `UPDATE search_synonym SET status = 'cancelled'`
	stemNothing      = `CREATE OR REPLACE FUNCTION tahweel_stem(word text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS 'SELECT word'; ` + anew
	normaliseNothing = `CREATE OR REPLACE FUNCTION tahweel_normalise(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS 'SELECT lower(name)'; ` + anew
	anew             = `UPDATE directory_text SET name_ar = name_ar`
)

// TestArabicIsFoundAsItIsWritten finds each name by its search, and no more once what finds it is broken.
func TestArabicIsFoundAsItIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cases := []struct{ name, search, without string }{
		{"مدرسه الأمل التجريبية", "مدرسة الأمل", normaliseNothing},
		{"مركز صحي نموذجي", "المراكز الصحية", noSynonyms},
		{"مدارس المستقبل المثال", "مدرسة المستقبل", noSynonyms},
		{"وحدة العلاج الطبيعي المثال", "physiotherapy", noSynonyms},
		{"نادي أطفال المثال", "طفل", noSynonyms},
		{"بيت النساء المثال", "امرأة", noSynonyms},
		{"رعاية المسنين المثال", "كبار السن", noSynonyms},
		{"خدمات المكفوفين المثال", "blind", noSynonyms},
		{"مشفى المثال", "المستشفيات", noSynonyms},
		{"جمعية الهلال المثال", "هلال", stemNothing},
		{"جمعية هلال التجربة", "الهلال التجربة", stemNothing},
	}
	ids := map[string]string{}
	for i, c := range cases {
		ids[c.name] = w.listed(c.name, fmt.Sprintf("Invented body %d", i)).ID.String()
	}
	found := func(name, search string) bool {
		m, ok := w.keys(directory.TextQuery{Search: search, Entity: directory.OrganizationText})[ids[name]]
		return ok && m != directory.Similar
	}
	for _, c := range cases {
		if !found(c.name, c.search) {
			t.Errorf("%s does not find %s", c.search, c.name)
		}
	}
	for _, broken := range []string{noSynonyms, stemNothing, normaliseNothing} {
		w.Exec(t, broken)
		for _, c := range cases {
			if c.without == broken && found(c.name, c.search) {
				t.Errorf("the negative control: %s finds %s all the same", c.search, c.name)
			}
		}
		w.Exec(t, `UPDATE search_synonym SET status = 'active'`)
	}
}

func TestMisspeltAndPlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.listed("مركز يطا المثال", "Yatta model")
	keys := w.keys(directory.TextQuery{Search: "Yata"})
	if keys[o.ID.String()] != directory.Similar || keys[yatta] == "" {
		t.Errorf("Yata finds %v", keys)
	}
	if keys := w.keys(directory.TextQuery{Search: "يطا", Entity: directory.PlaceText}); keys[yatta] != directory.ExactName {
		t.Errorf("يطا finds %v", keys)
	}
	// The negative control: a name that is not alike is not found.
	w.Exec(t, `UPDATE directory_text SET name_en = 'Dura model'`)
	if keys := w.keys(directory.TextQuery{Search: "Yata"}); keys[o.ID.String()] != "" {
		t.Errorf("Yata finds Dura: %v", keys)
	}
}

// walk reads all pages of a search and does something between two of them.
func (w *world) walk(q directory.TextQuery, between func(page int)) (keys []string) {
	w.t.Helper()
	for page := 1; ; page++ {
		found := w.search(q)
		for _, r := range found.Items {
			keys = append(keys, r.Key)
		}
		if found.Next == nil {
			return keys
		}
		q.After = found.Next
		between(page)
	}
}

// TestAWalkerFindsEachOnce inserts before, between and behind what is read, and finds what was there when it began exactly once.
func TestAWalkerFindsEachOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var there []string
	for i := range 9 {
		there = append(there, w.listed(fmt.Sprintf("مركز المشي %d", i), fmt.Sprintf("Walking centre %d", i)).ID.String())
	}
	missing := func(keys []string) (wrong []string) {
		for _, id := range there {
			if n := len(slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return k != id })); n != 1 {
				wrong = append(wrong, fmt.Sprintf("%s %d times", id, n))
			}
		}
		return wrong
	}
	insert := func(int) {
		w.listed("مركز المشي", "Walking centre")                                        // exact: before all others
		w.listed("مركز المشي الأخير", "Walking centre at the end")                      // by its id behind those of its rank
		w.offers(w.listed("بلدية مثال", "Example town"), "مركز المشي", "Walks", physio) // another kind of thing
	}
	q := directory.TextQuery{Search: "مركز المشي", Limit: 2}
	if wrong := missing(w.walk(q, insert)); len(wrong) > 0 {
		t.Error(wrong)
	}
	// The negative control: a walker that counts instead of remembering where it was.
	var keys []string
	for offset := 0; ; offset += 2 {
		all := w.search(directory.TextQuery{Search: "مركز المشي", Limit: 100}).Items
		if offset >= len(all) || offset > 16 {
			break
		}
		for _, r := range all[offset:min(offset+2, len(all))] {
			keys = append(keys, r.Key)
		}
		insert(0)
	}
	if len(missing(keys)) == 0 {
		t.Error("counting finds each once too, so that this test proves nothing")
	}
}

func TestFiltersAndFacets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, system := t.Context(), policy.TheSystem()
	p := w.association()
	p.service.TargetGroups = []string{"children"}
	p.service.Details.Languages = []directory.Language{{Code: "ar"}}
	m := w.add(p)
	location := must(w.store.Location(ctx, system, m.offer.LocationID))(t)
	location.Details.Accessibility = []directory.Accessibility{{Feature: "lift"}}
	location = must(w.store.ChangeLocation(ctx, system, location))(t)
	other := w.listed("بلدية المثال", "Example municipality")
	w.offers(other, "استشارة قانونية", "Legal counselling", "LEG-ADVICE")
	root := "DIS"
	for name, c := range map[string]struct {
		query directory.TextQuery
		want  bool
	}{
		"all":                    {directory.TextQuery{}, true},
		"the leaf":               {directory.TextQuery{Need: physio}, true},
		"its root":               {directory.TextQuery{Need: root}, true},
		"another need":           {directory.TextQuery{Need: "LEG-ADVICE"}, false},
		"the root's name":        {directory.TextQuery{Search: "الإعاقة والتأهيل"}, true},
		"the governorate":        {directory.TextQuery{Governorate: hebron}, true},
		"another governorate":    {directory.TextQuery{Governorate: northGaza}, false},
		"the place":              {directory.TextQuery{Place: yatta}, true},
		"another place":          {directory.TextQuery{Place: beitHanun}, false},
		"the kind":               {directory.TextQuery{Kind: "association"}, true},
		"another kind":           {directory.TextQuery{Kind: "municipality"}, false},
		"the language":           {directory.TextQuery{Language: "ar"}, true},
		"another language":       {directory.TextQuery{Language: "fr"}, false},
		"the lift":               {directory.TextQuery{Accessibility: "lift"}, true},
		"braille":                {directory.TextQuery{Accessibility: "braille"}, false},
		"taking people":          {directory.TextQuery{Accepting: "capacity"}, true},
		"taking none":            {directory.TextQuery{Accepting: "no_capacity"}, false},
		"the target group":       {directory.TextQuery{TargetGroup: "children"}, true},
		"another target group":   {directory.TextQuery{TargetGroup: "women"}, false},
		"other words":            {directory.TextQuery{Search: "مطبعة"}, false},
		"words of two fields":    {directory.TextQuery{Search: "جمعية تجريبية يطا"}, true},
		"one word that is wrong": {directory.TextQuery{Search: "جمعية تجريبية مطبعة"}, false},
	} {
		keys := w.keys(c.query)
		for what, id := range map[string]string{"organization": m.organization.ID.String(), "service": m.service.ID.String(), "location": location.ID.String()} {
			if what == "location" && c.query.Search == "الإعاقة والتأهيل" {
				continue // needs are a service's, and its organization's
			}
			if got, ok := keys[id]; (ok && got != directory.Similar) != c.want {
				t.Errorf("%s: the %s is found: %v", name, what, ok)
			}
		}
	}
	page := w.search(directory.TextQuery{})
	facets := map[string]int{}
	for _, f := range page.Facets {
		facets[f.Name+" "+f.Value] = f.Count
	}
	want := map[string]int{
		"need DIS": 3, "need LEG": 2, "governorate " + hebron: 3, "kind association": 3, "kind public_body": 2, "accepting capacity": 3,
	}
	if fmt.Sprint(facets) != fmt.Sprint(want) {
		t.Errorf("facets %v, want %v", facets, want)
	}
	// What is known of capacity is not known for ever.
	w.now = w.now.AddDate(0, 0, directory.AcceptingDays)
	if keys := w.keys(directory.TextQuery{Accepting: "capacity"}); len(keys) != 0 {
		t.Errorf("after %d days %v is believed to have places", directory.AcceptingDays, keys)
	}
}

// TestOnlyWhatIsPublicIsFound: nothing that is not listed, ended or secret is found, and it is found as soon as it is.
func TestOnlyWhatIsPublicIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, system := t.Context(), policy.TheSystem()
	p := w.association()
	p.confidential = true
	m := w.add(p)
	name := m.organization.Name.EN
	find := func() map[string]directory.TextMatch { return w.keys(directory.TextQuery{Search: name}) }
	if keys := find(); len(keys) != 2 { // the organization and its service
		t.Errorf("listed: %v", keys)
	}
	for _, r := range w.search(directory.TextQuery{Search: name}).Items {
		if len(r.PlaceCodes)+len(r.GovernorateCodes)+len(r.Accepting) != 0 {
			t.Errorf("the secret place shows in %+v", r)
		}
	}
	if keys := w.keys(directory.TextQuery{Search: "Yatta", Entity: directory.ServiceText}); len(keys) != 0 {
		t.Errorf("found through a secret place: %v", keys)
	}
	// The negative control: an open location shows at once.
	open := must(w.store.CreateLocation(ctx, system, directory.Location{OrganizationID: m.organization.ID, PlaceCode: yatta, Point: w.pointOf(yatta), Name: m.organization.Name}))(t)
	must(w.store.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: m.service.ID, LocationID: open.ID}))(t)
	if keys := w.keys(directory.TextQuery{Search: "Yatta", Entity: directory.ServiceText}); len(keys) != 1 {
		t.Errorf("not found through an open place: %v", keys)
	}
	v := must(w.store.SetServiceStatus(ctx, system, m.service.ID, m.service.Version, directory.Inactive))(t)
	if keys := find(); keys[v.ID.String()] != "" {
		t.Error("an inactive service is found")
	}
	must(w.store.SetServiceStatus(ctx, system, v.ID, v.Version, directory.Active))(t)
	suspended := must(w.store.Suspend(ctx, system, m.accreditation.ID, m.accreditation.Version, directory.Administrative))(t)
	if keys := find(); len(keys) != 0 {
		t.Errorf("suspended, and found: %v", keys)
	}
	must(w.store.Reinstate(ctx, system, suspended.ID, suspended.Version))(t)
	if keys := find(); len(keys) != 3 {
		t.Errorf("reinstated: %v", keys)
	}
	w.now = w.now.AddDate(0, 0, 51) // the day after the accreditation's last
	if keys := find(); len(keys) != 0 {
		t.Errorf("expired, and found: %v", keys)
	}
}

func TestTheOrderAndTheReasons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	words := w.listed("العلاج الطبيعي في نادي", "Club of physiotherapy")
	prefix := w.listed("علاج طبيعي للأطفال", "Physiotherapy for children")
	exact := w.listed("علاج طبيعي", "Physio")
	elsewhere := w.listed("مركز المثال", "Example centre")
	w.offers(elsewhere, "خدمة المثال", "Example service", physio)
	similar := w.listed("علاج طبيعيي", "Misspelt")
	var order []string
	for _, r := range w.search(directory.TextQuery{Search: "علاج طبيعي", Entity: directory.OrganizationText}).Items {
		order = append(order, string(r.Match)+" "+r.Key)
		if r.Key == prefix.ID.String() {
			f := r.Found[0]
			if f.Field != "name" || f.Language != "ar" || len(f.Spans) != 2 || f.Spans[0] != (directory.TextSpan{Start: 0, Length: 4}) || f.Spans[1] != (directory.TextSpan{Start: 5, Length: 5}) {
				t.Errorf("found %+v", f)
			}
			if f := r.Found[1]; f.Language != "en" || f.Text[f.Spans[0].Start:f.Spans[0].Length] != "Physiotherapy" { // by a synonym
				t.Errorf("found %+v", f)
			}
		}
		if r.Key == elsewhere.ID.String() && r.Found[0].Field != "need" {
			t.Errorf("found %+v", r.Found)
		}
	}
	want := []string{"exact_name " + exact.ID.String(), "name_prefix " + prefix.ID.String(), "name_prefix " + similar.ID.String(),
		"all_words " + words.ID.String(), "all_words " + elsewhere.ID.String()}
	if !slices.Equal(order, want) {
		t.Errorf("order\n%s\nwant\n%s", strings.Join(order, "\n"), strings.Join(want, "\n"))
	}
}

// TestOnlyWhatChangedIsWritten: what is found by its words is written anew for what changed, and stays as it was for everything else; the
// control is an organization that changed its name, with its location, which tells the name too.
func TestOnlyWhatChangedIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(t, `INSERT INTO organization (id, kind, name_ar, name_en, created_at, updated_at)
		SELECT gen_random_uuid(), 'public_body', 'جهة', 'Body ' || n, now(), now() FROM generate_series(1, 5) AS n`)
	w.Exec(t, `INSERT INTO location (id, organization_id, place_code, geog, name_ar, name_en, created_at, updated_at)
		SELECT gen_random_uuid(), o.id, p.code, p.geog, 'مركز', 'Centre', now(), now()
		FROM place AS p, organization AS o
		WHERE p.code = $1 AND o.name_en LIKE 'Body %'`, yatta)
	refresh := func() { w.Exec(t, `SELECT tahweel_refresh_text(id) FROM organization`) }
	written := func(want int) {
		t.Helper()
		w.Exec(t, `DO $$ BEGIN
			IF (SELECT count(*) FROM directory_text AS t JOIN was USING (entity, id) WHERE was.x <> t.xmin::text) <> `+strconv.Itoa(want)+` THEN
			  RAISE 'wrong';
			END IF;
		END $$`)
	}
	refresh()
	w.Exec(t, `CREATE TABLE was AS SELECT xmin::text AS x, entity, id FROM directory_text`)
	refresh()
	written(0)
	w.Exec(t, `UPDATE organization SET name_en = 'Another body' WHERE name_en = 'Body 3'`)
	refresh()
	written(2)
}
