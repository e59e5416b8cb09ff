package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/event"
	"tahweel/internal/pg"
	"tahweel/policy"
	"tahweel/referrals"
)

// Worklist is what one reader's page costs, in pages of PostgreSQL's shared buffers that all statements of the request read: with the
// plans for their arguments, and with those for any, of which PostgreSQL chooses one or the other as it sees fit.
type Worklist struct {
	Name            string
	Rows            int // on the page
	Custom, Generic int
}

// Reader is somebody who works through lists.
type Reader struct {
	Name  string
	Actor policy.Actor
}

// PageSize is how many rows a page of the lists has.
const PageSize = 20

// Readers are a provider with the most attempts and one in the middle, the case manager with the most, and a supervisor of the
// directorate with the most, of a country that GenerateReferrals has filled.
func Readers(ctx context.Context, ownerURL string) ([]Reader, error) {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	busiest := func(column string, share float64) (id uuid.UUID) {
		sql := fmt.Sprintf(`
			SELECT (array_agg(id ORDER BY load DESC, id))[1 + floor($1::float8 * (count(*) - 1))::integer]
			FROM (SELECT %[1]s AS id, count(*) AS load FROM attempt WHERE sent_at IS NOT NULL AND tier < 3 GROUP BY %[1]s) AS loads`, column)
		err = errors.Join(err, conn.QueryRow(ctx, sql, share).Scan(&id))
		return id
	}
	manager := busiest("owner_account_id", 0)
	person := func(role policy.Role, directorate, organization, account uuid.UUID) policy.Actor {
		return policy.Actor{AccountID: account, Kind: policy.Person, OwnSession: true, Memberships: []policy.Membership{{
			Role: role, DirectorateID: directorate, OrganizationID: organization,
		}}}
	}
	var home uuid.UUID
	err = errors.Join(err, conn.QueryRow(ctx, `SELECT directorate_id FROM membership WHERE account_id = $1`, manager).Scan(&home))
	readers := []Reader{
		{"busiest provider", person(policy.ProviderFocalPoint, uuid.Nil, busiest("organization_id", 0), uuid.Max)},
		{"middling provider", person(policy.ProviderFocalPoint, uuid.Nil, busiest("organization_id", 0.5), uuid.Max)},
		{"case manager", person(policy.CaseManager, home, uuid.Nil, manager)},
		{"supervisor", person(policy.Supervisor, busiest("directorate_id", 0), uuid.Nil, uuid.Max)},
	}
	if err != nil {
		return nil, fmt.Errorf("bench: find who reads: %w", err)
	}
	return readers, nil
}

// lists are the requests whose cost counts: the first page, one in the middle, one of a rare
// status, and the events from the first one and from the middle on.
func lists(db *pg.DB, now time.Time, middle int64) map[string]func(context.Context, policy.Actor) (int, error) {
	store := referrals.NewStore(db, nil, func() time.Time { return now })
	attempts := func(f referrals.Filter) func(context.Context, policy.Actor) (int, error) {
		return func(ctx context.Context, a policy.Actor) (int, error) {
			found, err := store.Attempts(ctx, a, f)
			return len(found), err
		}
	}
	opened := func(f referrals.Filter) func(context.Context, policy.Actor) (int, error) {
		return func(ctx context.Context, a policy.Actor) (int, error) {
			if !a.Can(policy.Read, policy.ClassReferral) {
				return 0, nil
			}
			found, err := store.Referrals(ctx, a, f)
			return len(found), err
		}
	}
	events := func(after int64) func(context.Context, policy.Actor) (int, error) {
		return func(ctx context.Context, a policy.Actor) (int, error) {
			found, err := event.NewStore(db).Feed(ctx, a, after, PageSize)
			return len(found), err
		}
	}
	halfway := idAt(now.AddDate(-1, -6, 0))
	return map[string]func(context.Context, policy.Actor) (int, error){
		"attempts, newest":       attempts(referrals.Filter{Limit: PageSize}),
		"attempts, halfway":      attempts(referrals.Filter{Limit: PageSize, After: halfway}),
		"attempts, waitlisted":   attempts(referrals.Filter{Limit: PageSize, Status: "waitlisted"}),
		"referrals, newest":      opened(referrals.Filter{Limit: PageSize}),
		"referrals, halfway":     opened(referrals.Filter{Limit: PageSize, After: halfway}),
		"events, from the first": events(0),
		"events, halfway":        events(middle),
	}
}

// idAt is the first UUIDv7 of the instant.
func idAt(at time.Time) uuid.UUID {
	ms := uint64(at.UnixMilli()) //nolint:gosec // after 1970
	id := uuid.UUID{6: 0x70, 8: 0x80}
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	return id
}

// Worklists asks for every list in the name of every reader, and reads off what it costs with the reader's own rights. db must have
// been opened with pg.Tracer(Spy{}).
func Worklists(ctx context.Context, db *pg.DB, ownerURL string, now time.Time) ([]Worklist, error) {
	readers, err := Readers(ctx, ownerURL)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var middle int64
	if err := conn.QueryRow(ctx, `SELECT coalesce(max(position) / 2, 0) FROM event`).Scan(&middle); err != nil {
		return nil, fmt.Errorf("bench: find the middle of the events: %w", err)
	}
	var found []Worklist
	for _, r := range readers {
		for name, ask := range lists(db, now, middle) {
			watching, sent := Spy{}.Watch(ctx)
			rows, err := ask(watching, r.Actor)
			if err != nil {
				return nil, fmt.Errorf("bench: %s of the %s: %w", name, r.Name, err)
			}
			custom, generic, err := pagesAs(ctx, conn, r.Actor, now, sent())
			if err != nil {
				return nil, fmt.Errorf("bench: %s of the %s: %w", name, r.Name, err)
			}
			if generic > 0 {
				found = append(found, Worklist{Name: r.Name + ": " + name, Rows: rows, Custom: custom, Generic: generic})
			}
		}
	}
	return found, nil
}

// pagesAs adds up the pages of the statements, bound by row-level security as the actor is.
func pagesAs(ctx context.Context, conn *pgx.Conn, actor policy.Actor, now time.Time, sent []Statement) (custom, generic int, err error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, tx.Rollback(ctx)) }()
	settings := actor.Settings()
	settings["tahweel.now"] = now.UTC().Format(time.RFC3339Nano)
	for name, value := range settings {
		if _, err := tx.Exec(ctx, "SELECT set_config($1, $2, true)", name, value); err != nil {
			return 0, 0, err
		}
	}
	if _, err := tx.Exec(ctx, "SET LOCAL ROLE tahweel_app; SET LOCAL jit = off"); err != nil {
		return 0, 0, err
	}
	for _, s := range sent {
		if !strings.Contains(s.SQL, "FROM") || strings.Contains(s.SQL, "position IS NULL") {
			continue // who begins, sets or ends a transaction reads nothing; the sequencer has nothing to do
		}
		c, g, err := pagesOfPlans(ctx, tx, s)
		if err != nil {
			return 0, 0, err
		}
		custom, generic = custom+c, generic+g
	}
	return custom, generic, nil
}
