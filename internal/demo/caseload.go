package demo

import (
	"fmt"
	"slices"

	"tahweel/geo"
)

// year is that in hours.
const year = 365 * 24

// desk is a case manager, and what the organizations of their directorate offer.
type desk struct {
	manager string
	places  []geo.Place
	offers  []offering
}

// offering is a generated service to which a household can be referred.
type offering struct {
	organization organization
	service      service
	template     template
	tier         int
}

// desks are all case managers of the directorates, the hand-written ones included.
func (g *country) desks(accounts []account, made []organization) []desk {
	var desks []desk
	for _, d := range g.directorates {
		offers := g.offersOf(d, made)
		for _, a := range accounts {
			if a.Role == "case_manager" && *a.Directorate == d.Code {
				desks = append(desks, desk{manager: a.Key, places: g.places[d.Code], offers: offers})
			}
		}
	}
	return desks
}

func (g *country) offersOf(d directorate, made []organization) []offering {
	var found []offering
	for _, p := range g.profiles {
		i := slices.IndexFunc(made, func(o organization) bool { return o.Key == p.Key+"-"+d.Code })
		if i < 0 || p.Refused {
			continue
		}
		for _, s := range made[i].Services {
			t := p.Services[slices.IndexFunc(p.Services, func(t template) bool { return made[i].Key+"-"+t.Key == s.Key })]
			found = append(found, offering{organization: made[i], service: s, template: t, tier: p.Tier})
		}
	}
	return found
}

// referrals spreads the caseload over the desks and the year, somewhat denser towards today.
func (g *country) referrals(caseload int, desks []desk) []script {
	made := make([]script, 0, caseload)
	for n := range caseload {
		share := float64(n) / float64(caseload)
		hours := 1 + int(year*(0.7*share*share+0.3*share))
		made = append(made, g.referral(n, hours, desks[n%len(desks)]))
	}
	return made
}

func (g *country) referral(n, hoursAgo int, d desk) script {
	key := fmt.Sprintf("case-%04d", n+1)
	o := pick(d.offers, key, "offer")
	s := script{
		Key: key, CaseManager: d.manager, CreatedHoursAgo: hoursAgo, Need: pick(o.service.Needs, key, "need"), Place: pick(d.places, key, "place").Code,
		Priority: pick([]string{"normal", "normal", "normal", "urgent"}, key, "priority"), TargetGroup: o.template.Clients.TargetGroup,
		Sex: o.template.Clients.Sex, Age: new(o.template.Clients.From + chance(o.template.Clients.To-o.template.Clients.From+1, key, "age")),
		HouseholdSize: new(1 + chance(9, key, "household")), Language: "ar",
		PrefersFemaleWorker: o.service.Sex == "female", NeedsTransport: chance(5, key, "transport") == 0, Narrative: o.template.Narrative,
	}
	if s.Sex == "" {
		s.Sex = pick([]string{"female", "male"}, key, "sex")
	}
	s.Eligibility.RegisteredInRegistry = pick([]string{"yes", "yes", "no", "unknown"}, key, "registry")
	s.Eligibility.PovertyBand = pick([]string{"extreme", "poor", "poor", "near_poor", "unknown"}, key, "poverty")
	s.Eligibility.DisabilityCard = pick([]string{"yes", "no", "unknown"}, key, "card")
	g.person(&s, n)
	s.Attempts = []try{g.attempt(s, o)}
	return s
}

// person names nobody: the family name says so, the document's number begins with DEMO- and the telephone is in a 000 exchange.
func (g *country) person(s *script, n int) {
	p := &s.Person
	p.FatherName, p.GrandfatherName = pick(g.words.Given.Male, s.Key, "father").AR, pick(g.words.Given.Male, s.Key, "grandfather").AR
	p.GivenName, p.FamilyName = pick(g.words.Given.Male, s.Key).AR, "التجريبي"
	if s.Sex == "female" {
		p.GivenName, p.FamilyName = pick(g.words.Given.Female, s.Key).AR, "التجريبية"
	}
	p.DocumentType, p.DocumentNumber = "palestinian", fmt.Sprintf("DEMO-%06d", n+1)
	p.Telephone = fmt.Sprintf("+970 59 000 %04d", 1000+n)
	s.Contact.SafeMethod = pick([]string{"call", "call", "message", "through_case_manager"}, s.Key, "contact")
	s.Contact.MayLeaveMessage = chance(3, s.Key, "message") > 0
}

