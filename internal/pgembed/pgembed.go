// Package pgembed starts a private PostgreSQL with PostGIS in a data folder, for people who want to see the product without
// running a database server, and for the tests.
//
// The server listens on a unix socket in a folder that only its own user may enter, and on nothing else, so it needs no
// passwords. It lives as long as the program: it stops with Stop and, on Linux, also when the program is killed. What a kill
// leaves behind is cleared up by the next Start.
package pgembed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// superuser is the name of the role that initdb makes.
const superuser = "postgres"

// port is only a part of the socket's name; nothing listens on it.
const port = "5432"

// Config says where and how a server runs.
type Config struct {
	// Dir is the data folder. It is made if it is missing. Start puts cluster (the data), run (the socket), postgres.log and
	// lock into it and leaves everything else alone.
	Dir string
	// Log receives one line for each step that takes time; nil discards them.
	Log io.Writer
	// Disposable gives up all safety of the data for speed: no fsync, no full-page writes, no autovacuum. For tests.
	Disposable bool
}

// Server is a running PostgreSQL.
type Server struct {
	paths   paths
	process *process
	lock    *os.File
	stop    sync.Once
	stopErr error
}

// Start makes the cluster if there is none, recovers it if a kill left it in disorder, and returns once the server accepts
// connections. It refuses, with a sentence that says what to do: a machine without PostgreSQL 15 and PostGIS, a folder that
// another living program uses, a folder of another major version, and, for root, a folder that the server's user cannot reach.
func Start(ctx context.Context, config Config) (_ *Server, err error) {
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the data folder: %w", err)
	}
	if config.Log == nil {
		config.Log = io.Discard
	}
	who, err := serverUser()
	if err != nil {
		return nil, err
	}
	lock, err := claim(dir, who)
	if err != nil {
		return nil, err
	}
	s := &Server{lock: lock}
	defer func() {
		if err != nil {
			s.release()
		}
	}()
	if s.paths, err = lay(dir, who); err != nil {
		return nil, err
	}
	binaries, err := findBinaries(ctx, s.paths.cluster)
	if err != nil {
		return nil, err
	}
	if err = settleResidents(ctx, s.paths.cluster, config.Log); err != nil {
		return nil, err
	}
	if err = initialize(ctx, binaries, s.paths, who, config); err != nil {
		return nil, err
	}
	if s.process, err = relaunch(ctx, binaries, s.paths, who, config); err != nil {
		return nil, err
	}
	return s, nil
}

// URL returns the address of a database of the server for a user of it. The superuser is "postgres".
func (s *Server) URL(user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database, RawQuery: url.Values{
		"host": {s.paths.run}, "port": {port}, "sslmode": {"disable"},
	}.Encode()}
	return u.String()
}

// Exited is closed when the server has stopped, whoever stopped it.
func (s *Server) Exited() <-chan struct{} { return s.process.done }

// Stop ends the server at once but in good order: open transactions are rolled back, the data is written. If ctx ends first,
// the server is ended without writing, and the next Start recovers. Stop may be called more than once.
func (s *Server) Stop(ctx context.Context) error {
	s.stop.Do(func() {
		s.stopErr = s.process.stop(ctx)
		s.release()
	})
	return s.stopErr
}

func (s *Server) release() {
	if s.paths.temporary != "" {
		_ = os.RemoveAll(s.paths.temporary)
	}
	_ = s.lock.Close() // and with it the claim
}

// until asks done every 10 ms until it says yes; it fails when ctx ends or limit has passed.
func until(ctx context.Context, limit time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(errTooSlow, ctx.Err())
		case <-tick.C:
		}
	}
}

var errTooSlow = errors.New("it took too long")
