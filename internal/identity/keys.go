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
	"log/slog"

	"tahweel/internal/secretfile"
)

// Keys are the keys that sign access tokens: ES256, the first active, all of them good for verifying. They never change while a
// process runs.
type Keys struct {
	active signingKey
	public map[string]*ecdsa.PublicKey // by key id
}

type signingKey struct {
	id      string
	private *ecdsa.PrivateKey
}

// OpenKeys reads the signing keys from the file at path, in a folder that exists, and makes the file with one key at first
// start. It is as strict about who may read it as the keyset (secretfile.Read). The file is a row of PEM blocks "PRIVATE KEY"
// (PKCS #8, P-256). To change keys, put the new block first and restart every server; drop the old block when the last token
// it signed has expired.
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
	keys, err := parseKeys(content)
	if err != nil {
		return nil, fmt.Errorf("signing keys: %s: %w", path, err)
	}
	return keys, nil
}

// ReadKeys is OpenKeys without making anything: for looking at an installation or at a backup. It fails with fs.ErrNotExist if
// there is no file.
func ReadKeys(path string) (*Keys, error) {
	content, err := secretfile.Read(path)
	if err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	keys, err := parseKeys(content)
	if err != nil {
		return nil, fmt.Errorf("signing keys: %s: %w", path, err)
	}
	return keys, nil
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

func parseKeys(content []byte) (*Keys, error) {
	keys := &Keys{public: map[string]*ecdsa.PublicKey{}}
	for {
		var block *pem.Block
		if block, content = pem.Decode(content); block == nil {
			break
		}
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		private, ok := parsed.(*ecdsa.PrivateKey)
		if block.Type != "PRIVATE KEY" || err != nil || !ok || private.Curve != elliptic.P256() {
			return nil, fmt.Errorf("key %d is not a P-256 private key in PKCS #8", len(keys.public)+1)
		}
		id, err := thumbprint(&private.PublicKey)
		if err != nil {
			return nil, err
		}
		if keys.active.private == nil {
			keys.active = signingKey{id: id, private: private}
		}
		keys.public[id] = &private.PublicKey
	}
	if keys.active.private == nil {
		return nil, errors.New("there is no key in this file; restore it from its backup, or remove it and every token ends")
	}
	return keys, nil
}

// thumbprint is the key id: the JWK thumbprint of RFC 7638, so that equal keys have equal ids everywhere.
func thumbprint(key *ecdsa.PublicKey) (string, error) {
	point, err := key.Bytes() // 0x04, then X and Y of 32 bytes each
	if err != nil {
		return "", fmt.Errorf("public key: %w", err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	jwk := fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}`, b64(point[1:33]), b64(point[33:]))
	sum := sha256.Sum256([]byte(jwk))
	return b64(sum[:]), nil
}

// Format prints nothing of the keys, whatever the verb.
func (k *Keys) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("identity.Keys(hidden)")) }

// LogValue logs nothing of the keys.
func (k *Keys) LogValue() slog.Value { return slog.StringValue("identity.Keys(hidden)") }
