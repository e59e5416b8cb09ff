package sheet

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// resolved is how the records of the files hang together: what belongs to which organization.
type resolved struct {
	organizations []uuid.UUID           // in the order in which the files tell of them
	members       map[uuid.UUID][]int32 // their records
	terms         []int32               // taxonomies and terms
	standing      map[key]uuid.UUID     // things of the directory that the files refer to → their organization
	home          map[key]uuid.UUID     // things of the files → their organization
}

// resolve finds out to which organization each record belongs. What belongs to none is skipped, with a finding that says why.
func (g *gathering) resolve(ctx context.Context) (*resolved, error) {
	r := &resolved{members: map[uuid.UUID][]int32{}, standing: map[key]uuid.UUID{}, home: map[key]uuid.UUID{}}
	if err := g.lookUp(ctx, r); err != nil {
		return nil, err
	}
	g.housed(r)
	for i := range g.records {
		rec := &g.records[i]
		at := int32(i)
		switch rec.tableName() {
		case "taxonomy", "taxonomy_term":
			r.terms = append(r.terms, at)
		case "organization", "service", "location", "service_at_location":
			g.place(r, at, rec)
		case "unit":
		default:
			g.attach(r, at, rec)
		}
	}
	return r, nil
}

// lookUp reads what the files refer to and do not tell of themselves from the directory.
func (g *gathering) lookUp(ctx context.Context, r *resolved) error {
	wanted := map[string][]uuid.UUID{}
	asked := map[key]bool{}
	for _, rec := range g.records {
		for _, o := range rec.owners {
			if _, here := g.first[o.key]; here || asked[o.key] {
				continue
			}
			asked[o.key] = true
			wanted[o.tableName()] = append(wanted[o.tableName()], o.id)
		}
		if name := rec.tableName(); name == "location" || name == "service" { // whose they are may stand in the directory only
			wanted[name] = append(wanted[name], rec.id)
		}
	}
	for _, q := range []struct{ table, sql string }{
		{"organization", `SELECT id, id AS organization_id FROM organization WHERE id = ANY (@ids)`},
		{"service", `SELECT id, organization_id FROM service WHERE id = ANY (@ids)`},
		{"location", `SELECT id, organization_id FROM location WHERE id = ANY (@ids)`},
		{"service_at_location", `SELECT sal.id, s.organization_id FROM service_at_location AS sal JOIN service AS s ON s.id = sal.service_id WHERE sal.id = ANY (@ids)`},
	} {
		for chunk := range slices.Chunk(wanted[q.table], 1000) {
			rows, err := g.stage.q.Query(ctx, q.sql, pgx.StrictNamedArgs{"ids": chunk})
			if err != nil {
				return fmt.Errorf("import: look the references up: %w", err)
			}
			var id, organization uuid.UUID
			if _, err := pgx.ForEachRow(rows, []any{&id, &organization}, func() error {
				r.standing[keyOf(q.table, id)] = organization
				return nil
			}); err != nil {
				return fmt.Errorf("import: look the references up: %w", err)
			}
		}
	}
	return nil
}

// housed finds the organization of each thing of the files: services by what they say, locations by that or else by what is given there.
func (g *gathering) housed(r *resolved) {
	at := map[key][]key{} // location → the services that are given there
	for _, rec := range g.records {
		switch rec.tableName() {
		case "organization":
			r.home[rec.key] = rec.id
		case "service", "location":
			if home, ok := g.says(r, rec.owners); ok && r.home[rec.key] == uuid.Nil {
				r.home[rec.key] = home
			}
		case "service_at_location":
			service, location := endsOf(rec.owners)
			if location.id != uuid.Nil {
				at[location] = append(at[location], service)
			}
		}
	}
	for _, rec := range g.records {
		if name := rec.tableName(); (name == "location" || name == "service") && r.home[rec.key] == uuid.Nil {
			for _, service := range at[rec.key] {
				if home := g.homeOf(r, service); home != uuid.Nil && r.home[rec.key] == uuid.Nil {
					r.home[rec.key] = home
				}
			}
			if r.home[rec.key] == uuid.Nil && len(rec.owners) == 0 {
				r.home[rec.key] = r.standing[rec.key]
			}
		}
	}
	for _, rec := range g.records {
		if rec.tableName() == "service_at_location" {
			service, _ := endsOf(rec.owners)
			r.home[rec.key] = g.homeOf(r, service)
		}
	}
}

