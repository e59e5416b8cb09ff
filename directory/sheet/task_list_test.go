package sheet_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory/sheet"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// submit hands the template in for the actor, who has an account of that name.
func (w *world) submit(actor policy.Actor, content string) sheet.Task {
	w.t.Helper()
	w.Exec(w.t, `INSERT INTO account (id, kind, name_ar, name_en, created_at) VALUES ($1, 'person', 'حساب', 'Account', $2) ON CONFLICT DO NOTHING`, actor.AccountID, noon)
	t, _, err := w.store.SubmitImport(w.t.Context(), actor, sheet.Task{Source: "test", Apply: true, Format: sheet.CSV, FileName: "x.csv"}, []byte(content), pg.Once{})
	w.ok(err)
	return t
}

func (w *world) listed(actor policy.Actor, f sheet.TaskFilter) (ids []uuid.UUID) {
	w.t.Helper()
	if f.Limit == 0 {
		f.Limit = 10
	}
	found, err := w.store.Imports(w.t.Context(), actor, f)
	w.ok(err)
	for _, t := range found {
		ids = append(ids, t.ID)
	}
	return ids
}

// TestEachListsItsImports: an officer all of them, a focal point those of the own organization, each of them as they may read one alone.
func TestEachListsItsImports(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, other := newKeeper(t, w), w.native()
	stranger := policy.Actor{AccountID: uuid.New(), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.ProviderFocalPoint, OrganizationID: other.ID}}}
	mine := w.submit(k.focal, k.row("service_description_en", "Words")).ID
	theirs := w.submit(stranger, template).ID
	official := w.submit(k.officer, template).ID
	for _, c := range []struct {
		who   string
		actor policy.Actor
		want  []uuid.UUID
	}{
		{"the officer", k.officer, []uuid.UUID{official, theirs, mine}}, {"a focal point", k.focal, []uuid.UUID{mine}}, {"another", stranger, []uuid.UUID{theirs}},
	} {
		if got := w.listed(c.actor, sheet.TaskFilter{}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, not %v", c.who, got, c.want)
		}
		for _, id := range []uuid.UUID{mine, theirs, official} { // the list and the single one agree
			if _, err := w.store.Task(t.Context(), c.actor, id, false); (err == nil) != slices.Contains(c.want, id) {
				t.Errorf("%s: %v reads %s", c.who, err, id)
			}
		}
	}
	if got := w.listed(k.officer, sheet.TaskFilter{Limit: 2}); !slices.Equal(got, []uuid.UUID{official, theirs}) {
		t.Errorf("the first page: %v", got)
	}
	if got := w.listed(k.officer, sheet.TaskFilter{After: theirs}); !slices.Equal(got, []uuid.UUID{mine}) {
		t.Errorf("behind it: %v", got)
	}
	if got := w.listed(k.officer, sheet.TaskFilter{Status: "done"}); len(got) != 0 {
		t.Errorf("done: %v", got)
	}
	if _, err := w.store.Imports(t.Context(), policy.Actor{AccountID: uuid.New(), Kind: policy.Person}, sheet.TaskFilter{Limit: 1}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("somebody: %v", err)
	}
}

// TestEachLayerKeepsImportsApart: the query and row-level security each keep an organization's imports from another; without both they are read.
func TestEachLayerKeepsImportsApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, other := newKeeper(t, w), w.native()
	w.submit(k.focal, k.row("service_description_en", "Words"))
	stranger := policy.Actor{AccountID: uuid.New(), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.ProviderFocalPoint, OrganizationID: other.ID}}}
	for _, c := range []struct {
		by    pg.Actor
		only  []uuid.UUID
		reads int
	}{{stranger, []uuid.UUID{other.ID}, 0}, {stranger, nil, 0}, {policy.TheSystem(), []uuid.UUID{other.ID}, 0}, {policy.TheSystem(), nil, 1}} {
		got, err := w.store.ImportsRead(t.Context(), c.by, c.only)
		w.ok(err)
		if got != c.reads {
			t.Errorf("%+v: %d", c, got)
		}
	}
}
