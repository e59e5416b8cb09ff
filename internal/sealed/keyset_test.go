package sealed

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/secretfile"
)

// newKeyset opens a fresh keyset and returns the path of its file too.
func newKeyset(t testing.TB) (*Keyset, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyset.json")
	ks, err := OpenKeyset(path)
	if err != nil {
		t.Fatal(err)
	}
	return ks, path
}

var (
	someone     = uuid.MustParse("01912f00-0000-7000-8000-000000000001")
	someoneElse = uuid.MustParse("01912f00-0000-7000-8000-000000000002")
	aPlace      = Location{Table: "person_field", Column: "value", Row: "1"}
)

func TestTheKeysetOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	ks, path := newKeyset(t)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
	key, wrapped, err := ks.NewPersonKey(someone)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.Seal(aPlace, []byte("أمل"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := OpenKeyset(path)
	if err != nil {
		t.Fatal(err)
	}
	unwrapped, err := again.Unwrap(someone, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := unwrapped.Open(aPlace, sealed); err != nil || string(plain) != "أمل" {
		t.Errorf("Open = %q, %v", plain, err)
	}
	if !bytes.Equal(ks.BlindIndex(Document, "900000001"), again.BlindIndex(Document, "900000001")) {
		t.Error("the blind index changed with a restart")
	}
	// Control: another keyset opens and finds nothing of it.
	other, _ := newKeyset(t)
	if _, err := other.Unwrap(someone, wrapped); !errors.Is(err, ErrUnreadable) {
		t.Errorf("another keyset: %v, want ErrUnreadable", err)
	}
	if bytes.Equal(ks.BlindIndex(Document, "900000001"), other.BlindIndex(Document, "900000001")) {
		t.Error("two keysets give the same blind index")
	}
}

func TestAWrappedKeyBelongsToItsPerson(t *testing.T) {
	t.Parallel()
	ks, _ := newKeyset(t)
	_, wrapped, err := ks.NewPersonKey(someone)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ks.Unwrap(someoneElse, wrapped); !errors.Is(err, ErrUnreadable) {
		t.Errorf("under another person: %v, want ErrUnreadable", err)
	}
	for i := range wrapped {
		changed := bytes.Clone(wrapped)
		changed[i] ^= 1
		if _, err := ks.Unwrap(someone, changed); !errors.Is(err, ErrUnreadable) {
			t.Errorf("with byte %d changed: %v, want ErrUnreadable", i, err)
		}
	}
	for n := range wrapped {
		if _, err := ks.Unwrap(someone, wrapped[:n]); !errors.Is(err, ErrUnreadable) {
			t.Errorf("cut to %d bytes: %v, want ErrUnreadable", n, err)
		}
	}

	// Control: wrapped without the person, a key passes from one to another unnoticed.
	raw, _, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	careless, err := ks.current().wrapping.Encrypt(raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ks.current().wrapping.Decrypt(careless, nil); err != nil {
		t.Errorf("the control is refused too: %v", err)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	ks, path := newKeyset(t)
	elsewhere, err := OpenKeyset(path) // another process with the same file
	if err != nil {
		t.Fatal(err)
	}
	index := ks.BlindIndex(Telephone, "+970599000001")
	var wraps [][]byte
	for range 3 {
		_, wrapped, err := ks.NewPersonKey(someone)
		if err != nil {
			t.Fatal(err)
		}
		wraps = append(wraps, wrapped)
		if err := ks.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	_, last, err := ks.NewPersonKey(someone)
	if err != nil {
		t.Fatal(err)
	}
	wraps = append(wraps, last)
	// Control: the keys did change, for who does not look at the file again cannot open the last.
	if _, err := elsewhere.current().wrapping.Decrypt(last, wrappedFor(someone)); err == nil {
		t.Error("the key before rotation opens what came after: nothing was rotated")
	}
	reopened, err := OpenKeyset(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, holder := range map[string]*Keyset{"who rotated": ks, "another process": elsewhere, "after a restart": reopened} {
		for i, wrapped := range wraps {
			if _, err := holder.Unwrap(someone, wrapped); err != nil {
				t.Errorf("%s, wrap %d: %v", name, i, err)
			}
		}
		if !bytes.Equal(holder.BlindIndex(Telephone, "+970599000001"), index) {
			t.Errorf("%s: rotation changed the blind index", name)
		}
	}
}

func TestRotationsInTwoProcessesLoseNoKey(t *testing.T) {
	t.Parallel()
	one, path := newKeyset(t)
	two, err := OpenKeyset(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := one.Rotate(); err != nil {
		t.Fatal(err)
	}
	_, wrapped, err := one.NewPersonKey(someone)
	if err != nil {
		t.Fatal(err)
	}
	stale := two.lastContent()
	if err := two.Rotate(); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Unwrap(someone, wrapped); err != nil {
		t.Errorf("the second rotation lost the key of the first: %v", err)
	}

	// Control: a rotation of what was in memory, instead of what is in the file, does lose it.
	k, err := parse(stale)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(k.rotate(), k.build()); err != nil {
		t.Fatal(err)
	}
	if _, err := k.wrapping.Decrypt(wrapped, wrappedFor(someone)); err == nil {
		t.Error("the control kept the key: this test proves nothing")
	}
}

func TestAnIndexAddedLaterGetsItsKey(t *testing.T) {
	t.Parallel()
	ks, path := newKeyset(t)
	document := ks.BlindIndex(Document, "900000001")
	var stored file
	if err := json.Unmarshal(ks.lastContent(), &stored); err != nil {
		t.Fatal(err)
	}
	delete(stored.Indexes, string(Telephone))
	content, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	if err := secretfile.Write(path, content); err != nil {
		t.Fatal(err)
	}
	again, err := OpenKeyset(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.BlindIndex(Telephone, "+970599000001")) != 32 {
		t.Error("the missing index has no key")
	}
	if !bytes.Equal(again.BlindIndex(Document, "900000001"), document) {
		t.Error("completing the keyset changed another index")
	}
}

func TestBlindIndex(t *testing.T) {
	t.Parallel()
	ks, _ := newKeyset(t)
	seen := map[string]string{}
	for _, index := range indexes {
		for i := range 500 {
			value := fmt.Sprintf("9%08d", i)
			got := hex.EncodeToString(ks.BlindIndex(index, value))
			if other, ok := seen[got]; ok {
				t.Errorf("%s %s meets %s", index, value, other)
			}
			seen[got] = string(index) + " " + value
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown index was accepted")
		}
	}()
	ks.BlindIndex("shoe_size", "42")
}

func TestADamagedKeysetIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	ks, _ := newKeyset(t)
	good := ks.lastContent()
	for name, content := range map[string][]byte{
		"empty":        {},
		"not JSON":     []byte("keys"),
		"null":         []byte("null"),
		"no keys":      []byte(`{"format":1}`),
		"later format": bytes.Replace(good, []byte(`"format": 1`), []byte(`"format": 2`), 1),
		"cut":          good[:len(good)/2],
		"bad key":      []byte(`{"format":1,"wrapping":"AAAA","indexes":{}}`),
		"wrong sort":   swapKeys(t, good),
	} {
		path := filepath.Join(t.TempDir(), "keyset.json")
		if err := secretfile.Write(path, content); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKeyset(path); err == nil {
			t.Errorf("%s: opened", name)
		}
		if after, err := secretfile.Read(path); err != nil || !bytes.Equal(after, content) {
			t.Errorf("%s: the file was touched (%v)", name, err)
		}
	}
	if _, err := OpenKeyset(filepath.Join(t.TempDir(), "no", "such", "folder")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing folder: %v", err)
	}
}

// swapKeys puts the key of an index where a wrapping key belongs.
func swapKeys(t *testing.T, content []byte) []byte {
	t.Helper()
	var stored file
	if err := json.Unmarshal(content, &stored); err != nil {
		t.Fatal(err)
	}
	stored.Wrapping = stored.Indexes[string(Document)]
	swapped, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	return swapped
}

func TestAKeysetThatOthersMayReadIsRefused(t *testing.T) {
	t.Parallel()
	_, path := newKeyset(t)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeyset(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("0644: %v, want a sentence with chmod 600", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeyset(path); err != nil {
		t.Errorf("control, 0600: %v", err)
	}
}

// TestProcessesThatStartAtOnceShareOneKeyset starts this test binary several times on one missing file.
func TestProcessesThatStartAtOnceShareOneKeyset(t *testing.T) {
	t.Parallel()
	if path := os.Getenv("SEALED_OPEN_KEYSET"); path != "" {
		ks, err := OpenKeyset(path)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Printf("%x\n", ks.BlindIndex(Document, "900000001"))
		os.Exit(0)
	}
	path := filepath.Join(t.TempDir(), "keyset.json")
	var started []*exec.Cmd
	var printed []*bytes.Buffer
	for range 6 {
		child := exec.Command(os.Args[0], "-test.run=^TestProcessesThatStartAtOnceShareOneKeyset$")
		child.Env = append(os.Environ(), "SEALED_OPEN_KEYSET="+path)
		out := new(bytes.Buffer)
		child.Stdout = out
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		started, printed = append(started, child), append(printed, out)
	}
	for i, child := range started {
		if err := child.Wait(); err != nil {
			t.Fatalf("%v: %s", err, printed[i])
		}
		if printed[i].Len() != 65 || printed[i].String() != printed[0].String() {
			t.Errorf("process %d has other keys: %q, the first %q", i, printed[i], printed[0])
		}
	}
}

func TestKeysAreNotPrinted(t *testing.T) {
	t.Parallel()
	ks, _ := newKeyset(t)
	key, _, err := ks.NewPersonKey(someone)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("keys", "key", key, "keyset", ks)
	for _, printed := range []string{
		fmt.Sprint(key, ks), fmt.Sprintf("%v %+v %#v %s %x", key, key, key, key, key),
		fmt.Sprintf("%v %+v %#v %s %x", ks, ks, ks, ks, ks), log.String(),
	} {
		rest := strings.NewReplacer("sealed.Key(hidden)", "", "sealed.Keyset(hidden)", "").Replace(printed)
		if strings.Contains(rest, "0x") || strings.Contains(rest, "aead") || strings.Contains(rest, ks.path) || len(rest) > 120 {
			t.Errorf("too much is printed: %s", printed)
		}
	}
	// Control: the same key without its Format shows what it holds.
	type careless struct{ inner any }
	if s := fmt.Sprintf("%+v", careless{key.aead}); !strings.Contains(s, "0x") {
		t.Errorf("the control prints %s: this test proves nothing", s)
	}
}
