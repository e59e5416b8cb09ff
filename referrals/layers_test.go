package referrals_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/policy"
	"tahweel/referrals"
)

// cell is one thing and who may read it: by name of the actor.
type cell struct {
	name     string
	attempt  referrals.Result
	readers  []string // of the attempt
	ministry []string // of its referral, in the application; the provider knows no referral
	movers   map[referrals.Transition][]string
}

func (w *world) actors() map[string]policy.Actor {
	return map[string]policy.Actor{
		"manager": w.manager, "other manager": w.otherManager, "supervisor": w.supervisor, "auditor": w.auditor, "recipient": w.recipient,
		"other recipient": w.otherRecipient, "cleared": w.cleared, "protection": w.protection, "officer": w.officer,
		"administrator": w.administrator,
	}
}

var (
	ofTheDirectorate = []string{"manager", "supervisor", "protection"}
	ofTierThree      = []string{"manager", "protection"}
)

// matrix is an attempt in each stage, in tiers 1 and 3, with who may read and move it.
func (w *world) matrix(t *testing.T) []cell {
	t.Helper()
	var cells []cell
	for _, code := range []string{"FSC-PARCEL", "GBV-CASE"} {
		readers, provider := ofTheDirectorate, []string{"recipient", "cleared"}
		if code == "GBV-CASE" {
			readers, provider = ofTierThree, []string{"cleared"}
		}
		for _, status := range []referrals.Status{
			referrals.StatusDraft, referrals.StatusSent, referrals.StatusAccepted, referrals.StatusDeclined, referrals.StatusCompleted,
		} {
			c := cell{name: code + " " + string(status), attempt: w.in(t, code, status), readers: readers, ministry: readers}
			c.movers = map[referrals.Transition][]string{}
			if status != referrals.StatusDraft {
				c.readers = slices.Concat(readers, provider)
			}
			for _, m := range referrals.Callable {
				c.movers[m] = moversOf(m, code, status, provider)
			}
			cells = append(cells, c)
		}
	}
	return cells
}

// moversOf is who may make the move if the state allows it.
func moversOf(m referrals.Transition, code string, status referrals.Status, provider []string) []string {
	if status == referrals.StatusDraft {
		provider = nil
	}
	switch m {
	case referrals.Send, referrals.Discard, referrals.ProvideInfo, referrals.Recall, referrals.RequestCancel:
		return []string{"manager"}
	case referrals.MarkError:
		return append([]string{"manager", "administrator"}, provider...)
	case referrals.SafetyRecall:
		if code == "GBV-CASE" {
			return []string{"protection"}
		}
		return []string{"supervisor", "protection"}
	default:
		return provider
	}
}

// oneSaysOtherwise compares what a layer lets each actor do with the matrix.
func oneSaysOtherwise(w *world, cells []cell, want func(cell) []string, may func(policy.Actor, cell) (bool, error)) []string {
	var wrong []string
	for name, actor := range w.actors() {
		for _, c := range cells {
			got, err := may(actor, c)
			if err != nil {
				wrong = append(wrong, fmt.Sprintf("%s, %s: %v", name, c.name, err))
			} else if got != slices.Contains(want(c), name) {
				wrong = append(wrong, fmt.Sprintf("%s, %s: %t", name, c.name, got))
			}
		}
	}
	return wrong
}

func readers(c cell) []string  { return c.readers }
func ministry(c cell) []string { return c.ministry }

// refusedOr tells a refusal from an accident.
func refusedOr(err error) (bool, error) {
	switch {
	case err == nil:
		return true, nil
	case fault.KindOf(err) == fault.NotFound || fault.KindOf(err) == fault.Forbidden:
		return false, nil
	}
	return false, err
}

func (w *world) reads(a policy.Actor, c cell) (bool, error) {
	_, err := w.store.Attempt(context.Background(), a, c.attempt.ID)
	return refusedOr(err)
}

func (w *world) lists(a policy.Actor, c cell) (bool, error) {
	list, err := w.store.Attempts(context.Background(), a, referrals.Filter{Limit: 1000})
	if _, refusal := refusedOr(err); refusal != nil || err != nil {
		return false, refusal
	}
	return slices.ContainsFunc(list, func(v referrals.View) bool { return v.ID == c.attempt.ID }), nil
}

func (w *world) readsReferral(a policy.Actor, c cell) (bool, error) {
	_, err := w.store.Referral(context.Background(), a, c.attempt.ReferralID)
	return refusedOr(err)
}

func (w *world) listsReferral(a policy.Actor, c cell) (bool, error) {
	list, err := w.store.Referrals(context.Background(), a, referrals.Filter{Limit: 1000})
	if _, refusal := refusedOr(err); refusal != nil || err != nil {
		return false, refusal
	}
	return slices.ContainsFunc(list, func(v referrals.ReferralView) bool { return v.ID == c.attempt.ReferralID }), nil
}

// moves tries every move from a version that is not the attempt's: whoever may make it hears of a conflict, so nothing is moved.
func (w *world) moves(transition referrals.Transition) func(policy.Actor, cell) (bool, error) {
	return func(a policy.Actor, c cell) (bool, error) {
		_, err := w.moveAs(a, transition, referrals.Move{ID: c.attempt.ID, Version: 99})
		if fault.KindOf(err) == fault.Conflict {
			return true, nil
		}
		return refusedOr(err)
	}
}

func (w *world) wholeMatrix(cells []cell) []string {
	wrong := oneSaysOtherwise(w, cells, readers, w.reads)
	wrong = append(wrong, oneSaysOtherwise(w, cells, readers, w.lists)...)
	wrong = append(wrong, oneSaysOtherwise(w, cells, ministry, w.readsReferral)...)
	wrong = append(wrong, oneSaysOtherwise(w, cells, ministry, w.listsReferral)...)
	for _, m := range referrals.Callable {
		wrong = append(wrong, oneSaysOtherwise(w, cells, func(c cell) []string { return c.movers[m] }, w.moves(m))...)
	}
	return wrong
}

