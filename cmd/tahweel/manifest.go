package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// manifestFile lies in each half of a backup and says what the half holds.
const manifestFile = "manifest.json"

// manifestFormat is the version of manifests that this program writes and reads.
const manifestFormat = 1

// manifest describes one half of a backup: the database, or the keys. The fingerprint says which two halves belong together.
type manifest struct {
	Format      int               `json:"format"`
	Half        string            `json:"half"` // database or keys
	MadeAt      time.Time         `json:"made_at"`
	Program     string            `json:"program"` // version of tahweel
	Fingerprint string            `json:"keyset_fingerprint"`
	Schema      int64             `json:"schema,omitempty"`     // of the database: its last migration
	PostgreSQL  int               `json:"postgresql,omitempty"` // major version
	Files       map[string]string `json:"sha256"`               // by name
}

const (
	halfDatabase = "database"
	halfKeys     = "keys"
	dumpFile     = "database.dump"
)

// write completes the manifest with the hashes of the files in dir, and puts it there last: a half without one is not whole.
func (m manifest) write(dir string, files ...string) error {
	m.Format, m.Program, m.Files = manifestFormat, version, map[string]string{}
	for _, name := range files {
		sum, err := hashOf(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		m.Files[name] = sum
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeOwn(filepath.Join(dir, manifestFile), append(text, '\n'))
}

// readManifest reads the manifest of a half, and fails unless every file in it is there and is what was written.
func readManifest(dir, half string) (manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return manifest{}, fmt.Errorf("%s holds no backup, or one that was not finished: it has no %s", dir, manifestFile)
	}
	if err != nil {
		return manifest{}, err
	}
	var m manifest
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	switch err := decoder.Decode(&m); {
	case err != nil:
		return manifest{}, fmt.Errorf("%s: the manifest cannot be read: %w", dir, err)
	case m.Format != manifestFormat:
		return manifest{}, fmt.Errorf("%s: the backup is of format %d, and this program reads %d", dir, m.Format, manifestFormat)
	case m.Half != half:
		return manifest{}, fmt.Errorf("%s holds the %s of a backup, not the %s", dir, m.Half, half)
	}
	required := map[string][]string{halfDatabase: {dumpFile}, halfKeys: {sealingFile, signingFile}}[half]
	for _, name := range required {
		if m.Files[name] == "" || len(m.Files) != len(required) {
			return manifest{}, fmt.Errorf("%s: the manifest does not list just %v", dir, required)
		}
		sum, err := hashOf(filepath.Join(dir, name))
		if err != nil {
			return manifest{}, err
		}
		if sum != m.Files[name] {
			return manifest{}, fmt.Errorf("%s is not what was written: its hash differs from the manifest's; use another backup", filepath.Join(dir, name))
		}
	}
	return m, nil
}

func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// newFolder makes a folder of its owner's alone for one half. It must not exist or be empty: a backup overwrites nothing.
func newFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the backup: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty, and a backup overwrites nothing: name a new folder", dir)
	}
	return os.Chmod(dir, 0o700) //nolint:gosec // a folder
}

// apart fails if one folder is the other or lies in it: whoever had the one would have both.
func apart(a, b string) error {
	resolved := make([]string, 2)
	for i, dir := range []string{a, b} {
		path, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		resolved[i] = resolve(path)
	}
	for _, pair := range [][2]string{{resolved[0], resolved[1]}, {resolved[1], resolved[0]}} {
		if rel, err := filepath.Rel(pair[0], pair[1]); err == nil && (rel == "." || filepath.IsLocal(rel)) {
			return fmt.Errorf("%s and %s are not apart: whoever has both halves of a backup reads everything; keep the keys at another place", a, b)
		}
	}
	return nil
}

// resolve follows links as far as the path exists.
func resolve(path string) string {
	var rest []string
	for at := path; ; at = filepath.Dir(at) {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			slices.Reverse(rest)
			return filepath.Join(append([]string{real}, rest...)...)
		}
		if at == filepath.Dir(at) {
			return path
		}
		rest = append(rest, filepath.Base(at))
	}
}
