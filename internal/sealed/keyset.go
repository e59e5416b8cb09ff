// Package sealed encrypts the personal fields of a record and finds people without storing what they are found by. Each person
// has a data key of their own, stored wrapped by the keyset, which is a file outside the database: whoever holds only the
// database, a dump or its log reads nothing, and deleting a wrapped data key erases that person in every copy (policy.md,
// "Personal data").
package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/google/uuid"

	"tahweel/internal/secretfile"
)

// ErrUnreadable is returned for a ciphertext that does not open: it was changed, moved to another place or person, or its key is
// gone. It says no more, and neither should whoever reports it.
var ErrUnreadable = errors.New("sealed: the ciphertext does not open under this key at this place")

// Keyset holds the keys that wrap the data keys of persons, and the keys of the blind indexes. It is safe for concurrent use.
type Keyset struct {
	path string

	mu      sync.RWMutex
	content []byte // of the file when it was last read
	keys    *keys
}

// OpenKeyset reads the keyset from the file at path, in a folder that exists. At first start it makes the file, readable by its
// owner alone; an index that an older file lacks gets its key. A file that others may read is refused with the sentence of
// *secretfile.OpenToOthersError; one that is damaged is refused and left as it is. Processes that start at once end with one
// keyset. Losing the file loses every sealed field: it belongs in a backup of its own.
func OpenKeyset(path string) (*Keyset, error) {
	ks := &Keyset{path: path}
	if err := ks.update(func(k *keys) error { return k.complete() }); err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	return ks, nil
}

// ReadKeyset reads the keyset from the file at path and neither makes nor changes anything: for looking at an installation or at
// a backup. It fails with fs.ErrNotExist if there is none, and otherwise as OpenKeyset does.
func ReadKeyset(path string) (*Keyset, error) {
	content, err := secretfile.Read(path)
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", err)
	}
	k, err := parse(content)
	if err == nil && (k.wrappingHandle == nil || len(k.indexHandles) == 0) {
		err = errors.New("keys are missing in this keyset; restore it from its backup")
	}
	if err == nil {
		err = k.build()
	}
	if err != nil {
		return nil, fmt.Errorf("keyset: %s: %w", path, err)
	}
	ks := &Keyset{path: path}
	ks.adopt(content, k)
	return ks, nil
}

// Rotate adds a new wrapping key and wraps with it from now on; what older keys wrapped still opens. The new key is on disk
// before Rotate returns. Other processes that hold the same file find the new key when they first meet what it wrapped.
func (ks *Keyset) Rotate() error {
	if err := ks.update(func(k *keys) error { return k.rotate() }); err != nil {
		return fmt.Errorf("rotate the keyset: %w", err)
	}
	return nil
}

// NewPersonKey makes a data key for the person and returns it with its wrapped form, which is what the database stores.
func (ks *Keyset) NewPersonKey(person uuid.UUID) (Key, []byte, error) {
	raw, key, err := newKey()
	if err != nil {
		return Key{}, nil, err
	}
	wrapped, err := ks.current().wrapping.Encrypt(raw, wrappedFor(person))
	if err != nil {
		return Key{}, nil, fmt.Errorf("wrap a data key: %w", err)
	}
	return key, wrapped, nil
}

// Unwrap opens a data key that NewPersonKey wrapped for the same person; anything else is ErrUnreadable.
func (ks *Keyset) Unwrap(person uuid.UUID, wrapped []byte) (Key, error) {
	raw, err := ks.current().wrapping.Decrypt(wrapped, wrappedFor(person))
	if err != nil && ks.reload() {
		raw, err = ks.current().wrapping.Decrypt(wrapped, wrappedFor(person))
	}
	if err != nil {
		return Key{}, ErrUnreadable
	}
	return keyOf(raw)
}

// wrappedFor binds a wrapped key to its person, so that it does not open under another's id.
func wrappedFor(person uuid.UUID) []byte {
	return append([]byte("tahweel data key 1\x00"), person[:]...)
}

// update lets change work on the keys of the file and adopts what is then on disk.
func (ks *Keyset) update(change func(*keys) error) error {
	var now *keys
	content, err := secretfile.Update(ks.path, func(old []byte) ([]byte, error) {
		k, err := parse(old)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", ks.path, err)
		}
		if err := change(k); err != nil {
			return nil, err
		}
		if err := k.build(); err != nil {
			return nil, fmt.Errorf("%s: %w", ks.path, err)
		}
		now = k
		if !k.changed {
			return old, nil
		}
		return k.marshal()
	})
	if err != nil {
		return err
	}
	ks.adopt(content, now)
	return nil
}

// reload reads the file again and reports whether it holds other keys than before: another process may have rotated it.
func (ks *Keyset) reload() bool {
	content, err := secretfile.Read(ks.path)
	if err != nil || bytes.Equal(content, ks.lastContent()) {
		return false
	}
	k, err := parse(content)
	if err != nil || k.build() != nil {
		return false
	}
	ks.adopt(content, k)
	return true
}

func (ks *Keyset) adopt(content []byte, k *keys) {
	ks.mu.Lock()
	defer ks.mu.Unlock()
	ks.content, ks.keys = content, k
}

func (ks *Keyset) current() *keys {
	ks.mu.RLock()
	defer ks.mu.RUnlock()
	return ks.keys
}

func (ks *Keyset) lastContent() []byte {
	ks.mu.RLock()
	defer ks.mu.RUnlock()
	return ks.content
}

// Format prints nothing of the keys, whatever the verb.
func (ks *Keyset) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("sealed.Keyset(hidden)")) }

// LogValue logs nothing of the keys.
func (ks *Keyset) LogValue() slog.Value { return slog.StringValue("sealed.Keyset(hidden)") }
