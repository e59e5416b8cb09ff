package identity

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/pg"
	"tahweel/policy"
)

// clientRow is a row of client as the selects below have it.
type clientRow struct {
	ID             uuid.UUID
	AccountID      uuid.UUID
	OrganizationID *uuid.UUID
	Name           string
	Status         Status
	Scopes         []string
	Version        int
	CreatedAt      time.Time
	RevokedAt      *time.Time
}

func (r clientRow) client() Client {
	c := Client{
		ID: r.ID, AccountID: r.AccountID, OrganizationID: orNil(r.OrganizationID), Name: r.Name, Status: r.Status, Scopes: r.Scopes,
		Version: r.Version, CreatedAt: r.CreatedAt,
	}
	if r.RevokedAt != nil {
		c.RevokedAt = *r.RevokedAt
	}
	return c
}

// readClient reads a client with its keys.
func readClient(ctx context.Context, q pg.Querier, id uuid.UUID) (Client, error) {
	rows, err := q.Query(ctx, `
		SELECT id, account_id, organization_id, name, status, scopes, version, created_at, revoked_at
		FROM client
		WHERE id = @id`,
		pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Client{}, fmt.Errorf("read a client: %w", err)
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[clientRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return Client{}, errNoClient
	}
	if err != nil {
		return Client{}, fmt.Errorf("read a client: %w", err)
	}
	clients := []Client{row.client()}
	err = readKeys(ctx, q, clients)
	return clients[0], err
}

// ClientFilter says which clients a list has.
type ClientFilter struct {
	OrganizationID uuid.UUID // uuid.Nil: any
	AccountID      uuid.UUID // uuid.Nil: any
	Status         Status    // empty: any
	After          uuid.UUID // the last of the page before
	Limit          int
}

// readClients states the row rule itself; row-level security states it again.
func readClients(ctx context.Context, q pg.Querier, actor policy.Actor, f ClientFilter) ([]Client, error) {
	rows, err := q.Query(ctx, `
		SELECT id, account_id, organization_id, name, status, scopes, version, created_at, revoked_at
		FROM client
		WHERE id > @after
			AND (@all
			     OR account_id = @account
			     OR organization_id = ANY (@focal)
			     OR (@officer AND organization_id IS NOT NULL))
			AND (@organization::uuid IS NULL OR organization_id = @organization)
			AND (@of_account::uuid IS NULL OR account_id = @of_account)
			AND (@status = '' OR status = @status)
		ORDER BY id
		LIMIT @limit`,
		pgx.StrictNamedArgs{
			"after": f.After, "limit": f.Limit, "organization": orNull(f.OrganizationID), "of_account": orNull(f.AccountID), "status": string(f.Status),
			"all":     actor.Kind == policy.System || actor.Has(policy.Administrator) || actor.Has(policy.Auditor),
			"account": actor.AccountID, "focal": actor.OrganizationsAs(policy.ProviderFocalPoint), "officer": actor.Has(policy.AssociationsOfficer),
		})
	if err != nil {
		return nil, fmt.Errorf("read clients: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[clientRow])
	if err != nil {
		return nil, fmt.Errorf("read clients: %w", err)
	}
	clients := make([]Client, len(found))
	for i, row := range found {
		clients[i] = row.client()
	}
	return clients, readKeys(ctx, q, clients)
}

// readKeys gives each client its keys, the oldest first.
func readKeys(ctx context.Context, q pg.Querier, clients []Client) error {
	ids := make([]uuid.UUID, len(clients))
	at := map[uuid.UUID]*Client{}
	for i := range clients {
		ids[i] = clients[i].ID
		at[ids[i]] = &clients[i]
	}
	rows, err := q.Query(ctx, `
		SELECT client_id, public_key
		FROM client_key
		WHERE client_id = ANY (@ids)
		ORDER BY created_at, kid`,
		pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	var id uuid.UUID
	var der []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &der}, func() error {
		public, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			return err
		}
		key, err := newClientKey(public)
		if err != nil {
			return err
		}
		at[id].Keys = append(at[id].Keys, key)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	return nil
}

func insertClient(ctx context.Context, q pg.Querier, c Client) error {
	_, err := q.Exec(ctx, `
		INSERT INTO client (id, account_id, organization_id, name, scopes, created_at)
		VALUES (@id, @account_id, @organization_id, @name, @scopes, @created_at)`,
		pgx.StrictNamedArgs{
			"id": c.ID, "account_id": c.AccountID, "organization_id": orNull(c.OrganizationID), "name": c.Name, "scopes": c.Scopes,
			"created_at": c.CreatedAt,
		})
	if err != nil {
		return fmt.Errorf("store a client: %w", err)
	}
	for _, k := range c.Keys {
		if err := insertKey(ctx, q, c.ID, k, c.CreatedAt); err != nil {
			return err
		}
	}
	return nil
}

func insertKey(ctx context.Context, q pg.Querier, client uuid.UUID, k ClientKey, now time.Time) error {
	der, err := k.der()
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `
		INSERT INTO client_key (client_id, kid, alg, public_key, created_at)
		VALUES (@client_id, @kid, @alg, @public_key, @now)`,
		pgx.StrictNamedArgs{"client_id": client, "kid": k.ID, "alg": k.Algorithm, "public_key": der, "now": now})
	if err != nil {
		return fmt.Errorf("store a key: %w", err)
	}
	return nil
}

func deleteKey(ctx context.Context, q pg.Querier, client uuid.UUID, kid string) error {
	_, err := q.Exec(ctx, `
		DELETE FROM client_key
		WHERE client_id = @client
			AND kid = @kid`,
		pgx.StrictNamedArgs{"client": client, "kid": kid})
	if err != nil {
		return fmt.Errorf("remove a key: %w", err)
	}
	return nil
}

// touchClient moves an active client on from the version, to revoked if it is to be; it reports false if it is not active at that
// version.
func touchClient(ctx context.Context, q pg.Querier, id uuid.UUID, version int, revokedAt *time.Time) (bool, error) {
	tag, err := q.Exec(ctx, `
		UPDATE client
		SET version = version + 1,
			revoked_at = @revoked_at,
			status = CASE WHEN @revoked_at::timestamptz IS NULL THEN 'active' ELSE 'revoked' END
		WHERE id = @id
			AND version = @version
			AND status = 'active'`,
		pgx.StrictNamedArgs{"id": id, "version": version, "revoked_at": revokedAt})
	if err != nil {
		return false, fmt.Errorf("change a client: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// takeAssertion remembers the assertion and reports false if it was taken before, by whichever server. Those of the client that are
// too old to be taken again are forgotten.
func takeAssertion(ctx context.Context, q pg.Querier, a assertion, now time.Time) (bool, error) {
	batch := &pgx.Batch{}
	batch.Queue(`
		DELETE FROM client_assertion
		WHERE client_id = @client
			AND expires_at < @now`,
		pgx.StrictNamedArgs{"client": a.client, "now": now.Add(-clockSkew)})
	first := false
	batch.Queue(`
		INSERT INTO client_assertion (client_id, jti_hash, expires_at)
		VALUES (@client, @jti_hash, @expires_at)
		ON CONFLICT ON CONSTRAINT client_assertion_pkey DO NOTHING
		RETURNING true`,
		pgx.StrictNamedArgs{"client": a.client, "jti_hash": hashOf(a.id), "expires_at": a.expires},
	).QueryRow(func(row pgx.Row) error {
		if err := row.Scan(&first); !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return nil
	})
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return false, fmt.Errorf("remember an assertion: %w", err)
	}
	return first, nil
}

// standing is whether the account of a client, and the organization that it works for, may come in.
type standing struct {
	AccountStatus Status
	Barred        bool
}

func readStanding(ctx context.Context, q pg.Querier, account uuid.UUID) (standing, error) {
	rows, err := q.Query(ctx, `
		SELECT a.status AS account_status, tahweel_organization_barred(o.status) AS barred
		FROM account AS a
		LEFT JOIN organization AS o ON o.id = a.organization_id
		WHERE a.id = @id`,
		pgx.StrictNamedArgs{"id": account})
	if err != nil {
		return standing{}, fmt.Errorf("read a client's account: %w", err)
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[standing])
}
