package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/fault"
)

// Provider is a service that may really serve the household, with the reasons why it is in the list.
type Provider struct {
	ServiceAtLocationID uuid.UUID            `json:"service_at_location_id" format:"uuid" doc:"What create-attempt takes."`
	Service             ProviderService      `json:"service"`
	Organization        ProviderOrganization `json:"organization"`
	Location            *ProviderLocation    `json:"location,omitempty" doc:"Absent for a service that comes by wire and for a place that is not shown."`
	DistanceMeters      *int                 `json:"distance_m,omitempty" doc:"In a straight line, about; never a travel time."`
	EffectiveMeters     *int                 `json:"effective_distance_m,omitempty" doc:"With the detours of the way between zones: what the order follows, with 10 km more where confirmation_overdue."`
	Accepting           Accepting            `json:"accepting"`
	Alert               *Text                `json:"alert,omitempty" doc:"To be shown above everything else."`
	OpenDays            *[]string            `json:"open_days,omitempty" example:"[\"SU\",\"MO\"]" doc:"When it opens in the seven days from today, by its schedule: MO, TU, WE, TH, FR, SA, SU. Absent: no schedule is known."`
	Languages           []string             `json:"languages" example:"[\"ar\"]" doc:"In which it serves (ISO 639); Arabic where nothing is said."`
	Accessibility       []string             `json:"accessibility" example:"[\"ground_floor\"]" doc:"Features of the location."`
	FemaleWorker        bool                 `json:"female_worker" doc:"A woman can be asked for."`
	Transport           bool                 `json:"transport" doc:"It brings people, or pays for the way."`
	ConfirmedAt         *time.Time           `json:"confirmed_at,omitempty" doc:"When somebody last confirmed that all of this is still true; absent: never."`
	ConfirmationOverdue bool                 `json:"confirmation_overdue" doc:"Nobody has confirmed or made the entry in 180 days: it ranks as if it were 10 km further away."`
	Instrument          ProviderInstrument   `json:"instrument"`
	Accreditation       *ProviderAccredited  `json:"accreditation,omitempty" doc:"Absent for an organization of a kind that needs none."`
	Reasons             []ProviderReason     `json:"reasons" doc:"Why it is here."`
}

// ProviderService is the service of a provider.
type ProviderService struct {
	ID            uuid.UUID `json:"id" format:"uuid"`
	Name          Text      `json:"name"`
	DeliveryModes []string  `json:"delivery_modes" example:"[\"facility\"]" doc:"facility, home_visit, mobile or remote."`
	Needs         []string  `json:"needs" example:"[\"DIS-PHYSIO\"]" doc:"Which of the needs asked for it meets."`
}

// ProviderOrganization is the organization of a provider.
type ProviderOrganization struct {
	ID   uuid.UUID `json:"id" format:"uuid"`
	Name Text      `json:"name"`
	Kind string    `json:"kind" example:"association"`
}

// ProviderLocation is where to go.
type ProviderLocation struct {
	ID      uuid.UUID   `json:"id" format:"uuid"`
	Name    Text        `json:"name"`
	Address *Text       `json:"address,omitempty"`
	Place   Named       `json:"place"`
	Point   Coordinates `json:"point"`
	ValidTo string      `json:"valid_to,omitempty" format:"date" doc:"The last day of a temporary location."`
}

// Accepting is whether the provider takes people now, as far as is known.
type Accepting struct {
	Status string     `json:"status" example:"capacity" doc:"capacity, waitlist, additional_assessment_required or unknown."`
	AsOf   *time.Time `json:"as_of,omitempty" doc:"When the provider last said so; after 30 days it counts as unknown."`
}

// ProviderInstrument is the term that permits the referral.
type ProviderInstrument struct {
	Kind    string `json:"kind" example:"memorandum"`
	Number  string `json:"number" example:"2026/014"`
	Term    int    `json:"term" example:"3"`
	ValidTo string `json:"valid_to" format:"date" doc:"The last day."`
}

// ProviderAccredited is the accreditation in force.
type ProviderAccredited struct {
	Number  string `json:"number"`
	ValidTo string `json:"valid_to" format:"date" doc:"The last day."`
}

// ProviderReason is one reason why a provider is in the list.
type ProviderReason struct {
	Code string `json:"code" example:"instrument"`
	Text Text   `json:"text"`
}

