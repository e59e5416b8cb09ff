package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/policy"
	"tahweel/referrals"
)

// act is something that happened at an instant.
type act struct {
	at   time.Time
	what string
	do   func(context.Context) error
}

// history makes happen what the scripts say, in the order of time: across all directorates of one lane, so that lists, events and
// the audit log of everybody who sees one directorate, or several of the hand-written ones, run as they would have.
func (l *loader) history(ctx context.Context, c content) error {
	var work [lanes][]script
	for _, s := range c.referrals {
		lane, err := c.laneOf(s.CaseManager)
		if err != nil {
			return fmt.Errorf("demo: referral %s: %w", s.Key, err)
		}
		work[lane] = append(work[lane], s)
	}
	return l.sideBySide(func(l *loader, lane int) error { return l.happen(ctx, work[lane]) })
}

// handwritten is how many directorates, the first ones, share organizations with each other, and therefore a lane.
const handwritten = 4

func (c content) laneOf(manager string) (int, error) {
	a := slices.IndexFunc(c.accounts, func(a account) bool { return a.Key == manager && a.Directorate != nil })
	if a < 0 {
		return 0, fmt.Errorf("%q is nobody of a directorate", manager)
	}
	d := slices.IndexFunc(c.directorates, func(d directorate) bool { return d.Code == *c.accounts[a].Directorate })
	if d < handwritten {
		return 0, nil
	}
	return 1 + (d-handwritten)%(lanes-1), nil
}

func (l *loader) happen(ctx context.Context, scripts []script) error {
	var acts []act
	for _, s := range scripts {
		found, err := l.acts(s)
		if err != nil {
			return fmt.Errorf("demo: referral %s: %w", s.Key, err)
		}
		acts = append(acts, found...)
	}
	slices.SortStableFunc(acts, func(a, b act) int { return a.at.Compare(b.at) })
	for _, a := range acts {
		l.moment = a.at
		if err := a.do(ctx); err != nil {
			return fmt.Errorf("demo: %s: %w", a.what, err)
		}
	}
	return nil
}

func (l *loader) ago(hours int) time.Time { return l.now.Add(-time.Duration(hours) * time.Hour) }

// acts are those of one script. What one makes, the next finds in variables they share.
func (l *loader) acts(s script) ([]act, error) {
	manager, err := l.actor(s.CaseManager)
	if err != nil {
		return nil, err
	}
	var referral uuid.UUID
	acts := []act{{at: l.ago(s.CreatedHoursAgo), what: s.Key, do: func(ctx context.Context) error {
		made, err := l.referrals.Create(ctx, manager, s.entry(), pg.Once{})
		referral = made.ID
		return err
	}}}
	for i, t := range s.Attempts {
		found, err := l.attempt(s, t, manager, &referral)
		if err != nil {
			return nil, fmt.Errorf("attempt %d: %w", i+1, err)
		}
		acts = append(acts, found...)
	}
	return acts, nil
}

func (l *loader) attempt(s script, t try, manager policy.Actor, referral *uuid.UUID) ([]act, error) {
	groups, ok := policy.ParseGroups(t.Consent.Groups)
	if !ok {
		return nil, fmt.Errorf("%v are not groups of fields", t.Consent.Groups)
	}
	drafted := l.ago(s.CreatedHoursAgo).Add(10 * time.Minute)
	if len(t.Path) > 0 {
		drafted = l.ago(t.Path[0].HoursAgo).Add(-10 * time.Minute)
	}
	var attempt referrals.Result
	acts := []act{{at: drafted, what: s.Key + " attempt at " + t.Organization, do: func(ctx context.Context) (err error) {
		attempt, err = l.referrals.CreateAttempt(ctx, manager, referrals.NewAttempt{
			ReferralID: *referral, ServiceAtLocationID: offerID(t.Service, t.Location),
			Consent: referrals.Consent{
				Groups: groups, GivenBy: t.Consent.GivenBy, ChildAssent: t.Consent.ChildAssent, Evidence: t.Consent.Evidence, GivenAt: drafted,
			},
		}, pg.Once{})
		return err
	}}}
	for _, p := range t.Path {
		by := manager
		if p.By != "" {
			var err error
			if by, err = l.actor(p.By); err != nil {
				return nil, err
			}
		}
		acts = append(acts, act{at: l.ago(p.HoursAgo), what: s.Key + " " + p.Move + " at " + t.Organization, do: func(ctx context.Context) (err error) {
			attempt, err = l.step(ctx, by, attempt, p)
			return err
		}})
	}
	return acts, nil
}

