package policy_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/policy"
)

type line struct {
	role     policy.Role
	action   policy.Action
	class    policy.Class
	relation policy.Relation
}

func lines(t *testing.T) []line {
	t.Helper()
	r := csv.NewReader(strings.NewReader(policy.RulesText))
	r.Comment, r.TrimLeadingSpace = '#', true
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d lines, %v", len(rows), err)
	}
	out := make([]line, len(rows))
	for i, row := range rows {
		out[i] = line{policy.Role(row[1]), policy.Action(row[2]), policy.Class(row[3]), policy.Relation(row[4])}
	}
	return out
}

var (
	account      = uuid.MustParse("0199c000-0000-7000-8000-000000000001")
	directorate  = uuid.MustParse("0199c000-0000-7000-8000-000000000002")
	organization = uuid.MustParse("0199c000-0000-7000-8000-000000000003")
	foreign      = uuid.MustParse("0199c000-0000-7000-8000-000000000004")

	directorateRoles = []policy.Role{policy.CaseManager, policy.Supervisor, policy.DirectorateHead, policy.IntakeOfficer, policy.ProtectionFocalPoint, policy.MinistryClient}
	providerRoles    = []policy.Role{policy.ProviderFocalPoint, policy.ProviderWorker, policy.ProviderClient}
	countryRoles     = []policy.Role{policy.AssociationsOfficer, policy.AssociationsSignatory, policy.Auditor, policy.DataProtectionOfficer, policy.Administrator}

	actions = []policy.Action{
		policy.Search, policy.Create, policy.Read, policy.AddAttempt, policy.Send, policy.Accept, policy.Manage, policy.Edit, policy.Sign, policy.SetAccepting, policy.Explain, policy.Invite,
		"discard", "acknowledge", "request_info", "provide_info", "waitlist", "renew_waitlist", "leave_waitlist", "decline", "recall",
		"start_service", "report_progress", "hold", "resume", "complete", "close_unmet", "request_cancel", "confirm_cancel", "reject_cancel",
		"safety_recall", "mark_error",
		policy.RecordConsent, policy.WithdrawConsent, policy.CloseReferral, policy.CancelReferral, policy.ReopenReferral, policy.SetReference,
		policy.Apply, policy.DecideOn,
	}
	classes = []policy.Class{
		policy.ClassProvider, policy.ClassReferral, policy.ClassAttempt, policy.ClassEvent, policy.ClassOrganization, policy.ClassInstrument,
		policy.ClassAccount, policy.ClassClient, policy.ClassAudit, policy.ClassConfidentialLocation, policy.ClassReference, policy.ClassClosure, policy.ClassDecision,
		policy.ClassSurvey, policy.ClassApplication, policy.ClassImport, policy.ClassCoverage,
	}
)

func holder(role policy.Role) policy.Actor {
	m := policy.Membership{Role: role}
	switch {
	case slices.Contains(directorateRoles, role):
		m.DirectorateID = directorate
	case slices.Contains(providerRoles, role):
		m.OrganizationID = organization
	}
	return policy.Actor{AccountID: account, Kind: policy.Person, OwnSession: true, Memberships: []policy.Membership{m}}
}

// related is a thing to which the holder stands in the relation and in no other.
func related(r policy.Relation) policy.Object {
	switch r {
	case policy.OwnDirectorate:
		return policy.Object{DirectorateID: directorate, OwnerAccountID: foreign, OrganizationID: foreign, Tier: 1}
	case policy.CaseOwner:
		return policy.Object{DirectorateID: directorate, OwnerAccountID: account, OrganizationID: foreign, Tier: 1}
	case policy.OwnOrganization, policy.Recipient:
		return policy.Object{DirectorateID: foreign, OwnerAccountID: foreign, OrganizationID: organization, Tier: 1}
	default:
		return policy.Object{DirectorateID: foreign, OwnerAccountID: foreign, OrganizationID: foreign, Tier: 1}
	}
}

func TestTheRoleRulesCompile(t *testing.T) {
	t.Parallel()
	if err := policy.Load(); err != nil {
		t.Fatal(err)
	}
}

func TestEveryLineSaysSomethingThatIsKnownAndUsed(t *testing.T) {
	t.Parallel()
	all := lines(t)
	roles := slices.Concat(directorateRoles, providerRoles, countryRoles)
	for i, l := range all {
		if !slices.Contains(roles, l.role) || !slices.Contains(actions, l.action) || !slices.Contains(classes, l.class) {
			t.Errorf("line %v speaks of what nobody knows", l)
		}
		if slices.Contains(all[:i], l) {
			t.Errorf("line %v is there twice", l)
		}
		a := holder(l.role)
		if !a.Can(l.action, l.class) {
			t.Errorf("line %v permits nothing", l)
		}
		if _, rel, ok := a.May(l.action, l.class, related(l.relation)); !ok || rel != l.relation {
			t.Errorf("line %v does not decide, %q does", l, rel)
		}
	}
}

