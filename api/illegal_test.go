package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/pg/pgtest"
)

// moveBodies are all moves that can be called, with what each must carry.
var moveBodies = map[string]string{
	"send": "", "discard": "", "acknowledge": "", "request-info": `{"items":["document"]}`, "provide-info": `{"items":["document"]}`, "accept": "",
	"waitlist": waitingBody, "renew-waitlist": waitingBody, "leave-waitlist": `{"code":"resource_exhausted"}`, "decline": `{"code":"no_capacity"}`,
	"recall": `{"code":"client_moved"}`, "start-service": "", "report-progress": "", "hold": `{"code":"awaiting_documents","review_on":"2026-06-30"}`,
	"resume": "", "complete": `{"outcome":"service_provided_full","need_met":"yes","service_date":"2026-05-31"}`, "close-unmet": `{"code":"client_declined"}`,
	"request-cancel": `{"code":"client_moved"}`, "confirm-cancel": "", "reject-cancel": `{"text":"The last session is tomorrow."}`,
	"safety-recall": `{"code":"safety_recall","text":"Danger."}`, "mark-error": `{"text":"The wrong one of two."}`,
}

const waitingBody = `{"code":"no_capacity_waitlist","estimated_on":"2026-07-30"}`

// steadyMoves change no status; the document does not count them.
const steadyMoves = "renew-waitlist report-progress request-cancel reject-cancel"

// legalMoves are the legal pairs of what can be called (referrals.md, "Transitions"), written out a second time on purpose.
var legalMoves = map[string]string{
	"draft":            "send discard",
	"sent":             "acknowledge request-info accept waitlist decline recall safety-recall mark-error",
	"acknowledged":     "request-info accept waitlist decline recall safety-recall mark-error",
	"info_requested":   "provide-info accept waitlist decline recall safety-recall mark-error",
	"waitlisted":       "accept renew-waitlist leave-waitlist recall safety-recall mark-error",
	"accepted":         "recall start-service hold complete close-unmet safety-recall mark-error",
	"in_service":       "report-progress hold complete close-unmet request-cancel confirm-cancel reject-cancel safety-recall mark-error",
	"on_hold":          "report-progress resume complete close-unmet request-cancel confirm-cancel reject-cancel safety-recall mark-error",
	"declined":         "mark-error",
	"expired":          "mark-error",
	"cancelled":        "mark-error",
	"completed":        "mark-error",
	"not_completed":    "mark-error",
	"entered_in_error": "",
}

// waysTo lead from a draft to each state.
var waysTo = map[string]string{
	"draft": "", "sent": "send", "acknowledged": "send acknowledge", "info_requested": "send request-info", "waitlisted": "send waitlist",
	"accepted": "send accept", "in_service": "send accept start-service", "on_hold": "send accept hold", "declined": "send decline",
	"expired": "send expire", "cancelled": "send recall", "completed": "send accept complete", "not_completed": "send accept close-unmet",
	"entered_in_error": "send mark-error",
}

func has(moves, move string) bool { return strings.Contains(" "+moves+" ", " "+move+" ") }

// TestIllegalMovesOverHTTP: of the 199 illegal pairs 187 answer 409 invalid_transition and 12, the provider's moves on a draft, 404; of
// the 49 of the moves that change no status 46 and 3. Not one changes anything. The legal pairs are the control: the same requests
// pass.
func TestIllegalMovesOverHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answers := map[string]int{}
	for status, legal := range legalMoves {
		id, version := w.inState(t, status)
		before := w.fingerprint(t)
		for move, body := range moveBodies {
			if has(legal, move) {
				continue
			}
			a := w.as(t, w.moverOf(move), http.MethodPost, "/v1/attempts/"+id.String()+"/"+move, body, fmt.Sprintf(`If-Match: "%d"`, version))
			answers[fmt.Sprint(a.StatusCode, has(steadyMoves, move))]++
			if code := decode[Problem](t, a, a.StatusCode).Code; code != "invalid_transition" && (a.StatusCode != http.StatusNotFound || status != "draft") {
				t.Errorf("%s while %s: %d %s", move, status, a.StatusCode, code)
			}
		}
		if w.fingerprint(t) != before {
			t.Errorf("an illegal move while %s changed something", status)
		}
	}
	if want := map[string]int{"409 false": 187, "404 false": 12, "409 true": 46, "404 true": 3}; !maps.Equal(answers, want) {
		t.Errorf("the answers: %v", answers)
	}
}

