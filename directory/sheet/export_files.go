package sheet

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"tahweel/directory"
	"tahweel/directory/hsds"
)

type csvExport struct {
	out *csv.Writer
}

// newCSVExport writes the template as CSV. The mark of UTF-8 at its beginning is for Excel, which reads Arabic wrongly without it.
func newCSVExport(o ExportOptions, out io.Writer) (writer, error) {
	if _, err := out.Write(bomUTF8); err != nil {
		return nil, err
	}
	e := &csvExport{csv.NewWriter(out)}
	return e, e.out.Write(headings(o.Language))
}

func (e *csvExport) vocabulary([]directory.Taxonomy, []directory.Term) error { return nil }

func (e *csvExport) organization(h directory.Holding) error {
	for _, row := range rowsOf(h) {
		if err := e.out.Write(row); err != nil {
			return err
		}
	}
	return nil
}

func (e *csvExport) close() error {
	e.out.Flush()
	return e.out.Error()
}

type excelExport struct {
	book  *excelize.File
	sheet *excelize.StreamWriter
	line  int
	out   io.Writer
}

// instructionsSheet explains the columns in an exported workbook; an import passes it over.
const instructionsSheet = "Instructions"

// newExcelExport writes the template as a workbook, from right to left in Arabic, with a sheet that explains its columns.
func newExcelExport(o ExportOptions, out io.Writer) (writer, error) {
	book := excelize.NewFile()
	name := "Services"
	if o.Language == "ar" {
		name = "الخدمات"
	}
	if err := book.SetSheetName("Sheet1", name); err != nil {
		return nil, err
	}
	rightToLeft := o.Language == "ar"
	if err := book.SetSheetView(name, 0, &excelize.ViewOptions{RightToLeft: &rightToLeft}); err != nil {
		return nil, err
	}
	if err := instructions(book); err != nil {
		return nil, err
	}
	sheet, err := book.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	e := &excelExport{book: book, sheet: sheet, out: out}
	return e, e.row(headings(o.Language))
}

func instructions(book *excelize.File) error {
	if _, err := book.NewSheet(instructionsSheet); err != nil {
		return err
	}
	for i, c := range append([]templateColumn{{Key: "column", Arabic: "العمود", example: "example / مثال"}}, templateColumns...) {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := book.SetSheetRow(instructionsSheet, cell, &[]any{c.Key, c.Arabic, c.example}); err != nil {
			return err
		}
	}
	return nil
}

func (e *excelExport) row(cells []string) error {
	e.line++
	at, err := excelize.CoordinatesToCellName(1, e.line)
	if err != nil {
		return err
	}
	row := make([]any, len(cells))
	for i, c := range cells {
		row[i] = c
	}
	return e.sheet.SetRow(at, row)
}

func (e *excelExport) vocabulary([]directory.Taxonomy, []directory.Term) error { return nil }

func (e *excelExport) organization(h directory.Holding) error {
	for _, row := range rowsOf(h) {
		if err := e.row(row); err != nil {
			return err
		}
	}
	return nil
}

func (e *excelExport) close() error {
	defer func() { _ = e.book.Close() }()
	if err := e.sheet.Flush(); err != nil {
		return err
	}
	return e.book.Write(e.out)
}

type jsonExport struct {
	out   io.Writer
	view  hsds.View
	count int
}

// newJSONExport writes a list of organizations in full, as HSDS nests them.
func newJSONExport(o ExportOptions, out io.Writer) (writer, error) {
	return &jsonExport{out: out, view: hsds.View{Language: o.Language}}, nil
}

func (e *jsonExport) vocabulary(taxonomies []directory.Taxonomy, terms []directory.Term) error {
	e.view.Taxonomies, e.view.Terms = byTaxonomy(taxonomies), byTerm(terms)
	return nil
}

func byTaxonomy(list []directory.Taxonomy) map[uuid.UUID]directory.Taxonomy {
	out := map[uuid.UUID]directory.Taxonomy{}
	for _, x := range list {
		out[x.ID] = x
	}
	return out
}

func byTerm(list []directory.Term) map[uuid.UUID]directory.Term {
	out := map[uuid.UUID]directory.Term{}
	for _, t := range list {
		out[t.ID] = t
	}
	return out
}

func bundleOf(h directory.Holding) hsds.Bundle {
	return hsds.Bundle{Organizations: []directory.Organization{h.Organization}, Services: h.Services, Locations: h.Locations, Offers: h.Offers}
}

func (e *jsonExport) organization(h directory.Holding) error {
	content, err := json.Marshal(hsds.NewNest(bundleOf(h), e.view).Organization(h.Organization))
	if err != nil {
		return err
	}
	before := ",\n"
	if e.count == 0 {
		before = "[\n"
	}
	e.count++
	_, err = e.out.Write(append([]byte(before), content...))
	return err
}

