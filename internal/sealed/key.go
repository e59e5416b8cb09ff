package sealed

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

const (
	keyBytes = 32 // AES-256-GCM-SIV (RFC 8452)

	// fieldFormat is the first byte of every sealed field and is authenticated with it, so that another algorithm can follow.
	fieldFormat = 1

	// paddingBytes is the step of a sealed field's length: without padding the length alone would tell "male" from "female", or
	// one short list of names from another.
	paddingBytes = 32
)

// Location says where a sealed field lives. A ciphertext opens only there: it cannot be moved to another row or column.
type Location struct{ Table, Column, Row string }

// associatedData writes each part behind its length, so that no two locations give the same bytes.
func (l Location) associatedData() []byte {
	b := []byte("tahweel field\x00")
	b = append(b, fieldFormat)
	for _, part := range [...]string{l.Table, l.Column, l.Row} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}

// Key is the data key of one person. It lives in memory only for as long as an act needs it. Its zero value seals and opens
// nothing.
type Key struct{ aead tink.AEAD }

var errNoKey = errors.New("sealed: this is no key")

// newKey makes a key and returns its raw 32 bytes for wrapping.
func newKey() ([]byte, Key, error) {
	raw := make([]byte, keyBytes)
	_, _ = rand.Read(raw) // never fails: without randomness the program ends
	key, err := keyOf(raw)
	return raw, key, err
}

func keyOf(raw []byte) (Key, error) {
	if len(raw) != keyBytes {
		return Key{}, ErrUnreadable
	}
	cipher, err := subtle.NewAESGCMSIV(raw)
	if err != nil {
		return Key{}, fmt.Errorf("data key: %w", err)
	}
	return Key{aead: cipher}, nil
}

// Seal encrypts plain for the location. Equal fields give different ciphertexts. The result is 29 bytes longer than plain
// after padding to the next multiple of 32 (at least one byte).
func (k Key) Seal(at Location, plain []byte) ([]byte, error) {
	if k.aead == nil {
		return nil, errNoKey
	}
	sealed, err := k.aead.Encrypt(pad(plain), at.associatedData())
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", at.Table, at.Column, err)
	}
	return append([]byte{fieldFormat}, sealed...), nil
}

// Open decrypts what Seal made for the same location under the same key; anything else is ErrUnreadable.
func (k Key) Open(at Location, sealed []byte) ([]byte, error) {
	if k.aead == nil {
		return nil, errNoKey
	}
	if len(sealed) == 0 || sealed[0] != fieldFormat {
		return nil, ErrUnreadable
	}
	padded, err := k.aead.Decrypt(sealed[1:], at.associatedData())
	if err != nil {
		return nil, ErrUnreadable
	}
	return unpad(padded)
}

// Format prints nothing of the key, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("sealed.Key(hidden)")) }

// LogValue logs nothing of the key.
func (k Key) LogValue() slog.Value { return slog.StringValue("sealed.Key(hidden)") }

// pad appends one byte 0x80 and then zeros up to the next multiple of paddingBytes (ISO/IEC 7816-4).
func pad(plain []byte) []byte {
	padded := make([]byte, (len(plain)/paddingBytes+1)*paddingBytes)
	copy(padded, plain)
	padded[len(plain)] = 0x80
	return padded
}

func unpad(padded []byte) ([]byte, error) {
	trimmed := bytes.TrimRight(padded, "\x00")
	plain, ok := bytes.CutSuffix(trimmed, []byte{0x80})
	if !ok {
		return nil, ErrUnreadable
	}
	return plain, nil
}
