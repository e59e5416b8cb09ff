package demo

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"tahweel/internal/identity"
)

// Player is somebody of the demonstration for whom a token is made, so that a visitor can act in their name.
type Player struct {
	Name           string // case_manager, provider …: a stable word, not a person's name
	Claims         identity.Claims
	OrganizationID uuid.UUID // of a provider's; otherwise uuid.Nil
}

// ClientID is the software in whose name the demonstration's tokens are made.
const ClientID = "tahweel-demo"

var (
	caseworkScopes   = []string{"directory.read", "referrals.read", "referrals.write", "events.read"}
	registerScopes   = []string{"directory.read", "directory.write", "accreditation.manage", "mou.manage", "accounts.manage"}
	providerScopes   = append(slices.Clone(caseworkScopes), "directory.write", "accounts.manage")
	adminScopes      = []string{"directory.read", "directory.write", "accounts.manage"}
	reportScopes     = []string{"reports.read"}
	machine, inPlace = false, true // a machine's token, and one of somebody who has signed in in person
)

// Cast returns the players in a fixed order. The one cleared for tier 3 is a person of a women's organization in Hebron, since no
// machine is shown tier 3.
func Cast() ([]Player, error) {
	c, err := read()
	if err != nil {
		return nil, err
	}
	players := []Player{
		player("case_manager", "cm-hebron-1", inPlace, caseworkScopes),
		player("other_case_manager", "cm-gaza-north-1", inPlace, caseworkScopes),
		player("supervisor", "supervisor-hebron", inPlace, slices.Concat(caseworkScopes, reportScopes)),
		player("associations_officer", officer, inPlace, slices.Concat(registerScopes, reportScopes)),
		player("associations_signatory", signatory, inPlace, registerScopes),
		player("administrator", "administrator", inPlace, adminScopes),
		player("auditor", "auditor", inPlace, reportScopes),
	}
	for _, o := range c.organizations {
		if o.ReadyAs == "" {
			continue
		}
		p := player(o.ReadyAs, clientKey(o.Key), machine, caseworkScopes)
		p.OrganizationID = organizationID(o.Key)
		players = append(players, p)
	}
	for _, o := range c.organizations {
		if i := slices.IndexFunc(o.Members, func(a account) bool { return a.Role == "provider_focal_point" }); o.ReadyAs == "provider" && i >= 0 {
			focal := player("provider_focal_point", o.Members[i].Key, inPlace, providerScopes)
			focal.OrganizationID = organizationID(o.Key)
			players = append(players, focal)
		}
	}
	cleared := player("cleared_person", "sana-women-focal", inPlace, caseworkScopes)
	cleared.OrganizationID = organizationID("sana-women")
	players = append(players, cleared)
	if len(players) != 11 {
		return nil, fmt.Errorf("demo: %d players, not 11", len(players))
	}
	return players, nil
}

func player(name, account string, ownSession bool, scopes []string) Player {
	return Player{Name: name, Claims: identity.Claims{
		Subject: accountID(account), ClientID: ClientID, Scopes: scopes, OwnSession: ownSession,
	}}
}
