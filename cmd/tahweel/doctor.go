package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"
)

type doctorCommand struct {
	databaseFlags
	tokenFlags
	Addr string `help:"Address that the service is to listen on." default:"${address}" env:"TAHWEEL_ADDR"`
	JSON bool   `help:"Write the findings as JSON."`
}

// level says how bad a finding is.
type level string

const (
	fine    level = "ok"
	warning level = "warning" // it works, and somebody should look
	problem level = "problem" // the service will not start, or not do its work
)

// finding is one thing that was looked at. Advice says what to do, and is empty for what is in order.
type finding struct {
	Check  string `json:"check"`
	Level  level  `json:"level"`
	Says   string `json:"says"`
	Advice string `json:"advice,omitempty"`
}

// doctor looks at an installation and changes nothing. What it asks of the machine is in fields, so that a machine in another
// state can be put in their place.
type doctor struct {
	command doctorCommand
	program *program
	zone    func(name string) error                     // fails without time zone data
	free    func(folder string) (bytes uint64, _ error) // on the disk of the folder

	findings []finding
}

var errNotInOrder = errors.New("this installation is not in order")

// Run prints what it finds and fails if something is a problem.
func (c doctorCommand) Run(ctx context.Context, p *program) error {
	d := &doctor{command: c, program: p, zone: loadZone, free: freeBytes}
	d.examine(ctx)
	if err := d.print(); err != nil {
		return err
	}
	for _, f := range d.findings {
		if f.Level == problem {
			return errNotInOrder
		}
	}
	return nil
}

func loadZone(name string) error {
	_, err := time.LoadLocation(name)
	return err
}

func freeBytes(folder string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}

func (d *doctor) examine(ctx context.Context) {
	d.configuration()
	d.timeZone()
	d.address(ctx)
	d.disk()
	keys := d.keys()
	d.database(ctx, keys)
}

// found notes a finding.
func (d *doctor) found(check string, l level, advice, says string, args ...any) {
	d.findings = append(d.findings, finding{Check: check, Level: l, Says: fmt.Sprintf(says, args...), Advice: advice})
}

func (d *doctor) print() error {
	if d.command.JSON {
		encoder := json.NewEncoder(d.program.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(struct {
			Findings []finding `json:"findings"`
		}{d.findings})
	}
	for _, f := range d.findings {
		d.program.say("%-8s %-10s %s", f.Level, f.Check, f.Says)
		if f.Advice != "" {
			d.program.say("%20s→ %s", "", f.Advice)
		}
	}
	return nil
}

func (d *doctor) configuration() {
	if err := errors.Join(d.command.tokenFlags.check(), d.command.databaseFlags.check()); err != nil {
		d.found("flags", problem, "correct the flags or the environment; tahweel serve --help lists both", "%v", err)
		return
	}
	host, local := publicHost(d.command.PublicURL)
	switch {
	case local:
		d.found("url", warning, "set TAHWEEL_PUBLIC_URL to the address that clients use, with https; tokens of another one are refused",
			"the public URL names %s: only this machine reaches it", host)
	case d.command.PublicURL[:len("http:")] == "http:":
		d.found("url", warning, "put a proxy with TLS in front and set TAHWEEL_PUBLIC_URL to its https address",
			"the public URL is without TLS: tokens would travel in the clear")
	default:
		d.found("url", fine, "", "the public URL is %s", d.command.PublicURL)
	}
}

func (d *doctor) timeZone() {
	if err := d.zone(homeZone); err != nil {
		d.found("zone", problem, "install the time zone data of the system, on Debian and Ubuntu the package tzdata",
			"the time zone %s is not known: deadlines would fall on the wrong day", homeZone)
		return
	}
	d.found("zone", fine, "", "the time zone %s is known", homeZone)
}

// address looks whether the service could listen, or does so already.
func (d *doctor) address(ctx context.Context) {
	listener, err := listen(ctx, d.command.Addr)
	if err == nil {
		_ = listener.Close()
		d.found("address", fine, "", "%s is free", d.command.Addr)
		return
	}
	if ours(ctx, d.command.Addr) {
		d.found("address", fine, "", "the service answers on %s", d.command.Addr)
		return
	}
	d.found("address", problem, "stop the other program, or choose another address with --addr", "%v", err)
}

// ours reports whether the service answers at the address.
func ours(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/healthz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK && resp.Header.Get("Api-Version") != ""
}

const (
	diskProblem = 200 << 20 // bytes: below it PostgreSQL may fail at the next checkpoint
	diskWarning = 2 << 30
)

func (d *doctor) disk() {
	existing := resolveExisting(d.command.Dir)
	bytes, err := d.free(existing)
	const advice = "make room on that disk, or move the data folder to a larger one"
	switch mb := bytes >> 20; {
	case err != nil:
		d.found("disk", warning, "look at the folder by hand", "the disk of %s cannot be asked: %v", existing, err)
	case bytes < diskProblem:
		d.found("disk", problem, advice, "only %d MB are free at %s", mb, existing)
	case bytes < diskWarning:
		d.found("disk", warning, advice, "%d MB are free at %s", mb, existing)
	default:
		d.found("disk", fine, "", "%d MB are free at %s", mb, existing)
	}
}

// skewLimit is how far the clocks of program and database may be apart: tokens are judged by the one and deadlines by the other.
const skewLimit = 2 * time.Second

// clocks compares the database's clock with the program's just before and just after it was asked.
func (d *doctor) clocks(database, before, after time.Time) {
	skew := max(before.Sub(database), database.Sub(after), 0)
	if skew > skewLimit {
		d.found("clock", problem, "have both machines take their time from the same source (NTP)",
			"the clocks of program and database are %v apart", skew.Round(time.Second))
		return
	}
	d.found("clock", fine, "", "the clocks of program and database agree")
}

func publicHost(address string) (host string, local bool) {
	host = hostOf(address)
	ip := net.ParseIP(host)
	return host, host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}
