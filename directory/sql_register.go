package directory

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// one reads exactly one row and makes a thing of it.
func one[R, T any](ctx context.Context, q pg.Querier, what string, of func(R) T, sql string, args pgx.StrictNamedArgs) (thing T, err error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return thing, fmt.Errorf("%s: %w", what, err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[R])
	if err != nil {
		return thing, fmt.Errorf("%s: %w", what, err)
	}
	return of(row), nil
}

// many reads rows and makes a thing of each.
func many[R, T any](ctx context.Context, q pg.Querier, what string, of func(R) T, sql string, args pgx.StrictNamedArgs) ([]T, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[R])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	things := make([]T, len(found))
	for i, r := range found {
		things[i] = of(r)
	}
	return things, nil
}

// confirmationRow is where a row of the register came from and when it was last confirmed.
type confirmationRow struct {
	Source      string
	ConfirmedAt *time.Time
	ConfirmedBy *uuid.UUID
}

func (r confirmationRow) confirmation() Confirmation {
	c := Confirmation{ConfirmedAt: r.ConfirmedAt}
	if r.ConfirmedBy != nil {
		c.ConfirmedBy = *r.ConfirmedBy
	}
	return c
}

type organizationRow struct {
	ID                    uuid.UUID
	Kind                  OrganizationKind
	Status                Status
	InformationOnly       bool
	NameAr                string
	NameEn                string
	DescriptionAr         string
	DescriptionEn         string
	RegisteringAuthority  string
	RegistrationNumber    string
	RegistrationExpiresOn *time.Time
	Details               document[OrganizationDetails]
	MergedInto            *uuid.UUID
	confirmationRow
	Version   int
	UpdatedAt time.Time
}

func (r organizationRow) organization() Organization {
	return Organization{
		ID: r.ID, Kind: r.Kind, Status: r.Status, InformationOnly: r.InformationOnly, Name: Name{AR: r.NameAr, EN: r.NameEn},
		Description: Name{AR: r.DescriptionAr, EN: r.DescriptionEn}, RegisteringAuthority: r.RegisteringAuthority,
		RegistrationNumber: r.RegistrationNumber, RegistrationExpiresOn: r.RegistrationExpiresOn,
		Details: r.Details.Value, Source: r.Source, MergedInto: r.MergedInto, Confirmation: r.confirmation(), Version: r.Version, UpdatedAt: r.UpdatedAt,
	}
}

const organizationSQL = `
	SELECT id, kind, status, information_only, name_ar, name_en, description_ar, description_en,
	       registering_authority, registration_number, registration_expires_on, details, source, merged_into, confirmed_at, confirmed_by,
	       version, updated_at
	FROM organization`

func selectOrganization(ctx context.Context, q pg.Querier, id uuid.UUID) (Organization, error) {
	return one(ctx, q, "read the organization", organizationRow.organization, organizationSQL+`
		WHERE id = @id`, pgx.StrictNamedArgs{"id": id})
}

func selectOrganizations(ctx context.Context, q pg.Querier, f Filter) ([]Organization, error) {
	return many(ctx, q, "list the organizations", organizationRow.organization, organizationSQL+`
		WHERE (@kind = '' OR kind = @kind)
		  AND (@status = '' OR status = @status)
		  AND id > @after
		ORDER BY id
		LIMIT @limit`,
		pgx.StrictNamedArgs{"kind": f.Kind, "status": f.Status, "after": f.After, "limit": f.Limit})
}

func updateOrganization(ctx context.Context, q pg.Querier, o Organization, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE organization
		SET kind = @kind, information_only = @information_only, name_ar = @name_ar, name_en = @name_en,
		    description_ar = @description_ar, description_en = @description_en, registering_authority = @registering_authority,
		    registration_number = @registration_number, registration_expires_on = @registration_expires_on,
		    details = @details, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`,
		pgx.StrictNamedArgs{
			"id": o.ID, "kind": o.Kind, "information_only": o.InformationOnly, "name_ar": o.Name.AR, "name_en": o.Name.EN,
			"description_ar": o.Description.AR, "description_en": o.Description.EN, "registering_authority": o.RegisteringAuthority,
			"registration_number": o.RegistrationNumber, "registration_expires_on": o.RegistrationExpiresOn,
			"details": document[OrganizationDetails]{o.Details}, "version": o.Version, "now": now,
		})
	return conditional("change the organization", tag.RowsAffected(), err)
}

// updateStatus sets the status of one row of the table, which is a name of this package's.
func updateStatus(ctx context.Context, q pg.Querier, table string, id uuid.UUID, version int, status Status, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE `+table+`
		SET status = @status, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`,
		pgx.StrictNamedArgs{"id": id, "version": version, "status": status, "now": now})
	return conditional("set the status", tag.RowsAffected(), err)
}

