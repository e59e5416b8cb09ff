package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// InvitationLifetime is how long an invitation is good at most, and unless it says less.
const InvitationLifetime = 14 * 24 * time.Hour

// Invitation is leave to register one client. Whom it is for gets the code by a way of its own, and sends it once.
type Invitation struct {
	ID             uuid.UUID
	AccountID      uuid.UUID // whose client it will be: a person's, or that of a system of the ministry; or
	OrganizationID uuid.UUID // the organization whose client it will be
	Scopes         []string
	InvitedBy      uuid.UUID // uuid.Nil: the system
	CreatedAt      time.Time
	ExpiresAt      time.Time
	UsedAt         time.Time // zero while it is open
	ClientID       uuid.UUID // of the client that was registered with it
}

// NewInvitation is what an invitation is made of: one of AccountID and OrganizationID.
type NewInvitation struct {
	AccountID, OrganizationID uuid.UUID
	Scopes                    []string      // nil: all that such a client may have
	Lifetime                  time.Duration // 0: InvitationLifetime
}

func (n NewInvitation) validate() error {
	var faults fault.List
	if (n.AccountID == uuid.Nil) == (n.OrganizationID == uuid.Nil) {
		faults.Add("/account_id", "An invitation is for one account or for one organization.", "الدعوة لحساب واحد أو لمنظمة واحدة.")
	}
	if n.Lifetime < 0 || n.Lifetime > InvitationLifetime {
		faults.Add("/expires_in", "An invitation is good for 14 days at most.", "تسري الدعوة 14 يومًا على الأكثر.")
	}
	validateScopes(&faults, n.Scopes)
	return faults.Err()
}

// Invited is an invitation with its code, which is shown this once and kept nowhere; it is empty in a replay.
type Invited struct {
	Invitation
	Code     string
	Replayed bool
}

// The faults of invitations.
var (
	errInvitation = fault.New(fault.Refused, "invitation_not_valid",
		"The invitation is not valid: there is none with this code, it was used, or it has expired. Ask for a new one.",
		"الدعوة غير صالحة: لا توجد دعوة بهذا الرمز، أو استُخدمت، أو انتهت مدتها. اطلب دعوة جديدة.")
	errNoClientFor = fault.New(fault.Refused, "account_without_clients",
		"The account is not that of an active person, nor of a system of the ministry.", "الحساب ليس لشخص فاعل ولا لنظام من أنظمة الوزارة.")
)

// Invite makes an invitation and its code. An administrator may for anybody, the associations officer for an organization, a focal
// point for its own organization, and a person who has signed in in person for themselves; for others it fails with
// fault.Forbidden. It fails with fault.Refused if a field breaks a rule, or if the account or the organization does not exist.
func (s *Store) Invite(ctx context.Context, actor policy.Actor, n NewInvitation, once pg.Once) (Invited, error) {
	entry := audit.Entry{At: s.now(), Actor: actor, Action: policy.Invite, Class: policy.ClassClient, Allowed: true, Code: "client_invited"}
	if !mayInvite(actor, n) {
		return Invited{}, s.refused(ctx, entry, policy.RoleForbids(policy.Invite, policy.ClassClient))
	}
	var made Invited
	err := s.db.InTx(ctx, actor, func(q pg.Querier) error {
		outcome, seen, err := once.Seen(ctx, q, "client.invite")
		if err != nil {
			return err
		}
		if seen {
			made.Replayed = true
			made.Invitation, err = readInvitation(ctx, q, outcome.ResourceID)
			return err
		}
		if err := n.validate(); err != nil {
			return err
		}
		if made, err = s.invite(ctx, q, actor, n); err != nil {
			return err
		}
		entry.ObjectID = made.ID
		if err := audit.Append(ctx, q, entry); err != nil {
			return err
		}
		return once.Record(ctx, q, "client.invite", made.ID, 1)
	})
	return made, err
}

func mayInvite(actor policy.Actor, n NewInvitation) bool {
	if n.OrganizationID == uuid.Nil {
		own := actor.Kind == policy.Person && actor.OwnSession && n.AccountID == actor.AccountID
		return own || actor.Kind == policy.System || actor.Has(policy.Administrator)
	}
	_, _, may := actor.May(policy.Invite, policy.ClassClient, policy.Object{OrganizationID: n.OrganizationID})
	return may
}

