package sealed

import (
	"encoding/hex"

	"github.com/google/uuid"
)

// canaryPerson is whom a canary's key belongs to: nobody, and always the same nobody.
var canaryPerson = uuid.MustParse("00000000-0000-8000-8000-7461687765e1")

var canaryAt = Location{Table: "keyset_canary", Column: "sealed", Row: canaryPerson.String()}

// canaryText is what a canary says; it is no secret.
const canaryText = "tahweel canary 1"

// Canary is a known text sealed under the keyset. It lies in the database, so that whether the keys belong to the database can be
// found out without touching anything of a person.
type Canary struct{ WrappedKey, Sealed []byte }

// NewCanary seals one.
func (ks *Keyset) NewCanary() (Canary, error) {
	key, wrapped, err := ks.NewPersonKey(canaryPerson)
	if err != nil {
		return Canary{}, err
	}
	text, err := key.Seal(canaryAt, []byte(canaryText))
	return Canary{WrappedKey: wrapped, Sealed: text}, err
}

// Opens fails with ErrUnreadable if the keyset is not the one that sealed the canary, nor a later rotation of it.
func (ks *Keyset) Opens(c Canary) error {
	key, err := ks.Unwrap(canaryPerson, c.WrappedKey)
	if err != nil {
		return err
	}
	text, err := key.Open(canaryAt, c.Sealed)
	if err == nil && string(text) != canaryText {
		return ErrUnreadable
	}
	return err
}

// fingerprintBytes keeps a fingerprint short enough to be compared by eye; two keysets never share it by chance.
const fingerprintBytes = 12

// Fingerprint tells keysets apart: 24 hexadecimal digits, the same before and after Rotate, from which nothing of a key follows.
func (ks *Keyset) Fingerprint() string {
	return hex.EncodeToString(ks.BlindIndex(Document, "fingerprint of the keyset")[:fingerprintBytes])
}
