package directory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// refresh rebuilds what may be found of the organization; see refresh_provider_search in the migrations.
func refresh(ctx context.Context, q pg.Querier, organization uuid.UUID) error {
	if pg.Filling(q) {
		return RefreshListing(ctx, q, organization)
	}
	_, err := q.Exec(ctx, `SELECT refresh_provider_search(@organization), tahweel_refresh_text(@organization)`, pgx.StrictNamedArgs{"organization": organization})
	if err != nil {
		return fmt.Errorf("refresh the search: %w", err)
	}
	return nil
}

// run sends the statements in one round trip.
func run(ctx context.Context, q pg.Querier, what string, batch *pgx.Batch) error {
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func upsertNeeds(ctx context.Context, q pg.Querier, needs []Need) error {
	batch := &pgx.Batch{}
	for _, n := range needs {
		args := pgx.StrictNamedArgs{
			"id": n.ID, "code": n.Code, "parent_id": orNull(n.ParentCode, needID), "tier": positive(n.Tier),
			"name_ar": n.Name.AR, "name_en": n.Name.EN, "description_ar": n.Description.AR, "description_en": n.Description.EN,
		}
		batch.Queue(upsertNeedSQL, args)
	}
	return run(ctx, q, "seed the needs", batch)
}

const upsertNeedSQL = `
	INSERT INTO need (id, code, parent_id, tier, name_ar, name_en, description_ar, description_en)
	VALUES (@id, @code, @parent_id, @tier, @name_ar, @name_en, @description_ar, @description_en)
	ON CONFLICT ON CONSTRAINT need_pkey DO UPDATE
	SET code = EXCLUDED.code, parent_id = EXCLUDED.parent_id, tier = EXCLUDED.tier,
	    name_ar = EXCLUDED.name_ar, name_en = EXCLUDED.name_en,
	    description_ar = EXCLUDED.description_ar, description_en = EXCLUDED.description_en
	WHERE need IS DISTINCT FROM EXCLUDED`

type needRow struct {
	ID            uuid.UUID
	Code          string
	ParentCode    string
	Tier          int
	NameAr        string
	NameEn        string
	DescriptionAr string
	DescriptionEn string
}

func selectNeeds(ctx context.Context, q pg.Querier) ([]Need, error) {
	rows, err := q.Query(ctx, `
		SELECT n.id, n.code, coalesce(p.code, '') AS parent_code, coalesce(n.tier, 0) AS tier,
		       n.name_ar, n.name_en, n.description_ar, n.description_en
		FROM need AS n
		LEFT JOIN need AS p ON p.id = n.parent_id
		ORDER BY coalesce(p.code, n.code) COLLATE "C", p.code IS NOT NULL, n.code COLLATE "C"`)
	if err != nil {
		return nil, fmt.Errorf("read the needs: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[needRow])
	if err != nil {
		return nil, fmt.Errorf("read the needs: %w", err)
	}
	needs := make([]Need, len(found))
	for i, r := range found {
		needs[i] = Need{
			ID: r.ID, Code: r.Code, ParentCode: r.ParentCode, Tier: r.Tier,
			Name: Name{AR: r.NameAr, EN: r.NameEn}, Description: Name{AR: r.DescriptionAr, EN: r.DescriptionEn},
		}
	}
	return needs, nil
}

func insertDirectorate(ctx context.Context, q pg.Querier, d Directorate, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO directorate (id, code, name_ar, name_en, version, created_at)
		VALUES (@id, @code, @name_ar, @name_en, @version, @now)`,
		pgx.StrictNamedArgs{"id": d.ID, "code": d.Code, "name_ar": d.Name.AR, "name_en": d.Name.EN, "version": d.Version, "now": now})
	batch.Queue(`
		INSERT INTO directorate_place (place_code, directorate_id)
		SELECT code, @id
		FROM unnest(@places::text[]) AS given (code)`,
		pgx.StrictNamedArgs{"id": d.ID, "places": d.PlaceCodes})
	batch.Queue(`
		INSERT INTO directorate_place (place_code, directorate_id)
		SELECT p.code, @id
		FROM place AS p
		WHERE p.governorate_code = ANY (@governorates::text[])
		  AND p.code <> ALL (coalesce(@excluded::text[], '{}'))
		ON CONFLICT ON CONSTRAINT directorate_place_pkey DO NOTHING`,
		pgx.StrictNamedArgs{"id": d.ID, "governorates": d.GovernorateCodes, "excluded": d.ExcludedPlaceCodes})
	return run(ctx, q, "create the directorate", batch)
}

func insertOrganization(ctx context.Context, q pg.Querier, o Organization, now time.Time) error {
	_, err := q.Exec(ctx, `
		INSERT INTO organization (
		  id, kind, status, information_only, name_ar, name_en, description_ar, description_en,
		  registering_authority, registration_number, registration_expires_on, details, source, version, created_at, updated_at
		) VALUES (
		  @id, @kind, @status, @information_only, @name_ar, @name_en, @description_ar, @description_en,
		  @registering_authority, @registration_number, @registration_expires_on, @details, @source, @version, @now, @now
		)`,
		pgx.StrictNamedArgs{
			"id": o.ID, "kind": o.Kind, "status": o.Status, "information_only": o.InformationOnly,
			"name_ar": o.Name.AR, "name_en": o.Name.EN, "description_ar": o.Description.AR, "description_en": o.Description.EN,
			"registering_authority": o.RegisteringAuthority, "registration_number": o.RegistrationNumber,
			"registration_expires_on": o.RegistrationExpiresOn, "details": document[OrganizationDetails]{o.Details}, "source": o.Source,
			"version": o.Version, "now": now,
		})
	if err != nil {
		return fmt.Errorf("create the organization: %w", err)
	}
	return nil
}

func insertService(ctx context.Context, q pg.Querier, s Service, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO service (
		  id, organization_id, status, name_ar, name_en, description_ar, description_en,
		  target_groups, minimum_age, maximum_age, sex, delivery_modes, details, external_id, source, version, created_at, updated_at
		) VALUES (
		  @id, @organization_id, @status, @name_ar, @name_en, @description_ar, @description_en,
		  @target_groups, @minimum_age, @maximum_age, @sex, @delivery_modes, @details, @external_id, @source, @version, @now, @now
		)`,
		pgx.StrictNamedArgs{
			"id": s.ID, "organization_id": s.OrganizationID, "status": s.Status,
			"name_ar": s.Name.AR, "name_en": s.Name.EN, "description_ar": s.Description.AR, "description_en": s.Description.EN,
			"target_groups": append([]string{}, s.TargetGroups...), "minimum_age": s.MinimumAge, "maximum_age": s.MaximumAge,
			"sex": s.Sex, "delivery_modes": s.DeliveryModes, "details": document[ServiceDetails]{s.Details},
			"external_id": orNull(s.ExternalID, itself), "source": s.Source, "version": s.Version, "now": now,
		})
	for _, code := range s.NeedCodes {
		batch.Queue(`INSERT INTO service_need (service_id, need_id) VALUES (@service, @need)`,
			pgx.StrictNamedArgs{"service": s.ID, "need": needID(code)})
	}
	if err := queueAreas(batch, s); err != nil {
		return err
	}
	return run(ctx, q, "create the service", batch)
}

func insertLocation(ctx context.Context, q pg.Querier, l Location, now time.Time) error {
	args := pgx.StrictNamedArgs{
		"id": l.ID, "organization": l.OrganizationID, "place": orNull(l.PlaceCode, itself), "point": l.pointOrNull(), "version": l.Version, "now": now,
	}
	sql := `
		INSERT INTO confidential_location (id, organization_id, place_code, geog, version, created_at, updated_at)
		VALUES (@id, @organization, @place, @point, @version, @now, @now)`
	if !l.Confidential {
		maps.Copy(args, l.openArgs())
		args["source"] = l.Source
		sql = `
		INSERT INTO location (
		  id, organization_id, branch_id, place_code, geog, name_ar, name_en, address_ar, address_en, valid_from, valid_to, details,
		  external_id, source, version, created_at, updated_at
		) VALUES (
		  @id, @organization, @branch, @place, @point, @name_ar, @name_en, @address_ar, @address_en, @valid_from, @valid_to, @details,
		  @external_id, @source, @version, @now, @now
		)`
	}
	if _, err := q.Exec(ctx, sql, args); err != nil {
		return fmt.Errorf("create the location: %w", err)
	}
	return nil
}

// setting is what OfferAt must know of the service and the location.
type setting struct {
	OrganizationID uuid.UUID
	DeliveryModes  []string
	LocationOwned  bool
}

// settingOf reads the service and whether the location is its organization's. That of a confidential one is read as the system,
// for a yes or no only: an officer may offer a service at a place that the officer may not see.
func settingOf(ctx context.Context, q pg.Querier, sal ServiceAtLocation) (s setting, err error) {
	table := "(SELECT id, organization_id FROM location WHERE merged_into IS NULL)"
	if sal.Confidential {
		table = "confidential_location"
	}
	err = pg.Elevate(ctx, q, func(q pg.Querier) error {
		rows, err := q.Query(ctx, `
			SELECT s.organization_id, s.delivery_modes,
			       EXISTS (SELECT FROM `+table+` AS l WHERE l.id = @location AND l.organization_id = s.organization_id) AS location_owned
			FROM service AS s
			WHERE s.id = @service`,
			pgx.StrictNamedArgs{"service": sal.ServiceID, "location": sal.LocationID})
		if err != nil {
			return err
		}
		s, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[setting])
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		var l fault.List
		l.Add("/service_id", "There is no such service.", "لا توجد خدمة كهذه.")
		return setting{}, l.Err()
	}
	if err != nil {
		return setting{}, fmt.Errorf("read the service: %w", err)
	}
	return s, nil
}

func (s setting) permits(sal ServiceAtLocation) error {
	var comes, goes bool // by wire or to the house; anything else than by wire
	for _, m := range s.DeliveryModes {
		comes = comes || m == string(Remote) || m == string(HomeVisit)
		goes = goes || m != string(Remote)
	}
	var l fault.List
	switch {
	case sal.LocationID == uuid.Nil && !comes:
		l.Add("/location_id", "A service that people must come to has a location.", "للخدمة التي يأتي إليها الناس موقع.")
	case sal.LocationID != uuid.Nil && !goes:
		l.Add("/location_id", "A service that is only remote is offered without a location.", "الخدمة المقدمة عن بعد فقط تُعرض بلا موقع.")
	case sal.LocationID != uuid.Nil && !s.LocationOwned:
		l.Add("/location_id", "The organization has no such location.", "ليس للمنظمة موقع كهذا.")
	}
	return l.Err()
}

func insertServiceAtLocation(ctx context.Context, q pg.Querier, sal ServiceAtLocation, now time.Time) error {
	var location, confidential *uuid.UUID
	switch {
	case sal.Confidential:
		confidential = &sal.LocationID
	case sal.LocationID != uuid.Nil:
		location = &sal.LocationID
	}
	_, err := q.Exec(ctx, `
		INSERT INTO service_at_location (
		  id, service_id, location_id, confidential_location_id, status, accepting_status, accepting_as_of, details, source,
		  version, created_at, updated_at
		) VALUES (@id, @service, @location, @confidential, @status, @accepting, @as_of, @details, @source, @version, @now, @now)`,
		pgx.StrictNamedArgs{
			"id": sal.ID, "service": sal.ServiceID, "location": location, "confidential": confidential, "status": sal.Status,
			"accepting": sal.Accepting, "as_of": sal.AcceptingAsOf, "details": document[OfferDetails]{sal.Details}, "source": sal.Source,
			"version": sal.Version, "now": now,
		})
	if err != nil {
		return fmt.Errorf("offer the service: %w", err)
	}
	return nil
}

func itself(s string) string { return s }

// orNull returns nil for an empty text, and otherwise what of makes of it.
func orNull[T any](s string, of func(string) T) *T {
	if s == "" {
		return nil
	}
	v := of(s)
	return &v
}

func positive(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
