package sheet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/pg"
)

// parties are the organizations by what a row may call them, and the directorates by code and name.
type parties struct {
	organizations map[uuid.UUID]party
	byNumber      map[string][]uuid.UUID
	byName        map[string][]uuid.UUID
	directorates  map[string]uuid.UUID
	all           []uuid.UUID // of the directorates
	standing      [forms]map[string][]standing
}

type party struct{ authority, number string } // normalised

// standing is an agreement that the database has.
type standing struct{ id, organization uuid.UUID }

func readParties(ctx context.Context, q pg.Querier) (*parties, error) {
	p := &parties{organizations: map[uuid.UUID]party{}, byNumber: map[string][]uuid.UUID{}, byName: map[string][]uuid.UUID{}, directorates: map[string]uuid.UUID{}}
	for _, read := range []func(context.Context, pg.Querier) error{p.readOrganizations, p.readDirectorates, p.readStanding} {
		if err := read(ctx, q); err != nil {
			return nil, fmt.Errorf("import agreements: %w", err)
		}
	}
	return p, nil
}

// readOrganizations leaves out what was merged into another one: its agreements are the other's.
func (p *parties) readOrganizations(ctx context.Context, q pg.Querier) error {
	rows, err := q.Query(ctx, `
		SELECT id, registering_authority, registration_number, name_ar, name_en
		FROM organization
		WHERE merged_into IS NULL
		ORDER BY id`)
	if err != nil {
		return err
	}
	var id uuid.UUID
	var authority, number, ar, en string
	_, err = pgx.ForEachRow(rows, []any{&id, &authority, &number, &ar, &en}, func() error {
		o := party{normal(authority), normal(number)}
		p.organizations[id] = o
		if o.number != "" {
			p.byNumber[o.number] = append(p.byNumber[o.number], id)
		}
		for _, name := range names(ar, en) {
			p.byName[name] = append(p.byName[name], id)
		}
		return nil
	})
	return err
}

func (p *parties) readDirectorates(ctx context.Context, q pg.Querier) error {
	rows, err := q.Query(ctx, `
		SELECT id, code, name_ar, name_en
		FROM directorate
		ORDER BY code`)
	if err != nil {
		return err
	}
	var id uuid.UUID
	var code, ar, en string
	_, err = pgx.ForEachRow(rows, []any{&id, &code, &ar, &en}, func() error {
		p.all = append(p.all, id)
		for _, name := range append(names(ar, en), normal(code)) {
			meant := id
			if other, taken := p.directorates[name]; taken && other != id {
				meant = uuid.Nil // two are called so: neither is meant
			}
			p.directorates[name] = meant
		}
		return nil
	})
	return err
}

