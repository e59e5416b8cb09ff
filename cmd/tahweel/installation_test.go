package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// firstInstallation returns the script of the operator's guide, for a free address and with the program in its path.
func firstInstallation(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/first-installation.md")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	script := strings.ReplaceAll(blocks(string(text)), "127.0.0.1:8080", address)
	if !strings.Contains(script, address) {
		t.Fatal("the guide does not say where the service listens")
	}
	const stop = "trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT\n" // what a broken step leaves running
	return "export PATH=" + filepath.Dir(binary) + ":$PATH\n" + stop + script
}

// A ministry comes from nothing to its first accepted referral by the operator's guide alone, word by word.
func TestTheFirstInstallationWorksAsItStands(t *testing.T) {
	t.Parallel()
	out, err := bash(t, folderFor(t), firstInstallation(t))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, expected := range []string{"\naccredited\n", "\nsigned\n", "\nin_force\n", "\nsent\n", `"status":"accepted"`, `"given_name":"سامر"`} {
		if !strings.Contains(out, expected) {
			t.Errorf("the guide does not come to %s", strings.TrimSpace(expected))
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

// The control: who drafted the memorandum cannot sign it and who registered an application does not accredit, so a guide that said so would
// not come to its end.
func TestAWrongStepOfTheFirstInstallationIsNoticed(t *testing.T) {
	t.Parallel()
	for right, wrong := range map[string]string{
		`as signatory "$API/v1/instruments/$instrument/sign"`:                `as officer "$API/v1/instruments/$instrument/sign"`,
		`as second_officer "$API/v1/accreditations/$accreditation/accredit"`: `as officer "$API/v1/accreditations/$accreditation/accredit"`,
	} {
		t.Run(wrong, func(t *testing.T) {
			t.Parallel()
			script := firstInstallation(t)
			broken := strings.Replace(script, right, wrong, 1)
			if broken == script {
				t.Fatalf("the script has no step %q", right)
			}
			out, err := bash(t, folderFor(t), broken)
			if err == nil || !strings.Contains(out, "error: 403") || strings.Contains(out, `"status":"accepted"`) {
				t.Errorf("a step by the wrong person went unnoticed (%v):\n%s", err, out)
			}
		})
	}
}
