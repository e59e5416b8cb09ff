package directory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Intake is what files say of one organization, to be brought into the register as a whole.
type Intake struct {
	OrganizationID uuid.UUID
	Source         string                  // the publisher; never empty
	Organization   *Incoming[Organization] // nil: the files say nothing of it
	Locations      []Incoming[Location]
	Services       []Incoming[Service]
	Offers         []Incoming[ServiceAtLocation]
	// Own says that the organization itself brings it in. What it may not change of itself waits for an officer: the name, the needs,
	// the place and the eligibility of what stands in the register. A new service of it is inactive until an officer has looked.
	Own bool
}

// Incoming is one thing of an intake. Of gives what it is to be, from what it was, which is nil for a new one; it decides what the files
// cannot say and what therefore stays.
type Incoming[T any] struct {
	ID uuid.UUID
	Of func(was *T) T
}

// Verdict is what became of a thing of an intake.
type Verdict struct {
	Created, Updated bool         // neither: it stands as it stood
	Held             bool         // a new one that waits for an officer
	Refused          *fault.Error // it was not written
}

// Taken is what became of an intake. Things are told apart by kind and id.
type Taken struct {
	Organization Verdict
	Locations    map[uuid.UUID]Verdict
	Services     map[uuid.UUID]Verdict
	Offers       map[uuid.UUID]Verdict
}

var (
	errOfAnotherSource = fault.New(fault.Impossible, "of_another_source",
		"A record with this id came from another publisher.", "سجل بهذا المعرّف جاء من ناشر آخر.")
	errOfAnotherOrganization = fault.New(fault.Impossible, "of_another_organization",
		"A record with this id belongs to another organization.", "سجل بهذا المعرّف يعود إلى منظمة أخرى.")
	errNotYours = fault.New(fault.Forbidden, "not_yours",
		"You may import the records of your own organization only.", "لك أن تستورد سجلات منظمتك فقط.")
	errWaitsForOfficer = fault.New(fault.Forbidden, "waits_for_officer",
		"Name, need, place and eligibility are changed by the associations directorate: ask it to change them.",
		"الاسم والاحتياج والمكان وشروط الاستحقاق تغيّرها مديرية الجمعيات: اطلب منها تغييرها.")
	errOwnerRefused = fault.New(fault.Refused, "owner_skipped", "What the record belongs to was skipped.", "السجل الذي ينتمي إليه استُبعد.")
)

// Import brings an intake into the register in the transaction of q, and refreshes what may be found. A thing that equals what stands
// there is not written and keeps its version. A thing that breaks a rule is refused by itself, with what hangs on it; Import fails only
// if the database does, and with fault.Forbidden unless the actor is the system, may import everything, or, with Own, imports for the
// organization.
func Import(ctx context.Context, q pg.Querier, actor policy.Actor, in Intake, now time.Time) (Taken, error) {
	if err := in.permitted(actor); err != nil {
		return Taken{}, err
	}
	t := taking{q: q, in: in, now: now, out: Taken{Locations: map[uuid.UUID]Verdict{}, Services: map[uuid.UUID]Verdict{}, Offers: map[uuid.UUID]Verdict{}}}
	for _, step := range []func(context.Context) error{t.organization, t.locations, t.services, t.offers} {
		if err := step(ctx); err != nil {
			return Taken{}, err
		}
	}
	if !t.wrote {
		return t.out, nil
	}
	return t.out, refresh(ctx, q, in.OrganizationID)
}

func (in Intake) permitted(actor policy.Actor) error {
	if actor.Kind == policy.System {
		return nil
	}
	var object policy.Object
	if in.Own {
		object.OrganizationID = in.OrganizationID
	}
	if _, _, ok := actor.May(policy.Manage, policy.ClassImport, object); !ok {
		return policy.RoleForbids(policy.Manage, policy.ClassImport)
	}
	return nil
}

type taking struct {
	q     pg.Querier
	in    Intake
	now   time.Time
	out   Taken
	wrote bool
	owner *Organization // as it stands once organization has run; nil: there is none
	here  map[uuid.UUID]Location
	given map[uuid.UUID]Service
}

// ids are those of the things, for reading all of them at once.
func ids[T any](list []Incoming[T]) []uuid.UUID {
	out := make([]uuid.UUID, len(list))
	for i, in := range list {
		out[i] = in.ID
	}
	return out
}

