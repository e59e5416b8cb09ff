package sheet_test

import (
	"encoding/csv"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/sheet"
	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// keeper is an invented provider that the directorate has vouched for, with one service at one location, and who keeps its catalogue.
type keeper struct {
	*world
	organization   directory.Organization
	service        directory.Service
	location       directory.Location
	offer          directory.ServiceAtLocation
	focal, officer policy.Actor
}

func newKeeper(t *testing.T, w *world) *keeper {
	t.Helper()
	ctx, system, name := t.Context(), policy.TheSystem(), directory.Name{AR: "جمعية نموذجية", EN: "Model Society"}
	k := &keeper{world: w}
	var err error
	k.organization, err = w.directory.CreateOrganization(ctx, system, directory.Organization{Kind: directory.Association, Name: name})
	w.ok(err)
	a, err := w.directory.Apply(ctx, system, k.organization.ID)
	w.ok(err)
	a, err = w.directory.StartReview(ctx, system, a.ID, a.Version)
	w.ok(err)
	_, err = w.directory.Accredit(ctx, system, a.ID, a.Version, directory.Grant{Number: "A-1", ValidFrom: noon.AddDate(0, 0, -1), ValidTo: noon.AddDate(1, 0, 0)})
	w.ok(err)
	k.service, err = w.directory.CreateService(ctx, system, directory.Service{
		OrganizationID: k.organization.ID, Name: directory.Name{AR: "علاج طبيعي", EN: "Physiotherapy"}, NeedCodes: []string{"DIS-PHYSIO"},
		DeliveryModes: []directory.DeliveryMode{directory.Facility},
	})
	w.ok(err)
	point, err := geo.NewPoint(31.447, 35.09)
	w.ok(err)
	k.location, err = w.directory.CreateLocation(ctx, system, directory.Location{OrganizationID: k.organization.ID, Name: name, PlaceCode: "gn-281292", Point: point})
	w.ok(err)
	k.offer, err = w.directory.OfferAt(ctx, system, directory.ServiceAtLocation{ServiceID: k.service.ID, LocationID: k.location.ID})
	w.ok(err)
	k.focal = policy.Actor{
		AccountID: uuid.New(), Kind: policy.Person, OwnSession: true,
		Memberships: []policy.Membership{{Role: policy.ProviderFocalPoint, OrganizationID: k.organization.ID}},
	}
	k.officer = policy.Actor{AccountID: uuid.New(), Kind: policy.Person, OwnSession: true, Memberships: []policy.Membership{{Role: policy.AssociationsOfficer}}}
	return k
}

// names are the cells of a name in both languages.
func names(of, ar, en string) []string { return []string{of + "_name_ar", ar, of + "_name_en", en} }

// row is the template with the columns and cells given as pairs, for what the organization has.
func (k *keeper) row(cells ...string) string {
	return k.rowOf(append([]string{"service_id", k.service.ID.String(), "location_id", k.location.ID.String(), "offer_id", k.offer.ID.String()}, cells...)...)
}

func (k *keeper) rowOf(cells ...string) string {
	var head, line []string
	for i := 0; i < len(cells); i += 2 {
		head, line = append(head, cells[i]), append(line, cells[i+1])
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	k.ok(w.WriteAll([][]string{append(head, "organization_id"), append(line, k.organization.ID.String())}))
	return b.String()
}

func (k *keeper) bringOwn(content string) sheet.Report {
	k.t.Helper()
	return k.bringAs(k.focal, content, sheet.Options{Source: "own", Apply: true, Own: k.organization.ID})
}

func (k *keeper) bringAs(actor policy.Actor, content string, o sheet.Options) sheet.Report {
	k.t.Helper()
	in, err := sheet.OpenBytes("own.csv", sheet.CSV, []byte(content))
	k.ok(err)
	report, err := k.store.Import(k.t.Context(), actor, in, o)
	k.ok(err)
	addsUp(k.t, report)
	return report
}

func (k *keeper) waiting() []directory.ChangeRequest {
	k.t.Helper()
	found, err := k.directory.ChangeRequests(k.t.Context(), k.officer, directory.Filter{Status: string(directory.Waiting), Limit: 100})
	k.ok(err)
	return found
}

func (k *keeper) serviceNow(id uuid.UUID) directory.Service {
	k.t.Helper()
	v, err := k.directory.Service(k.t.Context(), k.focal, id)
	k.ok(err)
	return v
}

func (k *keeper) approveAll() {
	k.t.Helper()
	for _, c := range k.waiting() {
		_, err := k.directory.ApproveChange(k.t.Context(), k.officer, c.ID, c.Version, pg.Once{})
		k.ok(err)
	}
}

func requestOf(report sheet.Report, code string) uuid.UUID {
	for _, f := range report.Findings {
		if f.Code == code {
			return f.ChangeRequest
		}
	}
	return uuid.Nil
}

// said is what a request asks for: ids and instants differ between a change by request and one by file.
func said(c directory.ChangeRequest) string {
	return fmt.Sprint(c.Activates, " ", c.Base.Name, c.Base.NeedCodes, c.Base.TargetGroups, c.Base.PlaceCode, " ", c.Proposed.Name, c.Proposed.NeedCodes, c.Proposed.TargetGroups,
		c.Proposed.PlaceCode, " ", c.Status)
}

// unlike says in what a service that was changed by a file differs from one that was changed by a request.
func unlike(byFile, byRequest directory.Service, file, request []directory.ChangeRequest) (found []string) {
	plain := func(v directory.Service) directory.Service {
		v.ID, v.OrganizationID, v.UpdatedAt, v.PendingChange, v.Version = uuid.Nil, uuid.Nil, noon, uuid.Nil, 0
		return v
	}
	if a, b := plain(byFile), plain(byRequest); !reflect.DeepEqual(a, b) {
		found = append(found, fmt.Sprintf("the services: %+v and %+v", a, b))
	}
	if len(file) != len(request) {
		return append(found, fmt.Sprintf("%d and %d requests", len(file), len(request)))
	}
	for i := range file {
		if a, b := said(file[i]), said(request[i]); a != b {
			found = append(found, "the requests: "+a+" and "+b)
		}
	}
	return found
}

// TestAnOwnImportDoesWhatAnEditDoes makes one change by a file and the same by a request, in two worlds. The control is the same file by
// who runs the register, for whom nothing waits.
func TestAnOwnImportDoesWhatAnEditDoes(t *testing.T) {
	t.Parallel()
	file := func(k *keeper) string {
		return k.row(append(names("service", "علاج طبيعي", "Renamed"), "service_description_en", "Words", "needs", "DIS-DEVICE", "target_groups", "women")...)
	}
	asked := newKeeper(t, newWorld(t))
	v := asked.service
	v.Name.EN, v.Description.EN, v.NeedCodes, v.TargetGroups = "Renamed", "Words", []string{"DIS-DEVICE"}, []string{"women"}
	_, err := asked.directory.ChangeService(t.Context(), asked.focal, v)
	asked.ok(err)

	k := newKeeper(t, newWorld(t))
	report := k.bringOwn(file(k))
	now, requests := k.serviceNow(k.service.ID), k.waiting()
	if found := unlike(now, asked.serviceNow(asked.service.ID), requests, asked.waiting()); len(found) != 0 {
		t.Errorf("%q", found)
	}
	if len(requests) != 1 || requestOf(report, "waits_for_officer") != requests[0].ID || requests[0].RequestedBy != k.focal.AccountID || now.PendingChange != requests[0].ID {
		t.Errorf("asked %+v: %s", requests, show(report))
	}
	if got := total(report); got.Updated != 1 || report.Errors() != 0 {
		t.Error(show(report))
	}

	control := newKeeper(t, newWorld(t))
	control.bringAs(policy.TheSystem(), file(control), options())
	if found := unlike(control.serviceNow(control.service.ID), asked.serviceNow(asked.service.ID), control.waiting(), asked.waiting()); len(found) != 2 {
		t.Errorf("an import for which nothing waits is not noticed: %q", found)
	}
}

// TestTheSameOwnFileAsksOnce: whoever sends a file again has said nothing new, before the officer's decision and after it.
func TestTheSameOwnFileAsksOnce(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, newWorld(t))
	cells := append(names("service", "علاج طبيعي", "Renamed"), names("location", "مقر آخر", "Elsewhere")...)
	file := k.row(append(cells, "service_description_en", "Words", "place", "دورا", "latitude", "31.507", "longitude", "35.03")...)
	first := k.bringOwn(file)
	requests, service := k.waiting(), k.serviceNow(k.service.ID)
	if len(requests) != 2 || codes(first)["waits_for_officer"] != 2 {
		t.Fatalf("%d requests: %s", len(requests), show(first))
	}
	again := k.bringOwn(file)
	if got := total(again); got.Unchanged != got.Read || codes(again)["waits_for_officer"] != 2 {
		t.Errorf("again: %s", show(again))
	}
	if !reflect.DeepEqual(k.waiting(), requests) || k.serviceNow(k.service.ID).Version != service.Version {
		t.Errorf("the same file asked anew: %+v", k.waiting())
	}
	// The control: another name is another proposal, and moves the request on.
	k.bringOwn(strings.Replace(file, "Renamed", "Renamed twice", 1))
	if got := k.waiting(); len(got) != 2 || reflect.DeepEqual(got, requests) {
		t.Errorf("another file asked for nothing: %+v", got)
	}
	k.bringOwn(file)
	k.approveAll()
	if got := k.serviceNow(k.service.ID); got.Name.EN != "Renamed" || got.PendingChange != uuid.Nil {
		t.Errorf("approved: %+v", got)
	}
	if l, err := k.directory.Location(t.Context(), k.focal, k.location.ID); err != nil || l.Name.EN != "Elsewhere" || l.Point == k.location.Point {
		t.Errorf("approved: %+v %v", l, err)
	}
	last := k.bringOwn(file)
	if got := total(last); got.Unchanged != got.Read || len(last.Findings) != 0 || len(k.waiting()) != 0 {
		t.Errorf("after the decision: %s", show(last))
	}
}

func TestWhatAnOwnFileDoesNotSayStaysProposed(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, newWorld(t))
	k.bringOwn(k.row(names("service", "علاج طبيعي", "Renamed")...))
	requests := k.waiting()
	report := k.bringOwn(k.row("service_description_en", "Words"))
	if !reflect.DeepEqual(k.waiting(), requests) || codes(report)["waits_for_officer"] != 1 || k.serviceNow(k.service.ID).Description.EN != "Words" {
		t.Errorf("a file without names: %s %+v", show(report), k.waiting())
	}
	report = k.bringOwn(k.row(names("service", "علاج طبيعي", "Physiotherapy")...))
	if len(k.waiting()) != 0 || codes(report)["change_withdrawn"] != 1 {
		t.Errorf("the name as it stands: %s %+v", show(report), k.waiting())
	}
	c, err := k.directory.ChangeRequest(t.Context(), k.officer, requests[0].ID)
	if err != nil || c.Status != directory.Withdrawn {
		t.Errorf("%+v %v", c, err)
	}
}

