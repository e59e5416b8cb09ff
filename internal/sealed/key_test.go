package sealed

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func newTestKey(t testing.TB) Key {
	t.Helper()
	_, key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func drawLocation(t *rapid.T, label string) Location {
	part := rapid.StringMatching(`[a-z_]{0,4}`)
	return Location{part.Draw(t, label+" table"), part.Draw(t, label+" column"), part.Draw(t, label+" row")}
}

func TestASealedFieldOpensAtItsPlaceOnly(t *testing.T) {
	t.Parallel()
	key, otherKey := newTestKey(t), newTestKey(t)
	rapid.Check(t, func(t *rapid.T) {
		at, elsewhere := drawLocation(t, "at"), drawLocation(t, "elsewhere")
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		sealed, err := key.Seal(at, plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := key.Open(at, sealed); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open = %x, %v; want %x", got, err, plain)
		}
		if _, err := key.Open(elsewhere, sealed); at != elsewhere && !errors.Is(err, ErrUnreadable) {
			t.Fatalf("moved to %v: %v, want ErrUnreadable", elsewhere, err)
		}
		if _, err := otherKey.Open(at, sealed); !errors.Is(err, ErrUnreadable) {
			t.Fatalf("another person's key: %v, want ErrUnreadable", err)
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(t, "byte")
		changed := bytes.Clone(sealed)
		changed[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		if _, err := key.Open(at, changed); !errors.Is(err, ErrUnreadable) {
			t.Fatalf("changed at byte %d: %v, want ErrUnreadable", i, err)
		}
	})
}

// sealGlued is the control: a location whose parts are merely joined.
func sealGlued(k Key, at Location, plain []byte) ([]byte, error) {
	return k.aead.Encrypt(plain, []byte(at.Table+at.Column+at.Row))
}

func openGlued(k Key, at Location, sealed []byte) ([]byte, error) {
	return k.aead.Decrypt(sealed, []byte(at.Table+at.Column+at.Row))
}

func TestSwappedFieldsAreRefused(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	at := Location{Table: "contact", Column: "telephone", Row: "12"}
	for _, elsewhere := range []Location{
		{"contact", "telephone", "13"},
		{"contact", "address", "12"},
		{"household", "telephone", "12"},
		{"contact", "telephone1", "2"},
		{"contac", "ttelephone", "12"},
		{"contacttelephone12", "", ""},
		{"", "", "contacttelephone12"},
		{},
	} {
		sealed, err := key.Seal(at, []byte("+970599000001"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := key.Open(elsewhere, sealed); !errors.Is(err, ErrUnreadable) {
			t.Errorf("opened at %v: %v", elsewhere, err)
		}
	}
	sealed, err := sealGlued(key, at, []byte("+970599000001"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openGlued(key, Location{"contact", "telephone1", "2"}, sealed); err != nil {
		t.Error("the control refused the swap: this test proves nothing")
	}
}

func TestSealingHidesEqualityAndLength(t *testing.T) {
	t.Parallel()
	key := newTestKey(t)
	seal := func(plain string) []byte {
		sealed, err := key.Seal(aPlace, []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	if bytes.Equal(seal("female"), seal("female")) {
		t.Error("equal fields look equal")
	}
	if len(seal("female")) != len(seal("male")) || len(seal("")) != len(seal("male")) {
		t.Error("the length tells one word from another")
	}
	// Control: unpadded, it does.
	unpadded := func(plain string) int {
		sealed, err := sealGlued(key, aPlace, []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		return len(sealed)
	}
	if unpadded("female") == unpadded("male") {
		t.Error("the control hides the length: this test proves nothing")
	}
}

func TestAZeroKeyDoesNothing(t *testing.T) {
	t.Parallel()
	if sealed, err := (Key{}).Seal(aPlace, []byte("x")); err == nil {
		t.Errorf("sealed to %x", sealed)
	}
	if plain, err := (Key{}).Open(aPlace, make([]byte, 64)); err == nil {
		t.Errorf("opened to %x", plain)
	}
}

func TestUnpadRefusesWhatPadDidNotMake(t *testing.T) {
	t.Parallel()
	for _, padded := range [][]byte{nil, {0}, make([]byte, 32), []byte("no mark"), {0x80, 1}} {
		if plain, err := unpad(padded); !errors.Is(err, ErrUnreadable) {
			t.Errorf("unpad(%x) = %x, %v", padded, plain, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	key := newTestKey(f)
	good, err := key.Seal(aPlace, []byte("أمل"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte{fieldFormat})
	f.Add(good[:len(good)-1])
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := key.Open(aPlace, sealed)
		if err == nil && (!bytes.Equal(sealed, good) || string(plain) != "أمل") {
			t.Errorf("opened %x to %q", sealed, plain)
		}
	})
}

func BenchmarkSealOpen(b *testing.B) {
	key := newTestKey(b)
	plain := bytes.Repeat([]byte("n"), 100)
	for b.Loop() {
		sealed, err := key.Seal(aPlace, plain)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := key.Open(aPlace, sealed); err != nil {
			b.Fatal(err)
		}
	}
}
