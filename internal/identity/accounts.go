package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/audit"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// AccountView is an account with its memberships, past and coming ones too, as far as the actor may see them.
type AccountView struct {
	Account
	Memberships []Membership // the oldest first
	Replayed    bool         // true if a write was made before and only repeated
}

// manages reports whether the actor may change the account as it is: an administrator any; a focal point that of a worker of its own
// organization, who is nothing beside that. Migration 0011 says the same as policies.
func manages(actor policy.Actor, a Account, memberships []Membership) bool {
	if actor.Kind == policy.System || actor.Has(policy.Administrator) {
		return true
	}
	if _, _, may := actor.May(policy.Manage, policy.ClassAccount, policy.Object{OrganizationID: a.OrganizationID}); !may || a.Kind != policy.Person {
		return false
	}
	for _, m := range memberships {
		if m.Role != policy.ProviderWorker {
			return false
		}
	}
	return true
}

// CreateAccount stores a new, active account of version 1 with its memberships; CreatedAt and a zero ValidFrom become now. An
// administrator and the system may; a focal point may for workers of its own organization; for others it fails with
// fault.Forbidden. It fails with fault.Refused for what Validate refuses and for an organization or directorate that does not
// exist, and with fault.Impossible for an id that does.
func (s *Store) CreateAccount(ctx context.Context, actor policy.Actor, a Account, memberships []Membership) error {
	_, err := s.OpenAccount(ctx, actor, a, memberships, pg.Once{})
	return err
}

// OpenAccount is CreateAccount for a request that may be repeated; it makes the id, if there is none, and returns the account.
func (s *Store) OpenAccount(ctx context.Context, actor policy.Actor, a Account, memberships []Membership, once pg.Once) (AccountView, error) {
	if !manages(actor, a, memberships) {
		return AccountView{}, s.refused(ctx, s.entry(actor, a.ID, ""), policy.RoleForbids(policy.Manage, policy.ClassAccount))
	}
	if a.ID == uuid.Nil {
		var err error
		if a.ID, err = uuid.NewV7(); err != nil {
			return AccountView{}, fmt.Errorf("make an id: %w", err)
		}
	}
	var view AccountView
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		outcome, seen, err := once.Seen(ctx, q, "account.create")
		if err != nil {
			return err
		}
		if seen {
			view, err = showAccount(ctx, q, actor, outcome.ResourceID)
			view.Replayed = true
			return err
		}
		if err := a.Validate(memberships); err != nil {
			return err
		}
		if err := insertAccount(ctx, q, a.normalised(), memberships, s.now()); err != nil {
			return err
		}
		if err := audit.Append(ctx, q, s.entry(actor, a.ID, "account_created")); err != nil {
			return err
		}
		if err := once.Record(ctx, q, "account.create", a.ID, 1); err != nil {
			return err
		}
		view, err = showAccount(ctx, q, actor, a.ID)
		return err
	})
	return view, err
}

// Account returns the account with the id if the actor may see it, and otherwise fails with fault.NotFound: oneself, everyone
// of one's own organization, and for the roles of the ministry everyone.
func (s *Store) Account(ctx context.Context, actor policy.Actor, id uuid.UUID) (view AccountView, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		view, err = showAccount(ctx, q, actor, id)
		return err
	})
	return view, err
}

func showAccount(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID) (AccountView, error) {
	a, err := readAccount(ctx, q, id)
	if err != nil {
		return AccountView{}, err
	}
	if !sees(actor, a) {
		return AccountView{}, errNoAccount
	}
	views := []AccountView{{Account: a}}
	err = readMemberships(ctx, q, views)
	return views[0], err
}

// sees is the application's form of the policies of migration 0005.
func sees(actor policy.Actor, a Account) bool {
	if seesAll(actor) || a.ID == actor.AccountID {
		return true
	}
	for _, id := range actor.Organizations() {
		if id == a.OrganizationID {
			return true
		}
	}
	return false
}

// seesAll: a role of the ministry, as against one of a provider.
func seesAll(actor policy.Actor) bool {
	if actor.Kind == policy.System {
		return true
	}
	for _, m := range actor.Memberships {
		if domain, _ := policy.DomainOf(m.Role); domain != policy.InOrganization {
			return true
		}
	}
	return false
}

// Accounts returns at most f.Limit accounts after f.After that the actor may see (see Account), by id.
func (s *Store) Accounts(ctx context.Context, actor policy.Actor, f AccountFilter) (views []AccountView, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		views, err = readAccounts(ctx, q, actor, f, s.now())
		return err
	})
	return views, err
}

