package accreditation_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func pointersOf(err error) (list []string) {
	var f *fault.Error
	if errors.As(err, &f) {
		for _, field := range f.Fields {
			list = append(list, field.Pointer)
		}
	}
	slices.Sort(list)
	return list
}

// TestADecisionIsOfTwoPersonsOrACommittee: who signed does not confirm; a committee has three members; and nobody who is not the examiner
// reviews.
func TestADecisionIsOfTwoPersonsOrACommittee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.walk(w.draft(accreditation.First), toReview[:4]...)
	if _, err := w.store.RecordReview(t.Context(), w.second, accreditation.Move{ID: a.ID, Version: a.Version}, "x", accreditation.RecommendAccredit); codeOf(err) != "not_assigned" {
		t.Errorf("another officer reviews: %v", err)
	}
	a = w.walk(a, accreditation.Review)
	m := accreditation.Move{ID: a.ID, Version: a.Version}
	_, err := w.store.RecordMinute(t.Context(), w.officer, m, w.ruling("A-1", 12), accreditation.Minute{Number: "M", On: w.now, Members: []string{"أ المثال", "ب المثال", "أ المثال"}})
	if got := pointersOf(err); !slices.Equal(got, []string{"/members"}) {
		t.Errorf("a committee of two: %v %v", got, err)
	}
	wide := w.ruling("A-1", 12)
	wide.Scope = []accreditation.Scope{{Need: physio, Governorate: hebron}, {Need: "EDU-REMED", Governorate: hebron}}
	if _, err := w.store.Sign(t.Context(), w.officer, m, wide); !slices.Equal(pointersOf(err), []string{"/scope/1"}) {
		t.Errorf("more is granted than was applied for: %v", err)
	}
	a = w.walk(a, accreditation.Sign)
	m.Version = a.Version
	if _, err := w.store.Confirm(t.Context(), w.officer, m); codeOf(err) != "second_person" {
		t.Errorf("one person signs twice: %v", err)
	}
	if _, err := w.store.Confirm(t.Context(), w.focal, m); codeOf(err) != "role_forbids" {
		t.Errorf("the organization confirms: %v", err)
	}
	w.walk(a, accreditation.HandBack, accreditation.RecordMinute)
	if n := pgtest.Value[int](t, w.db, `SELECT count(*) FROM accreditation WHERE organization_id = $1 AND status = 'accredited' AND number = 'A-2'`, w.mine); n != 1 {
		t.Errorf("%d accreditations after the minute", n)
	}
	if n := pgtest.Value[int](t, w.db, `SELECT count(*) FROM audit_entry WHERE NOT allowed AND code IN ('second_person', 'role_forbids', 'not_assigned')`); n != 3 {
		t.Errorf("three refusals have %d entries", n)
	}
}

// TestALightAccreditationIsProvisional: tier 1, twelve months, no visit.
func TestALightAccreditationIsProvisional(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	light := accreditation.Application{OrganizationID: w.mine, Kind: accreditation.First, Track: accreditation.Light, Papers: w.papers()}
	if _, err := w.store.StartApplication(t.Context(), w.focal, light, pg.Once{}); !slices.Equal(pointersOf(err), []string{"/scope/0/need"}) {
		t.Errorf("a need of tier 2: %v", err)
	}
	light.Scope = []accreditation.Scope{{Need: "EDU-REMED", Governorate: hebron}}
	made, err := w.store.StartApplication(t.Context(), w.focal, light, pg.Once{})
	if err != nil {
		t.Fatal(err)
	}
	d := pdf("certificate")
	d.Type = accreditation.RegistrationCertificate
	if _, err := w.store.AddDocument(t.Context(), w.focal, made.Entity.ID, d, pg.Once{}); err != nil {
		t.Fatal(err)
	}
	a := w.walk(made.Entity, accreditation.Submit, accreditation.MarkComplete, accreditation.Assign, accreditation.Review)
	if _, err := w.store.Sign(t.Context(), w.officer, accreditation.Move{ID: a.ID, Version: a.Version}, w.ruling("A-1", 13)); !slices.Equal(pointersOf(err), []string{"/valid_to"}) {
		t.Errorf("thirteen months: %v", err)
	}
}

