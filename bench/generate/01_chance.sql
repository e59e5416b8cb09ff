-- Chance that is the same in every run: a hash of a row's number and of a salt that says what the chance is for. The triggers
-- that hand over statuses and keep signed terms would refuse rows that are written in their final state, so this session works
-- like a replica: they and the foreign keys do not fire, and the test of the generator checks what they would have checked.
SET session_replication_role = replica;
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';
SET synchronous_commit = off;
SET statement_timeout = 0;
SET jit = off;
SET join_collapse_limit = 16; -- provider_search_source joins more tables than the planner would order of itself
SET geqo = off;

-- From 0 up to, not including, 1.
CREATE FUNCTION pg_temp.chance(n bigint, salt bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (hashint8extended(n, salt) & 4294967295)::float8 / 4294967296;

-- One of the options.
CREATE FUNCTION pg_temp.choose(n bigint, salt bigint, options text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN options[1 + floor(pg_temp.chance(n, salt) * cardinality(options))::integer];

-- The id of the n-th row of a table, in the form of UUIDv7.
CREATE FUNCTION pg_temp.id(kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN ('0be9c' || lpad(to_hex(kind), 3, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;

CREATE FUNCTION pg_temp.today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (current_setting('bench.now')::timestamptz AT TIME ZONE 'Asia/Hebron')::date;

CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
  RETURN current_setting('bench.now')::timestamptz;
