package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// firstReferral returns the bash blocks under the README's heading, as one script.
func firstReferral(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## Your first referral in five minutes\n")
	if !found {
		t.Fatal("the README has no first referral")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	return blocks(section)
}

// blocks returns the bash blocks of a page, as one script.
func blocks(page string) string {
	var script strings.Builder
	for _, block := range regexp.MustCompile("(?s)```bash\n(.*?)```").FindAllStringSubmatch(page, -1) {
		script.WriteString(block[1])
	}
	return script.String()
}

func bash(t *testing.T, dir, script string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestTheReadmesFirstReferralWorksAsItStands(t *testing.T) {
	t.Parallel()
	firstReferralWorks(t, demonstration(t))
}

func firstReferralWorks(t *testing.T, d *sharedDemo) {
	t.Helper()
	out, err := bash(t, d.dir, firstReferral(t))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, expected := range []string{`"name":{"ar":"يطا","en":"Yatta"}`, `"status":"sent"`, `"given_name":"سامر"`, `"status":"completed"`, "\nclosed_met\n", "refused, as it should be"} {
		if !strings.Contains(out, expected) {
			t.Errorf("the first referral does not come to %s", expected)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

// The control: a script with one wrong step does not pass for one that works.
func TestAWrongStepOfTheReadmeIsNoticed(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	script := firstReferral(t)
	wrong := strings.Replace(script, `'If-Match: "2"'`, `'If-Match: "1"'`, 1)
	if wrong == script {
		t.Fatal("the script does not name the version 2")
	}
	if out, err := bash(t, d.dir, wrong); err == nil {
		t.Errorf("a stale version went unnoticed:\n%s", out)
	}
}
