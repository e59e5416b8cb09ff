package pgembed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is the postmaster, the server's first process.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// start starts cmd on a thread that lives as long as the process: Linux sends the parent's death signal when the thread that
// forked ends, not when the program does.
func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended stands in its log
		}
		close(p.done)
	}()
	return p, <-started
}

// stop asks for a fast shutdown (SIGINT), and for an immediate one (SIGQUIT) when ctx ends.
func (p *process) stop(ctx context.Context) error {
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	}
	_ = p.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-p.done:
		return fmt.Errorf("the database was stopped at once and will recover at the next start: %w", ctx.Err())
	case <-time.After(10 * time.Second):
		return fmt.Errorf("the database does not stop (process %d)", p.cmd.Process.Pid)
	}
}

// ready reports whether the postmaster with this number has written into its file that it accepts connections: line 8 of
// postmaster.pid, as pg_ctl reads it.
func ready(cluster string, pid int) bool {
	lines := pidFile(cluster)
	return len(lines) >= 8 && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}

func pidFile(cluster string) []string {
	text, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if err != nil {
		return nil
	}
	return strings.Split(string(text), "\n")
}

// forgetReusedPID helps after a kill of the server: its file postmaster.pid stays, and if the number in it meanwhile belongs to
// another process of the same user, as it soon does in a container, PostgreSQL refuses to start. settleResidents has made sure
// that no server is left. The file itself must stay, because PostgreSQL checks by it that no memory is shared with survivors;
// only the number is replaced, by our own, which PostgreSQL ignores as its parent's.
func forgetReusedPID(cluster string) error {
	lines := pidFile(cluster)
	if len(lines) < 2 {
		return nil
	}
	path := filepath.Join(cluster, "postmaster.pid")
	lines[0] = strconv.Itoa(os.Getpid())
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return fmt.Errorf("open the server's pid file: %w", err)
	}
	_, err = file.WriteString(strings.Join(lines, "\n"))
	return errors.Join(err, file.Close())
}

// settleResidents ends what a killed program has left running on the cluster. Killing the program makes Linux shut the
// server down, so usually it only waits for that to finish.
func settleResidents(ctx context.Context, cluster string, log io.Writer) error {
	alive := residents(cluster)
	if len(alive) == 0 {
		return nil
	}
	fmt.Fprintln(log, "stopping a database server that an earlier run left behind")
	gone := func() (bool, error) { return len(residents(cluster)) == 0, nil }
	if lines := pidFile(cluster); len(lines) > 0 {
		if postmaster, err := strconv.Atoi(lines[0]); err == nil && slices.Contains(alive, postmaster) {
			_ = syscall.Kill(postmaster, syscall.SIGINT)
		}
	}
	if err := until(ctx, 20*time.Second, gone); err == nil {
		return nil
	}
	for _, pid := range residents(cluster) {
		_ = syscall.Kill(pid, syscall.SIGQUIT)
	}
	if err := until(ctx, 10*time.Second, gone); err != nil {
		return fmt.Errorf("a database server of an earlier run still uses %s (processes %v): stop it by hand: %w", cluster, residents(cluster), err)
	}
	return nil
}
