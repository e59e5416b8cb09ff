package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
)

// VerificationTask asks an officer to find out whether a service is given where the directory says it is.
type VerificationTask struct {
	ID                  uuid.UUID  `json:"id" format:"uuid"`
	ServiceAtLocationID uuid.UUID  `json:"service_at_location_id" format:"uuid"`
	OrganizationID      uuid.UUID  `json:"organization_id" format:"uuid" doc:"Whose service it is."`
	OwnerRole           string     `json:"owner_role" example:"associations_officer"`
	Reason              string     `json:"reason" example:"service_not_offered"`
	Declines            int        `json:"declines" doc:"Of different referrals within 90 days, for that reason, when it was opened."`
	Status              string     `json:"status" example:"open" doc:"open or done."`
	Outcome             string     `json:"outcome,omitempty" doc:"confirmed, corrected or withdrawn; absent while it is open."`
	DueOn               string     `json:"due_on" format:"date"`
	ResolvedBy          *uuid.UUID `json:"resolved_by,omitempty" format:"uuid" doc:"The account."`
	ResolvedAt          *time.Time `json:"resolved_at,omitempty"`
	Version             int        `json:"version"`
	CreatedAt           time.Time  `json:"created_at"`
	UpdatedAt           time.Time  `json:"updated_at"`
}

// VerificationOutcome is what was found.
type VerificationOutcome struct {
	Outcome string `json:"outcome" enum:"confirmed,corrected,withdrawn" doc:"It is given there after all; what was said of it was put right; it is not given there, and is inactive from now on."`
}

// VerificationTaskList is a page of verification tasks.
type VerificationTaskList struct {
	Items      []VerificationTask `json:"items"`
	NextCursor string             `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

type verificationTasksInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those about this organization."`
	Status       string              `query:"status" enum:"open,done" doc:"Only those of this status."`
}

func verificationTaskOf(t directory.VerificationTask) VerificationTask {
	return VerificationTask{
		ID: t.ID, ServiceAtLocationID: t.ServiceAtLocationID, OrganizationID: t.OrganizationID, OwnerRole: string(t.OwnerRole), Reason: t.Reason,
		Declines: t.Declines, Status: string(t.Status), Outcome: string(t.Outcome), DueOn: dateText(t.DueOn), ResolvedBy: idOrNil(t.ResolvedBy),
		ResolvedAt: utcPointer(t.ResolvedAt), Version: t.Version, CreatedAt: utc(t.CreatedAt), UpdatedAt: utc(t.UpdatedAt),
	}
}

func (s *shell) verificationTasks(store *directory.Store) {
	const tag, path = "verification-tasks", "/v1/verification-tasks"
	register(s, operation{
		id: "get-verification-task", method: http.MethodGet, path: path + "/{id}", tag: tag, scope: "directory.read",
		summary: "Read a verification task", description: "For the associations directorate.", response: exampleTask,
	}, func(ctx context.Context, in *idInput) (*entity[VerificationTask], error) {
		t, err := store.VerificationTask(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(t.Version, verificationTaskOf(t), in.Conditional)
	})
	register(s, operation{
		id: "list-verification-tasks", method: http.MethodGet, path: path, tag: tag, scope: "directory.read",
		summary: "List verification tasks", description: "One is opened when five families were sent where the service is not given. For the associations directorate, in the order of their ids.",
		response: VerificationTaskList{Items: []VerificationTask{exampleTask}},
	}, func(ctx context.Context, in *verificationTasksInput) (*page[VerificationTaskList], error) {
		filters := []string{"verification-tasks", in.Organization.Value.String(), in.Status}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.VerificationTasks(ctx, actorOf(ctx), directory.Filter{
			OrganizationID: in.Organization.Value, Status: in.Status, After: after, Limit: in.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		var list VerificationTaskList
		list.Items, list.NextCursor, err = listOf(found, in.Limit, filters, func(t directory.VerificationTask) uuid.UUID { return t.ID }, verificationTaskOf)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "resolve-verification-task", method: http.MethodPost, path: path + "/{id}/resolve", tag: tag, scope: "directory.write",
		summary: "Say what was found", description: "What is confirmed or corrected counts as confirmed; what is withdrawn is found no more. For the associations directorate.",
		request: VerificationOutcome{Outcome: "confirmed"}, response: exampleTask,
	}, func(ctx context.Context, in *stepInput[VerificationOutcome]) (*entity[VerificationTask], error) {
		w, err := store.ResolveVerification(ctx, actorOf(ctx), in.ID, in.version, directory.VerificationOutcome(in.Body.Outcome), in.once(ctx))
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, w.Entity.Version, verificationTaskOf(w.Entity), w.Replayed)
	})
}

var exampleTask = VerificationTask{
	ID: uuid.MustParse("0198c0de-8888-7000-8000-000000000002"), ServiceAtLocationID: exampleServiceAtLocationID, OrganizationID: exampleOrganizationID,
	OwnerRole: "associations_officer", Reason: "service_not_offered", Declines: 5, Status: "open", DueOn: "2026-06-14", Version: 1,
	CreatedAt: exampleTime, UpdatedAt: exampleTime,
}
