package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pgbench runs a script with PostgreSQL's own program: prepared statements over the same kind of connection, and nothing around
// them.
type pgbench struct {
	program string
	dir     string
	url     string
	script  script
}

func newPgbench(program, dir, url string, s script) (*pgbench, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	for i, text := range s.files {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.sql", i)), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return &pgbench{program: program, dir: dir, url: url, script: s}, nil
}

func (p *pgbench) name() string { return p.script.title }

// sampled is the share of pgbench's transactions whose times are written down; all of them would cost it speed.
const sampled = 0.2

var rate = regexp.MustCompile(`tps = ([0-9.]+) \(without`)

func (p *pgbench) turn(ctx context.Context, length time.Duration, connections int) (score, error) {
	args := []string{
		"--no-vacuum", "--protocol=prepared", "--client=" + strconv.Itoa(connections), "--jobs=" + strconv.Itoa(min(2, connections)),
		"--time=" + strconv.Itoa(int(length.Seconds())), "--log", "--log-prefix=times", fmt.Sprint("--sampling-rate=", sampled),
	}
	for _, name := range slices.Sorted(maps.Keys(p.script.variables)) {
		args = append(args, "--define="+name+"="+p.script.variables[name])
	}
	for i := range p.script.files {
		args = append(args, fmt.Sprintf("--file=%d.sql@1", i))
	}
	cmd := exec.CommandContext(ctx, p.program, append(args, p.url)...) //nolint:gosec // the database's own program
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c role=tahweel_app -c search_path=public -c timezone=UTC -c jit=off -c statement_timeout=5s")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return score{}, fmt.Errorf("pgbench: %w\n%s", err, complaint.Bytes())
	}
	found := rate.FindSubmatch(out)
	if found == nil {
		return score{}, fmt.Errorf("pgbench says no rate:\n%s", out)
	}
	times, err := p.times()
	s := newScore(length, times)
	s.perSecond, _ = strconv.ParseFloat(string(found[1]), 64)
	return s, err
}

// times reads and removes the times that pgbench wrote down: the third word of each line, in microseconds.
func (p *pgbench) times() (times []time.Duration, err error) {
	files, err := filepath.Glob(filepath.Join(p.dir, "times.*"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			words := strings.Fields(lines.Text())
			if len(words) < 3 {
				continue
			}
			us, err := strconv.Atoi(words[2])
			if err != nil {
				return nil, errors.New("pgbench wrote a time that is no number")
			}
			times = append(times, time.Duration(us)*time.Microsecond)
		}
		if err := os.Remove(name); err != nil {
			return nil, err
		}
	}
	return times, nil
}
