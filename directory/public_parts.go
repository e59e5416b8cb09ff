package directory

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
)

// fill reads what stands in the items of the list: one question for each kind of thing.
func (p *PublicPage) fill(ctx context.Context, q pg.Querier, list publicList, depth Depth, today time.Time) error {
	ids := make([]uuid.UUID, len(p.Items))
	for i, item := range p.Items {
		ids[i] = item.ID
	}
	var err error
	switch list.id {
	case offerList.id:
		if p.Offers, err = publicOffers(ctx, q, `sal.id = ANY (@ids)`, ids); err != nil {
			return err
		}
		ids = mapped(p.Offers, func(o ServiceAtLocation) uuid.UUID { return o.ServiceID })
		p.Services, err = publicServices(ctx, q, `s.id = ANY (@ids)`, ids)
	case serviceList.id:
		p.Services, err = publicServices(ctx, q, `s.id = ANY (@ids)`, ids)
	case organizationList.id:
		if depth == Deep {
			p.Services, err = publicServices(ctx, q, `s.organization_id = ANY (@ids) AND `+serviceIsPublic, ids)
		}
	}
	if err != nil {
		return err
	}
	organizations := mapped(p.Services, func(s Service) uuid.UUID { return s.OrganizationID })
	if list.id == organizationList.id {
		organizations = ids
	}
	return p.fillAround(ctx, q, list, organizations, depth, today)
}

// fillAround reads the organizations, where they are, and what everything is called.
func (p *PublicPage) fillAround(ctx context.Context, q pg.Querier, list publicList, organizations []uuid.UUID, depth Depth, today time.Time) error {
	var err error
	p.Organizations, err = many(ctx, q, "read the organizations", organizationRow.organization, organizationSQL+`
		WHERE id = ANY (@ids)
		ORDER BY id`, pgx.StrictNamedArgs{"ids": organizations})
	if err != nil {
		return err
	}
	for i, o := range p.Organizations {
		p.Organizations[i] = o.public()
	}
	if p.Grants, err = grantsInForce(ctx, q, organizations, today); err != nil {
		return err
	}
	switch {
	case depth == Deep:
		if list.id != offerList.id {
			services := mapped(p.Services, func(s Service) uuid.UUID { return s.ID })
			if p.Offers, err = publicOffers(ctx, q, `sal.service_id = ANY (@ids) AND sal.status = 'active'`, services); err != nil {
				return err
			}
		}
		p.Locations, err = publicLocations(ctx, q, `l.organization_id = ANY (@ids)`, organizations, today)
	case list.id == offerList.id:
		p.Locations, err = publicLocations(ctx, q, `l.id = ANY (@ids)`, mapped(p.Offers, func(o ServiceAtLocation) uuid.UUID { return o.LocationID }), today)
	}
	if err != nil {
		return err
	}
	p.dropOver()
	return p.fillNames(ctx, q)
}

// publicOffers reads what is offered in the open alone, whoever asks.
func publicOffers(ctx context.Context, q pg.Querier, which string, ids []uuid.UUID) ([]ServiceAtLocation, error) {
	return many(ctx, q, "read the offers", offerRow.offer, offerSQL+`
		WHERE `+which+` AND sal.confidential_location_id IS NULL
		ORDER BY sal.id`, pgx.StrictNamedArgs{"ids": ids})
}

// dropOver leaves out what is offered at a place that is not there any more. What a list is about stays: it is told to have ended.
func (p *PublicPage) dropOver() {
	here := map[uuid.UUID]bool{uuid.Nil: true}
	for _, l := range p.Locations {
		here[l.ID] = true
	}
	listed := map[uuid.UUID]bool{}
	for _, item := range p.Items {
		listed[item.ID] = true
	}
	p.Offers = slices.DeleteFunc(p.Offers, func(o ServiceAtLocation) bool { return !here[o.LocationID] && !listed[o.ID] })
}

func publicServices(ctx context.Context, q pg.Querier, which string, ids []uuid.UUID) ([]Service, error) {
	list, err := many(ctx, q, "read the services", serviceRow.service, serviceSQL+`
		WHERE `+which+`
		ORDER BY s.id`, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return nil, err
	}
	return list, fillAreas(ctx, q, list)
}

// publicLocations reads the one table of locations and never the other.
func publicLocations(ctx context.Context, q pg.Querier, which string, ids []uuid.UUID, today time.Time) ([]Location, error) {
	return many(ctx, q, "read the locations", locationRow.location, `
		SELECT l.id, l.organization_id, l.branch_id, coalesce(l.place_code, '') AS place_code, l.geog AS point, l.name_ar, l.name_en,
		       l.address_ar, l.address_en, false AS confidential, l.valid_from, l.valid_to, l.details, '' AS external_id, l.source, l.merged_into,
		       l.confirmed_at, l.confirmed_by, NULL::uuid AS pending_change, l.version, l.updated_at
		FROM location AS l
		WHERE `+which+` AND `+locationIsThere+`
		ORDER BY l.id`, pgx.StrictNamedArgs{"ids": ids, "today": today})
}

