package directory

import (
	"strconv"
	"time"

	"tahweel/internal/fault"
)

// details are those of one kind of thing.
type details interface{ check(c checker) }

// checkDetails adds the faults of the details d of a thing from source. Imported ones are new if was is nil, and are taken as they are;
// afterwards only what was not imported is asked to be right.
func checkDetails(l *fault.List, now time.Time, source string, d, was details) {
	switch {
	case source == "":
		d.check(checker{faults: l, now: now})
	case was != nil:
		d.check(checker{faults: l, known: textsOf(was), now: now})
	}
}

// before is what a thing said before, or nil if there was none.
func before[T any, D details](was *T, of func(T) D) details {
	if was == nil {
		return nil
	}
	return of(*was)
}

func (d OrganizationDetails) check(c checker) {
	const at = "/details"
	c.email(at+"/email", d.Email)
	c.web(at+"/website", d.Website)
	c.web(at+"/logo", d.Logo)
	c.web(at+"/uri", d.URI)
	c.within(at+"/year_incorporated", d.YearIncorporated, 1000, 2200)
	each(c, at+"/websites", d.Websites)
	each(c, at+"/phones", d.Phones)
	each(c, at+"/contacts", d.Contacts)
	each(c, at+"/funding", d.Funding)
	each(c, at+"/programs", d.Programs)
	each(c, at+"/identifiers", d.Identifiers)
	each(c, at+"/attributes", d.Attributes)
	each(c, at+"/metadata", d.Metadata)
}

func (d ServiceDetails) check(c checker) {
	const at = "/details"
	c.web(at+"/url", d.URL)
	c.email(at+"/email", d.Email)
	c.email(at+"/assurer_email", d.AssurerEmail)
	c.day(at+"/assured_date", d.AssuredDate)
	c.holds(at+"/last_modified", d.LastModified, func(v string) bool { _, err := time.Parse(time.RFC3339, v); return err == nil },
		"Must be an instant, such as 2026-05-31T08:00:00Z.", "يجب أن تكون لحظة، مثل 2026-05-31T08:00:00Z.")
	c.day(at+"/alert_until", d.AlertUntil)
	if d.AlertUntil != "" && d.Alert == (Name{}) {
		c.faults.Add(at+"/alert", "There is no alert that could end.", "لا يوجد تنبيه لينتهي.")
	}
	c.within(at+"/waiting_days", d.WaitingDays, 0, 3650)
	c.past(at+"/waiting_as_of", d.WaitingAsOf)
	each(c, at+"/links", d.Links)
	each(c, at+"/phones", d.Phones)
	each(c, at+"/contacts", d.Contacts)
	each(c, at+"/schedules", d.Schedules)
	each(c, at+"/stated_areas", d.StatedAreas)
	each(c, at+"/languages", d.Languages)
	each(c, at+"/funding", d.Funding)
	each(c, at+"/cost_options", d.CostOptions)
	each(c, at+"/required_documents", d.RequiredDocuments)
	each(c, at+"/capacities", d.Capacities)
	each(c, at+"/attributes", d.Attributes)
	each(c, at+"/metadata", d.Metadata)
	d.Eligibility.check(c, at+"/eligibility")
}

// The codes of Eligibility.
var (
	povertyBands    = []string{"extreme", "poor", "near_poor", "not_poor", "unknown"}
	identityDocs    = []string{"palestinian", "jerusalem", "unrwa", "passport", "none"}
	refugeeStatuses = []string{"refugee", "non_refugee"}
)

func (e Eligibility) check(c checker, at string) {
	for i, band := range e.PovertyBands {
		c.oneOf(at+"/poverty_bands/"+strconv.Itoa(i), band, povertyBands...)
	}
	for i, doc := range e.IdentityDocs {
		c.oneOf(at+"/identity_docs/"+strconv.Itoa(i), doc, identityDocs...)
	}
	for i, code := range e.GovernorateOnly {
		c.holds(at+"/governorate_only/"+strconv.Itoa(i), code, governorateForm.MatchString, "Must be the code of a governorate, such as PS0150.", "يجب أن يكون رمز محافظة، مثل PS0150.")
	}
	c.oneOf(at+"/refugee_status", e.RefugeeStatus, refugeeStatuses...)
}

func (d LocationDetails) check(c checker) {
	const at = "/details"
	c.oneOf(at+"/location_type", d.LocationType, "physical", "postal", "virtual")
	c.web(at+"/url", d.URL)
	each(c, at+"/addresses", d.Addresses)
	each(c, at+"/accessibility", d.Accessibility)
	each(c, at+"/languages", d.Languages)
	each(c, at+"/phones", d.Phones)
	each(c, at+"/contacts", d.Contacts)
	each(c, at+"/schedules", d.Schedules)
	each(c, at+"/attributes", d.Attributes)
	each(c, at+"/metadata", d.Metadata)
}

func (d OfferDetails) check(c checker) {
	const at = "/details"
	c.within(at+"/waiting_days", d.WaitingDays, 0, 3650)
	c.past(at+"/waiting_as_of", d.WaitingAsOf)
	each(c, at+"/phones", d.Phones)
	each(c, at+"/contacts", d.Contacts)
	each(c, at+"/schedules", d.Schedules)
	each(c, at+"/stated_areas", d.StatedAreas)
	each(c, at+"/capacities", d.Capacities)
	each(c, at+"/attributes", d.Attributes)
	each(c, at+"/metadata", d.Metadata)
}
