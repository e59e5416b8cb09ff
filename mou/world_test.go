package mou_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/mou"
	"tahweel/policy"
)

var now = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// world is an accredited invented association that offers one service, and who deals with it.
type world struct {
	*pgtest.DB
	store                                *mou.Store
	super                                *pgx.Conn
	organization, directorate, leaf      uuid.UUID
	officer, signatory, both, caseWorker policy.Actor
}

func person(memberships ...policy.Membership) policy.Actor {
	return policy.Actor{AccountID: uuid.Must(uuid.NewV7()), Kind: policy.Person, OwnSession: true, Memberships: memberships}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{DB: pgtest.New(t), organization: uuid.Must(uuid.NewV7()), directorate: uuid.Must(uuid.NewV7()), leaf: uuid.Must(uuid.NewV7())}
	w.store = mou.NewStore(w.DB.DB, func() time.Time { return now })
	conn, err := pgx.Connect(t.Context(), w.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	w.super = conn
	w.officer = person(policy.Membership{Role: policy.AssociationsOfficer})
	w.signatory = person(policy.Membership{Role: policy.AssociationsSignatory})
	w.both = person(policy.Membership{Role: policy.AssociationsOfficer}, policy.Membership{Role: policy.AssociationsSignatory})
	w.caseWorker = person(policy.Membership{Role: policy.CaseManager, DirectorateID: w.directorate})
	w.fill(t)
	return w
}

func (w *world) fill(t *testing.T) {
	t.Helper()
	w.exec(t, `INSERT INTO directorate (id, code, name_ar, name_en, created_at) VALUES ($1, 'HEB', 'مديرية الخليل', 'Hebron', now())`, w.directorate)
	w.exec(t, `INSERT INTO need (id, code, parent_id, tier, name_ar, name_en, description_ar, description_en)
		VALUES ($1, 'TST', NULL, NULL, '', '', '', ''), ($2, 'TST-ONE', $1, 1, '', '', '', '')`, w.directorate, w.leaf)
	w.exec(t, `INSERT INTO organization (id, kind, name_ar, name_en, created_at, updated_at) VALUES ($1, 'association', 'جمعية تجريبية', 'Demonstration association', now(), now())`, w.organization)
	w.exec(t, `INSERT INTO accreditation (id, organization_id, status, created_at, updated_at) VALUES ($1, $1, 'applied', now(), now())`, w.organization)
	w.exec(t, `UPDATE accreditation SET transition = 'start_review', status = 'under_review'`)
	w.exec(t, `UPDATE accreditation SET transition = 'accredit', status = 'accredited', number = 'A-1', valid_from = '2026-01-01', valid_to = '2026-12-31'`)
	w.exec(t, `INSERT INTO service (id, organization_id, name_ar, name_en, delivery_modes, created_at, updated_at) VALUES ($1, $1, 'خدمة', 'Service', '{facility}', now(), now())`, w.organization)
	w.exec(t, `INSERT INTO service_need (service_id, need_id) VALUES ($1, $2)`, w.organization, w.leaf)
	w.exec(t, `INSERT INTO location (id, organization_id, place_code, geog, name_ar, name_en, created_at, updated_at)
		SELECT $1, $1, code, geog, 'مركز', 'Centre', now(), now() FROM place WHERE name_en = 'Hebron' ORDER BY code LIMIT 1`, w.organization)
	w.exec(t, `INSERT INTO service_at_location (id, service_id, location_id, accepting_status, accepting_as_of, created_at, updated_at) VALUES ($1, $1, $1, 'capacity', now(), now(), now())`, w.organization)
	for _, a := range []policy.Actor{w.officer, w.signatory, w.both, w.caseWorker} {
		w.exec(t, `INSERT INTO account (id, kind, name_ar, name_en, created_at) VALUES ($1, 'person', 'حساب', 'Account', now())`, a.AccountID)
	}
}

func (w *world) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := w.super.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func ask[T any](t *testing.T, w *world, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := w.super.QueryRow(context.Background(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// constraint is the name of the constraint that refuses the statement as the superuser; nothing of it stays.
func (w *world) constraint(t *testing.T, sql string, args ...any) string {
	t.Helper()
	tx, err := w.super.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(t.Context(), sql, args...)
	var pge *pgconn.PgError
	switch {
	case errors.As(err, &pge) && pge.ConstraintName != "":
		return pge.ConstraintName
	case err != nil:
		t.Errorf("%s: %v", sql, err)
	}
	return ""
}

// sample is a memorandum with one term for Hebron.
func sample(organization, directorate uuid.UUID) mou.Instrument {
	return mou.Instrument{
		OrganizationID: organization, Kind: mou.Memorandum, Number: "T-2026/" + uuid.NewString()[:8],
		ValidFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
		Terms: []mou.Term{{
			Directorates: []uuid.UUID{directorate}, Needs: []string{"TST"}, Governorates: []string{"heb"}, MaxTier: 2,
			Grants: policy.Identity | policy.Contact, Quotas: []mou.Quota{{Period: mou.Open, Cap: 2}, {Period: mou.Month, Cap: 3}},
		}},
	}
}

// hebron is the code of the governorate.
func (w *world) hebron(t *testing.T) string {
	t.Helper()
	return ask[string](t, w, `SELECT governorate_code FROM place WHERE name_en = 'Yatta'`)
}

var ways = map[mou.Status][]mou.Transition{
	mou.Draft: {}, mou.Proposed: {mou.Propose}, mou.Signed: {mou.Propose, mou.Sign}, mou.InForce: {mou.Propose, mou.Sign, mou.EnterIntoForce},
	mou.Suspended:  {mou.Propose, mou.Sign, mou.EnterIntoForce, mou.Suspend},
	mou.Expired:    {mou.Propose, mou.Sign, mou.EnterIntoForce, mou.Expire},
	mou.Terminated: {mou.Propose, mou.Sign, mou.EnterIntoForce, mou.Terminate},
}

// in drafts an instrument and takes it to the status, by whoever may.
func (w *world) in(t *testing.T, status mou.Status) mou.Instrument {
	t.Helper()
	in := sample(w.organization, w.directorate)
	in.Terms[0].Governorates = []string{w.hebron(t)}
	in, err := w.store.Draft(t.Context(), w.officer, in)
	if err != nil {
		t.Fatal(err)
	}
	terms := in.Terms
	for _, step := range ways[status] {
		if in, err = w.store.Move(t.Context(), w.who(step), in.ID, in.Version, step); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	in.Terms = terms
	return in
}

func (w *world) who(step mou.Transition) policy.Actor {
	if step == mou.Sign {
		return w.signatory
	}
	return w.officer
}

// act is a referral from the directorate of the one need to somebody near Hebron.
func (w *world) act(t *testing.T) mou.Act {
	t.Helper()
	return mou.Act{
		OrganizationID: w.organization, DirectorateID: w.directorate, NeedID: w.leaf, GovernorateCode: w.hebron(t), Purpose: "service_provision",
		Today: time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC),
	}
}

func (w *world) terms(t *testing.T, act mou.Act) []policy.Term {
	t.Helper()
	var terms []policy.Term
	err := w.DB.DB.InTx(t.Context(), w.caseWorker, func(q pg.Querier) error {
		var err error
		terms, err = mou.TermsFor(t.Context(), q, act)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return terms
}
