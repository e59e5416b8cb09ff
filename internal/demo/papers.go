package demo

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/mou"
	"tahweel/policy"
)

// accreditation takes an organization's accreditation through its life to where the content has it.
func (l *loader) accreditation(ctx context.Context, officer policy.Actor, o organization) error {
	a := o.Accreditation
	if a == nil {
		return nil
	}
	second, err := l.actor(secondOfficer)
	if err != nil {
		return err
	}
	l.turnTo(a.ValidFrom - 60)
	now, err := l.directory.Apply(ctx, officer, organizationID(o.Key))
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	grant := directory.Grant{Number: a.Number, ValidFrom: l.day(a.ValidFrom), ValidTo: l.day(a.ValidTo)}
	moves := map[string]struct {
		day  int
		move func() (directory.Accreditation, error)
	}{
		"under_review": {a.ValidFrom - 40, func() (directory.Accreditation, error) {
			return l.directory.StartReview(ctx, officer, now.ID, now.Version)
		}},
		"accredited": {a.ValidFrom - 1, func() (directory.Accreditation, error) {
			return l.directory.Accredit(ctx, second, now.ID, now.Version, grant)
		}},
		"rejected": {a.ValidFrom - 5, func() (directory.Accreditation, error) {
			return l.directory.Reject(ctx, officer, now.ID, now.Version)
		}},
		"suspended": {-20, func() (directory.Accreditation, error) {
			return l.directory.Suspend(ctx, officer, now.ID, now.Version, directory.Administrative)
		}},
		"expired": {a.ValidTo + 1, func() (directory.Accreditation, error) {
			return l.directory.Expire(ctx, officer, now.ID, now.Version)
		}},
		"revoked": {min(a.ValidTo, -10), func() (directory.Accreditation, error) {
			return l.directory.Revoke(ctx, officer, now.ID, now.Version)
		}},
	}
	for _, status := range accreditationWay[a.Status] {
		l.turnTo(moves[status].day)
		if now, err = moves[status].move(); err != nil {
			return fmt.Errorf("%s: %w", status, err)
		}
	}
	if string(now.Status) != a.Status {
		return fmt.Errorf("the accreditation cannot come to the status %q", a.Status)
	}
	return nil
}

// accreditationWay says through which statuses an accreditation comes to each status after the application.
var accreditationWay = map[string][]string{
	"under_review": {"under_review"},
	"accredited":   {"under_review", "accredited"},
	"rejected":     {"under_review", "rejected"},
	"suspended":    {"under_review", "accredited", "suspended"},
	"expired":      {"under_review", "accredited", "expired"},
	"revoked":      {"under_review", "accredited", "revoked"},
}

// instruments writes the memoranda, and what stands in their place, and takes each to where the content has it.
func (l *loader) instruments(ctx context.Context, officer policy.Actor, o organization) error {
	signatory, err := l.actor(signatory)
	if err != nil {
		return err
	}
	for _, in := range o.Instruments {
		if err := l.instrument(ctx, officer, signatory, o, in); err != nil {
			return fmt.Errorf("instrument %s: %w", in.Number, err)
		}
	}
	return nil
}

func (l *loader) instrument(ctx context.Context, officer, signatory policy.Actor, o organization, in instrument) error {
	drafted, err := in.draft(organizationID(o.Key))
	if err != nil {
		return err
	}
	drafted.ValidFrom, drafted.ValidTo = l.day(in.ValidFrom), l.day(in.ValidTo)
	l.turnTo(in.ValidFrom - 40)
	now, err := l.mou.Draft(ctx, officer, drafted)
	if err != nil {
		return err
	}
	days := map[mou.Transition]int{
		mou.Propose: in.ValidFrom - 25, mou.Sign: in.ValidFrom - 10, mou.EnterIntoForce: in.ValidFrom,
		mou.Suspend: -14, mou.Expire: in.ValidTo + 1, mou.Terminate: in.ValidTo,
	}
	for _, t := range instrumentWay[mou.Status(in.Status)] {
		l.turnTo(days[t])
		by := officer
		if t == mou.Sign {
			by = signatory
		}
		if now, err = l.mou.Move(ctx, by, now.ID, now.Version, t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	if string(now.Status) != in.Status {
		return fmt.Errorf("it cannot come to the status %q", in.Status)
	}
	return nil
}

// instrumentWay says by which transitions a draft comes to each status.
var instrumentWay = map[mou.Status][]mou.Transition{
	mou.Proposed:   {mou.Propose},
	mou.Signed:     {mou.Propose, mou.Sign},
	mou.InForce:    {mou.Propose, mou.Sign, mou.EnterIntoForce},
	mou.Suspended:  {mou.Propose, mou.Sign, mou.EnterIntoForce, mou.Suspend},
	mou.Expired:    {mou.Propose, mou.Sign, mou.EnterIntoForce, mou.Expire},
	mou.Terminated: {mou.Propose, mou.Sign, mou.EnterIntoForce, mou.Terminate},
}

func (in instrument) draft(organization uuid.UUID) (mou.Instrument, error) {
	out := mou.Instrument{OrganizationID: organization, Kind: mou.Kind(in.Kind), Number: in.Number}
	for _, key := range in.Cleared {
		out.Cleared = append(out.Cleared, accountID(key))
	}
	for i, t := range in.Terms {
		entry, err := t.entry()
		if err != nil {
			return mou.Instrument{}, fmt.Errorf("term %d: %w", i+1, err)
		}
		out.Terms = append(out.Terms, entry)
	}
	return out, nil
}

func (t term) entry() (mou.Term, error) {
	grants, ok := policy.ParseGroups(t.Grants.Accepted)
	if !ok {
		return mou.Term{}, fmt.Errorf("%v are not groups of fields", t.Grants.Accepted)
	}
	out := mou.Term{
		Needs: t.Needs, Governorates: t.Governorates, TargetGroups: t.TargetGroups, Purposes: t.Purposes, MaxTier: t.MaxTier, Grants: grants,
	}
	for _, code := range t.Directorates {
		out.Directorates = append(out.Directorates, directorateID(code))
	}
	for _, q := range t.Quotas {
		quota := mou.Quota{Period: mou.Period(q.Period), Cap: q.Cap}
		if q.Directorate != "" {
			quota.DirectorateID = new(directorateID(q.Directorate))
		}
		out.Quotas = append(out.Quotas, quota)
	}
	return out, nil
}
