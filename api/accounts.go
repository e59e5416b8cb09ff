package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/identity"
	"tahweel/policy"
)

// Account is somebody who can ask: a named person or a machine.
type Account struct {
	ID             uuid.UUID    `json:"id" format:"uuid"`
	Kind           string       `json:"kind" example:"person" doc:"person or client."`
	Status         string       `json:"status" example:"active" doc:"active or revoked. A revoked account stays revoked: whoever returns gets a new one."`
	Name           Text         `json:"name"`
	JobTitle       *Text        `json:"job_title,omitempty"`
	WorkTelephone  string       `json:"work_telephone,omitempty" example:"+970599000001" doc:"E.164."`
	WorkEmail      string       `json:"work_email,omitempty" example:"hala@ministry.example"`
	OrganizationID *uuid.UUID   `json:"organization_id,omitempty" format:"uuid" doc:"Whom the account works for; absent for the ministry."`
	Memberships    []Membership `json:"memberships" doc:"The oldest first, past and coming ones too."`
	Version        int          `json:"version"`
	CreatedAt      time.Time    `json:"created_at"`
	RevokedAt      *time.Time   `json:"revoked_at,omitempty"`
}

// Membership is a role of an account from an instant to another.
type Membership struct {
	ID             uuid.UUID  `json:"id" format:"uuid"`
	AccountID      uuid.UUID  `json:"account_id" format:"uuid"`
	Role           string     `json:"role" example:"provider_worker" doc:"One of /v1/roles."`
	OrganizationID *uuid.UUID `json:"organization_id,omitempty" format:"uuid" doc:"In which it is held."`
	DirectorateID  *uuid.UUID `json:"directorate_id,omitempty" format:"uuid" doc:"In which it is held."`
	ValidFrom      time.Time  `json:"valid_from"`
	ValidTo        *time.Time `json:"valid_to,omitempty" doc:"Exclusive; absent until further notice."`
	Version        int        `json:"version"`
}

// AccountList is a page of accounts.
type AccountList struct {
	Items      []Account `json:"items"`
	NextCursor string    `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

// NewAccount is what an account is made of.
type NewAccount struct {
	Kind           string          `json:"kind,omitempty" enum:"person,client" default:"person" doc:"client: a system of the ministry. An organization's client gets its account when it is registered."`
	Name           Text            `json:"name"`
	JobTitle       *Text           `json:"job_title,omitempty"`
	WorkTelephone  string          `json:"work_telephone,omitempty" maxLength:"40" example:"059 900 0001" doc:"In any form that can be dialled; kept as E.164."`
	WorkEmail      string          `json:"work_email,omitempty" maxLength:"254" example:"hala@ministry.example"`
	OrganizationID *uuid.UUID      `json:"organization_id,omitempty" format:"uuid" doc:"Absent for the ministry."`
	Memberships    []NewMembership `json:"memberships,omitempty" maxItems:"20"`
}

// NewMembership is a role that an account is to have.
type NewMembership struct {
	Role           string     `json:"role" maxLength:"40" example:"provider_worker" doc:"One of /v1/roles."`
	OrganizationID *uuid.UUID `json:"organization_id,omitempty" format:"uuid" doc:"For a role that is held in an organization."`
	DirectorateID  *uuid.UUID `json:"directorate_id,omitempty" format:"uuid" doc:"For a role that is held in a directorate."`
	ValidFrom      *time.Time `json:"valid_from,omitempty" doc:"Now, unless it says otherwise."`
	ValidTo        *time.Time `json:"valid_to,omitempty" doc:"Exclusive; until further notice, unless it says otherwise."`
}

func (n NewMembership) domain() identity.Membership {
	return identity.Membership{
		Membership: policy.Membership{Role: policy.Role(n.Role), OrganizationID: say(n.OrganizationID), DirectorateID: say(n.DirectorateID)},
		ValidFrom:  say(n.ValidFrom), ValidTo: say(n.ValidTo),
	}
}

func (n NewAccount) domain() (identity.Account, []identity.Membership) {
	title := say(n.JobTitle)
	a := identity.Account{
		Kind: policy.Kind(n.Kind), NameAR: n.Name.AR, NameEN: n.Name.EN, JobTitleAR: title.AR, JobTitleEN: title.EN,
		WorkTelephone: n.WorkTelephone, WorkEmail: n.WorkEmail, OrganizationID: say(n.OrganizationID),
	}
	memberships := make([]identity.Membership, len(n.Memberships))
	for i, m := range n.Memberships {
		memberships[i] = m.domain()
	}
	return a, memberships
}

// AccountChange is what is to be different about an account; what is absent stays as it is.
type AccountChange struct {
	Name          *Text   `json:"name,omitempty"`
	JobTitle      *Text   `json:"job_title,omitempty" doc:"Empty texts take it away."`
	WorkTelephone *string `json:"work_telephone,omitempty" maxLength:"40" doc:"In any form that can be dialled; empty takes it away."`
	WorkEmail     *string `json:"work_email,omitempty" maxLength:"254" doc:"Empty takes it away."`
}

func (c AccountChange) domain() identity.AccountChange {
	out := identity.AccountChange{WorkTelephone: c.WorkTelephone, WorkEmail: c.WorkEmail}
	if c.Name != nil {
		out.NameAR, out.NameEN = &c.Name.AR, &c.Name.EN
	}
	if c.JobTitle != nil {
		out.JobTitleAR, out.JobTitleEN = &c.JobTitle.AR, &c.JobTitle.EN
	}
	return out
}

type accountsInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only accounts that work for this organization."`
	Kind         string              `query:"kind" enum:"person,client" doc:"Only people, or only machines."`
	Status       string              `query:"status" enum:"active,revoked" doc:"Only accounts in this state."`
	Role         string              `query:"role" maxLength:"40" example:"case_manager" doc:"Only accounts that have this role now."`
}

