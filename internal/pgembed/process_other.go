//go:build unix && !linux

package pgembed

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes puts the server into a process group of its own, so that Ctrl-C reaches only this program, which then stops it in
// order. Where the kernel has no parent's death signal, a server outlives a killed program until the next start settles it.
func attributes(who user) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who.credential(), Setpgid: true}
}

// residents is the recorded postmaster, if the process of that number is a PostgreSQL on this cluster.
func residents(cluster string) []int {
	lines := pidFile(cluster)
	if len(lines) == 0 {
		return nil
	}
	pid, err := strconv.Atoi(lines[0])
	if err != nil || pid <= 0 {
		return nil
	}
	out, err := exec.Command("ps", "-o", "command=", "-p", lines[0]).Output() //nolint:noctx // a moment
	if err != nil || !strings.Contains(string(out), cluster) {
		return nil
	}
	return []int{pid}
}
