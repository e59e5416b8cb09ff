package accreditation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Store reads and writes the process of accreditation.
type Store struct {
	db    *pg.DB
	clock func() time.Time
}

// NewStore returns a Store on db that takes the time from clock.
func NewStore(db *pg.DB, clock func() time.Time) *Store { return &Store{db: db, clock: clock} }

// Written is the outcome of a write: the thing as it is now, and whether an earlier request with the same key had written it.
type Written[T any] struct {
	Entity   T
	Replayed bool
}

// Move says which thing is to be moved, from which version, and under which idempotency key.
type Move struct {
	ID      uuid.UUID
	Version int
	Once    pg.Once
}

// Filter narrows a list. Lists go by id, and each looks at the fields that concern it.
type Filter struct {
	OrganizationID, CampaignID, ApplicationID, AccreditationID uuid.UUID
	Status                                                     string
	After                                                      uuid.UUID // the last id of the page before; Nil: the first page
	Limit                                                      int
}

func (f Filter) args() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"organization": orNull(f.OrganizationID), "status": f.Status, "after": f.After, "limit": f.Limit}
}

var (
	errMoved = fault.New(fault.Conflict, "version_conflict",
		"Somebody changed it meanwhile. Read it again.", "غيّره أحدهم في هذه الأثناء. اقرأه من جديد.")
	errNotFound = fault.New(fault.NotFound, "not_found",
		"This does not exist, or you may not see it.", "هذا السجل غير موجود، أو ليس لك أن تطلع عليه.")
)

// thing is what the store keeps: its id for the log and for keys, its version, and whose it is.
type thing interface {
	key() (uuid.UUID, int)
	owner() uuid.UUID // Nil: the directorate's
}

// deed is one write: who does what, by which rule, to which thing if it exists already, and under which key.
type deed struct {
	actor  policy.Actor
	what   string
	action policy.Action
	class  policy.Class
	id     uuid.UUID
	once   pg.Once
}

func (d deed) entry(now time.Time) audit.Entry {
	return audit.Entry{At: now, Actor: d.actor, Action: policy.Action(d.what), Class: d.class, ObjectID: d.id}
}

// permits fails with fault.Forbidden unless a role of the actor permits the deed to what belongs to the organization.
func (d deed) permits(organization uuid.UUID) error {
	if _, _, ok := d.actor.May(d.action, d.class, policy.Object{OrganizationID: organization}); !ok {
		return policy.RoleForbids(d.action, d.class)
	}
	return nil
}

// inTheNameOf reports whether the actor acts for the organization without being of it: an officer who records what came on paper.
func inTheNameOf(actor policy.Actor, organization uuid.UUID) bool {
	return actor.Kind != policy.System && !slices.Contains(actor.Organizations(), organization)
}

// reader reads one thing as row-level security shows it.
type reader[T thing] func(ctx context.Context, q pg.Querier, id uuid.UUID) (T, error)

// seen reads a thing and fails with fault.NotFound unless a role of the actor may read what belongs to its organization, and with
// fault.Forbidden, which says nothing of what there is, if none may read of the class at all.
func seen[T thing](ctx context.Context, q pg.Querier, actor policy.Actor, class policy.Class, read reader[T], id uuid.UUID) (T, error) {
	if !actor.Can(policy.Read, class) {
		var none T
		return none, policy.RoleForbids(policy.Read, class)
	}
	found, err := read(ctx, q, id)
	if err == nil && !mayRead(actor, class, found.owner()) {
		err = errNotFound
	}
	if err != nil {
		var none T
		return none, err
	}
	return found, nil
}

func mayRead(actor policy.Actor, class policy.Class, organization uuid.UUID) bool {
	_, _, ok := actor.May(policy.Read, class, policy.Object{OrganizationID: organization})
	return ok
}

// perform carries a deed out in one transaction: role, replay, the act, its record, its key. do decides and writes, and returns the id
// of what it wrote; read is how that then is.
func perform[T thing](ctx context.Context, s *Store, d deed, read reader[T], do func(q pg.Querier, now time.Time) (uuid.UUID, error)) (Written[T], error) {
	now := s.clock()
	if !d.actor.Can(d.action, d.class) {
		return Written[T]{}, s.refused(ctx, d.entry(now), policy.RoleForbids(d.action, d.class))
	}
	var out Written[T]
	err := s.db.InTx(ctx, d.actor, func(q pg.Querier) error {
		outcome, replayed, err := d.once.Seen(ctx, q, d.what)
		if err != nil {
			return err
		}
		id := outcome.ResourceID
		if !replayed {
			if id, err = do(q, now); err != nil {
				return err
			}
		}
		out.Replayed = replayed
		if out.Entity, err = seen(ctx, q, d.actor, d.class, read, id); err != nil || replayed {
			return err
		}
		_, version := out.Entity.key()
		if err := d.once.Record(ctx, q, d.what, id, version); err != nil {
			return err
		}
		e := d.entry(now)
		e.ObjectID, e.Allowed, e.Code = id, true, policy.Allowed.Code()
		return audit.Append(ctx, q, e)
	})
	if err != nil {
		return Written[T]{}, s.refused(ctx, d.entry(now), err)
	}
	return out, nil
}

