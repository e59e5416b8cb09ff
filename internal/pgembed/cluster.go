package pgembed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// initialize makes the cluster if there is none. It is made under another name and renamed in the end, so that a kill leaves
// either a whole cluster or one that the next start throws away.
func initialize(ctx context.Context, b binaries, p paths, who user, config Config) error {
	if _, err := os.Stat(p.cluster); err == nil {
		return nil
	}
	unfinished := p.cluster + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("remove an unfinished cluster: %w", err)
	}
	if err := os.Mkdir(unfinished, 0o700); err != nil {
		return fmt.Errorf("make the folder of the cluster: %w", err)
	}
	if err := who.own(unfinished); err != nil {
		return err
	}
	fmt.Fprintln(config.Log, "making a database in", p.cluster)
	args := append([]string{
		"--pgdata", unfinished, "--username", superuser, "--auth", "trust",
		"--encoding", "UTF8", "--data-checksums",
	}, localeArgs(b)...)
	if config.Disposable {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, b.path("initdb"), args...)
	cmd.Dir = "/"
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who.credential()}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb failed: %w\n%s", err, bytes.TrimSpace(out))
	}
	if err := os.Rename(unfinished, p.cluster); err != nil {
		return fmt.Errorf("put the cluster in its place: %w", err)
	}
	return nil
}

// localeArgs chooses a locale in which Arabic letters are letters and the order of strings does not change with the system's
// library. macOS knows no C.UTF-8; PostgreSQL 17 brings its own.
func localeArgs(b binaries) []string {
	switch {
	case runtime.GOOS != "darwin":
		return []string{"--locale", "C.UTF-8"}
	case b.major >= 17:
		return []string{"--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"}
	}
	return []string{"--locale", "en_US.UTF-8"}
}

// environment keeps variables of the user's own PostgreSQL away from ours.
func environment() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "PG") && !strings.HasPrefix(name, "LC_") && name != "TZ" && name != "LANG" && name != "LANGUAGE" {
			env = append(env, pair)
		}
	}
	return env
}

// settings are the server's parameters on its command line. The log never gets a statement, a parameter or a detail: they may
// be personal data.
func settings(p paths, disposable bool) []string {
	values := []string{
		"listen_addresses=", "unix_socket_directories=" + p.run, "unix_socket_permissions=0700", "port=" + port,
		"timezone=UTC", "log_timezone=UTC", "max_connections=200",
		"log_destination=stderr", "logging_collector=off", "log_line_prefix=%m [%p] ",
		"log_statement=none", "log_min_error_statement=panic", "log_error_verbosity=terse",
		"log_parameter_max_length=0", "log_parameter_max_length_on_error=0", "log_min_duration_statement=-1",
	}
	if disposable {
		values = append(values, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
			"max_connections=500", "wal_level=minimal", "max_wal_senders=0", "plan_cache_mode=force_generic_plan", "shared_buffers=256MB", "max_wal_size=4GB", "checkpoint_timeout=1h")
	}
	var args []string
	for _, value := range values {
		args = append(args, "-c", value)
	}
	return args
}

// startLimit is how long a start may take; recovering from a crash replays the log since the last checkpoint.
const startLimit = 2 * time.Minute

// relaunch launches the server. After a kill, which leaves postmaster.pid behind, its other processes need a moment to notice, and
// until the last has gone a new server ends at once: so it is tried again for as long as recoveryLimit.
func relaunch(ctx context.Context, b binaries, p paths, who user, config Config) (running *process, err error) {
	_, statErr := os.Stat(filepath.Join(p.cluster, "postmaster.pid"))
	killed, deadline := statErr == nil, time.Now().Add(recoveryLimit)
	err = until(ctx, recoveryLimit+startLimit, func() (bool, error) {
		running, err = launch(ctx, b, p, who, config)
		if errors.Is(err, errEnded) && killed && time.Now().Before(deadline) {
			return false, nil
		}
		return true, err
	})
	return running, err
}

// recoveryLimit is how long the remains of a killed server are waited for.
const recoveryLimit = 10 * time.Second

var errEnded = errors.New("PostgreSQL stopped while starting")

// launch starts the server and waits until it accepts connections.
func launch(ctx context.Context, b binaries, p paths, who user, config Config) (*process, error) {
	if err := forgetReusedPID(p.cluster); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(p.log, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(b.path("postgres"), append([]string{"-D", p.cluster}, settings(p, config.Disposable)...)...) //nolint:noctx // Stop ends it in order
	cmd.Dir = "/"
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes(who)
	running, err := start(cmd)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	err = until(ctx, startLimit, func() (bool, error) {
		select {
		case <-running.done:
			return false, errEnded
		default:
			return ready(p.cluster, cmd.Process.Pid), nil
		}
	})
	if err != nil {
		_ = running.stop(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("%w; the end of %s says:\n%s", err, p.log, tail(p.log))
	}
	return running, nil
}

// tail returns the last lines of a file.
func tail(path string) string {
	text, _ := os.ReadFile(path)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