// ProviderList is a page of providers.
type ProviderList struct {
	Items      []Provider `json:"items"`
	NextCursor string     `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type nearbyInput struct {
	Need             string            `query:"need" required:"true" maxLength:"40" example:"DIS-PHYSIO" doc:"Code of a need; of a root, whatever meets one of its leaves."`
	Place            string            `query:"place" maxLength:"100" example:"gn-281292" doc:"Where the household is: the code of a place. Give this, or lat and lon."`
	Lat              optional[float64] `query:"lat" minimum:"-90" maximum:"90" doc:"Latitude, WGS 84, together with lon."`
	Lon              optional[float64] `query:"lon" minimum:"-180" maximum:"180" doc:"Longitude, WGS 84, together with lat."`
	RadiusMeters     int               `query:"radius_m" minimum:"100" maximum:"300000" doc:"Leave out what is further away in a straight line."`
	TargetGroup      string            `query:"target_group" enum:"women,children,youth,persons_with_disabilities,older_persons,families_in_poverty,survivors_of_violence" doc:"Leave out services that are not for this group."`
	Age              optional[int]     `query:"age" minimum:"0" maximum:"130" doc:"Of the person, in whole years."`
	Sex              string            `query:"sex" enum:"female,male" doc:"Of the person."`
	IdentityDocument string            `query:"identity_document" enum:"palestinian,jerusalem,unrwa,passport,none" doc:"Opens the ways that ask for one, as into East Jerusalem."`
	nearbyWishes
	Limit  int    `query:"limit" minimum:"1" maximum:"50" default:"20" doc:"How many providers at most."`
	Cursor string `query:"cursor" maxLength:"2048" doc:"next_cursor of the page before, with the same filters."`
}

var errNowhere = errInvalidInput.At("?place", "Give a place, or lat and lon, and not both.", "حدد المكان، أو خط العرض وخط الطول معًا، لا كليهما.")

func (in *nearbyInput) query() (directory.Query, error) {
	q := directory.Query{
		Need: in.Need, Place: in.Place, RadiusMeters: in.RadiusMeters, TargetGroup: in.TargetGroup, Age: in.Age.pointer(),
		Sex: directory.Sex(in.Sex), IdentityDocument: in.IdentityDocument, Limit: in.Limit, Household: in.household(), Wishes: in.wishes(),
	}
	if in.Lat.Given != in.Lon.Given || in.Lat.Given == (in.Place != "") {
		return q, errNowhere
	}
	if in.Lat.Given {
		point, err := geo.NewPoint(in.Lat.Value, in.Lon.Value)
		if err != nil {
			return q, err
		}
		q.Point = &point
	}
	return q, nil
}

func (s *shell) nearby(store *directory.Store) {
	register(s, operation{
		id: "list-nearby", method: http.MethodGet, path: "/v1/nearby", tag: "providers", scope: "directory.read",
		summary: "Find the nearest providers that may serve a household",
		description: "Only services with accreditation and an instrument in force for your directorate, the need and the household's place; what cannot be reached is " +
			"left out. Nearest first, with detours; services that come by wire last. Each item says why it is there.",
		response: ProviderList{Items: []Provider{exampleProvider}},
	}, func(ctx context.Context, in *nearbyInput) (*page[ProviderList], error) {
		q, err := in.query()
		if err != nil {
			return nil, err
		}
		filters := *in
		filters.Cursor, filters.Limit = "", 0
		var after directory.Position
		given, err := openCursor(in.Cursor, &after, filters)
		if err != nil {
			return nil, err
		}
		if given {
			q.After = &after
		}
		found, err := store.Nearby(ctx, actorOf(ctx), q)
		if err != nil {
			return nil, err
		}
		list := ProviderList{Items: make([]Provider, len(found.Items))}
		for i, p := range found.Items {
			list.Items[i] = providerOf(p)
		}
		list.NextCursor, err = nextCursor(found.Next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
}

func providerOf(p directory.Provider) Provider {
	out := Provider{
		ServiceAtLocationID: p.ServiceAtLocationID,
		Service:             ProviderService{ID: p.ServiceID, Name: textOf(p.ServiceName), DeliveryModes: []string{}, Needs: append([]string{}, p.NeedCodes...)},
		Organization:        ProviderOrganization{ID: p.OrganizationID, Name: textOf(p.OrganizationName), Kind: string(p.OrganizationKind)},
		Accepting:           Accepting{Status: string(p.Accepting.Status), AsOf: utcPointer(p.Accepting.AsOf)},
		Instrument:          ProviderInstrument{Kind: p.Instrument.Kind, Number: p.Instrument.Number, Term: p.Instrument.Term, ValidTo: p.Instrument.ValidTo.Format(time.DateOnly)},
		Reasons:             make([]ProviderReason, len(p.Reasons)),
		Languages:           append([]string{}, p.Languages...), Accessibility: append([]string{}, p.Accessibility...), FemaleWorker: p.FemaleWorker, Transport: p.Transport,
		ConfirmedAt: utcPointer(p.ConfirmedAt), ConfirmationOverdue: p.Overdue,
	}
	if p.OpenDays != nil {
		out.OpenDays = &p.OpenDays
	}
	if p.Alert != (fault.Sentence{}) {
		out.Alert = new(textOf(p.Alert))
	}
	for _, mode := range p.DeliveryModes {
		out.Service.DeliveryModes = append(out.Service.DeliveryModes, string(mode))
	}
	for i, r := range p.Reasons {
		out.Reasons[i] = ProviderReason{Code: r.Code, Text: textOf(r.Sentence)}
	}
	if a := p.Accreditation; a != nil {
		out.Accreditation = &ProviderAccredited{Number: a.Number, ValidTo: a.ValidTo.Format(time.DateOnly)}
	}
	if l := p.Location; l != nil {
		lon, lat := l.Point.LonLat()
		out.Location = &ProviderLocation{
			ID: l.ID, Name: textOf(l.Name), Place: Named{Code: l.PlaceCode, Name: textOf(l.PlaceName)}, Point: Coordinates{Longitude: lon, Latitude: lat},
		}
		if l.ValidTo != nil {
			out.Location.ValidTo = l.ValidTo.Format(time.DateOnly)
		}
		if l.Address != (fault.Sentence{}) {
			out.Location.Address = new(textOf(l.Address))
		}
		out.DistanceMeters, out.EffectiveMeters = new(l.DistanceMeters), new(int(p.EffectiveMeters+0.5))
	}
	return out
}

var exampleProvider = Provider{
	ServiceAtLocationID: exampleServiceAtLocationID,
	Service: ProviderService{
		ID: uuid.MustParse("0198c0de-4444-7000-8000-000000000001"), Name: Text{AR: "علاج طبيعي للأطفال", EN: "Physiotherapy for children"},
		DeliveryModes: []string{"facility"}, Needs: []string{"DIS-PHYSIO"},
	},
	Organization: ProviderOrganization{
		ID: exampleAttempt.Organization.ID, Name: exampleAttempt.Organization.Name, Kind: "association",
	},
	Location: &ProviderLocation{
		ID: uuid.MustParse("0198c0de-5555-7000-8000-000000000001"), Name: Text{AR: "مركز يطا (مثال)", EN: "Yatta centre (example)"},
		Place: Named{Code: "gn-281292", Name: examplePlace.Name}, Point: examplePlace.Point,
	},
	DistanceMeters: new(1200), EffectiveMeters: new(1200),
	Accepting: Accepting{Status: "capacity", AsOf: &exampleTime}, OpenDays: &[]string{"SU", "TU", "TH"}, Languages: []string{"ar", "en"},
	Accessibility: []string{"ground_floor"}, FemaleWorker: true, ConfirmedAt: &exampleTime,
	Instrument:    ProviderInstrument{Kind: "memorandum", Number: "2026/014", Term: 3, ValidTo: "2026-12-31"},
	Accreditation: &ProviderAccredited{Number: "A-2026-031", ValidTo: "2027-06-30"},
	Reasons: []ProviderReason{{Code: "instrument", Text: Text{
		AR: "مذكرة التفاهم 2026/014، البند 3: يشمل «العلاج الطبيعي» لمديريتكم ولمحافظة الخليل حتى 2026-12-31.", EN: "Memorandum 2026/014, term 3, covers “Physiotherapy” for your directorate and for Hebron governorate until 2026-12-31.",
	}}},
}
