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
	"tahweel/directory/accreditation"
	"tahweel/directory/reference"
	"tahweel/directory/sheet"
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
	Sheets      *sheet.Store
	Reference   *reference.Store

	Accreditation *accreditation.Store
}

// New returns the partner API. It panics if an operation is declared wrongly, which a test would have seen.
func New(c Config) http.Handler {
	s := newShell(c)
	s.operations(c)
	s.documents()
	s.problems()
	return limited(s)
}

// limited bounds every body; a file that is handed in may be larger than anything else.
func limited(s http.Handler) http.Handler {
	body, file := http.MaxBytesHandler(s, maxBody), http.MaxBytesHandler(s, maxUpload)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/v1/imports" {
			file.ServeHTTP(w, r)
			return
		}
		body.ServeHTTP(w, r)
	})
}

// operations is every resource of the contract.
func (s *shell) operations(c Config) {
	s.places(c.Places)
	s.boundaries(c.Places)
	s.needs(c.Directory)
	s.nearby(c.Directory)
	s.organizations(c.Directory)
	s.branches(c.Directory)
	s.services(c.Directory)
	s.locations(c.Directory)
	s.servicesAtLocations(c.Directory)
	s.accreditations(c.Directory)
	s.servicesByExternalID(c.Directory)
	s.changeRequests(c.Directory)
	s.confirmations(c.Directory)
	s.verificationTasks(c.Directory)
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
	s.search(c.Directory)
	s.duplicates(c.Directory)
	s.coverage(c.Directory)
	s.coverageGaps(c.Directory)
	s.coverageGapMap(c.Directory, c.Places)
	s.instruments(c.Instruments)
	s.imports(c.Sheets)
	s.policyExplain(c.Referrals)
	s.reference(c.Reference)
	s.process(c.Accreditation)
	s.health(c.Ready)
}

func newShell(c Config) *shell {
	mux := newRouter()
	s := &shell{mux: mux, huma: newHuma(mux, c.Version), identity: c.Identity, log: c.Log, clock: c.Clock, version: c.Version, observe: c.Observe}
	if c.Accounts != nil {
		s.metadata = strings.TrimSuffix(c.Accounts.Issuer().URL(), "/") + resourcePath
	}
	return s
}
