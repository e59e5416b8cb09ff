package accreditation_test

import (
	"slices"
	"testing"
	"time"

	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

const remedial = "EDU-REMED"

// asks is a draft of the first organization that asks for the scope on the track, with its documents.
func (w *world) asks(kind accreditation.Kind, track accreditation.Track, needs ...string) accreditation.Application {
	w.Helper()
	papers := w.papers()
	papers.Scope = nil
	for _, need := range needs {
		papers.Scope = append(papers.Scope, accreditation.Scope{Need: need, Governorate: hebron})
	}
	a := w.draft(kind)
	changed, err := w.store.ChangeApplication(w.Context(), w.focal, a.ID, a.Version, track, papers)
	if err != nil {
		w.Fatal(err)
	}
	return changed.Entity
}

// rules takes a reviewed application to its decision for the days, and returns the refusal of the ruling.
func (w *world) rules(a accreditation.Application, number string, from, to time.Time) error {
	w.Helper()
	r := w.ruling(number, 1)
	r.Grant.ValidFrom, r.Grant.ValidTo = from, to
	signed, err := w.store.Sign(w.Context(), w.officer, accreditation.Move{ID: a.ID, Version: a.Version}, r)
	if err == nil {
		w.walk(signed.Entity, accreditation.Confirm)
	}
	return err
}

func (w *world) holds() string {
	w.Helper()
	return pgtest.Value[string](w.T, w.db, `
		SELECT a.number || ' ' || a.valid_from || ' ' || a.valid_to || ' ' || string_agg(n.code, ',' ORDER BY n.code)
		FROM accreditation AS a
		JOIN accreditation_scope AS s ON s.accreditation_id = a.id
		JOIN need AS n ON n.id = s.need_id
		WHERE a.organization_id = $1 AND a.status = 'accredited'
		GROUP BY a.id`, w.mine)
}

var lightReview = []accreditation.Event{accreditation.Submit, accreditation.MarkComplete, accreditation.Assign, accreditation.Review}

// TestTheLightTrackHoldsTwelveMonthsFromWhenItBegins: a renewal keeps the first day that there is, so a first day far ahead does not move its
// end; twelve months count from the end of what it renews.
func TestTheLightTrackHoldsTwelveMonthsFromWhenItBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	day := w.now.Truncate(24 * time.Hour)
	a := w.walk(w.asks(accreditation.First, accreditation.Light, remedial), lightReview...)
	if err := w.rules(a, "A-1", day, day.AddDate(0, 12, 0)); err != nil {
		t.Fatal(err)
	}
	until := day.AddDate(0, 12, 0)
	w.now = until.AddDate(0, 0, -20)
	a = w.walk(w.asks(accreditation.Renewal, accreditation.Light, remedial), lightReview...)
	from, far := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2031, 12, 31, 0, 0, 0, 0, time.UTC)
	if err := w.rules(a, "A-2", from, far); !slices.Equal(pointersOf(err), []string{"/valid_to"}) {
		t.Errorf("years ahead: %v", err)
	}
	if err := w.rules(a, "A-2", until, until.AddDate(0, 12, 1)); !slices.Equal(pointersOf(err), []string{"/valid_to"}) {
		t.Errorf("a day too many: %v", err)
	}
	if far.After(from.AddDate(0, accreditation.LightMonths, 0)) {
		t.Error("the control: by the first day that was given, as before, this would be refused too, and nothing is shown")
	}
	if err := w.rules(a, "A-2", until.AddDate(0, 0, 1), until.AddDate(0, 12, 0)); err != nil {
		t.Errorf("twelve months more: %v", err)
	}
	if got := w.holds(); got != "A-2 2026-05-31 2028-05-31 "+remedial {
		t.Errorf("renewed it is %q", got)
	}
}

