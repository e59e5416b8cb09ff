package referrals_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/policy"
	"tahweel/referrals"
)

// asked brings an attempt through one round with texts.
func (w *world) asked(t *testing.T, code, question, answer string) referrals.Result {
	t.Helper()
	ctx := context.Background()
	a := w.in(t, code, referrals.StatusSent)
	a, err := w.store.RequestInfo(ctx, w.answering(code), to(a), referrals.RequestInfoWith{Items: []string{"document", "other"}, Text: question})
	if err != nil {
		t.Fatal(err)
	}
	if a, err = w.store.ProvideInfo(ctx, w.manager, to(a), referrals.ProvideInfoWith{Items: []string{"other"}, Text: answer}); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAnAnswerIsOfGroupB: the provider reads it before it accepts and while it serves, and not after an end or a withdrawal; the
// case manager always.
func TestAnAnswerIsOfGroupB(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reads := func(by policy.Actor, a referrals.Result) string {
		t.Helper()
		v, err := w.store.Attempt(context.Background(), by, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		var seen []string
		for _, i := range v.Inquiries {
			seen = append(seen, i.Question+"/"+i.Answer+"/"+strings.Join(i.AnsweredItems, ""))
		}
		return strings.Join(seen, " ")
	}
	const all = "canary-question/canary-answer/other"
	for _, c := range []struct {
		move referrals.Transition
		sees string
	}{{"", all}, {referrals.Waitlist, all}, {referrals.Accept, all}, {referrals.Decline, ""}, {referrals.Recall, ""}, {referrals.SafetyRecall, ""}} {
		a := w.asked(t, "DIS-PHYSIO", "canary-question", "canary-answer")
		if c.move != "" {
			if _, err := w.move(c.move, w.recipient, to(a)); err != nil {
				t.Fatal(err)
			}
		}
		if got := reads(w.recipient, a); got != c.sees {
			t.Errorf("after %q the provider reads %q", c.move, got)
		}
		if got := reads(w.manager, a); got != all {
			t.Errorf("after %q the case manager reads %q", c.move, got)
		}
	}
	a := w.asked(t, "DIS-PHYSIO", "canary-question", "canary-answer")
	w.Exec(t, `UPDATE consent SET withdrawn_at = now() WHERE id = (SELECT consent_id FROM attempt WHERE id = $1)`, a.ID)
	if got := reads(w.recipient, a); got != "" {
		t.Errorf("withdrawn, and the provider reads %q", got)
	}
}

// TestAnInquiryIsHiddenByTheDatabaseToo: with the application out of the way, whoever may not see a round finds no row of it.
func TestAnInquiryIsHiddenByTheDatabaseToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open, ended, done := w.asked(t, "DIS-PHYSIO", "why?", ""), w.asked(t, "DIS-PHYSIO", "why?", ""), w.asked(t, "DIS-PHYSIO", "why?", "")
	for _, m := range []referrals.Transition{referrals.Accept, referrals.Complete} {
		var err error
		if done, err = w.move(m, w.recipient, to(done)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.move(referrals.Decline, w.recipient, to(ended)); err != nil {
		t.Fatal(err)
	}
	app := w.connect(t, w.AppURL)
	count := rows(app, `SELECT count(*) FROM attempt_inquiry WHERE attempt_id = $1`)
	try := func() (wrong []string) {
		for name, a := range w.actors() {
			ministry := name == "manager" || name == "supervisor" || name == "protection"
			provider := name == "recipient" || name == "cleared"
			for what, c := range map[string]struct {
				attempt referrals.Result
				want    bool
			}{"open": {open, ministry || provider}, "ended": {ended, ministry}, "done": {done, ministry || provider}} {
				if got, err := count(a, cell{attempt: c.attempt}); err != nil || got != c.want {
					wrong = append(wrong, name+" "+what)
				}
			}
		}
		return wrong
	}
	if wrong := try(); len(wrong) != 0 {
		t.Errorf("the database lets the wrong ones see: %q", wrong)
	}
	w.Exec(t, `UPDATE attempt SET closed_at = '2026-01-01' WHERE id = $1`, done.ID)
	if got, err := count(w.recipient, cell{attempt: done}); err != nil || got {
		t.Errorf("30 days after closing the provider finds it: %v", err)
	}
	w.withoutRowLevelSecurity(t)
	if len(try()) == 0 {
		t.Error("a database without row-level security passes too")
	}
}

// TestARestrictedReferralCarriesNoText: group B is never open in tier 3; a round has codes there and nothing more.
func TestARestrictedReferralCarriesNoText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	a := w.in(t, "GBV-CASE", referrals.StatusSent)
	ask := func(text string) (referrals.Result, error) {
		return w.store.RequestInfo(ctx, w.cleared, to(a), referrals.RequestInfoWith{Items: []string{"other"}, Text: text})
	}
	if _, err := ask("where is she?"); !refusedAs(err, "restricted_text", "/text") {
		t.Errorf("a question: %v", err)
	}
	asked, err := ask("")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.store.ProvideInfo(ctx, w.manager, to(asked), referrals.ProvideInfoWith{Items: []string{"other"}, Text: "canary"})
	if !refusedAs(err, "restricted_text", "/text") {
		t.Errorf("an answer: %v", err)
	}
	if _, err = w.store.ProvideInfo(ctx, w.manager, to(asked), referrals.ProvideInfoWith{Items: []string{"other"}}); err != nil {
		t.Fatal(err)
	}
	v, err := w.store.Attempt(ctx, w.cleared, a.ID)
	if err != nil || len(v.Inquiries) != 1 || v.Inquiries[0].AnsweredAt == nil || shown(v) != "RI" {
		t.Errorf("the cleared person sees %+v of %s, %v", v.Inquiries, shown(v), err)
	}
}

// TestWhatIsAskedAndToldIsSealed: no text of a move is in the database in clear.
func TestWhatIsAskedAndToldIsSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	w.asked(t, "DIS-PHYSIO", "canary-question", "canary-answer")
	a := w.in(t, "DIS-PHYSIO", referrals.StatusInService)
	a, err := w.store.RequestCancel(ctx, w.manager, to(a), referrals.RequestCancelWith{Code: "other", Text: "canary-request"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := w.store.Attempt(ctx, w.recipient, a.ID)
	if err != nil || v.Pending == nil || v.Pending.Text != "canary-request" || v.Pending.Code != "other" || !v.Pending.RequestedAt.Equal(w.now) {
		t.Errorf("the provider sees %+v, %v", v.Pending, err)
	}
	if a, err = w.store.MarkError(ctx, w.manager, to(a), referrals.MarkErrorWith{Text: "canary-error"}); err != nil || a.Text == nil || *a.Text != "canary-error" {
		t.Errorf("the case manager sees %v, %v", a.Text, err)
	}
	dump := w.dump(t)
	for _, canary := range []string{"canary-question", "canary-answer", "canary-request", "canary-error"} {
		if strings.Contains(dump, canary) {
			t.Errorf("%s is in the dump", canary)
		}
	}
	w.Exec(t, `UPDATE attempt_inquiry SET answer = question`)
	if _, err := w.store.Attempt(ctx, w.manager, ask[uuid.UUID](t, w, `SELECT attempt_id FROM attempt_inquiry`)); fault.KindOf(err) != fault.Internal {
		t.Errorf("a text that was moved elsewhere opens: %v", err)
	}
	if !strings.Contains(dump, "INSERT INTO public.attempt_inquiry") {
		t.Error("the dump does not hold the table")
	}
}
