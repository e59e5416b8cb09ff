package reference

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Closure is days on which a directorate, an organization or one of its services at a location does not work.
type Closure struct {
	ID                  uuid.UUID
	DirectorateID       uuid.UUID // Nil: of a provider
	OrganizationID      uuid.UUID // Nil: of a directorate
	ServiceAtLocationID uuid.UUID // of the organization; Nil: all of it
	Status              Status    // empty: active
	First, Last         time.Time // see geo.Today; both included
	Name                fault.Sentence
	Reason              fault.Sentence // empty: not said
	Version             int
}

func (c Closure) key() (uuid.UUID, int) { return c.ID, c.Version }

func (c Closure) object() policy.Object {
	return policy.Object{DirectorateID: c.DirectorateID, OrganizationID: c.OrganizationID, Tier: 1}
}

// Validate returns every fault of the closure at once, as fault.Refused, or nil.
func (c Closure) Validate() error {
	var l fault.List
	if (c.DirectorateID == uuid.Nil) == (c.OrganizationID == uuid.Nil) {
		l.Add("/directorate_id", "A closure is of a directorate or of an organization.", "الإغلاق لمديرية أو لمنظمة.")
	}
	if c.ServiceAtLocationID != uuid.Nil && c.OrganizationID == uuid.Nil {
		l.Add("/service_at_location_id", "Only an organization has services.", "الخدمات للمنظمات فقط.")
	}
	statusKnown(&l, c.Status)
	named(&l, c.Name)
	ordered(&l, c.First, c.Last)
	return l.Err()
}

// ClosureFilter narrows a list of closures; what is Nil is not asked.
type ClosureFilter struct {
	Between
	DirectorateID, OrganizationID, ServiceAtLocationID uuid.UUID
}

// Closures lists closures, cancelled ones too. One of an offer at a confidential place is for whoever may know of the offer: the ministry
// and its organization; to everybody else it does not exist.
func (s *Store) Closures(ctx context.Context, actor policy.Actor, f ClosureFilter) (list []Closure, err error) {
	args := seen(actor, f.args())
	args["directorate"], args["organization"], args["offer"] = orNull(f.DirectorateID), orNull(f.OrganizationID), orNull(f.ServiceAtLocationID)
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		found, err := collect[closureRow](ctx, q, "list closures", closureSQL+`
			WHERE `+seenSQL+`
				AND (@from::date IS NULL OR c.ends_on >= @from)
				AND (@to::date IS NULL OR c.starts_on <= @to)
				AND (@directorate::uuid IS NULL OR c.directorate_id = @directorate)
				AND (@organization::uuid IS NULL OR c.organization_id = @organization)
				AND (@offer::uuid IS NULL OR c.service_at_location_id = @offer)
				AND (NOT @after OR (c.starts_on, c.id) > (@after_first::date, @after_id::uuid))
			ORDER BY c.starts_on, c.id
			LIMIT @limit`, args)
		list = make([]Closure, len(found))
		for i, r := range found {
			list[i] = r.closure()
		}
		return err
	})
	return list, err
}

// Closure returns the closure of that id, or fails with fault.NotFound; see Closures.
func (s *Store) Closure(ctx context.Context, actor policy.Actor, id uuid.UUID) (c Closure, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		c, err = closureFor(actor)(ctx, q, id)
		return err
	})
	return c, err
}

// CreateClosure announces a closure. A supervisor announces those of their directorate, a provider's focal point or client its own, the
// associations directorate any provider's, the administrator any. It fails with fault.Forbidden for anybody else, and with
// fault.Refused if fields break a rule or name what does not exist.
func (s *Store) CreateClosure(ctx context.Context, actor policy.Actor, c Closure, once pg.Once) (Written[Closure], error) {
	c.Status = Active
	return perform(ctx, s, deed{actor: actor, what: "closure.create", class: policy.ClassClosure, once: once}, closureFor(actor),
		func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
			if err = c.mayBeKept(actor); err != nil {
				return id, err
			}
			if err = c.Validate(); err != nil {
				return id, err
			}
			if c.ID, err = newID(); err != nil {
				return id, err
			}
			return c.ID, insertClosure(ctx, q, c, now)
		})
}

// ChangeClosure writes days, names, reason and status anew; whose closure it is stays. It fails with fault.NotFound, with fault.Conflict
// if somebody changed it since version, and like CreateClosure.
func (s *Store) ChangeClosure(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, c Closure) (Written[Closure], error) {
	return perform(ctx, s, deed{actor: actor, what: "closure.change", class: policy.ClassClosure, id: id}, closureFor(actor),
		func(q pg.Querier, now time.Time) (uuid.UUID, error) {
			was, err := closureFor(actor)(ctx, q, id)
			if err != nil {
				return id, err
			}
			if err := was.mayBeKept(actor); err != nil {
				return id, err
			}
			c.ID, c.DirectorateID, c.OrganizationID, c.ServiceAtLocationID = id, was.DirectorateID, was.OrganizationID, was.ServiceAtLocationID
			if c.Status == "" {
				c.Status = Active
			}
			if was.Version != version {
				return id, errMoved
			}
			if err := c.Validate(); err != nil {
				return id, err
			}
			return id, updateClosure(ctx, q, c, version, now)
		})
}

