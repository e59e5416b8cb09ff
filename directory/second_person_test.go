package directory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

func anOfficer() policy.Actor {
	return policy.Actor{AccountID: uuid.New(), Kind: policy.Person, Memberships: []policy.Membership{{Role: policy.AssociationsOfficer}}}
}

func refusal(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// mover is Store.Move, or what is to be caught in its place.
type mover func(ctx context.Context, actor policy.Actor, m AccreditationMove) (Written[Accreditation], error)

// unasked is the broken variant of Move: it asks nobody's role and no second person, as the short way did before.
func unasked(s *Store) mover {
	return func(ctx context.Context, actor policy.Actor, m AccreditationMove) (w Written[Accreditation], err error) {
		err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
			w.Entity, err = MoveAccreditation(ctx, q, m, s.clock())
			return err
		})
		return w, err
	}
}

// accreditedAlone lists who accredited although they registered the application or took it into review.
func accreditedAlone(t *testing.T, s *Store, move mover) (alone []string) {
	t.Helper()
	ctx := t.Context()
	registers, reviews, decides := anOfficer(), anOfficer(), anOfficer()
	for name, c := range map[string]struct {
		reviewer, decider policy.Actor
		refused           bool
	}{
		"who did everything":    {registers, registers, true},
		"who registered":        {reviews, registers, true},
		"who reviews":           {reviews, reviews, true},
		"another person":        {reviews, decides, false},
		"another of who did it": {registers, decides, false},
		"the system":            {registers, policy.TheSystem(), false},
	} {
		o, err := s.CreateOrganization(ctx, registers, Organization{Kind: Association, Name: Name{AR: "جمعية تجريبية", EN: "Invented association"}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Apply(ctx, registers, o.ID)
		if err == nil {
			a, err = s.StartReview(ctx, c.reviewer, a.ID, a.Version)
		}
		if err != nil {
			t.Fatal(err)
		}
		a, err = s.Accreditation(ctx, c.decider, a.ID)
		if offered := slices.Contains(a.Events(c.decider, s.clock()), Accredit); err != nil || offered == c.refused {
			t.Errorf("%s is offered to accredit: %v, %v", name, offered, err)
		}
		m := AccreditationMove{ID: a.ID, Version: a.Version, Event: Accredit, Grant: ended(s.clock()), Paper: Paper{LetterNumber: "M-1"}}
		_, err = move(ctx, c.decider, m)
		switch {
		case c.refused && err == nil:
			alone = append(alone, name)
		case c.refused && (refusal(err) != "preparer_does_not_accredit" || fault.KindOf(err) != fault.Forbidden):
			t.Errorf("%s: %v", name, err)
		case !c.refused && err != nil:
			t.Errorf("%s may not accredit: %v", name, err)
		}
	}
	slices.Sort(alone)
	return alone
}

// TestOnePersonAloneDoesNotAccredit: over the short way, too, another person decides than who registered the application or took it into
// review, and the refusals are in the log; a move that asks nobody is caught.
func TestOnePersonAloneDoesNotAccredit(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := NewStore(db.DB, func() time.Time { return time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC) })
	if alone := accreditedAlone(t, s, s.Move); len(alone) != 0 {
		t.Errorf("accredited alone: %q", alone)
	}
	if n := pgtest.Value[int](t, db, `SELECT count(*) FROM audit_entry WHERE NOT allowed AND code = 'preparer_does_not_accredit'`); n != 3 {
		t.Errorf("three refusals have %d entries", n)
	}
	if alone := accreditedAlone(t, s, unasked(s)); len(alone) != 3 {
		t.Errorf("the control: a move that asks nobody went unnoticed: %q", alone)
	}
}

// TestADecisionOfTheShortWayIsTold: the organization has a notice with number, day, letter and reason; one that was decided on an application
// has its own and no second one.
func TestADecisionOfTheShortWayIsTold(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := NewStore(db.DB, func() time.Time { return time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC) })
	a := accreditationIn(t, s, UnderReview)
	m := AccreditationMove{ID: a.ID, Version: a.Version, Event: Accredit, Grant: ended(s.clock()), Paper: Paper{LetterNumber: "M-7"}}
	if _, err := s.Move(t.Context(), anOfficer(), m); err != nil {
		t.Fatal(err)
	}
	b := accreditationIn(t, s, UnderReview)
	m = AccreditationMove{ID: b.ID, Version: b.Version, Event: Reject, Paper: Paper{Reason: "ناقص"}}
	if _, err := s.Move(t.Context(), anOfficer(), m); err != nil {
		t.Fatal(err)
	}
	told := func(organization uuid.UUID) string {
		return pgtest.Value[string](t, db, `SELECT coalesce(string_agg(kind || ' ' || letter_number || ' ' || text_en, E'\n'), '') FROM accreditation_notice WHERE organization_id = $1`, organization)
	}
	if got := told(a.OrganizationID); got != "accredit M-7 Your organization is accredited under number A until 2026-03-14." {
		t.Errorf("accredited, it is told %q", got)
	}
	if got := told(b.OrganizationID); !strings.HasPrefix(got, "reject ") || !strings.HasSuffix(got, "The reason: ناقص") {
		t.Errorf("rejected, it is told %q", got)
	}
	c := accreditationIn(t, s, Applied)
	err := db.DB.InTx(t.Context(), policy.TheSystem(), func(q pg.Querier) error {
		_, err := GrantAccreditation(t.Context(), q, c.OrganizationID, *ended(s.clock()), "M-8", s.clock())
		return err
	})
	if got := told(c.OrganizationID); err != nil || got != "" {
		t.Errorf("decided on an application, it is told here: %q, %v", got, err)
	}
}

