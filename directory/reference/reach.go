package reference

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Zone is a reach zone: places between which nothing stands in the way.
type Zone struct {
	Code    string
	Name    fault.Sentence
	Version int
}

func (z Zone) key() (uuid.UUID, int) { return uuid.Nil, z.Version }

// Link is a way between two zones for some time; see geo.Link.
type Link struct{ geo.Link }

func (l Link) key() (uuid.UUID, int) { return l.ID, l.Version }

// Zones lists the reach zones in the order of their codes.
func (s *Store) Zones(ctx context.Context, actor policy.Actor) (zones []Zone, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		zones, err = zonesWhere(ctx, q, "")
		return err
	})
	return zones, err
}

// Zone returns the zone of that code, or fails with fault.NotFound.
func (s *Store) Zone(ctx context.Context, actor policy.Actor, code string) (z Zone, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		z, err = one(zonesWhere(ctx, q, code))
		return err
	})
	return z, err
}

// RenameZone changes the names of a zone; its code and its places are facts of the map. It fails with fault.Forbidden unless the actor
// keeps reference data, with fault.NotFound, with fault.Conflict if somebody changed it since version, and with fault.Refused.
func (s *Store) RenameZone(ctx context.Context, actor policy.Actor, code string, version int, name fault.Sentence) (Written[Zone], error) {
	read := func(ctx context.Context, q pg.Querier, _ uuid.UUID) (Zone, error) {
		return one(zonesWhere(ctx, q, code))
	}
	return perform(ctx, s, deed{actor: actor, what: "reach_zone.change", class: policy.ClassReference}, read,
		func(q pg.Querier, now time.Time) (uuid.UUID, error) {
			if _, err := read(ctx, q, uuid.Nil); err != nil {
				return uuid.Nil, err
			}
			var l fault.List
			if named(&l, name); l.Err() != nil {
				return uuid.Nil, l.Err()
			}
			return uuid.Nil, change(ctx, q, "rename a zone", `
				UPDATE reach_zone
				SET name_ar = @name_ar, name_en = @name_en, version = version + 1, updated_at = @now
				WHERE code = @code AND version = @version`,
				pgx.StrictNamedArgs{"code": code, "version": version, "name_ar": name.AR, "name_en": name.EN, "now": now})
		})
}

func zonesWhere(ctx context.Context, q pg.Querier, code string) ([]Zone, error) {
	type row struct {
		Code, NameAr, NameEn string
		Version              int
	}
	found, err := collect[row](ctx, q, "read the zones", `
		SELECT z.code, z.name_ar, z.name_en, z.version
		FROM reach_zone AS z
		WHERE @code = '' OR z.code = @code
		ORDER BY z.code`, pgx.StrictNamedArgs{"code": code})
	zones := make([]Zone, len(found))
	for i, r := range found {
		zones[i] = Zone{Code: r.Code, Name: fault.Sentence{AR: r.NameAr, EN: r.NameEn}, Version: r.Version}
	}
	return zones, err
}

// LinkFilter narrows a list of ways. What is empty is not asked. After is the last id of the page before.
type LinkFilter struct {
	From, To string
	On       *time.Time // in force on the day; nil: on any
	After    uuid.UUID
	Limit    int
}

// Links lists the ways between zones in the order of their ids, past ones too.
func (s *Store) Links(ctx context.Context, actor policy.Actor, f LinkFilter) (links []Link, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		found, err := collect[linkRow](ctx, q, "list ways", linkSQL+`
			WHERE (@from = '' OR l.zone_a = @from)
				AND (@to = '' OR l.zone_b = @to)
				AND (@day::date IS NULL OR @day::date >= l.valid_from AND coalesce(@day::date <= l.valid_to, true))
				AND l.id > @after
			ORDER BY l.id
			LIMIT @limit`,
			pgx.StrictNamedArgs{"from": f.From, "to": f.To, "day": f.On, "after": f.After, "limit": f.Limit})
		links = make([]Link, len(found))
		for i, r := range found {
			links[i] = r.link()
		}
		return err
	})
	return links, err
}

// Link returns the way of that id, or fails with fault.NotFound.
func (s *Store) Link(ctx context.Context, actor policy.Actor, id uuid.UUID) (l Link, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		l, err = link(ctx, q, id)
		return err
	})
	return l, err
}

// CreateLink writes a way. It counts from the next search. It fails with fault.Forbidden unless the actor keeps reference data, with
// fault.Refused if fields break a rule or name what does not exist, and with fault.Impossible "reach_link_overlaps" if another way
// between the zones is in force on one of the days.
func (s *Store) CreateLink(ctx context.Context, actor policy.Actor, l Link, once pg.Once) (Written[Link], error) {
	return perform(ctx, s, deed{actor: actor, what: "reach_link.create", class: policy.ClassReference, once: once}, link,
		func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
			if err = l.Validate(); err != nil {
				return id, err
			}
			if l.ID, err = newID(); err != nil {
				return id, err
			}
			_, err = q.Exec(ctx, `
				INSERT INTO reach_link (
				  id, zone_a, zone_b, passable, identity_documents, detour, extra_km, note_ar, note_en, source, valid_from, valid_to, updated_at
				) VALUES (
				  @id, @zone_a, @zone_b, @passable, @documents, @detour, @extra_km, @note_ar, @note_en, @source, @valid_from, @valid_to, @now
				)`, l.args(now))
			return l.ID, err
		})
}

