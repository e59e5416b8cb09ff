package reference

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Directorate is an office of the ministry with the places it holds, as codes in order.
type Directorate struct {
	ID         uuid.UUID
	Code       string
	Name       fault.Sentence
	PlaceCodes []string
	Version    int
}

func (d Directorate) key() (uuid.UUID, int) { return d.ID, d.Version }

// Holdings are the places a directorate is to hold: PlaceCodes, which are taken from another directorate if need be, and every place of
// GovernorateCodes that no other directorate holds and that is not among ExcludedPlaceCodes.
type Holdings struct {
	PlaceCodes, GovernorateCodes, ExcludedPlaceCodes []string
}

// Directorates lists directorates in the order of their codes, with their places; after is the last code of the page before.
func (s *Store) Directorates(ctx context.Context, actor policy.Actor, after string, limit int) (list []Directorate, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		found, err := collect[directorateRow](ctx, q, "list directorates", directorateSQL+`
			WHERE d.code > @after
			ORDER BY d.code
			LIMIT @limit`, pgx.StrictNamedArgs{"after": after, "limit": limit})
		list = make([]Directorate, len(found))
		for i, r := range found {
			list[i] = r.directorate()
		}
		return err
	})
	return list, err
}

// Directorate returns the directorate of that id, or fails with fault.NotFound.
func (s *Store) Directorate(ctx context.Context, actor policy.Actor, id uuid.UUID) (d Directorate, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		d, err = directorate(ctx, q, id)
		return err
	})
	return d, err
}

// CreateDirectorate writes a directorate. It fails with fault.Forbidden unless the actor keeps reference data, with fault.Refused if a
// field breaks a rule or names a place that does not exist, and with fault.Impossible if its code or one of its PlaceCodes is taken.
func (s *Store) CreateDirectorate(ctx context.Context, actor policy.Actor, code string, name fault.Sentence, h Holdings, once pg.Once) (Written[Directorate], error) {
	return perform(ctx, s, deed{actor: actor, what: "directorate.create", class: policy.ClassReference, once: once}, directorate,
		func(q pg.Querier, now time.Time) (uuid.UUID, error) {
			id, err := newID()
			if err != nil {
				return id, err
			}
			d := directory.Directorate{
				ID: id, Code: code, Name: name, PlaceCodes: h.PlaceCodes, GovernorateCodes: h.GovernorateCodes,
				ExcludedPlaceCodes: h.ExcludedPlaceCodes, Version: 1,
			}
			if err := d.Validate(); err != nil {
				return id, err
			}
			return id, directory.WriteDirectorate(ctx, q, d, now)
		})
}

// ChangeDirectorate writes name and places anew. Referrals under way stay with the directorate that opened them. It fails with
// fault.NotFound, with fault.Conflict if somebody changed it since version, and like CreateDirectorate.
func (s *Store) ChangeDirectorate(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, name fault.Sentence, h Holdings) (Written[Directorate], error) {
	return perform(ctx, s, deed{actor: actor, what: "directorate.change", class: policy.ClassReference, id: id}, directorate,
		func(q pg.Querier, now time.Time) (uuid.UUID, error) {
			was, err := directorate(ctx, q, id)
			if err != nil {
				return id, err
			}
			if was.Version != version {
				return id, errMoved
			}
			d := directory.Directorate{Code: was.Code, Name: name, PlaceCodes: h.PlaceCodes, GovernorateCodes: h.GovernorateCodes}
			if err := d.Validate(); err != nil {
				return id, err
			}
			if err := change(ctx, q, "change a directorate", `
				UPDATE directorate
				SET name_ar = @name_ar, name_en = @name_en, version = version + 1, updated_at = @now
				WHERE id = @id AND version = @version`,
				pgx.StrictNamedArgs{"id": id, "version": version, "name_ar": name.AR, "name_en": name.EN, "now": now}); err != nil {
				return id, err
			}
			return id, hold(ctx, q, id, h)
		})
}

// hold makes the places of the directorate those of h, and touches no row that stays.
func hold(ctx context.Context, q pg.Querier, id uuid.UUID, h Holdings) error {
	args := pgx.StrictNamedArgs{
		"id": id, "places": append([]string{}, h.PlaceCodes...), "governorates": append([]string{}, h.GovernorateCodes...),
		"excluded": append([]string{}, h.ExcludedPlaceCodes...),
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		DELETE FROM directorate_place AS dp
		USING place AS p
		WHERE p.code = dp.place_code
			AND dp.directorate_id = @id
			AND dp.place_code <> ALL (@places::text[])
			AND (p.governorate_code <> ALL (@governorates::text[]) OR dp.place_code = ANY (@excluded::text[]))`, args)
	batch.Queue(`
		INSERT INTO directorate_place AS dp (place_code, directorate_id)
		SELECT DISTINCT given.code, @id::uuid
		FROM unnest(@places::text[]) AS given (code)
		ON CONFLICT ON CONSTRAINT directorate_place_pkey DO UPDATE
		SET directorate_id = EXCLUDED.directorate_id
		WHERE dp.directorate_id <> EXCLUDED.directorate_id`, pgx.StrictNamedArgs{"id": id, "places": args["places"]})
	batch.Queue(`
		INSERT INTO directorate_place (place_code, directorate_id)
		SELECT p.code, @id
		FROM place AS p
		WHERE p.governorate_code = ANY (@governorates::text[])
			AND p.code <> ALL (@excluded::text[])
		ON CONFLICT ON CONSTRAINT directorate_place_pkey DO NOTHING`,
		pgx.StrictNamedArgs{"id": id, "governorates": args["governorates"], "excluded": args["excluded"]})
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("change the places of a directorate: %w", err)
	}
	return nil
}

type directorateRow struct {
	ID      uuid.UUID
	Code    string
	NameAr  string
	NameEn  string
	Places  []string
	Version int
}

const directorateSQL = `
			SELECT d.id, d.code, d.name_ar, d.name_en,
			       ARRAY(SELECT dp.place_code FROM directorate_place AS dp WHERE dp.directorate_id = d.id ORDER BY dp.place_code) AS places, d.version
			FROM directorate AS d`

func (r directorateRow) directorate() Directorate {
	return Directorate{ID: r.ID, Code: r.Code, Name: fault.Sentence{AR: r.NameAr, EN: r.NameEn}, PlaceCodes: r.Places, Version: r.Version}
}

func directorate(ctx context.Context, q pg.Querier, id uuid.UUID) (Directorate, error) {
	r, err := one(collect[directorateRow](ctx, q, "read a directorate", directorateSQL+`
			WHERE d.id = @id`, pgx.StrictNamedArgs{"id": id}))
	return r.directorate(), err
}
