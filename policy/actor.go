package policy

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Kind says what an actor is. Only a person can hold a session of their own.
type Kind string

// The kinds of actor.
const (
	Person Kind = "person"
	Client Kind = "client"
	System Kind = "system"
)

// Role is what a membership lets an actor do; the role rules in policy.csv say what that is.
type Role string

// The roles. The first six belong to a directorate, the provider's three to an organization, the others to the whole country.
const (
	CaseManager           Role = "case_manager"
	Supervisor            Role = "supervisor"
	DirectorateHead       Role = "directorate_head"
	IntakeOfficer         Role = "intake_officer"
	ProtectionFocalPoint  Role = "protection_focal_point"
	MinistryClient        Role = "ministry_client"
	ProviderFocalPoint    Role = "provider_focal_point"
	ProviderWorker        Role = "provider_worker"
	ProviderClient        Role = "provider_client"
	AssociationsOfficer   Role = "associations_officer"
	AssociationsSignatory Role = "associations_signatory"
	Auditor               Role = "auditor"
	DataProtectionOfficer Role = "data_protection_officer"
	Administrator         Role = "administrator"
)

var roles = [...]Role{
	CaseManager, Supervisor, DirectorateHead, IntakeOfficer, ProtectionFocalPoint, MinistryClient, ProviderFocalPoint, ProviderWorker,
	ProviderClient, AssociationsOfficer, AssociationsSignatory, Auditor, DataProtectionOfficer, Administrator,
}

// Membership is one role in one domain: an organization, a directorate, or (both nil) the whole country.
type Membership struct {
	Role           Role
	OrganizationID uuid.UUID
	DirectorateID  uuid.UUID
}

// Actor is who acts: an account with its memberships as the tables have them now, narrowed by what its token allows.
type Actor struct {
	AccountID   uuid.UUID
	Kind        Kind
	Memberships []Membership
	Scopes      []string
	// OwnSession is true only for a named person who signed in in person; tier 3 is shown to nobody else (referrals.md).
	OwnSession bool
	// RequestID goes to the audit log, so that an entry can be found from a problem report.
	RequestID string
}

// TheSystem is the actor of timers and of set-up.
func TheSystem() Actor { return Actor{Kind: System} }

// Has reports whether the actor holds the role in any domain.
func (a Actor) Has(role Role) bool {
	return slices.ContainsFunc(a.Memberships, func(m Membership) bool { return m.Role == role })
}

// MayUse reports whether the actor's token carries the scope. A scope never replaces the row rule.
func (a Actor) MayUse(scope string) bool { return slices.Contains(a.Scopes, scope) }

// Directorates returns where the actor holds the role, in the order of the memberships.
func (a Actor) Directorates(role Role) []uuid.UUID {
	var ids []uuid.UUID
	for _, m := range a.Memberships {
		if m.Role == role && m.DirectorateID != uuid.Nil {
			ids = append(ids, m.DirectorateID)
		}
	}
	return ids
}

// Organizations returns the organizations the actor acts for.
func (a Actor) Organizations() []uuid.UUID {
	var ids []uuid.UUID
	for _, m := range a.Memberships {
		if m.OrganizationID != uuid.Nil && !slices.Contains(ids, m.OrganizationID) {
			ids = append(ids, m.OrganizationID)
		}
	}
	return ids
}

// OrganizationsAs returns the organizations in which the actor holds the role.
func (a Actor) OrganizationsAs(role Role) []uuid.UUID {
	var ids []uuid.UUID
	for _, m := range a.Memberships {
		if m.Role == role && m.OrganizationID != uuid.Nil && !slices.Contains(ids, m.OrganizationID) {
			ids = append(ids, m.OrganizationID)
		}
	}
	return ids
}

// Overseen returns the directorates of which the actor sees everything below tier 3.
func (a Actor) Overseen() []uuid.UUID {
	return append(a.Directorates(Supervisor), a.Directorates(ProtectionFocalPoint)...)
}

// Cleared returns the directorates of which the actor sees tier 3: a protection focal point's, in a session of their own.
func (a Actor) Cleared() []uuid.UUID {
	if a.Kind != Person || !a.OwnSession {
		return nil
	}
	return a.Directorates(ProtectionFocalPoint)
}

// Settings are the transaction-local settings by which row-level security knows the actor. They are derived from the
// memberships alone and not from the role rules, so that the database's layer stands when the application's fails.
func (a Actor) Settings() map[string]string {
	if a.Kind == System {
		return map[string]string{"tahweel.kind": "system"}
	}
	names := make([]string, 0, len(a.Memberships))
	for _, m := range a.Memberships {
		if !slices.Contains(names, string(m.Role)) {
			names = append(names, string(m.Role))
		}
	}
	s := map[string]string{
		"tahweel.kind":               string(a.Kind),
		"tahweel.account_id":         a.AccountID.String(),
		"tahweel.roles":              "{" + strings.Join(names, ",") + "}",
		"tahweel.organization_ids":   array(a.Organizations()),
		"tahweel.organization_roles": a.organizationRoles(),
		"tahweel.case_directorates":  array(a.Directorates(CaseManager)),
		"tahweel.directorate_ids":    array(a.Overseen()),
		"tahweel.own_session":        "false",
	}
	if a.Kind == Person && a.OwnSession {
		s["tahweel.own_session"] = "true"
		s["tahweel.protection_directorates"] = array(a.Cleared())
	}
	return s
}

// organizationRoles is each role at an organization as role@organization: one may hold another role elsewhere.
func (a Actor) organizationRoles() string {
	var held []string
	for _, m := range a.Memberships {
		if m.OrganizationID != uuid.Nil {
			held = append(held, string(m.Role)+"@"+m.OrganizationID.String())
		}
	}
	return "{" + strings.Join(held, ",") + "}"
}

func array(ids []uuid.UUID) string {
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = id.String()
	}
	return "{" + strings.Join(parts, ",") + "}"
}