// setStatus sets the status of a service or an offer, which table names; officer says that an officer does, who closes with it what is
// not active.
func setStatus(ctx context.Context, q pg.Querier, officer bool, table string, id uuid.UUID, version int, status Status, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE `+table+`
		SET status = @status, closed_by_register = @status <> 'active' AND (@officer OR closed_by_register AND status <> 'active'),
		    version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`,
		pgx.StrictNamedArgs{"id": id, "version": version, "status": status, "officer": officer, "now": now})
	return conditional("set the status", tag.RowsAffected(), err)
}

// conditional says what an UPDATE of the version that was read a moment ago has come to: who changes no row came second.
func conditional(what string, changed int64, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if changed == 0 {
		return errMoved
	}
	return nil
}

type branchRow struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	Status         Status
	NameAr         string
	NameEn         string
	PlaceCode      string
	AddressAr      string
	AddressEn      string
	Telephone      string
	Email          string
	Version        int
	UpdatedAt      time.Time
}

func (r branchRow) branch() Branch {
	return Branch{
		ID: r.ID, OrganizationID: r.OrganizationID, Status: r.Status, Name: Name{AR: r.NameAr, EN: r.NameEn}, PlaceCode: r.PlaceCode,
		Address: Name{AR: r.AddressAr, EN: r.AddressEn}, Telephone: r.Telephone, Email: r.Email, Version: r.Version, UpdatedAt: r.UpdatedAt,
	}
}

const branchSQL = `
	SELECT id, organization_id, status, name_ar, name_en, place_code, address_ar, address_en, telephone, email, version, updated_at
	FROM branch`

func selectBranch(ctx context.Context, q pg.Querier, id uuid.UUID) (Branch, error) {
	return one(ctx, q, "read the branch", branchRow.branch, branchSQL+`
		WHERE id = @id`, pgx.StrictNamedArgs{"id": id})
}

func selectBranches(ctx context.Context, q pg.Querier, f Filter) ([]Branch, error) {
	return many(ctx, q, "list the branches", branchRow.branch, branchSQL+`
		WHERE (@organization::uuid IS NULL OR organization_id = @organization)
		  AND (@place = '' OR place_code = @place)
		  AND (@status = '' OR status = @status)
		  AND id > @after
		ORDER BY id
		LIMIT @limit`,
		pgx.StrictNamedArgs{"organization": f.organization(), "place": f.PlaceCode, "status": f.Status, "after": f.After, "limit": f.Limit})
}

func (b Branch) args(now time.Time) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"id": b.ID, "name_ar": b.Name.AR, "name_en": b.Name.EN, "place": b.PlaceCode, "address_ar": b.Address.AR, "address_en": b.Address.EN,
		"telephone": b.normalised().Telephone, "email": b.Email, "version": b.Version, "now": now,
	}
}

func insertBranch(ctx context.Context, q pg.Querier, b Branch, now time.Time) error {
	args := b.args(now)
	args["organization"], args["status"] = b.OrganizationID, b.Status
	_, err := q.Exec(ctx, `
		INSERT INTO branch (
		  id, organization_id, status, name_ar, name_en, place_code, address_ar, address_en, telephone, email, version, created_at, updated_at
		) VALUES (
		  @id, @organization, @status, @name_ar, @name_en, @place, @address_ar, @address_en, @telephone, @email, @version, @now, @now
		)`, args)
	if err != nil {
		return fmt.Errorf("create the branch: %w", err)
	}
	return nil
}

func updateBranch(ctx context.Context, q pg.Querier, b Branch, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE branch
		SET name_ar = @name_ar, name_en = @name_en, place_code = @place, address_ar = @address_ar, address_en = @address_en,
		    telephone = @telephone, email = @email, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`, b.args(now))
	return conditional("change the branch", tag.RowsAffected(), err)
}

type locationRow struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	BranchID       *uuid.UUID
	PlaceCode      string
	Point          *geo.Point
	NameAr         string
	NameEn         string
	AddressAr      string
	AddressEn      string
	Confidential   bool
	ValidFrom      *time.Time
	ValidTo        *time.Time
	Details        document[LocationDetails]
	ExternalID     string
	MergedInto     *uuid.UUID
	confirmationRow
	PendingChange *uuid.UUID
	Version       int
	UpdatedAt     time.Time
}

