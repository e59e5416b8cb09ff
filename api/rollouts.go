package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/reference"
)

// Rollout is how far the network is in use for a need in a governorate.
type Rollout struct {
	ID      uuid.UUID `json:"id" format:"uuid"`
	Version int       `json:"version"`
	NewRollout
}

// NewRollout is what the administrator writes to set one for the first time.
type NewRollout struct {
	Governorate string `json:"governorate" pattern:"^PS[0-9]{4}$" example:"PS0150" doc:"Of the client's place."`
	Need        string `json:"need" maxLength:"40" example:"DIS-PHYSIO" doc:"Code of a need; of a root, for all its leaves that have none of their own."`
	ChangedRollout
}

// ChangedRollout is what may change of a rollout.
type ChangedRollout struct {
	Stage    string      `json:"stage" enum:"off,pilot,live" doc:"off: nobody refers; pilot: the named people do; live: everybody who may."`
	Accounts []uuid.UUID `json:"accounts,omitempty" format:"uuid" maxItems:"1000" uniqueItems:"true" doc:"The named people of a pilot; a provider sees itself at most."`
}

// RolloutList is a page of rollouts.
type RolloutList struct {
	Items      []Rollout `json:"items"`
	NextCursor string    `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type rolloutsInput struct {
	Paged
	Governorate string `query:"governorate" pattern:"^PS[0-9]{4}$" example:"PS0150" doc:"Only those of this governorate."`
}

func rolloutOf(r reference.Rollout) (uuid.UUID, int, Rollout) {
	return r.ID, r.Version, Rollout{ID: r.ID, Version: r.Version, NewRollout: NewRollout{
		Governorate: r.GovernorateCode, Need: r.Need, ChangedRollout: ChangedRollout{Stage: string(r.Stage), Accounts: r.Accounts},
	}}
}

func (s *shell) rollouts(store *reference.Store) {
	register(s, operation{
		id: "list-rollouts", method: http.MethodGet, path: "/v1/rollouts", tag: "rollouts", scope: "directory.read",
		summary: "List rollouts", description: "Where nothing is said, the network is live.", response: RolloutList{Items: []Rollout{exampleRollout}},
	}, func(ctx context.Context, in *rolloutsInput) (*page[RolloutList], error) {
		filters := []string{"rollouts", in.Governorate}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Rollouts(ctx, actorOf(ctx), in.Governorate, after, in.Limit+1)
		if err != nil {
			return nil, err
		}
		items, next := cut(found, in.Limit, func(r reference.Rollout) uuid.UUID { return r.ID })
		list := RolloutList{Items: make([]Rollout, len(items))}
		for i, r := range items {
			_, _, list.Items[i] = rolloutOf(r)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
	registerEntry(s, wording{"rollouts", "a rollout", "What is off is neither found nor sent; what is a pilot, by the named people only. The administrator keeps them."},
		exampleRollout.NewRollout, exampleRollout.ChangedRollout, exampleRollout,
		func(ctx context.Context, id uuid.UUID) (reference.Rollout, error) {
			return store.Rollout(ctx, actorOf(ctx), id)
		},
		func(ctx context.Context, b NewRollout, k Keyed) (reference.Written[reference.Rollout], error) {
			return store.CreateRollout(ctx, actorOf(ctx), reference.Rollout{
				GovernorateCode: b.Governorate, Need: b.Need, Stage: directory.Stage(b.Stage), Accounts: b.Accounts,
			}, k.once(ctx))
		},
		func(ctx context.Context, id uuid.UUID, version int, b ChangedRollout) (reference.Written[reference.Rollout], error) {
			return store.ChangeRollout(ctx, actorOf(ctx), id, version, directory.Stage(b.Stage), b.Accounts)
		}, rolloutOf)
	registerEntryHistory(s, "rollouts", "a rollout", store.RolloutHistory)
}

var exampleRollout = Rollout{
	ID: uuid.MustParse("0198c0de-7777-7000-8000-000000000005"), Version: 1, NewRollout: NewRollout{
		Governorate: "PS0150", Need: "DIS-PHYSIO", ChangedRollout: ChangedRollout{Stage: "pilot", Accounts: []uuid.UUID{exampleCleared}},
	},
}