func (e *jsonExport) close() error {
	end := "\n]\n"
	if e.count == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(e.out, end)
	return err
}

// packageExport writes each table into a temporary file, because an archive takes one file after the other.
type packageExport struct {
	out    io.Writer
	view   hsds.View
	folder string
	open   map[string]*tableFile
	units  map[any]bool
	loose  map[key]map[string]any
	// rows are those of one organization: a part of several things is one row that names all of them.
	rows []waiting
	at   map[[2]any]int
}

// waiting is a row that further owners may be added to.
type waiting struct {
	table  *table
	object map[string]any
	owner  map[string]any
}

type tableFile struct {
	file    *os.File
	csv     *csv.Writer
	columns []string
}

func newPackageExport(o ExportOptions, out io.Writer) (writer, error) {
	folder, err := os.MkdirTemp("", "tahweel-export-")
	return &packageExport{out: out, view: hsds.View{Language: o.Language}, folder: folder, open: map[string]*tableFile{}, units: map[any]bool{}, at: map[[2]any]int{}}, err
}

func (e *packageExport) vocabulary(taxonomies []directory.Taxonomy, terms []directory.Term) error {
	for _, x := range taxonomies {
		if err := e.row(tables["taxonomy"], toMap(hsds.OfTaxonomy(x, e.view)), nil); err != nil {
			return err
		}
	}
	for _, t := range terms {
		if err := e.row(tables["taxonomy_term"], toMap(hsds.OfTerm(t, e.view)), nil); err != nil {
			return err
		}
	}
	return e.flush()
}

func (e *packageExport) organization(h directory.Holding) error {
	if err := e.row(tables["organization"], toMap(hsds.OfOrganization(h.Organization, e.view)), nil); err != nil {
		return err
	}
	for _, l := range h.Locations {
		wire, ok := hsds.OfLocation(l, e.view)
		if !ok {
			continue
		}
		if err := e.row(tables["location"], toMap(wire), nil); err != nil {
			return err
		}
	}
	for _, s := range h.Services {
		if err := e.row(tables["service"], toMap(hsds.OfService(s, e.view)), nil); err != nil {
			return err
		}
	}
	for _, o := range h.Offers {
		wire, ok := hsds.OfServiceAtLocation(o, e.view)
		if !ok {
			continue
		}
		if err := e.row(tables["service_at_location"], toMap(wire), nil); err != nil {
			return err
		}
	}
	return e.flush()
}

// flush writes the rows of one organization.
func (e *packageExport) flush() error {
	for _, w := range e.rows {
		f, err := e.table(w.table)
		if err != nil {
			return err
		}
		loose := e.looseOf(w)
		cells := make([]string, len(f.columns))
		for i, name := range f.columns {
			for _, from := range []map[string]any{loose, w.owner, w.object} {
				if cells[i] == "" {
					cells[i] = cellOf(from[name])
				}
			}
		}
		if err := f.csv.Write(cells); err != nil {
			return err
		}
	}
	e.rows = e.rows[:0]
	clear(e.at)
	return nil
}

// looseOf are the references of a row that lead nowhere; each is written once.
func (e *packageExport) looseOf(w waiting) map[string]any {
	text, _ := w.object["id"].(string)
	id, err := uuid.Parse(text)
	if err != nil {
		return nil
	}
	k := keyOf(w.table.name, id)
	loose := e.loose[k]
	if loose[wholeRow] != nil {
		return nil
	}
	delete(e.loose, k)
	return loose
}

// add puts a row down, or its owner to the row of the same part.
func (e *packageExport) add(t *table, object, owner map[string]any) {
	k := [2]any{t.name, object["id"]}
	if i, twice := e.at[k]; twice && owner != nil {
		w := e.rows[i]
		free := same(w.object, object)
		for name := range owner {
			free = free && (w.owner[name] == nil || w.owner[name] == owner[name])
		}
		if free {
			maps.Copy(w.owner, owner)
			return
		}
	}
	e.at[k] = len(e.rows)
	e.rows = append(e.rows, waiting{t, object, maps.Clone(owner)})
}

// row writes an object as a row of its table, and its parts as rows of theirs that name it.
func (e *packageExport) row(t *table, object map[string]any, owner map[string]any) error {
	for _, name := range sortedKeys(object) {
		switch value := object[name].(type) {
		case []any:
			if t.lists[name] == nil {
				continue
			}
			for _, item := range value {
				part, _ := item.(map[string]any)
				if err := e.row(t.lists[name], part, ownerOf(t, t.lists[name], object)); err != nil {
					return err
				}
			}
		case map[string]any:
			if name == "unit" {
				object["unit_id"] = value["id"]
				if !e.units[value["id"]] {
					e.units[value["id"]] = true
					e.add(tables["unit"], value, nil)
				}
			}
			if name == "taxonomy_term" {
				object["taxonomy_term_id"] = value["id"]
			}
			if name == "taxonomy_detail" && object["taxonomy_id"] == nil {
				object["taxonomy_id"] = value["id"]
			}
		}
	}
	e.add(t, object, owner)
	return nil
}

