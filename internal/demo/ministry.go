package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/identity"
	"tahweel/policy"
)

// begun is the day, as an offset from today, on which the ministry set up its directorates and accounts: before everything else.
const begun = -1500

// The officers in whose names the directory and the memoranda are written.
const (
	officer   = "associations-officer-1"
	signatory = "associations-signatory"
)

// ministry writes the directorates and the ministry's own people.
func (l *loader) ministry(ctx context.Context, c content) error {
	l.turnTo(begun)
	for _, d := range c.directorates {
		if err := l.directorate(ctx, d); err != nil {
			return fmt.Errorf("demo: directorate %s: %w", d.Code, err)
		}
	}
	for _, a := range c.accounts {
		kind := policy.Person
		if policy.Role(a.Role) == policy.MinistryClient {
			kind = policy.Client
		}
		if err := l.account(ctx, a, kind, uuid.Nil); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) directorate(ctx context.Context, d directorate) error {
	out := directory.Directorate{ID: directorateID(d.Code), Code: d.Code, Name: d.Name, GovernorateCodes: d.Governorates, PlaceCodes: d.IncludePlaces}
	if len(d.ExcludePlaces) > 0 {
		out.GovernorateCodes = nil
		for _, g := range d.Governorates {
			places, err := l.placesOf(ctx, g)
			if err != nil {
				return err
			}
			out.PlaceCodes = append(out.PlaceCodes, places...)
		}
		out.PlaceCodes = slices.DeleteFunc(out.PlaceCodes, func(code string) bool { return slices.Contains(d.ExcludePlaces, code) })
	}
	_, err := l.directory.CreateDirectorate(ctx, policy.TheSystem(), out)
	return err
}

// placesOf returns the codes of all places of a governorate.
func (l *loader) placesOf(ctx context.Context, governorate string) ([]string, error) {
	var codes []string
	query := geo.PlaceQuery{GovernorateCode: governorate, Limit: 100}
	for {
		page, err := l.geo.Places(ctx, policy.TheSystem(), query)
		if err != nil {
			return nil, err
		}
		for _, p := range page.Items {
			codes = append(codes, p.Code)
		}
		if page.Next == nil {
			return codes, nil
		}
		query.After = page.Next
	}
}

// account writes an account with its one role, and remembers it as an actor.
func (l *loader) account(ctx context.Context, a account, kind policy.Kind, organization uuid.UUID) error {
	m := policy.Membership{Role: policy.Role(a.Role), OrganizationID: organization}
	if a.Directorate != nil {
		m.DirectorateID = directorateID(*a.Directorate)
	}
	err := l.accounts.CreateAccount(ctx, policy.TheSystem(), identity.Account{
		ID: accountID(a.Key), Kind: kind, NameAR: a.Name.AR, NameEN: a.Name.EN, JobTitleAR: a.JobTitle.AR, JobTitleEN: a.JobTitle.EN,
		WorkTelephone: strings.ReplaceAll(a.Telephone, " ", ""), WorkEmail: a.Email, OrganizationID: organization,
	}, []identity.Membership{{Membership: m}})
	if err != nil {
		return fmt.Errorf("demo: account %s: %w", a.Key, err)
	}
	l.actors.Store(a.Key, policy.Actor{
		AccountID: accountID(a.Key), Kind: kind, Memberships: []policy.Membership{m}, OwnSession: kind == policy.Person,
	})
	return nil
}

// actor returns who has the key.
func (l *loader) actor(key string) (policy.Actor, error) {
	a, ok := l.actors.Load(key)
	if !ok {
		return policy.Actor{}, fmt.Errorf("nobody has the key %q", key)
	}
	return a.(policy.Actor), nil //nolint:forcetypeassert // account puts nothing else in
}
