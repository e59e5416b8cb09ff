package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"

	"tahweel/internal/secretfile"
)

// Keys are the keys that sign access tokens: ES256, the first of the file signs, all of them are good for verifying. They follow
// the file: whoever changes it (AddKey, PromoteKey, DropKey) need not restart any server. It is safe for concurrent use.
type Keys struct {
	path string
	mu   sync.Mutex
	seen fs.FileInfo // of the file that set was read from
	set  *keySet
}

// keySet is what the file held at one moment; it does not change.
type keySet struct {
	active signingKey
	order  []string                    // key ids as in the file
	public map[string]*ecdsa.PublicKey // by key id
}

type signingKey struct {
	id      string
	private *ecdsa.PrivateKey
}

// OpenKeys reads the signing keys from the file at path, in a folder that exists, and makes the file with one key at first
// start. It is as strict about who may read it as the keyset (secretfile.Read). The file is a row of PEM blocks "PRIVATE KEY"
// (PKCS #8, P-256).
func OpenKeys(path string) (*Keys, error) {
	content, err := secretfile.Update(path, func(old []byte) ([]byte, error) {
		if old != nil {
			return old, nil
		}
		return newKeyPEM()
	})
	if err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	set, err := parseKeys(content)
	if err != nil {
		return nil, fmt.Errorf("signing keys: %s: %w", path, err)
	}
	return &Keys{path: path, set: set}, nil
}

// current returns the keys as the file has them now. Looking whether it changed costs a microsecond, a signature a hundred, so it
// is done each time. A file that cannot be read, or that is no key file, leaves the keys as they were.
func (k *Keys) current() *keySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	info, err := os.Stat(k.path)
	if err != nil || k.seen != nil && os.SameFile(info, k.seen) && info.ModTime().Equal(k.seen.ModTime()) && info.Size() == k.seen.Size() {
		return k.set
	}
	k.seen = info
	content, err := secretfile.Read(k.path)
	if err != nil {
		return k.set
	}
	if set, err := parseKeys(content); err == nil {
		k.set = set
	}
	return k.set
}

// PublicKey is the public half of a signing key, as a JSON Web Key (RFC 7517) of P-256.
type PublicKey struct {
	ID   string // the thumbprint of RFC 7638
	X, Y string // base64url
}

// Public returns the public half of every key that verifies, the one that signs first.
func (k *Keys) Public() ([]PublicKey, error) { return k.current().list() }

func (s *keySet) list() ([]PublicKey, error) {
	list := make([]PublicKey, len(s.order))
	for i, id := range s.order {
		x, y, err := coordinates(s.public[id])
		if err != nil {
			return nil, err
		}
		list[i] = PublicKey{ID: id, X: x, Y: y}
	}
	return list, nil
}

// ListKeys returns the keys in the file at path, the one that signs first.
func ListKeys(path string) ([]PublicKey, error) {
	set, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	return set.list()
}

// AddKey makes a new key at the end of the file and returns its id: it is published and verifies, but does not sign yet.
func AddKey(path string) (id string, err error) {
	return id, change(path, func(blocks []keyBlock) ([]keyBlock, error) {
		content, err := newKeyPEM()
		if err != nil {
			return nil, err
		}
		made, err := parseBlocks(content)
		if err != nil {
			return nil, err
		}
		id = made[0].id
		return append(blocks, made[0]), nil
	})
}

// PromoteKey makes the key of the id the one that signs. What the others have signed stays good.
func PromoteKey(path, id string) error {
	return change(path, func(blocks []keyBlock) ([]keyBlock, error) {
		chosen, rest, err := take(blocks, id)
		if err != nil {
			return nil, err
		}
		return append([]keyBlock{chosen}, rest...), nil
	})
}

// DropKey removes the key of the id: every token that it signed ends. It refuses the key that signs.
func DropKey(path, id string) error {
	return change(path, func(blocks []keyBlock) ([]keyBlock, error) {
		if blocks[0].id == id {
			return nil, errors.New("this key signs; promote another one first")
		}
		_, rest, err := take(blocks, id)
		return rest, err
	})
}

