package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"tahweel/internal/demo"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
)

// demoLifetime is the longest that a token of the demonstration lives; only the demonstration issues and accepts those.
const demoLifetime = 24 * time.Hour

type demoCommand struct {
	Addr      string `help:"Address to listen on; port 0 picks one." default:"${address}" env:"TAHWEEL_ADDR"`
	Dir       string `help:"Data folder of the demonstration. Remove it to begin anew." default:".data/demo" type:"path"`
	Small     bool   `help:"Make the hand-written part only: seconds instead of a minute, for the first start."`
	ReadyFile string `help:"File to write when the service is ready: its address and issuer and, for each player, a token, a client id and the file of its key, as JSON." type:"path" placeholder:"FILE"`
}

// Run makes the demonstration at first start and serves it until ctx ends.
func (c demoCommand) Run(ctx context.Context, p *program) (err error) {
	listener, err := listen(ctx, c.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if c.ReadyFile != "" {
		if err := os.Remove(c.ReadyFile); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the ready file of an earlier run: %w", err)
		}
	}
	front := folder(c.Dir)
	if err := front.make(); err != nil {
		return err
	}
	home := front.reachable(p)
	keys, err := home.secrets()
	if err != nil {
		return err
	}
	if err := home.ensureLoaded(ctx, p, keys, c.size()); err != nil {
		return err
	}
	database, err := startEmbedded(ctx, p, home.database())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.stop(ctx)) }()
	if err := database.migrate(ctx); err != nil {
		return err
	}
	db, err := database.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	self := "http://" + listener.Addr().String()
	const visitors = "https://demo.tahweel.example" // constant, so that the players' tokens outlive a restart on another port
	played, err := openDemoClock(home.clock(), p.clock)
	if err != nil {
		return err
	}
	s := &service{
		listener: listener, database: database, db: db, folder: home, secrets: keys, program: p, watch: &watch{},
		domain:   played.now,
		around:   func(api http.Handler) http.Handler { return withClock(api, played) },
		issuer:   identity.NewIssuer(keys.signing, self, self, p.clock, identity.AccessTokenLifetime),
		visitors: identity.NewIssuer(keys.signing, visitors, visitors, p.clock, demoLifetime),
	}
	return s.run(ctx, func() error { return announce(ctx, p, s, front, c.ReadyFile) })
}

func (c demoCommand) size() demo.Size {
	if c.Small {
		return demo.Core
	}
	return demo.Country
}

// reachable returns the folder itself, or for root, if it lies where the database's user may not go, such as below root's home,
// one below /var/lib that is this folder's own.
func (f folder) reachable(p *program) folder {
	if os.Geteuid() != 0 {
		return f
	}
	for at := filepath.Dir(string(f)); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil && info.Mode().Perm()&0o001 == 0 {
			sum := sha256.Sum256([]byte(f))
			other := folder(filepath.Join(dataFolder(os.Getenv), "demo-"+hex.EncodeToString(sum[:4])))
			p.say("root runs the database as another user, who may not enter %s: the data is in %s", at, other)
			return other
		}
		if at == filepath.Dir(at) {
			return f
		}
	}
}

// loading is where the demonstration is made, before it takes the database's place in one step: a start that was killed leaves
// nothing that looks whole.
func (f folder) loading() string { return filepath.Join(string(f), "loading") }

// clock is the file that keeps how far the demonstration is ahead of the wall clock.
func (f folder) clock() string { return filepath.Join(string(f), "clock.json") }

// ensureLoaded makes the demonstration unless it is there.
func (f folder) ensureLoaded(ctx context.Context, p *program, keys secrets, size demo.Size) error {
	if _, err := os.Stat(f.database()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := f.clear(ctx, p); err != nil {
		return err
	}
	p.say("making the demonstration; this happens once and takes about a minute …")
	begun := p.clock()
	made, err := f.load(ctx, p, keys, size)
	if err != nil {
		return err
	}
	if err := os.Remove(f.clock()); err != nil && !errors.Is(err, os.ErrNotExist) { // of an earlier demonstration
		return fmt.Errorf("forget the clock of an earlier demonstration: %w", err)
	}
	if err := os.Rename(f.loading(), f.database()); err != nil {
		return fmt.Errorf("put the demonstration in its place: %w", err)
	}
	p.say("made %d organizations, %d services and %d referrals in %d seconds",
		made.Organizations, made.Services, made.Referrals, int(p.clock().Sub(begun).Seconds()+0.5))
	return nil
}

// clear removes what a start that was killed has left. Starting it once more is what stops a server that still runs on it, and
// what finds out that another program is at work there.
func (f folder) clear(ctx context.Context, p *program) error {
	if _, err := os.Stat(f.loading()); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	left, err := startEmbedded(ctx, p, f.loading())
	if err != nil {
		return err
	}
	if err := left.stop(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(f.loading()); err != nil {
		return fmt.Errorf("remove an unfinished demonstration: %w", err)
	}
	return nil
}

func (f folder) load(ctx context.Context, p *program, keys secrets, size demo.Size) (made demo.Made, err error) {
	database, err := startEmbedded(ctx, p, f.loading())
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, database.stop(ctx)) }()
	if err := database.migrate(ctx); err != nil {
		return made, err
	}
	db, err := database.open(ctx, pg.Bulk())
	if err != nil {
		return made, err
	}
	defer db.Close()
	return demo.Load(ctx, db, keys.sealing, p.clock(), size)
}