// TestATimelyRenewalContinues: from 90 days before the last day, in steps of 90 days while nobody decides, and back if it is withdrawn.
func TestATimelyRenewalContinues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.walk(w.draft(accreditation.First), toDecision...)
	until := func() time.Time {
		return pgtest.Value[time.Time](t, w.db, `SELECT valid_to FROM accreditation WHERE organization_id = $1 AND status = 'accredited'`, w.mine)
	}
	last := until()
	a := w.draft(accreditation.Renewal)
	if _, err := w.store.Submit(t.Context(), w.focal, accreditation.Move{ID: a.ID, Version: a.Version}); codeOf(err) != "renewal_too_early" {
		t.Errorf("two years before: %v", err)
	}
	w.now = last.AddDate(0, 0, -30)
	a = w.walk(a, accreditation.Submit)
	if got := until(); !got.Equal(last.AddDate(0, 0, 90)) {
		t.Errorf("it goes on until %v", got)
	}
	a = w.walk(a, accreditation.Return, accreditation.Submit)
	if got := until(); !got.Equal(last.AddDate(0, 0, 90)) {
		t.Errorf("handed in twice it goes on until %v", got)
	}
	w.now = last.AddDate(0, 0, 85)
	if n, err := w.store.Sweep(t.Context()); n != 1 || err != nil || !until().Equal(last.AddDate(0, 0, 180)) {
		t.Errorf("still not decided on: %d, %v, until %v", n, err, until())
	}
	if n, err := w.store.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("swept again: %d, %v", n, err)
	}
	w.walk(a, accreditation.Withdraw)
	if got := until(); !got.Before(w.now) {
		t.Errorf("withdrawn it goes on until %v", got)
	}
	late := w.draft(accreditation.Renewal)
	if _, err := w.store.Submit(t.Context(), w.focal, accreditation.Move{ID: late.ID, Version: late.Version}); codeOf(err) != "renewal_too_late" {
		t.Errorf("after the last day: %v", err)
	}
}

// TestADocumentIsWhatItSays: the first bytes must be those of its type, and of a DOCX the archive must hold a document and no macros.
func TestADocumentIsWhatItSays(t *testing.T) {
	t.Parallel()
	docx := func(names ...string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, n := range names {
			if _, err := z.Create(n); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, c := range map[string]struct {
		media   accreditation.MediaType
		content []byte
		ok      bool
	}{
		"a PDF":                  {accreditation.PDF, []byte("%PDF-1.7"), true},
		"a PNG":                  {accreditation.PNG, []byte("\x89PNG\r\n\x1a\n…"), true},
		"a JPEG":                 {accreditation.JPEG, []byte("\xff\xd8\xff\xe0"), true},
		"a DOCX":                 {accreditation.DOCX, docx("[Content_Types].xml", "word/document.xml"), true},
		"a DOCX with macros":     {accreditation.DOCX, docx("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), false},
		"another archive":        {accreditation.DOCX, docx("readme.txt"), false},
		"a page called a PDF":    {accreditation.PDF, []byte("<html>"), false},
		"a program called a PNG": {accreditation.PNG, []byte("MZ"), false},
		"nothing":                {accreditation.PDF, nil, false},
		"a type of no document":  {"text/html", []byte("<html>"), false},
		"too much":               {accreditation.PDF, append([]byte("%PDF-1.7"), make([]byte, accreditation.MaximumDocumentBytes)...), false},
	} {
		d := accreditation.NewDocument{Type: accreditation.Bylaws, FileName: "x", MediaType: c.media, Content: c.content}
		if err := d.Validate(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "../x", `a\b`, "x\n", strings.Repeat("x", 201)} {
		d := accreditation.NewDocument{Type: accreditation.Bylaws, FileName: name, MediaType: accreditation.PDF, Content: []byte("%PDF-1.7")}
		if !slices.Equal(pointersOf(d.Validate()), []string{"/file_name"}) {
			t.Errorf("the name %q is taken", name)
		}
	}
}

// TestAnswersAreHeldAgainstTheirVersion: every fault at once; and what was published does not change.
func TestAnswersAreHeldAgainstTheirVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q, err := w.store.Questionnaire(t.Context(), w.focal, asked)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Validate(); err != nil {
		t.Errorf("the product's own questionnaire: %v", err)
	}
	var l fault.List
	q.Check(&l, "/answers", []accreditation.Answer{
		{Question: "weekly_hours", Number: new(169)}, {Question: "weekly_hours", Number: new(1)}, {Question: "no_such", Text: "x"},
		{Question: "premises", Choices: []string{"castle"}}, {Question: "evening_or_weekend", Text: "x"},
	})
	got := pointersOf(l.Err())
	for _, want := range []string{"/answers", "/answers/0/number", "/answers/1/question", "/answers/2/question", "/answers/3/choices/0", "/answers/4"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %q", want, got)
		}
	}
	var none fault.List
	if q.Check(&none, "/answers", w.answers()); none.Err() != nil {
		t.Errorf("good answers: %v", none.Err())
	}
	next, err := w.store.PublishQuestionnaire(t.Context(), w.officer, q, pg.Once{})
	if err != nil || next.Entity.Number != q.Number+1 {
		t.Errorf("a further version: %+v, %v", next.Entity.Number, err)
	}
	if _, err := w.store.PublishQuestionnaire(t.Context(), w.focal, q, pg.Once{}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an organization publishes: %v", err)
	}
}
