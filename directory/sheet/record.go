package sheet

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tahweel/internal/text"
)

// record is one entity that a row tells of.
type record struct {
	table  *table
	id     uuid.UUID
	fields map[string]any
	aside  bool // it came along with the thing that its row is about
	brief  bool // only mentioned within another thing: what it does not say of it stays as it is
}

// key tells records apart.
type key struct {
	table uint8
	id    uuid.UUID
}

// ordinal numbers the tables, so that a key is small.
var ordinal, tableAt = func() (map[string]uint8, []*table) {
	numbers, at := map[string]uint8{}, []*table{}
	for i, e := range entities {
		numbers[e.name] = uint8(i)
		at = append(at, tables[e.name])
	}
	return numbers, at
}()

func keyOf(table string, id uuid.UUID) key { return key{ordinal[table], id} }

func (k key) tableName() string { return tableAt[k.table].name }

// rowState is one row of a file: where it stands and what became of it. Only this, ids and references of an import are held in memory;
// what the rows say waits in the database.
type rowState struct {
	Place
	outcome Outcome // empty: not decided
}

// recordState is one record of a row.
type recordState struct {
	key
	row    int32
	owners []reached // of a part: what it belongs to; of a thing: what it refers to
	brief  bool
	aside  bool
	lost   bool  // it was left out
	next   int32 // another record of the same thing, -1: none
}

// reached is a reference that was made, by the column that makes it.
type reached struct {
	key
	column string
}

// gathering takes the rows of the files in.
type gathering struct {
	*cleaner
	stage    *stage
	limits   Limits
	files    []Place // in the order in which they were read
	rows     []rowState
	records  []recordState
	first    map[key]int32
	findings []Finding
	beyond   map[more]int // findings of which the report has no more room, by what they have in common
	country  *country
	terms    map[uuid.UUID]string   // terms of the files that are needs of ours
	loose    map[key]map[string]any // what leads nowhere: columns of a record, or under wholeRow all of it
	used     map[int32][]int32      // units → the capacities that count in them
	progress func(rows int)
	unread   *Finding       // the first that hides which records the files have
	told     map[int32]bool // rows that were skipped although it is known which records they tell of
	present  map[key]bool   // records that a row names and that were not taken in
	joined   Place          // of the last row in which a reference was left out
}

func newGathering(source string, limits Limits, s *stage, progress func(int)) *gathering {
	g := &gathering{stage: s, limits: limits, first: map[key]int32{}, used: map[int32][]int32{}, loose: map[key]map[string]any{}, terms: map[uuid.UUID]string{}, progress: progress}
	g.told, g.present, g.beyond = map[int32]bool{}, map[key]bool{}, map[more]int{}
	g.cleaner = newCleaner(source, func(at Place, column, code string, args ...any) {
		f := found(at, column, code, args...)
		g.find(f)
		g.hides(f)
	})
	return g
}

// row begins a row. It fails with errTooLarge once there are more than an import takes.
func (g *gathering) row(at Place) (int32, error) {
	if len(g.rows) >= g.limits.Rows {
		g.note(Place{File: at.File, Sheet: at.Sheet, Line: at.Line}, "", "too_many_rows")
		return 0, errTooLarge
	}
	g.rows = append(g.rows, rowState{Place: at})
	if g.progress != nil && len(g.rows)%1000 == 0 {
		g.progress(len(g.rows))
	}
	return int32(len(g.rows) - 1), nil
}

// skip ends a row that holds nothing that can be used; a finding says why.
func (g *gathering) skip(row int32, column, code string, args ...any) {
	g.rows[row].outcome = Skipped
	g.note(g.rows[row].Place, column, code, args...)
}