func (p *parties) readStanding(ctx context.Context, q pg.Querier) error {
	for f, table := range [forms]string{"accreditation", "instrument"} {
		p.standing[f] = map[string][]standing{}
		rows, err := q.Query(ctx, `
		SELECT id, organization_id, number
		FROM `+table+`
		WHERE number IS NOT NULL
		ORDER BY id`)
		if err != nil {
			return err
		}
		var s standing
		var number string
		if _, err := pgx.ForEachRow(rows, []any{&s.id, &s.organization, &number}, func() error {
			p.standing[f][normal(number)] = append(p.standing[f][normal(number)], s)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// whose finds the organization of a row: by its id, else by its registration, else by its name. If it cannot be told without guessing, it
// is Nil and code says why; of one that was found, code says what to look at, or is empty. column is the one to look at.
func (p *parties) whose(id, authority, number, ar, en string) (organization uuid.UUID, column, code string) {
	authority, number = normal(authority), normal(number)
	if id != "" {
		found, err := uuid.Parse(id)
		o, known := p.organizations[found]
		switch {
		case err != nil || !known:
			return uuid.Nil, "organization_id", "organization_not_known"
		case number != "" && o.number != "" && o.number != number:
			return uuid.Nil, "registration_number", "organization_contradicts"
		}
		return p.called(found, ar, en)
	}
	if candidates := p.registered(authority, number); len(candidates) > 0 {
		if len(candidates) > 1 {
			return uuid.Nil, "registration_number", "organization_ambiguous"
		}
		if named, said := p.named(ar, en); said && len(named) > 0 && !slices.Contains(named, candidates[0]) {
			return uuid.Nil, "organization_name_ar", "organization_contradicts"
		}
		return p.called(candidates[0], ar, en)
	}
	named, said := p.named(ar, en)
	switch {
	case !said && number == "":
		return uuid.Nil, "organization_name_ar", "required"
	case len(named) == 0:
		return uuid.Nil, "organization_name_ar", "organization_not_known"
	case len(named) > 1:
		return uuid.Nil, "organization_name_ar", "organization_ambiguous"
	case number != "" && p.organizations[named[0]].number != "":
		return uuid.Nil, "registration_number", "organization_contradicts"
	}
	return named[0], "organization_name_ar", "matched_by_name"
}

// called looks whether the organization that was found is called as the row says.
func (p *parties) called(id uuid.UUID, ar, en string) (organization uuid.UUID, column, code string) {
	if named, said := p.named(ar, en); said && !slices.Contains(named, id) {
		return id, "organization_name_ar", "called_otherwise"
	}
	return id, "", ""
}

// registered are the organizations with that registration; without an authority in the row or in the register the number alone counts.
func (p *parties) registered(authority, number string) (out []uuid.UUID) {
	if number == "" {
		return nil
	}
	for _, id := range p.byNumber[number] {
		if known := p.organizations[id].authority; authority == "" || known == "" || known == authority {
			out = append(out, id)
		}
	}
	return out
}

// named are the organizations that bear every name of the row; said is false if it has none.
func (p *parties) named(ar, en string) (out []uuid.UUID, said bool) {
	for _, name := range []string{normal(ar), normal(en)} {
		if name == "" {
			continue
		}
		bear := p.byName[name]
		if said {
			bear = slices.DeleteFunc(slices.Clone(bear), func(id uuid.UUID) bool { return !slices.Contains(out, id) })
		}
		out, said = bear, true
	}
	return out, said
}

// termNeeds are the codes of all needs by their code and their names: a term may name a root, which covers its leaves.
var termNeeds = func() map[string]string {
	out := map[string]string{}
	for _, n := range directory.Needs() {
		for _, name := range []string{n.Code, n.Name.AR, n.Name.EN} {
			out[normal(name)] = n.Code
		}
	}
	return out
}()

// targetGroups are the codes of the target groups by code and name.
var targetGroups = func() map[string]string {
	out := map[string]string{}
	for _, code := range directory.TargetGroups() {
		name := directory.TargetGroupName(code)
		for _, n := range []string{code, strings.ReplaceAll(code, "_", " "), name.AR, name.EN} {
			out[normal(n)] = code
		}
	}
	return out
}()

// ruled finds a governorate by its code or its name, which in a column of governorates means no town.
func (c *country) ruled(given string) (string, bool) {
	if code, ok := c.governorate(given); ok {
		return code, true
	}
	code, ok := c.governorates[normal(given)]
	return code, ok
}

// allGovernorates are the codes of all.
func (c *country) allGovernorates() []string {
	var out []string
	for _, code := range c.governorates {
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	slices.Sort(out)
	return out
}

// allRoots are the codes of the needs that cover all others.
func allRoots() []string {
	var out []string
	for _, n := range directory.Needs() {
		if n.Root() {
			out = append(out, n.Code)
		}
	}
	slices.Sort(out)
	return out
}

// everything reports whether a word means all that there are.
func everything(word string) bool {
	switch normal(word) {
	case "all", "nationwide", "الكل", "كل الوطن", normal("جميع المحافظات"), normal("كل المحافظات"), normal("جميع المديريات"), normal("كل المديريات"), normal("جميع الاحتياجات"), normal("كل الاحتياجات"):
		return true
	}
	return false
}
