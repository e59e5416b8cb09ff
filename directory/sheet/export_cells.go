package sheet

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tahweel/directory"
)

func pair(said map[string]string, prefix string, n directory.Name) {
	said[prefix+"_ar"], said[prefix+"_en"] = n.AR, n.EN
}

func organizationCells(said map[string]string, o *directory.Organization) {
	said["organization_id"], said["organization_kind"] = o.ID.String(), string(o.Kind)
	pair(said, "organization_name", o.Name)
	pair(said, "organization_description", o.Description)
	said["registering_authority"], said["registration_number"] = o.RegisteringAuthority, o.RegistrationNumber
	if o.RegistrationExpiresOn != nil {
		said["registration_expires_on"] = o.RegistrationExpiresOn.Format(time.DateOnly)
	}
	said["organization_phone"] = phoneText(o.Details.Phones)
	said["organization_email"], said["organization_website"] = o.Details.Email, o.Details.Website
}

func serviceCells(said map[string]string, s *directory.Service) {
	d := s.Details
	said["service_id"], said["service_status"] = s.ID.String(), string(s.Status)
	if d.TemporarilyClosed {
		said["service_status"] = "temporarily closed"
	}
	pair(said, "service_name", s.Name)
	pair(said, "service_description", s.Description)
	pair(said, "eligibility", d.EligibilityDescription)
	pair(said, "application", d.ApplicationProcess)
	pair(said, "fees", d.FeesDescription)
	said["needs"], said["target_groups"], said["sex"] = strings.Join(s.NeedCodes, ", "), strings.Join(s.TargetGroups, ", "), string(s.Sex)
	said["minimum_age"], said["maximum_age"] = wholeText(s.MinimumAge), wholeText(s.MaximumAge)
	modes := make([]string, len(s.DeliveryModes))
	for i, m := range s.DeliveryModes {
		modes[i] = string(m)
	}
	said["delivery_modes"] = strings.Join(modes, ", ")
	talks := make([]string, len(d.Languages))
	for i, l := range d.Languages {
		talks[i] = talk(l)
	}
	if !slices.ContainsFunc(talks, func(t string) bool { return t == "" || len(listOf(t)) != 1 }) {
		said["service_languages"] = strings.Join(talks, ", ")
	}
	said["service_phone"], said["service_email"] = phoneText(d.Phones), d.Email
	said["service_areas"] = areaText(s.Areas)
	said["opening_hours"], _ = hoursText(d.Schedules)
	if d.FemaleWorker {
		said["female_worker"] = "yes"
	}
}

func locationCells(said map[string]string, l *directory.Location) {
	said["location_id"], said["place"] = l.ID.String(), l.PlaceCode
	pair(said, "location_name", l.Name)
	pair(said, "address", l.Address)
	if l.Placed() {
		said["latitude"], said["longitude"] = degrees(l.Point.Lat()), degrees(l.Point.Lon())
	}
	said["location_phone"] = phoneText(l.Details.Phones)
}

func phoneText(phones []directory.Phone) string {
	if len(phones) == 0 {
		return ""
	}
	return phones[0].Number
}

func areaText(areas []directory.Area) string {
	var out []string
	for _, a := range areas {
		switch {
		case a.GovernorateCode != "":
			out = append(out, a.GovernorateCode)
		case a.PlaceCode != "":
			out = append(out, a.PlaceCode)
		case a.Nationwide:
			out = append(out, "nationwide")
		}
	}
	return strings.Join(out, ", ")
}

func wholeText(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func degrees(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