// AccountHistory returns what was done to the account, oldest first: for an administrator, for oneself, and for the focal point of
// the account's organization. For others who see the account it is empty.
func (s *Store) AccountHistory(ctx context.Context, actor policy.Actor, id uuid.UUID) (acts []Act, err error) {
	err = s.db.InTx(ctx, actor, func(q pg.Querier) error {
		view, err := showAccount(ctx, q, actor, id)
		if err != nil || !seesHistory(actor, view.Account) {
			return err
		}
		acts, err = readActs(ctx, q, policy.ClassAccount, id)
		return err
	})
	return acts, err
}

func seesHistory(actor policy.Actor, a Account) bool {
	if actor.Kind == policy.System || actor.Has(policy.Administrator) || a.ID == actor.AccountID {
		return true
	}
	_, _, may := actor.May(policy.Manage, policy.ClassAccount, policy.Object{OrganizationID: a.OrganizationID})
	return may
}

// AccountChange is what is to be different about an account; nil leaves a field as it is, and an empty text takes it away.
type AccountChange struct {
	NameAR, NameEN         *string
	JobTitleAR, JobTitleEN *string
	WorkTelephone          *string // in any form that can be dialled; kept as E.164
	WorkEmail              *string
}

func (c AccountChange) applied(a Account) Account {
	for _, f := range []struct {
		to   *string
		from *string
	}{
		{&a.NameAR, c.NameAR}, {&a.NameEN, c.NameEN}, {&a.JobTitleAR, c.JobTitleAR}, {&a.JobTitleEN, c.JobTitleEN},
		{&a.WorkTelephone, c.WorkTelephone}, {&a.WorkEmail, c.WorkEmail},
	} {
		if f.from != nil {
			*f.to = strings.TrimSpace(*f.from)
		}
	}
	return a.normalised()
}

// ChangeAccount changes an account and returns it. Who may create such an account may change it; for others who see it, it fails with
// fault.Forbidden, and otherwise with fault.NotFound. It fails with fault.Conflict if somebody changed it since version, with
// fault.Impossible for a revoked one, and with fault.Refused for what Validate refuses.
func (s *Store) ChangeAccount(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, change AccountChange) (AccountView, error) {
	return s.changeAccount(ctx, actor, id, version, pg.Once{}, accountWrite{
		operation: "account.change", code: "account_changed",
		write: func(q pg.Querier, was AccountView) error {
			a := change.applied(was.Account)
			if err := a.Validate(nil); err != nil {
				return err
			}
			return updateAccount(ctx, q, a)
		},
	})
}

// Revoke ends an account: its tokens, and those of its clients, are refused from the next request on. It fails as ChangeAccount
// does, and with fault.Impossible for an administrator who would revoke themselves.
func (s *Store) Revoke(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, once pg.Once) (AccountView, error) {
	return s.changeAccount(ctx, actor, id, version, once, accountWrite{
		operation: "account.revoke", code: "account_revoked",
		write: func(q pg.Querier, was AccountView) error {
			if actor.Kind != policy.System && actor.AccountID == id && actor.Has(policy.Administrator) {
				return errLastAdministrator
			}
			done, err := revokeAccount(ctx, q, id, version, s.now())
			if err == nil && !done {
				err = errMoved
			}
			return s.keepsAnAdministrator(ctx, q, actor, was.Memberships, err)
		},
	})
}

// accountWrite is what is different about one change of an account.
type accountWrite struct {
	operation string // for the idempotency key
	code      string // for the audit log
	write     func(q pg.Querier, was AccountView) error
}

func (s *Store) changeAccount(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, once pg.Once, w accountWrite) (AccountView, error) {
	var view AccountView
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		outcome, seen, err := once.Seen(ctx, q, w.operation)
		if err != nil {
			return err
		}
		if seen {
			view, err = showAccount(ctx, q, actor, outcome.ResourceID)
			view.Replayed = true
			return err
		}
		if view, err = showAccount(ctx, q, actor, id); err != nil {
			return err
		}
		if err := mayChangeAccount(actor, view, version); err != nil {
			return err
		}
		if err := w.write(q, view); err != nil {
			return err
		}
		if err := audit.Append(ctx, q, s.entry(actor, id, w.code)); err != nil {
			return err
		}
		if err := once.Record(ctx, q, w.operation, id, version+1); err != nil {
			return err
		}
		view, err = showAccount(ctx, q, actor, id)
		return err
	})
	return view, s.refused(ctx, s.entry(actor, id, ""), err)
}

// mayChangeAccount decides whether the actor may change the account as it is now, and says what stands in the way.
func mayChangeAccount(actor policy.Actor, view AccountView, version int) error {
	switch {
	case !manages(actor, view.Account, view.Memberships):
		return policy.RoleForbids(policy.Manage, policy.ClassAccount)
	case view.Version != version:
		return errMoved
	case view.Status == Revoked:
		return errAlreadyRevoked
	}
	return nil
}

