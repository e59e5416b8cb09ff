package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/pgembed"
)

// The test programs of one run come and go, several at a time, and none of them can own the server for the others. So a keeper
// does: a process of its own that starts the server, waits until no program uses it any more, and stops it. It is the test
// program itself, started once more with keeperVariable set. They agree by file locks, which the kernel gives back however a
// process ends:
//
//	users   held shared by every test program; the keeper takes it whole to learn that there is none left
//	start   held by the program that starts a keeper
//	keeper  held whole by the keeper as long as it lives
const keeperVariable = "TAHWEEL_PGTEST_KEEPER"

// grace is how long the keeper waits for the next test program, which go test may still be compiling.
const grace = 2 * time.Second

func init() {
	dir := os.Getenv(keeperVariable)
	if dir == "" {
		return
	}
	if err := keep(dir); err != nil {
		fmt.Println("failed:", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
	os.Exit(0)
}

// join makes this program a user of the server and starts a keeper if there is none.
func join() (*server, error) {
	dir, err := home()
	if err != nil {
		return nil, err
	}
	using, err := lockFile(dir, "users", syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	starting, err := lockFile(dir, "start", syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer func() { _ = starting.Close() }()

	probe, err := lockFile(dir, "keeper", syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) { // a keeper lives
		base, err := os.ReadFile(filepath.Join(dir, "url"))
		return &server{base: string(base), using: using}, err
	}
	if err != nil {
		return nil, err
	}
	_ = probe.Close()
	base, err := startKeeper(dir)
	return &server{base: base, using: using}, err
}

// home is the folder of the server and its locks. It is below the system's temporary folder and not the user's cache, because
// under root the server runs as a user who may not enter root's home.
func home() (string, error) {
	dir := filepath.Join(os.TempDir(), "tahweel-test-"+strconv.Itoa(os.Geteuid()))
	if err := os.Mkdir(dir, 0o711); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // root's server runs as another user, who passes through
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(owner.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s is not a folder of this user alone: remove it", dir)
	}
	return dir, nil
}

func lockFile(dir, name string, how int) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, name+".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// startKeeper starts a keeper and waits for it to say where the server is.
func startKeeper(dir string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self) //nolint:noctx // it outlives whoever starts it
	cmd.Env = append(os.Environ(), keeperVariable+"="+dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // outlives this program and its terminal
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	line = strings.TrimSpace(line)
	if url, ok := strings.CutPrefix(line, "ready: "); ok {
		_ = out.Close()
		return url, cmd.Process.Release()
	}
	_ = cmd.Wait()
	return "", fmt.Errorf("the keeper of the test server says %q: %w", line, errors.Join(err, errors.New("no server")))
}

// keep is the life of a keeper.
func keep(dir string) error {
	alive, err := lockFile(dir, "keeper", syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer func() { _ = alive.Close() }()
	s, err := startServer(dir)
	if err != nil {
		return err
	}
	base := s.URL("postgres", "postgres")
	if err = errors.Join(sweep(base), os.WriteFile(filepath.Join(dir, "url"), []byte(base), 0o600)); err == nil {
		fmt.Println("ready:", base)
		var closed *os.File
		closed, err = untilUnused(dir, s)
		defer func() { _ = closed.Close() }()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return errors.Join(err, s.Stop(ctx))
}

// startServer starts the server and, since its data has no safety, makes it anew if it is damaged or of another version.
func startServer(dir string) (*pgembed.Server, error) {
	config := pgembed.Config{Dir: filepath.Join(dir, "pg"), Disposable: true}
	s, err := pgembed.Start(context.Background(), config)
	if err == nil {
		return s, nil
	}
	if remove := os.RemoveAll(filepath.Join(config.Dir, "cluster")); remove != nil {
		return nil, errors.Join(err, remove)
	}
	return pgembed.Start(context.Background(), config)
}

// untilUnused returns when no test program has used the server for the time of grace, or with an error when the server has
// ended. The users lock it returns is held whole, so that a program that comes now waits until this keeper is gone.
func untilUnused(dir string, s *pgembed.Server) (*os.File, error) {
	for {
		idle, err := lockFile(dir, "users", syscall.LOCK_EX)
		if err != nil {
			return nil, err
		}
		_ = idle.Close()
		select {
		case <-s.Exited():
			return nil, errors.New("the test server has ended by itself")
		case <-time.After(grace):
		}
		closed, err := lockFile(dir, "users", syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return closed, err
		}
	}
}

// keptTemplates is how many templates of other migrations stay for branches that are worked on in turn.
const keptTemplates = 5

// sweep drops what killed tests have left, and old templates.
func sweep(base string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, `
		SELECT datname
		FROM (
			SELECT datname, row_number() OVER (PARTITION BY datname LIKE 'template\_%' ORDER BY oid DESC) AS age
			FROM pg_database
			WHERE datname LIKE 'test\_%'
				OR datname LIKE 'template\_%'
		) AS ours
		WHERE datname LIKE 'test\_%'
			OR datname LIKE '%\_making'
			OR age > $1
		ORDER BY datname`, keptTemplates)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := conn.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}
