package atlas_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/atlas"
	"tahweel/internal/fault"
	"tahweel/policy"
)

func (w *world) shown(query atlas.ProviderQuery) []uuid.UUID {
	w.t.Helper()
	var ids []uuid.UUID
	page := must(w.atlas.Providers(w.t.Context(), query))(w.t)
	for _, p := range page.Items {
		ids = append(ids, p.ID)
	}
	if page.Next == "" && query.After == "" && len(ids) != page.Matched {
		w.t.Errorf("%d of %d are on the only page", len(ids), page.Matched)
	}
	return ids
}

// Who is listed today is shown, and only who is: what is private, over, not yet begun or nowhere is not.
func TestProvidersAreThoseListedToday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, system := t.Context(), policy.TheSystem()

	o, accreditation := w.association(-10, 10)
	service, home := w.service(o.ID, physio), w.location(o.ID, yatta, nil)
	shown := w.offer(service, home, directory.Capacity, 1)
	later, _ := w.association(5, 20)
	ahead := w.offer(w.service(later.ID, physio), w.location(later.ID, yatta, nil), directory.UnknownCapacity, 0)
	public := w.public()
	sheltered := w.location(public.ID, yatta, func(l *directory.Location) { l.Confidential, l.Name = true, directory.Name{} })
	w.offer(w.service(public.ID, "GBV-PSS"), sheltered, directory.Capacity, 1)
	until, from := w.today(2), w.today(0)
	tent := w.offer(w.service(public.ID, device), w.location(public.ID, beitHanun, func(l *directory.Location) { l.ValidFrom, l.ValidTo = &from, &until }),
		directory.Waitlist, 1)

	same := func(when string, want ...uuid.UUID) {
		t.Helper()
		slices.SortFunc(want, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		if got := w.shown(atlas.ProviderQuery{}); !slices.Equal(got, want) {
			t.Errorf("%s: shown are %v, want %v", when, got, want)
		}
	}
	same("today", shown.ID, tent.ID)
	p := must(w.atlas.Provider(ctx, shown.ID))(t)
	if p.Service != service.Name || p.Organization != o.Name || p.PlaceCode != yatta || p.GovernorateCode != "PS0150" || p.Point != home.Point ||
		!slices.Equal(p.Needs, []string{"DIS", physio}) || p.Accepting != "capacity" || p.AccreditationUntil == nil {
		t.Errorf("%+v", p)
	}

	w.now = w.now.AddDate(0, 0, 5)
	same("in five days", shown.ID, ahead.ID)
	w.now = w.now.AddDate(0, 0, -5)
	must(w.store.Suspend(ctx, system, accreditation.ID, accreditation.Version, directory.Administrative))(t)
	same("when it is suspended", tent.ID)
	if _, err := w.atlas.Provider(ctx, shown.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("what is suspended is still found: %v", err)
	}
}

func TestProvidersAreFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, public := must2(w.association(-1, 100)), w.public()
	inYatta := w.offer(w.service(o.ID, physio), w.location(o.ID, yatta, nil), directory.Capacity, 1).ID
	inJericho := w.offer(w.service(public.ID, "EDU-KG"), w.location(public.ID, jericho, nil), directory.Capacity, 31).ID
	around := must(atlas.NewBox(35, 31.4, 35.2, 31.5))(t)
	for _, c := range []struct {
		name  string
		query atlas.ProviderQuery
		want  []uuid.UUID
	}{
		{"all", atlas.ProviderQuery{}, []uuid.UUID{inYatta, inJericho}},
		{"a need", atlas.ProviderQuery{Need: physio}, []uuid.UUID{inYatta}},
		{"a root", atlas.ProviderQuery{Need: "DIS"}, []uuid.UUID{inYatta}},
		{"a need that nobody meets", atlas.ProviderQuery{Need: device}, nil},
		{"a governorate", atlas.ProviderQuery{Governorate: "PS0135"}, []uuid.UUID{inJericho}},
		{"a kind", atlas.ProviderQuery{Kind: "public_body"}, []uuid.UUID{inJericho}},
		{"who takes people", atlas.ProviderQuery{Accepting: "capacity"}, []uuid.UUID{inYatta}},
		{"of whom it was said long ago", atlas.ProviderQuery{Accepting: "unknown"}, []uuid.UUID{inJericho}},
		{"a box", atlas.ProviderQuery{Window: atlas.Window{Box: &around}}, []uuid.UUID{inYatta}},
		{"over the antimeridian", atlas.ProviderQuery{Window: atlas.Window{Box: &atlas.Box{West: 35.3, South: 30, East: -170, North: 33}}}, []uuid.UUID{inJericho}},
		{"the second page", atlas.ProviderQuery{Window: atlas.Window{After: inYatta.String()}}, []uuid.UUID{inJericho}},
	} {
		if got := w.shown(c.query); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	page := must(w.atlas.Providers(t.Context(), atlas.ProviderQuery{Window: atlas.Window{Limit: 1}}))(t)
	if len(page.Items) != 1 || page.Matched != 2 || page.Next != inYatta.String() {
		t.Errorf("a page of one: %d of %d, next %q", len(page.Items), page.Matched, page.Next)
	}
}

func must2[A, B any](a A, _ B) A { return a }

func TestAreasAndPlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	governorates := must(w.atlas.Governorates(ctx, atlas.Window{}))(t)
	zones := must(w.atlas.Zones(ctx, atlas.Window{}))(t)
	places := must(w.atlas.Places(ctx, atlas.PlaceQuery{Window: atlas.Window{Limit: 5}}))(t)
	if len(governorates.Items) != 16 || !governorates.Items[0].Indicative || len(zones.Items) != 3 || places.Matched != 711 || len(places.Items) != 5 {
		t.Errorf("%d governorates, %d zones, %d places", len(governorates.Items), len(zones.Items), places.Matched)
	}
	camps := must(w.atlas.Places(ctx, atlas.PlaceQuery{Governorate: "PS0101", Kind: "camp"}))(t)
	if camps.Matched == 0 || camps.Items[0].GovernorateCode != "PS0101" || camps.Items[0].Kind != "camp" {
		t.Errorf("%+v", camps)
	}
	box := atlas.Box{West: 35.0, South: 31.4, East: 35.1, North: 31.45}
	here := must(w.atlas.Governorates(ctx, atlas.Window{Box: &box}))(t)
	if len(here.Items) != 1 || here.Items[0].Code != "PS0150" {
		t.Errorf("around Yatta: %v", here.Items)
	}
	if g := must(w.atlas.Governorate(ctx, "PS0150"))(t); g.Name.EN != "Hebron" || g.Shape == nil {
		t.Errorf("%+v", g)
	}
	if z := must(w.atlas.Zone(ctx, "gaza_strip"))(t); !z.Indicative {
		t.Errorf("%+v", z)
	}
	if p := must(w.atlas.Place(ctx, yatta))(t); p.Name.EN != "Yatta" {
		t.Errorf("%+v", p)
	}
}
