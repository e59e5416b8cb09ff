package sheet

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"tahweel/directory"
)

// A record that is in the files but cannot be read is not gone. So nothing is ended unless it is known of all that stands in the files
// which records it tells of.

// hiding are the findings after which the rest of a file is not known.
var hiding = []string{"unreadable_file", "file_too_large", "archive_too_large", "too_many_rows", "no_header", "hidden_sheet"}

// hides remembers a finding that leaves open which records the files have.
func (g *gathering) hides(f Finding) {
	ending := strings.ToLower(path.Ext(f.File))
	switch {
	case slices.Contains(hiding, f.Code),
		f.Code == "unknown_file" && (ending == ".csv" || ending == ".tsv"),
		f.Code == "wrong_type" && strings.HasSuffix(f.Column, "/"): // a thing within a thing
		g.unsure(f)
	case f.Code == "joined_ids":
		g.joined = f.Place
	}
}

func (g *gathering) unsure(f Finding) {
	if g.unread == nil {
		g.unread = &f
	}
}

// mentioned notes which records a row of the template names by their ids, before they are taken in, and whether it tells of one that
// cannot be told: a service without a name, or one that is given at a place that is not known.
func (t *templateParts) mentioned(cells map[string]string) {
	filled := func(key string) bool { return strings.TrimSpace(cells[key]) != "" }
	given := func(table string) bool { return t.things[table]["id"] != nil }
	service := false
	for _, c := range templateColumns {
		service = service || filled(c.Key) && (c.table == "service" || c.table == "service_at_location")
	}
	for table, thing := range t.things {
		if id, ok := thing["id"].(string); ok {
			t.present[keyOf(table, uuid.MustParse(id))] = true
		}
	}
	switch {
	case service && !given("service") && !filled("service_name_ar") && !filled("service_name_en"):
		t.unsure(found(t.at, "service_name_ar", "required"))
	case service && !given("service_at_location") && filled("place") && t.things["location"]["place"] == nil:
		t.unsure(found(t.at, "place", "unknown_place"))
	}
}

// skippedUntold looks for a row that was skipped, so that it is not known of which record it tells.
func (w *writing) skippedUntold() {
	for i, r := range w.rows {
		if r.outcome != Skipped || w.told[int32(i)] {
			continue
		}
		if t := tableOfFile(r.File); w.options.format == HSDSPackage && t != nil && (!t.thing || strings.HasPrefix(stem(r.File), "eligibilit")) {
			continue // a part of a thing has nothing to end
		}
		w.unsure(Finding{Place: r.Place})
		return
	}
}

// gone looks for what came from the publisher before and is not in the files any more. An import that read nothing ends nothing, nor does
// one that could not read everything.
func (w *writing) gone(ctx context.Context) error {
	if len(w.records) == 0 {
		return nil
	}
	for _, t := range []string{"service_at_location", "service", "organization"} {
		ids, err := directory.OfSource(ctx, w.q, t, w.options.Source, w.options.Own)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, here := w.first[keyOf(t, id)]; here || w.present[keyOf(t, id)] {
				continue
			}
			if err := w.miss(ctx, t, id); err != nil {
				return err
			}
		}
	}
	if w.unread != nil && w.options.EndMissing && w.missing > 0 {
		w.note(w.unread.Place, w.unread.Column, "nothing_ended")
	}
	return nil
}

// miss tells of a record that is not in the files any more, and ends it if that is asked for and certain.
func (w *writing) miss(ctx context.Context, table string, id uuid.UUID) error {
	w.missing++
	code := "gone"
	switch {
	case w.unread != nil:
		code = "perhaps_gone"
	case w.options.EndMissing && (w.options.Own == uuid.Nil || table != "organization"):
		code = "ended"
		w.ended++
		if err := directory.End(ctx, w.q, w.actor, table, id, w.now); err != nil {
			return err
		}
	}
	w.note(Place{}, table+"/"+id.String(), code)
	return nil
}
