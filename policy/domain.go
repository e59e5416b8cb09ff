package policy

import (
	"slices"
	"strings"

	"tahweel/internal/fault"
)

// Domain is what a role is held in (policy.md, "Roles").
type Domain string

// The domains of roles. The ministry's own system serves one directorate or all of them.
const (
	InCountry              Domain = "country"
	InOrganization         Domain = "organization"
	InDirectorate          Domain = "directorate"
	InDirectorateOrCountry Domain = "directorate_or_country"
)

type roleRow struct {
	domain Domain
	label  fault.Sentence
}

// roleRows says of every role what it is held in, which migration 0005 holds as constraints, and how people call it.
var roleRows = map[Role]roleRow{
	CaseManager:           {InDirectorate, fault.Sentence{EN: "Case manager", AR: "مدير حالة"}},
	Supervisor:            {InDirectorate, fault.Sentence{EN: "Supervisor", AR: "مشرف"}},
	DirectorateHead:       {InDirectorate, fault.Sentence{EN: "Head of directorate", AR: "مدير المديرية"}},
	IntakeOfficer:         {InDirectorate, fault.Sentence{EN: "Intake officer", AR: "موظف الاستقبال"}},
	ProtectionFocalPoint:  {InDirectorate, fault.Sentence{EN: "Protection focal point", AR: "مسؤول الحماية"}},
	MinistryClient:        {InDirectorateOrCountry, fault.Sentence{EN: "The ministry's own system", AR: "النظام الآلي للوزارة"}},
	ProviderFocalPoint:    {InOrganization, fault.Sentence{EN: "Provider's focal point", AR: "منسق الجهة مقدمة الخدمة"}},
	ProviderWorker:        {InOrganization, fault.Sentence{EN: "Provider's worker", AR: "موظف الجهة مقدمة الخدمة"}},
	ProviderClient:        {InOrganization, fault.Sentence{EN: "Provider's own system", AR: "النظام الآلي لمقدم الخدمة"}},
	AssociationsOfficer:   {InCountry, fault.Sentence{EN: "Associations officer", AR: "موظف شؤون الجمعيات"}},
	AssociationsSignatory: {InCountry, fault.Sentence{EN: "Associations signatory", AR: "المفوض بالتوقيع عن شؤون الجمعيات"}},
	Auditor:               {InCountry, fault.Sentence{EN: "Auditor", AR: "مدقق"}},
	DataProtectionOfficer: {InCountry, fault.Sentence{EN: "Data protection officer", AR: "مسؤول حماية البيانات"}},
	Administrator:         {InCountry, fault.Sentence{EN: "Administrator", AR: "مسؤول النظام"}},
}

// DomainOf returns what the role is held in, and false for a role that there is not.
func DomainOf(role Role) (Domain, bool) {
	row, known := roleRows[role]
	return row.domain, known
}

// Permission is one line of the role rules.
type Permission struct {
	Action   Action
	Class    Class
	Relation Relation
}

// RoleDescription is what people may want to know of a role.
type RoleDescription struct {
	Role   Role
	Label  fault.Sentence
	Domain Domain
	// Permissions are the role's lines of policy.csv, by class, action and relation. Terms, stage and consent narrow them further.
	Permissions []Permission
}

// Describe returns every role in the order in which this package names them. It fails if the role rules do not compile.
func Describe() ([]RoleDescription, error) {
	rules, err := roleRules()
	if err != nil {
		return nil, err
	}
	list := make([]RoleDescription, len(roles))
	for i, role := range roles {
		row := roleRows[role]
		list[i] = RoleDescription{Role: role, Label: row.label, Domain: row.domain, Permissions: permissionsOf(rules, role)}
	}
	return list, nil
}

func permissionsOf(rules map[rule]bool, role Role) []Permission {
	list := []Permission{}
	for r, permitted := range rules {
		if permitted && r.role == role {
			list = append(list, Permission{Action: r.action, Class: r.class, Relation: r.relation})
		}
	}
	key := func(p Permission) string {
		return string(p.Class) + "\n" + string(p.Action) + "\n" + string(p.Relation)
	}
	slices.SortFunc(list, func(a, b Permission) int { return strings.Compare(key(a), key(b)) })
	return list
}