func (r locationRow) location() Location {
	l := Location{
		ID: r.ID, OrganizationID: r.OrganizationID, BranchID: r.BranchID, PlaceCode: r.PlaceCode,
		Name: Name{AR: r.NameAr, EN: r.NameEn}, Address: Name{AR: r.AddressAr, EN: r.AddressEn},
		Confidential: r.Confidential, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo, Details: r.Details.Value, ExternalID: r.ExternalID,
		MergedInto: r.MergedInto, Source: r.Source, Confirmation: r.confirmation(), PendingChange: orNil(r.PendingChange), Version: r.Version, UpdatedAt: r.UpdatedAt,
	}
	if r.Point != nil {
		l.Point = *r.Point
	}
	return l
}

// locationSQL is both tables as one: what of the confidential one may be shown, its readers decide, and row-level security again.
const locationSQL = `
	SELECT id, organization_id, branch_id, coalesce(place_code, '') AS place_code, point, name_ar, name_en, address_ar, address_en, confidential,
	       valid_from, valid_to, details, coalesce(external_id, '') AS external_id, source, merged_into, confirmed_at, confirmed_by,
	       (SELECT cr.id FROM change_request AS cr WHERE cr.location_id = l.id AND cr.status = 'waiting') AS pending_change, version, updated_at
	FROM (
	  SELECT id, organization_id, branch_id, place_code, geog AS point, name_ar, name_en, address_ar, address_en,
	         false AS confidential, valid_from, valid_to, details, external_id, source, merged_into, confirmed_at, confirmed_by, version, updated_at
	  FROM location
	  UNION ALL
	  SELECT id, organization_id, NULL, place_code, geog, '', '', '', '', true, NULL, NULL, '{}', NULL, '', NULL, NULL, NULL, version, updated_at
	  FROM confidential_location
	) AS l`

func selectLocation(ctx context.Context, q pg.Querier, id uuid.UUID) (Location, error) {
	return one(ctx, q, "read the location", locationRow.location, locationSQL+`
		WHERE id = @id`, pgx.StrictNamedArgs{"id": id})
}

func selectLocations(ctx context.Context, q pg.Querier, actor policy.Actor, f Filter) ([]Location, error) {
	return many(ctx, q, "list the locations", locationRow.location, locationSQL+`
		WHERE (NOT confidential OR @system OR organization_id = ANY (@of_confidence))
		  AND (@organization::uuid IS NULL OR organization_id = @organization)
		  AND (@branch::uuid IS NULL OR branch_id = @branch)
		  AND (@place = '' OR place_code = @place)
		  AND id > @after
		ORDER BY id
		LIMIT @limit`,
		pgx.StrictNamedArgs{
			"system": actor.Kind == policy.System, "of_confidence": ofConfidence(actor), "organization": f.organization(),
			"branch": idOrNull(f.BranchID), "place": f.PlaceCode, "after": f.After, "limit": f.Limit,
		})
}

// openArgs are what only a location that is not confidential has.
func (l Location) openArgs() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"branch": l.BranchID, "name_ar": l.Name.AR, "name_en": l.Name.EN, "address_ar": l.Address.AR, "address_en": l.Address.EN,
		"valid_from": l.ValidFrom, "valid_to": l.ValidTo, "details": document[LocationDetails]{l.Details}, "external_id": orNull(l.ExternalID, itself),
	}
}

func (l Location) pointOrNull() *geo.Point {
	if !l.Placed() {
		return nil
	}
	return &l.Point
}

func updateLocation(ctx context.Context, q pg.Querier, l Location, now time.Time) error {
	args := pgx.StrictNamedArgs{"id": l.ID, "place": orNull(l.PlaceCode, itself), "point": l.pointOrNull(), "version": l.Version, "now": now}
	sql := `
		UPDATE confidential_location
		SET place_code = @place, geog = @point, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`
	if !l.Confidential {
		maps.Copy(args, l.openArgs())
		sql = `
		UPDATE location
		SET branch_id = @branch, place_code = @place, geog = @point, name_ar = @name_ar, name_en = @name_en,
		    address_ar = @address_ar, address_en = @address_en, valid_from = @valid_from, valid_to = @valid_to, details = @details,
		    external_id = @external_id, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`
	}
	tag, err := q.Exec(ctx, sql, args)
	return conditional("change the location", tag.RowsAffected(), err)
}

