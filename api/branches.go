package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
)

// Branch is a local office of an organization.
type Branch struct {
	ID             uuid.UUID `json:"id" format:"uuid"`
	OrganizationID uuid.UUID `json:"organization_id" format:"uuid"`
	Status         string    `json:"status" example:"active" doc:"active, inactive or defunct."`
	Version        int       `json:"version"`
	UpdatedAt      time.Time `json:"updated_at"`
	BranchFields
}

// BranchFields are what may be said of a branch.
type BranchFields struct {
	Name      Text   `json:"name"`
	Place     string `json:"place" maxLength:"40" example:"gn-281292" doc:"Code of the place where it is."`
	Address   *Text  `json:"address,omitempty"`
	Telephone string `json:"telephone,omitempty" maxLength:"30" example:"+970 2 000 0000" doc:"Of the office, never a person's own."`
	Email     string `json:"email,omitempty" maxLength:"200" example:"office@example.org" doc:"Of the office."`
}

// NewBranch is a branch to be registered.
type NewBranch struct {
	OrganizationID uuid.UUID `json:"organization_id" format:"uuid"`
	BranchFields
}

// BranchList is a page of branches.
type BranchList struct {
	Items      []Branch `json:"items"`
	NextCursor string   `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type branchesInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those of this organization."`
	Place        string              `query:"place" maxLength:"40" doc:"Only those in this place."`
	Status       string              `query:"status" enum:"active,inactive,defunct" doc:"Only those of this status."`
}

func (f BranchFields) domain() directory.Branch {
	return directory.Branch{Name: f.Name.domain(), PlaceCode: f.Place, Address: f.Address.domain(), Telephone: f.Telephone, Email: f.Email}
}

func branchOf(b directory.Branch) Branch {
	return Branch{
		ID: b.ID, OrganizationID: b.OrganizationID, Status: string(b.Status), Version: b.Version, UpdatedAt: utc(b.UpdatedAt),
		BranchFields: BranchFields{Name: textOf(b.Name), Place: b.PlaceCode, Address: textOrNone(b.Address), Telephone: b.Telephone, Email: b.Email},
	}
}

func (s *shell) branches(store *directory.Store) {
	const tag, path = "branches", "/v1/branches"
	register(s, operation{
		id: "create-branch", method: http.MethodPost, path: path, tag: tag, scope: "directory.write", status: http.StatusCreated,
		summary: "Register a branch", description: "For the associations directorate.",
		request: NewBranch{OrganizationID: exampleOrganizationID, BranchFields: exampleBranch.BranchFields}, response: exampleBranch,
	}, func(ctx context.Context, in *createInput[NewBranch]) (*entity[Branch], error) {
		b := in.Body.domain()
		b.OrganizationID = in.Body.OrganizationID
		w, err := store.CreateBranch(ctx, actorOf(ctx), b, in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusCreated, w.Entity.Version, branchOf(w.Entity), w.Replayed)
		return located(e, path+"/"+w.Entity.ID.String()), err
	})
	register(s, operation{
		id: "get-branch", method: http.MethodGet, path: path + "/{id}", tag: tag, scope: "directory.read",
		summary: "Read a branch", description: "A local office: where it is and how it is reached.", response: exampleBranch,
	}, func(ctx context.Context, in *idInput) (*entity[Branch], error) {
		b, err := store.Branch(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(b.Version, branchOf(b), in.Conditional)
	})
	register(s, operation{
		id: "list-branches", method: http.MethodGet, path: path, tag: tag, scope: "directory.read",
		summary: "List branches", description: "In the order of their ids.", response: BranchList{Items: []Branch{exampleBranch}},
	}, func(ctx context.Context, in *branchesInput) (*page[BranchList], error) {
		filters := []string{"branches", in.Organization.Value.String(), in.Place, in.Status}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Branches(ctx, actorOf(ctx), directory.Filter{
			OrganizationID: in.Organization.Value, PlaceCode: in.Place, Status: in.Status, After: after, Limit: in.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		var list BranchList
		list.Items, list.NextCursor, err = listOf(found, in.Limit, filters, func(b directory.Branch) uuid.UUID { return b.ID }, branchOf)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "change-branch", method: http.MethodPut, path: path + "/{id}", tag: tag, scope: "directory.write", errors: changeErrors,
		summary: "Change a branch", description: "Replaces all that may be said of it: what is left out is empty afterwards. For the associations directorate.",
		request: exampleBranch.BranchFields, response: exampleBranch,
	}, func(ctx context.Context, in *changeInput[BranchFields]) (*entity[Branch], error) {
		b := in.Body.domain()
		b.ID, b.Version = in.ID, in.version
		b, err := store.ChangeBranch(ctx, actorOf(ctx), b)
		if err != nil {
			return nil, err
		}
		return newEntity(b.Version, branchOf(b), Conditional{})
	})
	register(s, operation{
		id: "set-branch-status", method: http.MethodPut, path: path + "/{id}/status", tag: tag, scope: "directory.write", errors: changeErrors,
		summary: "Say whether a branch works", description: "Its locations are not touched. For the associations directorate.",
		request: Availability{Status: "inactive"}, response: exampleBranch,
	}, func(ctx context.Context, in *changeInput[Availability]) (*entity[Branch], error) {
		b, err := store.SetBranchStatus(ctx, actorOf(ctx), in.ID, in.version, directory.Status(in.Body.Status))
		if err != nil {
			return nil, err
		}
		return newEntity(b.Version, branchOf(b), Conditional{})
	})
	historyOf(s, store, directory.BranchEntity, historyText{id: "list-branch-history", path: path + "/{id}", tag: tag, of: "a branch"})
}

var exampleBranch = Branch{
	ID: exampleBranchID, OrganizationID: exampleOrganizationID, Status: "active", Version: 1, UpdatedAt: exampleTime,
	BranchFields: BranchFields{
		Name: Text{AR: "فرع يطا (مثال)", EN: "Yatta branch (example)"}, Place: "gn-281292", Address: &Text{AR: "شارع المدرسة", EN: "School street"},
		Telephone: "+970 2 000 0000", Email: "yatta@example.org",
	},
}