func (g *country) attempt(s script, o offering) try {
	t := try{Organization: o.organization.Key, Service: o.service.Key, Location: pick(o.service.Locations, s.Key, "location").Location}
	t.Consent.Groups, t.Consent.Evidence = []string{"C", "D", "E"}, pick([]string{"signature", "recorded_verbal", "otp"}, s.Key, "evidence")
	t.Consent.GivenBy = "self"
	if *s.Age < 18 {
		t.Consent.GivenBy, t.Consent.ChildAssent = "caregiver", new(*s.Age >= 5)
	}
	by := pick([]string{"-focal", "-worker"}, s.Key, "by")
	switch {
	case o.tier == 3:
		by = "-focal" // who is cleared
	case o.organization.Client && chance(2, s.Key, "client") == 0:
		by = "-client"
	}
	t.Path = path(s, o.organization.Key+by)
	return t
}

// course is how an attempt goes, as far as time has let it; of is how many in a hundred go so.
type course struct {
	of    int
	moves []step
}

// The hours of a step are those after the step before, up to twice as many. What the system does, it does when the last instant has
// passed, whatever the priority.
var courses = []course{
	{32, []step{{Move: "send", HoursAgo: 2}, {Move: "acknowledge", HoursAgo: 6}, {Move: "accept", HoursAgo: 20}, {Move: "start_service", HoursAgo: 60},
		{Move: "report_progress", HoursAgo: 80}, {Move: "complete", HoursAgo: 70, Code: "service_provided_full", NeedMet: "yes"}}},
	{10, []step{{Move: "send", HoursAgo: 3}, {Move: "accept", HoursAgo: 24}, {Move: "complete", HoursAgo: 40, Code: "one_off_assistance", NeedMet: "yes"}}},
	{8, []step{{Move: "send", HoursAgo: 2}, {Move: "acknowledge", HoursAgo: 8}, {Move: "accept", HoursAgo: 30}, {Move: "start_service", HoursAgo: 90},
		{Move: "complete", HoursAgo: 300, Code: "service_provided_partial", NeedMet: "partly"}}},
	{4, []step{{Move: "send", HoursAgo: 2}, {Move: "accept", HoursAgo: 20}, {Move: "start_service", HoursAgo: 50},
		{Move: "complete", HoursAgo: 100, Code: "information_or_advice_only", NeedMet: "no"}}},
	{6, []step{{Move: "send", HoursAgo: 2}, {Move: "acknowledge", HoursAgo: 5}, {Move: "decline", HoursAgo: 20, Code: "no_capacity"}}},
	{3, []step{{Move: "send", HoursAgo: 2}, {Move: "decline", HoursAgo: 30, Code: "not_eligible"}, {Move: closeUnmet, HoursAgo: 40, Code: "ineligible_after_assessment"}}},
	{2, []step{{Move: "send", HoursAgo: 2}, {Move: "decline", HoursAgo: 30, Code: "other", Text: "العنوان غير واضح في التحويل."}}},
	{4, []step{{Move: "send", HoursAgo: 2}, {Move: "acknowledge", HoursAgo: 20}, {Move: "recall", HoursAgo: 60, Code: "client_no_longer_needs"},
		{Move: cancelReferral, HoursAgo: 3, Code: "client_no_longer_needs"}}},
	{3, []step{{Move: "send", HoursAgo: 2}, {Move: "recall", HoursAgo: 50, Code: "client_moved"}, {Move: cancelReferral, HoursAgo: 3, Code: "client_moved"}}},
	{5, []step{{Move: "send", HoursAgo: 4}, {Move: "acknowledge", HoursAgo: 10}, {Move: "accept", HoursAgo: 30}, {Move: "start_service", HoursAgo: 1000},
		{Move: "complete", HoursAgo: 900, Code: "enrolled_ongoing", NeedMet: "yes"}}},
	{4, []step{{Move: "send", HoursAgo: 2}, {Move: "acknowledge", HoursAgo: 6}, {Move: "waitlist", HoursAgo: 20, Code: "no_capacity_waitlist"},
		{Move: "accept", HoursAgo: 400}, {Move: "start_service", HoursAgo: 60}, {Move: "complete", HoursAgo: 150, Code: "service_provided_full", NeedMet: "yes"}}},
	{2, []step{{Move: "send", HoursAgo: 2}, {Move: "waitlist", HoursAgo: 20, Code: "funding_gap"}, {Move: "leave_waitlist", HoursAgo: 150, Code: "resource_exhausted"}}},
	{2, asked},
	{2, []step{{Move: "send", HoursAgo: 2}, {Move: "request_info", HoursAgo: 10, Code: "document"}, {Move: "provide_info", HoursAgo: 15, Code: "document"},
		{Move: "accept", HoursAgo: 10}, {Move: "complete", HoursAgo: 80, Code: "one_off_assistance", NeedMet: "yes"}}},
	{3, []step{{Move: "send", HoursAgo: 2}, {Move: "expire", HoursAgo: 250}}},
	{1, []step{{Move: "send", HoursAgo: 2}, {Move: "acknowledge", HoursAgo: 6}, {Move: "expire", HoursAgo: 250}}},
	{3, []step{{Move: "send", HoursAgo: 2}, {Move: "accept", HoursAgo: 20}, {Move: "start_service", HoursAgo: 40}, {Move: "hold", HoursAgo: 60, Code: "awaiting_third_party"},
		{Move: "resume", HoursAgo: 350}, {Move: "complete", HoursAgo: 100, Code: "service_provided_full", NeedMet: "yes"}}},
	{3, []step{{Move: "send", HoursAgo: 2}, {Move: "accept", HoursAgo: 20}, {Move: "close_unmet", HoursAgo: 100, Code: "client_declined"},
		{Move: closeUnmet, HoursAgo: 24, Code: "client_declined"}}},
	{2, []step{{Move: "send", HoursAgo: 2}, {Move: "mark_error", HoursAgo: 5, Text: "أُرسلت إلى جهة أخرى بالخطأ."}}},
	{1, []step{{Move: "send", HoursAgo: 2}, {Move: "accept", HoursAgo: 20}, {Move: "start_service", HoursAgo: 40},
		{Move: "request_cancel", HoursAgo: 50, Code: "client_no_longer_needs"}, {Move: "confirm_cancel", HoursAgo: 20}}},
}