func (t *taking) organization(ctx context.Context) error {
	found, err := many(ctx, t.q, "read the organization", organizationRow.organization, organizationSQL+`
		WHERE id = @id`, pgx.StrictNamedArgs{"id": t.in.OrganizationID})
	if err != nil {
		return err
	}
	if len(found) == 1 {
		t.owner = &found[0]
	}
	if t.in.Organization == nil {
		return nil
	}
	o := t.in.Organization.Of(t.owner)
	o.ID, o.Source = t.in.OrganizationID, t.in.Source
	if t.owner != nil {
		o.Source = t.owner.Source
	}
	verdict, err := t.write(ctx, func() error { return o.Validate() }, t.owner == nil,
		func() bool { return t.owner != nil && same(asStored(*t.owner), asStored(o)) },
		func() *fault.Error { return t.mayChangeOrganization(o) },
		func() error {
			if t.owner == nil {
				o.Version = 1
				return insertOrganization(ctx, t.q, o, t.now)
			}
			o.Version = t.owner.Version
			if o.Status != t.owner.Status {
				if err := updateStatus(ctx, t.q, "organization", o.ID, o.Version, o.Status, t.now); err != nil {
					return err
				}
				o.Version++
			}
			return updateOrganization(ctx, t.q, o, t.now)
		})
	t.out.Organization = verdict
	if verdict.Created || verdict.Updated {
		t.owner = &o
	}
	return err
}

func (t *taking) mayChangeOrganization(o Organization) *fault.Error {
	switch {
	case t.owner == nil && t.in.Own:
		return errNotYours
	case t.owner != nil && foreign(t.owner.Source, t.in.Source):
		return errOfAnotherSource
	case t.in.Own && (o.Name != t.owner.Name || o.Kind != t.owner.Kind || o.Status != t.owner.Status || o.InformationOnly != t.owner.InformationOnly ||
		o.RegisteringAuthority != t.owner.RegisteringAuthority || o.RegistrationNumber != t.owner.RegistrationNumber ||
		dayOrEmpty(o.RegistrationExpiresOn) != dayOrEmpty(t.owner.RegistrationExpiresOn)):
		return errWaitsForOfficer
	}
	return nil
}

// foreign reports whether a thing of the source may not be changed by the other. What was entered here belongs to every publisher that
// names its id, because it can only have the id from here.
func foreign(source, by string) bool { return source != "" && source != by }

