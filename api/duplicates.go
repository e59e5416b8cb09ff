package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
)

// Duplicate is two entries of the register that may be one thing.
type Duplicate struct {
	Kind    string           `json:"kind" example:"organization" doc:"organization or location."`
	Entries []DuplicateEntry `json:"entries" minItems:"2" maxItems:"2" doc:"The two, in the order of their ids."`
	Score   int              `json:"score" minimum:"1" maximum:"100" doc:"How much speaks for it."`
	Reasons []ProviderReason `json:"reasons" doc:"What speaks for it: same_registration, same_name, similar_name, same_telephone, near, same_organization; other_organization says that two organizations may be one."`
}

// DuplicateEntry is one of the two.
type DuplicateEntry struct {
	ID             uuid.UUID `json:"id" format:"uuid"`
	Name           Text      `json:"name"`
	OrganizationID uuid.UUID `json:"organization_id" format:"uuid" doc:"Whose it is; of an organization, itself."`
	Version        int       `json:"version" doc:"What a merge needs in If-Match."`
}

// PossibleDuplicate is an entry that may be the one that was just written.
type PossibleDuplicate struct {
	ID             uuid.UUID        `json:"id" format:"uuid"`
	Name           Text             `json:"name"`
	OrganizationID uuid.UUID        `json:"organization_id" format:"uuid" doc:"Whose it is; of an organization, itself."`
	Reasons        []ProviderReason `json:"reasons" doc:"What speaks for it."`
}

// DuplicateList is a page of duplicates.
type DuplicateList struct {
	Items      []Duplicate `json:"items"`
	NextCursor string      `json:"next_cursor,omitempty" doc:"Absent on the last page. A page may be shorter than asked for, even empty, and not be the last."`
}

// DuplicatePair is two entries that are two things.
type DuplicatePair struct {
	Kind string      `json:"kind" enum:"organization,location"`
	IDs  []uuid.UUID `json:"ids" format:"uuid" minItems:"2" maxItems:"2"`
}

// Dismissal is remembered: the two are not taken for one again.
type Dismissal struct {
	ID          uuid.UUID `json:"id" format:"uuid"`
	DismissedAt time.Time `json:"dismissed_at"`
	DuplicatePair
}

// Merge says of which entry another is the second one.
type Merge struct {
	Into uuid.UUID `json:"into" format:"uuid" doc:"The one that stays."`
}

type duplicatesInput struct {
	Paged
	Kind string `query:"kind" required:"true" enum:"organization,location" example:"organization" doc:"Of which entries."`
}

type mergeInput struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the entry that ends. If-Match is its version."`
	Body Merge
}

