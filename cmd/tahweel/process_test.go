package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program, built once for all tests by TestMain: signals, exit codes and what a kill leaves behind can only be seen
// on the real one.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "tahweel-cmd-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		binary = filepath.Join(dir, "tahweel")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
			return 1
		}
		defer shared.stop()
		return m.Run()
	}())
}

// folderFor makes a folder that the database's user may enter when root runs the tests; t.TempDir's parent is closed to others.
func folderFor(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tahweel-test-") //nolint:usetesting // see above
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// patience is how long a test waits for the program to say something; on a busy machine a first start takes minutes.
const patience = 8 * time.Minute

// process is a running program.
type process struct {
	cmd    *exec.Cmd
	lines  chan string // of standard output; closed at its end
	seen   strings.Builder
	stderr lockedBuffer
}

// launch starts the program in dir with nothing of the tests' own settings in its environment.
func launch(dir string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(binary, args...), lines: make(chan string, 100)}
	p.cmd.Dir = dir
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir()}
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			p.lines <- scanner.Text()
		}
	}()
	return p, nil
}

// start is launch for a test, which kills the program should it fail.
func start(t testing.TB, dir string, args ...string) *process {
	t.Helper()
	p, err := launch(dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	return p
}

// until reads what the program prints up to a line that holds text, and returns that line.
func (p *process) until(text string) (string, error) {
	late := time.After(patience)
	for {
		select {
		case line, more := <-p.lines:
			if !more {
				return "", fmt.Errorf("the program ended before it said %q; it said %q and %q", text, p.seen.String(), p.stderr.String())
			}
			p.seen.WriteString(line + "\n")
			if strings.Contains(line, text) {
				return line, nil
			}
		case <-late:
			return "", fmt.Errorf("the program does not say %q; it said %q and %q", text, p.seen.String(), p.stderr.String())
		}
	}
}

func (p *process) await(t testing.TB, text string) string {
	t.Helper()
	line, err := p.until(text)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// terminate asks the program to stop and returns how it ended.
func (p *process) terminate() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.end()
}

// end waits for the program.
func (p *process) end() error {
	for line := range p.lines {
		p.seen.WriteString(line + "\n")
	}
	return p.cmd.Wait()
}

// finish runs the program to its end and returns its exit code, standard output and standard error.
func finish(t testing.TB, dir string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p := start(t, dir, args...)
	_ = p.end()
	return p.cmd.ProcessState.ExitCode(), p.seen.String(), p.stderr.String()
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// postgresIn returns the processes that work below dir, as every process of a private server does; nil where there is no /proc.
func postgresIn(dir string) []string {
	entries, _ := filepath.Glob("/proc/[0-9]*/cwd")
	var found []string
	for _, entry := range entries {
		cwd, err := os.Readlink(entry)
		exe, _ := os.Readlink(filepath.Join(filepath.Dir(entry), "exe"))
		if err == nil && strings.HasPrefix(cwd, dir+"/") && strings.Contains(exe, "postgres") {
			found = append(found, entry)
		}
	}
	return found
}

// sharedDemo is one demonstration, the whole one, for all tests that do not stop it. It is made by the first that wants it.
type sharedDemo struct {
	once    sync.Once
	dir     string
	process *process
	ready   ready
	err     error
}

var shared sharedDemo

func demonstration(t testing.TB) *sharedDemo {
	t.Helper()
	shared.once.Do(shared.start)
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return &shared
}

func (d *sharedDemo) start() {
	if d.dir, d.err = os.MkdirTemp("", "tahweel-demo-"); d.err != nil {
		return
	}
	if d.err = os.Chmod(d.dir, 0o711); d.err != nil {
		return
	}
	file := filepath.Join(d.dir, "ready.json")
	if d.process, d.err = launch(d.dir, "demo", "--addr", "127.0.0.1:0", "--ready-file", file); d.err != nil {
		return
	}
	if _, d.err = d.process.until("Tahweel is at"); d.err == nil {
		d.ready, d.err = readReady(file)
	}
}

func (d *sharedDemo) stop() {
	if d.process == nil {
		return
	}
	go func() {
		for range d.process.lines { // so that the program can go on printing
		}
	}()
	if err := d.process.cmd.Process.Signal(syscall.SIGTERM); err == nil {
		_ = d.process.cmd.Wait()
	}
	_ = os.RemoveAll(d.dir)
}

func readReady(path string) (r ready, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return r, err
	}
	if info.Mode().Perm() != fs.FileMode(0o600) {
		return r, fmt.Errorf("the ready file has mode %v", info.Mode())
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	return r, err
}
