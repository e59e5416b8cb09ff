package directory

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
)

var errOfferedAlready = fault.New(fault.Impossible, "already_offered",
	"The service is offered at this location already.", "الخدمة معروضة في هذا الموقع مسبقًا.")

// offered are the offers that stand in the register, by id and by what is offered where.
type offered struct {
	byID map[uuid.UUID]ServiceAtLocation
	at   map[[2]uuid.UUID]uuid.UUID // service and location → offer
}

func (o offered) note(sal ServiceAtLocation) {
	o.at[[2]uuid.UUID{sal.ServiceID, sal.LocationID}] = sal.ID
}

func (t *taking) offers(ctx context.Context) error {
	found, err := many(ctx, t.q, "read the services at locations", offerRow.offer, offerSQL+`
		WHERE sal.id = ANY (@ids)
		   OR sal.service_id = ANY (@services)`,
		pgx.StrictNamedArgs{"ids": ids(t.in.Offers), "services": ids(t.in.Services)})
	if err != nil {
		return err
	}
	standing := offered{byID: map[uuid.UUID]ServiceAtLocation{}, at: map[[2]uuid.UUID]uuid.UUID{}}
	for _, o := range found {
		standing.byID[o.ID] = o
		standing.note(o)
	}
	if t.waits, err = waitingForAll(ctx, t.q, ids(t.in.Offers)); err != nil {
		return err
	}
	for _, in := range t.in.Offers {
		if err := t.offer(ctx, in, standing); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) offer(ctx context.Context, in Incoming[ServiceAtLocation], standing offered) error {
	was, there := standing.byID[in.ID]
	last := was
	if t.own && t.waits[in.ID].Activates {
		last.Status = Active
	}
	o := t.incomingOffer(in, last, there)
	verdict, err := t.write(ctx, piece{
		id:      o.ID,
		same:    func() bool { return there && same(asStored(last), asStored(o)) },
		refused: func() *fault.Error { return t.mayPutOffer(ctx, was, o, there, standing) },
		validate: func() error {
			if t.own && there {
				return o.validate(&was, t.now)
			}
			return o.Validate(t.now)
		},
		do: func() (Verdict, error) {
			if !there {
				return Verdict{Created: true}, t.addOffer(ctx, o)
			}
			return t.putOffer(ctx, was, o)
		},
	})
	t.out.Offers[in.ID] = verdict
	if verdict.Refused == nil {
		standing.note(o)
	}
	return err
}

func (t *taking) incomingOffer(in Incoming[ServiceAtLocation], last ServiceAtLocation, there bool) ServiceAtLocation {
	o := in.Of(whereThere(last, there))
	o.ID, o.Source, o.OrganizationID = in.ID, t.in.Source, t.in.OrganizationID
	if there {
		o.Source, o.ServiceID, o.LocationID, o.Confidential = last.Source, last.ServiceID, last.LocationID, last.Confidential
	}
	if o.Status == "" {
		o.Status = Active
	}
	if o.Accepting == "" {
		o.Accepting = UnknownCapacity
	}
	return o
}

// mayPutOffer looks, above all, whether service and location of a new offer are the organization's and go together.
func (t *taking) mayPutOffer(ctx context.Context, was, o ServiceAtLocation, there bool, standing offered) *fault.Error {
	other, taken := standing.at[[2]uuid.UUID{o.ServiceID, o.LocationID}]
	switch {
	case there && was.OrganizationID != t.in.OrganizationID:
		return errOfAnotherOrganization
	case there && foreign(was.Source, t.in.Source):
		return errOfAnotherSource
	case taken && other != o.ID:
		return errOfferedAlready
	case t.out.Services[o.ServiceID].Refused != nil, t.out.Locations[o.LocationID].Refused != nil:
		return errOwnerRefused
	case there && o.Status != was.Status:
		return asFault(mayReturn(ctx, t.q, was, o.Status))
	case there:
		return nil
	case t.own && o.Status == Defunct:
		return errEndedAtFirst
	}
	setting, err := settingOf(ctx, t.q, o)
	if err != nil {
		return asFault(err)
	}
	if setting.OrganizationID != t.in.OrganizationID {
		return errOfAnotherOrganization
	}
	return asFault(setting.permits(o))
}

func (t *taking) addOffer(ctx context.Context, o ServiceAtLocation) error {
	in, err := let(ctx, t.q, t.actor, ChangeRequest{OrganizationID: t.in.OrganizationID, ServiceAtLocationID: o.ID}, t.now)
	if err != nil {
		return err
	}
	if !in {
		o.Status = Inactive
	}
	o.Version = 1
	return insertServiceAtLocation(ctx, t.q, o, t.now)
}

func (t *taking) putOffer(ctx context.Context, was, o ServiceAtLocation) (Verdict, error) {
	if o.Status != was.Status {
		in, err := t.enter(ctx, o.ID, ChangeRequest{OrganizationID: t.in.OrganizationID, ServiceAtLocationID: o.ID}, o.Status)
		if err != nil {
			return Verdict{}, err
		}
		if !in {
			o.Status = was.Status
		}
	}
	if same(asStored(was), asStored(o)) {
		return Verdict{}, nil
	}
	o.Version = was.Version
	return Verdict{Updated: true}, t.updateOffer(ctx, o)
}

func (t *taking) updateOffer(ctx context.Context, o ServiceAtLocation) error {
	tag, err := t.q.Exec(ctx, `
		UPDATE service_at_location
		SET status = @status, closed_by_register = @status <> 'active' AND (closed_by_register OR @officer AND status <> @status), accepting_status = @accepting, accepting_as_of = @as_of, details = @details, version = version + 1, updated_at = @now
		WHERE id = @id AND version = @version`,
		pgx.StrictNamedArgs{
			"id": o.ID, "version": o.Version, "status": o.Status, "accepting": o.Accepting, "as_of": o.AcceptingAsOf,
			"details": document[OfferDetails]{o.Details}, "officer": !t.own, "now": t.now,
		})
	return conditional("change the service at a location", tag.RowsAffected(), err)
}