// closedEarly lists the days, counted from the last one, on which an accreditation was closed although it was in force.
func closedEarly(t *testing.T, s *Store, now *time.Time, move mover) (early []int) {
	t.Helper()
	for _, days := range []int{-30, 0, 1} {
		a := accreditationIn(t, s, Accredited)
		before := *now
		*now = a.ValidTo.AddDate(0, 0, days).Add(9 * time.Hour)
		if offered := slices.Contains(a.Events(policy.TheSystem(), a.ValidTo.AddDate(0, 0, days)), Expire); offered != (days > 0) {
			t.Errorf("%d days after the last one expiry is offered: %v", days, offered)
		}
		_, err := move(t.Context(), anOfficer(), AccreditationMove{ID: a.ID, Version: a.Version, Event: Expire})
		switch {
		case days <= 0 && err == nil:
			early = append(early, days)
		case days <= 0 && (refusal(err) != "accreditation_not_ended" || fault.KindOf(err) != fault.Impossible):
			t.Errorf("%d days after the last one: %v", days, err)
		case days > 0 && err != nil:
			t.Errorf("it does not end: %v", err)
		}
		*now = before
	}
	return early
}

// TestWhatIsInForceIsNotClosed: an accreditation expires from the day after its last one; a move that does not look at the day is caught.
func TestWhatIsInForceIsNotClosed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC)
	s := NewStore(pgtest.New(t).DB, func() time.Time { return now })
	if early := closedEarly(t, s, &now, s.Move); len(early) != 0 {
		t.Errorf("closed while in force, on days %v", early)
	}
	dayless := func(ctx context.Context, actor policy.Actor, m AccreditationMove) (w Written[Accreditation], err error) {
		err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
			was, err := selectAccreditation(ctx, q, m.ID)
			if err != nil {
				return err
			}
			a := was
			a.Status, a.Version, a.UpdatedAt = Expired, was.Version+1, s.clock()
			return updateAccreditation(ctx, q, was, a, m, s.clock())
		})
		return w, err
	}
	if early := closedEarly(t, s, &now, dayless); !slices.Equal(early, []int{-30, 0}) {
		t.Errorf("the control: a move that does not look at the day went unnoticed: %v", early)
	}
}
