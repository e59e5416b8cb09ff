package pgembed_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/pgembed"
)

// programVariable makes this test program be a program that has started a server in the named folder and waits.
const programVariable = "TAHWEEL_PGEMBED_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(programVariable); dir != "" {
		s, err := pgembed.Start(context.Background(), pgembed.Config{Dir: dir, Disposable: true})
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		fmt.Println(s.URL("postgres", "postgres"))
		select {}
	}
	os.Exit(m.Run())
}

// folder is a data folder that the server's user can reach also when the tests run as root; t.TempDir is not.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tahweel-pgembed-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "db")
}

func start(t *testing.T, dir string) *pgembed.Server {
	t.Helper()
	s, err := pgembed.Start(t.Context(), pgembed.Config{Dir: dir, Disposable: true, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *pgembed.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// ask runs one statement and returns its only value as text.
func ask(t *testing.T, address, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var value string
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// gone waits until the process is no more.
func gone(t *testing.T, pid int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for syscall.Kill(pid, 0) == nil {
		select {
		case <-ctx.Done():
			t.Fatalf("process %d still runs", pid)
		case <-tick.C:
		}
	}
}

func TestAServerKeepsItsDataAndLetsNobodyElseIn(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, dir)
	address := s.URL("postgres", "postgres")
	if got := ask(t, address, "SELECT current_setting('server_encoding') || ' ' || datctype FROM pg_database WHERE datname = current_database()"); got != "UTF8 C.UTF-8" {
		t.Errorf("the cluster is %s", got)
	}
	if got := ask(t, address, "SELECT current_setting('listen_addresses')"); got != "" {
		t.Errorf("it listens on %q", got)
	}
	if got := ask(t, address, "SELECT count(*)::text FROM pg_available_extensions WHERE name IN ('postgis', 'pg_trgm', 'btree_gist')"); got != "3" {
		t.Errorf("%s of 3 extensions are to be had", got)
	}
	for _, private := range []string{"run", "cluster"} {
		info, err := os.Stat(filepath.Join(dir, private))
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s is open to others: %v, %v", private, info.Mode(), err)
		}
	}
	run(t, address, "CREATE TABLE kept AS SELECT 'still here' AS word")
	stop(t, s)
	select {
	case <-s.Exited():
	default:
		t.Error("it is stopped and does not say so")
	}
	if got := ask(t, start(t, dir).URL("postgres", "postgres"), "SELECT word FROM kept"); got != "still here" {
		t.Errorf("after a second start there is %q", got)
	}
}

func run(t *testing.T, address, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestAFolderHasOneProgram(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	start(t, dir)
	_, err := pgembed.Start(t.Context(), pgembed.Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "in use by another running program (process "+strconv.Itoa(os.Getpid())+")") {
		t.Errorf("got %v", err)
	}
}

func TestAFolderOfAnotherVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	cluster := filepath.Join(dir, "cluster")
	if err := os.MkdirAll(cluster, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cluster, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := pgembed.Start(t.Context(), pgembed.Config{Dir: dir})
	for _, word := range []string{"made by PostgreSQL 9", "install PostgreSQL 9", "pg_dump", "not touched"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v, want %q in it", err, word)
		}
	}
	if entries, err := os.ReadDir(cluster); err != nil || len(entries) != 1 {
		t.Errorf("the folder was changed: %v, %v", entries, err)
	}
}

func TestKillingTheServerLosesNothing(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, dir)
	run(t, s.URL("postgres", "postgres"), "CREATE TABLE kept AS SELECT 'still here' AS word")
	run(t, s.URL("postgres", "postgres"), "CHECKPOINT") // a disposable server promises no more
	pid := postmaster(t, dir)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Exited()
	stop(t, s)
	// The number in the file that the kill left behind now belongs to a process that lives, as it may after a reboot.
	path := filepath.Join(dir, "cluster", "postmaster.pid")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("the kill left no file, the test proves nothing: %v", err)
	}
	sleeper := exec.Command("sleep", "600")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sleeper.Process.Kill(); _ = sleeper.Wait() })
	_, rest, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(path, []byte(strconv.Itoa(sleeper.Process.Pid)+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, start(t, dir).URL("postgres", "postgres"), "SELECT word FROM kept"); got != "still here" {
		t.Errorf("after the kill there is %q", got)
	}
	if syscall.Kill(sleeper.Process.Pid, 0) != nil {
		t.Error("an innocent process was ended")
	}
}