// add takes a record of a row in. A thing may be told of in several places of a JSON file; in tables each id stands once.
func (g *gathering) add(ctx context.Context, row int32, r record, table bool) error {
	if r.id == uuid.Nil {
		if at := g.rows[row].Place; g.joined == at {
			g.unsure(found(at, "id", "joined_ids"))
		}
		id, ok := g.natural(r)
		if !ok {
			g.skip(row, "id", "missing_id")
			return nil
		}
		r.id = id
		r.fields["id"] = id.String()
	}
	k := keyOf(r.table.name, r.id)
	at := int32(len(g.records))
	state := recordState{key: k, row: row, owners: g.references(r), brief: r.brief, aside: r.aside, next: -1}
	if first, twice := g.first[k]; twice {
		if table || !r.table.thing {
			g.told[row] = true
			g.skip(row, "id", "duplicate_id", g.rows[g.records[first].row].Line)
			return nil
		}
		last := first
		for g.records[last].next >= 0 {
			last = g.records[last].next
		}
		g.records[last].next = at
	} else {
		g.first[k] = at
	}
	g.records = append(g.records, state)
	g.learnNeed(r)
	return g.stage.put(ctx, int(at), r.fields)
}

// natural makes an id for a record that has none, of what it cannot change without being another one.
func (g *gathering) natural(r record) (uuid.UUID, bool) {
	get := func(name string) string {
		s, _ := plain(r.fields[name])
		return text.Normalise(s)
	}
	var parts []string
	switch r.table.name {
	case "organization", "taxonomy":
		parts = []string{get("name")}
	case "service":
		parts = []string{get("organization_id"), get("name")}
	case "location":
		parts = []string{get("organization_id"), get("name"), get("latitude"), get("longitude")}
	case "service_at_location":
		parts = []string{get("service_id"), get("location_id")}
	case "taxonomy_term":
		parts = []string{get("taxonomy"), get("code"), get("name")}
	default:
		content, err := json.Marshal(r.fields)
		if err != nil || len(r.fields) == 0 {
			return uuid.Nil, false
		}
		parts = []string{string(content)}
	}
	if strings.Join(parts, "") == "" {
		return uuid.Nil, false
	}
	return g.id(r.table.name, "\x00"+strings.Join(parts, "\x00")), true
}

// references are what the record refers to and cannot be without, and what it belongs to.
func (g *gathering) references(r record) []reached {
	var out []reached
	to := func(column, table string) {
		given, _ := r.fields[column].(string)
		if id, err := uuid.Parse(given); err == nil {
			out = append(out, reached{keyOf(table, id), column})
		}
	}
	switch r.table.name {
	case "service", "location", "program":
		to("organization_id", "organization")
	case "service_at_location":
		to("service_id", "service")
		to("location_id", "location")
	default:
		for _, o := range r.table.owners {
			to(o.column, o.table)
		}
	}
	return out
}

// learnNeed notes a term that is one of our needs, by its code or its name.
func (g *gathering) learnNeed(r record) {
	if r.table.name != "taxonomy_term" {
		return
	}
	code, _ := r.fields["code"].(string)
	name, _ := r.fields["name"].(string)
	if need, ok := needMeant(code, name); ok {
		g.terms[r.id] = need
	}
}

// counts are those of each file, in the order in which the files were read.
func (g *gathering) counts(files []Place) []Count {
	at, out := map[Place]int{}, []Count{}
	for _, f := range files {
		at[f] = len(out)
		out = append(out, Count{File: f.File, Sheet: f.Sheet})
	}
	for _, r := range g.rows {
		f := Place{File: r.File, Sheet: r.Sheet}
		i, known := at[f]
		if !known {
			i = len(out)
			at[f] = i
			out = append(out, Count{File: f.File, Sheet: f.Sheet})
		}
		out[i].add(r.outcome)
	}
	return out
}

// sorted are the findings in the order of the files; those of a whole file come before those of its rows, and at the end stands how many
// there are beyond.
func (g *gathering) sorted() []Finding {
	order := map[string]int{}
	for i, r := range g.rows {
		if _, seen := order[r.File+"\x00"+r.Sheet]; !seen {
			order[r.File+"\x00"+r.Sheet] = i
		}
	}
	slices.SortStableFunc(g.findings, func(a, b Finding) int {
		left, right := order[a.File+"\x00"+a.Sheet], order[b.File+"\x00"+b.Sheet]
		switch {
		case left != right:
			return left - right
		case a.File != b.File:
			return strings.Compare(a.File, b.File)
		}
		return a.Line - b.Line
	})
	return append(g.findings, g.rest()...)
}

// again takes in a record of a thing that other rows may tell of too: the first row says what it is.
func (g *gathering) again(ctx context.Context, row int32, r record) error {
	return g.add(ctx, row, r, false)
}
