package referrals_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/fault"
	"tahweel/policy"
	"tahweel/referrals"
)

// refusedAs says whether err is the fault, and where it names a field, that one.
func refusedAs(err error, code, pointer string) bool {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code || f.Detail.AR == "" {
		return false
	}
	return pointer == "" || slices.ContainsFunc(f.Fields, func(field fault.Field) bool { return field.Pointer == pointer })
}

// contacts are n tries to reach the client, an hour apart, the last one an hour ago.
func (w *world) contacts(n int) []referrals.ContactAttempt {
	var list []referrals.ContactAttempt
	for i := range n {
		list = append(list, referrals.ContactAttempt{At: w.now.Add(-time.Duration(n-i) * time.Hour), Method: "call"})
	}
	return list
}

// TestEachGuardRefusesAndItsBoundPasses: every row is refused for just one reason, and the last of each group, which keeps to the bound,
// passes from the very same attempt, so that a guard that is missing or one that refuses everything shows.
func TestEachGuardRefusesAndItsBoundPasses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	type result = referrals.Result
	type try func(referrals.Move) (result, error)
	refuse := func(a result, name, code, pointer string, do try) {
		t.Helper()
		before := w.snapshot(t)
		if _, err := do(to(a)); !refusedAs(err, code, pointer) {
			t.Errorf("%s: %v", name, err)
		}
		if tables := changed(before, w.snapshot(t)); len(tables) != 0 {
			t.Errorf("%s: refused, and %v changed", name, tables)
		}
	}
	pass := func(a result, name string, do try) result {
		t.Helper()
		moved, err := do(to(a))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return moved
	}
	ask := func(text string, items ...string) try {
		return func(m referrals.Move) (result, error) {
			return w.store.RequestInfo(ctx, w.recipient, m, referrals.RequestInfoWith{Items: items, Text: text})
		}
	}
	tell := func(text string, items ...string) try {
		return func(m referrals.Move) (result, error) {
			return w.store.ProvideInfo(ctx, w.manager, m, referrals.ProvideInfoWith{Items: items, Text: text})
		}
	}
	wait := func(code string, days int) try {
		return func(m referrals.Move) (result, error) {
			with := w.waiting(days)
			with.Code = code
			return w.store.Waitlist(ctx, w.recipient, m, with)
		}
	}
	a := w.in(t, "DIS-PHYSIO", referrals.StatusSent)
	refuse(a, "no item", "unprocessable", "/items", ask("why"))
	refuse(a, "an unknown item", "unprocessable", "/items/0", ask("", "shoe_size"))
	refuse(a, "an item twice", "unprocessable", "/items/1", ask("", "document", "document"))
	refuse(a, "other without a text", "unprocessable", "/text", ask("", "other"))
	a = pass(a, "ask", ask("which?", "document", "other"))
	refuse(a, "an item that was not asked for", "unprocessable", "/items/0", tell("", "need_detail"))
	refuse(a, "an answer to nothing", "unprocessable", "/items", tell("here"))
	refuse(a, "a telephone number", "text_identifies_person", "/text", tell("call ٠٥٩-٠٠٠-٠٠١٩", "document"))
	refuse(a, "a document number", "text_identifies_person", "/text", tell("no. 000 000 019", "document"))
	a = pass(a, "answer", tell("a report of 2026-02-01", "document"))
	a = pass(pass(a, "ask again", ask("", "need_detail")), "answer again", tell("", "need_detail"))
	refuse(a, "a third round", "info_rounds_exhausted", "", ask("", "document"))

	refuse(a, "an unknown reason to wait", "unprocessable", "/code", wait("tired", 10))
	refuse(a, "other without a text", "unprocessable", "/text", wait("other", 10))
	refuse(a, "a place yesterday", "unprocessable", "/estimated_on", wait("funding_gap", -1))
	refuse(a, "a place in 61 days", "unprocessable", "/estimated_on", wait("funding_gap", 61))
	a = pass(a, "a place in 60 days", wait("funding_gap", 60))
	renew := func(days int) try {
		return func(m referrals.Move) (result, error) {
			return w.store.RenewWaitlist(ctx, w.recipient, m, w.waiting(days))
		}
	}
	refuse(a, "61 days more", "unprocessable", "/estimated_on", renew(61))
	a = pass(a, "today", renew(0))

	leave := func(with referrals.CloseUnmetWith) try {
		return func(m referrals.Move) (result, error) { return w.store.LeaveWaitlist(ctx, w.recipient, m, with) }
	}
	refuse(a, "a decline code", "unprocessable", "/code", leave(referrals.CloseUnmetWith{Code: "no_capacity"}))
	refuse(a, "unreachable without contact", "unprocessable", "/contact_attempts", leave(referrals.CloseUnmetWith{Code: "client_unreachable"}))
	pass(a, "leave", leave(referrals.CloseUnmetWith{Code: "other", Text: "closed"}))

	a = w.in(t, "DIS-PHYSIO", referrals.StatusAccepted)
	w.now = w.now.Add(6 * time.Hour)
	unmet := func(list []referrals.ContactAttempt) try {
		return func(m referrals.Move) (result, error) {
			return w.store.CloseUnmet(ctx, w.recipient, m, referrals.CloseUnmetWith{Code: "client_unreachable", ContactAttempts: list})
		}
	}
	twice, late, early, strange := w.contacts(3), w.contacts(3), w.contacts(3), w.contacts(3)
	twice[1].At, late[2].At, early[0].At, strange[0].Method = twice[0].At, w.now.Add(time.Minute), w.now.Add(-7*time.Hour), "pigeon"
	refuse(a, "two contacts", "unprocessable", "/contact_attempts", unmet(w.contacts(2)))
	refuse(a, "one contact twice", "unprocessable", "/contact_attempts/1/at", unmet(twice))
	refuse(a, "a contact in the future", "unprocessable", "/contact_attempts/2/at", unmet(late))
	refuse(a, "a contact before acceptance", "unprocessable", "/contact_attempts/0/at", unmet(early))
	refuse(a, "a contact by pigeon", "unprocessable", "/contact_attempts/0/method", unmet(strange))
	if done := pass(a, "three contacts", unmet(w.contacts(3))); len(w.attemptOf(t, done).ContactAttempts) != 3 {
		t.Error("the case manager does not see how the client was sought")
	}

	a = w.in(t, "DIS-PHYSIO", referrals.StatusInService)
	hold := func(code string, days int) try {
		return func(m referrals.Move) (result, error) {
			return w.store.Hold(ctx, w.recipient, m, referrals.HoldWith{Code: code, ReviewOn: day(w).AddDate(0, 0, days)})
		}
	}
	refuse(a, "an unknown reason to pause", "unprocessable", "/code", hold("tired", 1))
	refuse(a, "a review in 31 days", "unprocessable", "/review_on", hold("awaiting_documents", 31))
	refuse(a, "a review yesterday", "unprocessable", "/review_on", hold("awaiting_documents", -1))
	a = pass(a, "a review in 30 days", hold("awaiting_documents", 30))

	request := func(code string) try {
		return func(m referrals.Move) (result, error) {
			return w.store.RequestCancel(ctx, w.manager, m, referrals.RequestCancelWith{Code: code})
		}
	}
	confirm := func(m referrals.Move) (result, error) { return w.store.ConfirmCancel(ctx, w.recipient, m) }
	reject := func(text string) try {
		return func(m referrals.Move) (result, error) {
			return w.store.RejectCancel(ctx, w.recipient, m, referrals.RejectCancelWith{Text: text})
		}
	}
	refuse(a, "confirmed and not requested", "no_cancellation_pending", "", confirm)
	refuse(a, "rejected and not requested", "no_cancellation_pending", "", reject("no"))
	refuse(a, "requested with the system's code", "unprocessable", "/code", request("provider_barred"))
	a = pass(a, "request", request("client_moved"))
	refuse(a, "requested twice", "cancellation_pending", "", request("duplicate"))
	refuse(a, "rejected without a text", "unprocessable", "/text", reject("  "))
	a = pass(pass(a, "reject", reject("no")), "request again", request("duplicate"))

	recall := func(code, text string) try {
		return func(m referrals.Move) (result, error) {
			return w.store.SafetyRecall(ctx, w.supervisor, m, referrals.SafetyRecallWith{Code: code, Text: text})
		}
	}
	refuse(a, "no justification", "unprocessable", "/text", recall("safety_recall", ""))
	refuse(a, "another code", "unprocessable", "/code", recall("client_moved", "danger"))
	markError := func(text string) try {
		return func(m referrals.Move) (result, error) {
			return w.store.MarkError(ctx, w.manager, m, referrals.MarkErrorWith{Text: text})
		}
	}
	refuse(a, "an error without a text", "unprocessable", "/text", markError(""))
	if a = pass(a, "confirm", confirm); *a.Code != "duplicate" || *a.AttributableTo != referrals.BySender {
		t.Errorf("confirmed with %s, put down to %s", *a.Code, *a.AttributableTo)
	}
}