// TestAnAccreditationIsWidenedInMidTerm: whoever is accredited begins no first application; a renewal comes at any time if it asks for a wider
// scope or for the full track instead of the light one, leaves what there is while it is examined, and replaces it when it is decided.
func TestAnAccreditationIsWidenedInMidTerm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	day := w.now.Truncate(24 * time.Hour)
	a := w.walk(w.asks(accreditation.First, accreditation.Light, remedial), lightReview...)
	if err := w.rules(a, "A-1", day, day.AddDate(0, 12, 0)); err != nil {
		t.Fatal(err)
	}
	const before = "A-1 2026-05-31 2027-05-31 " + remedial
	w.now = w.now.AddDate(0, 2, 0)
	today := w.now.Truncate(24 * time.Hour)
	first := accreditation.Application{OrganizationID: w.mine, Kind: accreditation.First, Track: accreditation.Full, Papers: w.papers()}
	if _, err := w.store.StartApplication(t.Context(), w.focal, first, pg.Once{}); codeOf(err) != "accreditation_in_force" || fault.KindOf(err) != fault.Impossible {
		t.Errorf("a first application while accredited: %v", err)
	}

	// The same again is too early; that is the control of what follows.
	same := w.asks(accreditation.Renewal, accreditation.Light, remedial)
	m := accreditation.Move{ID: same.ID, Version: same.Version}
	if _, err := w.store.Submit(t.Context(), w.focal, m); codeOf(err) != "renewal_too_early" {
		t.Errorf("the same again: %v", err)
	}
	w.walk(same, accreditation.Withdraw)

	// A wider scope on the light track: twelve months from today at most, and what is withdrawn leaves everything as it was.
	wider := w.walk(w.asks(accreditation.Renewal, accreditation.Light, remedial, "EDU-KG"), lightReview...)
	if got := w.holds(); got != before {
		t.Errorf("while it is examined it is %q", got)
	}
	if err := w.rules(wider, "A-2", today, today.AddDate(0, 12, 1)); !slices.Equal(pointersOf(err), []string{"/valid_to"}) {
		t.Errorf("more than twelve months from today: %v", err)
	}
	if err := w.rules(wider, "A-2", today.AddDate(0, -3, 0), today); !slices.Equal(pointersOf(err), []string{"/valid_to"}) {
		t.Errorf("until today: %v", err)
	}
	w.walk(wider, accreditation.Withdraw)
	if got := w.holds(); got != before {
		t.Errorf("withdrawn it is %q", got)
	}

	// The full track with the same need, and then a need that comes to it.
	full := w.walk(w.asks(accreditation.Renewal, accreditation.Full, remedial), toReview...)
	if err := w.rules(full, "A-3", today, day.AddDate(2, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if got := w.holds(); got != "A-3 2026-05-31 2028-05-31 "+remedial {
		t.Errorf("on the full track it is %q", got)
	}
	w.now = w.now.AddDate(0, 1, 0)
	narrow := w.asks(accreditation.Renewal, accreditation.Full, remedial)
	m = accreditation.Move{ID: narrow.ID, Version: narrow.Version}
	if _, err := w.store.Submit(t.Context(), w.focal, m); codeOf(err) != "renewal_too_early" {
		t.Errorf("the full track where it is already: %v", err)
	}
	w.walk(narrow, accreditation.Withdraw)
	more := w.walk(w.asks(accreditation.Renewal, accreditation.Full, remedial, physio), toReview...)
	if err := w.rules(more, "A-4", today, day.AddDate(2, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if got := w.holds(); got != "A-4 2026-05-31 2028-05-31 "+physio+","+remedial {
		t.Errorf("widened it is %q", got)
	}
}

// TestAWideningThatIsReturnedMustStillAsk: what no longer asks for more when it is handed in again is too early like any other.
func TestAWideningThatIsReturnedMustStillAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.walk(w.draft(accreditation.First), toDecision...)
	a := w.walk(w.asks(accreditation.Renewal, accreditation.Full, physio, remedial), accreditation.Submit, accreditation.Return)
	changed, err := w.store.ChangeApplication(t.Context(), w.focal, a.ID, a.Version, accreditation.Full, w.papers())
	if err != nil {
		t.Fatal(err)
	}
	m := accreditation.Move{ID: a.ID, Version: changed.Entity.Version}
	if _, err := w.store.Submit(t.Context(), w.focal, m); codeOf(err) != "renewal_too_early" {
		t.Errorf("it asks for nothing more: %v", err)
	}
}

// TestASuspensionIsNoReasonToApplyAnew: a first application would not lift it; once the last day has passed, it is the way.
func TestASuspensionIsNoReasonToApplyAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.walk(w.draft(accreditation.First), toDecision...)
	c := w.current()
	if _, err := w.register.Suspend(t.Context(), w.third, c.ID, c.Version, "administrative"); err != nil {
		t.Fatal(err)
	}
	first := accreditation.Application{OrganizationID: w.mine, Kind: accreditation.First, Track: accreditation.Full, Papers: w.papers()}
	if _, err := w.store.StartApplication(t.Context(), w.focal, first, pg.Once{}); codeOf(err) != "accreditation_suspended" {
		t.Errorf("while it is suspended: %v", err)
	}
	w.now = c.ValidTo.AddDate(0, 0, 1)
	if _, err := w.store.StartApplication(t.Context(), w.focal, first, pg.Once{}); err != nil {
		t.Errorf("after its last day: %v", err)
	}
}
