package demo

import (
	"context"
	"fmt"
	"slices"

	"tahweel/geo"
	"tahweel/policy"
)

// Generated papers bear numbers that no hand-written one has.
const (
	firstRegistration = 2001
	firstInstrument   = 201
)

// yatta has no generated organization: the README counts who is near it.
const yatta = "gn-281292"

// country generates what the hand-written content leaves out of a country: staff for each directorate and one organization of
// each profile, at real places. The same comes out each time.
type country struct {
	words        vocabulary
	profiles     []profile
	directorates []directorate
	places       map[string][]geo.Place // by directorate, the most populous first; a governorate's in turn with the others'
	made         int                    // organizations so far
}

func (l *loader) newCountry(ctx context.Context, directorates []directorate) (*country, error) {
	words, profiles, err := readCountry()
	if err != nil {
		return nil, err
	}
	g := &country{words: words, profiles: profiles, directorates: directorates, places: map[string][]geo.Place{}}
	for _, d := range directorates {
		if g.places[d.Code], err = l.townsOf(ctx, d); err != nil {
			return nil, fmt.Errorf("demo: places of %s: %w", d.Code, err)
		}
	}
	return g, nil
}

// townsOf returns the twelve most populous places of each governorate of the directorate, in turns.
func (l *loader) townsOf(ctx context.Context, d directorate) ([]geo.Place, error) {
	const most = 12
	lists := make([][]geo.Place, len(d.Governorates))
	for i, code := range d.Governorates {
		page, err := l.geo.Places(ctx, policy.TheSystem(), geo.PlaceQuery{GovernorateCode: code, Limit: 100})
		if err != nil {
			return nil, err
		}
		for _, m := range page.Items {
			// Who lives in the West Bank part of a governorate does not reach its East Jerusalem part.
			if len(lists[i]) < most && m.ZoneCode != "east_jerusalem" && m.Code != yatta {
				lists[i] = append(lists[i], m.Place)
			}
		}
	}
	var towns []geo.Place
	for turn := range most {
		for _, list := range lists {
			if turn < len(list) {
				towns = append(towns, list[turn])
			}
		}
	}
	return towns, nil
}

// staff are the ministry's own people of the directorates and one machine, besides those that the content names.
func (g *country) staff(named []account) []account {
	var made []account
	add := func(key, role string, d *string, title name) {
		if !slices.ContainsFunc(named, func(a account) bool { return a.Key == key }) {
			made = append(made, account{
				Key: key, Role: role, Directorate: d, Name: g.words.staffName(key), JobTitle: title,
				Telephone: fmt.Sprintf("+970 2 000 %04d", 200+len(made)), Email: key + "@example.org",
			})
		}
	}
	for _, d := range g.directorates {
		for n := range d.CaseManagers {
			add(fmt.Sprintf("cm-%s-%d", d.Code, n+1), "case_manager", &d.Code, name{AR: "إدارة الحالة", EN: "Case management"})
		}
		add("supervisor-"+d.Code, "supervisor", &d.Code, name{AR: "الإشراف على إدارة الحالة", EN: "Supervision of case management"})
		add("head-"+d.Code, "directorate_head", &d.Code, name{AR: "إدارة المديرية", EN: "Head of the directorate"})
		add("intake-"+d.Code, "intake_officer", &d.Code, name{AR: "الاستقبال", EN: "Intake"})
		add("protection-"+d.Code, "protection_focal_point", &d.Code, name{AR: "ارتباط الحماية", EN: "Protection focal point"})
	}
	add("ministry-system", "ministry_client", nil, name{AR: "نظام إدارة الحالة", EN: "Case management system"})
	return made
}

// organizations makes one of each profile for each directorate.
func (g *country) organizations() []organization {
	var made []organization
	for i, d := range g.directorates {
		for j, p := range g.profiles {
			if !slices.Contains(p.Except, d.Code) {
				made = append(made, g.organization(i, j))
			}
		}
	}
	return made
}

func (g *country) organization(i, j int) organization {
	d, p := g.directorates[i], g.profiles[j]
	key := p.Key + "-" + d.Code
	number := g.made
	g.made++
	home := g.places[d.Code][j%len(g.places[d.Code])]
	word := g.words.Words[(9*i+4*j)%len(g.words.Words)]
	o := organization{
		Key: key, Kind: p.Kind, Name: fill(p.Name, word, home.Name), Description: fill(p.Description, word, home.Name),
		RegisteringAuthority: name{AR: "وزارة الداخلية", EN: "Ministry of Interior"},
		RegistrationNumber:   fmt.Sprintf("DEMO-%d", firstRegistration+number),
		Members: []account{
			{Key: key + "-focal", Role: "provider_focal_point", Name: g.words.staffName(key + "-focal")},
			{Key: key + "-worker", Role: "provider_worker", Name: g.words.staffName(key + "-worker")},
		},
		Client: j%2 == 0,
	}
	g.paper(&o, d, p, number)
	g.settle(&o, d, p, word, j)
	for _, t := range p.Services {
		if t.Every == 0 || i%t.Every == 0 {
			o.Services = append(o.Services, o.offered(t))
		}
	}
	return o
}

