package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/bench"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
	"tahweel/internal/pgembed"
	"tahweel/policy"
)

// world is a private database full of providers, and the real service on it.
type world struct {
	database    *pgembed.Server
	ownerURL    string
	serviceURL  string
	directorate uuid.UUID
	server      *exec.Cmd
	servers     []*exec.Cmd // all of them, to be stopped
	address     string      // host and port of the service
	issuer      *identity.Issuer
	claims      identity.Claims // of a case manager of the directorate
}

// publicURL is the issuer and audience of the tokens; nothing listens there.
const publicURL = "http://bench.invalid"

func newWorld(ctx context.Context, dir string, locations int, stdout io.Writer) (_ *world, err error) {
	w := &world{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close(ctx))
		}
	}()
	fmt.Fprintf(stdout, "starting a database and generating %d locations\n", locations)
	if w.database, err = pgembed.Start(ctx, pgembed.Config{Dir: filepath.Join(dir, "db")}); err != nil {
		return w, err
	}
	w.ownerURL, w.serviceURL = w.database.URL("postgres", "postgres"), w.database.URL("tahweel_service", "postgres")
	if err := errors.Join(pg.Migrate(ctx, w.ownerURL), pg.EnsureLogin(ctx, w.ownerURL, "tahweel_service")); err != nil {
		return w, err
	}
	directorates, err := bench.Generate(ctx, w.ownerURL, bench.Size{Locations: locations, Now: time.Now(), Log: stdout})
	if err != nil {
		return w, err
	}
	i := slices.IndexFunc(directorates, func(d bench.Directorate) bool { return slices.Contains(d.Governorates, boxGovernorate) })
	w.directorate = directorates[i].ID
	if err := w.coverageIsKnown(ctx); err != nil {
		return w, err
	}
	fmt.Fprintln(stdout, "building and starting the service")
	if err := w.startService(ctx, dir); err != nil {
		return w, err
	}
	return w, w.signIn(ctx, dir)
}

// coverageIsKnown writes one invented row for each need, so that the service computes no reports while it is measured.
func (w *world) coverageIsKnown(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, w.ownerURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, `
		INSERT INTO coverage (need_id, place_code, restricted, without_place, full_nearer, computed_at)
		SELECT n.id, (SELECT min(p.code) FROM place AS p), false, false, false, now()
		FROM need AS n
		WHERE n.tier IS NOT NULL`)
	return err
}

// startService builds the program and runs it as an operator would, with its log in a file.
func (w *world) startService(ctx context.Context, dir string) error {
	program := filepath.Join(dir, "tahweel")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", program, "tahweel/cmd/tahweel")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the service: %w\n%s", err, out)
	}
	var err error
	if w.server, w.address, err = w.startProgram(dir, program, "service"); err != nil {
		return err
	}
	w.servers = append(w.servers, w.server)
	return nil
}

// startProgram runs a build of the program and returns it with its host and port; the name is that of its log.
func (w *world) startProgram(dir, program, name string) (*exec.Cmd, string, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = log.Close() }()
	server := exec.Command(program, "serve", "--addr", "127.0.0.1:0", "--dir", filepath.Join(dir, "service")) //nolint:gosec // built here, or named by who runs this
	server.Env = append(os.Environ(), "DATABASE_URL="+w.serviceURL, "TAHWEEL_PUBLIC_URL="+publicURL)
	server.Stderr = log
	server.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // so that the scheduler shares the cores between programs, not terminals
	out, err := server.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := server.Start(); err != nil {
		return nil, "", fmt.Errorf("start the service: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(line), "http://")
	if !found {
		_ = server.Process.Kill()
		said, _ := os.ReadFile(log.Name())
		return nil, "", fmt.Errorf("the service says %q: %w\n%s", line, errors.Join(err, server.Wait(), errors.New("it did not start")), said)
	}
	return server, address, nil
}

// signIn makes an invented case manager with a client; their tokens are made with the service's own key.
func (w *world) signIn(ctx context.Context, dir string) error {
	keys, err := identity.OpenKeys(filepath.Join(dir, "service", "keys", "signing.pem"))
	if err != nil {
		return err
	}
	w.issuer = identity.NewIssuer(keys, publicURL, publicURL, time.Now, identity.AccessTokenLifetime)
	db, err := pg.Open(ctx, w.serviceURL)
	if err != nil {
		return err
	}
	defer db.Close()
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	store := identity.NewStore(db, w.issuer, time.Now)
	account := identity.Account{ID: id, Kind: policy.Person, NameAR: "موظفة افتراضية", NameEN: "Invented case manager"}
	member := policy.Membership{Role: policy.CaseManager, DirectorateID: w.directorate}
	if err := store.CreateAccount(ctx, policy.TheSystem(), account, []identity.Membership{{Membership: member}}); err != nil {
		return err
	}
	key, err := identity.NewPrivateKey("ES256")
	if err != nil {
		return err
	}
	client, err := store.RegisterClient(ctx, policy.TheSystem(), identity.NewClient{AccountID: id, Name: "bench", Keys: []identity.ClientKey{key.Public()}})
	w.claims = identity.Claims{Subject: id, ClientID: client.ID.String(), Scopes: []string{"directory.read"}}
	return err
}

// token makes a new one; none lives longer than ten minutes, and a run may.
func (w *world) token() (string, error) {
	return w.issuer.Issue(w.claims, identity.AccessTokenLifetime)
}

// bindir asks the database where its own programs are.
func (w *world) bindir(ctx context.Context) (dir string, err error) {
	conn, err := pgx.Connect(ctx, w.ownerURL)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "CHECKPOINT"); err != nil { // so that writing what was generated does not fall on the first round
		return "", err
	}
	return dir, conn.QueryRow(ctx, "SELECT setting FROM pg_config WHERE name = 'BINDIR'").Scan(&dir)
}

// close stops what was started, however far it got.
func (w *world) close(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	for _, server := range w.servers {
		_ = server.Process.Signal(syscall.SIGTERM)
		stop := context.AfterFunc(ctx, func() { _ = server.Process.Kill() })
		err = errors.Join(err, server.Wait())
		stop()
	}
	if w.database != nil {
		err = errors.Join(err, w.database.Stop(ctx))
	}
	return err
}
