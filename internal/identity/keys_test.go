package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tahweel/internal/secretfile"
)

func openKeys(t testing.TB) (*Keys, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "signing.pem")
	keys, err := OpenKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys, path
}

func TestSigningKeysOutliveTheProcess(t *testing.T) {
	t.Parallel()
	keys, path := openKeys(t)
	again, err := OpenKeys(path)
	if err != nil || again.current().active.id != keys.current().active.id {
		t.Fatalf("reopened: %v, key %v, want %v", err, again.current().active.id, keys.current().active.id)
	}
	if other, _ := openKeys(t); other.current().active.id == keys.current().active.id {
		t.Error("two files hold one key")
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKeys(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("0640: %v, want a sentence with chmod 600", err)
	}
}

func TestTheFirstKeySignsAndAllVerify(t *testing.T) {
	t.Parallel()
	old, oldPath := openKeys(t)
	_, newPath := openKeys(t)
	oldToken := issue(t, old)
	before, err := secretfile.Read(oldPath)
	if err != nil {
		t.Fatal(err)
	}
	after, err := secretfile.Read(newPath)
	if err != nil {
		t.Fatal(err)
	}
	if err := secretfile.Write(oldPath, append(bytes.Clone(after), before...)); err != nil {
		t.Fatal(err)
	}
	both, err := OpenKeys(oldPath)
	if err != nil {
		t.Fatal(err)
	}
	onlyNew, err := OpenKeys(newPath)
	if err != nil {
		t.Fatal(err)
	}
	newToken := issue(t, both)
	if _, err := issuerOf(both).Verify(oldToken); err != nil {
		t.Errorf("signed before the change: %v", err)
	}
	if _, err := issuerOf(onlyNew).Verify(newToken); err != nil {
		t.Errorf("the first key does not sign: %v", err)
	}
	// Control: without the old key its tokens end.
	if _, err := issuerOf(onlyNew).Verify(oldToken); err == nil {
		t.Error("a token of a dropped key was accepted")
	}
}

func issuerOf(keys *Keys) *Issuer {
	return NewIssuer(keys, testIssuer, testAudience, testClock, 10*time.Minute)
}

func issue(t testing.TB, keys *Keys) string {
	t.Helper()
	token, err := issuerOf(keys).Issue(goodClaims, 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestForeignKeyFilesAreRefused(t *testing.T) {
	t.Parallel()
	block := func(kind string, key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"empty":           {},
		"no PEM":          []byte("keys"),
		"P-384":           block("PRIVATE KEY", p384),
		"RSA":             block("PRIVATE KEY", rsaKey),
		"other block":     block("PUBLIC KEY", p256),
		"damaged":         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("no key")}),
		"second is P-384": append(block("PRIVATE KEY", p256), block("PRIVATE KEY", p384)...),
	} {
		if _, err := parseKeys(content); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := parseKeys(block("PRIVATE KEY", p256)); err != nil {
		t.Errorf("control: %v", err)
	}
}

// TestThumbprint holds the key id to the P-256 key of RFC 7517, appendix A.1, with the digest computed by RFC 7638's recipe.
func TestThumbprint(t *testing.T) {
	t.Parallel()
	number := func(s string) *big.Int {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return new(big.Int).SetBytes(b)
	}
	x, y := "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
	const want = "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"
	got, err := thumbprint(&ecdsa.PublicKey{Curve: elliptic.P256(), X: number(x), Y: number(y)})
	if err != nil || got != want {
		t.Errorf("thumbprint = %s, %v; want %s", got, err, want)
	}
}

func TestKeysAreNotPrinted(t *testing.T) {
	t.Parallel()
	keys, _ := openKeys(t)
	printed := fmt.Sprintf("%v %+v %#v %s", keys, keys, keys, keys)
	if rest := strings.ReplaceAll(printed, "identity.Keys(hidden)", ""); strings.TrimSpace(rest) != "" {
		t.Errorf("printed: %s", printed)
	}
	type careless keySet // Control: without the Format of Keys, what it holds is shown.
	if s := fmt.Sprintf("%+v", (*careless)(keys.current())); !strings.Contains(s, keys.current().active.id) {
		t.Errorf("the control prints %s: this test proves nothing", s)
	}
}

// A running process follows the file: a key that is added verifies before it signs, one that is promoted signs, and what a dropped
// one has signed ends.
func TestKeysFollowTheirFile(t *testing.T) {
	t.Parallel()
	running, path := openKeys(t)
	first := running.current().active.id
	before := issue(t, running)
	second, err := AddKey(path)
	if err != nil {
		t.Fatal(err)
	}
	public, err := running.Public()
	if err != nil || len(public) != 2 || public[0].ID != first || public[1].ID != second {
		t.Fatalf("published %+v, %v", public, err)
	}
	if running.current().active.id != first {
		t.Error("the added key signs already")
	}
	if err := PromoteKey(path, second); err != nil {
		t.Fatal(err)
	}
	if running.current().active.id != second {
		t.Error("the promoted key does not sign")
	}
	if _, err := issuerOf(running).Verify(before); err != nil {
		t.Errorf("after the promotion: %v", err)
	}
	if err := DropKey(path, first); err != nil {
		t.Fatal(err)
	}
	if _, err := issuerOf(running).Verify(before); codeOf(err) != "invalid_token" {
		t.Errorf("after the drop: %v, want invalid_token", err)
	}
	for name, err := range map[string]error{
		"the key that signs": DropKey(path, second), "an unknown key": DropKey(path, first), "a promotion of an unknown key": PromoteKey(path, first),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	list, err := ListKeys(path)
	if err != nil || len(list) != 1 || list[0].ID != second {
		t.Errorf("the file holds %+v, %v", list, err)
	}
}

// A file that is damaged or gone leaves a running process with the keys it has.
func TestADamagedKeyFileChangesNothing(t *testing.T) {
	t.Parallel()
	running, path := openKeys(t)
	token := issue(t, running)
	if err := secretfile.Write(path, []byte("damaged")); err != nil {
		t.Fatal(err)
	}
	if _, err := issuerOf(running).Verify(token); err != nil {
		t.Errorf("damaged: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := issuerOf(running).Verify(token); err != nil {
		t.Errorf("gone: %v", err)
	}
	if _, err := ListKeys(path); err == nil {
		t.Error("a file that is gone was listed")
	}
}