// keepsAnAdministrator looks, after a write that ended memberships, whether anybody is left who can give rights. Two administrators
// who end each other at once come one after the other. The system may leave nobody: admin create makes the next one.
func (s *Store) keepsAnAdministrator(ctx context.Context, q pg.Querier, actor policy.Actor, ended []Membership, err error) error {
	if err != nil || actor.Kind == policy.System {
		return err
	}
	for _, m := range ended {
		if m.Role != policy.Administrator {
			continue
		}
		exists, err := lockAdministrators(ctx, q, s.now())
		if err == nil && !exists {
			err = errLastAdministrator
		}
		return err
	}
	return nil
}

// MembershipView is a membership and whose it is.
type MembershipView struct {
	Membership
	AccountID uuid.UUID
	Replayed  bool
}

// AddMembership gives an account a role. Who may change the account may, but a focal point gives no role but provider_worker; for
// others it fails with fault.Forbidden. It fails with fault.Impossible for a revoked account and for a role that it has, and with
// fault.Refused for what Validate refuses and for an organization or directorate that does not exist.
func (s *Store) AddMembership(ctx context.Context, actor policy.Actor, account uuid.UUID, m Membership, once pg.Once) (MembershipView, error) {
	var view MembershipView
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		outcome, seen, err := once.Seen(ctx, q, "membership.create")
		if err != nil {
			return err
		}
		if seen {
			view, err = readMembership(ctx, q, outcome.ResourceID)
			view.Replayed = true
			return err
		}
		a, err := showAccount(ctx, q, actor, account)
		if err != nil {
			return err
		}
		a.Memberships = append(a.Memberships, m)
		if err := mayChangeAccount(actor, a, a.Version); err != nil {
			return err
		}
		if err := a.admits(m); err != nil {
			return err
		}
		id, err := insertMembership(ctx, q, account, m, s.now())
		if err != nil {
			return err
		}
		if err := audit.Append(ctx, q, s.entry(actor, account, "membership_added")); err != nil {
			return err
		}
		if err := once.Record(ctx, q, "membership.create", id, 1); err != nil {
			return err
		}
		view, err = readMembership(ctx, q, id)
		return err
	})
	return view, s.refused(ctx, s.entry(actor, account, ""), err)
}

// EndMembership ends a role from now on. It fails as AddMembership does, with fault.NotFound for a membership that the actor does not
// see, with fault.Conflict if somebody changed it since version, with fault.Impossible if it is over, and for an administrator who
// would end what makes them one.
func (s *Store) EndMembership(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, once pg.Once) (MembershipView, error) {
	var view MembershipView
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		_, seen, err := once.Seen(ctx, q, "membership.end")
		if err != nil {
			return err
		}
		if view, err = readMembership(ctx, q, id); err != nil || seen {
			view.Replayed = seen
			return err
		}
		if err := s.mayEnd(ctx, q, actor, view, version); err != nil {
			return err
		}
		done, err := endMembership(ctx, q, id, version, s.now())
		if err == nil && !done {
			err = errMoved
		}
		if err := s.keepsAnAdministrator(ctx, q, actor, []Membership{view.Membership}, err); err != nil {
			return err
		}
		if err := audit.Append(ctx, q, s.entry(actor, view.AccountID, "membership_ended")); err != nil {
			return err
		}
		if err := once.Record(ctx, q, "membership.end", id, version+1); err != nil {
			return err
		}
		view, err = readMembership(ctx, q, id)
		return err
	})
	return view, s.refused(ctx, s.entry(actor, view.AccountID, ""), err)
}

func (s *Store) mayEnd(ctx context.Context, q pg.Querier, actor policy.Actor, m MembershipView, version int) error {
	a, err := showAccount(ctx, q, actor, m.AccountID)
	switch {
	case err != nil:
		return errNoMembership
	case !manages(actor, a.Account, a.Memberships):
		return policy.RoleForbids(policy.Manage, policy.ClassAccount)
	case m.Version != version:
		return errMoved
	case !m.ValidTo.IsZero() && !m.ValidTo.After(s.now()):
		return errMembershipOver
	case actor.Kind != policy.System && m.AccountID == actor.AccountID && m.Role == policy.Administrator && onlyOne(a.Memberships, s.now()):
		return errLastAdministrator
	}
	return nil
}

// onlyOne reports whether at most one of the memberships makes an administrator at the instant.
func onlyOne(memberships []Membership, at time.Time) bool {
	n := 0
	for _, m := range memberships {
		if m.Role == policy.Administrator && !m.ValidFrom.After(at) && (m.ValidTo.IsZero() || m.ValidTo.After(at)) {
			n++
		}
	}
	return n <= 1
}
