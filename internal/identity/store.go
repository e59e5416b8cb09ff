package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Store keeps accounts and says who a token's holder is.
type Store struct {
	db     *pg.DB
	issuer *Issuer
	clock  func() time.Time
	guests []guest
}

// NewStore returns the store of accounts in db. The issuer may be nil for a store that only creates accounts.
func NewStore(db *pg.DB, issuer *Issuer, clock func() time.Time) *Store {
	return &Store{db: db, issuer: issuer, clock: clock}
}

// now is the instant as PostgreSQL can keep it.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// entry is the line of the audit log for an act on the account.
func (s *Store) entry(actor policy.Actor, account uuid.UUID, code string) audit.Entry {
	return audit.Entry{
		At: s.now(), Actor: actor, Action: policy.Manage, Class: policy.ClassAccount, ObjectID: account, Allowed: true, Code: code,
	}
}

// The faults of accounts.
var (
	ErrRevoked = fault.New(fault.Unauthenticated, "account_revoked",
		"This account has been revoked.", "أُلغي هذا الحساب.")
	ErrAdministratorExists = fault.New(fault.Impossible, "administrator_exists",
		"There is an administrator already.", "يوجد مسؤول عن النظام بالفعل.")
	errNoAccount = fault.New(fault.NotFound, "account_not_found",
		"There is no such account.", "لا يوجد حساب كهذا.")
	errMoved = fault.New(fault.Conflict, "version_conflict",
		"Somebody changed this account since you read it.", "غيّر شخص آخر هذا الحساب منذ أن اطلعت عليه.")
	errLastAdministrator = fault.New(fault.Impossible, "last_administrator",
		"An administrator does not end what makes them one; another administrator can.",
		"لا ينهي المسؤول عن النظام صلاحيته بنفسه، ويستطيع ذلك مسؤول آخر.")
	errNoMembership = fault.New(fault.NotFound, "membership_not_found",
		"There is no such membership.", "لا توجد عضوية كهذه.")
	errMembershipOver = fault.New(fault.Impossible, "membership_over",
		"This membership has ended before.", "انتهت هذه العضوية من قبل.")
	errAlreadyRevoked = fault.New(fault.Impossible, "already_revoked",
		"This account was revoked before.", "أُلغي هذا الحساب من قبل.")
)

// Actor returns who holds the token: the account as the tables have it at this moment, with the memberships that are valid now,
// narrowed by the token. It fails with fault.Unauthenticated: as Verify does; with ErrInvalidToken for an account that does not
// exist or a client that is not that account's; and with ErrClientRevoked, ErrRevoked and ErrOrganizationBarred from the first
// request after a client or account was revoked or an organization left the register. Only a person's account can hold a session
// of its own, and no registered client, whatever the token says.
func (s *Store) Actor(ctx context.Context, token string) (policy.Actor, error) {
	claims, client, err := s.verify(token)
	if err != nil {
		return policy.Actor{}, err
	}
	var found []held
	err = s.db.Read(ctx, pg.System{}, func(batch *pgx.Batch) error {
		queueHeld(batch, claims.Subject, client, s.now(), &found)
		return nil
	})
	if err != nil {
		return policy.Actor{}, fmt.Errorf("look up the account of a token: %w", err)
	}
	if len(found) == 0 {
		return policy.Actor{}, invalid("there is no such account")
	}
	return actorOf(claims, client != uuid.Nil, found)
}

// CreateAdministrator makes the first administrator of an installation, a person of the ministry with the name in both
// languages, and their client with the key. While there is an active administrator it fails with ErrAdministratorExists, unless
// another is true. Of several at once one succeeds. It acts as the system: whoever may run the program on the server may do this.
func (s *Store) CreateAdministrator(ctx context.Context, name string, key ClientKey, another bool) (Account, Client, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Account{}, Client{}, fmt.Errorf("make an id: %w", err)
	}
	name = strings.TrimSpace(name)
	a := Account{
		ID: id, Kind: policy.Person, Status: Active, NameAR: name, NameEN: name, Version: 1,
		JobTitleAR: "مسؤول النظام", JobTitleEN: "System administrator", CreatedAt: s.now(),
	}
	role := []Membership{{Membership: policy.Membership{Role: policy.Administrator}}}
	if err := a.Validate(role); err != nil {
		return Account{}, Client{}, err
	}
	var client Client
	err = s.db.InTx(ctx, pg.System{}, func(q pg.Querier) error {
		exists, err := lockAdministrators(ctx, q, a.CreatedAt)
		if err != nil {
			return err
		}
		if exists && !another {
			return ErrAdministratorExists
		}
		if err := insertAccount(ctx, q, a, role, a.CreatedAt); err != nil {
			return err
		}
		if err := audit.Append(ctx, q, s.entry(policy.TheSystem(), a.ID, "administrator_created")); err != nil {
			return err
		}
		client, err = s.makeClient(ctx, q, NewClient{AccountID: a.ID, Name: "tahweel " + name, Keys: []ClientKey{key}})
		return err
	})
	if err != nil {
		return Account{}, Client{}, err
	}
	return a, client, nil
}
