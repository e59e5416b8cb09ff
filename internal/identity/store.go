package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

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

// mayManage returns nil if the actor may manage accounts; otherwise it puts the refusal on record and fails with ErrMayNotManage.
func (s *Store) mayManage(ctx context.Context, actor policy.Actor, account uuid.UUID) error {
	if actor.Can(policy.Manage, policy.ClassAccount) {
		return nil
	}
	if err := audit.Refused(ctx, s.db, s.entry(actor, account, ErrMayNotManage.Code)); err != nil {
		return fmt.Errorf("record a refusal: %w", err)
	}
	return ErrMayNotManage
}

// The faults of accounts.
var (
	ErrRevoked = fault.New(fault.Unauthenticated, "account_revoked",
		"This account has been revoked.", "أُلغي هذا الحساب.")
	ErrMayNotManage = fault.New(fault.Forbidden, "role_forbidden",
		"Only an administrator manages accounts.", "إدارة الحسابات للمسؤول عن النظام وحده.")
	ErrAdministratorExists = fault.New(fault.Impossible, "administrator_exists",
		"There is an administrator already.", "يوجد مسؤول عن النظام بالفعل.")
	errNoAccount = fault.New(fault.NotFound, "account_not_found",
		"There is no such account.", "لا يوجد حساب كهذا.")
	errMoved = fault.New(fault.Conflict, "version_conflict",
		"Somebody changed this account since you read it.", "غيّر شخص آخر هذا الحساب منذ أن اطلعت عليه.")
	errAlreadyRevoked = fault.New(fault.Impossible, "already_revoked",
		"This account was revoked before.", "أُلغي هذا الحساب من قبل.")
)

// Actor returns who holds the token: the account as the tables have it at this moment, with the memberships that are valid now,
// narrowed by the token. It fails with fault.Unauthenticated: as Verify does, and with ErrInvalidToken for an account that
// does not exist and ErrRevoked for a revoked one, from the first request after the revocation. Only a person's account can
// hold a session of its own, whatever the token says.
func (s *Store) Actor(ctx context.Context, token string) (policy.Actor, error) {
	claims, err := s.issuer.Verify(token)
	if err != nil {
		return policy.Actor{}, err
	}
	var found []held
	err = s.db.InTx(ctx, pg.System{}, func(q pg.Querier) error {
		found, err = readHeld(ctx, q, claims.Subject, s.now())
		return err
	})
	if err != nil {
		return policy.Actor{}, fmt.Errorf("look up the account of a token: %w", err)
	}
	if len(found) == 0 {
		return policy.Actor{}, invalid("there is no such account")
	}
	return actorOf(claims, found)
}

// actorOf joins what the token says and what the tables say.
func actorOf(claims Claims, found []held) (policy.Actor, error) {
	account := found[0]
	if account.Status != string(Active) {
		return policy.Actor{}, ErrRevoked
	}
	actor := policy.Actor{
		AccountID:  claims.Subject,
		Kind:       policy.Kind(account.Kind),
		Scopes:     claims.Scopes,
		OwnSession: claims.OwnSession && account.Kind == string(policy.Person),
	}
	for _, h := range found {
		if h.Role != nil {
			actor.Memberships = append(actor.Memberships, policy.Membership{
				Role: policy.Role(*h.Role), OrganizationID: orNil(h.OrganizationID), DirectorateID: orNil(h.DirectorateID),
			})
		}
	}
	return actor, nil
}

// CreateAccount stores a new, active account of version 1 with its memberships; CreatedAt and a zero ValidFrom become now. Only
// an administrator and the system may (ErrMayNotManage). It fails with fault.Refused for what Validate refuses and for an
// organization or directorate that does not exist, and with fault.Impossible for an id that does.
func (s *Store) CreateAccount(ctx context.Context, actor policy.Actor, a Account, memberships []Membership) error {
	if err := s.mayManage(ctx, actor, a.ID); err != nil {
		return err
	}
	if err := a.Validate(memberships); err != nil {
		return err
	}
	return s.db.InTx(ctx, actor, func(q pg.Querier) error {
		if err := insertAccount(ctx, q, a, memberships, s.now()); err != nil {
			return err
		}
		return audit.Append(ctx, q, s.entry(actor, a.ID, "account_created"))
	})
}

// Revoke ends an account: its tokens are refused from the next request on. Only an administrator and the system may
// (ErrMayNotManage). It fails with fault.NotFound for an unknown account, fault.Impossible for a revoked one, and
// fault.Conflict if somebody changed it since version.
func (s *Store) Revoke(ctx context.Context, actor policy.Actor, id uuid.UUID, version int) error {
	if err := s.mayManage(ctx, actor, id); err != nil {
		return err
	}
	return s.db.InTx(ctx, actor, func(q pg.Querier) error {
		done, err := revokeAccount(ctx, q, id, version, s.now())
		if err != nil {
			return err
		}
		if done {
			return audit.Append(ctx, q, s.entry(actor, id, "account_revoked"))
		}
		a, err := readAccount(ctx, q, id)
		switch {
		case err != nil:
			return err
		case a.Status == Revoked:
			return errAlreadyRevoked
		default:
			return errMoved
		}
	})
}

// Account returns the account with the id if the actor may see it, and otherwise fails with fault.NotFound: oneself, everyone
// of one's own organization, and for the roles of the ministry everyone.
func (s *Store) Account(ctx context.Context, actor policy.Actor, id uuid.UUID) (Account, error) {
	var a Account
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		var err error
		a, err = readAccount(ctx, q, id)
		return err
	})
	if err != nil {
		return Account{}, err
	}
	if !sees(actor, a) {
		return Account{}, errNoAccount
	}
	return a, nil
}

// sees is the application's form of the policies of migration 0005.
func sees(actor policy.Actor, a Account) bool {
	if actor.Kind == policy.System || a.ID == actor.AccountID {
		return true
	}
	for _, m := range actor.Memberships {
		if domains[m.Role] != inOrganization || (m.OrganizationID != uuid.Nil && m.OrganizationID == a.OrganizationID) {
			return true
		}
	}
	return false
}

// CreateAdministrator makes the first administrator of an installation, a person of the ministry with the name in both
// languages. While there is an active administrator it fails with ErrAdministratorExists, unless another is true. Of several
// at once one succeeds. It acts as the system: whoever may run the program on the server may do this.
func (s *Store) CreateAdministrator(ctx context.Context, name string, another bool) (Account, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Account{}, fmt.Errorf("make an id: %w", err)
	}
	name = strings.TrimSpace(name)
	a := Account{
		ID: id, Kind: policy.Person, Status: Active, NameAR: name, NameEN: name, Version: 1,
		JobTitleAR: "مسؤول النظام", JobTitleEN: "System administrator", CreatedAt: s.now(),
	}
	role := []Membership{{Membership: policy.Membership{Role: policy.Administrator}}}
	if err := a.Validate(role); err != nil {
		return Account{}, err
	}
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
		return audit.Append(ctx, q, s.entry(policy.TheSystem(), a.ID, "administrator_created"))
	})
	if err != nil {
		return Account{}, err
	}
	return a, nil
}
