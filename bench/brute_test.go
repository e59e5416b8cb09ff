package bench_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
)

// factSQL writes down, from the tables of the directory and the memoranda alone, every service at a place with every term and
// need by which a directorate might refer to it. It knows nothing of provider_search.
const factSQL = `
	CREATE TABLE fact AS
	SELECT d.directorate_id, n.code AS need, s.details, l.details AS location_details, s.delivery_modes, l.valid_from AS there_from, l.valid_to AS there_to,
	       greatest(s.confirmed_at, sal.confirmed_at) AS confirmed_at, sal.created_at AS made_at, root.code AS root, sal.id AS offer, s.id AS service_id, t.id AS term_id,
	       l.geog, coalesce(lp.zone_code, hp.zone_code) AS zone,
	       sal.accepting_status AS status, sal.accepting_as_of AS as_of,
	       s.target_groups AS service_groups, t.target_groups AS term_groups,
	       coalesce(s.minimum_age, 0) AS youngest, coalesce(s.maximum_age, 1000) AS oldest, s.sex,
	       i.valid_from AS instrument_from, i.valid_to AS instrument_to,
	       acc.valid_from AS accreditation_from, acc.valid_to AS accreditation_to,
	       o.kind NOT IN ('municipality', 'ministry_unit', 'public_body', 'un_agency') AS needs_accreditation,
	       EXISTS (SELECT FROM service_area AS a WHERE a.service_id = s.id) AS declares_area
	FROM organization AS o
	JOIN service AS s ON s.organization_id = o.id
	JOIN service_at_location AS sal ON sal.service_id = s.id
	JOIN service_need AS sn ON sn.service_id = s.id
	JOIN need AS n ON n.id = sn.need_id
	JOIN need AS root ON root.id = n.parent_id
	JOIN instrument AS i ON i.organization_id = o.id
	JOIN instrument_term AS t ON t.instrument_id = i.id
	JOIN instrument_term_directorate AS d ON d.term_id = t.id
	LEFT JOIN accreditation AS acc ON acc.organization_id = o.id AND acc.status = 'accredited'
	LEFT JOIN location AS l ON l.id = sal.location_id
	LEFT JOIN place AS lp ON lp.code = l.place_code
	LEFT JOIN confidential_location AS h ON h.id = sal.confidential_location_id
	LEFT JOIN place AS hp ON hp.code = h.place_code
	WHERE (o.status, s.status, sal.status, i.status) = ('active', 'active', 'active', 'in_force')
	  AND NOT o.information_only
	  AND n.tier <= t.max_tier
	  AND EXISTS (SELECT FROM instrument_term_need AS tn WHERE tn.term_id = t.id AND tn.need_id IN (n.id, root.id))
	ORDER BY d.directorate_id, root.code, n.code`

// bruteSQL measures the distance to every fact of the directorate and the need, and then looks who fits and who is nearest.
const bruteSQL = `
	WITH origin AS (
	  SELECT p.code, p.governorate_code, p.zone_code, coalesce(@point::geography, p.geog) AS geog
	  FROM place AS p
	  WHERE @place = ''
	     OR p.code = @place
	  ORDER BY ST_Distance(p.geog, coalesce(@point::geography, p.geog)), p.code
	  LIMIT 1
	),
	way AS (
	  SELECT o.zone_code AS zone, 1.0 AS detour, 0.0 AS extra_km
	  FROM origin AS o
	  UNION ALL
	  SELECT k.zone_b, k.detour, k.extra_km
	  FROM reach_link AS k
	  JOIN origin AS o ON o.zone_code = k.zone_a
	  WHERE k.passable
	    AND (k.identity_documents = '{}' OR @document = ANY (k.identity_documents))
	    AND k.valid_from <= @today
	    AND (k.valid_to IS NULL OR k.valid_to >= @today)
	),
	measured AS MATERIALIZED (
	  SELECT f.*, o.geog AS home, o.governorate_code AS home_governorate, w.zone IS NOT NULL AS reachable, w.detour, w.extra_km,
	         ST_Distance(f.geog, o.geog) AS meters,
	         f.status <> 'unknown' AND f.as_of > @stale AS known
	  FROM fact AS f
	  CROSS JOIN origin AS o
	  LEFT JOIN way AS w ON w.zone = f.zone
	  WHERE f.directorate_id = @directorate
	    AND (f.need = @need OR f.root = @need)
	)
	SELECT DISTINCT ON (stage, rank, m.offer)
	       m.offer,
	       CASE WHEN m.geog IS NULL AND m.known THEN 3 WHEN m.geog IS NULL THEN 4 WHEN m.known THEN 1 ELSE 2 END AS stage,
	       coalesce(m.meters * m.detour::float8 + m.extra_km::float8 * 1000, 0) AS effective,
	       coalesce(m.meters * m.detour::float8 + m.extra_km::float8 * 1000, 0) + CASE WHEN coalesce(m.confirmed_at, m.made_at) > @half_a_year THEN 0 ELSE 10000 END AS rank
	FROM measured AS m
	WHERE `

