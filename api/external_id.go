package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tahweel/directory"
)

// putServiceInput is a service as its organization's own system has it.
type putServiceInput struct {
	ID           string              `path:"id" maxLength:"200" example:"PT-7" doc:"The organization's own number for it."`
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Whose service it is; left out: your own organization's."`
	Body         ServiceFields
}

func (s *shell) servicesByExternalID(store *directory.Store) {
	register(s, operation{
		id: "put-service", method: http.MethodPut, path: "/v1/services/by-external-id/{id}", tag: "services", scope: "directory.write", errors: changeErrors,
		summary: "Sync a service", description: "Registers the service that your system knows by this number, or replaces what is said of it, whatever its version; sent twice, it is done once. " +
			"The number in the address counts and not external_id in the body. What waits for an officer waits, see pending_change. For the organization's focal point and machine, and for the associations directorate.",
		request: exampleService.ServiceFields, response: exampleService,
	}, func(ctx context.Context, in *putServiceInput) (*entity[Service], error) {
		v := in.Body.domain()
		v.OrganizationID, v.ExternalID = in.Organization.Value, in.ID // the address names it, not the body
		put, created, err := store.PutService(ctx, actorOf(ctx), v)
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusOK, put.Version, s.shownService(put), false)
		if created {
			e = located(e, "/v1/services/"+put.ID.String())
		}
		return e, err
	})
}
