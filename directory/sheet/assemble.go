package sheet

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// assembled is what the files say of one organization, put together: the objects as they stand in HSDS JSON.
type assembled struct {
	things map[key]map[string]any
	order  []key
	brief  map[key]bool
	parts  map[int32][]key // records of parts → the things that they ended up in
}

// assemble reads the records of an organization and puts the parts into what they belong to.
func (g *gathering) assemble(ctx context.Context, r *resolved, home uuid.UUID) (*assembled, error) {
	members := r.members[home]
	said, err := g.stage.read(ctx, members)
	if err != nil {
		return nil, err
	}
	if err := g.units(ctx, said, members); err != nil {
		return nil, err
	}
	a := &assembled{things: map[key]map[string]any{}, brief: map[key]bool{}, parts: map[int32][]key{}}
	objects := map[key]map[string]any{}
	for _, at := range members {
		rec := g.records[at]
		if rec.lost {
			continue
		}
		if !tableAt[rec.table].thing {
			objects[rec.key] = said[at]
			continue
		}
		if r.home[rec.key] != home {
			continue
		}
		if have, twice := a.things[rec.key]; twice {
			g.merge(a, rec, have, said[at])
			continue
		}
		a.things[rec.key], a.brief[rec.key] = said[at], rec.brief
		a.order = append(a.order, rec.key)
	}
	maps.Copy(objects, a.things)
	for _, at := range members {
		if rec := g.records[at]; !rec.lost && !tableAt[rec.table].thing {
			for _, o := range rec.owners {
				g.put(r, a, objects, home, at, o)
			}
		}
	}
	return a, nil
}

// merge joins what two places of the files say of one thing. The first to say it in full says what it is.
func (g *gathering) merge(a *assembled, rec recordState, have, more map[string]any) {
	if a.brief[rec.key] && !rec.brief {
		fuller := maps.Clone(more)
		for name, value := range have {
			if _, said := fuller[name]; !said {
				fuller[name] = value
			}
		}
		a.things[rec.key], a.brief[rec.key] = fuller, false
		return
	}
	differs := false
	for name, value := range more {
		was, said := have[name]
		if !said {
			have[name] = value
			continue
		}
		left, simple := plain(was)
		right, also := plain(value)
		differs = differs || simple && also && left != right && tableAt[rec.table].columns[name].kind != reference
		if name == patchTexts {
			differs = differs || !sameTexts(was, value)
		}
	}
	if differs {
		first := g.rows[g.records[g.first[rec.key]].row].Line
		g.note(g.rows[rec.row].Place, tableAt[rec.table].name, "differs", first)
	}
}

func sameTexts(a, b any) bool {
	left, _ := a.(map[string]any)
	right, _ := b.(map[string]any)
	for field := range right {
		l, r := inside(left, field), inside(right, field)
		if l != nil && !maps.Equal(l, r) {
			return false
		}
	}
	return true
}

// put hangs a part into one owner. An owner that only stands in the directory becomes a thing of which no more is said than its parts.
func (g *gathering) put(r *resolved, a *assembled, objects map[key]map[string]any, home uuid.UUID, at int32, o reached) {
	rec := g.records[at]
	property := ""
	for _, candidate := range tableAt[rec.table].owners {
		if candidate.column == o.column && candidate.table == o.tableName() {
			property = candidate.property
		}
	}
	into := objects[o.key]
	if into == nil && r.standing[o.key] == home && tableAt[o.table].thing && r.home[o.key] == uuid.Nil {
		into = map[string]any{"id": o.id.String()}
		objects[o.key], a.things[o.key], a.brief[o.key] = into, into, true
		a.order = append(a.order, o.key)
	}
	if into == nil || property == "" {
		return
	}
	list, _ := into[property].([]any)
	part := objects[rec.key]
	if !slices.ContainsFunc(list, func(have any) bool { return sameID(have, part) }) {
		into[property] = append(list, part)
	}
	if tableAt[o.table].thing {
		a.parts[at] = append(a.parts[at], o.key)
		return
	}
	if owner, here := g.first[o.key]; here { // a part of a part goes where that goes
		for _, further := range g.records[owner].owners {
			if tableAt[further.table].thing && objects[further.key] != nil {
				a.parts[at] = append(a.parts[at], further.key)
			}
		}
	}
}

func sameID(have any, part map[string]any) bool {
	object, ok := have.(map[string]any)
	return ok && object["id"] != nil && object["id"] == part["id"]
}

// units puts the unit into each capacity that counts in it.
func (g *gathering) units(ctx context.Context, said map[int32]map[string]any, members []int32) error {
	wanted := map[int32][]int32{} // unit → capacities
	for _, at := range members {
		if g.records[at].tableName() != "service_capacity" {
			continue
		}
		id, _ := said[at]["unit_id"].(string)
		unit, err := uuid.Parse(id)
		if err != nil {
			continue
		}
		k := keyOf("unit", unit)
		if first, here := g.first[k]; here {
			wanted[first] = append(wanted[first], at)
		} else {
			g.note(g.rows[g.records[at].row].Place, "unit_id", "dangling_left_out")
		}
	}
	units, err := g.stage.read(ctx, slices.Sorted(maps.Keys(wanted)))
	if err != nil {
		return err
	}
	for unit, capacities := range wanted {
		for _, at := range capacities {
			said[at]["unit"] = units[unit]
		}
		g.rows[g.records[unit].row].outcome = Unchanged // as the capacities go; see settle
		g.used[unit] = append(g.used[unit], capacities...)
	}
	return nil
}
