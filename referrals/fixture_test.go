package referrals_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tahweel/internal/pg/pgtest"
	"tahweel/internal/sealed"
	"tahweel/policy"
	"tahweel/referrals"
)

// world is two directorates, two providers and what they signed, in a database of the test's own.
type world struct {
	*pgtest.DB
	store *referrals.Store
	keys  *sealed.Keyset
	super *pgx.Conn // of the superuser
	now   time.Time

	hebron, gaza              uuid.UUID // directorates
	provider, otherProvider   uuid.UUID // organizations
	instrument, term          uuid.UUID // of provider
	service, otherService     uuid.UUID // service_at_location
	manager, otherManager     policy.Actor
	supervisor, auditor       policy.Actor
	recipient, otherRecipient policy.Actor // machine clients of the providers
	cleared                   policy.Actor // a person at provider, named in its instrument
	protection                policy.Actor // a protection focal point of Hebron
	officer                   policy.Actor // of the associations directorate
	administrator             policy.Actor
}

func actor(kind policy.Kind, memberships ...policy.Membership) policy.Actor {
	return policy.Actor{AccountID: uuid.Must(uuid.NewV7()), Kind: kind, Memberships: memberships, OwnSession: kind == policy.Person}
}

// patient lets a slow machine take its time: these tests ask what happens and not how soon.
func patient(c *pgxpool.Config) {
	c.ConnConfig.RuntimeParams["statement_timeout"] = "120s"
	c.ConnConfig.RuntimeParams["lock_timeout"] = "60s"
	c.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "120s"
}

func newWorld(t *testing.T) *world {
	t.Helper()
	keys, err := sealed.OpenKeyset(filepath.Join(t.TempDir(), "keyset"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{DB: pgtest.New(t, patient), keys: keys, now: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)}
	w.super = w.connect(t, w.OwnerURL)
	w.store = referrals.NewStore(w.DB.DB, keys, func() time.Time { return w.now })
	for _, id := range []*uuid.UUID{&w.hebron, &w.gaza, &w.provider, &w.otherProvider, &w.instrument, &w.term, &w.service, &w.otherService} {
		*id = uuid.Must(uuid.NewV7())
	}
	w.manager = actor(policy.Person, policy.Membership{Role: policy.CaseManager, DirectorateID: w.hebron})
	w.otherManager = actor(policy.Person, policy.Membership{Role: policy.CaseManager, DirectorateID: w.gaza})
	w.supervisor = actor(policy.Person, policy.Membership{Role: policy.Supervisor, DirectorateID: w.hebron})
	w.auditor = actor(policy.Person, policy.Membership{Role: policy.Auditor})
	w.recipient = actor(policy.Client, policy.Membership{Role: policy.ProviderClient, OrganizationID: w.provider})
	w.otherRecipient = actor(policy.Client, policy.Membership{Role: policy.ProviderClient, OrganizationID: w.otherProvider})
	w.cleared = actor(policy.Person, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: w.provider})
	w.protection = actor(policy.Person, policy.Membership{Role: policy.ProtectionFocalPoint, DirectorateID: w.hebron})
	w.officer = actor(policy.Person, policy.Membership{Role: policy.AssociationsOfficer})
	w.administrator = actor(policy.Person, policy.Membership{Role: policy.Administrator})
	w.fill(t)
	return w
}