// ownerOf are the columns by which a part names its owner.
func ownerOf(t, part *table, object map[string]any) map[string]any {
	switch part.name {
	case "attribute":
		return map[string]any{"link_id": object["id"], "link_entity": t.name}
	case "metadata":
		return map[string]any{"resource_id": object["id"], "resource_type": t.name}
	}
	return map[string]any{t.name + "_id": object["id"]}
}

func cellOf(value any) string {
	if value == nil {
		return ""
	}
	if s, ok := plain(value); ok {
		if telephone(s) {
			return s
		}
		return harmless(s)
	}
	if list, ok := value.([]any); ok {
		out := ""
		for i, item := range list {
			s, _ := plain(item)
			if i > 0 {
				out += ","
			}
			out += s
		}
		return harmless(out)
	}
	content, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(content)
}

// telephone reports whether a text holds nothing but a number, which no spreadsheet computes anything dangerous with.
func telephone(s string) bool {
	for i, r := range s {
		if (r < '0' || r > '9') && r != ' ' && r != '.' && (i > 0 || r != '+' && r != '-') {
			return false
		}
	}
	return true
}

var packageFiles = map[string]string{
	"organization": "organizations", "service": "services", "location": "locations", "program": "programs", "phone": "phones", "language": "languages",
	"contact": "contacts", "schedule": "schedules", "address": "addresses", "required_document": "required_documents", "cost_option": "cost_options",
	"organization_identifier": "organization_identifiers", "unit": "units", "service_area": "service_areas", "attribute": "attributes",
	"meta_table_description": "meta_table_descriptions", "taxonomy": "taxonomies", "taxonomy_term": "taxonomy_terms",
}

func fileOf(t *table) string {
	if name, ok := packageFiles[t.name]; ok {
		return name + ".csv"
	}
	return t.name + ".csv"
}

func (e *packageExport) table(t *table) (*tableFile, error) {
	if f := e.open[t.name]; f != nil {
		return f, nil
	}
	file, err := os.CreateTemp(e.folder, t.name+"-*.csv")
	if err != nil {
		return nil, err
	}
	f := &tableFile{file: file, csv: csv.NewWriter(file), columns: columnsOf(t)}
	e.open[t.name] = f
	return f, f.csv.Write(f.columns)
}

// columnsOf are the columns of a table: its id, what it belongs to, and the rest by name.
func columnsOf(t *table) []string {
	var out []string
	for name := range t.columns {
		out = append(out, name)
	}
	rank := func(name string) int {
		switch t.columns[name].kind {
		case ownID:
			return 0
		case reference:
			return 1
		default:
			return 2
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		if a < b {
			return -1
		}
		return 1
	})
	return out
}

func (e *packageExport) close() (err error) {
	defer func() { err = errors.Join(err, os.RemoveAll(e.folder)) }()
	for _, k := range slices.SortedFunc(maps.Keys(e.loose), func(a, b key) int { return slices.Compare(a.id[:], b.id[:]) }) {
		if e.loose[k][wholeRow] != nil {
			e.add(tableAt[k.table], e.loose[k], nil)
		}
	}
	if err := e.flush(); err != nil {
		return err
	}
	z := zip.NewWriter(e.out)
	var resources []any
	for _, entity := range entities {
		f := e.open[entity.name]
		if f == nil {
			continue
		}
		name := fileOf(tables[entity.name])
		if err := f.into(z, name); err != nil {
			return err
		}
		fields := make([]any, len(f.columns))
		for i, c := range f.columns {
			fields[i] = map[string]any{"name": c, "type": fieldType(tables[entity.name].columns[c].kind)}
		}
		resources = append(resources, map[string]any{
			"name": entity.name, "path": name, "format": "csv", "mediatype": "text/csv", "profile": "tabular-data-resource",
			"schema": map[string]any{"primaryKey": "id", "fields": fields},
		})
	}
	description, err := json.MarshalIndent(map[string]any{"name": "human_services_data", "profile": "tabular-data-package", "version": "3.2.0", "resources": resources}, "", "  ")
	if err != nil {
		return err
	}
	out, err := z.Create("datapackage.json")
	if err != nil {
		return err
	}
	if _, err := out.Write(description); err != nil {
		return err
	}
	return z.Close()
}

func (f *tableFile) into(z *zip.Writer, name string) error {
	defer func() { _ = f.file.Close() }()
	f.csv.Flush()
	if err := f.csv.Error(); err != nil {
		return err
	}
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	out, err := z.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, f.file)
	return err
}

func fieldType(k kind) string {
	switch k {
	case numeric, integral:
		return "number"
	case flag:
		return "boolean"
	case opaque:
		return "object"
	default:
		return "string"
	}
}
