package identity

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	jose "github.com/go-jose/go-jose/v4"

	"tahweel/internal/fault"
)

// Algorithms are those by which a client may sign its assertions. Each key has one of them, by its type: nothing that a client
// sends chooses how a key is used.
var Algorithms = []string{algES256, algPS256, algEdDSA}

const (
	algES256 = "ES256" // P-256
	algPS256 = "PS256" // RSA of 2048 to 8192 bits
	algEdDSA = "EdDSA" // Ed25519
)

const (
	minRSABits = 2048
	maxRSABits = 8192
	maxKeys    = 8 // of one client at a time
)

// ClientKey is a public key of a client.
type ClientKey struct {
	ID        string // the thumbprint of RFC 7638
	Algorithm string // one of Algorithms
	public    crypto.PublicKey
}

// JWK is the key as a JSON Web Key (RFC 7517): public, with kid, alg and use.
func (k ClientKey) JWK() (map[string]any, error) {
	b, err := json.Marshal(jose.JSONWebKey{Key: k.public, KeyID: k.ID, Algorithm: k.Algorithm, Use: "sig"})
	if err != nil {
		return nil, fmt.Errorf("identity: a public key: %w", err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("identity: a public key: %w", err)
	}
	return m, nil
}

// The faults of keys.
var (
	errPrivateKey = fault.New(fault.Refused, "private_key_sent",
		"A private key was sent. Nobody else may have it: throw it away, make a new one and send its public half.",
		"أُرسل مفتاح خاص، ولا يجوز أن يطّلع عليه أحد غيرك. تخلّص منه وأنشئ مفتاحًا جديدًا وأرسل نصفه العام فقط.")
	errWeakKey = fault.New(fault.Refused, "key_not_accepted",
		"A key is P-256, Ed25519, or RSA of 2048 to 8192 bits, public, valid and for signatures.",
		"يكون المفتاح من نوع P-256 أو Ed25519 أو RSA بطول 2048 إلى 8192 بت، عامًّا وصالحًا ومخصصًا للتوقيع.")
)

// privateMembers are the members of a JSON Web Key that only a private or a secret key has (RFC 7518, section 6).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// ParseJWK reads a public JSON Web Key. It fails with fault.Refused: private_key_sent if a part of the key is private, and
// key_not_accepted if the key is weak, of another type, or meant for another use or algorithm than signing by its own.
func ParseJWK(jwk map[string]any) (ClientKey, error) {
	for _, private := range privateMembers {
		if _, there := jwk[private]; there {
			return ClientKey{}, errPrivateKey
		}
	}
	text, err := json.Marshal(jwk)
	if err != nil {
		return ClientKey{}, errWeakKey.Because(errors.New("not JSON"))
	}
	var parsed jose.JSONWebKey
	if err := json.Unmarshal(text, &parsed); err != nil || !parsed.Valid() || !parsed.IsPublic() {
		return ClientKey{}, errWeakKey.Because(errors.New("not a valid public key"))
	}
	key, err := newClientKey(parsed.Key)
	if err != nil {
		return ClientKey{}, err
	}
	if parsed.Algorithm == algEd25519 {
		parsed.Algorithm = algEdDSA
	}
	if parsed.Use != "" && parsed.Use != "sig" || parsed.Algorithm != "" && parsed.Algorithm != key.Algorithm {
		return ClientKey{}, errWeakKey.Because(errors.New("meant for something else"))
	}
	if operations, limited := jwk["key_ops"].([]any); limited && !slices.Contains(operations, any("verify")) {
		return ClientKey{}, errWeakKey.Because(errors.New("not for verifying"))
	}
	return key, nil
}

// ParsePublicKey reads one public key from a file: PEM "PUBLIC KEY" (SubjectPublicKeyInfo), a JSON Web Key, or a set that holds
// one. It fails as ParseJWK does.
func ParsePublicKey(content []byte) (ClientKey, error) {
	if block, _ := pem.Decode(content); block != nil {
		if block.Type != "PUBLIC KEY" {
			return ClientKey{}, errPrivateKey.Because(errors.New("not a PEM block PUBLIC KEY"))
		}
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return ClientKey{}, errWeakKey.Because(errors.New("not a SubjectPublicKeyInfo"))
		}
		return newClientKey(public)
	}
	var file map[string]any
	if err := json.Unmarshal(content, &file); err != nil {
		return ClientKey{}, errWeakKey.Because(errors.New("neither PEM nor JSON"))
	}
	if set, isSet := file["keys"].([]any); isSet {
		one, isKey := map[string]any(nil), len(set) == 1
		if isKey {
			one, isKey = set[0].(map[string]any)
		}
		if !isKey {
			return ClientKey{}, errWeakKey.Because(errors.New("not a set of one key"))
		}
		file = one
	}
	return ParseJWK(file)
}

