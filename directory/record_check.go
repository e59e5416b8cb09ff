package directory

import "regexp"

var governorateForm = regexp.MustCompile(`^PS[0-9]{4}$`)

func (r Record) check(c checker, at string) {
	each(c, at+"/attributes", r.Attributes)
	each(c, at+"/metadata", r.Metadata)
}

func (a Attribute) check(c checker, at string) { each(c, at+"/metadata", a.Metadata) }

func (m Metadata) check(c checker, at string) { c.day(at+"/last_action_date", m.LastActionDate) }

func (p Phone) check(c checker, at string) {
	p.Record.check(c, at)
	c.required(at+"/number", p.Number)
	c.holds(at+"/number", p.Number, func(v string) bool { _, ok := dialled(v); return ok },
		"Is no telephone number that could be dialled.", "ليس رقم هاتف يمكن الاتصال به.")
	c.within(at+"/extension", p.Extension, 0, 999999)
	c.oneOf(at+"/type", p.Type, "voice", "fax", "text", "cell", "video", "pager", "textphone")
	each(c, at+"/languages", p.Languages)
}

func (l Language) check(c checker, at string) {
	l.Record.check(c, at)
	if l.Code == "" && l.Name == "" {
		c.faults.Add(at+"/code", "A code or a name is required.", "الرمز أو الاسم مطلوب.")
	}
	c.holds(at+"/code", l.Code, isLanguage, "Must be a language code of ISO 639, such as ar.", "يجب أن يكون رمز لغة وفق ISO 639، مثل ar.")
}

func (p Contact) check(c checker, at string) {
	p.Record.check(c, at)
	c.email(at+"/email", p.Email)
	each(c, at+"/phones", p.Phones)
}

func (s Schedule) check(c checker, at string) {
	s.Record.check(c, at)
	c.day(at+"/valid_from", s.ValidFrom)
	c.day(at+"/valid_to", s.ValidTo)
	c.ordered(at+"/valid_to", s.ValidFrom, s.ValidTo)
	c.day(at+"/dt_start", s.DTStart)
	c.day(at+"/until", s.Until)
	c.ordered(at+"/until", s.DTStart, s.Until)
	if s.Until != "" && s.Count != nil && !c.known[s.Until] {
		c.faults.Add(at+"/count", "It ends on a day or after a number of times, not both.", "ينتهي في يوم أو بعد عدد من المرات، لا الاثنين معًا.")
	}
	c.oneOf(at+"/wkst", s.Wkst, weekdays...)
	c.oneOf(at+"/freq", s.Freq, "WEEKLY", "MONTHLY")
	c.within(at+"/interval", s.Interval, 1, 366)
	c.within(at+"/count", s.Count, 1, 10000)
	c.holds(at+"/by_day", s.ByDay, byDayForm.MatchString, "Must be days of the week with commas between them, such as SU,MO or -1TH.",
		"يجب أن تكون أيامًا من الأسبوع تفصل بينها فواصل، مثل SU,MO أو -1TH.")
	c.numbers(at+"/by_week_no", s.ByWeekNo, 1, 53)
	c.numbers(at+"/by_month_day", s.ByMonthDay, 1, 31)
	c.numbers(at+"/by_year_day", s.ByYearDay, 1, 366)
	if s.Timezone != nil && (*s.Timezone < -12 || *s.Timezone > 14) {
		c.faults.Add(at+"/timezone", "Must be hours from UTC, from -12 to 14.", "يجب أن يكون فرق الساعات عن التوقيت العالمي من -12 إلى 14.")
	}
	c.hour(at+"/opens_at", s.OpensAt)
	c.hour(at+"/closes_at", s.ClosesAt)
	c.web(at+"/schedule_link", s.ScheduleLink)
}

func (a Address) check(c checker, at string) {
	a.Record.check(c, at)
	c.said(at+"/address1", a.Address1)
	c.holds(at+"/country", a.Country, isCountry, "Must be a country code of ISO 3166-1, such as PS.", "يجب أن يكون رمز دولة وفق ISO 3166-1، مثل PS.")
	c.oneOf(at+"/address_type", a.AddressType, "physical", "postal", "virtual")
}

func (a Accessibility) check(c checker, at string) {
	a.Record.check(c, at)
	c.oneOf(at+"/feature", a.Feature, AccessibilityFeatures...)
	if a.Feature == "" {
		c.said(at+"/description", a.Description)
	}
	c.web(at+"/url", a.URL)
}

func (d RequiredDocument) check(c checker, at string) {
	d.Record.check(c, at)
	c.said(at+"/document", d.Document)
	c.web(at+"/uri", d.URI)
}

func (o CostOption) check(c checker, at string) {
	o.Record.check(c, at)
	c.day(at+"/valid_from", o.ValidFrom)
	c.day(at+"/valid_to", o.ValidTo)
	c.ordered(at+"/valid_to", o.ValidFrom, o.ValidTo)
	c.amount(at+"/amount", o.Amount)
	if o.Amount != nil {
		c.required(at+"/currency", o.Currency)
	}
	c.holds(at+"/currency", o.Currency, isCurrency, "Must be a currency code of ISO 4217, such as ILS.", "يجب أن يكون رمز عملة وفق ISO 4217، مثل ILS.")
}

func (f Funding) check(c checker, at string) {
	f.Record.check(c, at)
	c.said(at+"/source", f.Source)
}

func (p Program) check(c checker, at string) {
	p.Record.check(c, at)
	c.said(at+"/name", p.Name)
}

func (l Link) check(c checker, at string) {
	l.Record.check(c, at)
	c.required(at+"/url", l.URL)
	c.web(at+"/url", l.URL)
}

func (i Identifier) check(c checker, at string) {
	i.Record.check(c, at)
	c.required(at+"/identifier", i.Identifier)
}

func (u Unit) check(c checker, at string) {
	u.Record.check(c, at)
	c.said(at+"/name", u.Name)
	c.web(at+"/uri", u.URI)
}

func (s ServiceCapacity) check(c checker, at string) {
	s.Record.check(c, at)
	s.Unit.check(c, at+"/unit")
	c.amount(at+"/available", &s.Available)
	c.amount(at+"/maximum", s.Maximum)
	if s.Maximum != nil && s.Available > *s.Maximum {
		c.faults.Add(at+"/available", "Must not be above the maximum.", "يجب ألا يزيد على الحد الأقصى.")
	}
	c.past(at+"/updated", s.Updated)
}

func (a StatedArea) check(c checker, at string) {
	a.Record.check(c, at)
	c.web(at+"/uri", a.URI)
}
