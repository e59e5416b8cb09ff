package api

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/api/apitest"
	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/identity"
	"tahweel/internal/pg/pgtest"
	"tahweel/mou"
	"tahweel/policy"
)

// anonymousOperations are those that nobody needs a token for. An operation that the contract calls anonymous is here or fails.
var anonymousOperations = []string{
	"get-health", "get-readiness", "get-jwks", "get-authorization-server", "get-protected-resource", "register-client", "create-token",
}

// countryRoles belong to the whole country; the others of the ministry to a directorate, the provider's to an organization.
var (
	directorateRoles = []policy.Role{
		policy.CaseManager, policy.Supervisor, policy.DirectorateHead, policy.IntakeOfficer, policy.ProtectionFocalPoint, policy.MinistryClient,
	}
	providerRoles = []policy.Role{policy.ProviderFocalPoint, policy.ProviderWorker, policy.ProviderClient}
	countryRoles  = []policy.Role{
		policy.AssociationsOfficer, policy.AssociationsSignatory, policy.Auditor, policy.DataProtectionOfficer, policy.Administrator,
	}
)

var onlyOperations = flag.String("operations", "", "hold only operations whose id matches, while working on them")

// TestEveryOperationKeepsTheContract holds the whole API to what its contract promises for every operation. It is made of openapi.yaml:
// a new operation is held without anybody doing anything, or fails with a sentence that says what it needs.
func TestEveryOperationKeepsTheContract(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.holding(t)
	if *onlyOperations != "" {
		h.only, h.known = regexp.MustCompile(*onlyOperations), knownCallers(t)
	}
	w.everyState(t)
	for _, complaint := range h.run() {
		t.Error(complaint)
	}
	if h.only == nil {
		whoMayCall(t, h)
	}
}

// holding is the world as the assertions need it: an actor for each role, and values for what the contract's examples name.
func (w *world) holding(t *testing.T) *holding {
	t.Helper()
	client := w.Client()
	client.Transport = nil // the assertions hold every exchange against the contract by themselves
	h := &holding{
		contract: w.contract, client: client, url: w.URL, anonymous: anonymousOperations,
		scenes: w.scenes(t), state: func() string { return w.everything(t) }, logged: w.log.String,
	}
	w.registerScenes(t, h)
	if _, err := directory.NewStore(w.db.DB, worldClock).RefreshCoverage(t.Context()); err != nil {
		t.Error(err)
	}
	ids := map[string]uuid.UUID{}
	for _, role := range slices.Concat(directorateRoles, providerRoles, countryRoles) {
		m := policy.Membership{Role: role}
		if slices.Contains(directorateRoles, role) {
			m.DirectorateID = w.hebron
		}
		if slices.Contains(providerRoles, role) {
			m.OrganizationID = w.first
		}
		kind := policy.Person
		if strings.HasSuffix(string(role), "_client") {
			kind = policy.Client
		}
		ids[string(role)] = w.person(t, kind, m)
		h.actors = append(h.actors, string(role))
	}
	ids["case_manager"] = w.idOf(t, w.manager) // who made what there is
	w.asserts = ids["associations_officer"]
	h.words = w.words(t, ids)
	tokens := map[string]string{}
	h.token = func(actor string, scopes ...string) string {
		name := actor + " " + strings.Join(scopes, " ")
		if tokens[name] != "" {
			return tokens[name]
		}
		token, err := w.issuer.Issue(identity.Claims{
			Subject: ids[actor], ClientID: "test", Scopes: scopes, OwnSession: !strings.HasSuffix(actor, "_client"),
		}, time.Hour)
		if err != nil {
			t.Error(err)
		}
		tokens[name] = token
		return token
	}
	return h
}

// person makes an account with one role.
func (w *world) person(t *testing.T, kind policy.Kind, m policy.Membership) uuid.UUID {
	t.Helper()
	return w.idOf(t, w.account(t, w.accounts, w.issuer, kind, m))
}