// alter is perform for a thing that exists: it is read first, and must be the actor's to alter and of the version that they saw.
func alter[T thing](ctx context.Context, s *Store, d deed, version int, read reader[T], do func(q pg.Querier, was T, now time.Time) error) (Written[T], error) {
	return perform(ctx, s, d, read, func(q pg.Querier, now time.Time) (uuid.UUID, error) {
		was, err := seen(ctx, q, d.actor, d.class, read, d.id)
		if err != nil {
			return d.id, err
		}
		if err := d.permits(was.owner()); err != nil {
			return d.id, err
		}
		if _, v := was.key(); v != version {
			return d.id, errMoved
		}
		return d.id, do(q, was, now)
	})
}

// get reads in a transaction of the actor.
func get[T any](ctx context.Context, s *Store, actor policy.Actor, read func(q pg.Querier) (T, error)) (found T, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		found, err = read(q)
		return err
	})
	return found, err
}

// list reads a page for an actor who may read the class at all, without what belongs to organizations that they may not read of.
func list[T thing](ctx context.Context, s *Store, actor policy.Actor, class policy.Class, read func(q pg.Querier) ([]T, error)) ([]T, error) {
	if !actor.Can(policy.Read, class) {
		return nil, policy.RoleForbids(policy.Read, class)
	}
	return get(ctx, s, actor, func(q pg.Querier) ([]T, error) {
		found, err := read(q)
		kept := found[:0]
		for _, t := range found {
			if mayRead(actor, class, t.owner()) {
				kept = append(kept, t)
			}
		}
		return kept, err
	})
}

// refused audits a refusal by role or state and returns it; a lost race, a mistake in the input or an accident is returned as it is.
func (s *Store) refused(ctx context.Context, e audit.Entry, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || (f.Kind != fault.Forbidden && f.Kind != fault.Impossible) {
		return err
	}
	e.Code = f.Code
	if auditErr := audit.Refused(ctx, s.db, e); auditErr != nil {
		return errors.Join(errors.New("accreditation: a refusal could not be audited"), auditErr)
	}
	return err
}

// collect reads all rows of a statement.
func collect[Row, T any](ctx context.Context, q pg.Querier, what string, of func(Row) T, sql string, args pgx.StrictNamedArgs) ([]T, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Row])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	out := make([]T, len(found))
	for i, r := range found {
		out[i] = of(r)
	}
	return out, nil
}

// one is the first of found, or fault.NotFound.
func one[T any](found []T, err error) (T, error) {
	if err == nil && len(found) == 0 {
		err = errNotFound
	}
	if err != nil {
		var none T
		return none, err
	}
	return found[0], nil
}

// change runs an UPDATE of one version of what the caller has read; no row is a lost race.
func change(ctx context.Context, q pg.Querier, what, sql string, args pgx.StrictNamedArgs) error {
	tag, err := q.Exec(ctx, sql, args)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if tag.RowsAffected() == 0 {
		return errMoved
	}
	return nil
}

func write(ctx context.Context, q pg.Querier, what, sql string, args pgx.StrictNamedArgs) error {
	if _, err := q.Exec(ctx, sql, args); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("accreditation: %w", err)
	}
	return id, nil
}

func orNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func orNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

// notEmpty is nil for an empty text, which the database keeps as NULL.
func notEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func say[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// dayOrNull is nil for no day.
func dayOrNull(day time.Time) *time.Time {
	if day.IsZero() {
		return nil
	}
	return &day
}

// named adds a fault for a text that lacks a language.
func named(l *fault.List, pointer string, n fault.Sentence) {
	if strings.TrimSpace(n.AR) == "" {
		l.Add(pointer+"/ar", "A text in Arabic is required.", "النص بالعربية مطلوب.")
	}
	if strings.TrimSpace(n.EN) == "" {
		l.Add(pointer+"/en", "A text in English is required.", "النص بالإنجليزية مطلوب.")
	}
}

func required(l *fault.List, pointer, text string) {
	if strings.TrimSpace(text) == "" {
		l.Add(pointer, "This is required.", "هذا الحقل مطلوب.")
	}
}

// people adds a fault unless at least so many names are given, each once.
func people(l *fault.List, pointer string, names []string, least int) {
	distinct := map[string]bool{}
	for _, n := range names {
		if n = strings.Join(strings.Fields(n), " "); n != "" {
			distinct[n] = true
		}
	}
	if len(distinct) < least || len(distinct) < len(names) {
		l.Add(pointer, fmt.Sprintf("At least %d different names are required.", least), fmt.Sprintf("يلزم %d أسماء مختلفة على الأقل.", least))
	}
}
