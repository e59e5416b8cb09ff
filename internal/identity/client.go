package identity

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/policy"
)

// Scopes are all there are, sorted. A scope never replaces the row rule.
var Scopes = []string{
	"accounts.manage", "accreditation.manage", "directory.read", "directory.write", "events.read", "mou.manage", "referrals.read",
	"referrals.write", "reports.read", "webhooks.manage",
}

// organizationScopes are those that an organization's client gets unless its invitation says otherwise.
var organizationScopes = []string{
	"accounts.manage", "directory.read", "directory.write", "events.read", "mou.manage", "referrals.read", "referrals.write",
	"reports.read", "webhooks.manage",
}

// Client is software that gets tokens with a key of its own. It acts as an account: one of its own for an organization's, and a
// person's for that person's, whose memberships it then has, but never a session of the person's own.
type Client struct {
	ID             uuid.UUID // UUIDv7; its text is the client_id of OAuth
	AccountID      uuid.UUID
	OrganizationID uuid.UUID // uuid.Nil: a person's
	Name           string
	Status         Status
	Scopes         []string // what it may ask for, sorted
	Keys           []ClientKey
	Version        int
	CreatedAt      time.Time
	RevokedAt      time.Time // zero while active
}

// NewClient is what a client is made of.
type NewClient struct {
	ID uuid.UUID // made, unless whoever registers it has chosen one

	// One of both: the account that it acts as, which exists; or the organization for which it gets an account of its own, with
	// the role provider_client.
	AccountID, OrganizationID uuid.UUID

	Name   string
	Scopes []string // nil: all that such a client may have
	Keys   []ClientKey
}

// Validate returns nil, or one fault.Refused that names every field that breaks a rule.
func (n NewClient) Validate() error {
	var faults fault.List
	if name := strings.TrimSpace(n.Name); name == "" || utf8.RuneCountInString(n.Name) > maxNameRunes {
		faults.Add("/client_name", "A name has 1 to 200 characters.", "يتكون الاسم من 1 إلى 200 حرف.")
	}
	validateKeys(&faults, n.Keys)
	validateScopes(&faults, n.Scopes)
	return faults.Err()
}

func validateKeys(faults *fault.List, keys []ClientKey) {
	if len(keys) == 0 || len(keys) > maxKeys {
		faults.Add("/jwks/keys", "A client has 1 to 8 keys.", "للنظام من 1 إلى 8 مفاتيح.")
	}
	for i, k := range keys {
		if slices.ContainsFunc(keys[:i], func(other ClientKey) bool { return other.ID == k.ID }) {
			faults.Add(fmt.Sprintf("/jwks/keys/%d", i), "This key is there twice.", "هذا المفتاح مكرر.")
		}
	}
}

func validateScopes(faults *fault.List, scopes []string) {
	for i, s := range scopes {
		if !slices.Contains(Scopes, s) || slices.Contains(scopes[:i], s) {
			faults.Add(fmt.Sprintf("/scopes/%d", i), "There is no such scope, or it is there twice.", "لا يوجد نطاق بهذا الاسم أو أنه مكرر.")
		}
	}
}

// scopesFor are the scopes that were chosen, or all that a client of the sort gets.
func scopesFor(chosen []string, organization uuid.UUID) []string {
	switch {
	case len(chosen) > 0:
		return slices.Sorted(slices.Values(chosen))
	case organization != uuid.Nil:
		return organizationScopes
	default:
		return Scopes
	}
}

// object is the client as the role rules see it.
func (c Client) object() policy.Object {
	return policy.Object{OwnerAccountID: c.AccountID, OrganizationID: c.OrganizationID}
}

// managesClient is the application's form of tahweel_manages_client in migration 0011: the client itself or its owner, the focal
// point of its organization, an administrator, and for an organization's the associations officer.
func managesClient(actor policy.Actor, c Client) bool {
	if actor.Kind == policy.System || actor.AccountID != uuid.Nil && c.AccountID == actor.AccountID {
		return true
	}
	if c.OrganizationID == uuid.Nil {
		return actor.Has(policy.Administrator)
	}
	_, _, may := actor.May(policy.Manage, policy.ClassClient, c.object())
	return may
}

// seesClient adds the auditor.
func seesClient(actor policy.Actor, c Client) bool {
	return managesClient(actor, c) || actor.Has(policy.Auditor)
}

// The faults of clients.
var (
	ErrClientRevoked = fault.New(fault.Unauthenticated, "client_revoked",
		"This client has been revoked.", "أُلغي هذا النظام.")
	ErrOrganizationBarred = fault.New(fault.Unauthenticated, "organization_not_active",
		"The organization is not active.", "المنظمة غير فاعلة.")
	errNoClient = fault.New(fault.NotFound, "client_not_found",
		"There is no such client.", "لا يوجد نظام كهذا.")
	errNoKey = fault.New(fault.NotFound, "key_not_found",
		"The client has no such key.", "ليس لدى النظام مفتاح كهذا.")
	errClientMoved = fault.New(fault.Conflict, "version_conflict",
		"Somebody changed this client since you read it.", "غيّر شخص آخر هذا النظام منذ أن اطلعت عليه.")
	errClientOver = fault.New(fault.Impossible, "already_revoked",
		"This client was revoked before.", "أُلغي هذا النظام من قبل.")
	errLastKey = fault.New(fault.Impossible, "last_key",
		"This is the client's last key. Add another one first, or revoke the client.",
		"هذا آخر مفتاح للنظام. أضف مفتاحًا آخر أولًا أو ألغِ النظام.")
	errTooManyKeys = fault.New(fault.Impossible, "too_many_keys",
		"A client has at most 8 keys. Remove one first.", "للنظام 8 مفاتيح على الأكثر. احذف أحدها أولًا.")
)
