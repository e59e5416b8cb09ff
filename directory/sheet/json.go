package sheet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// readJSON reads HSDS JSON: one record, a list, a page of an API (its records are in contents), one record a line, or the tables of a
// package under their names. Records are read one after the other; only one is in memory at a time.
func (g *gathering) readJSON(ctx context.Context, f file, b *budget) error {
	at := Place{File: f.name}
	g.files = append(g.files, at)
	content, err := f.open()
	if err != nil {
		g.note(at, "", "unreadable_file")
		return nil
	}
	defer func() { _ = content.Close() }()
	utf8 := transform.NewReader(bufio.NewReader(b.limit(content)), unicode.BOMOverride(transform.Nop))
	r := &jsonReader{gathering: g, decoder: json.NewDecoder(utf8), at: at}
	r.decoder.UseNumber()
	err = r.all(ctx)
	if r.number == 0 && err == nil {
		g.note(at, "", "empty_file")
	}
	if err != nil {
		at.Line = r.number + 1
	}
	return g.survive(at, err)
}

type jsonReader struct {
	*gathering
	decoder *json.Decoder
	at      Place
	number  int // of the record, from 1
}

// all reads value after value until the file ends.
func (r *jsonReader) all(ctx context.Context) error {
	for {
		token, err := r.decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken(err)
		}
		switch token {
		case json.Delim('['):
			err = r.list(ctx, nil)
		case json.Delim('{'):
			err = r.object(ctx)
		default:
			err = r.record(ctx, nil, nil)
		}
		if err != nil {
			return err
		}
	}
}

// list reads the elements of a list whose bracket was read; of a table if t is not nil.
func (r *jsonReader) list(ctx context.Context, t *table) error {
	for r.decoder.More() {
		if err := ctx.Err(); err != nil {
			return err
		}
		var value any
		if err := r.decoder.Decode(&value); err != nil {
			return broken(err)
		}
		if err := r.record(ctx, t, value); err != nil {
			return err
		}
	}
	_, err := r.decoder.Token()
	return broken(err)
}

// object reads an object whose brace was read. Its records may be inside it, and it may be a record.
func (r *jsonReader) object(ctx context.Context) error {
	whole, container := map[string]any{}, false
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return broken(err)
		}
		name, _ := token.(string)
		t := (*table)(nil)
		if strings.HasSuffix(name, ".csv") {
			t = tableOfFile(name)
		}
		if name == "contents" || t != nil {
			if token, err = r.decoder.Token(); err != nil {
				return broken(err)
			}
			if token == json.Delim('[') {
				container = true
				if err := r.list(ctx, t); err != nil {
					return err
				}
				continue
			}
			return broken(errors.New("a list was expected"))
		}
		var value any
		if err := r.decoder.Decode(&value); err != nil {
			return broken(err)
		}
		whole[name] = value
	}
	if _, err := r.decoder.Token(); err != nil {
		return broken(err)
	}
	if container {
		return nil
	}
	return r.record(ctx, nil, whole)
}

// record takes one record in, with every thing that stands in it. A row of a table stands alone.
func (r *jsonReader) record(ctx context.Context, t *table, value any) error {
	r.number++
	at := r.at
	at.Line = r.number
	object, isObject := value.(map[string]any)
	if isObject && t != nil {
		row, err := r.row(at)
		if err != nil {
			return err
		}
		return r.addRow(ctx, t, row, object)
	}
	if isObject {
		t = r.tableOf(object)
	}
	if t == nil {
		row, err := r.row(at)
		if err != nil {
			return err
		}
		r.skip(row, "", "json_not_a_record")
		return nil
	}
	_, err := r.thing(ctx, t, at, "/", object, false)
	return err
}

// tableOf tells what a record is by the names of its fields, and where these leave it open by the name of the file.
func (r *jsonReader) tableOf(object map[string]any) *table {
	best, most := (*table)(nil), 0
	for _, name := range []string{"organization", "service", "service_at_location", "location", "taxonomy_term", "taxonomy"} {
		t, points := tables[name], 0
		for field := range object {
			switch {
			case t.columns[field].name != "", t.lists[field] != nil, t.objects[field] != nil:
				points += 4
			default:
				points--
			}
		}
		if hint := stem(r.at.File); hint == name || strings.HasPrefix(hint, name+"_") || hint == name+"s" {
			points += 2
		}
		if points > most {
			best, most = t, points
		}
	}
	if best == nil || len(object) < 2 || most < 6 {
		return nil
	}
	return best
}

