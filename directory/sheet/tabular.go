package sheet

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
)

// rowReader gives the rows of one table, whatever it is written in.
type rowReader interface {
	next() (csvRow, error)
}

// header is what the first row says the cells below it are.
type header struct {
	names   []string // as columns are called here; empty: not read
	unnamed []bool   // whether the heading is blank and nothing was said of that yet
}

// headed is a header without names yet.
func headed(cells []string) header {
	h := header{names: make([]string, len(cells)), unnamed: make([]bool, len(cells))}
	for i, cell := range cells {
		h.unnamed[i] = normalHeader(cell) == ""
	}
	return h
}

// normalHeader is a heading as it is compared: small letters, one underscore between words.
func normalHeader(s string) string {
	s, _ = tidy(s)
	return strings.Trim(strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == '-' || r == '_' || r == '\n' || r == '.' }), "_"), "*_")
}

// readPackage reads the tables of a package, the things before their parts, so that what is told twice is told by the thing first.
func (g *gathering) readPackage(ctx context.Context, in Input, b *budget) error {
	files := slices.Clone(in.files)
	slices.SortStableFunc(files, func(a, b file) int { return last(a) - last(b) })
	for _, f := range files {
		s := stem(f.name)
		lower := strings.ToLower(f.name)
		switch {
		case strings.HasSuffix(lower, "datapackage.json"):
		case !strings.HasSuffix(lower, ".csv") && !strings.HasSuffix(lower, ".tsv") && !strings.HasSuffix(lower, ".txt"), tableOfFile(s) == nil:
			g.note(Place{File: f.name}, "", "unknown_file")
		default:
			if err := g.readFile(ctx, f, b, g.packageTable); err != nil {
				return err
			}
		}
	}
	return nil
}

// last is 1 for a file that only adds to what others say of a service.
func last(f file) int {
	if strings.HasPrefix(stem(f.name), "eligibilit") {
		return 1
	}
	return 0
}

// readFile reads one delimited file by read. That it cannot be read to its end is a finding and no error.
func (g *gathering) readFile(ctx context.Context, f file, b *budget, read func(context.Context, Place, rowReader) error) error {
	g.files = append(g.files, Place{File: f.name})
	content, err := f.open()
	if err != nil {
		g.note(Place{File: f.name}, "", "unreadable_file")
		return nil
	}
	defer func() { _ = content.Close() }()
	rows := newCSV(b.limit(content))
	err = read(ctx, Place{File: f.name}, rows)
	if rows.legacy {
		g.note(Place{File: f.name}, "", "windows_1256")
	}
	return g.survive(Place{File: f.name}, err)
}

// survive turns what is wrong with a file into a finding; what is wrong with the database, or that the import was stopped, stays an error.
func (g *gathering) survive(at Place, err error) error {
	var broken *brokenFile
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooLarge):
		g.note(at, "", "file_too_large")
		return nil
	case errors.As(err, &broken):
		g.note(at, "", "unreadable_file")
		return nil
	}
	return err
}

// brokenFile marks an error as one of the file.
type brokenFile struct{ cause error }

func (b *brokenFile) Error() string { return "sheet: " + b.cause.Error() }
func (b *brokenFile) Unwrap() error { return b.cause }

// broken marks what is wrong with a file. That it ends is wrong too: who may meet its end looks for that first.
func broken(err error) error {
	if err == nil || errors.Is(err, errTooLarge) || errors.Is(err, context.Canceled) {
		return err
	}
	return &brokenFile{err}
}

// packageTable reads one table of a package.
func (g *gathering) packageTable(ctx context.Context, at Place, rows rowReader) error {
	first, err := rows.next()
	if errors.Is(err, io.EOF) {
		g.note(at, "", "empty_file")
		return nil
	}
	if err != nil {
		return broken(err)
	}
	given := make([]string, len(first.cells))
	for i, cell := range first.cells {
		given[i] = normalHeader(cell)
	}
	t := tableFor(at.File, given)
	h := headed(first.cells)
	known := false
	for i, name := range given {
		now, ok := t.rename(at.File, name)
		if !ok && name != "" {
			g.note(at, name, "unknown_column")
		}
		h.names[i] = g.once(at, h.names[:i], now)
		known = known || h.names[i] != ""
	}
	if !known {
		at.Line = first.line
		g.note(at, "", "no_header")
		h = header{names: make([]string, len(given))}
	}
	return g.each(ctx, at, rows, h, func(row int32, cells map[string]string) error {
		if !known {
			g.rows[row].outcome = Skipped
			return nil
		}
		modernise(at.File, t, cells)
		raw := make(map[string]any, len(cells))
		for name, cell := range cells {
			raw[name] = neutral(cell)
		}
		lists(t, cells, raw)
		return g.addRow(ctx, t, row, raw)
	})
}

// once gives a name that stands among the earlier ones already no column.
func (g *gathering) once(at Place, before []string, name string) string {
	for _, b := range before {
		if b == name && name != "" {
			g.note(at, name, "column_twice")
			return ""
		}
	}
	return name
}

// each calls do for every row below the header with its cells by name. A row that cannot be read is skipped.
func (g *gathering) each(ctx context.Context, at Place, rows rowReader, h header, do func(row int32, cells map[string]string) error) error {
	any := false
	for {
		r, err := rows.next()
		if errors.Is(err, io.EOF) {
			if !any {
				g.note(Place{File: at.File, Sheet: at.Sheet}, "", "empty_file")
			}
			return nil
		}
		if err != nil {
			return broken(err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		any = true
		row, err := g.row(Place{File: at.File, Sheet: at.Sheet, Line: r.line})
		if err != nil {
			return err
		}
		if r.broken != "" {
			g.skip(row, "", r.broken)
			continue
		}
		if err := do(row, g.cells(row, h, r.cells)); err != nil {
			return err
		}
	}
}

func (g *gathering) cells(row int32, h header, cells []string) map[string]string {
	out := make(map[string]string, len(h.names))
	for i, name := range h.names {
		if name == "" {
			if i < len(cells) && i < len(h.unnamed) && h.unnamed[i] && strings.TrimSpace(cells[i]) != "" {
				h.unnamed[i] = false
				at := g.rows[row].Place
				g.note(Place{File: at.File, Sheet: at.Sheet}, "", "unnamed_column", i+1)
			}
			continue
		}
		out[name] = ""
		if i < len(cells) {
			out[name] = cells[i]
		}
	}
	if len(cells) > len(h.names) && !blank(cells[len(h.names):]) {
		g.note(g.rows[row].Place, "", "row_too_long")
	}
	if len(cells) < len(h.names) && len(cells) > 0 {
		g.note(g.rows[row].Place, "", "row_too_short")
	}
	return out
}

func blank(cells []string) bool { return csvRow{cells: cells}.blank() }

// addRow cleans a row of a table and takes its record in.
func (g *gathering) addRow(ctx context.Context, t *table, row int32, raw map[string]any) error {
	at := g.rows[row].Place
	asked, brief := t, t.name == "service" && strings.HasPrefix(stem(at.File), "eligibilit")
	if brief { // who is eligible is said of a service that has its name elsewhere
		nameless := *t
		nameless.needs = nil
		asked = &nameless
	}
	fields, whole := g.fields(asked, at, "", raw)
	if !whole {
		g.rows[row].outcome = Skipped
		return nil
	}
	id, _ := fields["id"].(string)
	r := record{table: t, fields: fields, brief: brief}
	if id != "" {
		r.id = g.id(t.name, id)
	}
	return g.add(ctx, row, r, !r.brief)
}
