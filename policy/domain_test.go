package policy_test

import (
	"slices"
	"testing"

	"tahweel/policy"
)

func TestEveryRoleIsDescribed(t *testing.T) {
	t.Parallel()
	list, err := policy.Describe()
	if err != nil {
		t.Fatal(err)
	}
	permissions := 0
	for _, d := range list {
		want := policy.InCountry
		switch {
		case d.Role == policy.MinistryClient:
			want = policy.InDirectorateOrCountry
		case slices.Contains(directorateRoles, d.Role):
			want = policy.InDirectorate
		case slices.Contains(providerRoles, d.Role):
			want = policy.InOrganization
		}
		if d.Label.AR == "" || d.Label.EN == "" || d.Label.AR == d.Label.EN || d.Domain != want {
			t.Errorf("%s: %+v, want the domain %s and a label in both languages", d.Role, d, want)
		}
		for _, p := range d.Permissions {
			if !slices.Contains(lines(t), line{d.Role, p.Action, p.Class, p.Relation}) {
				t.Errorf("%s: no line says %v", d.Role, p)
			}
		}
		permissions += len(d.Permissions)
	}
	if len(list) != len(slices.Concat(directorateRoles, providerRoles, countryRoles)) || permissions != len(lines(t)) {
		t.Errorf("%d roles and %d permissions described of %d lines", len(list), permissions, len(lines(t)))
	}
	if _, known := policy.DomainOf("clerk"); known {
		t.Error("the control, a clerk, has a domain")
	}
}
