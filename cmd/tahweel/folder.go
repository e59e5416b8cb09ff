package main

import (
	"fmt"
	"os"
	"path/filepath"

	"tahweel/internal/identity"
	"tahweel/internal/sealed"
	"tahweel/internal/secretfile"
)

// dataFolder is where data lies unless a flag says otherwise: for root the system's place, for others that of the XDG base
// directory specification.
func dataFolder(getenv func(string) string) string {
	if os.Geteuid() == 0 {
		return "/var/lib/tahweel"
	}
	if base := getenv("XDG_DATA_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "tahweel")
	}
	return filepath.Join(getenv("HOME"), ".local", "share", "tahweel")
}

// folder is a data folder: db is that of the embedded database, keys holds what must never be in a database.
type folder string

func (f folder) database() string { return filepath.Join(string(f), "db") }

func (f folder) keys() string { return filepath.Join(string(f), "keys") }

// The files among the keys.
const (
	sealingFile = "sealing.keyset" // what opens the personal fields
	signingFile = "signing.pem"    // what signs access tokens
)

func (f folder) key(name string) string { return filepath.Join(f.keys(), name) }

// keysReadable fails if a key file is gone, cannot be read, or could be read by others.
func (f folder) keysReadable() error {
	for _, name := range []string{sealingFile, signingFile} {
		if _, err := secretfile.Read(f.key(name)); err != nil {
			return fmt.Errorf("key file: %w", err)
		}
	}
	return nil
}

// make makes the folder where it is missing. Others may pass through it only for root, who runs the database as another user.
func (f folder) make() error {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(string(f), mode); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return nil
}

// secrets are the keys of an installation. Whoever has them and the database has everything; either alone is worth nothing.
type secrets struct {
	sealing *sealed.Keyset
	signing *identity.Keys
}

// secrets opens the keys, and makes them at first start.
func (f folder) secrets() (secrets, error) {
	if err := f.make(); err != nil {
		return secrets{}, err
	}
	if err := os.MkdirAll(f.keys(), 0o700); err != nil {
		return secrets{}, fmt.Errorf("make the folder of the keys: %w", err)
	}
	sealing, err := sealed.OpenKeyset(f.key(sealingFile))
	if err != nil {
		return secrets{}, err
	}
	signing, err := identity.OpenKeys(f.key(signingFile))
	if err != nil {
		return secrets{}, err
	}
	return secrets{sealing: sealing, signing: signing}, nil
}
