package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"tahweel/api"
	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/demo"
	"tahweel/internal/event"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
	"tahweel/policy"
	"tahweel/referrals"
)

// address is where the service listens unless a flag says otherwise.
const address = "127.0.0.1:8080"

// service is the product on one database.
type service struct {
	listener net.Listener
	database *database
	db       *pg.DB
	secrets  secrets
	issuer   *identity.Issuer
	visitors *identity.Issuer // of the demonstration's tokens for software that is not registered; nil in the service
	program  *program
}

// handler wires the stores to the faces.
func (s *service) handler() http.Handler {
	clock := s.program.clock
	accounts := identity.NewStore(s.db, s.issuer, clock)
	if s.visitors != nil {
		accounts = accounts.Admitting(s.visitors, demo.ClientID)
	}
	return api.New(api.Config{
		Identity: accounts, Accounts: accounts, Log: s.program.log, Clock: clock, Version: version, Ready: s.db.Ping,
		Places: geo.NewStore(s.db, clock), Directory: directory.NewStore(s.db, clock), Referrals: referrals.NewStore(s.db, s.secrets.sealing, clock),
		Events: event.NewStore(s.db),
	})
}

// drainLimit is how long requests under way may take after the program was told to stop.
const drainLimit = 30 * time.Second

// run seeds what belongs to the program, calls ready, and answers requests until ctx ends. It returns nil once every request
// under way is answered or drainLimit has passed.
func (s *service) run(ctx context.Context, ready func() error) error {
	if err := directory.NewStore(s.db, s.program.clock).SeedNeeds(ctx, policy.TheSystem()); err != nil {
		return fmt.Errorf("write the needs: %w", err)
	}
	server := &http.Server{
		Handler: s.handler(), ErrorLog: slog.NewLogLogger(s.program.log.Handler(), slog.LevelWarn), MaxHeaderBytes: 64 << 10,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
	}
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
	return errors.Join(err, drain(ctx, server))
}

func drain(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainLimit)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("requests under way were cut off: %w", errors.Join(err, server.Close()))
	}
	return nil
}

// listen takes the address before anything else is started, so that a port in use is found at once.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s (choose another with --addr): %w", address, err)
	}
	return l, nil
}
