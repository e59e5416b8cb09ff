package api

import "tahweel/directory"

// nearbyWishes are what list-nearby and explain-nearby ask beyond where, for what and for whom.
type nearbyWishes struct {
	SocialRegistry string   `query:"social_registry" enum:"yes,no,unknown" doc:"Whether the household is registered in the national social registry. Here and below, only what is known to be otherwise than a service asks leaves it out; what is unknown or not given is a reason to_check."`
	PovertyBand    string   `query:"poverty_band" enum:"extreme,poor,near_poor,not_poor,unknown" doc:"Of the household."`
	DisabilityCard string   `query:"disability_card" enum:"yes,no,unknown" doc:"Whether the person holds one."`
	Refugee        string   `query:"refugee" enum:"yes,no,unknown" doc:"Whether the household has refugee status."`
	OpenOn         string   `query:"open_on" pattern:"^([A-Z]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2})$" patternDescription:"MO, TU, WE, TH, FR, SA, SU or a date" example:"SU" doc:"Only what is known to be open: regularly on a day of the week (MO, TU, WE, TH, FR, SA, SU), or on a date, which is then no national holiday and no closure of the provider. A service without a schedule is left out."`
	Language       string   `query:"language" pattern:"^[a-z]{2,3}$" patternDescription:"a code of ISO 639" example:"ar" doc:"Only what serves in it; Arabic where nothing is said."`
	Accessibility  []string `query:"accessibility" maxItems:"9" enum:"wheelchair_entrance,ground_floor,lift,accessible_toilet,accessible_parking,sign_language,braille,easy_language,companion_welcome" doc:"Only locations with all of these features, separated by commas."`
	DeliveryMode   string   `query:"delivery_mode" enum:"facility,home_visit,mobile,remote" doc:"Only what is given in this way."`
	Accepting      bool     `query:"accepting" doc:"Only what said within 30 days that it has places or a waiting list."`
	FemaleWorker   bool     `query:"female_worker" doc:"Only where a woman can be asked for."`
	Transport      bool     `query:"transport" doc:"Only what brings people, or pays for the way."`
}

func (in *nearbyWishes) household() directory.Household {
	return directory.Household{
		SocialRegistry: directory.Answer(in.SocialRegistry), DisabilityCard: directory.Answer(in.DisabilityCard), Refugee: directory.Answer(in.Refugee),
		PovertyBand: in.PovertyBand,
	}
}

func (in *nearbyWishes) wishes() directory.Wishes {
	return directory.Wishes{
		OpenOn: in.OpenOn, Language: in.Language, Accessibility: in.Accessibility, DeliveryMode: directory.DeliveryMode(in.DeliveryMode),
		Accepting: in.Accepting, FemaleWorker: in.FemaleWorker, Transport: in.Transport,
	}
}