type accountInput struct {
	Conditional
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the account."`
}

type newAccountInput struct {
	Keyed
	Body NewAccount
}

type changeAccountInput struct {
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the account."`
	Body AccountChange
}

type revokeAccountInput struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the account."`
	Body *Nothing
}

type newMembershipInput struct {
	Keyed
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the account."`
	Body NewMembership
}

type endMembershipInput struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the membership."`
	Body *Nothing
}

// accounts is who can ask, and what each may be.
func (s *shell) accounts(store *identity.Store) {
	register(s, operation{
		id: "list-accounts", method: http.MethodGet, path: "/v1/accounts", tag: "accounts", scope: "accounts.manage",
		summary: "List accounts", description: "The ministry's roles see everybody; a provider's people see those of their own organization, and themselves.",
		response: AccountList{Items: []Account{exampleAccount}},
	}, func(ctx context.Context, in *accountsInput) (*page[AccountList], error) {
		filters := []string{"accounts", in.Organization.Value.String(), in.Kind, in.Status, in.Role}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Accounts(ctx, actorOf(ctx), identity.AccountFilter{
			OrganizationID: in.Organization.Value, Kind: policy.Kind(in.Kind), Status: identity.Status(in.Status), Role: policy.Role(in.Role),
			After: after, Limit: in.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		items, next := cut(found, in.Limit, func(v identity.AccountView) uuid.UUID { return v.ID })
		list := AccountList{Items: make([]Account, len(items))}
		for i, v := range items {
			list.Items[i] = accountOf(v)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
	register(s, operation{
		id: "get-account", method: http.MethodGet, path: "/v1/accounts/{id}", tag: "accounts", scope: "accounts.manage",
		summary: "Read an account", description: "With its roles.", response: exampleAccount,
	}, func(ctx context.Context, in *accountInput) (*entity[Account], error) {
		v, err := store.Account(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(v.Version, accountOf(v), in.Conditional)
	})
	register(s, operation{
		id: "list-account-history", method: http.MethodGet, path: "/v1/accounts/{id}/history", tag: "accounts", scope: "accounts.manage",
		summary: "Read what was done to an account", description: "For administrators, for the focal point of its organization, and for oneself; for others who see the account it is empty.",
		response: exampleActs,
	}, func(ctx context.Context, in *accountInput) (*entity[ActList], error) {
		acts, err := store.AccountHistory(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(0, actsOf(acts), in.Conditional)
	})
	s.accountMoves(store)
	s.memberships(store)
}

// accountMoves is what makes and changes an account.
func (s *shell) accountMoves(store *identity.Store) {
	register(s, operation{
		id: "create-account", method: http.MethodPost, path: "/v1/accounts", tag: "accounts", scope: "accounts.manage", status: http.StatusCreated,
		summary: "Make an account", description: "An administrator makes anybody's; a focal point those of the workers of its own organization. To come in, its holder needs a client: invite one.",
		request:  NewAccount{Kind: "person", Name: exampleAccount.Name, OrganizationID: &exampleOrganizationID, Memberships: []NewMembership{exampleNewMembership}},
		response: exampleAccount,
	}, func(ctx context.Context, in *newAccountInput) (*entity[Account], error) {
		a, memberships := in.Body.domain()
		if a.Kind == policy.Client && a.OrganizationID != uuid.Nil {
			return nil, errClientAccount
		}
		v, err := store.OpenAccount(ctx, actorOf(ctx), a, memberships, in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusCreated, v.Version, accountOf(v), v.Replayed)
		return located(e, "/v1/accounts/"+v.ID.String()), err
	})
	register(s, operation{
		id: "change-account", method: http.MethodPatch, path: "/v1/accounts/{id}", tag: "accounts", scope: "accounts.manage", errors: []int{409, 422},
		summary: "Change an account", description: "Its names, job title, telephone and address; what is absent stays as it is.",
		request: AccountChange{WorkTelephone: new("059 900 0001")}, response: exampleAccount,
	}, func(ctx context.Context, in *changeAccountInput) (*entity[Account], error) {
		v, err := store.ChangeAccount(ctx, actorOf(ctx), in.ID, in.version, in.Body.domain())
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, v.Version, accountOf(v), false)
	})
	register(s, operation{
		id: "revoke-account", method: http.MethodPost, path: "/v1/accounts/{id}/revoke", tag: "accounts", scope: "accounts.manage",
		summary: "Revoke an account", description: "For good, and from the next request on, with every client of it. An administrator does not revoke themselves.", response: exampleAccount,
	}, func(ctx context.Context, in *revokeAccountInput) (*entity[Account], error) {
		v, err := store.Revoke(ctx, actorOf(ctx), in.ID, in.version, in.once(ctx))
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, v.Version, accountOf(v), v.Replayed)
	})
}

// memberships is what gives and ends roles.
func (s *shell) memberships(store *identity.Store) {
	register(s, operation{
		id: "create-membership", method: http.MethodPost, path: "/v1/accounts/{id}/memberships", tag: "accounts", scope: "accounts.manage", status: http.StatusCreated,
		summary: "Give an account a role", description: "Counts from the next request on. A focal point gives no role but provider_worker, in its own organization.",
		request: exampleNewMembership, response: exampleMembership,
	}, func(ctx context.Context, in *newMembershipInput) (*entity[Membership], error) {
		v, err := store.AddMembership(ctx, actorOf(ctx), in.ID, in.Body.domain(), in.once(ctx))
		if err != nil {
			return nil, err
		}
		return written(http.StatusCreated, v.Version, membershipOf(v.AccountID, v.Membership), v.Replayed)
	})
	register(s, operation{
		id: "end-membership", method: http.MethodPost, path: "/v1/memberships/{id}/end", tag: "accounts", scope: "accounts.manage",
		summary: "End a role", description: "Counts from the next request on. A membership is never deleted. An administrator does not end what makes them one.", response: exampleMembership,
	}, func(ctx context.Context, in *endMembershipInput) (*entity[Membership], error) {
		v, err := store.EndMembership(ctx, actorOf(ctx), in.ID, in.version, in.once(ctx))
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, v.Version, membershipOf(v.AccountID, v.Membership), v.Replayed)
	})
}

func accountOf(v identity.AccountView) Account {
	a := Account{
		ID: v.ID, Kind: string(v.Kind), Status: string(v.Status), Name: Text{AR: v.NameAR, EN: v.NameEN}, WorkTelephone: v.WorkTelephone,
		WorkEmail: v.WorkEmail, OrganizationID: present(v.OrganizationID), Memberships: make([]Membership, len(v.Memberships)),
		Version: v.Version, CreatedAt: utc(v.CreatedAt), RevokedAt: presentTime(v.RevokedAt),
	}
	if v.JobTitleAR != "" || v.JobTitleEN != "" {
		a.JobTitle = &Text{AR: v.JobTitleAR, EN: v.JobTitleEN}
	}
	for i, m := range v.Memberships {
		a.Memberships[i] = membershipOf(v.ID, m)
	}
	return a
}

func membershipOf(account uuid.UUID, m identity.Membership) Membership {
	return Membership{
		ID: m.ID, AccountID: account, Role: string(m.Role), OrganizationID: present(m.OrganizationID), DirectorateID: present(m.DirectorateID),
		ValidFrom: utc(m.ValidFrom), ValidTo: presentTime(m.ValidTo), Version: m.Version,
	}
}

var errClientAccount = fault.New(fault.Refused, "client_by_invitation",
	"An organization's client gets its account when it is registered with an invitation.", "يحصل نظام المنظمة على حسابه عند تسجيله بدعوة.")

var (
	exampleNewMembership = NewMembership{Role: "provider_worker", OrganizationID: &exampleOrganizationID}
	exampleMembership    = Membership{
		ID: uuid.MustParse("0198c0de-bbbb-7000-8000-000000000001"), AccountID: exampleAccountID, Role: "provider_worker",
		OrganizationID: &exampleOrganizationID, ValidFrom: exampleTime, Version: 1,
	}
	exampleAccount = Account{
		ID: exampleAccountID, Kind: "person", Status: "active", Name: Text{AR: "رنا المثال", EN: "Rana Example"},
		JobTitle: &Text{AR: "أخصائية علاج طبيعي", EN: "Physiotherapist"}, WorkTelephone: "+970599000001", WorkEmail: "rana@hope.example",
		OrganizationID: &exampleOrganizationID, Memberships: []Membership{exampleMembership}, Version: 1, CreatedAt: exampleTime,
	}
)