// rule is one condition of bruteSQL; the tests leave one out at a time to see that the questions would notice.
type rule struct{ name, sql string }

var rules = []rule{
	{"zones", `(m.zone IS NULL OR m.reachable)`},
	{"memorandum's dates", `m.instrument_from <= @today AND m.instrument_to >= @today`},
	{"accreditation", `(NOT m.needs_accreditation OR m.accreditation_from IS NOT NULL)`},
	{"accreditation's dates", `coalesce(m.accreditation_from <= @today AND m.accreditation_to >= @today, true)`},
	{"client's governorate", `EXISTS (SELECT FROM instrument_term_governorate AS g WHERE g.term_id = m.term_id AND g.governorate_code = m.home_governorate)`},
	{"free places", `NOT (m.status = 'no_capacity' AND m.known)`},
	{"service's groups", `(@group = '' OR m.service_groups = '{}' OR m.service_groups @> ARRAY[@group])`},
	{"term's groups", `(@group = '' OR m.term_groups = '{}' OR m.term_groups @> ARRAY[@group])`},
	{"age", `(@age::integer IS NULL OR @age::integer >= m.youngest AND @age::integer <= m.oldest)`},
	{"sex", `(@sex = '' OR m.sex = 'any' OR m.sex = @sex)`},
	{"radius", `(@radius = 0 OR m.geog IS NULL OR m.meters <= @radius)`},
	{"temporary", `(m.there_from IS NULL OR m.there_from <= @today) AND (m.there_to IS NULL OR m.there_to >= @today)`},
	{"registry", `NOT (@registry = 'no' AND m.details @> '{"eligibility": {"social_registry": true}}')`},
	{"card", `NOT (@card = 'no' AND m.details @> '{"eligibility": {"disability_card": true}}')`},
	{"refugee", `NOT (@refugee = 'no' AND m.details #>> '{eligibility,refugee_status}' = 'refugee' IS TRUE)`},
	{"band", `(@band = '' OR m.details #> '{eligibility,poverty_bands}' IS NULL OR m.details #> '{eligibility,poverty_bands}' @> to_jsonb(@band::text))`},
	{"documents", `(@document = '' OR m.details #> '{eligibility,identity_docs}' IS NULL OR m.details #> '{eligibility,identity_docs}' @> to_jsonb(@document::text))`},
	{"language", `(@language = '' OR m.details @> jsonb_build_object('languages', jsonb_build_array(jsonb_build_object('code', @language::text)))
	                 OR @language = 'ar' AND NOT m.details ? 'languages')`},
	{"feature", `(@feature = '' OR coalesce(m.location_details @> jsonb_build_object('accessibility', jsonb_build_array(jsonb_build_object('feature', @feature::text))), false))`},
	{"delivery mode", `(@mode = '' OR @mode = ANY (m.delivery_modes))`},
	{"accepting", `(NOT @accepting OR m.known AND m.status IN ('capacity', 'waitlist'))`},
	{"female worker", `(NOT @female OR coalesce((m.details ->> 'female_worker')::boolean, false))`},
	{"transport", `(NOT @transport OR coalesce((m.details ->> 'transport')::boolean, false))`},
	{"open", `(@open_day = '' OR EXISTS (
	             SELECT
	             FROM jsonb_array_elements(m.details -> 'schedules') AS s
	             WHERE @open_day = ANY (string_to_array(s ->> 'by_day', ','))
	               AND coalesce(@open_on BETWEEN (s ->> 'valid_from')::date AND (s ->> 'valid_to')::date, true)))`},
	{"areas", `CASE WHEN NOT m.declares_area THEN m.zone IS NOT NULL
	                ELSE EXISTS (SELECT FROM service_area AS a
	                             WHERE a.service_id = m.service_id
	                               AND (a.nationwide OR a.governorate_code = m.home_governorate OR a.place_code = @place
	                                    OR ST_Covers(a.polygon, m.home))) END`},
}

