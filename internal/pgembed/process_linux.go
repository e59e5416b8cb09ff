package pgembed

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// attributes puts the server into a process group of its own, so that Ctrl-C reaches only this program, which then stops it in
// order; and has the kernel shut it down fast (SIGINT) if this program dies.
func attributes(who user) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who.credential(), Setpgid: true, Pdeathsig: syscall.SIGINT}
}

// residents are the processes whose working folder is the cluster, which is where every process of its server works.
func residents(cluster string) []int {
	cluster, err := filepath.EvalSymlinks(cluster)
	if err != nil {
		return nil
	}
	entries, _ := filepath.Glob("/proc/[0-9]*")
	var pids []int
	for _, entry := range entries {
		cwd, err := os.Readlink(filepath.Join(entry, "cwd"))
		if err != nil || cwd != cluster {
			continue
		}
		exe, err := os.Readlink(filepath.Join(entry, "exe"))
		if err != nil || !strings.HasPrefix(filepath.Base(exe), "postgres") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(entry)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
