package directory

import "github.com/google/uuid"

// Taxonomy is a system of terms by which things are classified (HSDS taxonomy). The needs are one, which the program brings along; the
// others came with what was imported.
type Taxonomy struct {
	ID          uuid.UUID
	Name        Name
	Description Name
	URI         string
	Version     string
	Metadata    []Metadata
	Source      string // from which import it came; empty: from here
}

// Term is a term of a taxonomy (HSDS taxonomy_term).
type Term struct {
	ID           uuid.UUID
	Code         string
	Name         Name
	Description  Name
	ParentID     uuid.UUID // may be of a term that is not here; the zero id: none
	TaxonomyName string    // HSDS taxonomy_term.taxonomy, for a term whose taxonomy is only known by name
	TaxonomyID   uuid.UUID // may be of a taxonomy that is not here; the zero id: none
	Language     string
	URI          string
	Metadata     []Metadata
	Source       string // from which import it came; empty: from here
}

// NeedsTaxonomy is the taxonomy whose terms the needs are.
var NeedsTaxonomy = Taxonomy{
	ID:   uuid.NewSHA1(needSpace, []byte("taxonomy")),
	Name: Name{AR: "تصنيف الاحتياجات", EN: "Needs"},
	Description: Name{
		AR: "ما قد تحتاجه أسرة، وعلى أساسه يُبحث عن الخدمات وتُحال إليها.",
		EN: "What a household may need; services are searched for and referred to by it.",
	},
	Version: "1",
}

// Needs returns the taxonomy of needs that the program brings along, roots before their leaves.
func Needs() []Need { return append([]Need{}, taxonomy...) }

// NeedByID returns the need of that id, and whether there is one.
func NeedByID(id uuid.UUID) (Need, bool) {
	n, ok := needsByID[id]
	return n, ok
}

var needsByID = func() map[uuid.UUID]Need {
	byID := make(map[uuid.UUID]Need, len(taxonomy))
	for _, n := range taxonomy {
		byID[n.ID] = n
	}
	return byID
}()

// Term returns the need as a term of NeedsTaxonomy.
func (n Need) Term() Term {
	t := Term{ID: n.ID, Code: n.Code, Name: n.Name, Description: n.Description, TaxonomyName: NeedsTaxonomy.Name.EN, TaxonomyID: NeedsTaxonomy.ID}
	if !n.Root() {
		t.ParentID = needID(n.ParentCode)
	}
	return t
}