// asked is a question that nobody answers.
var asked = []step{{Move: "send", HoursAgo: 2}, {Move: "request_info", HoursAgo: 10, Code: "document"}, {Move: "lapse", HoursAgo: 250}}

// What a case manager decides about the referral itself, after its attempt; in a course they stand beside the moves of an attempt.
const (
	closeUnmet     = "close_referral"
	cancelReferral = "cancel_referral"
)

// managers are the steps that are the case manager's own.
var managers = []string{"send", "recall", "provide_info", "mark_error", "request_cancel", closeUnmet, cancelReferral}

// path is the course of the attempt, cut off where it would go on after today.
func path(s script, by string) []step {
	var steps []step
	hours := s.CreatedHoursAgo
	for i, m := range s.course() {
		hours -= m.HoursAgo + chance(m.HoursAgo+1, s.Key, i)
		if hours < 1 {
			break
		}
		m.HoursAgo, m.ServiceDaysAgo = hours, (hours+23)/24
		if !slices.Contains(managers, m.Move) {
			m.By = by
		}
		steps = append(steps, m)
	}
	return steps
}

// course is what happens to the attempt of the script. Of the newest, some wait for an answer to a question.
func (s script) course() []step {
	if s.CreatedHoursAgo < 120 && chance(4, s.Key, "asked") == 0 {
		return asked
	}
	at := chance(100, s.Key, "course")
	for _, c := range courses {
		if at -= c.of; at < 0 {
			return c.moves
		}
	}
	return nil
}