// keyBlock is a key as the file has it.
type keyBlock struct {
	signingKey
	pem []byte
}

// take parts the key of the id from the others.
func take(blocks []keyBlock, id string) (chosen keyBlock, rest []keyBlock, err error) {
	for _, b := range blocks {
		if b.id == id {
			chosen = b
		} else {
			rest = append(rest, b)
		}
	}
	if len(rest) == len(blocks) {
		return keyBlock{}, nil, errors.New("there is no key of this id in the file")
	}
	return chosen, rest, nil
}

// change replaces the keys of the file, which must exist, by what fn makes of them.
func change(path string, fn func([]keyBlock) ([]keyBlock, error)) error {
	_, err := secretfile.Update(path, func(old []byte) ([]byte, error) {
		blocks, err := parseBlocks(old)
		if err != nil {
			return nil, err
		}
		if blocks, err = fn(blocks); err != nil {
			return nil, err
		}
		var content []byte
		for _, b := range blocks {
			content = append(content, b.pem...)
		}
		return content, nil
	})
	if err != nil {
		return fmt.Errorf("signing keys: %s: %w", path, err)
	}
	return nil
}

// ReadKeys is OpenKeys without making anything: for looking at an installation or at a backup. It fails with fs.ErrNotExist if
// there is no file.
func ReadKeys(path string) (*Keys, error) {
	set, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	return &Keys{path: path, set: set}, nil
}

func readKeyFile(path string) (*keySet, error) {
	content, err := secretfile.Read(path)
	if err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	set, err := parseKeys(content)
	if err != nil {
		return nil, fmt.Errorf("signing keys: %s: %w", path, err)
	}
	return set, nil
}

func newKeyPEM() ([]byte, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func parseKeys(content []byte) (*keySet, error) {
	blocks, err := parseBlocks(content)
	if err != nil {
		return nil, err
	}
	set := &keySet{active: blocks[0].signingKey, public: map[string]*ecdsa.PublicKey{}}
	for _, b := range blocks {
		if set.public[b.id] == nil {
			set.order = append(set.order, b.id)
		}
		set.public[b.id] = &b.private.PublicKey
	}
	return set, nil
}

// parseBlocks returns at least one key, or fails.
func parseBlocks(content []byte) ([]keyBlock, error) {
	var blocks []keyBlock
	for {
		var block *pem.Block
		if block, content = pem.Decode(content); block == nil {
			break
		}
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		private, ok := parsed.(*ecdsa.PrivateKey)
		if block.Type != "PRIVATE KEY" || err != nil || !ok || private.Curve != elliptic.P256() {
			return nil, fmt.Errorf("key %d is not a P-256 private key in PKCS #8", len(blocks)+1)
		}
		id, err := thumbprint(&private.PublicKey)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, keyBlock{signingKey{id: id, private: private}, pem.EncodeToMemory(block)})
	}
	if len(blocks) == 0 {
		return nil, errors.New("there is no key in this file; restore it from its backup, or remove it and every token ends")
	}
	return blocks, nil
}

// coordinates are those of the key's point, as a JSON Web Key has them.
func coordinates(key *ecdsa.PublicKey) (x, y string, err error) {
	point, err := key.Bytes() // 0x04, then X and Y of 32 bytes each
	if err != nil {
		return "", "", fmt.Errorf("public key: %w", err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return b64(point[1:33]), b64(point[33:]), nil
}

// thumbprint is the key id: the JWK thumbprint of RFC 7638, so that equal keys have equal ids everywhere.
func thumbprint(key *ecdsa.PublicKey) (string, error) {
	x, y, err := coordinates(key)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}`, x, y))
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// Format prints nothing of the keys, whatever the verb.
func (k *Keys) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("identity.Keys(hidden)")) }

// LogValue logs nothing of the keys.
func (k *Keys) LogValue() slog.Value { return slog.StringValue("identity.Keys(hidden)") }
