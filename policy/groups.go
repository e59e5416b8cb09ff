package policy

import "strings"

// Groups is a set of field groups, the unit of a grant (referrals.md, "What a referral carries").
type Groups uint16

// The field groups A to I.
const (
	Envelope    Groups = 1 << iota // A: ids, need, priority, place, age band …
	Eligibility                    // B: derived facts, yes, no or unknown
	Identity                       // C: names, document, date of birth
	Contact                        // D: telephones, address, safe contact
	Narrative                      // E: need, strengths, narrative
	Household                      // F: members and relations
	Sensitive                      // G: diagnosis, legal status, violence
	Attachments                    // H
	Sender                         // I: case manager and directorate
)

// Sealed are the groups that are encrypted at rest and disclosed only under a grant and a consent.
const Sealed = Identity | Contact | Narrative | Household | Sensitive | Attachments

// All is every group.
const All = Envelope | Eligibility | Sealed | Sender

const letters = "ABCDEFGHI"

// Has reports whether every group of h is in g.
func (g Groups) Has(h Groups) bool { return g&h == h }

// Letters returns the groups as single letters in order, the form that the API and the tables use.
func (g Groups) Letters() []string {
	out := make([]string, 0, len(letters))
	for i := range letters {
		if g&(1<<i) != 0 {
			out = append(out, letters[i:i+1])
		}
	}
	return out
}

// String returns the letters without a separator.
func (g Groups) String() string { return strings.Join(g.Letters(), "") }

// ParseGroups reads single letters. It reports false if one is not a group.
func ParseGroups(list []string) (Groups, bool) {
	var g Groups
	for _, l := range list {
		i := strings.Index(letters, l)
		if len(l) != 1 || i < 0 {
			return 0, false
		}
		g |= 1 << i
	}
	return g, true
}