// attemptOf is how the case manager sees it now.
func (w *world) attemptOf(t *testing.T, a referrals.Result) referrals.View {
	t.Helper()
	v, err := w.store.Attempt(context.Background(), w.manager, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAnEmergencyDoesNotWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, priority := range []referrals.Priority{referrals.Emergency, referrals.Urgent} {
		n := w.need(t, "FSC-PARCEL")
		n.Priority = priority
		r, err := w.store.Create(context.Background(), w.manager, n, once())
		if err != nil {
			t.Fatal(err)
		}
		a := w.bring(t, w.attempt(t, r.ID, w.service), "FSC-PARCEL", referrals.StatusSent)
		v, err := w.store.Attempt(context.Background(), w.recipient, a.ID)
		if err != nil || slices.Contains(v.AllowedTransitions, referrals.Waitlist) == (priority == referrals.Emergency) {
			t.Errorf("%s: offered %v, %v", priority, v.AllowedTransitions, err)
		}
		_, err = w.move(referrals.Waitlist, w.recipient, to(a))
		if priority == referrals.Emergency && !refusedAs(err, "emergency_not_waitlisted", "") || priority == referrals.Urgent && err != nil {
			t.Errorf("%s: %v", priority, err)
		}
	}
}

// TestWhatIsOffered: the guards that can be seen from the state take a move off the list, and nothing else does.
func TestWhatIsOffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	offered := func(by policy.Actor, a referrals.Result) string {
		v, err := w.store.Attempt(context.Background(), by, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(v.AllowedTransitions)
	}
	a := w.in(t, "DIS-PHYSIO", referrals.StatusDraft)
	want := func(by policy.Actor, what string) {
		t.Helper()
		if got := offered(by, a); got != what {
			t.Errorf("%s: offered %s, not %s", a.Status, got, what)
		}
	}
	next := func(moves ...referrals.Transition) {
		t.Helper()
		for _, m := range moves {
			moved, err := w.move(m, w.recipient, to(a))
			if err != nil {
				t.Fatal(m, err)
			}
			a.Version, a.Status = moved.Version, moved.Status
		}
	}
	want(w.manager, "[send discard]")
	want(w.supervisor, "[]")
	beside := w.in(t, "DIS-PHYSIO", referrals.StatusDraft) // another referral: nothing of it is in the way
	next(referrals.Send)
	second := w.attempt(t, a.ReferralID, w.otherService)
	if got := offered(w.manager, second); got != "[discard]" {
		t.Errorf("a draft beside a live attempt: offered %s", got)
	}
	if got := offered(w.manager, beside); got != "[send discard]" {
		t.Errorf("a draft of another referral: offered %s", got)
	}
	want(w.recipient, "[acknowledge request_info accept waitlist decline]") // no move of its own to undo
	want(w.manager, "[recall mark_error]")
	want(w.supervisor, "[safety_recall]")
	next(referrals.RequestInfo)
	want(w.recipient, "[accept waitlist decline mark_error]")
	want(w.manager, "[provide_info recall mark_error]")
	next(referrals.ProvideInfo)
	want(w.recipient, "[request_info accept waitlist decline]")
	next(referrals.RequestInfo, referrals.ProvideInfo)
	want(w.recipient, "[accept waitlist decline]")
	next(referrals.Waitlist)
	want(w.recipient, "[accept renew_waitlist leave_waitlist mark_error]")
	next(referrals.Accept)
	want(w.recipient, "[start_service hold complete close_unmet mark_error]")
	next(referrals.StartService)
	want(w.manager, "[request_cancel mark_error]")
	want(w.recipient, "[report_progress hold complete close_unmet mark_error]")
	next(referrals.RequestCancel)
	want(w.manager, "[mark_error]")
	want(w.recipient, "[report_progress hold complete close_unmet confirm_cancel reject_cancel mark_error]")
	next(referrals.Hold)
	want(w.recipient, "[report_progress resume complete close_unmet confirm_cancel reject_cancel mark_error]")
	w.now = w.now.Add(73 * time.Hour)
	want(w.manager, "[]")
	want(w.recipient, "[report_progress resume complete close_unmet confirm_cancel reject_cancel]")
	want(w.supervisor, "[safety_recall]")
}

// TestTheDatabaseTiesAStatusToItsColumns tries by SQL, as the superuser, what the Store would never write.
func TestTheDatabaseTiesAStatusToItsColumns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inState := map[referrals.Status]referrals.Result{}
	for _, status := range []referrals.Status{
		referrals.StatusSent, referrals.StatusInfoRequested, referrals.StatusWaitlisted, referrals.StatusAccepted, referrals.StatusInService, referrals.StatusOnHold,
	} {
		inState[status] = w.in(t, "FSC-PARCEL", status)
	}
	for _, c := range []struct {
		status      referrals.Status
		constraint  string
		wrong, good string
	}{
		{referrals.StatusSent, "attempt_estimated_tied", `transition = 'waitlist', status = 'waitlisted', hold_code = 'other'`,
			`transition = 'waitlist', status = 'waitlisted', hold_code = 'other', estimated_on = now()`},
		{referrals.StatusSent, "attempt_hold_code_tied", `transition = 'waitlist', status = 'waitlisted', estimated_on = now()`, ``},
		{referrals.StatusSent, "attempt_info_asked", `transition = 'request_info', status = 'info_requested'`,
			`transition = 'request_info', status = 'info_requested', info_rounds = 1`},
		{referrals.StatusInfoRequested, "attempt_info_rounds_bounded", `info_rounds = 3`, `info_rounds = 2`},
		{referrals.StatusAccepted, "attempt_review_tied", `transition = 'hold', status = 'on_hold', hold_code = 'other'`,
			`transition = 'hold', status = 'on_hold', hold_code = 'other', review_on = now()`},
		{referrals.StatusAccepted, "attempt_pending_cancellation_tied",
			`pending_cancellation_at = now(), pending_cancellation_code = 'other', pending_cancellation_by_id = owner_account_id`, ``},
		{referrals.StatusInService, "attempt_pending_cancellation_whole", `pending_cancellation_at = now()`,
			`pending_cancellation_at = now(), pending_cancellation_code = 'other', pending_cancellation_by_id = owner_account_id`},
		{referrals.StatusInService, "attempt_cancellation_requested",
			`transition = 'confirm_cancel', status = 'cancelled', closed_at = now(), reason_code = 'other'`, ``},
		{referrals.StatusInService, "attempt_unreachable_tied",
			`transition = 'close_unmet', status = 'not_completed', closed_at = now(), reason_code = 'client_unreachable', contacted_at = '{now,now}', contact_methods = '{call,call}'`,
			`transition = 'close_unmet', status = 'not_completed', closed_at = now(), reason_code = 'client_unreachable', contacted_at = '{now,now,now}', contact_methods = '{call,call,call}'`},
		{referrals.StatusInService, "attempt_contacts_paired", `contacted_at = '{now,now}', contact_methods = '{call}'`, ``},
		{referrals.StatusWaitlisted, "attempt_hold_code_tied", `hold_code = NULL`, `hold_code = 'other'`},
		{referrals.StatusOnHold, "attempt_error_tied", `transition = 'mark_error', status = 'entered_in_error', closed_at = now()`,
			`transition = 'mark_error', status = 'entered_in_error', closed_at = now(), purge_due_at = now()`},
	} {
		if got := w.trySQL(t, c.wrong, inState[c.status]); got != c.constraint {
			t.Errorf("%s while %s: refused by %q", c.constraint, c.status, got)
		}
		if c.good != "" {
			if got := w.trySQL(t, c.good, inState[c.status]); got != "" {
				t.Errorf("%s while %s: the good one is refused by %s", c.constraint, c.status, got)
			}
		}
	}
}

// trySQL sets columns of the attempt, leaves nothing behind, and returns the constraint that refused.
func (w *world) trySQL(t *testing.T, set string, a referrals.Result) string {
	t.Helper()
	tx, err := w.super.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(t.Context(), `UPDATE attempt SET `+set+` WHERE id = $1`, a.ID)
	var pge *pgconn.PgError
	if errors.As(err, &pge) {
		return pge.ConstraintName
	}
	if err != nil {
		t.Fatal(err)
	}
	return ""
}
