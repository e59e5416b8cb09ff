package reference

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/text"
	"tahweel/policy"
)

// Synonym is words and phrases that stand for one another in a search, in both languages; a broken plural is one.
type Synonym struct {
	ID      uuid.UUID
	Terms   []string
	Status  Status
	Version int
}

func (s Synonym) key() (uuid.UUID, int) { return s.ID, s.Version }

// The limits of a Synonym.
const (
	MinimumTerms = 2
	MaximumTerms = 40
)

// Validate returns every fault of the set at once, as fault.Refused, or nil.
func (s Synonym) Validate() error {
	var l fault.List
	statusKnown(&l, s.Status)
	if len(s.Terms) < MinimumTerms || len(s.Terms) > MaximumTerms {
		l.Add("/terms", "There are from 2 to 40 terms.", "عدد المصطلحات من 2 إلى 40.")
	}
	if slices.ContainsFunc(s.Terms, func(term string) bool { return len(text.SearchWords(term)) == 0 }) {
		l.Add("/terms", "Each term has a word that tells something.", "لكل مصطلح كلمة ذات معنى.")
	}
	if slices.ContainsFunc(s.Terms, func(term string) bool { return strings.TrimSpace(term) != term }) {
		l.Add("/terms", "No term begins or ends with a space.", "لا يبدأ مصطلح بفراغ ولا ينتهي به.")
	}
	return l.Err()
}

// Synonyms lists the sets in the order of their ids; an empty status is any. after is the last id of the page before.
func (s *Store) Synonyms(ctx context.Context, actor policy.Actor, status Status, after uuid.UUID, limit int) (list []Synonym, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		list, err = collect[Synonym](ctx, q, "list the synonyms", synonymSQL+`
			WHERE (@status = '' OR status = @status)
				AND id > @after
			ORDER BY id
			LIMIT @limit`, pgx.StrictNamedArgs{"status": status, "after": after, "limit": limit})
		return err
	})
	return list, err
}

// Synonym returns the set of that id, or fails with fault.NotFound.
func (s *Store) Synonym(ctx context.Context, actor policy.Actor, id uuid.UUID) (set Synonym, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		set, err = synonym(ctx, q, id)
		return err
	})
	return set, err
}

// CreateSynonym writes a new set. It counts from the next search. It fails with fault.Forbidden unless the actor keeps reference data,
// and with fault.Refused if fields break a rule.
func (s *Store) CreateSynonym(ctx context.Context, actor policy.Actor, set Synonym, once pg.Once) (Written[Synonym], error) {
	return perform(ctx, s, deed{actor: actor, what: "search_synonym.create", class: policy.ClassReference, once: once}, synonym,
		func(q pg.Querier, now time.Time) (id uuid.UUID, err error) {
			if err = set.Validate(); err != nil {
				return id, err
			}
			if id, err = newID(); err != nil {
				return id, err
			}
			_, err = q.Exec(ctx, `
				INSERT INTO search_synonym (id, terms, status, created_at, updated_at)
				VALUES (@id, @terms, @status, @now, @now)`,
				pgx.StrictNamedArgs{"id": id, "terms": set.Terms, "status": set.Status, "now": now})
			return id, err
		})
}

// ChangeSynonym writes the set of that id and version anew; one that was a mistake is cancelled. It fails with fault.NotFound, with
// fault.Conflict if somebody changed it since version, and like CreateSynonym.
func (s *Store) ChangeSynonym(ctx context.Context, actor policy.Actor, set Synonym) (Written[Synonym], error) {
	return perform(ctx, s, deed{actor: actor, what: "search_synonym.change", class: policy.ClassReference, id: set.ID}, synonym,
		func(q pg.Querier, now time.Time) (uuid.UUID, error) {
			was, err := synonym(ctx, q, set.ID)
			if err != nil {
				return set.ID, err
			}
			if was.Version != set.Version {
				return set.ID, errMoved
			}
			if err := set.Validate(); err != nil {
				return set.ID, err
			}
			return set.ID, change(ctx, q, "change the synonyms", `
				UPDATE search_synonym
				SET terms = @terms, status = @status, version = version + 1, updated_at = @now
				WHERE id = @id AND version = @version`,
				pgx.StrictNamedArgs{"id": set.ID, "terms": set.Terms, "status": set.Status, "version": set.Version, "now": now})
		})
}

const synonymSQL = `
			SELECT id, terms, status, version
			FROM search_synonym`

func synonym(ctx context.Context, q pg.Querier, id uuid.UUID) (Synonym, error) {
	return one(collect[Synonym](ctx, q, "read the synonyms", synonymSQL+`
			WHERE id = @id`, pgx.StrictNamedArgs{"id": id}))
}