// thing takes a thing in after those that it stands on, and before those that stand in it. It returns the id by which others name it.
func (r *jsonReader) thing(ctx context.Context, t *table, at Place, pointer string, object map[string]any, brief bool) (string, error) {
	row, err := r.row(at)
	if err != nil {
		return "", err
	}
	own, inner := map[string]any{}, map[string]any{}
	for name, value := range object {
		listed, held := t.lists[name], t.objects[name]
		if listed != nil && listed.thing || held != nil && held.thing {
			inner[name] = value
		} else {
			own[name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inner)) { // what it stands on
		held, ok := inner[name].(map[string]any)
		if t.objects[name] == nil || !ok {
			continue
		}
		id, err := r.thing(ctx, t.objects[name], at, pointer+name+"/", held, true)
		if err != nil {
			return "", err
		}
		column := name + "_id"
		if name == "taxonomy_detail" {
			column = "taxonomy_id"
		}
		if id != "" && (own[column] == nil || own[column] == "") {
			own[column] = id
		}
	}
	id, err := r.own(ctx, t, row, pointer, own, brief)
	if err != nil {
		return "", err
	}
	return id, r.within(ctx, t, at, pointer, own, inner, id)
}

// own takes the thing itself in, and the terms and programs that its fields bring along.
func (r *jsonReader) own(ctx context.Context, t *table, row int32, pointer string, own map[string]any, brief bool) (string, error) {
	fields, whole := r.fields(t, r.rows[row].Place, pointer, own)
	if !whole {
		r.rows[row].outcome = Skipped
		return "", nil
	}
	if id, err := r.carried(ctx, row, fields); err != nil {
		return id, err
	}
	rec := record{table: t, fields: fields, brief: brief}
	if given, ok := fields["id"].(string); ok {
		rec.id = r.id(t.name, given)
	}
	if program, ok := fields["program"].(map[string]any); ok && t.name == "service" {
		if err := r.program(ctx, row, fields, maps.Clone(program)); err != nil {
			return "", err
		}
	}
	if err := r.add(ctx, row, rec, false); err != nil {
		return "", err
	}
	id, _ := fields["id"].(string)
	return id, nil
}

// program makes the program of a service one of its organization.
func (r *jsonReader) program(ctx context.Context, row int32, service, program map[string]any) error {
	id, _ := program["id"].(string)
	if id == "" || service["organization_id"] == nil {
		return nil
	}
	k := keyOf("program", r.id("program", id))
	if _, known := r.first[k]; known {
		return nil
	}
	program["organization_id"] = service["organization_id"]
	return r.add(ctx, row, record{table: tables["program"], id: k.id, fields: program, aside: true}, false)
}

// carried takes in the terms that stand in attributes, at whatever depth.
func (r *jsonReader) carried(ctx context.Context, row int32, value any) (string, error) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if term, ok := v[name].(map[string]any); ok && name == "taxonomy_term" {
				if err := r.term(ctx, row, maps.Clone(term)); err != nil {
					return "", err
				}
			}
			if id, err := r.carried(ctx, row, v[name]); err != nil {
				return id, err
			}
		}
	case []any:
		for _, item := range v {
			if id, err := r.carried(ctx, row, item); err != nil {
				return id, err
			}
		}
	}
	return "", nil
}

func (r *jsonReader) term(ctx context.Context, row int32, term map[string]any) error {
	for _, part := range []struct {
		t      *table
		fields map[string]any
	}{{tables["taxonomy_term"], term}, {tables["taxonomy"], inside(term, "taxonomy_detail")}} {
		id, _ := part.fields["id"].(string)
		if id == "" {
			continue
		}
		k := keyOf(part.t.name, r.id(part.t.name, id))
		if _, known := r.first[k]; known {
			continue
		}
		if err := r.add(ctx, row, record{table: part.t, id: k.id, fields: part.fields, brief: true, aside: true}, false); err != nil {
			return err
		}
	}
	return nil
}

func inside(object map[string]any, name string) map[string]any {
	held, _ := object[name].(map[string]any)
	return held
}

// within takes the things in that stand in lists of the thing.
func (r *jsonReader) within(ctx context.Context, t *table, at Place, pointer string, own, inner map[string]any, id string) error {
	for _, name := range slices.Sorted(maps.Keys(inner)) {
		listed := t.lists[name]
		if listed == nil {
			continue
		}
		list, _ := inner[name].([]any)
		for i, item := range list {
			object, ok := item.(map[string]any)
			here := pointer + name + "/" + strconv.Itoa(i) + "/"
			if !ok {
				r.note(at, here, "wrong_type")
				continue
			}
			if column := t.name + "_id"; listed.columns[column].name != "" && object[column] == nil && id != "" {
				object = maps.Clone(object)
				object[column] = id
			}
			if err := r.offered(own, object); err != nil {
				return err
			}
			if _, err := r.thing(ctx, listed, at, here, object, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// offered gives the location of a service at a location, which names no organization, that of the service.
func (r *jsonReader) offered(service, offer map[string]any) error {
	location, ok := offer["location"].(map[string]any)
	if ok && location["organization_id"] == nil && service["organization_id"] != nil {
		location = maps.Clone(location)
		location["organization_id"] = service["organization_id"]
		offer["location"] = location
	}
	return nil
}

// looksLikeJSON reports whether the bytes begin as a JSON file does.
func looksLikeJSON(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, bomUTF8), " \t\r\n")
	return len(head) > 0 && (head[0] == '{' || head[0] == '[')
}