func TestTheCrossTenantMatrix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, wrong := range w.wholeMatrix(w.matrix(t)) {
		t.Error(wrong)
	}
}

// TestTheApplicationAloneSuffices switches row-level security off in the database of this test.
func TestTheApplicationAloneSuffices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cells := w.matrix(t)
	w.withoutRowLevelSecurity(t)
	for _, wrong := range w.wholeMatrix(cells) {
		t.Error(wrong)
	}
	asSystem := func(_ policy.Actor, c cell) (bool, error) { return w.reads(policy.TheSystem(), c) }
	if caught := oneSaysOtherwise(w, cells, readers, asSystem); len(caught) == 0 {
		t.Error("an application that decides nothing passes too")
	}
}

func (w *world) withoutRowLevelSecurity(t *testing.T) {
	t.Helper()
	w.Exec(t, `DO $$
		DECLARE
			t text;
		BEGIN
			FOR t IN SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace LOOP
				EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', t);
			END LOOP;
		END $$`)
}

// TestRowLevelSecurityAloneSuffices asks the database in each actor's name, past the application.
func TestRowLevelSecurityAloneSuffices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cells := w.matrix(t)
	app := w.connect(t, w.AppURL)
	all := func() []string {
		wrong := oneSaysOtherwise(w, cells, readers, rows(app, `SELECT count(*) FROM attempt WHERE id = $1`))
		wrong = append(wrong, oneSaysOtherwise(w, cells, readers, rows(app, `SELECT count(*) FROM consent WHERE id = (SELECT consent_id FROM attempt WHERE id = $1)`))...)
		wrong = append(wrong, oneSaysOtherwise(w, cells, sealedReaders, rows(app, sealedOf))...)
		wrong = append(wrong, oneSaysOtherwise(w, cells, movers, rows(app, `WITH m AS (UPDATE attempt SET partner_reference = 'x' WHERE id = $1 RETURNING id) SELECT count(*) FROM m`))...)
		return append(wrong, oneSaysOtherwise(w, cells, owner, rows(app, referralWrite))...)
	}
	for _, wrong := range all() {
		t.Error(wrong)
	}
	w.withoutRowLevelSecurity(t)
	if len(all()) == 0 {
		t.Error("a database without row-level security passes too")
	}
}

// The referral is looked up by a value, not through the attempt, so that only its own policy decides.
const (
	sealedOf      = `SELECT count(DISTINCT referral_id) FROM sealed_field WHERE referral_id = $2 AND $1::uuid IS NOT NULL`
	referralWrite = `WITH m AS (UPDATE referral SET close_code = 'x' WHERE id = $2 AND $1::uuid IS NOT NULL RETURNING id) SELECT count(*) FROM m`
)

func sealedReaders(c cell) []string {
	if s := c.attempt.Status; s == referrals.StatusAccepted || s == referrals.StatusCompleted {
		return c.readers
	}
	return c.ministry
}

func owner(cell) []string { return []string{"manager"} }

func movers(c cell) []string {
	return slices.Concat([]string{"manager"}, c.movers[referrals.Accept])
}

// rows counts what the statement finds in the actor's name; $1 is the attempt, $2 its referral where the statement has one.
func rows(app *pgx.Conn, sql string) func(policy.Actor, cell) (bool, error) {
	return func(a policy.Actor, c cell) (bool, error) {
		ctx := context.Background()
		tx, err := app.Begin(ctx)
		if err != nil {
			return false, err
		}
		defer func() { _ = tx.Rollback(ctx) }()
		settings := a.Settings()
		settings["tahweel.now"] = "2026-03-10T09:00:00Z"
		for name, value := range settings {
			if _, err := tx.Exec(ctx, `SELECT set_config($1, $2, true)`, name, value); err != nil {
				return false, err
			}
		}
		args := []any{c.attempt.ID}
		if sql == sealedOf || sql == referralWrite {
			args = append(args, c.attempt.ReferralID)
		}
		var n int
		err = tx.QueryRow(ctx, sql, args...).Scan(&n)
		return n == 1, err
	}
}

func TestAnAttemptThatDoesNotExistIsLikeAForeignOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	foreign := w.in(t, "FSC-PARCEL", referrals.StatusAccepted)
	for name, a := range map[string]policy.Actor{"other recipient": w.otherRecipient, "other manager": w.otherManager} {
		_, one := w.store.Attempt(context.Background(), a, foreign.ID)
		_, other := w.store.Attempt(context.Background(), a, uuid.Must(uuid.NewV7()))
		if one == nil || other == nil || one.Error() != other.Error() {
			t.Errorf("%s tells %v from %v", name, one, other)
		}
	}
}

// TestListedIsReadableIsDecided adds the third form of the one rule: what policy says of the object.
func TestListedIsReadableIsDecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cells := w.matrix(t)
	decided := func(a policy.Actor, c cell) (bool, error) {
		o := policy.Object{OwnerAccountID: w.manager.AccountID, DirectorateID: w.hebron, Tier: 1, NamesActor: a.AccountID == w.cleared.AccountID}
		if c.attempt.Status != referrals.StatusDraft {
			o.OrganizationID = w.provider
		}
		if slices.Equal(c.ministry, ofTierThree) {
			o.Tier = 3
		}
		_, _, ok := a.May(policy.Read, policy.ClassAttempt, o)
		return ok, nil
	}
	for _, wrong := range oneSaysOtherwise(w, cells, readers, decided) {
		t.Error(wrong)
	}
}
