package atlas

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/pg"
)

// Provider is a service at an open location of a listed organization.
type Provider struct {
	ID                 uuid.UUID // of the service at its location
	Point              geo.Point
	ServiceID          uuid.UUID
	Service            directory.Name
	OrganizationID     uuid.UUID
	Organization       directory.Name
	OrganizationKind   string
	InformationOnly    bool     // to be known of, and not referred to
	Needs              []string // codes of the needs it meets and of their roots
	DeliveryModes      []string
	MinimumAge         *int
	MaximumAge         *int
	Sex                string
	Accepting          string     // unknown if it was said more than 30 days ago
	AcceptingAsOf      *time.Time // nil while it is unknown
	Location           directory.Name
	Address            directory.Name
	PlaceCode          string // empty, as all below, if its place is not known
	Place              directory.Name
	GovernorateCode    string
	Governorate        directory.Name
	ZoneCode           string
	AccreditationUntil *time.Time // nil: its kind needs none
}

// ProviderQuery says which providers; an empty field asks for nothing.
type ProviderQuery struct {
	Window
	Need        string // a need, or a root for all that meet one of its needs
	Governorate string // code
	Kind        string // of the organization
	Accepting   string
}

const accepting = `CASE WHEN p.accepting_to >= @day THEN p.accepting_status ELSE 'unknown' END`

// providers is the list of what is shown on the day.
func providers(day time.Time) list {
	return list{
		id:   "p.service_at_location_id",
		args: pgx.StrictNamedArgs{"day": day},
		columns: `
			p.service_at_location_id AS id, p.geom AS point, s.id AS service_id, s.name_ar AS service_ar, s.name_en AS service_en,
			o.id AS organization_id, o.name_ar AS organization_ar, o.name_en AS organization_en, o.kind, ls.information_only, p.needs,
			s.delivery_modes, s.minimum_age, s.maximum_age, s.sex, ` + accepting + ` AS accepting,
			CASE WHEN p.accepting_to >= @day THEN sal.accepting_as_of END AS accepting_as_of,
			l.name_ar AS location_ar, l.name_en AS location_en, l.address_ar, l.address_en,
			coalesce(pl.code, '') AS place_code, coalesce(pl.name_ar, '') AS place_ar, coalesce(pl.name_en, '') AS place_en,
			coalesce(g.code, '') AS governorate_code, coalesce(g.name_ar, '') AS governorate_ar, coalesce(g.name_en, '') AS governorate_en,
			coalesce(pl.zone_code, '') AS zone_code, ls.accreditation_to AS accreditation_until`,
		from: `
		FROM map_point AS p
		JOIN service_at_location AS sal ON sal.id = p.service_at_location_id
		JOIN service AS s ON s.id = sal.service_id
		JOIN organization AS o ON o.id = s.organization_id
		JOIN listing AS ls ON ls.organization_id = o.id
		JOIN location AS l ON l.id = sal.location_id
		LEFT JOIN place AS pl ON pl.code = l.place_code
		LEFT JOIN governorate AS g ON g.code = pl.governorate_code`,
		clauses: []string{"@day BETWEEN p.shown_from AND p.shown_to"},
	}
}

type providerRow struct {
	ID                 uuid.UUID
	Point              geo.Point
	ServiceID          uuid.UUID
	ServiceAr          string
	ServiceEn          string
	OrganizationID     uuid.UUID
	OrganizationAr     string
	OrganizationEn     string
	Kind               string
	InformationOnly    bool
	Needs              []string
	DeliveryModes      []string
	MinimumAge         *int
	MaximumAge         *int
	Sex                string
	Accepting          string
	AcceptingAsOf      *time.Time
	LocationAr         string
	LocationEn         string
	AddressAr          string
	AddressEn          string
	PlaceCode          string
	PlaceAr            string
	PlaceEn            string
	GovernorateCode    string
	GovernorateAr      string
	GovernorateEn      string
	ZoneCode           string
	AccreditationUntil *time.Time
}

func (r providerRow) id() string { return r.ID.String() }

func (r providerRow) provider() Provider {
	return Provider{
		ID: r.ID, Point: r.Point, ServiceID: r.ServiceID, Service: directory.Name{AR: r.ServiceAr, EN: r.ServiceEn},
		OrganizationID: r.OrganizationID, Organization: directory.Name{AR: r.OrganizationAr, EN: r.OrganizationEn}, OrganizationKind: r.Kind,
		InformationOnly: r.InformationOnly, Needs: r.Needs, DeliveryModes: r.DeliveryModes, MinimumAge: r.MinimumAge, MaximumAge: r.MaximumAge,
		Sex: r.Sex, Accepting: r.Accepting, AcceptingAsOf: r.AcceptingAsOf, Location: directory.Name{AR: r.LocationAr, EN: r.LocationEn},
		Address: directory.Name{AR: r.AddressAr, EN: r.AddressEn}, PlaceCode: r.PlaceCode, Place: directory.Name{AR: r.PlaceAr, EN: r.PlaceEn},
		GovernorateCode: r.GovernorateCode, Governorate: directory.Name{AR: r.GovernorateAr, EN: r.GovernorateEn}, ZoneCode: r.ZoneCode,
		AccreditationUntil: r.AccreditationUntil,
	}
}

// Providers returns a page of the providers that are shown today and answer the query.
func (s *Store) Providers(ctx context.Context, query ProviderQuery) (p Page[Provider], err error) {
	l := providers(s.today())
	if query.Need != "" {
		l.where("p.needs @> ARRAY[@need]")
		l.args["need"] = query.Need
	}
	l.equal("pl.governorate_code", "governorate", query.Governorate)
	l.equal("o.kind", "kind", query.Kind)
	l.equal(accepting, "accepting", query.Accepting)
	l.within(query.Box, "p.geom", true)
	err = s.db.InTx(ctx, visitor{}, func(q pg.Querier) error {
		p, err = page(ctx, q, l, query.Window, providerRow.id, providerRow.provider)
		return err
	})
	return p, err
}

// Provider returns one that is shown today, or fails with fault.NotFound "feature_not_found".
func (s *Store) Provider(ctx context.Context, id uuid.UUID) (p Provider, err error) {
	l := providers(s.today())
	l.where("p.service_at_location_id = @id")
	l.args["id"] = id
	err = s.db.InTx(ctx, visitor{}, func(q pg.Querier) error {
		p, err = one(ctx, q, l, providerRow.provider)
		return err
	})
	return p, err
}
