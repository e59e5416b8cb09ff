package directory_test

import (
	"fmt"
	"slices"
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