func (t *taking) locations(ctx context.Context) error {
	found, err := many(ctx, t.q, "read the locations", locationRow.location, locationSQL+`
		WHERE id = ANY (@ids)`, pgx.StrictNamedArgs{"ids": ids(t.in.Locations)})
	if err != nil {
		return err
	}
	t.here = map[uuid.UUID]Location{}
	for _, l := range found {
		t.here[l.ID] = l
	}
	for _, in := range t.in.Locations {
		if err := t.location(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) location(ctx context.Context, in Incoming[Location]) error {
	was, there := t.here[in.ID]
	l := in.Of(whereThere(was, there))
	l.ID, l.OrganizationID, l.Source = in.ID, t.in.OrganizationID, t.in.Source
	if there {
		l.Confidential, l.BranchID, l.Source = was.Confidential, was.BranchID, was.Source
	}
	verdict, err := t.write(ctx, func() error { return l.Validate() }, !there,
		func() bool { return there && same(asStored(was), asStored(l)) },
		func() *fault.Error {
			switch {
			case t.owner == nil:
				return errOwnerRefused
			case there && was.OrganizationID != t.in.OrganizationID, there && was.Confidential:
				return errOfAnotherOrganization
			case there && foreign(was.Source, t.in.Source):
				return errOfAnotherSource
			case there && t.in.Own && (l.Name != was.Name || l.PlaceCode != was.PlaceCode || l.Point != was.Point):
				return errWaitsForOfficer
			}
			return nil
		},
		func() error {
			if !there {
				l.Version = 1
				return insertLocation(ctx, t.q, l, t.now)
			}
			l.Version = was.Version
			return updateLocation(ctx, t.q, l, t.now)
		})
	t.out.Locations[in.ID] = verdict
	if verdict.Refused == nil {
		t.here[in.ID] = l
	}
	return err
}

func (t *taking) services(ctx context.Context) error {
	found, err := many(ctx, t.q, "read the services", serviceRow.service, serviceSQL+`
		WHERE s.id = ANY (@ids)`, pgx.StrictNamedArgs{"ids": ids(t.in.Services)})
	if err != nil {
		return err
	}
	if err := fillAreas(ctx, t.q, found); err != nil {
		return err
	}
	t.given = map[uuid.UUID]Service{}
	for _, v := range found {
		t.given[v.ID] = v
	}
	for _, in := range t.in.Services {
		if err := t.service(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) service(ctx context.Context, in Incoming[Service]) error {
	was, there := t.given[in.ID]
	v := in.Of(whereThere(was, there)).normalised()
	v.ID, v.OrganizationID, v.Source = in.ID, t.in.OrganizationID, t.in.Source
	if there {
		v.Source = was.Source
		if len(v.NeedCodes) == 0 && len(was.NeedCodes) > 0 { // a file that knows no needs of ours takes none away
			v.NeedCodes = was.NeedCodes
		}
	}
	slices.Sort(v.NeedCodes)
	v.NeedCodes = slices.Compact(v.NeedCodes)
	if v.Status == "" {
		v.Status = Active
	}
	held := !there && t.in.Own && v.Status == Active
	if held {
		v.Status = Inactive
	}
	verdict, err := t.write(ctx, func() error { return v.Validate() }, !there,
		func() bool { return there && same(asStored(was), asStored(v)) },
		func() *fault.Error {
			switch {
			case t.owner == nil:
				return errOwnerRefused
			case there && was.OrganizationID != t.in.OrganizationID:
				return errOfAnotherOrganization
			case there && foreign(was.Source, t.in.Source):
				return errOfAnotherSource
			case there && t.in.Own && (v.heldFields() != was.heldFields() || was.Status != Active && v.Status == Active):
				return errWaitsForOfficer
			}
			return t.fits(ctx, v, there)
		},
		func() error {
			if !there {
				v.Version = 1
				return insertService(ctx, t.q, v, t.now)
			}
			v.Version = was.Version
			if v.Status != was.Status {
				if err := updateStatus(ctx, t.q, "service", v.ID, v.Version, v.Status, t.now); err != nil {
					return err
				}
				v.Version++
			}
			return updateService(ctx, t.q, was, v, t.now)
		})
	verdict.Held = held && verdict.Created
	t.out.Services[in.ID] = verdict
	if verdict.Refused == nil {
		t.given[in.ID] = v
	}
	return err
}

// heldFields is what an organization may not change by itself of an accredited service.
func (s Service) heldFields() string {
	text, err := json.Marshal(struct {
		Name                   Name
		Needs                  []string
		Groups                 []string
		Minimum, Maximum       *int
		Sex                    Sex
		Areas                  []Area
		Eligibility            Eligibility
		EligibilityDescription Name
	}{s.Name, s.NeedCodes, s.TargetGroups, s.MinimumAge, s.MaximumAge, s.Sex, s.Areas, s.Details.Eligibility, s.Details.EligibilityDescription})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (t *taking) fits(ctx context.Context, v Service, there bool) *fault.Error {
	if !there {
		return nil
	}
	placed, unplaced, err := offersOf(ctx, t.q, v.ID)
	if err == nil {
		err = v.fits(placed, unplaced)
	}
	return asFault(err)
}

func (t *taking) offers(ctx context.Context) error {
	found, err := many(ctx, t.q, "read the services at locations", offerRow.offer, offerSQL+`
		WHERE sal.id = ANY (@ids)
		   OR sal.service_id = ANY (@services)`,
		pgx.StrictNamedArgs{"ids": ids(t.in.Offers), "services": ids(t.in.Services)})
	if err != nil {
		return err
	}
	there, taken := map[uuid.UUID]ServiceAtLocation{}, map[[2]uuid.UUID]uuid.UUID{}
	for _, o := range found {
		there[o.ID] = o
		taken[[2]uuid.UUID{o.ServiceID, o.LocationID}] = o.ID
	}
	for _, in := range t.in.Offers {
		if err := t.offer(ctx, in, there, taken); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) offer(ctx context.Context, in Incoming[ServiceAtLocation], all map[uuid.UUID]ServiceAtLocation, taken map[[2]uuid.UUID]uuid.UUID) error {
	was, there := all[in.ID]
	o := in.Of(whereThere(was, there))
	o.ID, o.Source, o.OrganizationID = in.ID, t.in.Source, t.in.OrganizationID
	if there {
		o.Source, o.ServiceID, o.LocationID, o.Confidential = was.Source, was.ServiceID, was.LocationID, was.Confidential
	}
	if o.Status == "" {
		o.Status = Active
	}
	if o.Accepting == "" {
		o.Accepting = UnknownCapacity
	}
	verdict, err := t.write(ctx, func() error { return o.Validate(t.now) }, !there,
		func() bool { return there && same(asStored(was), asStored(o)) },
		func() *fault.Error {
			if there && was.OrganizationID != t.in.OrganizationID {
				return errOfAnotherOrganization
			}
			if there && foreign(was.Source, t.in.Source) {
				return errOfAnotherSource
			}
			if other, ok := taken[[2]uuid.UUID{o.ServiceID, o.LocationID}]; ok && other != o.ID {
				return fault.New(fault.Impossible, "already_offered", "The service is offered at this location already.", "الخدمة معروضة في هذا الموقع مسبقًا.")
			}
			return t.offerable(ctx, o, there)
		},
		func() error {
			if !there {
				o.Version = 1
				return insertServiceAtLocation(ctx, t.q, o, t.now)
			}
			o.Version = was.Version
			return updateOffer(ctx, t.q, o, t.now)
		})
	t.out.Offers[in.ID] = verdict
	if verdict.Refused == nil {
		taken[[2]uuid.UUID{o.ServiceID, o.LocationID}] = o.ID
	}
	return err
}

// offerable looks whether service and location of a new offer are the organization's and go together.
func (t *taking) offerable(ctx context.Context, o ServiceAtLocation, there bool) *fault.Error {
	if t.out.Services[o.ServiceID].Refused != nil || t.out.Locations[o.LocationID].Refused != nil {
		return errOwnerRefused
	}
	if there {
		return nil
	}
	setting, err := settingOf(ctx, t.q, o)
	if err != nil {
		return asFault(err)
	}
	if setting.OrganizationID != t.in.OrganizationID {
		return errOfAnotherOrganization
	}
	return asFault(setting.permits(o))
}

// write decides about one thing and carries it out behind a savepoint, so that a rule that only the database knows refuses the one
// thing and not the import.
func (t *taking) write(ctx context.Context, validate func() error, fresh bool, same func() bool, refused func() *fault.Error, do func() error) (Verdict, error) {
	if same() {
		return Verdict{}, nil
	}
	if f := refused(); f != nil {
		return t.refusal(f)
	}
	if err := validate(); err != nil {
		return t.refusal(asFault(err))
	}
	if _, err := t.q.Exec(ctx, "SAVEPOINT intake"); err != nil {
		return Verdict{}, fmt.Errorf("import: %w", err)
	}
	if err := do(); err != nil {
		f := asFault(pg.Translate(err))
		if f.Kind == fault.Internal || ctx.Err() != nil {
			return Verdict{}, err
		}
		if _, err := t.q.Exec(ctx, "ROLLBACK TO SAVEPOINT intake"); err != nil {
			return Verdict{}, fmt.Errorf("import: %w", err)
		}
		return Verdict{Refused: f}, nil
	}
	if _, err := t.q.Exec(ctx, "RELEASE SAVEPOINT intake"); err != nil {
		return Verdict{}, fmt.Errorf("import: %w", err)
	}
	t.wrote = true
	return Verdict{Created: fresh, Updated: !fresh}, nil
}

// refusal is the verdict of a fault, unless that was an accident.
func (t *taking) refusal(f *fault.Error) (Verdict, error) {
	if f.Kind == fault.Internal {
		return Verdict{}, f
	}
	return Verdict{Refused: f}, nil
}

// asFault is the fault in err; an accident is one of kind Internal.
func asFault(err error) *fault.Error {
	if err == nil {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.New(fault.Internal, "internal", "An accident.", "حدث خطأ.").Because(err)
}

func whereThere[T any](v T, there bool) *T {
	if !there {
		return nil
	}
	return &v
}

// asStored is a thing as it stands in the database, without what every write changes.
func asStored(thing any) any {
	switch v := thing.(type) {
	case Organization:
		v.Version, v.UpdatedAt, v.Confirmation, v.Source = 0, time.Time{}, Confirmation{}, ""
		return []any{document[OrganizationDetails]{v.Details}, withoutDetails(v)}
	case Location:
		v.Version, v.UpdatedAt, v.Confirmation, v.Source = 0, time.Time{}, Confirmation{}, ""
		return []any{document[LocationDetails]{v.Details}, withoutDetails(v), v.Point.String()}
	case Service:
		v.Version, v.UpdatedAt, v.Confirmation, v.Source = 0, time.Time{}, Confirmation{}, ""
		if len(v.TargetGroups) == 0 {
			v.TargetGroups = nil
		}
		if len(v.NeedCodes) == 0 {
			v.NeedCodes = nil
		}
		return []any{document[ServiceDetails]{v.Details}, withoutDetails(v)}
	case ServiceAtLocation:
		v.Version, v.UpdatedAt, v.Confirmation, v.Source = 0, time.Time{}, Confirmation{}, ""
		if v.AcceptingAsOf != nil {
			at := v.AcceptingAsOf.UTC().Truncate(time.Microsecond)
			v.AcceptingAsOf = &at
		}
		return []any{document[OfferDetails]{v.Details}, withoutDetails(v)}
	}
	return thing
}

// withoutDetails is the thing with its details emptied: they are compared in their stored form, in which empty and absent are one.
func withoutDetails[T any](thing T) T {
	reflect.ValueOf(&thing).Elem().FieldByName("Details").SetZero()
	return thing
}

func same(a, b any) bool {
	left, errLeft := json.Marshal(a)
	right, errRight := json.Marshal(b)
	return errLeft == nil && errRight == nil && bytes.Equal(left, right)
}

func dayOrEmpty(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

func updateOffer(ctx context.Context, q pg.Querier, o ServiceAtLocation, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE service_at_location
		SET status = @status, accepting_status = @accepting, accepting_as_of = @as_of, details = @details, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`,
		pgx.StrictNamedArgs{
			"id": o.ID, "version": o.Version, "status": o.Status, "accepting": o.Accepting, "as_of": o.AcceptingAsOf,
			"details": document[OfferDetails]{o.Details}, "now": now,
		})
	return conditional("change the service at a location", tag.RowsAffected(), err)
}

// OfSource are the ids of what came from a publisher and has not ended, of one table: organization, service or service_at_location; with
// an organization, of what is its own.
func OfSource(ctx context.Context, q pg.Querier, table, source string, organization uuid.UUID) ([]uuid.UUID, error) {
	from := map[string]string{
		"organization": `SELECT o.id FROM organization AS o WHERE o.source = @source AND o.status <> 'defunct' AND (@organization::uuid IS NULL OR o.id = @organization)`,
		"service":      `SELECT s.id FROM service AS s WHERE s.source = @source AND s.status <> 'defunct' AND (@organization::uuid IS NULL OR s.organization_id = @organization)`,
		"service_at_location": `SELECT sal.id FROM service_at_location AS sal JOIN service AS s ON s.id = sal.service_id
			WHERE sal.source = @source AND sal.status <> 'defunct' AND (@organization::uuid IS NULL OR s.organization_id = @organization)`,
	}[table]
	if from == "" {
		return nil, fmt.Errorf("directory: nothing of %q comes from a publisher", table)
	}
	rows, err := q.Query(ctx, from+" ORDER BY 1", pgx.StrictNamedArgs{"source": source, "organization": idOrNull(organization)})
	if err != nil {
		return nil, fmt.Errorf("list what came from a publisher: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// End says that a thing of one of the tables of OfSource has ended, in the transaction of q, and refreshes what may be found. Only an
// import does so; for people there is SetServiceStatus and the like.
func End(ctx context.Context, q pg.Querier, table string, id uuid.UUID, now time.Time) error {
	var version int
	var organization uuid.UUID
	sql := map[string]string{
		"organization":        `SELECT version, id FROM organization WHERE id = @id`,
		"service":             `SELECT version, organization_id FROM service WHERE id = @id`,
		"service_at_location": `SELECT sal.version, s.organization_id FROM service_at_location AS sal JOIN service AS s ON s.id = sal.service_id WHERE sal.id = @id`,
	}[table]
	if sql == "" {
		return fmt.Errorf("directory: a row of %q does not end", table)
	}
	if err := q.QueryRow(ctx, sql, pgx.StrictNamedArgs{"id": id}).Scan(&version, &organization); err != nil {
		return fmt.Errorf("read what is to end: %w", err)
	}
	if err := updateStatus(ctx, q, table, id, version, Defunct, now); err != nil {
		return err
	}
	return refresh(ctx, q, organization)
}