// step makes one move of an attempt, or decides about its referral.
func (l *loader) step(ctx context.Context, by policy.Actor, a referrals.Result, p step) (referrals.Result, error) {
	move := referrals.Move{ID: a.ID, Version: a.Version}
	switch p.Move {
	case closeUnmet, cancelReferral:
		return a, l.decide(ctx, by, a.ReferralID, p)
	case string(referrals.Expire):
		return a, l.referrals.Expire(ctx, policy.TheSystem(), move)
	case string(referrals.Lapse):
		return a, l.referrals.Lapse(ctx, policy.TheSystem(), move)
	}
	served := servedOn(l.day(-p.ServiceDaysAgo), geo.Today(l.moment), a.AcceptedAt)
	switch referrals.Transition(p.Move) {
	case referrals.Send:
		return l.referrals.Send(ctx, by, move)
	case referrals.Acknowledge:
		return l.referrals.Acknowledge(ctx, by, move)
	case referrals.Accept:
		return l.referrals.Accept(ctx, by, move)
	case referrals.Decline:
		return l.referrals.Decline(ctx, by, move, referrals.DeclineWith{Code: p.Code, Text: p.Text})
	case referrals.Recall:
		return l.referrals.Recall(ctx, by, move, referrals.RecallWith{Code: p.Code, Text: p.Text})
	case referrals.StartService:
		return l.referrals.StartService(ctx, by, move, referrals.StartWith{ServiceDate: served})
	case referrals.Complete:
		return l.referrals.Complete(ctx, by, move, referrals.CompleteWith{Outcome: p.Code, NeedMet: p.NeedMet, ServiceDate: served})
	default:
		return l.detour(ctx, by, move, p)
	}
}

// detour makes one of the moves that not every attempt goes through.
func (l *loader) detour(ctx context.Context, by policy.Actor, move referrals.Move, p step) (referrals.Result, error) {
	const weeks = 28 * 24 * time.Hour // within what a waiting list and a hold may promise
	later := geo.Today(l.moment.Add(weeks))
	switch referrals.Transition(p.Move) {
	case referrals.RequestInfo:
		return l.referrals.RequestInfo(ctx, by, move, referrals.RequestInfoWith{Items: []string{p.Code}})
	case referrals.ProvideInfo:
		return l.referrals.ProvideInfo(ctx, by, move, referrals.ProvideInfoWith{Items: []string{p.Code}})
	case referrals.Waitlist:
		return l.referrals.Waitlist(ctx, by, move, referrals.WaitlistWith{Code: p.Code, EstimatedOn: later})
	case referrals.LeaveWaitlist:
		return l.referrals.LeaveWaitlist(ctx, by, move, referrals.CloseUnmetWith{Code: p.Code})
	case referrals.Hold:
		return l.referrals.Hold(ctx, by, move, referrals.HoldWith{Code: p.Code, ReviewOn: later})
	case referrals.Resume:
		return l.referrals.Resume(ctx, by, move)
	case referrals.ReportProgress:
		return l.referrals.ReportProgress(ctx, by, move, referrals.ReportProgressWith{})
	case referrals.CloseUnmet:
		return l.referrals.CloseUnmet(ctx, by, move, referrals.CloseUnmetWith{Code: p.Code})
	case referrals.RequestCancel:
		return l.referrals.RequestCancel(ctx, by, move, referrals.RequestCancelWith{Code: p.Code})
	case referrals.ConfirmCancel:
		return l.referrals.ConfirmCancel(ctx, by, move)
	case referrals.MarkError:
		return l.referrals.MarkError(ctx, by, move, referrals.MarkErrorWith{Text: p.Text})
	default:
		return referrals.Result{}, fmt.Errorf("no script makes the move %q", p.Move)
	}
}

// decide closes or cancels the referral, as it is now.
func (l *loader) decide(ctx context.Context, by policy.Actor, id uuid.UUID, p step) error {
	now, err := l.referrals.Referral(ctx, by, id)
	if err != nil {
		return err
	}
	move, with := referrals.Move{ID: id, Version: now.Version}, referrals.DecideWith{Code: p.Code}
	if p.Move == closeUnmet {
		_, err = l.referrals.CloseReferral(ctx, by, move, with)
	} else {
		_, err = l.referrals.CancelReferral(ctx, by, move, with)
	}
	return err
}

// servedOn keeps the day of a service between acceptance and the move that reports it. The script counts moves in hours and services in
// days, and shortly after midnight these two disagree about what was yesterday.
func servedOn(scripted, reported time.Time, accepted *time.Time) time.Time {
	if scripted.After(reported) {
		scripted = reported
	}
	if accepted != nil && scripted.Before(geo.Today(*accepted)) {
		return geo.Today(*accepted)
	}
	return scripted
}

func (s script) entry() referrals.New {
	return referrals.New{
		Envelope: referrals.Envelope{
			Need: s.Need, Place: s.Place, Priority: referrals.Priority(s.Priority), TargetGroup: s.TargetGroup, Sex: s.Sex, Language: s.Language,
			PrefersFemaleWorker: s.PrefersFemaleWorker, NeedsTransport: s.NeedsTransport,
		},
		Age: s.Age, HouseholdSize: s.HouseholdSize,
		Eligibility: referrals.Eligibility{
			RegisteredInRegistry: s.Eligibility.RegisteredInRegistry, PovertyBand: s.Eligibility.PovertyBand, DisabilityCard: s.Eligibility.DisabilityCard,
		},
		Details: referrals.Details{
			Identity: &referrals.Identity{
				GivenName: s.Person.GivenName, FatherName: s.Person.FatherName, GrandfatherName: s.Person.GrandfatherName,
				FamilyName: s.Person.FamilyName, DocumentType: s.Person.DocumentType, DocumentNumber: s.Person.DocumentNumber,
			},
			Contact: &referrals.Contact{
				Telephones: []string{s.Person.Telephone}, SafeMethod: s.Contact.SafeMethod, MayLeaveMessage: s.Contact.MayLeaveMessage,
			},
			Narrative: &referrals.Narrative{Text: s.Narrative},
		},
	}
}
