package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// PrivateKey is the key by which a client proves who it is. It is for programs that act as a client, such as the command line.
type PrivateKey struct {
	public ClientKey
	signer crypto.Signer
}

// NewPrivateKey makes a key for one of Algorithms.
func NewPrivateKey(algorithm string) (PrivateKey, error) {
	var signer crypto.Signer
	var err error
	switch algorithm {
	case algES256:
		signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case algPS256:
		signer, err = rsa.GenerateKey(rand.Reader, 3072)
	case algEdDSA:
		_, signer, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = errors.New("there is no such algorithm")
	}
	if err != nil {
		return PrivateKey{}, fmt.Errorf("identity: make a key: %w", err)
	}
	return privateKeyOf(signer)
}

// ParsePrivateKey reads what PEM returns.
func ParsePrivateKey(content []byte) (PrivateKey, error) {
	block, _ := pem.Decode(content)
	if block == nil || block.Type != "PRIVATE KEY" {
		return PrivateKey{}, errors.New("identity: there is no PEM block PRIVATE KEY")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	signer, ok := parsed.(crypto.Signer)
	if err != nil || !ok {
		return PrivateKey{}, errors.New("identity: not a private key in PKCS #8")
	}
	return privateKeyOf(signer)
}

func privateKeyOf(signer crypto.Signer) (PrivateKey, error) {
	public, err := newClientKey(signer.Public())
	if err != nil {
		return PrivateKey{}, fmt.Errorf("identity: a key: %w", err)
	}
	return PrivateKey{public: public, signer: signer}, nil
}

// Public returns the half that others may know.
func (k PrivateKey) Public() ClientKey { return k.public }

// PEM returns the key as a PEM block PRIVATE KEY (PKCS #8).
func (k PrivateKey) PEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.signer)
	if err != nil {
		return nil, fmt.Errorf("identity: a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Assert returns an assertion (RFC 7523, section 3) by which the client asks the authorization server for a token, once, within a
// minute from now.
func (k PrivateKey) Assert(clientID, server string, now time.Time) (string, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return "", fmt.Errorf("identity: an assertion: %w", err)
	}
	token := jwt.NewWithClaims(jwt.GetSigningMethod(k.public.Algorithm), jwt.MapClaims{
		"iss": clientID, "sub": clientID, "aud": server, "jti": id.String(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	})
	token.Header["kid"] = k.public.ID
	signed, err := token.SignedString(k.signer)
	if err != nil {
		return "", fmt.Errorf("identity: sign an assertion: %w", err)
	}
	return signed, nil
}

// Format prints nothing of the key, whatever the verb.
func (k PrivateKey) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte("identity.PrivateKey(hidden)"))
}

// LogValue logs nothing of the key.
func (k PrivateKey) LogValue() slog.Value { return slog.StringValue("identity.PrivateKey(hidden)") }
