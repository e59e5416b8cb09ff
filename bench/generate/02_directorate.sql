-- Fourteen directorates: a governorate each, but for two in the Gaza Strip that hold two.
CREATE TEMP TABLE home AS
SELECT g.code AS governorate_code, CASE g.code WHEN 'PS0260' THEN 11 WHEN 'PS0265' THEN 12 WHEN 'PS0270' THEN 12 WHEN 'PS0275' THEN 13
                                   ELSE row_number() OVER (ORDER BY g.code) - 1 END AS directorate
FROM governorate AS g;

INSERT INTO directorate (id, code, name_ar, name_en, created_at)
SELECT pg_temp.id(1, h.directorate), 'bench-' || h.directorate, 'مديرية افتراضية ' || h.directorate, 'Invented directorate ' || h.directorate, pg_temp.now()
FROM home AS h
GROUP BY h.directorate;

INSERT INTO directorate_place (place_code, directorate_id)
SELECT p.code, pg_temp.id(1, h.directorate)
FROM place AS p
JOIN home AS h ON h.governorate_code = p.governorate_code;

-- The real places, numbered within their directorate and among all.
CREATE TEMP TABLE spot AS
SELECT h.directorate, row_number() OVER (PARTITION BY h.directorate ORDER BY p.code) - 1 AS n,
       count(*) OVER (PARTITION BY h.directorate) AS of,
       row_number() OVER (ORDER BY p.code) - 1 AS overall, p.code, p.geog, p.governorate_code
FROM place AS p
JOIN home AS h ON h.governorate_code = p.governorate_code;
ANALYZE home, spot;
