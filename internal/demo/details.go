package demo

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"tahweel/directory"
)

// What the catalogue says of the invented organizations beyond names and needs follows from their keys, so that the same comes out each
// time. Nothing of it is anybody's: telephones are of the series that no exchange has, addresses of example domains.

// share is a number from 0 to n-1 that follows from the key and what it is for.
func share(key, what string, n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(what + "/" + key))
	return int(h.Sum32() % uint32(n))
}

func deskPhone(key string) directory.Phone {
	return directory.Phone{
		Number: fmt.Sprintf("+970 2 000 %04d", share(key, "desk", 10000)), Type: "voice", Description: name{AR: "الاستقبال", EN: "Reception"},
		Languages: []directory.Language{{Code: "ar"}},
	}
}

func cellPhone(key string) directory.Phone {
	return directory.Phone{Number: fmt.Sprintf("059 000 %04d", share(key, "cell", 10000)), Type: "cell", Description: name{AR: "هاتف المنسق", EN: "Coordinator's telephone"}}
}

func (o organization) details() directory.OrganizationDetails {
	year := 1985 + share(o.Key, "year", 35)
	host := "https://" + o.Key + ".example.org"
	d := directory.OrganizationDetails{
		Email: "info@" + o.Key + ".example.org", Website: host, YearIncorporated: &year, Phones: []directory.Phone{deskPhone(o.Key)},
		LegalStatus: name{AR: "هيئة غير ربحية (مثال)", EN: "Not for profit (example)"},
		Contacts: []directory.Contact{{
			Name: name{AR: "مكتب التنسيق", EN: "Coordination office"}, Title: name{AR: "منسق الإحالات", EN: "Referral coordinator"},
			Email: "referrals@" + o.Key + ".example.org", Phones: []directory.Phone{cellPhone(o.Key)},
		}},
		Funding: []directory.Funding{{Source: name{AR: "تبرعات ومنح", EN: "Donations and grants"}}},
	}
	if o.RegistrationNumber != "" {
		d.Identifiers = []directory.Identifier{{Scheme: "PS-EXAMPLE", Type: "registration", Identifier: o.RegistrationNumber}}
	}
	return d
}

func (l location) details() directory.LocationDetails {
	if l.Confidential {
		return directory.LocationDetails{}
	}
	features := directory.AccessibilityFeatures
	d := directory.LocationDetails{
		Addresses: []directory.Address{{Address1: l.Address, City: l.Name, Country: "PS", AddressType: "physical"}},
		Transportation: [3]name{
			{AR: "على خط الحافلات، والموقف على بعد دقيقتين", EN: "On the bus line; the stop is two minutes away"},
			{AR: "سيارات الأجرة المشتركة من مركز البلدة", EN: "Shared taxis from the town centre"},
			{AR: "موقف سيارات أمام المبنى", EN: "Parking in front of the building"},
		}[share(l.Key, "way", 3)],
		Languages: []directory.Language{{Code: "ar"}},
	}
	if l.Address == (name{}) {
		d.Addresses[0].Address1 = l.Name
	}
	for i, feature := range features {
		if share(l.Key, feature, 3) == 0 || i == share(l.Key, "feature", len(features)) {
			d.Accessibility = append(d.Accessibility, directory.Accessibility{Feature: feature})
		}
	}
	return d
}

// hours are the working days of Palestine: Friday and Saturday are the weekend, and some stay longer on one day.
func hours(key string, aroundTheClock bool) []directory.Schedule {
	if aroundTheClock {
		return []directory.Schedule{{
			Freq: "WEEKLY", ByDay: "SU,MO,TU,WE,TH,FR,SA", Wkst: "SU", OpensAt: "00:00", ClosesAt: "23:59",
			Description: name{AR: "على مدار الساعة", EN: "Around the clock"},
		}}
	}
	s := []directory.Schedule{{Freq: "WEEKLY", ByDay: "SU,MO,TU,WE,TH", Wkst: "SU", OpensAt: "08:00", ClosesAt: [3]string{"14:00", "15:00", "15:30"}[share(key, "closes", 3)]}}
	if share(key, "late", 4) == 0 {
		s = append(s, directory.Schedule{
			Freq: "WEEKLY", ByDay: "TU", Wkst: "SU", OpensAt: "16:00", ClosesAt: "19:00", Description: name{AR: "فترة مسائية", EN: "Evening hours"},
		})
	}
	if share(key, "saturday", 5) == 0 {
		s = append(s, directory.Schedule{Freq: "WEEKLY", ByDay: "SA", Wkst: "SU", OpensAt: "09:00", ClosesAt: "12:00"})
	}
	return s
}