func (w *world) fill(t *testing.T) {
	t.Helper()
	w.Exec(t, `INSERT INTO directorate (id, code, name_ar, name_en, created_at) VALUES ($1, 'HEB', 'مديرية الخليل', 'Hebron', now()), ($2, 'GZN', 'مديرية شمال غزة', 'North Gaza', now())`, w.hebron, w.gaza)
	w.Exec(t, `INSERT INTO need (id, code, parent_id, tier, name_ar, name_en, description_ar, description_en)
		SELECT gen_random_uuid(), c, NULL, NULL, c, c, '', '' FROM unnest('{DIS,FSC,GBV}'::text[]) AS c ON CONFLICT DO NOTHING`)
	w.Exec(t, `INSERT INTO need (id, code, parent_id, tier, name_ar, name_en, description_ar, description_en)
		SELECT gen_random_uuid(), v.code, p.id, v.tier, v.code, v.code, '', '' FROM (VALUES ('DIS-PHYSIO', 'DIS', 2), ('FSC-PARCEL', 'FSC', 1), ('GBV-CASE', 'GBV', 3)) AS v (code, parent, tier)
		JOIN need AS p ON p.code = v.parent ON CONFLICT DO NOTHING`)
	w.organization(t, w.provider, w.instrument, w.term, w.service)
	w.organization(t, w.otherProvider, uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), w.otherService)
	for _, a := range []policy.Actor{w.manager, w.otherManager, w.supervisor, w.auditor, w.recipient, w.otherRecipient, w.cleared, w.protection, w.officer, w.administrator} {
		var organization *uuid.UUID
		if ids := a.Organizations(); len(ids) > 0 {
			organization = &ids[0]
		}
		w.Exec(t, `INSERT INTO account (id, kind, name_ar, name_en, work_telephone, organization_id, created_at) VALUES ($1, $2, 'حساب', 'Account', '+970590000001', $3, now())`, a.AccountID, string(a.Kind), organization)
		for _, m := range a.Memberships {
			w.Exec(t, `INSERT INTO membership (id, account_id, role, organization_id, directorate_id, valid_from) VALUES (gen_random_uuid(), $1, $2, $3, $4, now())`,
				a.AccountID, string(m.Role), orNil(m.OrganizationID), orNil(m.DirectorateID))
		}
	}
	w.Exec(t, `ALTER TABLE instrument_cleared_person DISABLE TRIGGER USER`)
	w.Exec(t, `INSERT INTO instrument_cleared_person (instrument_id, account_id) VALUES ($1, $2)`, w.instrument, w.cleared.AccountID)
	w.Exec(t, `ALTER TABLE instrument_cleared_person ENABLE TRIGGER USER`)
}

// organization makes an accredited association in Hebron city whose one term covers all three needs for Hebron, up to tier 3.
func (w *world) organization(t *testing.T, id, instrument, term, service uuid.UUID) {
	t.Helper()
	w.Exec(t, `INSERT INTO organization (id, kind, name_ar, name_en, created_at, updated_at) VALUES ($1, 'association', 'جمعية تجريبية', 'Demonstration association', now(), now())`, id)
	w.Exec(t, `INSERT INTO accreditation (id, organization_id, status, created_at, updated_at) VALUES ($1, $1, 'applied', now(), now())`, id)
	w.Exec(t, `UPDATE accreditation SET transition = 'start_review', status = 'under_review' WHERE id = $1`, id)
	w.Exec(t, `UPDATE accreditation SET transition = 'accredit', status = 'accredited', number = 'A-' || id::text, valid_from = '2026-01-01', valid_to = '2026-12-31' WHERE id = $1`, id)
	w.Exec(t, `INSERT INTO instrument (id, organization_id, kind, number, status, valid_from, valid_to, created_at, updated_at)
		VALUES ($1, $2, 'memorandum', $3, 'draft', '2026-01-01', '2026-12-31', now(), now())`, instrument, id, "2026/"+instrument.String())
	w.Exec(t, `INSERT INTO instrument_term (id, instrument_id, number, max_tier, grants) VALUES ($1, $2, 1, 3, '{C,D,E,G}')`, term, instrument)
	w.Exec(t, `INSERT INTO instrument_term_directorate (term_id, directorate_id) VALUES ($1, $2)`, term, w.hebron)
	w.Exec(t, `INSERT INTO instrument_term_need (term_id, need_id) SELECT $1, id FROM need WHERE parent_id IS NULL AND code IN ('DIS', 'FSC', 'GBV')`, term)
	w.Exec(t, `INSERT INTO instrument_term_governorate (term_id, governorate_code) VALUES ($1, (SELECT governorate_code FROM place WHERE name_en = 'Yatta'))`, term)
	for _, move := range [][2]string{{"propose", "proposed"}, {"sign", "signed"}, {"enter_into_force", "in_force"}} {
		w.Exec(t, `UPDATE instrument SET transition = $2, status = $3 WHERE id = $1`, instrument, move[0], move[1])
	}
	w.Exec(t, `INSERT INTO service (id, organization_id, name_ar, name_en, delivery_modes, created_at, updated_at) VALUES ($1, $1, 'خدمة', 'Service', '{facility}', now(), now())`, id)
	w.Exec(t, `INSERT INTO service_need (service_id, need_id) SELECT $1, id FROM need WHERE parent_id IS NOT NULL AND code IN ('DIS-PHYSIO', 'FSC-PARCEL', 'GBV-CASE')`, id)
	w.Exec(t, `INSERT INTO location (id, organization_id, place_code, geog, name_ar, name_en, created_at, updated_at)
		SELECT $1, $1, code, geog, 'مركز', 'Centre', now(), now() FROM place WHERE name_en = 'Hebron' ORDER BY code LIMIT 1`, id)
	w.Exec(t, `INSERT INTO service_at_location (id, service_id, location_id, accepting_status, accepting_as_of, created_at, updated_at) VALUES ($1, $2, $2, 'capacity', now(), now(), now())`, service, id)
}