// mayBeKept looks at each membership by itself: the associations directorate's covers providers alone.
func (c Closure) mayBeKept(actor policy.Actor) error {
	if actor.Kind == policy.System {
		return nil
	}
	for _, m := range actor.Memberships {
		alone := actor
		alone.Memberships = []policy.Membership{m}
		role, _, ok := alone.May(policy.Manage, policy.ClassClosure, c.object())
		if ok && (role != policy.AssociationsOfficer || c.OrganizationID != uuid.Nil) {
			return nil
		}
	}
	return policy.RoleForbids(policy.Manage, policy.ClassClosure)
}

type closureRow struct {
	ID                  uuid.UUID
	DirectorateID       *uuid.UUID
	OrganizationID      *uuid.UUID
	ServiceAtLocationID *uuid.UUID
	Status              Status
	StartsOn            time.Time
	EndsOn              time.Time
	NameAr              string
	NameEn              string
	ReasonAr            string
	ReasonEn            string
	Version             int
}

const closureSQL = `
			SELECT c.id, c.directorate_id, c.organization_id, c.service_at_location_id, c.status, c.starts_on, c.ends_on,
			       c.name_ar, c.name_en, c.reason_ar, c.reason_en, c.version
			FROM closure AS c`

func (r closureRow) closure() Closure {
	return Closure{
		ID: r.ID, DirectorateID: orNil(r.DirectorateID), OrganizationID: orNil(r.OrganizationID), ServiceAtLocationID: orNil(r.ServiceAtLocationID),
		Status: r.Status, First: r.StartsOn, Last: r.EndsOn, Name: fault.Sentence{AR: r.NameAr, EN: r.NameEn},
		Reason: fault.Sentence{AR: r.ReasonAr, EN: r.ReasonEn}, Version: r.Version,
	}
}

// closureFor reads one closure that the actor may see.
func closureFor(actor policy.Actor) func(context.Context, pg.Querier, uuid.UUID) (Closure, error) {
	return func(ctx context.Context, q pg.Querier, id uuid.UUID) (Closure, error) {
		r, err := one(collect[closureRow](ctx, q, "read a closure", closureSQL+`
			WHERE c.id = @id AND `+seenSQL, seen(actor, pgx.StrictNamedArgs{"id": id})))
		return r.closure(), err
	}
}

// seenSQL leaves out what is closed at a confidential place of an organization that the actor may not read in full, as seen says. The
// database's own policy of the table says the same.
const seenSQL = `
			(c.service_at_location_id IS NULL OR @everywhere OR c.organization_id = ANY (@own)
			  OR EXISTS (SELECT FROM service_at_location AS sal WHERE sal.id = c.service_at_location_id AND sal.confidential_location_id IS NULL))`

func seen(actor policy.Actor, args pgx.StrictNamedArgs) pgx.StrictNamedArgs {
	full := func(organization uuid.UUID) bool {
		_, _, ok := actor.May(policy.Read, policy.ClassOrganization, policy.Object{OrganizationID: organization})
		return ok
	}
	own := []uuid.UUID{}
	for _, id := range actor.Organizations() {
		if full(id) {
			own = append(own, id)
		}
	}
	args["everywhere"], args["own"] = full(uuid.Nil), own
	return args
}

func (c Closure) args(now time.Time) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"id": c.ID, "status": c.Status, "first": c.First, "last": c.Last, "name_ar": c.Name.AR, "name_en": c.Name.EN,
		"reason_ar": c.Reason.AR, "reason_en": c.Reason.EN, "now": now,
	}
}

// insertClosure writes nothing if the service at a location is another organization's.
func insertClosure(ctx context.Context, q pg.Querier, c Closure, now time.Time) error {
	args := c.args(now)
	args["directorate"], args["organization"], args["offer"] = orNull(c.DirectorateID), orNull(c.OrganizationID), orNull(c.ServiceAtLocationID)
	tag, err := q.Exec(ctx, `
		INSERT INTO closure (
		  id, directorate_id, organization_id, service_at_location_id, status, starts_on, ends_on, name_ar, name_en, reason_ar, reason_en,
		  created_at, updated_at
		)
		SELECT @id, @directorate, @organization, @offer, @status, @first::date, @last::date, @name_ar, @name_en, @reason_ar, @reason_en, @now::timestamptz, @now::timestamptz
		WHERE @offer::uuid IS NULL OR EXISTS (
		  SELECT
		  FROM service_at_location AS sal
		  JOIN service AS s ON s.id = sal.service_id
		  WHERE sal.id = @offer AND s.organization_id = @organization
		)`, args)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		var l fault.List
		l.Add("/service_at_location_id", "The organization has no such service.", "ليس للمنظمة خدمة كهذه.")
		return l.Err()
	}
	return nil
}

func updateClosure(ctx context.Context, q pg.Querier, c Closure, version int, now time.Time) error {
	args := c.args(now)
	args["version"] = version
	return change(ctx, q, "change a closure", `
		UPDATE closure
		SET status = @status, starts_on = @first, ends_on = @last, name_ar = @name_ar, name_en = @name_en, reason_ar = @reason_ar,
		    reason_en = @reason_en, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`, args)
}
