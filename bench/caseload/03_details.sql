-- What is found and opened one person at a time, and what happened to each: four fifths of the room, and no worklist reads it.
INSERT INTO person_index (person_id, field, token)
SELECT m.person_id, k.field, pg_temp.sealed(m.n * 7 + k.n, 32)
FROM matter AS m
CROSS JOIN (VALUES (1, 'document'), (2, 'telephone')) AS k (n, field)
ORDER BY m.n;

INSERT INTO sealed_field (referral_id, name, group_code, ciphertext)
SELECT m.referral_id, f.name, f.group_code, pg_temp.sealed(m.n * 11 + f.n, f.size)
FROM matter AS m
CROSS JOIN (VALUES
  (1, 'identity.given_name', 'C', 47), (2, 'identity.father_name', 'C', 47), (3, 'identity.grandfather_name', 'C', 47),
  (4, 'identity.family_name', 'C', 53), (5, 'identity.document_type', 'C', 46), (6, 'identity.document_number', 'C', 44),
  (7, 'contact.telephones', 'D', 50), (8, 'contact.safe_method', 'D', 39), (9, 'narrative.text', 'E', 144)
) AS f (n, name, group_code, size)
ORDER BY m.n, f.name;

-- Eight events of a referral that was served, fewer of the others; those of one attempt in the order in which they happened.
INSERT INTO event (id, position, type, occurred_at, recorded_at, referral_id, attempt_id, version, directorate_id, owner_account_id, organization_id, tier)
SELECT pg_temp.id_at(e.at, 5, a.n * 16 + e.n), a.n * 16 + e.n, e.type, e.at, e.at, a.referral_id,
       CASE WHEN e.type LIKE 'attempt.%' THEN pg_temp.id_at(a.created_at, 4, a.n) END, e.n, a.directorate_id, a.account_id,
       CASE WHEN e.type LIKE 'attempt.%' AND e.type <> 'attempt.draft' THEN a.organization_id END, a.tier
FROM attempted AS a
CROSS JOIN LATERAL (VALUES
  (1, 'referral.draft', a.created_at, a.turn = 0),
  (2, 'attempt.draft', a.created_at + interval '30 minutes', true),
  (3, 'attempt.sent', a.created_at + interval '1 hour', a.status <> 'draft'),
  (4, 'referral.active', a.created_at + interval '1 hour', a.status <> 'draft' AND a.turn = 0),
  (5, 'attempt.acknowledged', a.created_at + interval '4 hours', a.acknowledged),
  (6, 'attempt.accepted', a.created_at + interval '25 hours', a.accepted),
  (7, 'attempt.in_service', a.created_at + interval '121 hours', a.started),
  (8, 'attempt.' || a.status, a.created_at + interval '217 hours', a.closed),
  (9, 'referral.closed_met', a.created_at + interval '217 hours', a.status = 'completed')
) AS e (n, type, at, happened)
WHERE e.happened
ORDER BY a.created_at, a.n, e.n;
