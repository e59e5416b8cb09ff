package directory

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
)

func (t *taking) services(ctx context.Context) error {
	found, err := many(ctx, t.q, "read the services", serviceRow.service, serviceSQL+`
		WHERE s.id = ANY (@ids)`, pgx.StrictNamedArgs{"ids": ids(t.in.Services)})
	if err != nil {
		return err
	}
	if err := fillAreas(ctx, t.q, found); err != nil {
		return err
	}
	t.given = map[uuid.UUID]Service{}
	for _, v := range found {
		t.given[v.ID] = v
	}
	if t.waits, err = waitingForAll(ctx, t.q, ids(t.in.Services)); err != nil {
		return err
	}
	for _, in := range t.in.Services {
		if err := t.service(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) service(ctx context.Context, in Incoming[Service]) error {
	was, there := t.given[in.ID]
	last, err := t.lastSaidOfService(was)
	if err != nil {
		return err
	}
	v := t.incomingService(in, last, there)
	verdict, err := t.write(ctx, piece{
		id:      v.ID,
		same:    func() bool { return there && same(asStored(last), asStored(v)) },
		refused: func() *fault.Error { return t.mayPutService(ctx, was, v, there) },
		validate: func() error {
			if t.own && there {
				return v.validate(&was, t.now)
			}
			return v.Validate()
		},
		do: func() (Verdict, error) {
			if !there {
				return Verdict{Created: true}, t.addService(ctx, v)
			}
			return t.putService(ctx, was, v)
		},
	})
	t.out.Services[in.ID] = verdict
	if verdict.Refused == nil {
		t.given[in.ID] = v
	}
	return err
}

// lastSaidOfService is the service as the organization wants it, if that is who imports, and otherwise as it is.
func (t *taking) lastSaidOfService(was Service) (Service, error) {
	waiting := t.waits[was.ID]
	if !t.own || waiting.ID == uuid.Nil {
		return was, nil
	}
	if waiting.Activates {
		was.Status = Active
	}
	return was.with(waiting.Proposed)
}

func (t *taking) incomingService(in Incoming[Service], last Service, there bool) Service {
	v := in.Of(whereThere(last, there)).normalised()
	v.ID, v.OrganizationID, v.Source = in.ID, t.in.OrganizationID, t.in.Source
	if there {
		v.Source = last.Source
		if len(v.NeedCodes) == 0 && len(last.NeedCodes) > 0 { // a file that knows no needs of ours takes none away
			v.NeedCodes = last.NeedCodes
		}
	}
	v.NeedCodes = slices.Compact(slices.Sorted(slices.Values(v.NeedCodes)))
	if v.Status == "" {
		v.Status = Active
	}
	return v
}

func (t *taking) mayPutService(ctx context.Context, was, v Service, there bool) *fault.Error {
	switch {
	case t.owner == nil:
		return errOwnerRefused
	case there && was.OrganizationID != t.in.OrganizationID:
		return errOfAnotherOrganization
	case there && foreign(was.Source, t.in.Source):
		return errOfAnotherSource
	case !there && t.own && v.Status == Defunct:
		return errEndedAtFirst
	case !there:
		return nil
	}
	placed, unplaced, err := offersOf(ctx, t.q, v.ID)
	if err == nil {
		err = v.fits(placed, unplaced)
	}
	return asFault(err)
}

func (t *taking) addService(ctx context.Context, v Service) error {
	in, err := let(ctx, t.q, t.actor, v.request(v.guarded()), t.now)
	if err != nil {
		return err
	}
	if !in {
		v.Status = Inactive
	}
	v.Version = 1
	return insertService(ctx, t.q, v, t.now)
}

func (t *taking) putService(ctx context.Context, was, v Service) (Verdict, error) {
	all, err := t.hold(ctx, was.ID, was.request(v.guarded()))
	if err != nil {
		return Verdict{}, err
	}
	if !all {
		v = v.keeping(was)
	}
	if v.Status != was.Status {
		in, err := t.enter(ctx, was.ID, v.request(v.guarded()), v.Status)
		if err != nil {
			return Verdict{}, err
		}
		if !in {
			v.Status = was.Status
		}
	}
	if same(asStored(was), asStored(v)) {
		return Verdict{}, nil
	}
	v.Version = was.Version
	if v.Status != was.Status {
		if err := setStatus(ctx, t.q, !t.own, "service", v.ID, v.Version, v.Status, t.now); err != nil {
			return Verdict{}, err
		}
		v.Version++
	}
	return Verdict{Updated: true}, updateService(ctx, t.q, was, v, t.now)
}