// TestLegalMovesOverHTTP: what allowed_transitions offers to one of the three passes, and what passes was offered.
func TestLegalMovesOverHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	passed, steady, before := 0, 0, w.fingerprint(t)
	for status, legal := range legalMoves {
		for move := range strings.FieldsSeq(legal) {
			id, version := w.inState(t, status)
			path := "/v1/attempts/" + id.String()
			if move == "confirm-cancel" || move == "reject-cancel" {
				w.as(t, w.moverOf(move), http.MethodPost, path+"/"+move, moveBodies[move], fmt.Sprintf(`If-Match: "%d"`, version)).want(t, 409, "no_cancellation_pending")
				version = w.moved(t, id, version, "request-cancel")
			}
			seen := decode[Attempt](t, w.as(t, w.moverOf(move), http.MethodGet, path, ""), http.StatusOK)
			if !slices.Contains(seen.AllowedTransitions, strings.ReplaceAll(move, "-", "_")) {
				t.Errorf("%s while %s is not among %v", move, status, seen.AllowedTransitions)
			}
			if next := w.moved(t, id, version, move); next != version+1 {
				t.Errorf("%s while %s: version %d after %d", move, status, next, version)
			}
			if has(steadyMoves, move) {
				steady++
			} else {
				passed++
			}
		}
	}
	if w.fingerprint(t) == before {
		t.Error("the comparison sees nothing")
	}
	if passed != 14*18-199 || steady != 4*14-49 {
		t.Errorf("%d legal pairs, and %d that change no status", passed, steady)
	}
}

// moved makes a legal move and returns the version after it.
func (w *world) moved(t *testing.T, id uuid.UUID, version int, move string) int {
	t.Helper()
	a := w.as(t, w.moverOf(move), http.MethodPost, "/v1/attempts/"+id.String()+"/"+move, moveBodies[move], fmt.Sprintf(`If-Match: "%d"`, version))
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", move, a.StatusCode, a.body)
	}
	return decode[Attempt](t, a, http.StatusOK).Version
}

func (w *world) moverOf(move string) string {
	switch move {
	case "send", "discard", "provide-info", "recall", "request-cancel", "mark-error":
		return w.manager
	case "safety-recall":
		return w.supervisor
	default:
		return w.provider
	}
}

// inState makes a referral with one attempt in the state and returns the attempt's id and version.
func (w *world) inState(t *testing.T, status string) (uuid.UUID, int) {
	t.Helper()
	r := decode[Referral](t, w.as(t, w.manager, "POST", "/v1/referrals", referralBody), 201)
	a := decode[Attempt](t, w.as(t, w.manager, "POST", "/v1/referrals/"+r.ID.String()+"/attempts", consentBody(w.offer.String())), 201)
	version := a.Version
	for move := range strings.FieldsSeq(waysTo[status]) {
		if move != "expire" { // the system's: done as the timer does it to the attempt
			version = w.moved(t, a.ID, version, move)
			continue
		}
		w.db.Exec(t, `
			UPDATE attempt
			SET transition = 'expire', status = 'expired', version = version + 1, closed_at = sent_at, reason_code = 'no_decision'
			WHERE id = $1`, a.ID)
		version++
	}
	return a.ID, version
}

// fingerprint is a hash of everything that a move writes; the audit log alone may grow by a refusal.
func (w *world) fingerprint(t *testing.T) string {
	t.Helper()
	return pgtest.Value[string](t, w.db, `
		SELECT md5(concat(
			(SELECT string_agg(x::text, '' ORDER BY id) FROM attempt AS x), (SELECT string_agg(x::text, '' ORDER BY id) FROM referral AS x),
			(SELECT string_agg(x::text, '' ORDER BY id) FROM event AS x), (SELECT string_agg(x::text, '' ORDER BY attempt_id) FROM attempt_quota AS x),
			(SELECT string_agg(x::text, '' ORDER BY key) FROM idempotency AS x), (SELECT string_agg(x::text, '' ORDER BY asked_at) FROM attempt_inquiry AS x),
			(SELECT string_agg(x::text, '' ORDER BY id) FROM consent AS x), (SELECT string_agg(x::text, '' ORDER BY referral_id, name) FROM sealed_field AS x),
			(SELECT string_agg(x::text, '' ORDER BY quota_id) FROM instrument_quota_use AS x)))`)
}