// idOf is the account that a token stands for.
func (w *world) idOf(t *testing.T, token string) uuid.UUID {
	t.Helper()
	actor, err := w.accounts.Actor(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return actor.AccountID
}

// everyState makes attempts in each state: one for each move that is possible there, because a move uses it up, and one more.
func (w *world) everyState(t *testing.T) {
	t.Helper()
	for _, status := range slices.Sorted(maps.Keys(legalMoves)) {
		for range len(strings.Fields(legalMoves[status])) + 1 {
			w.inState(t, status)
		}
	}
}

// words are what this world has where the contract's examples name something.
func (w *world) words(t *testing.T, ids map[string]uuid.UUID) apitest.Words {
	t.Helper()
	return apitest.Words{
		"organization_id": w.bareOrganization(t), "recipient_organization_id": w.first.String(), "branch_id": apitest.Absent,
		"directorates": []any{w.hebron.String()}, "directorate_id": w.hebron.String(),
		"accounts": []any{ids["case_manager"].String()}, "cleared_persons": []any{ids["protection_focal_point"].String()},
		"service_at_location_id": w.offer.String(),
		"need":                   "DIS-PHYSIO", "place": yatta,
		"consent.given_at": worldTime.Add(-time.Hour).Format(time.RFC3339),
		"service_date":     worldTime.Format(time.DateOnly),
	}
}

// scenes are what the operations need that cannot be found out by trying.
func (w *world) scenes(t *testing.T) map[string]scene {
	t.Helper()
	next := 0
	numbered := func(format string) func() any {
		return func() any {
			next++
			return fmt.Sprintf(format, next)
		}
	}
	governorates := strings.Fields("PS0101 PS0105 PS0110 PS0115 PS0120 PS0125 PS0130 PS0135 PS0140 PS0145")
	scenes := map[string]scene{
		"list-nearby":    {words: apitest.Words{"?place": yatta}},
		"explain-nearby": {words: apitest.Words{"?place": yatta}},
		// A registration is one organization's.
		"create-organization": {words: apitest.Words{"registration_number": numbered("QR-%d-E")}},
		"merge-organization": {
			words:  apitest.Words{"into": func() any { return w.bareOrganization(t) }},
			values: func() map[string]string { return map[string]string{"id": w.bareOrganization(t)} },
		},
		"merge-location": {
			words:  apitest.Words{"into": func() any { return w.bareLocation(t) }},
			values: func() map[string]string { return map[string]string{"id": w.bareLocation(t)} },
		},
		"dismiss-duplicate":  {words: apitest.Words{"ids": func() any { return []any{w.bareOrganization(t), w.bareOrganization(t)} }}},
		"create-directorate": {words: apitest.Words{"code": numbered("X%02d")}},
		"create-rollout":     {words: apitest.Words{"governorate": func() any { next++; return governorates[next%len(governorates)] }}},
		// The ways that the world begins with hold from 2025 on.
		"create-reach-link": {body: func() any {
			next++
			return map[string]any{
				"from": "west_bank", "to": "east_jerusalem", "passable": true, "detour": 1.3, "source": "Example circular",
				"valid_from": fmt.Sprintf("%d-01-01", 1900+next%100), "valid_to": fmt.Sprintf("%d-12-31", 1900+next%100),
			}
		}},
		"create-instrument":           {words: apitest.Words{"number": numbered("2026/X%d"), "organization_id": w.second.String()}},
		"change-instrument":           {after: "create-instrument"},
		"withdraw-clearances":         {after: "create-instrument"},
		"propose-instrument":          {after: "create-instrument"},
		"withdraw-instrument":         {after: "propose-instrument"},
		"sign-instrument":             {after: "propose-instrument"},
		"enter-into-force-instrument": {after: "sign-instrument"},
		"suspend-instrument":          {after: "enter-into-force-instrument"},
		"resume-instrument":           {after: "suspend-instrument"},
		"terminate-instrument":        {after: "enter-into-force-instrument"},
		"amend-instrument":            {after: "enter-into-force-instrument"},
		"expire-instrument":           {values: func() map[string]string { return map[string]string{"id": w.endedInstrument(t)} }},
		"confirm-cancel-attempt":      {after: "request-cancel-attempt"},
		"reject-cancel-attempt":       {after: "request-cancel-attempt"},
		"close-referral":              {values: func() map[string]string { return map[string]string{"id": w.declinedReferral(t)} }},
		"create-accreditation":        {words: apitest.Words{"organization_id": func() any { return w.bareOrganization(t) }}},
		"start-review-accreditation":  {after: "create-accreditation"},
		// Another person than who prepared it accredits, and what ends has ended before.
		"accredit-accreditation":  {values: func() map[string]string { return map[string]string{"id": w.reviewedAccreditation(t)} }},
		"expire-accreditation":    {values: func() map[string]string { return map[string]string{"id": w.endedAccreditation(t)} }},
		"reject-accreditation":    {after: "start-review-accreditation"},
		"suspend-accreditation":   {after: "accredit-accreditation"},
		"reinstate-accreditation": {after: "suspend-accreditation"},
		"revoke-accreditation":    {after: "accredit-accreditation"},
		"create-service-at-location": {words: apitest.Words{
			"service_id": func() any { return w.bareService(t) }, "location_id": func() any { return w.bareLocation(t) },
		}},
	}
	maps.Copy(scenes, w.accountScenes(t))
	maps.Copy(scenes, w.processScenes(t))
	maps.Copy(scenes, w.fileScenes(t))
	return scenes
}

// bareOrganization makes an organization without accreditation and services, which nothing else in this world needs.
func (w *world) bareOrganization(t *testing.T) string {
	t.Helper()
	o, err := directory.NewStore(w.db.DB, worldClock).CreateOrganization(t.Context(), policy.TheSystem(), directory.Organization{
		Kind: directory.Association, Name: directory.Name{AR: "جمعية مثال", EN: "Example society"},
	})
	if err != nil {
		t.Error(err)
	}
	return o.ID.String()
}

// reviewedAccreditation is one under review that the system prepared, and endedAccreditation one whose last day has passed.
func (w *world) reviewedAccreditation(t *testing.T) string {
	t.Helper()
	d := directory.NewStore(w.db.DB, worldClock)
	a, err := d.Apply(t.Context(), policy.TheSystem(), uuid.MustParse(w.bareOrganization(t)))
	if err == nil {
		a, err = d.StartReview(t.Context(), policy.TheSystem(), a.ID, a.Version)
	}
	if err != nil {
		t.Error(err)
	}
	return a.ID.String()
}

func (w *world) endedAccreditation(t *testing.T) string {
	t.Helper()
	id := w.reviewedAccreditation(t)
	_, err := directory.NewStore(w.db.DB, worldClock).Accredit(t.Context(), policy.TheSystem(), uuid.MustParse(id), 2, directory.Grant{
		Number: "A-ended", ValidFrom: worldTime.AddDate(-1, 0, 0), ValidTo: worldTime.AddDate(0, 0, -2),
	})
	if err != nil {
		t.Error(err)
	}
	return id
}

// bareService and bareLocation are of the second organization, one with the other.
func (w *world) bareService(t *testing.T) string {
	t.Helper()
	s, err := directory.NewStore(w.db.DB, worldClock).CreateService(t.Context(), policy.TheSystem(), directory.Service{
		OrganizationID: w.second, Name: directory.Name{AR: "خدمة مثال", EN: "Example service"}, NeedCodes: []string{"DIS-PHYSIO"},
		DeliveryModes: []directory.DeliveryMode{directory.Facility},
	})
	if err != nil {
		t.Error(err)
	}
	return s.ID.String()
}

func (w *world) bareLocation(t *testing.T) string {
	t.Helper()
	point, err := geo.NewPoint(31.45, 35.10)
	if err != nil {
		t.Error(err)
	}
	l, err := directory.NewStore(w.db.DB, worldClock).CreateLocation(t.Context(), policy.TheSystem(), directory.Location{
		OrganizationID: w.second, PlaceCode: yatta, Point: point, Name: directory.Name{AR: "موقع مثال", EN: "Example location"},
	})
	if err != nil {
		t.Error(err)
	}
	return l.ID.String()
}

// endedInstrument is one in force whose last day has passed.
func (w *world) endedInstrument(t *testing.T) string {
	t.Helper()
	ctx, system := t.Context(), policy.TheSystem()
	day := time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)
	store := mou.NewStore(w.db.DB, func() time.Time { return day.AddDate(0, 1, 0) })
	in, err := store.Draft(ctx, system, mou.Instrument{
		OrganizationID: w.second, Kind: mou.Memorandum, Number: "2025/" + newKey(), ValidFrom: day, ValidTo: day.AddDate(0, 6, 0),
		Terms: []mou.Term{{
			Directorates: []uuid.UUID{w.hebron}, Needs: []string{"DIS"}, Governorates: []string{"PS0150"}, Purposes: []string{"service_provision"}, MaxTier: 1,
		}},
	})
	for _, step := range []mou.Transition{mou.Propose, mou.Sign, mou.EnterIntoForce} {
		if err != nil {
			break
		}
		in, err = store.Move(ctx, system, in.ID, in.Version, step)
	}
	if err != nil {
		t.Error(err)
	}
	return in.ID.String()
}

