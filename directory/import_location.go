package directory

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
)

func (t *taking) locations(ctx context.Context) error {
	found, err := many(ctx, t.q, "read the locations", locationRow.location, locationSQL+`
		WHERE id = ANY (@ids)`, pgx.StrictNamedArgs{"ids": ids(t.in.Locations)})
	if err != nil {
		return err
	}
	t.here = map[uuid.UUID]Location{}
	for _, l := range found {
		t.here[l.ID] = l
	}
	if t.waits, err = waitingForAll(ctx, t.q, ids(t.in.Locations)); err != nil {
		return err
	}
	for _, in := range t.in.Locations {
		if err := t.location(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

func (t *taking) location(ctx context.Context, in Incoming[Location]) error {
	was, there := t.here[in.ID]
	last, err := t.lastSaidOfLocation(was)
	if err != nil {
		return err
	}
	l := in.Of(whereThere(last, there))
	l.ID, l.OrganizationID, l.Source = in.ID, t.in.OrganizationID, t.in.Source
	if there {
		l.Confidential, l.BranchID, l.Source = was.Confidential, was.BranchID, was.Source
	}
	verdict, err := t.write(ctx, piece{
		id:      l.ID,
		same:    func() bool { return there && same(asStored(last), asStored(l)) },
		refused: func() *fault.Error { return t.mayPutLocation(was, there) },
		validate: func() error {
			if t.own && there {
				return l.validate(&was, t.now)
			}
			return l.Validate()
		},
		do: func() (Verdict, error) {
			if !there {
				l.Version = 1
				return Verdict{Created: true}, insertLocation(ctx, t.q, l, t.now)
			}
			return t.putLocation(ctx, was, l)
		},
	})
	t.out.Locations[in.ID] = verdict
	if verdict.Refused == nil {
		t.here[in.ID] = l
	}
	return err
}

// lastSaidOfLocation is the location as the organization wants it, if that is who imports, and otherwise as it is.
func (t *taking) lastSaidOfLocation(was Location) (Location, error) {
	waiting := t.waits[was.ID]
	if !t.own || waiting.ID == uuid.Nil {
		return was, nil
	}
	return was.with(waiting.Proposed)
}

func (t *taking) mayPutLocation(was Location, there bool) *fault.Error {
	switch {
	case t.owner == nil:
		return errOwnerRefused
	case there && was.OrganizationID != t.in.OrganizationID, there && was.Confidential:
		return errOfAnotherOrganization
	case there && foreign(was.Source, t.in.Source):
		return errOfAnotherSource
	case there && was.MergedInto != nil:
		return errMerged
	}
	return nil
}

func (t *taking) putLocation(ctx context.Context, was, l Location) (Verdict, error) {
	all, err := t.hold(ctx, was.ID, was.request(l.guarded()))
	if err != nil {
		return Verdict{}, err
	}
	if !all {
		l = l.keeping(was)
	}
	if same(asStored(was), asStored(l)) {
		return Verdict{}, nil
	}
	l.Version = was.Version
	return Verdict{Updated: true}, updateLocation(ctx, t.q, l, t.now)
}