func (s *shell) duplicates(store *directory.Store) {
	const tag = "duplicates"
	register(s, operation{
		id: "list-duplicates", method: http.MethodGet, path: "/v1/duplicates", tag: tag, scope: "directory.read",
		summary:     "List entries that may be one thing",
		description: "By names, telephone numbers and distance, of organizations by their registration too; in the order of ids, without what was dismissed. For the associations directorate.",
		response:    DuplicateList{Items: []Duplicate{exampleDuplicate}},
	}, func(ctx context.Context, in *duplicatesInput) (*page[DuplicateList], error) {
		filters := []string{"duplicates", in.Kind}
		var position directory.DuplicatePosition
		given, err := openCursor(in.Cursor, &position, filters)
		if err != nil {
			return nil, err
		}
		var after *directory.DuplicatePosition
		if given {
			after = &position
		}
		found, err := store.Duplicates(ctx, actorOf(ctx), directory.TextEntity(in.Kind), after, in.Limit)
		if err != nil {
			return nil, err
		}
		list := DuplicateList{Items: make([]Duplicate, len(found.Items))}
		for i, d := range found.Items {
			list.Items[i] = duplicateOf(d)
		}
		list.NextCursor, err = nextCursor(found.Next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "dismiss-duplicate", method: http.MethodPost, path: "/v1/duplicates/dismiss", tag: tag, scope: "directory.write",
		summary: "Say that two entries are two things", description: "It is remembered, and saying so again changes nothing. For the associations directorate.",
		request: exampleDismissal.DuplicatePair, response: exampleDismissal,
	}, func(ctx context.Context, in *createInput[DuplicatePair]) (*entity[Dismissal], error) {
		w, err := store.DismissDuplicate(ctx, actorOf(ctx), directory.TextEntity(in.Body.Kind), [2]uuid.UUID(in.Body.IDs), in.once(ctx))
		if err != nil {
			return nil, err
		}
		d := w.Entity
		return written(http.StatusOK, d.Version, Dismissal{
			ID: d.ID, DismissedAt: utc(d.DismissedAt), DuplicatePair: DuplicatePair{Kind: string(d.Kind), IDs: d.Pair[:]},
		}, w.Replayed)
	})
	register(s, operation{
		id: "merge-organization", method: http.MethodPost, path: "/v1/organizations/{id}/merge", tag: tag, scope: "directory.write",
		summary: "Merge an organization into another",
		description: "Its services, locations and branches belong to the other one afterwards, with their ids; it is defunct, keeps its history and its past referrals, and says where it went. " +
			"Refused while it has an instrument or an accreditation that has not ended, open referrals, people or systems with access, secret places, closures to come, or numbers " +
			"of its own that the other uses too: `errors` names all of it. For the associations directorate.",
		request: Merge{Into: exampleBranchID}, response: exampleMergedOrganization(),
	}, func(ctx context.Context, in *mergeInput) (*entity[Organization], error) {
		w, err := store.MergeOrganization(ctx, actorOf(ctx), in.ID, in.version, in.Body.Into, in.once(ctx))
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, w.Entity.Version, organizationOf(w.Entity), w.Replayed)
	})
	register(s, operation{
		id: "merge-location", method: http.MethodPost, path: "/v1/locations/{id}/merge", tag: tag, scope: "directory.write",
		summary: "Merge a location into another of its organization",
		description: "What is offered there is offered at the other one afterwards, with its id and the referrals to it. Where both offer a service, the other's offer goes on and " +
			"this one's ends; refused while referrals to the one that would end are open, or the other's has ended already. For the associations directorate.",
		request: Merge{Into: exampleBranchID}, response: exampleMergedLocation(),
	}, func(ctx context.Context, in *mergeInput) (*entity[Location], error) {
		w, err := store.MergeLocation(ctx, actorOf(ctx), in.ID, in.version, in.Body.Into, in.once(ctx))
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, w.Entity.Version, locationOf(w.Entity), w.Replayed)
	})
}

func possibleDuplicatesOf(alike []directory.LookAlike) []PossibleDuplicate {
	var out []PossibleDuplicate
	for _, a := range alike {
		out = append(out, PossibleDuplicate{ID: a.ID, Name: textOf(a.Name), OrganizationID: a.OrganizationID, Reasons: duplicateReasonsOf(a.Reasons)})
	}
	return out
}

func duplicateReasonsOf(reasons []directory.Reason) []ProviderReason {
	out := make([]ProviderReason, len(reasons))
	for i, r := range reasons {
		out[i] = ProviderReason{Code: r.Code, Text: textOf(r.Sentence)}
	}
	return out
}

func duplicateOf(d directory.Duplicate) Duplicate {
	out := Duplicate{Kind: string(d.Kind), Score: d.Score, Reasons: duplicateReasonsOf(d.Reasons)}
	for _, e := range []directory.DuplicateEntry{d.A, d.B} {
		out.Entries = append(out.Entries, DuplicateEntry{ID: e.ID, Name: textOf(e.Name), OrganizationID: e.OrganizationID, Version: e.Version})
	}
	return out
}

var (
	exampleDuplicate = Duplicate{
		Kind: "organization", Score: 85,
		Entries: []DuplicateEntry{
			{ID: exampleOrganizationID, Name: exampleAttempt.Organization.Name, OrganizationID: exampleOrganizationID, Version: 1},
			{ID: exampleBranchID, Name: exampleAttempt.Organization.Name, OrganizationID: exampleBranchID, Version: 1},
		},
		Reasons: []ProviderReason{{Code: directory.SameName, Text: Text{AR: "الاسمان متطابقان.", EN: "The names are the same."}},
			{Code: directory.SameTelephone, Text: Text{AR: "يشتركان في رقم هاتف.", EN: "They share a telephone number."}}},
	}
	exampleDismissal = Dismissal{
		ID: uuid.MustParse("0198c0de-7777-7000-8000-000000000021"), DismissedAt: exampleTime,
		DuplicatePair: DuplicatePair{Kind: "organization", IDs: []uuid.UUID{exampleOrganizationID, exampleBranchID}},
	}
)

func exampleMergedOrganization() Organization {
	o := exampleOrganization
	o.Status, o.Version, o.MergedInto = "defunct", 2, &exampleBranchID
	return o
}

func exampleMergedLocation() Location {
	l := exampleLocation
	l.Version, l.MergedInto = 2, &exampleBranchID
	return l
}