func TestWhatIsNewInAnOwnFileWaitsToBeLetIn(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, newWorld(t))
	file := k.rowOf("service_name_ar", "علاج وظيفي", "service_name_en", "Occupational therapy", "needs", "DIS-DEVICE", "location_id", k.location.ID.String(), "service_status", "active")
	report := k.bringOwn(file)
	requests := k.waiting()
	if len(requests) != 2 || !requests[0].Activates || !requests[1].Activates || codes(report)["new_waits_for_officer"] != 2 || total(report).Created != 1 {
		t.Fatalf("%+v: %s", requests, show(report))
	}
	added := requests[0].ServiceID
	if added == uuid.Nil {
		added = requests[1].ServiceID
	}
	if v := k.serviceNow(added); v.Status != directory.Inactive {
		t.Errorf("it was let in: %+v", v)
	}
	again := k.bringOwn(file)
	if got := total(again); got.Unchanged != got.Read || !reflect.DeepEqual(k.waiting(), requests) || codes(again)["new_waits_for_officer"] != 2 {
		t.Errorf("again: %s %+v", show(again), k.waiting())
	}
	k.approveAll()
	if v := k.serviceNow(added); v.Status != directory.Active {
		t.Errorf("approved: %+v", v)
	}
	if last := k.bringOwn(file); total(last).Unchanged != 1 || codes(last)["new_waits_for_officer"] != 0 {
		t.Errorf("after the decision: %s", show(last))
	}
	ended := k.bringOwn(k.rowOf("service_name_ar", "خدمة انتهت", "service_status", "defunct"))
	if codes(ended)["ended_at_first"] != 1 || len(k.waiting()) != 0 {
		t.Errorf("%s %+v", show(ended), k.waiting())
	}
}

