// Package api is the HTTP face of the partner contract: huma operations, one file per resource, over the stores of the domain. A
// handler takes the input apart, calls one Store method and puts the output together; everything that is the same for all of
// them (tokens, problems, ETags, idempotency, paging, the log) is in the shell.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"tahweel/directory"
	"tahweel/directory/reference"
	"tahweel/geo"
	"tahweel/internal/event"
	"tahweel/internal/identity"
	"tahweel/mou"
	"tahweel/referrals"
)

// Config is what the API is made of. Every field but Observe is required.
type Config struct {
	Identity Authenticator
	Log      *slog.Logger
	Clock    func() time.Time
	// Version is that of the product and the contract, such as 0.1.0.
	Version string
	// Ready fails while the service cannot do its work, for instance without its database.
	Ready func(context.Context) error
	// Observe, unless it is nil, is told of each answered request: its operationId, empty if there is none, its status and how
	// long it took. It must not wait.
	Observe func(ctx context.Context, operation string, status int, took time.Duration)

	// Accounts keeps who can ask; Identity is usually the same store.
	Accounts  *identity.Store
	Places    *geo.Store
	Directory *directory.Store
	Referrals *referrals.Store
	Events    *event.Store

	Instruments *mou.Store
	Reference   *reference.Store
}

// New returns the partner API. It panics if an operation is declared wrongly, which a test would have seen.
func New(c Config) http.Handler {
	s := newShell(c)
	s.operations(c)
	s.documents()
	s.problems()
	return http.MaxBytesHandler(s, maxBody)
}

// operations is every resource of the contract.
func (s *shell) operations(c Config) {
	s.places(c.Places)
	s.needs(c.Directory)
	s.nearby(c.Directory)
	s.organizations(c.Directory)
	s.branches(c.Directory)
	s.services(c.Directory)
	s.locations(c.Directory)
	s.servicesAtLocations(c.Directory)
	s.accreditations(c.Directory)
	s.referrals(c.Referrals)
	s.attempts(c.Referrals)
	s.moves(c.Referrals)
	s.partnerReference(c.Referrals)
	s.referralMoves(c.Referrals)
	s.consents(c.Referrals)
	s.codeLists()
	s.events(c.Events)
	s.accounts(c.Accounts)
	s.roles()
	s.clients(c.Accounts)
	s.invitations(c.Accounts)
	s.registration(c.Accounts)
	s.discovery(c.Accounts)
	s.token(c.Accounts)
	s.nearbyExplanation(c.Directory)
	s.coverage(c.Directory)
	s.coverageGaps(c.Directory)
	s.instruments(c.Instruments)
	s.policyExplain(c.Referrals)
	s.reference(c.Reference)
	s.health(c.Ready)
}

func newShell(c Config) *shell {
	mux := http.NewServeMux()
	s := &shell{mux: mux, huma: newHuma(mux, c.Version), identity: c.Identity, log: c.Log, clock: c.Clock, version: c.Version, observe: c.Observe}
	if c.Accounts != nil {
		s.metadata = strings.TrimSuffix(c.Accounts.Issuer().URL(), "/") + resourcePath
	}
	return s
}
