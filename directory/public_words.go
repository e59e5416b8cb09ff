package directory

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/internal/text"
)

// sought are the words that a public list is searched for: each is found as it stands in a text, in any spelling, and all of them by what our own
// search finds, which knows stems, synonyms and names that are nearly the same. What has ended or is closed has no row in directory_text.
type sought struct {
	concepts []concept
	alike    bool // the name is long enough to be compared with others
}

const (
	serviceWords      = `tahweel_normalise(s.name_ar || ' ' || s.name_en || ' ' || s.description_ar || ' ' || s.description_en)`
	organizationWords = `tahweel_normalise(o.name_ar || ' ' || o.name_en || ' ' || o.description_ar || ' ' || o.description_en)`
	needWords         = `tahweel_normalise(n.name_ar || ' ' || n.name_en)`
	// patterns are the words in the spelling of the texts.
	patterns = `ALL (ARRAY (SELECT tahweel_normalise(word) FROM unnest(@words::text[]) AS word))`
)

// closedWords are the words of a service that is closed for a time; the index service_closed_idx finds all of those.
const closedWords = `tahweel_search_words(s.name_ar || ' ' || s.name_en || ' ' || s.description_ar || ' ' || s.description_en)`

// soughtWords reads a search with the synonyms that are in force. It lowers what counts as alike for the transaction, as our own search does.
func soughtWords(ctx context.Context, q pg.Querier, search string) (sought, error) {
	if search == "" {
		return sought{}, nil
	}
	sets, err := selectSynonyms(ctx, q)
	if err != nil {
		return sought{}, err
	}
	if _, err := q.Exec(ctx, `SELECT set_config('pg_trgm.similarity_threshold', @enough, true)`, pgx.StrictNamedArgs{"enough": similarEnough}); err != nil {
		return sought{}, fmt.Errorf("search for a text: %w", err)
	}
	return sought{concepts: conceptsOf(search, sets), alike: len([]rune(text.Normalise(search))) > 1}, nil
}

func (w sought) args(search string) map[string]any {
	args := stemsArgs(w.concepts)
	if w.alike {
		args["name"] = text.Normalise(search)
	}
	return args
}

// similar says that a name of a row of directory_text is nearly what is sought.
func (w sought) similar() string {
	if !w.alike {
		return "false"
	}
	return `(t.normalised_ar % @name OR t.normalised_en % @name OR @name <% t.normalised_ar OR @name <% t.normalised_en)`
}

// ofService are the services in which every word is found, in their organization, or in a need that they meet.
func (w sought) ofService() string {
	return `s.id IN (
	  SELECT s.id FROM service AS s WHERE ` + serviceWords + ` LIKE ` + patterns + `
	  UNION
	  SELECT s.id FROM organization AS o JOIN service AS s ON s.organization_id = o.id WHERE ` + organizationWords + ` LIKE ` + patterns + `
	  UNION
	  SELECT sn.service_id FROM need AS n JOIN service_need AS sn ON sn.need_id = n.id WHERE ` + needWords + ` LIKE ` + patterns + `
	  UNION
	  SELECT t.id FROM directory_text AS t WHERE t.entity = 'service' AND ((` + allWords(w.concepts, "t.words") + `) OR ` + w.similar() + `)
	  UNION
	  SELECT s.id FROM directory_text AS t JOIN service AS s ON s.organization_id = t.organization_id WHERE t.entity = 'organization' AND ` + w.similar() + `
	  UNION
	  SELECT s.id
	  FROM service AS s
	  JOIN directory_text AS t ON t.entity = 'organization' AND t.id = s.organization_id
	  WHERE s.status = 'inactive' AND s.details ? 'temporarily_closed' AND ` + allWords(w.concepts, closedWords, "t.name_words") + `)`
}

// ofOrganization are the organizations in which every word is found, or in what they give and where.
func (w sought) ofOrganization() string {
	return `(` + organizationWords + ` LIKE ` + patterns + `
	   OR o.id IN (SELECT t.id FROM directory_text AS t WHERE t.entity = 'organization' AND ((` + allWords(w.concepts, "t.words") + `) OR ` + w.similar() + `)))`
}
