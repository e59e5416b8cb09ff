package pgembed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// paths are where things lie.
type paths struct {
	cluster   string // PGDATA
	run       string // the folder of the socket
	log       string // what the server says
	temporary string // the folder to remove in the end, if the socket's had to be elsewhere
}

// maxSocket is the longest path of a unix socket in bytes: 108 in Linux's sockaddr_un with its final zero, 104 on macOS.
const maxSocket = 103

// claim takes the folder for this program until the file is closed or the program ends, however it ends.
func claim(dir string, who user) (*os.File, error) {
	if err := os.MkdirAll(dir, who.folderMode()); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if err := who.canReach(dir); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the data folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("the data folder %s is in use by another running program%s: stop that one first, or choose another folder", dir, holder(dir))
		}
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if err := lock.Truncate(0); err == nil {
		_, _ = lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return lock, nil
}

// holder says which process has the folder, if it left its number.
func holder(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "lock"))
	if pid := strings.TrimSpace(string(text)); err == nil && pid != "" {
		return " (process " + pid + ")"
	}
	return ""
}

// lay makes the folders inside dir.
func lay(dir string, who user) (paths, error) {
	p := paths{cluster: filepath.Join(dir, "cluster"), run: filepath.Join(dir, "run"), log: filepath.Join(dir, "postgres.log")}
	if err := os.Chmod(dir, who.folderMode()); err != nil {
		return p, fmt.Errorf("close the data folder to others: %w", err)
	}
	if len(filepath.Join(p.run, ".s.PGSQL."+port)) > maxSocket {
		short, err := os.MkdirTemp("", "tahweel-")
		if err != nil {
			return p, fmt.Errorf("make the folder of the socket: %w", err)
		}
		p.run, p.temporary = short, short
		if err := who.canReach(short); err != nil {
			return p, err
		}
	} else if err := os.Mkdir(p.run, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return p, fmt.Errorf("make the folder of the socket: %w", err)
	}
	if err := os.Chmod(p.run, 0o700); err != nil { //nolint:gosec // a folder
		return p, fmt.Errorf("close the folder of the socket to others: %w", err)
	}
	return p, who.own(p.run)
}
