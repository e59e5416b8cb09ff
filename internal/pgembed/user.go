package pgembed

import (
	"fmt"
	"os"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// user is whom the server runs as. PostgreSQL refuses to run as root, so root hands it to another.
type user struct {
	name     string
	uid, gid uint32
	other    bool // not the user of this program
}

// serverUser returns this program's own user, and for root the user postgres, or nobody where there is none.
func serverUser() (user, error) {
	if os.Geteuid() != 0 {
		return user{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := osuser.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			continue
		}
		return user{name: name, uid: uint32(uid), gid: uint32(gid), other: true}, nil
	}
	return user{}, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: start this program as an ordinary user")
}

// folderMode lets nobody into the data folder but its owner; when the server is another user, that one must pass through.
func (u user) folderMode() os.FileMode {
	if u.other {
		return 0o711
	}
	return 0o700
}

// own gives a file or folder to the server's user.
func (u user) own(path string) error {
	if !u.other {
		return nil
	}
	if err := os.Chown(path, int(u.uid), int(u.gid)); err != nil {
		return fmt.Errorf("give %s to the user %s: %w", path, u.name, err)
	}
	return nil
}

// credential makes a child process run as the user; nil if it is this program's own.
func (u user) credential() *syscall.Credential {
	if !u.other {
		return nil
	}
	return &syscall.Credential{Uid: u.uid, Gid: u.gid}
}

// canReach refuses a folder with a parent that the user may not pass through.
func (u user) canReach(dir string) error {
	if !u.other {
		return nil
	}
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return fmt.Errorf("look at the data folder: %w", err)
		}
		if !u.mayEnter(info) {
			return fmt.Errorf("the data folder %s lies inside %s, which the user %s, as whom root runs the database, may not enter: choose a folder elsewhere, for example below /var/lib, or run this program as an ordinary user", dir, parent, u.name)
		}
		if parent == filepath.Dir(parent) {
			return nil
		}
	}
}

func (u user) mayEnter(info os.FileInfo) bool {
	mode := info.Mode().Perm()
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case ok && owner.Uid == u.uid:
		return mode&0o100 != 0
	case ok && owner.Gid == u.gid:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}