// settle gives the organization its locations: one at home, a second one a few towns on, where a directorate has two governorates
// in the other of them, and the place that nobody is told if a service needs it.
func (g *country) settle(o *organization, d directorate, p profile, word name, home int) {
	towns := g.places[d.Code]
	for n, at := range []int{home, home + 3} {
		town := towns[at%len(towns)]
		l := location{Key: fmt.Sprintf("%s-loc-%d", o.Key, n+1), Place: town.Code, Address: pick(g.words.Addresses, o.Key, n)}
		l.Name = name{AR: word.AR + " – " + town.Name.AR, EN: word.EN + ", " + town.Name.EN}
		if town.ZoneCode == "gaza_strip" {
			l.Address = g.words.Temporary
		}
		l.Offset.North, l.Offset.East = float64(chance(1600, l.Key, "north")-800), float64(chance(1600, l.Key, "east")-800)
		o.Locations = append(o.Locations, l)
		if chance(3, o.Key, "second") > 0 && len(d.Governorates) == 1 {
			break
		}
	}
	if slices.ContainsFunc(p.Services, func(t template) bool { return t.Confidential }) {
		hidden := location{Key: o.Key + "-hidden", Place: towns[0].Code, Confidential: true}
		hidden.Offset.North, hidden.Offset.East = float64(chance(3000, hidden.Key)-1500), float64(chance(3000, hidden.Key, "east")-1500)
		o.Locations = append(o.Locations, hidden)
	}
}

// paper gives the organization its accreditation and its instrument, for all its needs in the governorates of its directorate.
func (g *country) paper(o *organization, d directorate, p profile, number int) {
	in := instrument{
		Kind: "memorandum", Number: fmt.Sprintf("2025/%03d", firstInstrument+number), Status: "in_force", ValidFrom: -400 - number%60, ValidTo: 330 + number%300,
		Terms: []term{{
			Directorates: []string{d.Code}, Governorates: d.Governorates, Purposes: []string{"service_provision"}, MaxTier: p.Tier,
		}},
	}
	if p.Instrument != "" {
		in.Kind = p.Instrument
	}
	t := &in.Terms[0]
	for _, s := range p.Services {
		t.Needs = append(t.Needs, s.Needs...)
	}
	t.Grants.Accepted = []string{"C", "D", "E"}
	if p.Monthly > 0 {
		t.Quotas = append(t.Quotas, quota{Period: "month", Cap: p.Monthly})
	}
	if p.Tier == 3 {
		in.Cleared = []string{o.Key + "-focal"}
	}
	if slices.Contains([]string{"association", "zakat_committee", "private"}, p.Kind) {
		o.Accreditation = &accredited{
			Status: "accredited", Number: fmt.Sprintf("ACC-DEMO-%d", firstRegistration+number), ValidFrom: in.ValidFrom - 30, ValidTo: in.ValidTo - 20,
		}
	}
	if p.Refused {
		refuse(o.Accreditation, &in, number)
	}
	o.Instruments = []instrument{in}
}

// refuse takes the accreditation or the instrument out of force, in each way in turn.
func refuse(a *accredited, in *instrument, number int) {
	ways := []func(){
		func() { a.Status = "applied" },
		func() { a.Status = "under_review" },
		func() { a.Status = "rejected" },
		func() { a.Status = "suspended" },
		func() { a.Status, a.ValidTo = "expired", -9 },
		func() { a.Status = "revoked" },
		func() { in.Status = "draft" },
		func() { in.Status = "proposed" },
		func() { in.Status, in.ValidFrom = "signed", 12 },
		func() { in.Status = "suspended" },
		func() { in.Status, in.ValidTo = "expired", -5 },
		func() { in.Status, in.ValidTo = "terminated", -40 },
	}
	ways[number%len(ways)]()
}

// offered is the template as a service of the organization, at each of its open locations or at the hidden one.
func (o organization) offered(t template) service {
	s := service{
		Key: o.Key + "-" + t.Key, Name: t.Name, Description: t.Description, Needs: t.Needs, TargetGroups: t.TargetGroups, MinimumAge: t.MinimumAge,
		MaximumAge: t.MaximumAge, Sex: t.Sex, DeliveryModes: t.DeliveryModes, Free: true, Active: true,
	}
	for _, at := range o.Locations {
		if at.Confidential == t.Confidential {
			s.Locations = append(s.Locations, offer{
				Location: at.Key, Accepting: pick([]string{"capacity", "capacity", "capacity", "waitlist", "additional_assessment_required"}, s.Key, at.Key),
				AsOfDays: chance(25, s.Key, "as of"),
			})
		}
	}
	return s
}
