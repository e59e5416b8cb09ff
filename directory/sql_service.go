package directory

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

type serviceRow struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	Status         Status
	NameAr         string
	NameEn         string
	DescriptionAr  string
	DescriptionEn  string
	NeedCodes      []string
	TargetGroups   []string
	MinimumAge     *int
	MaximumAge     *int
	Sex            Sex
	DeliveryModes  []DeliveryMode
	Details        document[ServiceDetails]
	ExternalID     string
	confirmationRow
	PendingChange *uuid.UUID
	Version       int
	UpdatedAt     time.Time
}

func (r serviceRow) service() Service {
	return Service{
		ID: r.ID, OrganizationID: r.OrganizationID, Status: r.Status, Name: Name{AR: r.NameAr, EN: r.NameEn},
		Description: Name{AR: r.DescriptionAr, EN: r.DescriptionEn}, NeedCodes: r.NeedCodes, TargetGroups: r.TargetGroups,
		MinimumAge: r.MinimumAge, MaximumAge: r.MaximumAge, Sex: r.Sex, DeliveryModes: r.DeliveryModes,
		Details: r.Details.Value, ExternalID: r.ExternalID, Source: r.Source, Confirmation: r.confirmation(), PendingChange: orNil(r.PendingChange), Version: r.Version, UpdatedAt: r.UpdatedAt,
	}
}

const serviceSQL = `
	SELECT s.id, s.organization_id, s.status, s.name_ar, s.name_en, s.description_ar, s.description_en,
	       ARRAY (
	         SELECT n.code
	         FROM service_need AS sn
	         JOIN need AS n ON n.id = sn.need_id
	         WHERE sn.service_id = s.id
	         ORDER BY n.code
	       ) AS need_codes,
	       s.target_groups, s.minimum_age, s.maximum_age, s.sex, s.delivery_modes, s.details, coalesce(s.external_id, '') AS external_id,
	       s.source, s.confirmed_at, s.confirmed_by,
	       (SELECT cr.id FROM change_request AS cr WHERE cr.service_id = s.id AND cr.status = 'waiting') AS pending_change, s.version, s.updated_at
	FROM service AS s`

func selectService(ctx context.Context, q pg.Querier, id uuid.UUID) (Service, error) {
	v, err := one(ctx, q, "read the service", serviceRow.service, serviceSQL+`
		WHERE s.id = @id`, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Service{}, err
	}
	list := []Service{v}
	err = fillAreas(ctx, q, list)
	return list[0], err
}

func selectServices(ctx context.Context, q pg.Querier, f Filter) ([]Service, error) {
	list, err := many(ctx, q, "list the services", serviceRow.service, serviceSQL+`
		WHERE (@organization::uuid IS NULL OR s.organization_id = @organization)
		  AND (@status = '' OR s.status = @status)
		  AND (@need = '' OR EXISTS (
		        SELECT FROM service_need AS sn
		        JOIN need AS n ON n.id = sn.need_id
		        LEFT JOIN need AS p ON p.id = n.parent_id
		        WHERE sn.service_id = s.id AND @need IN (n.code, p.code)))
		  AND s.id > @after
		ORDER BY s.id
		LIMIT @limit`,
		pgx.StrictNamedArgs{"organization": f.organization(), "status": f.Status, "need": f.NeedCode, "after": f.After, "limit": f.Limit})
	if err != nil {
		return nil, err
	}
	return list, fillAreas(ctx, q, list)
}

// fillAreas reads the areas of all services of the list at once.
func fillAreas(ctx context.Context, q pg.Querier, list []Service) error {
	at := make(map[uuid.UUID]int, len(list))
	ids := make([]uuid.UUID, len(list))
	for i, v := range list {
		at[v.ID], ids[i] = i, v.ID
	}
	rows, err := q.Query(ctx, `
		SELECT service_id, coalesce(governorate_code, '') AS governorate_code, coalesce(place_code, '') AS place_code, nationwide, polygon
		FROM service_area
		WHERE service_id = ANY (@services)
		ORDER BY service_id, id`, pgx.StrictNamedArgs{"services": ids})
	if err != nil {
		return fmt.Errorf("read the areas: %w", err)
	}
	areas, err := pgx.CollectRows(rows, pgx.RowToStructByName[areaRow])
	if err != nil {
		return fmt.Errorf("read the areas: %w", err)
	}
	for _, r := range areas {
		i := at[r.ServiceID]
		list[i].Areas = append(list[i].Areas, r.area())
	}
	return nil
}

