package directory_test

import (
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// withdrawn lets the officer find that the service is not given where the directory says it is.
func (e *edited) withdrawn() directory.ServiceAtLocation {
	e.t.Helper()
	ctx := e.t.Context()
	e.ok(e.DB.DB.InTx(ctx, policy.TheSystem(), func(q pg.Querier) error {
		return directory.OpenVerification(ctx, q, e.made.offer.ID, 5, today(14), noon)
	}))
	task := must(e.store.VerificationTasks(ctx, e.officer, directory.Filter{Status: "open", Limit: 1}))(e.t)[0]
	must(e.store.ResolveVerification(ctx, e.officer, task.ID, task.Version, directory.FoundWithdrawn, pg.Once{}))(e.t)
	return e.offered()
}

func (e *edited) offered() directory.ServiceAtLocation {
	e.t.Helper()
	return must(e.store.ServiceAtLocation(e.t.Context(), e.focal, e.made.offer.ID))(e.t)
}

// status sets the status of the offer as it is now.
func (e *edited) status(a policy.Actor, to directory.Status) (directory.ServiceAtLocation, error) {
	return e.store.SetOfferStatus(e.t.Context(), a, e.made.offer.ID, e.offered().Version, to)
}

// pastTheStore reports whether the focal point's statement reaches the offer.
func (e *edited) pastTheStore(sql string) bool {
	e.t.Helper()
	err := e.DB.DB.InTx(e.t.Context(), e.focal, func(q pg.Querier) error {
		_, err := q.Exec(e.t.Context(), sql, e.made.offer.ID)
		if err == nil {
			err = errUndone
		}
		return err
	})
	return fault.KindOf(err) == fault.Impossible
}

var errUndone = fault.New(fault.Impossible, "undone", "Undone.", "أُلغي.")

func TestWhatAnOfficerClosedIsOpenedOnRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, vouched := range map[string]bool{"vouched for": true, "not vouched for": false} {
		p := w.association()
		p.noGrant = !vouched
		e := newEdited(t, w, p)
		ctx := t.Context()
		if got := e.withdrawn(); got.Status != directory.Inactive {
			t.Fatalf("%s: withdrawn: %+v", name, got)
		}
		const open = `UPDATE service_at_location SET status = 'active' WHERE id = $1`
		if e.pastTheStore(open) {
			t.Errorf("%s: the database alone lets it open", name)
		}
		asked := must(e.status(e.focal, directory.Active))(t)
		again := must(e.status(e.focal, directory.Active))(t)
		if asked.Status != directory.Inactive || asked.PendingChange == uuid.Nil || again.PendingChange != asked.PendingChange {
			t.Fatalf("%s: its organization opens it: %+v, then %+v", name, asked, again)
		}
		c := e.request(asked.PendingChange)
		must(e.store.ApproveChange(ctx, e.officer, c.ID, c.Version, pg.Once{}))(t)
		if got := e.offered(); got.Status != directory.Active || got.PendingChange != uuid.Nil {
			t.Errorf("%s: approved: %+v", name, got)
		}

		// What it pauses itself goes on by itself, unless an officer closes it meanwhile.
		must(e.status(e.focal, directory.Inactive))(t)
		if got := must(e.status(e.focal, directory.Active))(t); got.Status != directory.Active {
			t.Errorf("%s: after a pause of its own: %+v", name, got)
		}
		must(e.status(e.focal, directory.Inactive))(t)
		e.withdrawn()
		if got := must(e.status(e.focal, directory.Active))(t); got.Status != directory.Inactive || got.PendingChange == uuid.Nil {
			t.Errorf("%s: closed while it was paused: %+v", name, got)
		}

		// What an officer ended is not opened on request either, nor step by step.
		must(e.status(e.officer, directory.Defunct))(t)
		for _, to := range []directory.Status{directory.Active, directory.Inactive} {
			_, err := e.status(e.focal, to)
			wantFault(t, name+": "+string(to)+" after its end", err, "impossible")
		}
		if e.pastTheStore(`UPDATE service_at_location SET status = 'inactive' WHERE id = $1`) {
			t.Errorf("%s: the database alone lets it return", name)
		}
		must(e.status(e.officer, directory.Active))(t)

		// The negative control: it is the mark that stops it, in the store and in the database.
		must(e.status(e.officer, directory.Inactive))(t)
		w.Exec(t, `UPDATE service_at_location SET closed_by_register = false WHERE id = $1`, e.made.offer.ID)
		w.Exec(t, `DELETE FROM change_request WHERE service_at_location_id = $1`, e.made.offer.ID)
		if !e.pastTheStore(open) {
			t.Errorf("%s: without the mark the database stops it still", name)
		}
		if got := must(e.status(e.focal, directory.Active))(t); got.Status != directory.Active {
			t.Errorf("%s: without the mark the store stops it still: %+v", name, got)
		}
	}
}

func TestAClosedServiceIsOpenedWithWhatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEdited(t, w, w.association())
	ctx := t.Context()
	v := e.put(func(s *directory.Service) { s.Name.EN = "Renamed" })
	renaming := v.PendingChange
	v = must(e.store.SetServiceStatus(ctx, e.officer, v.ID, v.Version, directory.Inactive))(t)
	v = must(e.store.SetServiceStatus(ctx, e.focal, v.ID, v.Version, directory.Active))(t)
	c := e.request(v.PendingChange)
	if v.Status != directory.Inactive || c.ID != renaming || !c.Activates || c.Proposed.Name.EN != "Renamed" {
		t.Fatalf("asked: %+v, %+v", v, c)
	}
	must(e.store.ApproveChange(ctx, e.officer, c.ID, c.Version, pg.Once{}))(t)
	if now := e.current(); now.Status != directory.Active || now.Name.EN != "Renamed" {
		t.Errorf("approved: %+v", now)
	}
}

func TestOtherWordsWaitToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEdited(t, w, w.association())
	ctx := t.Context()
	say := func(s *directory.Service) {
		s.Details.AlternateName.EN, s.Details.EligibilityDescription.EN, s.Details.ServesNoMinor = "Also called", "For adults", true
		s.Details.StatedAreas = []directory.StatedArea{{Name: directory.Name{EN: "The south"}}}
		s.Details.URL = "https://provider.example/"
	}
	v := e.put(say)
	d := v.Details
	if v.PendingChange == uuid.Nil || d.AlternateName.EN+d.EligibilityDescription.EN != "" || d.ServesNoMinor || len(d.StatedAreas) != 0 || d.URL == "" {
		t.Fatalf("what must wait: %+v", v)
	}
	c := e.request(v.PendingChange)
	if again := e.put(say); again.PendingChange != c.ID || e.request(c.ID).Version != c.Version {
		t.Errorf("said again it is asked anew: %+v", e.request(c.ID))
	}
	must(e.store.ApproveChange(ctx, e.officer, c.ID, c.Version, pg.Once{}))(t)
	d = e.current().Details
	if d.AlternateName.EN != "Also called" || d.EligibilityDescription.EN != "For adults" || !d.ServesNoMinor || len(d.StatedAreas) != 1 {
		t.Errorf("approved: %+v", d)
	}
	if same := e.put(func(s *directory.Service) { s.Details.StatedAreas[0].ID = uuid.Nil }); same.PendingChange != uuid.Nil {
		t.Error("what is said already waits")
	}

	l := must(e.store.Location(ctx, e.focal, e.offered().LocationID))(t)
	l.Details.AlternateName.EN, l.Address.EN = "Also called", "Another street"
	l = must(e.store.ChangeLocation(ctx, e.focal, l))(t)
	if l.PendingChange == uuid.Nil || l.Details.AlternateName.EN != "" || l.Address.EN != "Another street" {
		t.Errorf("a location: %+v", l)
	}
	if e.DB.DB.InTx(ctx, e.focal, func(q pg.Querier) error {
		_, err := q.Exec(ctx, `UPDATE location SET details = details || '{"alternate_name": {"en": "x"}}' WHERE id = $1`, l.ID)
		return err
	}) == nil {
		t.Error("the database alone lets a location be called otherwise")
	}
	c = e.request(l.PendingChange)
	must(e.store.ApproveChange(ctx, e.officer, c.ID, c.Version, pg.Once{}))(t)
	if now := must(e.store.Location(ctx, e.focal, l.ID))(t); now.Details.AlternateName.EN != "Also called" {
		t.Errorf("approved: %+v", now)
	}
}

