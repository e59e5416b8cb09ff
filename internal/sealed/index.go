package sealed

import "fmt"

// Index names a blind index. Each has a key of its own, so that equal values in two indexes do not look equal.
type Index string

// The blind indexes by which a person can be found.
const (
	Document  Index = "document"  // number of an identity document
	Telephone Index = "telephone" // E.164
)

var indexes = [...]Index{Document, Telephone}

// blindIndexBytes is the length of an index value: a full HMAC-SHA-256, so that two values never meet by chance.
const blindIndexBytes = 32

// BlindIndex returns the 32 bytes under which a value is stored and looked up: an HMAC-SHA-256 under the key of the index, the same
// for the same value as long as the keyset lives (Rotate does not change it), telling nothing to who lacks the keyset. The
// caller normalises the value first and does not index an empty one: all empty ones would be equal. An index that is not
// one of the constants is a mistake in the program and panics.
func (ks *Keyset) BlindIndex(index Index, normalisedValue string) []byte {
	set := ks.current().indexes[string(index)]
	if set == nil {
		panic(fmt.Sprintf("sealed: there is no index %q", string(index)))
	}
	value, err := set.ComputePrimaryPRF([]byte(normalisedValue), blindIndexBytes)
	if err != nil {
		panic(fmt.Sprintf("sealed: index %q: %v", string(index), err)) // HMAC fails only for a length it cannot give
	}
	return value
}
