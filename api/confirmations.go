package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// confirmInput says that something is still true.
type confirmInput struct {
	Keyed
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the thing."`
}

// confirmations registers "still true": one call without a body, which changes nothing but when it was last confirmed.
func (s *shell) confirmations(store *directory.Store) {
	confirmation(s, "organization", "organizations", "The organization, its locations, and what of its services and offers is active: all that the catalogue says of them is still true.",
		exampleOrganization, store.ConfirmOrganization, func(o directory.Organization) (int, Organization) { return o.Version, organizationOf(o) })
	confirmation(s, "service", "services", "All that the catalogue says of the service is still true.",
		exampleService, store.ConfirmService, func(v directory.Service) (int, Service) { return v.Version, s.shownService(v) })
	confirmation(s, "service-at-location", "service-at-locations", "All that the catalogue says of the service at the location is still true.",
		exampleOffer, store.ConfirmOffer, func(sal directory.ServiceAtLocation) (int, ServiceAtLocation) { return sal.Version, s.offer(sal) })
}

func confirmation[E, W any](
	s *shell, one, plural, text string, example W,
	confirm func(context.Context, policy.Actor, uuid.UUID, pg.Once) (directory.Written[E], error), show func(E) (int, W),
) {
	register(s, operation{
		id: "confirm-" + one, method: http.MethodPost, path: "/v1/" + plural + "/{id}/confirm", tag: plural, scope: "directory.write",
		summary: "Say that it is still true", description: text + " It makes no new version. What nobody confirmed for 180 days is overdue and comes later in a search. " +
			"For its own organization's focal point and machine, and for the associations directorate.",
		response: example,
	}, func(ctx context.Context, in *confirmInput) (*entity[W], error) {
		w, err := confirm(ctx, actorOf(ctx), in.ID, in.once(ctx))
		if err != nil {
			return nil, err
		}
		version, body := show(w.Entity)
		return written(http.StatusOK, version, body, w.Replayed)
	})
}
