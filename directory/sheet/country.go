package sheet

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/internal/text"
)

// country is the places and governorates, held in memory because every location is looked up among them.
type country struct {
	places       []spot
	byName       map[string][]string // of places
	governorates map[string]string   // code or name → code
	codes        map[string]bool
}

type spot struct {
	code string
	at   geo.Point
}

func normal(s string) string { return text.Normalise(s) }

func readCountry(ctx context.Context, q pg.Querier, today time.Time) (*country, error) {
	c := &country{byName: map[string][]string{}, governorates: map[string]string{}, codes: map[string]bool{}}
	rows, err := q.Query(ctx, `
		SELECT code, geog
		FROM place
		WHERE coalesce(valid_from <= @day, true) AND coalesce(valid_to >= @day, true)
		ORDER BY code`, pgx.StrictNamedArgs{"day": today})
	if err != nil {
		return nil, fmt.Errorf("import: read the places: %w", err)
	}
	var s spot
	if _, err := pgx.ForEachRow(rows, []any{&s.code, &s.at}, func() error {
		c.places, c.codes[s.code] = append(c.places, s), true
		return nil
	}); err != nil {
		return nil, fmt.Errorf("import: read the places: %w", err)
	}
	rows, err = q.Query(ctx, `
		SELECT DISTINCT normalised, place_code
		FROM place_name
		ORDER BY normalised, place_code`)
	if err != nil {
		return nil, fmt.Errorf("import: read the names: %w", err)
	}
	var name, code string
	if _, err := pgx.ForEachRow(rows, []any{&name, &code}, func() error {
		if c.codes[code] {
			c.byName[name] = append(c.byName[name], code)
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("import: read the names: %w", err)
	}
	rows, err = q.Query(ctx, `
		SELECT code, name_ar, name_en
		FROM governorate
		ORDER BY code`)
	if err != nil {
		return nil, fmt.Errorf("import: read the governorates: %w", err)
	}
	var ar, en string
	_, err = pgx.ForEachRow(rows, []any{&code, &ar, &en}, func() error {
		c.governorates[code], c.governorates[normal(ar)], c.governorates[normal(en)] = code, code, code
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("import: read the governorates: %w", err)
	}
	return c, nil
}

// place finds a place by its code, or by a name that only one place has.
func (c *country) place(given string) (string, bool) {
	if c.codes[strings.ToLower(given)] {
		return strings.ToLower(given), true
	}
	codes := c.byName[normal(given)]
	if len(codes) != 1 {
		return "", false
	}
	return codes[0], true
}

// governorate finds a governorate by its code. Its name is most often that of a town too, which then is meant.
func (c *country) governorate(given string) (string, bool) {
	given = strings.TrimSpace(given)
	if code, ok := c.governorates[strings.ToUpper(given)]; ok {
		return code, true
	}
	for _, prefix := range []string{"محافظة ", "governorate of ", "governorate "} {
		if rest, cut := strings.CutPrefix(strings.ToLower(given), prefix); cut {
			code, ok := c.governorates[normal(rest)]
			return code, ok
		}
	}
	return "", false
}

// nearMeters is how far a place may be from a point that is said to lie in it.
const nearMeters = 10_000

// nearest is the place nearest to the point, if one is near.
func (c *country) nearest(at geo.Point) (code string, ok bool) {
	best := math.Inf(1)
	for _, s := range c.places {
		if d := meters(at, s.at); d < best {
			best, code = d, s.code
		}
	}
	return code, best <= nearMeters
}

// meters is the distance on a sphere, good to half a percent.
func meters(a, b geo.Point) float64 {
	const radius, degree = 6_371_000, math.Pi / 180
	dLat, dLon := (b.Lat()-a.Lat())*degree, (b.Lon()-a.Lon())*degree
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(a.Lat()*degree)*math.Cos(b.Lat()*degree)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * radius * math.Asin(math.Min(1, math.Sqrt(h)))
}
