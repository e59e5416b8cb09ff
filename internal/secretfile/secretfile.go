// Package secretfile keeps a small secret in a file outside the database: made once, readable by its owner alone, replaced as a
// whole or not at all, also when several processes start at once or one is killed while writing. It imports nothing of ours.
package secretfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxBytes bounds what is read: a secret is a few keys, and whatever is larger is not one.
const maxBytes = 1 << 20

// OpenToOthersError says that somebody besides the owner may read or write a secret.
type OpenToOthersError struct {
	Path string
	Mode fs.FileMode
}

// Error tells the operator what to do.
func (e *OpenToOthersError) Error() string {
	return fmt.Sprintf("%s holds keys and others may use it (mode %04o); run: chmod 600 %s, and think of the keys as seen",
		e.Path, e.Mode.Perm(), e.Path)
}

// Read returns the content of the secret at path. It fails with fs.ErrNotExist if there is none, with *OpenToOthersError if its
// mode grants anything to group or others, and if it is not a regular file or exceeds 1 MiB.
func Read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, &OpenToOthersError{Path: path, Mode: info.Mode()}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(data) > maxBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxBytes)
	}
	return data, nil
}

// Update replaces the secret at path by what change makes of it, and returns the new content. One process at a time is inside
// change, which gets nil when there is no secret yet; if it returns what it got, nothing is written. When Update returns, the
// content is on disk; whoever reads meanwhile, or after a crash at any moment, finds the old or the new content, whole.
// The folder must exist; a file named path with ".lock" added stays beside the secret.
func Update(path string, change func(old []byte) ([]byte, error)) ([]byte, error) {
	unlock, err := lock(path + ".lock")
	if err != nil {
		return nil, err
	}
	defer unlock()
	old, err := Read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	data, err := change(old)
	if err != nil {
		return nil, err
	}
	if old != nil && string(data) == string(old) {
		return data, nil
	}
	if err := write(path, data); err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return data, nil
}

// Write stores data as the secret at path, whatever was there, under the promises of Update; also a file that others could
// read is replaced by one that they cannot.
func Write(path string, data []byte) error {
	unlock, err := lock(path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if err := write(path, data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// write needs the lock: the temporary name is always the same, so that a crash leaves at most one such file and the next
// write removes it.
func write(path string, data []byte) error {
	temporary := path + ".new"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the rename itself durable.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// lock waits for the lock that the file at path stands for. The kernel releases it when its holder dies.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}