// Exec runs SQL as the superuser on one connection; many tests make many small changes.
func (w *world) Exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := w.super.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("exec %s: %v", sql, err)
	}
}

// ask reads one value as the superuser.
func ask[T any](t *testing.T, w *world, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := w.super.QueryRow(context.Background(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("query %s: %v", sql, err)
	}
	return value
}

func orNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// need is a referral of an invented person with something in every group.
func (w *world) need(t *testing.T, code string) referrals.New {
	t.Helper()
	age, size := 30, 6
	return referrals.New{
		Envelope: referrals.Envelope{
			Need: code, Place: ask[string](t, w, `SELECT code FROM place WHERE name_en = 'Yatta'`), Priority: referrals.Normal, Sex: "female",
		},
		Age: &age, HouseholdSize: &size,
		Details: referrals.Details{
			Identity:  &referrals.Identity{GivenName: "canary-given", FamilyName: "canary-family", DocumentType: "palestinian", DocumentNumber: "000000019"},
			Contact:   &referrals.Contact{Telephones: []string{"+970 59 000 0019"}, Address: "canary-address"},
			Narrative: &referrals.Narrative{Structured: []string{"home_visit"}, Strengths: []string{"canary-strength"}, Text: "canary-narrative"},
			Household: &referrals.Household{Members: []referrals.Member{{Relation: "son", Name: "canary-member"}}},
			Sensitive: &referrals.Sensitive{Diagnosis: "canary-diagnosis"},
		},
	}
}

// draft makes a referral with a draft attempt to provider, with consent to every group.
func (w *world) draft(t *testing.T, code string) referrals.Result {
	t.Helper()
	return w.attempt(t, w.create(t, code), w.service)
}

func (w *world) create(t *testing.T, code string) uuid.UUID {
	t.Helper()
	r, err := w.store.Create(context.Background(), w.manager, w.need(t, code), once())
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

// attemptWith is a draft to provider with consent to the groups.
func (w *world) attemptWith(t *testing.T, referral uuid.UUID, consented string) referrals.Result {
	t.Helper()
	a, err := w.store.CreateAttempt(context.Background(), w.manager, referrals.NewAttempt{
		ReferralID: referral, ServiceAtLocationID: w.service,
		Consent: referrals.Consent{Groups: letters(t, consented), GivenBy: "self", Evidence: "signature", GivenAt: w.now},
	}, once())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// grant changes what provider's term grants, as a new version of the memorandum would.
func (w *world) grant(t *testing.T, letters string) {
	t.Helper()
	w.Exec(t, `ALTER TABLE instrument_term DISABLE TRIGGER USER`)
	w.Exec(t, `UPDATE instrument_term SET grants = coalesce(regexp_split_to_array(nullif($2, ''), ''), '{}') WHERE id = $1`, w.term, letters)
	w.Exec(t, `ALTER TABLE instrument_term ENABLE TRIGGER USER`)
}

func (w *world) attempt(t *testing.T, referral, service uuid.UUID) referrals.Result {
	t.Helper()
	groups, _ := policy.ParseGroups([]string{"A", "B", "C", "D", "E", "F", "G", "H", "I"})
	a, err := w.store.CreateAttempt(context.Background(), w.manager, referrals.NewAttempt{
		ReferralID: referral, ServiceAtLocationID: service,
		Consent: referrals.Consent{Groups: groups, GivenBy: "self", Evidence: "signature", GivenAt: w.now},
	}, once())
	if err != nil {
		t.Fatal(err)
	}
	return a
}