type offerRow struct {
	ID             uuid.UUID
	ServiceID      uuid.UUID
	OrganizationID uuid.UUID
	LocationID     *uuid.UUID
	Confidential   bool
	Status         Status
	Accepting      AcceptingStatus
	AcceptingAsOf  *time.Time
	Details        document[OfferDetails]
	confirmationRow
	PendingChange *uuid.UUID
	Version       int
	UpdatedAt     time.Time
}

func (r offerRow) offer() ServiceAtLocation {
	sal := ServiceAtLocation{
		ID: r.ID, ServiceID: r.ServiceID, OrganizationID: r.OrganizationID, Confidential: r.Confidential, Status: r.Status,
		Accepting: r.Accepting, AcceptingAsOf: r.AcceptingAsOf, Details: r.Details.Value, Source: r.Source, Confirmation: r.confirmation(),
		PendingChange: orNil(r.PendingChange), Version: r.Version, UpdatedAt: r.UpdatedAt,
	}
	if r.LocationID != nil {
		sal.LocationID = *r.LocationID
	}
	return sal
}

const offerSQL = `
	SELECT sal.id, sal.service_id, s.organization_id, coalesce(sal.location_id, sal.confidential_location_id) AS location_id,
	       sal.confidential_location_id IS NOT NULL AS confidential, sal.status,
	       sal.accepting_status AS accepting, sal.accepting_as_of, sal.details, sal.source, sal.confirmed_at, sal.confirmed_by,
	       (SELECT cr.id FROM change_request AS cr WHERE cr.service_at_location_id = sal.id AND cr.status = 'waiting') AS pending_change, sal.version, sal.updated_at
	FROM service_at_location AS sal
	JOIN service AS s ON s.id = sal.service_id`

func selectServiceAtLocation(ctx context.Context, q pg.Querier, id uuid.UUID) (ServiceAtLocation, error) {
	return one(ctx, q, "read the service at a location", offerRow.offer, offerSQL+`
		WHERE sal.id = @id`, pgx.StrictNamedArgs{"id": id})
}

func selectServicesAtLocations(ctx context.Context, q pg.Querier, actor policy.Actor, f Filter) ([]ServiceAtLocation, error) {
	return many(ctx, q, "list the services at locations", offerRow.offer, offerSQL+`
		WHERE (sal.confidential_location_id IS NULL OR @everything OR s.organization_id = ANY (@organizations))
		  AND (@organization::uuid IS NULL OR s.organization_id = @organization)
		  AND (@service::uuid IS NULL OR sal.service_id = @service)
		  AND (@location::uuid IS NULL OR sal.location_id = @location
		       OR (sal.confidential_location_id = @location AND (@system OR s.organization_id = ANY (@of_confidence))))
		  AND (@status = '' OR sal.status = @status)
		  AND (@accepting = '' OR sal.accepting_status = @accepting)
		  AND sal.id > @after
		ORDER BY sal.id
		LIMIT @limit`,
		pgx.StrictNamedArgs{
			"everything": everything(actor), "organizations": append([]uuid.UUID{}, actor.Organizations()...),
			"system": actor.Kind == policy.System, "of_confidence": ofConfidence(actor),
			"organization": f.organization(), "service": idOrNull(f.ServiceID), "location": idOrNull(f.LocationID),
			"status": f.Status, "accepting": f.Accepting, "after": f.After, "limit": f.Limit,
		})
}

func updateAccepting(ctx context.Context, q pg.Querier, id uuid.UUID, version int, status AcceptingStatus, now time.Time) error {
	args := pgx.StrictNamedArgs{"id": id, "version": version, "status": status, "as_of": &now, "now": now}
	if status == UnknownCapacity {
		args["as_of"] = (*time.Time)(nil)
	}
	tag, err := q.Exec(ctx, `
		UPDATE service_at_location
		SET accepting_status = @status, accepting_as_of = @as_of, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`, args)
	return conditional("set the accepting status", tag.RowsAffected(), err)
}

type areaRow struct {
	ServiceID       uuid.UUID
	GovernorateCode string
	PlaceCode       string
	Nationwide      bool
	Polygon         geom.T
}

func (r areaRow) area() Area {
	a := Area{GovernorateCode: r.GovernorateCode, PlaceCode: r.PlaceCode, Nationwide: r.Nationwide}
	if p, ok := r.Polygon.(*geom.MultiPolygon); ok {
		a.Polygon = p
	}
	return a
}
