package hsds_test

import (
	"net/url"
	"strings"
	"testing"

	"tahweel/directory"
	"tahweel/policy"
)

// TestSearchFindsWhatOurOwnFinds: other forms, synonyms, another spelling and names that are nearly the same. The control takes each of
// them away, down to the plain match of the texts, and sees what that misses.
func TestSearchFindsWhatOurOwnFinds(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	body := func(ar, en string) directory.Organization { return w.organization(directory.PublicBody, ar, en, nil) }
	school := w.service(body("هيئة تجريبية أولى", "Invented body one"), "مدرسه الأمل التجريبية", "Invented hope", nil)
	centre := w.service(body("هيئة تجريبية ثانية", "Invented body two"), "مركز صحي نموذجي", "Invented wellness", nil)
	w.service(body("هيئة تجريبية ثالثة", "Yatta model"), "زيارات", "Visits", nil)
	closed := w.service(body("هيئة تجريبية رابعة", "Invented body four"), "مدارس المستقبل المثال", "Invented future", func(s *directory.Service) {
		s.Status, s.Details.TemporarilyClosed = directory.Inactive, true
	})
	crescent := w.service(body("هيئة تجريبية خامسة", "Invented body five"), "خدمة المثال", "Invented example", func(s *directory.Service) {
		s.Description = directory.Name{AR: "تُقدَّم بالهلال", EN: "Given there"}
	})
	const (
		none        = ""
		noSynonyms  = `UPDATE search_synonym SET status = 'cancelled'`
		noStems     = `CREATE OR REPLACE FUNCTION tahweel_stem(word text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS 'SELECT word'; UPDATE directory_text SET name_ar = name_ar`
		noLikeNames = `UPDATE directory_text SET name_en = 'Dura model' WHERE name_en = 'Yatta model'`
	)
	finds := func(list, search, want string) bool {
		return strings.Contains(w.names(list+"?lang=en&search="+url.QueryEscape(search)), want)
	}
	cases := []struct{ list, search, want, without string }{
		{"/services", "مدرسة", school.Name.EN, none}, // a plain match of normalised texts finds this too
		{"/services", "المراكز الصحية", centre.Name.EN, noSynonyms},
		{"/services", "health centres", centre.Name.EN, noSynonyms},
		{"/services", "مدرسة المستقبل", closed.Name.EN, noSynonyms},
		{"/services", "هلالات", crescent.Name.EN, noStems},
		{"/services", "Yata", "Visits", noLikeNames}, // by its organization
		{"/organizations", "Yata", "Yatta model", noLikeNames},
	}
	for _, c := range cases {
		if !finds(c.list, c.search, c.want) {
			t.Errorf("%s does not find %s: %s", c.search, c.want, w.names(c.list+"?lang=en&search="+url.QueryEscape(c.search)))
		}
	}
	for _, broken := range []string{noSynonyms, noLikeNames, noStems} {
		w.db.Exec(t, broken)
		for _, c := range cases {
			if c.without == broken && finds(c.list, c.search, c.want) {
				t.Errorf("the control: %s finds %s all the same", c.search, c.want)
			}
		}
		w.db.Exec(t, `UPDATE search_synonym SET status = 'active'`)
	}
}

// TestBothSearchesAgree: what our own search finds by its words or nearly by its name, the public list finds too.
func TestBothSearchesAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, search := range []string{"physiotherapy", "علاج طبيعي", "counselling", "الأسر", "Invntd municipalty", "shelter", "Yatta"} {
		page, err := w.store.Search(t.Context(), policy.TheSystem(), directory.TextQuery{Search: search, Entity: directory.ServiceText, Limit: 100})
		w.ok(err)
		found := w.names("/services?lang=en&search=" + url.QueryEscape(search))
		for _, r := range page.Items {
			if !strings.Contains(found, r.Name.EN) {
				t.Errorf("%s: ours finds %s, the public list %q", search, r.Name.EN, found)
			}
		}
	}
}