// ChangeLink writes a way anew; its two zones stay. It counts from the next search. It fails with fault.NotFound, with fault.Conflict if
// somebody changed it since version, and like CreateLink.
func (s *Store) ChangeLink(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, l Link) (Written[Link], error) {
	return perform(ctx, s, deed{actor: actor, what: "reach_link.change", class: policy.ClassReference, id: id}, link,
		func(q pg.Querier, now time.Time) (uuid.UUID, error) {
			was, err := link(ctx, q, id)
			if err != nil {
				return id, err
			}
			l.ID, l.From, l.To = id, was.From, was.To
			if was.Version != version {
				return id, errMoved
			}
			if err := l.Validate(); err != nil {
				return id, err
			}
			args := l.args(now)
			args["version"] = version
			delete(args, "zone_a")
			delete(args, "zone_b")
			return id, change(ctx, q, "change a way", `
				UPDATE reach_link
				SET passable = @passable, identity_documents = @documents, detour = @detour, extra_km = @extra_km, note_ar = @note_ar,
				    note_en = @note_en, source = @source, valid_from = @valid_from, valid_to = @valid_to, version = version + 1, updated_at = @now
				WHERE id = @id AND version = @version`, args)
		})
}

// Validate returns every fault of the way at once, as fault.Refused, or nil.
func (l Link) Validate() error {
	var faults fault.List
	if l.From == l.To {
		faults.Add("/to", "A way leads to another zone.", "الطريق يؤدي إلى منطقة أخرى.")
	}
	for _, d := range l.IdentityDocuments {
		if !strings.Contains(" palestinian jerusalem unrwa passport ", " "+d+" ") {
			faults.Add("/identity_documents", "Must be of: palestinian, jerusalem, unrwa, passport.", "يجب أن تكون من: palestinian, jerusalem, unrwa, passport.")
		}
	}
	if !l.Passable && len(l.IdentityDocuments) > 0 {
		faults.Add("/identity_documents", "No document opens a way that is closed.", "لا تفتح أي وثيقة طريقًا مغلقًا.")
	}
	if l.Detour < 1 || l.Detour > 10 {
		faults.Add("/detour", "A detour is a factor from 1 to 10.", "الالتفاف عامل من 1 إلى 10.")
	}
	if l.ExtraKm < 0 || l.ExtraKm > 1000 {
		faults.Add("/extra_km", "From 0 to 1000 km are added.", "تضاف من 0 إلى 1000 كم.")
	}
	if strings.TrimSpace(l.Source) == "" {
		faults.Add("/source", "Who says so is required.", "المصدر مطلوب.")
	}
	if l.ValidTo != nil && l.ValidFrom.After(*l.ValidTo) {
		faults.Add("/valid_to", "It ends on the first day or later.", "ينتهي في اليوم الأول أو بعده.")
	}
	return faults.Err()
}

func (l Link) args(now time.Time) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"id": l.ID, "zone_a": l.From, "zone_b": l.To, "passable": l.Passable, "documents": append([]string{}, l.IdentityDocuments...),
		"detour": l.Detour, "extra_km": l.ExtraKm, "note_ar": l.Note.AR, "note_en": l.Note.EN, "source": l.Source, "valid_from": l.ValidFrom,
		"valid_to": l.ValidTo, "now": now,
	}
}

type linkRow struct {
	ID                uuid.UUID
	ZoneA             string
	ZoneB             string
	Passable          bool
	IdentityDocuments []string
	Detour            float64
	ExtraKm           float64
	NoteAr            string
	NoteEn            string
	Source            string
	ValidFrom         time.Time
	ValidTo           *time.Time
	Version           int
}

const linkSQL = `
			SELECT l.id, l.zone_a, l.zone_b, l.passable, l.identity_documents, l.detour, l.extra_km, l.note_ar, l.note_en, l.source,
			       l.valid_from, l.valid_to, l.version
			FROM reach_link AS l`

func (r linkRow) link() Link {
	return Link{geo.Link{
		ID: r.ID, From: r.ZoneA, To: r.ZoneB, Passable: r.Passable, IdentityDocuments: r.IdentityDocuments, Detour: r.Detour, ExtraKm: r.ExtraKm,
		Note: fault.Sentence{AR: r.NoteAr, EN: r.NoteEn}, Source: r.Source, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo, Version: r.Version,
	}}
}

func link(ctx context.Context, q pg.Querier, id uuid.UUID) (Link, error) {
	r, err := one(collect[linkRow](ctx, q, "read a way", linkSQL+`
			WHERE l.id = @id`, pgx.StrictNamedArgs{"id": id}))
	return r.link(), err
}