// TestWhoStatesNoLanguageSpeaksArabic holds the search in words to the rule of nearby.
func TestWhoStatesNoLanguageSpeaksArabic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	silent, english := w.association(), w.association()
	english.service.Details.Languages = []directory.Language{{Code: "en"}}
	told := map[uuid.UUID]bool{w.add(silent).service.ID: true, w.add(english).service.ID: false}
	for id, arabic := range told {
		for language, want := range map[string]bool{"ar": arabic, "en": !arabic, "fr": false} {
			_, got := w.keys(directory.TextQuery{Entity: directory.ServiceText, Language: language})[id.String()]
			if got != want {
				t.Errorf("the service that speaks Arabic %t is found for %s: %t", arabic, language, got)
			}
			nearby := false
			for _, item := range w.nearby(with(func(q *directory.Query) { q.Wishes.Language = language })).Items {
				nearby = nearby || item.ServiceID == id
			}
			if nearby != want {
				t.Errorf("the service that speaks Arabic %t is nearby for %s: %t", arabic, language, nearby)
			}
		}
	}
}

// TestWhatNobodyConfirmedComesLater orders what is alike by who said that it is still true, over pages of one.
func TestWhatNobodyConfirmedComesLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.listed("مركز الأمل", "Hope centre"), w.listed("مركز الأمل", "Hope centre")
	query := directory.TextQuery{Search: "Hope centre", Entity: directory.OrganizationText, Limit: 1}
	is := func(when string, want ...uuid.UUID) {
		t.Helper()
		keys := w.walk(query, func(int) {})
		if len(keys) != 2 || keys[0] != want[0].String() || keys[1] != want[1].String() {
			t.Errorf("%s: %v, want %v", when, keys, want)
		}
	}
	is("new both", first.ID, second.ID)
	w.now = noon.AddDate(0, 0, directory.OverdueDays+1)
	is("overdue both", first.ID, second.ID)
	must(w.store.ConfirmOrganization(t.Context(), policy.TheSystem(), second.ID, pg.Once{}))(t)
	is("the second confirmed", second.ID, first.ID)
	must(w.store.ConfirmOrganization(t.Context(), policy.TheSystem(), first.ID, pg.Once{}))(t)
	is("confirmed both", first.ID, second.ID)
}

func TestABranchIsDialledInOneForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.add(w.association())
	for given, want := range map[string]string{"02 200 0001": "+97022000001", "+970-2-200-0001": "+97022000001", "": "", "101": "101"} {
		b := must(w.store.CreateBranch(t.Context(), policy.TheSystem(), directory.Branch{
			OrganizationID: m.organization.ID, Name: m.organization.Name, PlaceCode: yatta, Telephone: given,
		}, pg.Once{}))(t).Entity
		if b.Telephone != want {
			t.Errorf("%q is kept as %q, want %q", given, b.Telephone, want)
		}
		b.Telephone = given
		if b = must(w.store.ChangeBranch(t.Context(), policy.TheSystem(), b))(t); b.Telephone != want {
			t.Errorf("%q is changed to %q, want %q", given, b.Telephone, want)
		}
	}
	// What was kept as it was typed is read as it is, and written anew with the next change.
	typed := must(w.store.CreateBranch(t.Context(), policy.TheSystem(), directory.Branch{OrganizationID: m.organization.ID, Name: m.organization.Name, PlaceCode: yatta}, pg.Once{}))(t).Entity
	w.Exec(t, `UPDATE branch SET telephone = '02 200 0001' WHERE id = $1`, typed.ID)
	old := must(w.store.Branch(t.Context(), policy.TheSystem(), typed.ID))(t)
	if became := must(w.store.ChangeBranch(t.Context(), policy.TheSystem(), old))(t); old.Telephone != "02 200 0001" || became.Telephone != "+97022000001" {
		t.Errorf("%q becomes %q", old.Telephone, became.Telephone)
	}
}
