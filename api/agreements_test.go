package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/sheet"
	"tahweel/geo"
	"tahweel/policy"
)

// unpapered makes an association with physiotherapy in Yatta that nobody has accredited and that has no memorandum.
func (w *world) unpapered(t *testing.T, name string) (organization, offer uuid.UUID) {
	t.Helper()
	d, system := w.config.Directory, policy.TheSystem()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	text := directory.Name{AR: "جمعية مثال " + name, EN: "Example society " + name}
	o, err := d.CreateOrganization(t.Context(), system, directory.Organization{Kind: directory.Association, Name: text})
	must(err)
	v, err := d.CreateService(t.Context(), system, directory.Service{
		OrganizationID: o.ID, Name: directory.Name{AR: "علاج طبيعي", EN: "Physiotherapy"}, NeedCodes: []string{"DIS-PHYSIO"}, DeliveryModes: []directory.DeliveryMode{directory.Facility},
	})
	must(err)
	point, err := geo.NewPoint(31.45, 35.10)
	must(err)
	l, err := d.CreateLocation(t.Context(), system, directory.Location{OrganizationID: o.ID, PlaceCode: yatta, Point: point, Name: text})
	must(err)
	sal, err := d.OfferAt(t.Context(), system, directory.ServiceAtLocation{ServiceID: v.ID, LocationID: l.ID, Accepting: directory.Capacity, AcceptingAsOf: &worldTime})
	must(err)
	return o.ID, sal.ID
}

// TestWhatWasAgreedOnPaperIsFoundAndSentTo, on its days and for its needs, and what ran out or begins later is neither. Before the import
// nobody of them is: that is the control.
func TestWhatWasAgreedOnPaperIsFoundAndSentTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	accreditations := "accreditation_number,organization_id,valid_from,valid_to,letter_number,letter_on,minute_number,minute_on,status,stop_reason,needs,governorates\n"
	memoranda := "memorandum_number,organization_id,valid_from,valid_to,letter_number,letter_on,minute_number,minute_on,needs,governorates,directorates,max_tier,grants\n"
	cases := []struct {
		name                 string
		accredited, agreed   string // the days of each paper
		status, scope, terms string
		found                bool
		code                 string // of the refusal to send
	}{
		{"in force", "2026-01-01,2026-12-31", "2026-01-01,2026-12-31", ",", ",", "DIS,Hebron,HEB,2,CDE", true, ""},
		{"in force and within its scope", "2026-01-01,2026-12-31", "2026-01-01,2026-12-31", ",", "DIS,Hebron", "DIS-PHYSIO,all,all,2,CDE", true, ""},
		{"outside of its scope", "2026-01-01,2026-12-31", "2026-01-01,2026-12-31", ",", "FSC,all", "DIS,Hebron,HEB,2,CDE", false, "accreditation_scope"},
		{"run out", "2026-01-01,2026-12-31", "2025-01-01,2026-05-30", ",", ",", "DIS,Hebron,HEB,2,CDE", false, "instrument_not_in_force"},
		{"on its last day", "2026-01-01,2026-05-31", "2025-01-01,2026-05-31", ",", ",", "DIS,Hebron,HEB,2,CDE", true, ""},
		{"begins tomorrow", "2026-01-01,2026-12-31", "2026-06-01,2026-12-31", ",", ",", "DIS,Hebron,HEB,2,CDE", false, "instrument_not_in_force"},
		{"accredited no more", "2025-01-01,2026-05-30", "2026-01-01,2026-12-31", ",", ",", "DIS,Hebron,HEB,2,CDE", false, "not_accredited"},
		{"suspended", "2026-01-01,2026-12-31", "2026-01-01,2026-12-31", "suspended,reports missing", ",", "DIS,Hebron,HEB,2,CDE", false, "not_accredited"},
		{"for another need", "2026-01-01,2026-12-31", "2026-01-01,2026-12-31", ",", ",", "FSC,Hebron,HEB,2,CDE", false, "need_not_covered"},
		{"for another governorate", "2026-01-01,2026-12-31", "2026-01-01,2026-12-31", ",", ",", "DIS,Bethlehem,HEB,2,CDE", false, "place_not_covered"},
		{"with another directorate", "2026-01-01,2026-12-31", "2026-01-01,2026-12-31", ",", ",", "DIS,Hebron,GZN,2,CDE", false, "directorate_not_covered"},
	}
	offers := make([]uuid.UUID, len(cases))
	for i, c := range cases {
		organization, offer := w.unpapered(t, c.name)
		offers[i] = offer
		accreditations += fmt.Sprintf("P-%d,%s,%s,K,2025-01-01,L,2025-01-01,%s,%s\n", i, organization, c.accredited, c.status, c.scope)
		memoranda += fmt.Sprintf("M-%d,%s,%s,K,2025-01-01,L,2025-01-01,%s\n", i, organization, c.agreed, c.terms)
	}
	found := func() []uuid.UUID {
		page := decode[ProviderList](t, w.as(t, w.manager, "GET", "/v1/nearby?need=DIS-PHYSIO&limit=50&place="+yatta, ""), 200)
		var ids []uuid.UUID
		for _, p := range page.Items {
			ids = append(ids, p.ServiceAtLocationID)
		}
		return ids
	}
	send := func(offer uuid.UUID) answered {
		r := decode[Referral](t, w.as(t, w.manager, "POST", "/v1/referrals", referralBody), 201)
		a := decode[Attempt](t, w.as(t, w.manager, "POST", "/v1/referrals/"+r.ID.String()+"/attempts", consentBody(offer.String())), 201)
		return w.as(t, w.manager, "POST", "/v1/attempts/"+a.ID.String()+"/send", "", `If-Match: "1"`)
	}
	if slices.ContainsFunc(found(), func(id uuid.UUID) bool { return slices.Contains(offers, id) }) {
		t.Fatal("they are found without papers")
	}
	send(offers[0]).want(t, 422, "no_instrument")
	for name, content := range map[string]string{"accreditations.csv": accreditations, "memoranda.csv": memoranda} {
		in, err := sheet.OpenBytes(name, sheet.Auto, []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		report, err := w.config.Sheets.ImportAgreements(t.Context(), policy.TheSystem(), in, sheet.AgreementOptions{Apply: true})
		if err != nil || report.Errors() != 0 || len(report.Rows) != len(cases) || strings.Contains(fmt.Sprint(report.Counts), "Skipped:1") {
			t.Fatalf("%s: %v %+v", name, err, report)
		}
	}
	ids := found()
	for i, c := range cases {
		if slices.Contains(ids, offers[i]) != c.found {
			t.Errorf("%s: found is %v", c.name, !c.found)
		}
		answer := send(offers[i])
		if c.code == "" {
			decode[Attempt](t, answer, 200)
			continue
		}
		answer.want(t, 422, c.code)
	}
}
