package referrals

import (
	"context"
	"strconv"
	"time"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/mou"
	"tahweel/policy"
)

// StartWith is what a provider says at the first real contact.
type StartWith struct {
	ServiceDate time.Time // midnight UTC of the day; zero: today
}

// StartService records the first real contact of an accepted attempt. It fails with fault.Refused if the service date lies in the
// future or before acceptance, and like every move.
func (s *Store) StartService(ctx context.Context, actor policy.Actor, m Move, with StartWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: StartService, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		day := with.ServiceDate
		if day.IsZero() {
			day = geo.Today(now)
		}
		var faults fault.List
		checkServiceDate(&faults, *c, day, now)
		c.attempt.ServiceDate, c.attempt.ServiceStartedAt = &day, &now
		return policy.Decision{}, faults.Err()
	}})
}

// CompleteWith is the outcome as the provider reports it.
type CompleteWith struct {
	Outcome     string // of OutcomeCodes
	NeedMet     string // yes, partly, no
	ServiceDate time.Time
	Quantity    *int
	FeeCharged  *bool // free is the norm
}

// Complete closes an accepted, started or held attempt with its outcome. Need met yes or partly closes the referral so; need met no
// leaves it open and in need of another provider. It fails with fault.Refused if a code is unknown or the service date lies in the
// future or before acceptance, and like every move.
func (s *Store) Complete(ctx context.Context, actor policy.Actor, m Move, with CompleteWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: Complete, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		var faults fault.List
		oneOf(&faults, "/outcome", with.Outcome, OutcomeCodes...)
		oneOf(&faults, "/need_met", with.NeedMet, NeedMet...)
		if with.Quantity != nil && *with.Quantity < 1 {
			faults.Add("/quantity", "A quantity is at least 1.", "الكمية 1 على الأقل.")
		}
		checkServiceDate(&faults, *c, with.ServiceDate, now)
		c.attempt.OutcomeCode, c.attempt.NeedMet, c.attempt.ServiceDate = &with.Outcome, &with.NeedMet, &with.ServiceDate
		c.attempt.Quantity, c.attempt.FeeCharged = with.Quantity, with.FeeCharged
		return policy.Decision{}, faults.Err()
	}, after: s.afterComplete})
}

// ReportProgressWith is what a provider says while a service goes on.
type ReportProgressWith struct {
	Text string // optional; sealed, for the ministry's side only
}

// ReportProgress answers the question whether a service goes on, in service or on hold; the status stays. It fails like every move.
func (s *Store) ReportProgress(ctx context.Context, actor policy.Actor, m Move, with ReportProgressWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: ReportProgress, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		c.attempt.LastProgressAt = &now
		return policy.Decision{}, s.addNote(c, with.Text)
	}})
}

// ContactAttempt is one try to reach the client.
type ContactAttempt struct {
	At     time.Time
	Method string // of ContactMethods
}

// CloseUnmetWith is what a provider says when no service came of an attempt that it had accepted or kept waiting.
type CloseUnmetWith struct {
	Code            string           // of NotCompletedCodes
	Text            string           // required with "other"; sealed, for the ministry's side only
	ContactAttempts []ContactAttempt // at least three with "client_unreachable"
}

// CloseUnmet closes an accepted, started or held attempt of which no service came; the referral needs another provider. It fails with
// fault.Refused if the code is not one of NotCompletedCodes or lacks its text, or if a client is said to be unreachable after fewer
// than three contact attempts, each at its own instant between acceptance and now; and like every move.
func (s *Store) CloseUnmet(ctx context.Context, actor policy.Actor, m Move, with CloseUnmetWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: CloseUnmet, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		return policy.Decision{}, s.notCompleted(c, with, c.attempt.AcceptedAt, now)
	}, after: s.needsRouting})
}

// notCompleted checks and notes why no service came of the attempt; contact counts from the instant since.
func (s *Store) notCompleted(c *caseFile, with CloseUnmetWith, since *time.Time, now time.Time) error {
	var faults fault.List
	checkCode(&faults, NotCompletedCodes, with.Code, with.Text)
	checkContacts(&faults, with, since, now)
	if err := faults.Err(); err != nil {
		return err
	}
	c.attempt.ReasonCode = &with.Code
	c.attempt.ContactedAt, c.attempt.ContactMethods = nil, nil
	for _, a := range with.ContactAttempts {
		c.attempt.ContactedAt, c.attempt.ContactMethods = append(c.attempt.ContactedAt, a.At), append(c.attempt.ContactMethods, a.Method)
	}
	return s.sealNote(c, with.Text)
}

// fewestContacts is how often a client is sought before it counts as unreachable (referrals.md, "Transitions").
const fewestContacts = 3

func checkContacts(faults *fault.List, with CloseUnmetWith, since *time.Time, now time.Time) {
	seen := map[int64]bool{}
	for i, a := range with.ContactAttempts {
		at := "/contact_attempts/" + strconv.Itoa(i)
		oneOf(faults, at+"/method", a.Method, ContactMethods...)
		if a.At.After(now) || since != nil && a.At.Before(*since) {
			faults.Add(at+"/at", "A contact attempt lies between the answer to the referral and now.", "تقع محاولة التواصل بين الرد على الإحالة والآن.")
		}
		if instant := a.At.UnixMicro(); seen[instant] {
			faults.Add(at+"/at", "Two contact attempts are at two instants.", "لكل محاولة تواصل وقتها.")
		} else {
			seen[instant] = true
		}
	}
	if with.Code == codeUnreachable && len(with.ContactAttempts) < fewestContacts {
		faults.Add("/contact_attempts", "A client is unreachable after at least three contact attempts.", "يُعدّ المنتفع متعذر الوصول بعد ثلاث محاولات تواصل على الأقل.")
	}
}

func checkServiceDate(faults *fault.List, c caseFile, day, now time.Time) {
	switch {
	case day.IsZero():
		faults.Add("/service_date", "Say on which day the service was given.", "اذكر يوم تقديم الخدمة.")
	case day.After(geo.Today(now)):
		faults.Add("/service_date", "A service date is not in the future.", "لا يكون تاريخ الخدمة في المستقبل.")
	case c.attempt.AcceptedAt != nil && day.Before(geo.Today(*c.attempt.AcceptedAt)):
		faults.Add("/service_date", "A service date is not before acceptance.", "لا يسبق تاريخ الخدمة تاريخ القبول.")
	}
}

// afterComplete closes the referral or routes it on. The referral is the ministry's row: it is moved as the system.
func (s *Store) afterComplete(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
	if err := mou.ReturnPlaces(ctx, q, c.attempt.ID, true); err != nil {
		return err
	}
	return pg.Elevate(ctx, q, func(q pg.Querier) error {
		switch *c.attempt.NeedMet {
		case "yes":
			return c.moveReferral(ctx, q, meet, now)
		case "partly":
			return c.moveReferral(ctx, q, meetPartly, now)
		default:
			return c.routeOn(ctx, q, now)
		}
	})
}
