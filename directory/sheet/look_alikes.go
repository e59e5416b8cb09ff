package sheet

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
)

// lookAlikes are the organizations of the directory, and those that the files brought so far, by what a second entry of one would share.
type lookAlikes struct {
	byNumber, byName map[string][]uuid.UUID
}

// mostCompared is with how many organizations of its name the places of a new one are compared.
const mostCompared = 50

func readLookAlikes(ctx context.Context, q pg.Querier) (*lookAlikes, error) {
	l := &lookAlikes{byNumber: map[string][]uuid.UUID{}, byName: map[string][]uuid.UUID{}}
	rows, err := q.Query(ctx, `
		SELECT id, registration_number, name_ar, name_en
		FROM organization
		WHERE status = 'active'
		ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("import: read the organizations: %w", err)
	}
	var id uuid.UUID
	var number, ar, en string
	_, err = pgx.ForEachRow(rows, []any{&id, &number, &ar, &en}, func() error {
		l.add(id, number, ar, en)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("import: read the organizations: %w", err)
	}
	return l, nil
}

func (l *lookAlikes) add(id uuid.UUID, number, ar, en string) {
	if number = normal(number); number != "" {
		l.byNumber[number] = append(l.byNumber[number], id)
	}
	for _, name := range names(ar, en) {
		l.byName[name] = append(l.byName[name], id)
	}
}

func names(ar, en string) []string {
	left, right := normal(ar), normal(en)
	if left == right {
		return []string{left}
	}
	return []string{left, right}
}

// warnOfLookAlikes notes that a new organization looks like one that the directory had before, or that came before it in the files.
func (w *writing) warnOfLookAlikes(ctx context.Context, id uuid.UUID) error {
	var number, ar, en string
	var places []string
	err := w.q.QueryRow(ctx, `
		SELECT o.registration_number, o.name_ar, o.name_en,
		       ARRAY (SELECT DISTINCT l.place_code FROM location AS l WHERE l.organization_id = o.id AND l.place_code IS NOT NULL ORDER BY l.place_code)
		FROM organization AS o
		WHERE o.id = @id`, pgx.StrictNamedArgs{"id": id}).Scan(&number, &ar, &en, &places)
	if err != nil {
		return fmt.Errorf("import: look for another entry of the organization: %w", err)
	}
	alike := len(w.lookAlikes.byNumber[normal(number)]) > 0 && normal(number) != ""
	for _, name := range names(ar, en) {
		for _, other := range w.lookAlikes.byName[name][:min(len(w.lookAlikes.byName[name]), mostCompared)] {
			if alike {
				break
			}
			var apart bool
			err := w.q.QueryRow(ctx, `
				SELECT count(*) > 0 AND @known AND NOT bool_or(place_code = ANY (@places))
				FROM location
				WHERE organization_id = @other AND place_code IS NOT NULL`,
				pgx.StrictNamedArgs{"other": other, "places": places, "known": len(places) > 0}).Scan(&apart)
			if err != nil {
				return fmt.Errorf("import: compare the places: %w", err)
			}
			alike = alike || !apart
		}
	}
	w.lookAlikes.add(id, number, ar, en)
	if first, here := w.first[keyOf("organization", id)]; alike && here {
		w.note(w.rows[w.records[first].row].Place, "", "looks_like_another")
	}
	return nil
}
