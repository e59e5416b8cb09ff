package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tahweel/directory"
)

// NearbyExplanation is why a provider is in the answer of list-nearby to the same question, on whatever page, or is not.
type NearbyExplanation struct {
	ServiceAtLocationID uuid.UUID     `json:"service_at_location_id" format:"uuid"`
	Organization        Text          `json:"organization"`
	Service             Text          `json:"service"`
	Listed              bool          `json:"listed" doc:"Whether it is in the answer: just if every check says ok."`
	Checks              []NearbyCheck `json:"checks" doc:"Every stage of the search. Of several terms the one that permits is shown, or the one that comes closest."`
}

// NearbyCheck is what one stage of the search says.
type NearbyCheck struct {
	Stage string `json:"stage" example:"accreditation" doc:"offered, accreditation, instrument, directorate, need, sensitivity, place, target_group, scope, location, reach, age, sex, eligibility, capacity, wishes (one check for each), rollout or confirmation."`
	OK    bool   `json:"ok"`
	Code  string `json:"code" example:"accreditation_expired"`
	Text  Text   `json:"text"`
}

type nearbyQuestion struct {
	ID               uuid.UUID         `path:"id" format:"uuid" doc:"Of the service at a location."`
	Need             string            `query:"need" required:"true" maxLength:"40" example:"DIS-PHYSIO" doc:"As in list-nearby, like all that follows."`
	Place            string            `query:"place" maxLength:"100" example:"gn-281292" doc:"Where the household is: the code of a place. Give this, or lat and lon."`
	Lat              optional[float64] `query:"lat" minimum:"-90" maximum:"90" doc:"Latitude, WGS 84, together with lon."`
	Lon              optional[float64] `query:"lon" minimum:"-180" maximum:"180" doc:"Longitude, WGS 84, together with lat."`
	RadiusMeters     int               `query:"radius_m" minimum:"100" maximum:"300000" doc:"In a straight line."`
	TargetGroup      string            `query:"target_group" enum:"women,children,youth,persons_with_disabilities,older_persons,families_in_poverty,survivors_of_violence" doc:"Whom it is for."`
	Age              optional[int]     `query:"age" minimum:"0" maximum:"130" doc:"Of the person, in whole years."`
	Sex              string            `query:"sex" enum:"female,male" doc:"Of the person."`
	IdentityDocument string            `query:"identity_document" enum:"palestinian,jerusalem,unrwa,passport,none" doc:"Opens the ways that ask for one."`
	nearbyWishes
}

func (q *nearbyQuestion) query() (directory.Query, error) {
	in := nearbyInput{
		Need: q.Need, Place: q.Place, Lat: q.Lat, Lon: q.Lon, RadiusMeters: q.RadiusMeters, TargetGroup: q.TargetGroup, Age: q.Age, Sex: q.Sex,
		IdentityDocument: q.IdentityDocument, nearbyWishes: q.nearbyWishes,
	}
	return in.query()
}

func (s *shell) nearbyExplanation(store *directory.Store) {
	register(s, operation{
		id: "explain-nearby", method: http.MethodGet, path: "/v1/nearby/{id}/explanation", tag: "providers", scope: "directory.read",
		summary: "Ask why a provider is found or not", description: "The same question as list-nearby, about one service at a location: what each stage of the search says, in words.",
		response: exampleExplanation,
	}, func(ctx context.Context, in *nearbyQuestion) (*entity[NearbyExplanation], error) {
		q, err := in.query()
		if err != nil {
			return nil, err
		}
		e, err := store.Explain(ctx, actorOf(ctx), q, in.ID)
		if err != nil {
			return nil, err
		}
		out := NearbyExplanation{
			ServiceAtLocationID: e.ServiceAtLocationID, Organization: textOf(e.OrganizationName), Service: textOf(e.ServiceName), Listed: e.Listed,
			Checks: make([]NearbyCheck, len(e.Checks)),
		}
		for i, c := range e.Checks {
			out.Checks[i] = NearbyCheck{Stage: c.Stage, OK: c.OK, Code: c.Code, Text: textOf(c.Sentence)}
		}
		return newEntity(0, out, Conditional{})
	})
}

var exampleExplanation = NearbyExplanation{
	ServiceAtLocationID: exampleServiceAtLocationID, Organization: exampleAttempt.Organization.Name, Service: exampleProvider.Service.Name,
	Checks: []NearbyCheck{{Stage: "accreditation", Code: "accreditation_expired", Text: Text{
		AR: "انتهى اعتماد المنظمة رقم A-2025-031 في 2026-03-31.", EN: "Accreditation A-2025-031 expired on 2026-03-31.",
	}}},
}