// TestWhatNoLineSaysIsRefused goes through every role, action, class and relation.
func TestWhatNoLineSaysIsRefused(t *testing.T) {
	t.Parallel()
	all := lines(t)
	for _, role := range append(slices.Concat(directorateRoles, providerRoles, countryRoles), "clerk") {
		for _, action := range append(actions, "delete") {
			for _, class := range append(classes, "secret") {
				said := false
				for _, rel := range []policy.Relation{policy.Anyone, policy.OwnDirectorate, policy.CaseOwner, policy.OwnOrganization, policy.Recipient} {
					said = said || slices.Contains(all, line{role, action, class, rel})
				}
				a := holder(role)
				if a.Can(action, class) != said {
					t.Errorf("%s, %s, %s: %t", role, action, class, !said)
				}
				if _, _, ok := a.May(action, class, related(policy.Anyone)); ok && !slices.Contains(all, line{role, action, class, policy.Anyone}) {
					t.Errorf("%s may %s a foreign %s", role, action, class)
				}
			}
		}
	}
}

func TestAMistakeInTheRulesStopsTheProgram(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][2]string{
		"a misspelt matcher":      {strings.Replace(policy.ModelText, "p.action", "p.acton", 1), policy.RulesText},
		"no matcher":              {strings.Replace(policy.ModelText, "[matchers]", "[matcher]", 1), policy.RulesText},
		"no effect":               {strings.Replace(policy.ModelText, "[policy_effect]", "[effect]", 1), policy.RulesText},
		"a misspelt role":         {policy.ModelText, policy.RulesText + "\np, auditer, read, audit, any\n"},
		"a misspelt relation":     {policy.ModelText, policy.RulesText + "\np, auditor, read, audit, everyone\n"},
		"a line twice":            {policy.ModelText, policy.RulesText + "\np, auditor, read, audit, any\n"},
		"a line with a word less": {policy.ModelText, policy.RulesText + "\np, auditor, read, event\n"},
	} {
		if rules, err := policy.Compile(texts[0], texts[1]); err == nil {
			t.Errorf("%s: %d rules and no error", name, len(rules))
		}
	}
	if rules, err := policy.Compile(policy.ModelText, policy.RulesText); err != nil || len(rules) != len(lines(t)) {
		t.Errorf("the rules as they are: %d of %d, %v", len(rules), len(lines(t)), err)
	}
}

func TestTierThreeIsForTheClearedInPerson(t *testing.T) {
	t.Parallel()
	client := func(a policy.Actor) policy.Actor { a.Kind = policy.Client; return a }
	borrowed := func(a policy.Actor) policy.Actor { a.OwnSession = false; return a }
	named := related(policy.Recipient)
	named.Tier, named.NamesActor = 3, true
	unnamed := named
	unnamed.NamesActor = false
	here := related(policy.OwnDirectorate)
	here.Tier = 3
	elsewhere := here
	elsewhere.DirectorateID = foreign
	for _, c := range []struct {
		name   string
		actor  policy.Actor
		object policy.Object
		want   bool
	}{
		{"a named person", holder(policy.ProviderFocalPoint), named, true},
		{"a person who is not named", holder(policy.ProviderFocalPoint), unnamed, false},
		{"a named person through a machine", borrowed(holder(policy.ProviderFocalPoint)), named, false},
		{"a machine that is named", client(holder(policy.ProviderClient)), named, false},
		{"a supervisor", holder(policy.Supervisor), here, false},
		{"a protection focal point", holder(policy.ProtectionFocalPoint), here, true},
		{"a protection focal point through a machine", borrowed(holder(policy.ProtectionFocalPoint)), here, false},
		{"a protection focal point of another directorate", holder(policy.ProtectionFocalPoint), elsewhere, false},
	} {
		if _, _, ok := c.actor.May(policy.Read, policy.ClassAttempt, c.object); ok != c.want {
			t.Errorf("%s: %t", c.name, ok)
		}
	}
}

func TestNobodysThingIsNobodys(t *testing.T) {
	t.Parallel()
	for _, role := range slices.Concat(directorateRoles, providerRoles) {
		a := policy.Actor{Kind: policy.Person, Memberships: []policy.Membership{{Role: role}}} // a membership nowhere
		if _, rel, ok := a.May(policy.Read, policy.ClassAttempt, policy.Object{}); ok {
			t.Errorf("%s reads what belongs to nobody, by %s", role, rel)
		}
	}
}

func TestSettingsNameTheActorAndNoMore(t *testing.T) {
	t.Parallel()
	a := holder(policy.ProtectionFocalPoint)
	if got := a.Settings()["tahweel.protection_directorates"]; got != "{"+directorate.String()+"}" {
		t.Errorf("cleared in %s", got)
	}
	a.Kind = policy.Client
	s := a.Settings()
	if s["tahweel.own_session"] != "false" || s["tahweel.protection_directorates"] != "" || len(a.Cleared()) != 0 {
		t.Errorf("a machine is cleared: %v", s)
	}
	if s := policy.TheSystem().Settings(); len(s) != 1 || s["tahweel.kind"] != "system" {
		t.Errorf("the system is %v", s)
	}
}

func BenchmarkMay(b *testing.B) {
	a, o := holder(policy.ProviderWorker), related(policy.Recipient)
	b.ReportAllocs()
	for b.Loop() {
		a.May("complete", policy.ClassAttempt, o)
	}
}