// offersOf reports whether the service is offered at a location, and whether it is offered at none; what has ended does not count.
func offersOf(ctx context.Context, q pg.Querier, service uuid.UUID) (placed, unplaced bool, err error) {
	err = q.QueryRow(ctx, `
		SELECT coalesce(bool_or(num_nonnulls(location_id, confidential_location_id) > 0), false),
		       coalesce(bool_or(num_nonnulls(location_id, confidential_location_id) = 0), false)
		FROM service_at_location
		WHERE service_id = @service AND status <> 'defunct'`, pgx.StrictNamedArgs{"service": service}).Scan(&placed, &unplaced)
	if err != nil {
		return false, false, fmt.Errorf("read where the service is offered: %w", err)
	}
	return placed, unplaced, nil
}

// updateService writes the service before its needs and areas, so that the history has them under one version; needs and areas that
// stay are not touched.
func updateService(ctx context.Context, q pg.Querier, was, s Service, now time.Time) error {
	tag, err := q.Exec(ctx, `
		UPDATE service
		SET name_ar = @name_ar, name_en = @name_en, description_ar = @description_ar, description_en = @description_en,
		    target_groups = @target_groups, minimum_age = @minimum_age, maximum_age = @maximum_age, sex = @sex,
		    delivery_modes = @delivery_modes, details = @details, external_id = @external_id, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`,
		pgx.StrictNamedArgs{
			"id": s.ID, "name_ar": s.Name.AR, "name_en": s.Name.EN, "description_ar": s.Description.AR, "description_en": s.Description.EN,
			"target_groups": append([]string{}, s.TargetGroups...), "minimum_age": s.MinimumAge, "maximum_age": s.MaximumAge,
			"sex": s.Sex, "delivery_modes": s.DeliveryModes, "details": document[ServiceDetails]{s.Details},
			"external_id": orNull(s.ExternalID, itself), "version": s.Version, "now": now,
		})
	if err := conditional("change the service", tag.RowsAffected(), err); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	needs := make([]uuid.UUID, len(s.NeedCodes))
	for i, code := range s.NeedCodes {
		needs[i] = needID(code)
	}
	batch.Queue(`DELETE FROM service_need WHERE service_id = @service AND need_id <> ALL (@needs)`,
		pgx.StrictNamedArgs{"service": s.ID, "needs": needs})
	batch.Queue(`
		INSERT INTO service_need (service_id, need_id)
		SELECT @service, given.need_id
		FROM unnest(@needs::uuid[]) AS given (need_id)
		WHERE NOT EXISTS (SELECT FROM service_need AS sn WHERE sn.service_id = @service AND sn.need_id = given.need_id)`,
		pgx.StrictNamedArgs{"service": s.ID, "needs": needs})
	if !sameAreas(was.Areas, s.Areas) {
		batch.Queue(`DELETE FROM service_area WHERE service_id = @service`, pgx.StrictNamedArgs{"service": s.ID})
		if err := queueAreas(batch, s); err != nil {
			return err
		}
	}
	return run(ctx, q, "change the service", batch)
}

func sameAreas(a, b []Area) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		pa, pb := a[i].Polygon, b[i].Polygon
		if a[i].GovernorateCode != b[i].GovernorateCode || a[i].PlaceCode != b[i].PlaceCode || a[i].Nationwide != b[i].Nationwide || (pa == nil) != (pb == nil) {
			return false
		}
		if pa != nil && !reflect.DeepEqual(pa.Coords(), pb.Coords()) {
			return false
		}
	}
	return true
}

func queueAreas(batch *pgx.Batch, s Service) error {
	for _, a := range s.Areas {
		var id uuid.UUID
		if err := identify(&id); err != nil {
			return err
		}
		args := pgx.StrictNamedArgs{
			"id": id, "service": s.ID, "governorate": orNull(a.GovernorateCode, itself), "place": orNull(a.PlaceCode, itself),
			"nationwide": a.Nationwide, "polygon": nil,
		}
		if a.Polygon != nil {
			args["polygon"] = a.Polygon
		}
		batch.Queue(`
			INSERT INTO service_area (id, service_id, governorate_code, place_code, nationwide, polygon)
			VALUES (@id, @service, @governorate, @place, @nationwide, @polygon)`, args)
	}
	return nil
}
