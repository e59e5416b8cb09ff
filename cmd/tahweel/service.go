package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"tahweel/api"
	"tahweel/api/hsds"
	"tahweel/api/ogc"
	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/directory/atlas"
	"tahweel/directory/reference"
	"tahweel/directory/sheet"
	"tahweel/geo"
	"tahweel/internal/canary"
	"tahweel/internal/demo"
	"tahweel/internal/event"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
	"tahweel/mou"
	"tahweel/policy"
	"tahweel/referrals"
)

// address is where the service listens unless a flag says otherwise.
const address = "127.0.0.1:8080"

// service is the product on one database.
type service struct {
	listener *quietListener
	database *database
	db       *pg.DB
	folder   folder // of the keys
	secrets  secrets
	issuer   *identity.Issuer
	visitors *identity.Issuer // of the demonstration's tokens for software that is not registered; nil in the service
	program  *program
	watch    *watch
	drain    drainer
	domain   func() time.Time                // the time in which households, memoranda and referrals live; nil: the program's own clock
	around   func(http.Handler) http.Handler // what stands beside the API; nil: nothing
}

// clock is the domain's. Tokens and accounts go by the program's.
func (s *service) clock() func() time.Time {
	if s.domain != nil {
		return s.domain
	}
	return s.program.clock
}

// handler wires the stores to the faces.
func (s *service) handler() http.Handler {
	clock := s.clock()
	accounts := identity.NewStore(s.db, s.issuer, s.program.clock)
	if s.visitors != nil {
		accounts = accounts.Admitting(s.visitors, demo.ClientID)
	}
	contract := api.New(api.Config{
		Identity: accounts, Accounts: accounts, Log: s.program.log, Clock: s.program.clock, Version: version, Ready: s.ready, Observe: s.watch.observe,
		Places: geo.NewStore(s.db, clock), Directory: directory.NewStore(s.db, clock), Referrals: referrals.NewStore(s.db, s.secrets.sealing, clock),
		Events: event.NewStore(s.db), Instruments: mou.NewStore(s.db, clock), Reference: reference.NewStore(s.db, clock),
		Accreditation: accreditation.NewStore(s.db, clock),
		Sheets:        sheet.NewStore(s.db, clock),
	})
	face := s.faces(contract)
	if s.around != nil {
		return s.around(face)
	}
	return face
}

// faces puts the public interfaces beside the partner contract. It goes by the beginning of the path alone: what is no proper path, the
// face that it comes to refuses in its own way.
func (s *service) faces(contract http.Handler) http.Handler {
	public := hsds.New(hsds.Config{
		Directory: directory.NewStore(s.db, s.clock()), Log: s.program.log, Clock: s.clock(), Wall: s.program.clock, PublicURL: s.issuer.URL(),
		Publisher: hsds.Publisher{Name: publisher}, Observe: s.watch.observe,
	})
	maps := ogc.New(ogc.Config{
		Map: atlas.NewStore(s.db, s.clock()), Log: s.program.log, Clock: s.program.clock, Version: version, Base: s.issuer.URL(), Observe: s.watch.observe,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case path == hsds.Prefix || strings.HasPrefix(path, hsds.Prefix+"/"):
			public.ServeHTTP(w, r)
		case ogc.Serves(path):
			maps.ServeHTTP(w, r)
		default:
			contract.ServeHTTP(w, r)
		}
	})
}

// publisher is who answers for the public directory.
const publisher = "وزارة التنمية الاجتماعية — Ministry of Social Development"

// ready fails while the service cannot do its work: told to stop, without its database, on a schema older than it knows, or when
// its keys cannot be read any more.
func (s *service) ready(ctx context.Context) error {
	if err := s.drain.Ready(); err != nil {
		return err
	}
	return errors.Join(s.db.Ready(ctx), s.folder.keysReadable())
}

// run seeds what belongs to the program, calls ready, and answers requests until ctx ends. It returns nil once every request
// under way is answered or drainLimit has passed.
func (s *service) run(ctx context.Context, ready func() error) error {
	spendMemory()
	if err := canary.Ensure(ctx, s.db, s.secrets.sealing); err != nil {
		return err
	}
	if err := directory.NewStore(s.db, s.clock()).SeedNeeds(ctx, policy.TheSystem()); err != nil {
		return fmt.Errorf("write the needs: %w", err)
	}
	s.watch.pool(s.db)
	server := &http.Server{
		Handler: s.drain.Handler(s.watch.handler(s.handler())), ConnState: s.drain.ConnState,
		ErrorLog: slog.NewLogLogger(s.program.log.Handler(), slog.LevelWarn), MaxHeaderBytes: 64 << 10,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
	}
	defer s.every(ctx, sweepEvery, s.sweep)()
	defer s.every(ctx, sweepEvery, s.changeMapDay)()
	defer s.every(ctx, filesEvery, s.files)()
	defer s.every(ctx, sweepEvery, s.refreshCoverage)()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(s.listener) }()
	err := ready()
	if err == nil {
		select {
		case err = <-failed:
			return fmt.Errorf("serve: %w", err)
		case <-s.database.exited():
			err = errors.New("the embedded database has stopped; the end of postgres.log in its folder says why")
		case <-ctx.Done():
		}
	}
	return errors.Join(err, s.drain.Drain(ctx, server, s.listener))
}

// listen takes the address before anything else is started, so that a port in use is found at once.
func listen(ctx context.Context, address string) (*quietListener, error) {
	if address == "" { // the system would take any port on every network
		return nil, errors.New("--addr must name an address and a port, such as 127.0.0.1:8080")
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (choose another with --addr): %w", address, err)
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil, errors.Join(fmt.Errorf("listen on %s: not TCP", address), l.Close())
	}
	return newQuietListener(tcp), nil
}
