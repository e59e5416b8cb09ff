package directory

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"tahweel/internal/fault"
)

// Need is one term of the taxonomy of needs (HSDS taxonomy_term). Its code is its natural key.
type Need struct {
	ID          uuid.UUID // follows from the code: the same in every database
	Code        string
	ParentCode  string // empty for a root
	Tier        int    // sensitivity 1 to 3 (referrals.md); 0 for a root
	Name        Name
	Description Name
}

// Root reports whether the need is the root of a tree: one searches for it, but is referred for one of its leaves.
func (n Need) Root() bool { return n.ParentCode == "" }

// needSpace is the namespace of need ids, RFC 9562 version 5.
var needSpace = uuid.MustParse("6d1f0a53-3c1c-5b0e-9c6e-6f2b7d0c4a11")

func needID(code string) uuid.UUID { return uuid.NewSHA1(needSpace, []byte(code)) }

//go:embed taxonomy.json
var taxonomyText []byte

// The taxonomy is part of the program: it is read once, and a mistake in it fails every test.
var taxonomy, needsByCode = mustReadTaxonomy(taxonomyText)

func mustReadTaxonomy(text []byte) ([]Need, map[string]Need) {
	needs, err := readTaxonomy(text)
	if err == nil {
		err = ValidateTaxonomy(needs)
	}
	if err != nil {
		panic(fmt.Sprintf("directory: the embedded taxonomy: %v", err))
	}
	byCode := make(map[string]Need, len(needs))
	for _, n := range needs {
		byCode[n.Code] = n
	}
	return needs, byCode
}

func readTaxonomy(text []byte) ([]Need, error) {
	var terms []struct {
		Code        string
		Parent      string
		Tier        int
		Name        Name
		Description Name
	}
	if err := json.Unmarshal(text, &terms); err != nil {
		return nil, fmt.Errorf("taxonomy: %w", err)
	}
	needs := make([]Need, len(terms))
	for i, t := range terms {
		needs[i] = Need{ID: needID(t.Code), Code: t.Code, ParentCode: t.Parent, Tier: t.Tier, Name: t.Name, Description: t.Description}
	}
	return needs, nil
}

// NeedByCode returns the need of that code, and whether there is one.
func NeedByCode(code string) (Need, bool) {
	n, ok := needsByCode[code]
	return n, ok
}

// ValidateTaxonomy returns every fault of a taxonomy at once, as fault.Refused, or nil: a code twice, a parent that is missing or
// no root or comes later, a text that is missing, a leaf without a tier or a root with one. Pointers are of the form
// "/<code>/<field>".
func ValidateTaxonomy(needs []Need) error {
	var l fault.List
	seen := make(map[string]Need, len(needs))
	for _, n := range needs {
		at := "/" + n.Code
		if _, twice := seen[n.Code]; twice || n.Code == "" {
			l.Add(at, "A code occurs once and is not empty.", "لا يتكرر الرمز ولا يكون فارغًا.")
		}
		named(&l, at+"/name", n.Name)
		named(&l, at+"/description", n.Description)
		if parent, ok := seen[n.ParentCode]; !n.Root() && (!ok || !parent.Root() || !strings.HasPrefix(n.Code, parent.Code+"-")) {
			l.Add(at+"/parent", "The parent is a root that stands before, and its code begins the leaf's.",
				"الأصل جذر سابق في القائمة، ويبدأ به رمز الفرع.")
		}
		if n.Root() != (n.Tier == 0) || n.Tier < 0 || n.Tier > 3 {
			l.Add(at+"/tier", "A leaf has a tier from 1 to 3, and a root none.", "للفرع درجة حساسية من 1 إلى 3، ولا درجة للجذر.")
		}
		seen[n.Code] = n
	}
	return l.Err()
}

// HighestTier returns the tier of a leaf, and of a root the highest of its leaves; false if there is no such need.
func HighestTier(code string) (tier int, ok bool) {
	n, ok := needsByCode[code]
	tier = n.Tier
	for _, leaf := range taxonomy {
		if ok && leaf.ParentCode == code {
			tier = max(tier, leaf.Tier)
		}
	}
	return tier, ok
}