// answer is one row of a list of providers.
type answer struct {
	Offer     uuid.UUID
	Stage     int
	Effective float64
	Rank      float64
}

// brute answers questions the plain way. without names the rule to leave out; "spheroid" leaves out the shape of the earth.
type brute struct {
	conn    *pgx.Conn
	without string
}

func newBrute(t *testing.T, c *country) brute {
	t.Helper()
	conn := c.connect(t)
	for _, sql := range []string{factSQL, `CREATE INDEX ON fact (directorate_id, root, need)`, `VACUUM (ANALYZE) fact`} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	return brute{conn: conn}
}

func (b brute) sql() string {
	var kept []string
	for _, r := range rules {
		if r.name != b.without {
			kept = append(kept, r.sql)
		}
	}
	head := bruteSQL
	if b.without == "spheroid" {
		head = strings.Replace(head, "ST_Distance(f.geog, o.geog)", "(f.geog <-> o.geog)", 1)
	}
	if b.without == "overdue" {
		head = strings.Replace(head, "THEN 0 ELSE 10000", "THEN 0 ELSE 0", 1)
	}
	return head + strings.Join(kept, "\n	  AND ") + `
	ORDER BY stage, rank, m.offer
	LIMIT @limit`
}

// nearest returns the first rows of the whole answer to the question.
func (b brute) nearest(t *testing.T, q question, limit int) []answer {
	t.Helper()
	var point *string
	if q.Point != nil {
		point = new(wkt(*q.Point))
	}
	at := noon.AddDate(0, 0, q.days)
	sql := b.sql()
	openDay, openOn := q.open(at)
	feature := ""
	if len(q.Wishes.Accessibility) > 0 {
		feature = q.Wishes.Accessibility[0]
	}
	args := pgx.NamedArgs{ // not strict: a rule that is left out may be the only one to use an argument
		"place": q.Place, "point": point, "document": q.IdentityDocument, "today": at.Format(time.DateOnly), "stale": at.AddDate(0, 0, -30),
		"directorate": q.directorate.ID, "need": q.Need, "group": q.TargetGroup, "age": q.Age, "sex": string(q.Sex), "radius": q.RadiusMeters,
		"limit": limit, "half_a_year": at.AddDate(0, 0, -180), "registry": string(q.Household.SocialRegistry), "card": string(q.Household.DisabilityCard),
		"refugee": string(q.Household.Refugee), "band": q.Household.PovertyBand, "language": q.Wishes.Language, "feature": feature,
		"mode": string(q.Wishes.DeliveryMode), "accepting": q.Wishes.Accepting, "female": q.Wishes.FemaleWorker, "transport": q.Wishes.Transport,
		"open_day": openDay, "open_on": openOn,
	}
	rows, err := b.conn.Query(t.Context(), sql, args)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[answer])
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	return found
}

func sameOffers(a, b []answer) bool {
	return slices.EqualFunc(a, b, func(x, y answer) bool { return x.Offer == y.Offer })
}

func wkt(p geo.Point) string { return fmt.Sprintf("SRID=4326;POINT(%v %v)", p.Lon(), p.Lat()) }

// open returns the day of the week that is wished, and the date that it falls on.
func (q question) open(at time.Time) (day string, on string) {
	d := at
	if q.Wishes.OpenOn == "" {
		return "", d.Format(time.DateOnly)
	}
	for d.Format(time.DateOnly) != q.Wishes.OpenOn && weekday(d) != q.Wishes.OpenOn {
		d = d.AddDate(0, 0, 1)
	}
	return weekday(d), d.Format(time.DateOnly)
}

func weekday(d time.Time) string { return strings.ToUpper(d.Weekday().String()[:2]) }
