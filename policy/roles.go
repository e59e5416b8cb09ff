package policy

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	stringadapter "github.com/casbin/casbin/v2/persist/string-adapter"
	"github.com/google/uuid"
)

// Action is what an actor wants to do; moves of an attempt carry the name of their transition.
type Action string

// Class is a class of thing that role rules speak of.
type Class string

// The classes and the actions that are not transitions.
const (
	ClassProvider     Class = "provider"
	ClassReferral     Class = "referral"
	ClassAttempt      Class = "attempt"
	ClassEvent        Class = "event"
	ClassOrganization Class = "organization"
	ClassInstrument   Class = "instrument"
	ClassAccount      Class = "account"
	ClassClient       Class = "client"
	ClassAudit        Class = "audit"
	ClassReference    Class = "reference" // directorates, calendar, zones and ways, rollout
	ClassClosure      Class = "closure"
	ClassDecision     Class = "decision"
	ClassSurvey       Class = "survey"      // campaigns, what they found, questionnaires
	ClassApplication  Class = "application" // for accreditation, and what follows from it
	ClassImport       Class = "import"      // files of the catalogue, in and out
	ClassCoverage     Class = "coverage"    // how far it is to the nearest provider, by place

	ClassConfidentialLocation Class = "confidential_location"

	Search     Action = "search"
	Create     Action = "create"
	Read       Action = "read"
	AddAttempt Action = "add_attempt"
	Send       Action = "send"
	Accept     Action = "accept"
	Manage     Action = "manage"
	Edit       Action = "edit" // an organization's own catalogue
	Sign       Action = "sign"
	Invite     Action = "invite"
	Explain    Action = "explain"
	Apply      Action = "apply"
	DecideOn   Action = "decide"

	SetAccepting    Action = "set_accepting"
	RecordConsent   Action = "record_consent"
	WithdrawConsent Action = "withdraw_consent"
	CloseReferral   Action = "close"
	CancelReferral  Action = "cancel"
	ReopenReferral  Action = "reopen"
	SetReference    Action = "set_reference"
)

// Relation is how an actor stands to a thing.
type Relation string

// The relations of policy.csv.
const (
	Anyone          Relation = "any"
	OwnDirectorate  Relation = "own_directorate"
	CaseOwner       Relation = "case_owner"
	OwnOrganization Relation = "own_organization"
	Recipient       Relation = "recipient"
)

var relations = [...]Relation{Anyone, OwnDirectorate, CaseOwner, OwnOrganization, Recipient}

// Object says what the thing acted on belongs to; a zero id belongs to nobody.
type Object struct {
	OwnerAccountID uuid.UUID // the case manager whose case it is
	DirectorateID  uuid.UUID
	OrganizationID uuid.UUID // the organization it was sent to, or that it is of
	Tier           int       // 3: only its owner and who is cleared, in a session of their own (referrals.md, "Tiers and stages")
	NamesActor     bool      // the instrument names the actor as cleared for tier 3
}

//go:embed model.conf
var modelText string

//go:embed policy.csv
var rulesText string

type rule struct {
	role     Role
	action   Action
	class    Class
	relation Relation
}

// roleRules is what casbin answers for every line of the rules, kept as a map: casbin scans its lines for each question.
var roleRules = sync.OnceValues(func() (map[rule]bool, error) { return compile(modelText, rulesText) })

func compile(modelText, rulesText string) (map[rule]bool, error) {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, fmt.Errorf("policy: model: %w", err)
	}
	enforcer, err := casbin.NewEnforcer(m, stringadapter.NewAdapter(rulesText))
	if err != nil {
		return nil, fmt.Errorf("policy: rules: %w", err)
	}
	lines, err := enforcer.GetPolicy()
	if err != nil {
		return nil, fmt.Errorf("policy: rules: %w", err)
	}
	if written := strings.Count("\n"+rulesText, "\np,"); written != len(lines) {
		return nil, fmt.Errorf("policy: of %d rules casbin took %d: one is too short or there twice", written, len(lines))
	}
	rules := make(map[rule]bool, len(lines))
	for _, l := range lines {
		r, err := ruleOf(l)
		if err != nil {
			return nil, err
		}
		ok, err := enforcer.Enforce(l[0], l[1], l[2], l[3])
		if err != nil {
			return nil, fmt.Errorf("policy: rule %v: %w", l, err)
		}
		rules[r] = ok
	}
	return rules, nil
}

// ruleOf refuses a line with a word that nobody knows: a misspelt role would otherwise be a rule for nobody.
func ruleOf(l []string) (rule, error) {
	if len(l) != 4 || slices.Contains(l, "") || !slices.Contains(roles[:], Role(l[0])) || !slices.Contains(relations[:], Relation(l[3])) {
		return rule{}, fmt.Errorf("policy: the line %q is not role, action, class, relation", l)
	}
	return rule{Role(l[0]), Action(l[1]), Class(l[2]), Relation(l[3])}, nil
}

// Load reads the embedded role rules; the program calls it once at start so that a mistake in them stops it there.
func Load() error {
	_, err := roleRules()
	return err
}

// Can reports whether any role of the actor may ever do the action to the class, whatever the relation: the first line of
// every Store method. A false here is 403 and says nothing about what exists.
func (a Actor) Can(action Action, class Class) bool {
	if a.Kind == System {
		return true
	}
	rules, err := roleRules()
	if err != nil {
		return false
	}
	for _, m := range a.Memberships {
		for _, rel := range relations {
			if rules[rule{m.Role, action, class, rel}] {
				return true
			}
		}
	}
	return false
}

// May returns the role and relation by which the actor may do the action to the object, or false.
func (a Actor) May(action Action, class Class, o Object) (Role, Relation, bool) {
	if a.Kind == System {
		return "", Anyone, true
	}
	rules, err := roleRules()
	if err != nil {
		return "", "", false
	}
	for _, m := range a.Memberships {
		for _, rel := range relations {
			if rules[rule{m.Role, action, class, rel}] && holds(rel, a, m, o) {
				return m.Role, rel, true
			}
		}
	}
	return "", "", false
}

func holds(rel Relation, a Actor, m Membership, o Object) bool {
	switch rel {
	case Anyone:
		return true
	case OwnDirectorate:
		if o.Tier >= 3 && !slices.Contains(a.Cleared(), o.DirectorateID) {
			return false
		}
		return m.DirectorateID != uuid.Nil && m.DirectorateID == o.DirectorateID
	case CaseOwner:
		return m.DirectorateID != uuid.Nil && m.DirectorateID == o.DirectorateID && a.AccountID == o.OwnerAccountID
	case OwnOrganization, Recipient:
		if o.Tier >= 3 && (!o.NamesActor || a.Kind != Person || !a.OwnSession) {
			return false
		}
		return m.OrganizationID != uuid.Nil && m.OrganizationID == o.OrganizationID
	default:
		return false
	}
}
