package identity

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/policy"
)

var (
	organizationA = uuid.MustParse("01912f00-0000-7000-8000-0000000000a1")
	organizationB = uuid.MustParse("01912f00-0000-7000-8000-0000000000b1")
	hebron        = uuid.MustParse("01912f00-0000-7000-8000-0000000000d1")
	gaza          = uuid.MustParse("01912f00-0000-7000-8000-0000000000d2")
)

// person returns a fictional account with the number as the end of its id.
func person(number byte, organization uuid.UUID) Account {
	id := uuid.MustParse("01912f00-0000-7000-8000-000000000000")
	id[15] = number
	return Account{ID: id, Kind: policy.Person, NameAR: "شخص مختلق", NameEN: "Invented Person", OrganizationID: organization}
}

func as(role policy.Role, organization, directorate uuid.UUID) Membership {
	return Membership{Membership: policy.Membership{Role: role, OrganizationID: organization, DirectorateID: directorate}}
}

func TestValidateNamesEveryFault(t *testing.T) {
	t.Parallel()
	early, late := testNow, testNow.Add(time.Hour)
	bad := Account{Kind: policy.System, NameAR: " ", NameEN: strings.Repeat("x", maxNameRunes+1)}
	err := bad.Validate([]Membership{
		as("king", uuid.Nil, uuid.Nil),
		as(policy.ProviderWorker, uuid.Nil, uuid.Nil),
		as(policy.ProviderWorker, organizationB, uuid.Nil),
		as(policy.CaseManager, organizationA, hebron),
		as(policy.CaseManager, uuid.Nil, uuid.Nil),
		as(policy.Auditor, uuid.Nil, hebron),
		{Membership: policy.Membership{Role: policy.Auditor}, ValidFrom: late, ValidTo: early},
	})
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Kind != fault.Refused {
		t.Fatalf("Validate = %v, want fault.Refused", err)
	}
	want := []string{
		"/id", "/kind", "/name_ar", "/name_en", "/memberships/0/role", "/memberships/1/organization_id",
		"/memberships/2/organization_id", "/memberships/3/organization_id", "/memberships/4/directorate_id",
		"/memberships/5/directorate_id", "/memberships/6/valid_to",
	}
	if len(refused.Fields) != len(want) {
		t.Fatalf("%d faults, want %d: %+v", len(refused.Fields), len(want), refused.Fields)
	}
	for i, field := range refused.Fields {
		if field.Pointer != want[i] || field.Detail.AR == "" || field.Detail.EN == "" {
			t.Errorf("fault %d: %+v, want one of %s in both languages", i, field, want[i])
		}
	}
	good := person(1, organizationA)
	if err := good.Validate([]Membership{as(policy.ProviderWorker, organizationA, uuid.Nil)}); err != nil {
		t.Errorf("control: %v", err)
	}
}