// says is the organization that the references name, if it is anywhere.
func (g *gathering) says(r *resolved, owners []reached) (uuid.UUID, bool) {
	for _, o := range owners {
		if o.column != "organization_id" {
			continue
		}
		if _, here := g.first[o.key]; here {
			return o.id, true
		}
		if _, there := r.standing[o.key]; there {
			return o.id, true
		}
	}
	return uuid.Nil, false
}

func endsOf(owners []reached) (service, location key) {
	for _, o := range owners {
		switch o.column {
		case "service_id":
			service = o.key
		case "location_id":
			location = o.key
		}
	}
	return service, location
}

func (g *gathering) homeOf(r *resolved, k key) uuid.UUID {
	if home := r.home[k]; home != uuid.Nil {
		return home
	}
	return r.standing[k]
}

func (g *gathering) exists(r *resolved, k key) bool {
	_, here := g.first[k]
	_, there := r.standing[k]
	return here || there
}

// lose leaves a record out; its row is skipped unless another record of it was kept.
func (g *gathering) lose(rec *recordState, column, code string) {
	rec.lost = true
	g.note(g.rows[rec.row].Place, column, code)
}

// place puts a thing to its organization.
func (g *gathering) place(r *resolved, at int32, rec *recordState) {
	home := r.home[rec.key]
	for _, o := range rec.owners {
		if g.exists(r, o.key) {
			continue
		}
		if rec.tableName() == "service_at_location" || home == uuid.Nil {
			g.lose(rec, o.column, "dangling_reference")
			delete(r.home, rec.key)
			return
		}
		g.note(g.rows[rec.row].Place, o.column, "dangling_left_out")
		g.keepLoose(rec.key, o.column, o.id.String())
	}
	if home == uuid.Nil {
		g.lose(rec, "organization_id", "no_organization")
		return
	}
	r.join(home, at)
}

func (r *resolved) join(home uuid.UUID, at int32) {
	if _, known := r.members[home]; !known {
		r.organizations = append(r.organizations, home)
	}
	if list := r.members[home]; len(list) == 0 || list[len(list)-1] != at {
		r.members[home] = append(list, at)
	}
}

// attach puts a part to the organizations of all that it belongs to.
func (g *gathering) attach(r *resolved, at int32, rec *recordState) {
	if rec.tableName() == "meta_table_description" {
		g.lose(rec, "", "not_representable")
		g.keepLoose(rec.key, wholeRow, true)
		return
	}
	if len(rec.owners) == 0 {
		g.lose(rec, "", "no_owner")
		return
	}
	homes, dangling := g.homes(r, rec.owners, 0)
	if len(homes) == 0 {
		for _, column := range dangling {
			g.lose(rec, column, "dangling_reference")
			g.keepLoose(rec.key, wholeRow, true)
		}
		if len(dangling) == 0 {
			g.lose(rec, "", "owner_skipped")
		}
		return
	}
	for _, column := range dangling {
		g.note(g.rows[rec.row].Place, column, "dangling_left_out")
		for _, o := range rec.owners {
			if o.column == column {
				g.keepLoose(rec.key, column, o.id.String())
			}
		}
	}
	for _, home := range homes {
		r.join(home, at)
	}
}

// homes are the organizations to which the owners of a part lead, through other parts if need be, and the columns that lead nowhere. An
// attribute may be of anything: of its candidates one must be there.
func (g *gathering) homes(r *resolved, owners []reached, depth int) (homes []uuid.UUID, dangling []string) {
	columns := map[string]bool{}
	for _, o := range owners {
		found := g.homeOf(r, o.key) != uuid.Nil
		if found {
			homes = append(homes, g.homeOf(r, o.key))
		} else if first, here := g.first[o.key]; here && !tableAt[o.table].thing && depth < 4 {
			through, _ := g.homes(r, g.records[first].owners, depth+1)
			homes = append(homes, through...)
			found = len(through) > 0
		}
		columns[o.column] = columns[o.column] || found
	}
	for _, o := range owners {
		if !columns[o.column] && !slices.Contains(dangling, o.column) {
			dangling = append(dangling, o.column)
		}
	}
	slices.SortFunc(homes, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(homes), dangling
}