func (s *Store) invite(ctx context.Context, q pg.Querier, actor policy.Actor, n NewInvitation) (Invited, error) {
	if n.AccountID != uuid.Nil {
		a, err := readAccount(ctx, q, n.AccountID)
		if errors.Is(err, errNoAccount) || err == nil && (a.Status != Active || a.Kind == policy.Client && a.OrganizationID != uuid.Nil) {
			return Invited{}, errNoClientFor.At("/account_id", "is not that of an active person", "ليس لشخص فاعل")
		}
		if err != nil {
			return Invited{}, err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Invited{}, fmt.Errorf("make an id: %w", err)
	}
	lifetime := n.Lifetime
	if lifetime == 0 {
		lifetime = InvitationLifetime
	}
	now := s.now() // once: what is read twice differs, and the longest invitation would be too long
	in := Invited{Code: rand.Text(), Invitation: Invitation{
		ID: id, AccountID: n.AccountID, OrganizationID: n.OrganizationID, Scopes: scopesFor(n.Scopes, n.OrganizationID),
		InvitedBy: actor.AccountID, CreatedAt: now, ExpiresAt: now.Add(lifetime),
	}}
	return in, insertInvitation(ctx, q, in.Invitation, hashOf(in.Code))
}

// Registration is what somebody sends with an invitation.
type Registration struct {
	Code   string
	Name   string
	Keys   []ClientKey
	Scopes []string // nil: all of the invitation's
}

// hash identifies the registration, so that its repetition can be told from another one with the same code.
func (r Registration) hash() []byte {
	ids := make([]string, len(r.Keys))
	for i, k := range r.Keys {
		ids[i] = k.ID
	}
	slices.Sort(ids)
	sum := sha256.Sum256([]byte(r.Name + "\x00" + strings.Join(ids, " ") + "\x00" + strings.Join(slices.Sorted(slices.Values(r.Scopes)), " ")))
	return sum[:]
}

// Register makes the client that the invitation is for; whoever has the code may, for that is what it is good for. The code is good
// once: the same registration again, because its answer was lost, returns the same client and makes nothing. It fails with
// fault.Refused for a code that is not good, for scopes beyond the invitation's and for what NewClient.Validate refuses, and with
// fault.Impossible for a key that another client has.
func (s *Store) Register(ctx context.Context, r Registration) (ClientResult, error) {
	n := NewClient{Name: strings.TrimSpace(r.Name), Keys: r.Keys, Scopes: r.Scopes}
	if err := n.Validate(); err != nil {
		return ClientResult{}, err
	}
	var result ClientResult
	err := s.db.InTx(ctx, pg.System{}, func(q pg.Querier) error {
		in, request, err := lockInvitation(ctx, q, hashOf(r.Code))
		if err != nil {
			return err
		}
		if !in.UsedAt.IsZero() {
			return s.registeredBefore(ctx, q, in, request, r, &result)
		}
		if !s.now().Before(in.ExpiresAt) {
			return errInvitation
		}
		if n, err = in.admit(n); err != nil {
			return err
		}
		if err := mayRegister(ctx, q, in); err != nil {
			return err
		}
		if result.Client, err = s.makeClient(ctx, q, n); err != nil {
			return err
		}
		return useInvitation(ctx, q, in.ID, result.ID, r.hash(), s.now())
	})
	return result, err
}

// registeredBefore returns the client of an invitation that was used, to whoever used it.
func (s *Store) registeredBefore(ctx context.Context, q pg.Querier, in Invitation, request []byte, r Registration, result *ClientResult) error {
	if !slices.Equal(request, r.hash()) || s.now().After(in.ExpiresAt) {
		return errInvitation
	}
	c, err := readClient(ctx, q, in.ClientID)
	*result = ClientResult{Client: c, Replayed: true}
	return err
}

// admit gives the client what the invitation is for.
func (i Invitation) admit(n NewClient) (NewClient, error) {
	for _, s := range n.Scopes {
		if !slices.Contains(i.Scopes, s) {
			var faults fault.List
			faults.Add("/scope", "The invitation does not go so far.", "الدعوة لا تشمل هذا النطاق.")
			return n, faults.Err()
		}
	}
	if n.Scopes == nil {
		n.Scopes = i.Scopes
	}
	n.AccountID, n.OrganizationID = i.AccountID, i.OrganizationID
	return n, nil
}

// mayRegister looks whether the invitation's account or organization is still there.
func mayRegister(ctx context.Context, q pg.Querier, in Invitation) error {
	if in.OrganizationID != uuid.Nil {
		barred, err := organizationBarred(ctx, q, in.OrganizationID)
		if err == nil && barred {
			err = errInvitation
		}
		return err
	}
	at, err := readStanding(ctx, q, in.AccountID)
	if err == nil && (at.AccountStatus != Active || at.Barred) {
		err = errInvitation
	}
	return err
}
