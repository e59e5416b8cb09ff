package api

import (
	"context"
	"net/http"

	"tahweel/directory/reference"
	"tahweel/geo"
	"tahweel/internal/history"
)

// DisplacementSite is a place for some time.
type DisplacementSite struct {
	Code    string `json:"code" example:"site-0198c0de-8888-7000-8000-000000000003" doc:"The place's stable code."`
	Kind    string `json:"kind" example:"displacement_site"`
	Version int    `json:"version"`
	DisplacementSiteFields
}

// DisplacementSiteFields are what may be said of a displacement site.
type DisplacementSiteFields struct {
	Name        Text        `json:"name"`
	Governorate string      `json:"governorate" pattern:"^PS[0-9]{4}$" example:"PS0150"`
	Zone        string      `json:"zone" maxLength:"40" example:"west_bank" doc:"The reach zone: within it nothing stands in the way."`
	Point       Coordinates `json:"point"`
	Population  *int        `json:"population,omitempty" minimum:"0"`
	ValidFrom   string      `json:"valid_from" format:"date" doc:"First day."`
	ValidTo     string      `json:"valid_to" format:"date" doc:"Last day; afterwards it is not found."`
}

type siteInput struct {
	Conditional
	Code string `path:"code" maxLength:"64" example:"site-0198c0de-8888-7000-8000-000000000003" doc:"Of the place."`
}

type changeSiteInput struct {
	Versioned
	Code string `path:"code" maxLength:"64" example:"site-0198c0de-8888-7000-8000-000000000003" doc:"Of the place."`
	Body DisplacementSiteFields
}

type siteHistoryInput struct {
	Paged
	Code string `path:"code" maxLength:"64" example:"site-0198c0de-8888-7000-8000-000000000003" doc:"Of the place."`
}

func (f DisplacementSiteFields) domain() (reference.Site, error) {
	point, err := geo.NewPoint(f.Point.Latitude, f.Point.Longitude)
	return reference.Site{
		Name: f.Name.sentence(), GovernorateCode: f.Governorate, ZoneCode: f.Zone, Point: point, Population: f.Population,
		First: dateOf(f.ValidFrom), Last: dateOf(f.ValidTo),
	}, err
}

func siteOf(s reference.Site) DisplacementSite {
	longitude, latitude := s.Point.LonLat()
	return DisplacementSite{
		Code: s.Code(), Kind: "displacement_site", Version: s.Version,
		DisplacementSiteFields: DisplacementSiteFields{
			Name: textOf(s.Name), Governorate: s.GovernorateCode, Zone: s.ZoneCode, Point: Coordinates{Longitude: longitude, Latitude: latitude},
			Population: s.Population, ValidFrom: dateText(s.First), ValidTo: dateText(s.Last),
		},
	}
}

func (s *shell) displacementSites(store *reference.Store) {
	const tag, path = "places", "/v1/places"
	register(s, operation{
		id: "create-place", method: http.MethodPost, path: path, tag: tag, scope: "directory.write", status: http.StatusCreated,
		summary: "Register a displacement site", description: "It is found by name, as every place, from its first day to its last. For the administrator.",
		request: exampleSite.DisplacementSiteFields, response: exampleSite,
	}, func(ctx context.Context, in *newEntryInput[DisplacementSiteFields]) (*entity[DisplacementSite], error) {
		given, err := in.Body.domain()
		if err != nil {
			return nil, err
		}
		made, err := store.CreateSite(ctx, actorOf(ctx), given, in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusCreated, made.Entity.Version, siteOf(made.Entity), made.Replayed)
		return located(e, path+"/"+made.Entity.Code()), err
	})
	register(s, operation{
		id: "get-place", method: http.MethodGet, path: path + "/{code}", tag: tag, scope: "directory.read",
		summary: "Read a displacement site", description: "Also before its first day and after its last. Places that are not displacement sites are found by name.", response: exampleSite,
	}, func(ctx context.Context, in *siteInput) (*entity[DisplacementSite], error) {
		found, err := store.Site(ctx, actorOf(ctx), in.Code)
		if err != nil {
			return nil, err
		}
		return newEntity(found.Version, siteOf(found), in.Conditional)
	})
	register(s, operation{
		id: "change-place", method: http.MethodPut, path: path + "/{code}", tag: tag, scope: "directory.write", errors: changeErrors,
		summary: "Change a displacement site", description: "Replaces all that is said of it. For the administrator.",
		request: exampleSite.DisplacementSiteFields, response: exampleSite,
	}, func(ctx context.Context, in *changeSiteInput) (*entity[DisplacementSite], error) {
		given, err := in.Body.domain()
		if err != nil {
			return nil, err
		}
		made, err := store.ChangeSite(ctx, actorOf(ctx), in.Code, in.version, given)
		if err != nil {
			return nil, err
		}
		return newEntity(made.Entity.Version, siteOf(made.Entity), Conditional{})
	})
	register(s, operation{
		id: "list-place-history", method: http.MethodGet, path: path + "/{code}/history", tag: tag, scope: "directory.read",
		summary: "Read the history of a displacement site", description: "Who changed what when, the first version first. For the ministry; for others it is empty.",
		response: ChangeList{Items: exampleChanges},
	}, func(ctx context.Context, in *siteHistoryInput) (*page[ChangeList], error) {
		return historyPage(ctx, in.Paged, []string{"places", in.Code}, func(p history.Page) ([]history.Change, error) {
			return store.SiteHistory(ctx, actorOf(ctx), in.Code, p)
		})
	})
}

var exampleSite = DisplacementSite{
	Code: "site-0198c0de-8888-7000-8000-000000000003", Kind: "displacement_site", Version: 1,
	DisplacementSiteFields: DisplacementSiteFields{
		Name: Text{AR: "مخيم إيواء مؤقت (مثال)", EN: "Temporary camp (example)"}, Governorate: "PS0150", Zone: "west_bank",
		Point: Coordinates{Longitude: 35.0992, Latitude: 31.44714}, ValidFrom: "2025-11-01", ValidTo: "2026-04-30",
	},
}
