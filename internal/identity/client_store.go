package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// ClientResult is a client as it is now, after a write or the replay of one.
type ClientResult struct {
	Client
	Replayed bool
}

// RegisterClient makes a client without an invitation: for set-up, the command line and the demonstration, all of them the system,
// and for nobody else (fault.Forbidden). It fails with fault.Refused for what Validate refuses and for an account or organization
// that does not exist, and with fault.Impossible for a key that somebody has already.
func (s *Store) RegisterClient(ctx context.Context, actor policy.Actor, n NewClient) (Client, error) {
	if actor.Kind != policy.System {
		return Client{}, policy.RoleForbids(policy.Create, policy.ClassClient)
	}
	if err := n.Validate(); err != nil {
		return Client{}, err
	}
	var c Client
	err := s.db.InTx(ctx, actor, func(q pg.Querier) (err error) {
		c, err = s.makeClient(ctx, q, n)
		return err
	})
	return c, err
}

// makeClient writes the client, its keys, and for an organization its account. It acts as the system.
func (s *Store) makeClient(ctx context.Context, q pg.Querier, n NewClient) (Client, error) {
	if n.ID == uuid.Nil {
		var err error
		if n.ID, err = uuid.NewV7(); err != nil {
			return Client{}, fmt.Errorf("make an id: %w", err)
		}
	}
	c := Client{
		ID: n.ID, AccountID: n.AccountID, OrganizationID: n.OrganizationID, Name: n.Name, Status: Active,
		Keys: n.Keys, Version: 1, CreatedAt: s.now(),
	}
	if n.AccountID != uuid.Nil {
		a, err := readAccount(ctx, q, n.AccountID)
		if err != nil {
			return Client{}, err
		}
		if a.Kind == policy.Client {
			c.OrganizationID = a.OrganizationID
		}
	} else {
		var err error
		if c.AccountID, err = s.makeClientAccount(ctx, q, n); err != nil {
			return Client{}, err
		}
	}
	c.Scopes = scopesFor(n.Scopes, c.OrganizationID)
	if err := insertClient(ctx, q, c); err != nil {
		return Client{}, err
	}
	return c, audit.Append(ctx, q, s.clientEntry(policy.TheSystem(), c.ID, "client_registered"))
}

// makeClientAccount gives an organization's client an account of its own.
func (s *Store) makeClientAccount(ctx context.Context, q pg.Querier, n NewClient) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("make an id: %w", err)
	}
	a := Account{ID: id, Kind: policy.Client, NameAR: n.Name, NameEN: n.Name, OrganizationID: n.OrganizationID}
	role := []Membership{{Membership: policy.Membership{Role: policy.ProviderClient, OrganizationID: n.OrganizationID}}}
	if err := insertAccount(ctx, q, a, role, s.now()); err != nil {
		return uuid.Nil, err
	}
	return id, audit.Append(ctx, q, s.entry(policy.TheSystem(), id, "account_created"))
}

// Clients returns at most f.Limit clients after f.After that the actor may see, by id: its own; of its organization for the focal
// point; of every organization for the associations officer; all of them for an administrator and an auditor.
func (s *Store) Clients(ctx context.Context, actor policy.Actor, f ClientFilter) (clients []Client, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		clients, err = readClients(ctx, q, actor, f)
		return err
	})
	return clients, err
}

// Client returns the client if the actor may see it (see Clients), and otherwise fails with fault.NotFound.
func (s *Store) Client(ctx context.Context, actor policy.Actor, id uuid.UUID) (c Client, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		c, err = showClient(ctx, q, actor, id)
		return err
	})
	return c, err
}

func showClient(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (Client, error) {
	c, err := readClient(ctx, q, id)
	if err != nil {
		return Client{}, err
	}
	if !seesClient(actor, c) {
		return Client{}, errNoClient
	}
	return c, nil
}

// ClientHistory returns what was done to the client, oldest first, for whom Client shows it.
func (s *Store) ClientHistory(ctx context.Context, actor policy.Actor, id uuid.UUID) (acts []Act, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		if _, err := showClient(ctx, q, actor, id); err != nil {
			return err
		}
		acts, err = readActs(ctx, q, policy.ClassClient, id)
		return err
	})
	return acts, err
}