// newClientKey accepts a public key that is strong enough and names it.
func newClientKey(public crypto.PublicKey) (ClientKey, error) {
	k := ClientKey{public: public}
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		if p.Curve != elliptic.P256() {
			return ClientKey{}, errWeakKey.Because(errors.New("another curve"))
		}
		if _, err := p.ECDH(); err != nil {
			return ClientKey{}, errWeakKey.Because(errors.New("not on the curve"))
		}
		k.Algorithm = algES256
	case *rsa.PublicKey:
		if bits := p.N.BitLen(); bits < minRSABits || bits > maxRSABits || p.E < 3 || p.E%2 == 0 || p.N.Bit(0) == 0 {
			return ClientKey{}, errWeakKey.Because(errors.New("a weak RSA key"))
		}
		k.Algorithm = algPS256
	case ed25519.PublicKey:
		if !strongEdwards(p) {
			return ClientKey{}, errWeakKey.Because(errors.New("a weak Ed25519 key"))
		}
		k.Algorithm = algEdDSA
	default:
		return ClientKey{}, errWeakKey.Because(errors.New("another type"))
	}
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return ClientKey{}, errWeakKey.Because(err)
	}
	k.ID = base64.RawURLEncoding.EncodeToString(sum)
	return k, nil
}

// strongEdwards refuses the points of small order, for which signatures without a private key exist (RFC 8032, section 5.1.7,
// does not ask for it).
func strongEdwards(p ed25519.PublicKey) bool {
	if len(p) != ed25519.PublicKeySize {
		return false
	}
	folded := bytes.Clone(p)
	folded[31] &= 0x7f // the sign of x
	for _, small := range smallOrder {
		if bytes.Equal(folded, small[:]) {
			return false
		}
	}
	return true
}

// smallOrder are the y of the points whose order divides 8, little-endian and also as they can be written not reduced.
var smallOrder = func() [][32]byte {
	y := func(first, middle, last byte) (b [32]byte) {
		for i := range b {
			b[i] = middle
		}
		b[0], b[31] = first, last
		return b
	}
	order8 := [32]byte{
		0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
	}
	negated := order8 // p - y
	borrow := 0
	for i, p := range y(0xed, 0xff, 0x7f) {
		d := int(p) - int(order8[i]) - borrow
		borrow = 0
		if d < 0 {
			d, borrow = d+256, 1
		}
		negated[i] = byte(d)
	}
	return [][32]byte{y(0, 0, 0), y(1, 0, 0), y(0xec, 0xff, 0x7f), y(0xed, 0xff, 0x7f), y(0xee, 0xff, 0x7f), order8, negated}
}()

// der is how the key is stored.
func (k ClientKey) der() ([]byte, error) {
	b, err := x509.MarshalPKIXPublicKey(k.public)
	if err != nil {
		return nil, fmt.Errorf("identity: a public key: %w", err)
	}
	return b, nil
}

// hashOf is what is kept of a word that must not be known from the database: a code, a jti.
func hashOf(word string) []byte {
	sum := sha256.Sum256([]byte(word))
	return sum[:]
}