// TestAnOwnFileSaysWhatTheOrganizationDoes, as a request may: it describes the organization anew; what it is called stays.
func TestAnOwnFileSaysWhatTheOrganizationDoes(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, newWorld(t))
	now := func() directory.Organization {
		o, err := k.directory.Organization(t.Context(), k.officer, k.organization.ID)
		k.ok(err)
		return o
	}
	report := k.bringOwn(k.row("organization_description_en", "Words", "service_description_en", "Words"))
	if o := now(); o.Description.EN != "Words" || codes(report)["kept_by_directorate"] != 0 || total(report).Updated != 1 || report.Errors() != 0 {
		t.Errorf("%+v: %s", o, show(report))
	}
	report = k.bringOwn(k.row("organization_name_en", "Another", "service_description_en", "Words anew"))
	if o := now(); o.Name.EN == "Another" || codes(report)["kept_by_directorate"] != 1 || total(report).Updated != 1 || report.Errors() != 0 {
		t.Errorf("%+v: %s", o, show(report))
	}
}

func TestADryRunOfAnOwnFileAsksForNothing(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, newWorld(t))
	o := sheet.Options{Source: "own", Own: k.organization.ID}
	report := k.bringAs(k.focal, k.row(names("service", "علاج طبيعي", "Renamed")...), o)
	if codes(report)["waits_for_officer"] != 1 || requestOf(report, "waits_for_officer") != uuid.Nil || len(k.waiting()) != 0 {
		t.Errorf("%+v: %s", k.waiting(), show(report))
	}
}

// TestEndingTakesBackWhatWaits: what is gone from an own file and is ended waits for nothing any more.
func TestEndingTakesBackWhatWaits(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, newWorld(t))
	k.bringOwn(k.rowOf("service_name_ar", "علاج وظيفي", "needs", "DIS-DEVICE", "location_id", k.location.ID.String()))
	if len(k.waiting()) != 2 {
		t.Fatalf("%+v", k.waiting())
	}
	report := k.bringAs(k.focal, k.row("service_description_en", "Words"), sheet.Options{Source: "own", Apply: true, Own: k.organization.ID, EndMissing: true})
	if report.Ended != 2 || len(k.waiting()) != 0 {
		t.Errorf("%+v: %s", k.waiting(), show(report))
	}
}