func TestKillingTheProgramEndsTheServer(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	address, program := otherProgram(t, dir)
	run(t, address, "CREATE TABLE kept AS SELECT 'still here' AS word")
	pid := postmaster(t, dir)
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait()
	gone(t, pid)
	if got := ask(t, start(t, dir).URL("postgres", "postgres"), "SELECT word FROM kept"); got != "still here" {
		t.Errorf("after the kill there is %q", got)
	}
}

// A server that outlives its killed program is stopped by the next start. Stopping it with SIGSTOP keeps it from hearing of the
// program's death until it is woken.
func TestAServerLeftBehindIsSettled(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	_, program := otherProgram(t, dir)
	pid := postmaster(t, dir)
	company(t, pid)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait()
	if syscall.Kill(pid, 0) != nil {
		t.Fatal("the server is gone, the test proves nothing")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if s, err := pgembed.Start(ctx, pgembed.Config{Dir: dir}); err == nil {
		stop(t, s)
		t.Fatal("two servers on one cluster")
	}
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
	if postmaster(t, dir) == pid {
		t.Error("the old server still serves")
	}
}

// company puts a child of the test into the process group that pid leads. Without it the group would be an orphan once the program dies,
// and the kernel wakes the stopped processes of a group that becomes one.
func company(t *testing.T, pid int) {
	t.Helper()
	cmd := exec.Command("cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: pid}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
}

// otherProgram is a program of its own with a server in dir.
func otherProgram(t *testing.T, dir string) (address string, program *exec.Cmd) {
	t.Helper()
	program = exec.Command(os.Args[0])
	program.Env = append(os.Environ(), programVariable+"="+dir)
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Process.Kill(); _ = program.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "postgres://") {
		t.Fatalf("the other program says %q, %v", line, err)
	}
	return strings.TrimSpace(line), program
}

func TestAnUnfinishedClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := os.MkdirAll(filepath.Join(dir, "cluster.new", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, start(t, dir).URL("postgres", "postgres"), "SELECT 'up'"); got != "up" {
		t.Error(got)
	}
}

func TestALongPathGetsAShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), strings.Repeat("long", 20), strings.Repeat("name", 20))
	if err := os.MkdirAll(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, start(t, dir).URL("postgres", "postgres"), "SELECT 'up'"); got != "up" {
		t.Error(got)
	}
}

func TestRootsFolderMustBeReachable(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root hands the server to another user")
	}
	dir := folder(t)
	closed := filepath.Dir(dir)
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := pgembed.Start(t.Context(), pgembed.Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), closed) || !strings.Contains(err.Error(), "may not enter") {
		t.Errorf("got %v", err)
	}
}

func TestTheLogKeepsNoValues(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, dir)
	conn, err := pgx.Connect(t.Context(), s.URL("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Exec(t.Context(), "CREATE TABLE person (id text PRIMARY KEY)")
	for range 2 {
		_, _ = conn.Exec(t.Context(), "INSERT INTO person VALUES ($1)", "hush-901234567")
	}
	_ = conn.Close(t.Context())
	stop(t, s)
	text, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
	if err != nil || !strings.Contains(string(text), "duplicate key") {
		t.Fatalf("the log holds no failure, the test proves nothing: %v\n%s", err, text)
	}
	if strings.Contains(string(text), "hush") || strings.Contains(string(text), "INSERT") {
		t.Errorf("the log holds values:\n%s", text)
	}
}