type grantRow struct {
	OrganizationID uuid.UUID
	Number         string
	ValidFrom      time.Time
	ValidTo        time.Time
}

func grantsInForce(ctx context.Context, q pg.Querier, organizations []uuid.UUID, today time.Time) (map[uuid.UUID]Grant, error) {
	rows, err := q.Query(ctx, `
		SELECT organization_id, accreditation_number AS number, accreditation_from AS valid_from, accreditation_to AS valid_to
		FROM listing
		WHERE organization_id = ANY (@ids) AND accreditation_number IS NOT NULL AND @today BETWEEN accreditation_from AND accreditation_to
		ORDER BY organization_id`, pgx.StrictNamedArgs{"ids": organizations, "today": today})
	if err != nil {
		return nil, fmt.Errorf("read the accreditations: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[grantRow])
	if err != nil {
		return nil, fmt.Errorf("read the accreditations: %w", err)
	}
	grants := make(map[uuid.UUID]Grant, len(found))
	for _, r := range found {
		grants[r.OrganizationID] = Grant{Number: r.Number, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo}
	}
	return grants, nil
}

// fillNames reads what the page names by code or id alone: places, governorates and terms.
func (p *PublicPage) fillNames(ctx context.Context, q pg.Querier) (err error) {
	places, governorates := p.codes()
	if p.Places, p.Governorates, err = names(ctx, q, places, governorates); err != nil {
		return err
	}
	if p.Terms, err = selectTerms(ctx, q, `t.id = ANY (@ids)`, pgx.StrictNamedArgs{"ids": p.termIDs()}); err != nil {
		return err
	}
	taxonomies := mapped(p.Terms, func(t Term) uuid.UUID { return t.TaxonomyID })
	p.Taxonomies, err = selectTaxonomies(ctx, q, `x.id = ANY (@ids)`, pgx.StrictNamedArgs{"ids": taxonomies})
	return err
}

// codes are the places and governorates that the page names.
func (p *PublicPage) codes() (places, governorates []string) {
	places, governorates = []string{}, []string{}
	for _, l := range p.Locations {
		places = append(places, l.PlaceCode)
	}
	for _, s := range p.Services {
		for _, a := range s.Areas {
			places, governorates = append(places, a.PlaceCode), append(governorates, a.GovernorateCode)
		}
	}
	return places, governorates
}

// termIDs are the terms that classify something on the page, at any depth.
func (p *PublicPage) termIDs() []uuid.UUID {
	ids := []uuid.UUID{}
	for _, thing := range []any{p.Organizations, p.Services, p.Locations, p.Offers} {
		walkAttributes(reflect.ValueOf(thing), func(a Attribute) { ids = append(ids, a.TaxonomyTermID) })
	}
	return ids
}

func walkAttributes(v reflect.Value, visit func(Attribute)) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type().PkgPath() != reflect.TypeFor[Attribute]().PkgPath() {
			return
		}
		for i := range v.NumField() {
			walkAttributes(v.Field(i), visit)
		}
	case reflect.Slice:
		if list, ok := v.Interface().([]Attribute); ok {
			for _, a := range list {
				visit(a)
			}
			return
		}
		if v.Type().Elem().Kind() != reflect.Struct {
			return
		}
		for i := range v.Len() {
			walkAttributes(v.Index(i), visit)
		}
	default: // holds no attributes
	}
}

func mapped[A, B any](list []A, of func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = of(a)
	}
	return out
}

type placeNameRow struct {
	Code, NameAr, NameEn, GovernorateCode, GovernorateAr, GovernorateEn string
}

// names returns what the places are called, and the governorates that they lie in or that are named.
func names(ctx context.Context, q pg.Querier, codes, governorateCodes []string) (map[string]geo.Place, map[string]geo.Governorate, error) {
	rows, err := q.Query(ctx, `
		SELECT coalesce(p.code, '') AS code, coalesce(p.name_ar, '') AS name_ar, coalesce(p.name_en, '') AS name_en,
		       g.code AS governorate_code, g.name_ar AS governorate_ar, g.name_en AS governorate_en
		FROM governorate AS g
		LEFT JOIN place AS p ON p.governorate_code = g.code AND p.code = ANY (@places)
		WHERE p.code IS NOT NULL OR g.code = ANY (@governorates)
		ORDER BY g.code, p.code`, pgx.StrictNamedArgs{"places": codes, "governorates": governorateCodes})
	if err != nil {
		return nil, nil, fmt.Errorf("read the places: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[placeNameRow])
	if err != nil {
		return nil, nil, fmt.Errorf("read the places: %w", err)
	}
	places, governorates := map[string]geo.Place{}, map[string]geo.Governorate{}
	for _, r := range found {
		g := geo.Governorate{Code: r.GovernorateCode, Name: fault.Sentence{AR: r.GovernorateAr, EN: r.GovernorateEn}}
		places[r.Code] = geo.Place{Code: r.Code, Name: fault.Sentence{AR: r.NameAr, EN: r.NameEn}, Governorate: g}
		governorates[g.Code] = g
	}
	return places, governorates, nil
}