// declinedReferral is an active referral that nobody is trying any more.
func (w *world) declinedReferral(t *testing.T) string {
	t.Helper()
	id, _ := w.inState(t, "declined")
	return pgtest.Value[uuid.UUID](t, w.db, `SELECT referral_id FROM attempt WHERE id = $1`, id).String()
}

// everything is a fingerprint of every table that a request may change, but for the audit log, which records refusals too.
func (w *world) everything(t *testing.T) string {
	t.Helper()
	return pgtest.Value[string](t, w.db, `
		SELECT string_agg(relname || ' ' || (xpath('/row/c/text()', query_to_xml(
		           format('SELECT count(*) || '':'' || coalesce(max(xmin::text::bigint), 0) AS c FROM %I', relname), false, true, '')))[1]::text, ' '
		       ORDER BY relname)
		FROM pg_class
		WHERE relkind = 'r'
		AND relnamespace = current_schema()::regnamespace
		AND relname NOT LIKE 'audit%'
		AND relname <> 'spatial_ref_sys'`)
}

// whoMayCall compares who is let in by role with the table that a person has read. A new operation has no row until somebody
// writes it, with -update, and looks at the difference.
func whoMayCall(t *testing.T, h *holding) {
	t.Helper()
	var b bytes.Buffer
	for _, op := range h.contract.Operations() {
		who := strings.Join(h.callers[op.ID], " ")
		if op.Anonymous {
			who = "anybody"
		}
		fmt.Fprintf(&b, "%s: %s\n", op.ID, who)
	}
	const file = "testdata/callers.txt"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if !bytes.Contains(append([]byte("\n"), committed...), []byte("\n"+line)) {
			t.Errorf("%s does not say: %s", file, line)
		}
	}
	if !bytes.Equal(committed, b.Bytes()) {
		t.Errorf("%s, who may call an operation by role, is not what the service does; if it is meant, run: go test ./api -run TestEveryOperationKeepsTheContract -update", file)
	}
}
