package api

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/api/apitest"
	"tahweel/internal/identity"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

// anonymousOperations are those that nobody needs a token for. An operation that the contract calls anonymous is here or fails.
var anonymousOperations = []string{"get-health", "get-readiness"}

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

// TestEveryOperationKeepsTheContract holds the whole API to what its contract promises for every operation. It is made of openapi.yaml:
// a new operation is held without anybody doing anything, or fails with a sentence that says what it needs.
func TestEveryOperationKeepsTheContract(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.holding(t)
	w.everyState(t)
	for _, complaint := range h.run() {
		t.Error(complaint)
	}
	whoMayCall(t, h)
}

// holding is the world as the assertions need it: an actor for each role, and values for what the contract's examples name.
func (w *world) holding(t *testing.T) *holding {
	t.Helper()
	client := w.Client()
	client.Transport = nil // the assertions hold every exchange against the contract by themselves
	h := &holding{
		contract: w.contract, client: client, url: w.URL, anonymous: anonymousOperations,
		words: w.words(), scenes: w.scenes(), state: func() string { return w.everything(t) }, logged: w.log.String,
	}
	w.registerScenes(t, h)
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
func (w *world) words() apitest.Words {
	return apitest.Words{
		"service_at_location_id": w.offer.String(),
		"need":                   "DIS-PHYSIO", "place": yatta,
		"consent.given_at": worldTime.Add(-time.Hour).Format(time.RFC3339),
		"service_date":     worldTime.Format(time.DateOnly),
	}
}

// scenes are what the operations need that cannot be found out by trying.
func (w *world) scenes() map[string]scene {
	return map[string]scene{
		"confirm-cancel-attempt": {after: "request-cancel-attempt"},
		"reject-cancel-attempt":  {after: "request-cancel-attempt"},
	}
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
	if !bytes.Equal(committed, b.Bytes()) {
		t.Errorf("%s, who may call an operation by role, is not what the service does; if it is meant, run: go test ./api -run TestEveryOperationKeepsTheContract -update\n%s", file, b.Bytes())
	}
}