// about reports whether one of the needs of the service is among the roots or leaves.
func (s service) about(codes ...string) bool {
	return slices.ContainsFunc(s.Needs, func(need string) bool {
		return slices.ContainsFunc(codes, func(code string) bool { return need == code || strings.HasPrefix(need, code+"-") })
	})
}

// emergency reports whether people come to the service in danger.
func (s service) emergency() bool { return s.about("GBV", "SHL-SAFE", "PRT-EMERG", "MHP-CRISIS") }

func (s service) forWomen() bool {
	return s.Sex == "female" || s.about("GBV") || len(s.TargetGroups) == 1 && s.TargetGroups[0] == "women"
}

func (s service) details(said time.Time) directory.ServiceDetails {
	waiting := 1 + share(s.Key, "waiting", 21)
	d := directory.ServiceDetails{
		ApplicationProcess: name{AR: "بإحالة من المديرية أو بالاتصال المسبق", EN: "By referral from the directorate, or after a call"},
		Phones:             []directory.Phone{deskPhone(s.Key)}, Schedules: hours(s.Key, s.emergency()), Languages: []directory.Language{{Code: "ar"}},
		RequiredDocuments: []directory.RequiredDocument{{Document: name{AR: "بطاقة هوية أو ما يقوم مقامها", EN: "An identity card or what stands for it"}}},
		FemaleWorker:      s.forWomen() || share(s.Key, "woman", 2) == 0, WomenOnly: s.forWomen() && share(s.Key, "women only", 3) > 0,
		WaitingDays: &waiting, WaitingAsOf: &said,
	}
	if share(s.Key, "english", 4) == 0 {
		d.Languages = append(d.Languages, directory.Language{Code: "en"})
	}
	if s.Free {
		d.FeesDescription = name{AR: "مجاني", EN: "Free of charge"}
	} else {
		amount := float64(10 * (1 + share(s.Key, "fee", 5)))
		d.CostOptions = []directory.CostOption{{Option: name{AR: "مساهمة رمزية", EN: "A small contribution"}, Currency: "ILS", Amount: &amount}}
	}
	if s.about("DIS", "HEA") {
		d.RequiredDocuments = append(d.RequiredDocuments, directory.RequiredDocument{Document: name{AR: "تقرير طبي حديث", EN: "A recent medical report"}})
		d.Transport = share(s.Key, "transport", 3) == 0
	}
	if s.emergency() {
		onCall := cellPhone(s.Key)
		onCall.OnCall, onCall.Description = true, name{AR: "هاتف الطوارئ على مدار الساعة", EN: "Emergency telephone, around the clock"}
		d.Phones = append(d.Phones, onCall)
	}
	if share(s.Key, "alert", 23) == 0 {
		d.Alert = name{AR: "الدوام مختصر هذا الأسبوع بسبب أعمال صيانة (مثال)", EN: "Shorter hours this week because of repairs (example)"}
	}
	if share(s.Key, "outreach", 9) == 0 {
		d.Schedules = append(d.Schedules, directory.Schedule{
			Freq: "MONTHLY", ByDay: "1MO", OpensAt: "10:00", ClosesAt: "13:00", AttendingType: "outreach", Description: name{AR: "يوم ميداني في القرى", EN: "A day in the villages"},
		})
	}
	return d
}

// offerDetails say how much there is, in what it is counted in, as of when.
func (s service) offerDetails(at offer, said time.Time) directory.OfferDetails {
	unit := name{AR: "مكان", EN: "Place"}
	switch {
	case s.about("SHL-SAFE", "SHL-TEMP", "ELD-RES"):
		unit = name{AR: "سرير", EN: "Bed"}
	case s.about("FSC", "SHL-NFI", "CSH-INKIND"):
		unit = name{AR: "طرد", EN: "Parcel"}
	}
	most := float64(5 * (1 + share(s.Key+at.Location, "most", 12)))
	available := 0.0
	if at.Accepting == string(directory.Capacity) {
		available = float64(1 + share(s.Key+at.Location, "available", int(most)))
	}
	if at.Accepting == string(directory.UnknownCapacity) || at.Accepting == "" {
		return directory.OfferDetails{}
	}
	return directory.OfferDetails{Capacities: []directory.ServiceCapacity{{Unit: directory.Unit{Name: unit}, Available: available, Maximum: &most, Updated: &said}}}
}