// AddKey gives the client another key, good from the next request on. The client itself may, and its owner, the focal point of its
// organization, an administrator, and for an organization's the associations officer; for others who see it, it fails with
// fault.Forbidden. It fails with fault.Conflict if somebody changed the client since version, and with fault.Impossible if it
// is revoked, has too many keys, or if somebody has the key already.
func (s *Store) AddKey(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, k ClientKey, once pg.Once) (ClientResult, error) {
	return s.changeClient(ctx, actor, id, version, once, clientChange{
		operation: "client.add_key", code: "key_added",
		decide: func(c Client) error {
			if len(c.Keys) >= maxKeys {
				return errTooManyKeys
			}
			return nil
		},
		write: func(q pg.Querier) error { return insertKey(ctx, q, id, k, s.now()) },
	})
}

// DropKey takes a key from the client: what it signs is refused from the next request on; tokens that were given for it last their
// ten minutes. It fails as AddKey does, with fault.NotFound for a key that the client does not have, and with fault.Impossible for
// its last one.
func (s *Store) DropKey(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, kid string) (ClientResult, error) {
	return s.changeClient(ctx, actor, id, version, pg.Once{}, clientChange{
		operation: "client.drop_key", code: "key_dropped",
		decide: func(c Client) error {
			if !slices.ContainsFunc(c.Keys, func(k ClientKey) bool { return k.ID == kid }) {
				return errNoKey
			}
			if len(c.Keys) == 1 {
				return errLastKey
			}
			return nil
		},
		write: func(q pg.Querier) error { return deleteKey(ctx, q, id, kid) },
	})
}

// RevokeClient ends the client for good: its tokens and its assertions are refused from the next request on, on every server. It
// fails as AddKey does.
func (s *Store) RevokeClient(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, once pg.Once) (ClientResult, error) {
	now := s.now()
	return s.changeClient(ctx, actor, id, version, once, clientChange{
		operation: "client.revoke", code: "client_revoked", revokedAt: &now,
		decide: func(Client) error { return nil },
		write:  func(pg.Querier) error { return nil },
	})
}

// clientChange is what is different about one change of a client.
type clientChange struct {
	operation string // for the idempotency key
	code      string // for the audit log
	revokedAt *time.Time
	decide    func(Client) error
	write     func(pg.Querier) error
}

func (s *Store) changeClient(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, once pg.Once, change clientChange) (ClientResult, error) {
	var result ClientResult
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		outcome, seen, err := once.Seen(ctx, q, change.operation)
		if err != nil {
			return err
		}
		if seen {
			c, err := showClient(ctx, q, actor, outcome.ResourceID)
			result = ClientResult{Client: c, Replayed: true}
			return err
		}
		c, err := showClient(ctx, q, actor, id)
		if err != nil {
			return err
		}
		if err := mayChange(actor, c, version); err != nil {
			return err
		}
		if err := change.decide(c); err != nil {
			return err
		}
		done, err := touchClient(ctx, q, id, version, change.revokedAt)
		if err != nil {
			return err
		}
		if !done {
			return errClientMoved
		}
		if err := change.write(q); err != nil {
			return err
		}
		if err := audit.Append(ctx, q, s.clientEntry(actor, id, change.code)); err != nil {
			return err
		}
		if err := once.Record(ctx, q, change.operation, id, version+1); err != nil {
			return err
		}
		result.Client, err = readClient(ctx, q, id)
		return err
	})
	return result, s.refused(ctx, s.clientEntry(actor, id, ""), err)
}

// mayChange decides whether the actor may change the client as it is now, and says what stands in the way.
func mayChange(actor policy.Actor, c Client, version int) error {
	switch {
	case !managesClient(actor, c):
		return policy.RoleForbids(policy.Manage, policy.ClassClient)
	case c.Version != version:
		return errClientMoved
	case c.Status != Active:
		return errClientOver
	}
	return nil
}

// clientEntry is the line of the audit log for an act on the client.
func (s *Store) clientEntry(actor policy.Actor, client uuid.UUID, code string) audit.Entry {
	return audit.Entry{
		At: s.now(), Actor: actor, Action: policy.Manage, Class: policy.ClassClient, ObjectID: client, Allowed: true, Code: code,
	}
}

// refused puts a refusal of the actor's rights on record, and returns err as it is.
func (s *Store) refused(ctx context.Context, e audit.Entry, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Forbidden {
		return err
	}
	e.Code = f.Code
	if recordErr := audit.Refused(ctx, s.db, e); recordErr != nil {
		return fmt.Errorf("record a refusal: %w", recordErr)
	}
	return err
}
