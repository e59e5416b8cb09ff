package directory_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/pg/pgtest"
)

func (w *world) placeNamed(english string) string {
	w.t.Helper()
	return pgtest.Value[string](w.t, w.DB, `SELECT code FROM place WHERE name_en = $1 ORDER BY population DESC NULLS LAST LIMIT 1`, english)
}

// everywhere makes a provider in the place whose memorandum lets every directorate and governorate of the test refer to it.
func (w *world) everywhere(place string, change func(*provider)) made {
	p := w.association()
	p.place, p.term.governorates = place, []string{hebron, bethlehem, northGaza, "PS0140", "PS0130"}
	if change != nil {
		change(&p)
	}
	return w.add(p)
}

// From Beit Hanun a circle of 60 km holds much of the West Bank; a household gets to nothing of it.
func TestNoPassageIsNotDistance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inGaza := w.everywhere(w.placeNamed("Jabalya"), nil)
	w.everywhere(yatta, nil)
	w.everywhere(w.placeNamed("Idhna"), nil)
	w.everywhere(yatta, func(p *provider) { p.service.Areas = []directory.Area{{Nationwide: true}} })
	w.everywhere(yatta, func(p *provider) {
		p.service.Areas = []directory.Area{{GovernorateCode: northGaza}}
		p.service.DeliveryModes = []directory.DeliveryMode{directory.HomeVisit}
	})
	w.everywhere(yatta, func(p *provider) { p.confidential, p.service.Areas = true, []directory.Area{{Nationwide: true}} })
	q := near(beitHanun)
	q.RadiusMeters = 60_000
	w.finds("with a radius", q, inGaza)
	w.finds("without one", near(beitHanun), inGaza)
	byWire := w.everywhere("", func(p *provider) {
		p.service.DeliveryModes, p.service.Areas = []directory.DeliveryMode{directory.Remote}, []directory.Area{{Nationwide: true}}
	})
	w.finds("what comes by wire passes", near(beitHanun), inGaza, byWire)

	naive := pgtest.Value[int](t, w.DB, `
		SELECT count(*)
		FROM service_at_location AS sal
		JOIN location AS l ON l.id = sal.location_id
		JOIN place AS p ON p.code = $1
		WHERE ST_DWithin(l.geog, p.geog, 60000)`, beitHanun)
	if naive < 4 {
		t.Errorf("negative control: a circle alone should find the West Bank too, and found %d", naive)
	}
}

// East Jerusalem is open by document; who declares to serve a governorate is still on the other side.
func TestPassageByDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	city := pgtest.Value[string](t, w.DB, `SELECT code FROM place WHERE zone_code = 'east_jerusalem' ORDER BY code LIMIT 1`)
	bethlehemPlace := w.placeNamed("Bethlehem")
	there := w.everywhere(city, nil)
	declared := w.everywhere(city, func(p *provider) { p.service.Areas = []directory.Area{{GovernorateCode: bethlehem}} })
	here := w.everywhere(bethlehemPlace, nil)
	q := near(bethlehemPlace)
	for document, want := range map[string][]made{"": {here}, "none": {here}, "unrwa": {here}, "jerusalem": {here, there, declared}} {
		q.IdentityDocument = document
		page := w.nearby(q)
		ids := found(page)
		if len(ids) == 3 && declared.offer.ID.String() < there.offer.ID.String() {
			ids[1], ids[2] = ids[2], ids[1]
		}
		if !slices.Equal(ids, offers(want)) {
			t.Errorf("with document %q: got %v, want %v", document, ids, offers(want))
		}
		if document != "jerusalem" {
			continue
		}
		far := page.Items[1]
		if got, want := far.EffectiveMeters, float64(far.Location.DistanceMeters)*1.5+5000; got < want-2 || got > want+2 {
			t.Errorf("the way counts %v m, want %v", got, want)
		}
		if !slices.ContainsFunc(far.Reasons, func(r directory.Reason) bool { return r.Code == directory.ReasonPassage }) {
			t.Errorf("the passage is not among the reasons: %v", far.Reasons)
		}
	}
}

func offers(ms []made) []uuid.UUID {
	ids := make([]uuid.UUID, len(ms))
	for i, m := range ms {
		ids[i] = m.offer.ID
	}
	return ids
}
