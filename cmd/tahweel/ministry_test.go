package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
	"tahweel/mou"
	"tahweel/policy"
)

// proving says whether the expensive counts are asked for (make prove).
func proving() bool { return os.Getenv("TAHWEEL_PROVE") != "" }

// ministry is what a referral needs in a database of one's own: a directorate, one accredited provider in Yatta with a
// memorandum that has a quota, a case manager and the provider's system. Everybody in it is invented.
type ministry struct {
	manager, provider uuid.UUID // accounts
	organization      uuid.UUID
	offer             uuid.UUID
}

// found fills a migrated database.
func found(t testing.TB, db *pg.DB) ministry {
	t.Helper()
	ctx, system := context.Background(), policy.TheSystem()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	day := geo.Today(now).AddDate(0, -1, 0)
	d, accounts := directory.NewStore(db, time.Now), identity.NewStore(db, nil, time.Now)
	must(d.SeedNeeds(ctx, system))
	name := func(en string) directory.Name { return directory.Name{AR: "مثال", EN: en} }
	hebron, err := d.CreateDirectorate(ctx, system, directory.Directorate{Code: "HEB", Name: name("Hebron directorate (example)"), GovernorateCodes: []string{"PS0150"}})
	must(err)
	o, err := d.CreateOrganization(ctx, system, directory.Organization{Kind: directory.Association, Name: name("Example society")})
	must(err)
	a, err := d.Apply(ctx, system, o.ID)
	must(err)
	a, err = d.StartReview(ctx, system, a.ID, a.Version)
	must(err)
	_, err = d.Accredit(ctx, system, a.ID, a.Version, directory.Grant{Number: "A-1", ValidFrom: day, ValidTo: day.AddDate(1, 0, 0)})
	must(err)
	service, err := d.CreateService(ctx, system, directory.Service{
		OrganizationID: o.ID, Name: name("Physiotherapy"), NeedCodes: []string{"DIS-PHYSIO"}, DeliveryModes: []directory.DeliveryMode{directory.Facility},
	})
	must(err)
	point, err := geo.NewPoint(31.45, 35.10)
	must(err)
	location, err := d.CreateLocation(ctx, system, directory.Location{OrganizationID: o.ID, PlaceCode: yatta, Point: point, Name: name("Yatta")})
	must(err)
	offer, err := d.OfferAt(ctx, system, directory.ServiceAtLocation{
		ServiceID: service.ID, LocationID: location.ID, Accepting: directory.Capacity, AcceptingAsOf: &now,
	})
	must(err)
	store := mou.NewStore(db, time.Now)
	in, err := store.Draft(ctx, system, mou.Instrument{
		OrganizationID: o.ID, Kind: mou.Memorandum, Number: "2026/1", ValidFrom: day, ValidTo: day.AddDate(1, 0, 0),
		Terms: []mou.Term{{
			Directorates: []uuid.UUID{hebron.ID}, Needs: []string{"DIS"}, Governorates: []string{"PS0150"}, Purposes: []string{"service_provision"},
			MaxTier: 2, Grants: policy.Identity | policy.Contact | policy.Narrative, Quotas: []mou.Quota{{Period: mou.Open, Cap: 1_000_000}},
		}},
	})
	for _, step := range []mou.Transition{mou.Propose, mou.Sign, mou.EnterIntoForce} {
		must(err)
		in, err = store.Move(ctx, system, in.ID, in.Version, step)
	}
	must(err)
	m := ministry{organization: o.ID, offer: offer.ID}
	for _, who := range []struct {
		id   *uuid.UUID
		kind policy.Kind
		role policy.Membership
	}{
		{&m.manager, policy.Person, policy.Membership{Role: policy.CaseManager, DirectorateID: hebron.ID}},
		{&m.provider, policy.Client, policy.Membership{Role: policy.ProviderClient, OrganizationID: o.ID}},
	} {
		*who.id = uuid.Must(uuid.NewV7())
		must(accounts.CreateAccount(ctx, system, identity.Account{
			ID: *who.id, Kind: who.kind, NameAR: "حساب مثال", NameEN: "Example account", OrganizationID: who.role.OrganizationID,
		}, []identity.Membership{{Membership: who.role}}))
	}
	return m
}

// token makes a token for the account, as the keys in the folder sign it.
func token(t testing.TB, dir string, account uuid.UUID) string {
	t.Helper()
	keys, err := folder(dir).secrets()
	if err != nil {
		t.Fatal(err)
	}
	made, err := tokenFlags{PublicURL: "http://" + address}.issuer(keys, time.Now, tokenLifetime).Issue(identity.Claims{
		Subject: account, ClientID: "test", Scopes: []string{"directory.read", "referrals.read", "referrals.write", "events.read"},
	}, tokenLifetime)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// serving starts the service on the database and returns where it listens.
func serving(t testing.TB, dir, databaseURL, addr string, more ...string) (p *process, at string) {
	t.Helper()
	p = start(t, dir, append([]string{"serve", "--dir", dir, "--database-url", databaseURL, "--addr", addr}, more...)...)
	return p, strings.TrimPrefix(p.await(t, "serving on"), "serving on http://")
}
