package pg

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Actor is whoever a transaction acts for. Settings returns what the row-level security policies may know of it, as text under
// the names in settingNames; a name that is left out counts as empty. tahweel.kind must be there.
type Actor interface {
	Settings() map[string]string
}

// System is the actor of the product's own acts: sweeps, seals, the demonstration. Policies let it see every row.
type System struct{}

// Settings says that the kind is system and nothing else.
func (System) Settings() map[string]string { return map[string]string{"tahweel.kind": kindSystem} }

const kindSystem = "system"

// settingNames are all the settings there are. InTx sets every one of them each time, the missing ones to the empty text, so
// that even a setting somebody made for the whole session cannot reach another actor's transaction.
var settingNames = []string{
	"tahweel.kind",                    // person, client or system
	"tahweel.account_id",              // uuid
	"tahweel.roles",                   // {case_manager,…}
	"tahweel.organization_ids",        // {uuid,…}
	"tahweel.organization_roles",      // {role@uuid,…}: the roles at organizations, each with its own
	"tahweel.case_directorates",       // {uuid,…}: where the actor manages cases of their own
	"tahweel.directorate_ids",         // {uuid,…}: where the actor oversees all cases
	"tahweel.protection_directorates", // {uuid,…}: where the actor is cleared for tier 3
	"tahweel.own_session",             // true when a person acts in a session of their own
	"tahweel.now",                     // the injected clock's time; the server's when empty
}

// setSettings sets all of them; parameter n is the value of the n-th.
var setSettings = func() string {
	calls := make([]string, len(settingNames))
	for i, name := range settingNames {
		calls[i] = fmt.Sprintf("set_config('%s', $%d, true)", name, i+1)
	}
	return "SELECT " + strings.Join(calls, ", ")
}()

// begin is the batch that opens a transaction in the name of the actor in one round trip. An actor without a kind, or with a
// setting no policy knows, is refused: it would be a mistake in the program, and running on would show too much or too little.
func begin(actor Actor, options pgx.TxOptions) (*pgx.Batch, string, error) {
	if actor == nil {
		return nil, "", errors.New("pg: a transaction needs an actor")
	}
	settings := actor.Settings()
	if settings["tahweel.kind"] == "" {
		return nil, "", errors.New("pg: the actor has no tahweel.kind")
	}
	for name := range settings {
		if !slices.Contains(settingNames, name) {
			return nil, "", fmt.Errorf("pg: no policy knows the setting %q", name)
		}
	}
	values := make([]any, len(settingNames))
	for i, name := range settingNames {
		values[i] = settings[name]
	}
	batch := &pgx.Batch{}
	batch.BeginTx(options)
	batch.Queue(setSettings, values...)
	return batch, settings["tahweel.kind"], nil
}
