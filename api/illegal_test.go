package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/pg/pgtest"
)

// moveBodies are the seven moves with what each must carry; the ministry makes send and recall, the provider the others.
var moveBodies = map[string]string{
	"send": "", "acknowledge": "", "accept": "", "decline": `{"code":"no_capacity"}`, "recall": `{"code":"client_moved"}`,
	"start-service": "", "complete": `{"outcome":"service_provided_full","need_met":"yes","service_date":"2026-05-31"}`,
}

// legalMoves are the 18 legal pairs of those seven (referrals.md, "Transitions"), written out a second time on purpose.
var legalMoves = map[string]string{
	"draft": "send", "sent": "acknowledge accept decline recall", "acknowledged": "accept decline recall", "info_requested": "accept decline recall",
	"waitlisted": "accept recall", "accepted": "recall start-service complete", "in_service": "complete", "on_hold": "complete",
	"declined": "", "expired": "", "cancelled": "", "completed": "", "not_completed": "", "entered_in_error": "",
}

// waysBySQL lead from sent to each state along legal rows of the transition table.
var waysBySQL = map[string][]string{
	"sent": {}, "acknowledged": {"acknowledge acknowledged"}, "info_requested": {"request_info info_requested"}, "waitlisted": {"waitlist waitlisted"},
	"accepted": {"accept accepted"}, "in_service": {"accept accepted", "start_service in_service"}, "on_hold": {"accept accepted", "hold on_hold"},
	"declined": {"decline declined"}, "expired": {"expire expired"}, "cancelled": {"recall cancelled"}, "completed": {"accept accepted", "complete completed"},
	"not_completed": {"accept accepted", "close_unmet not_completed"}, "entered_in_error": {"mark_error entered_in_error"},
}

// TestIllegalMovesOverHTTP: of the 80 illegal pairs 75 answer 409 invalid_transition and 5, the provider's moves on a draft, 404; not
// one changes anything. The legal pairs are the control: the same requests pass.
func TestIllegalMovesOverHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answers := map[int]int{}
	for status, legal := range legalMoves {
		id, version := w.inState(t, status)
		before := w.fingerprint(t)
		for move, body := range moveBodies {
			if strings.Contains(" "+legal+" ", " "+move+" ") {
				continue
			}
			a := w.as(t, w.moverOf(move), http.MethodPost, "/v1/attempts/"+id.String()+"/"+move, body, fmt.Sprintf(`If-Match: "%d"`, version))
			answers[a.StatusCode]++
			if code := decode[Problem](t, a, a.StatusCode).Code; code != "invalid_transition" && (a.StatusCode != http.StatusNotFound || status != "draft") {
				t.Errorf("%s while %s: %d %s", move, status, a.StatusCode, code)
			}
			if after := w.fingerprint(t); after != before {
				t.Errorf("%s while %s changed something", move, status)
			}
		}
	}
	if answers[http.StatusConflict] != 75 || answers[http.StatusNotFound] != 5 || len(answers) != 2 {
		t.Errorf("the answers: %v", answers)
	}
}

func TestLegalMovesOverHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	passed := 0
	for status, legal := range legalMoves {
		for move := range strings.FieldsSeq(legal) {
			id, version := w.inState(t, status)
			before := w.fingerprint(t)
			a := w.as(t, w.moverOf(move), http.MethodPost, "/v1/attempts/"+id.String()+"/"+move, moveBodies[move], fmt.Sprintf(`If-Match: "%d"`, version))
			if a.StatusCode != http.StatusOK || w.fingerprint(t) == before {
				t.Errorf("%s while %s: %d %s", move, status, a.StatusCode, a.body)
			}
			passed++
		}
	}
	if passed != 18 {
		t.Errorf("%d legal pairs", passed)
	}
}

func (w *world) moverOf(move string) string {
	if move == "send" || move == "recall" {
		return w.manager
	}
	return w.provider
}

// inState makes a referral with one attempt in the state and returns the attempt's id and version.
func (w *world) inState(t *testing.T, status string) (uuid.UUID, int) {
	t.Helper()
	if status == "draft" {
		r := decode[Referral](t, w.as(t, w.manager, "POST", "/v1/referrals", referralBody), 201)
		a := decode[Attempt](t, w.as(t, w.manager, "POST", "/v1/referrals/"+r.ID.String()+"/attempts", consentBody(w.offer.String())), 201)
		return a.ID, a.Version
	}
	id := w.sent(t).ID
	for _, step := range waysBySQL[status] {
		transition, next, _ := strings.Cut(step, " ")
		w.db.Exec(t, `
			UPDATE attempt
			SET transition = $2, status = $3, version = version + 1,
			    accepted_at = CASE WHEN $2 = 'accept' THEN sent_at ELSE accepted_at END,
			    disclosed_groups = CASE WHEN $2 = 'accept' THEN '{}' ELSE disclosed_groups END,
			    service_started_at = CASE WHEN $2 = 'start_service' THEN sent_at END,
			    closed_at = CASE WHEN $3 IN ('declined', 'expired', 'cancelled', 'completed', 'not_completed', 'entered_in_error') THEN sent_at END,
			    reason_code = 'other', outcome_code = 'one_off_assistance', need_met = 'no', service_date = sent_at::date
			WHERE id = $1`, id, transition, next)
	}
	return id, pgtest.Value[int](t, w.db, `SELECT version FROM attempt WHERE id = $1`, id)
}

// fingerprint is a hash of everything that a move writes; the audit log alone may grow by a refusal.
func (w *world) fingerprint(t *testing.T) string {
	t.Helper()
	return pgtest.Value[string](t, w.db, `
		SELECT md5(concat(
			(SELECT string_agg(x::text, '' ORDER BY id) FROM attempt AS x), (SELECT string_agg(x::text, '' ORDER BY id) FROM referral AS x),
			(SELECT string_agg(x::text, '' ORDER BY id) FROM event AS x), (SELECT string_agg(x::text, '' ORDER BY attempt_id) FROM attempt_quota AS x),
			(SELECT string_agg(x::text, '' ORDER BY key) FROM idempotency AS x)))`)
}
