package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestADecisionIsExplainedAtTheTerminal: beside the running demonstration, in both languages, for what is found and for another need.
func TestADecisionIsExplainedAtTheTerminal(t *testing.T) {
	t.Parallel()
	d := demonstration(t)
	c := d.as(t, "case_manager")
	found := c.get("/v1/nearby?need=DIS-PHYSIO&place=gn-281292").is(200)
	organization := found.text("items/0/organization/id")
	var directorate string
	for _, item := range c.get("/v1/directorates?limit=100").is(200).at("items").([]any) {
		if o := item.(map[string]any); o["code"] == "hebron" {
			directorate = o["id"].(string)
		}
	}
	explain := func(need, lang string) string {
		out, err := inProcess(t, nil, "policy", "explain", "--dir", filepath.Join(d.dir, ".data", "demo"), "--lang", lang,
			"--organization", organization, "--directorate", directorate, "--need", need, "--place", "gn-281292")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := explain("DIS-PHYSIO", "en"); !strings.HasPrefix(out, "Allowed: ") || !strings.Contains(out, "\n  + ") {
		t.Errorf("of what is found: %s", out)
	}
	if out := explain("EDU-KG", "en"); !strings.HasPrefix(out, "Refused: ") || !strings.Contains(out, "\n  - ") {
		t.Errorf("of another need: %s", out)
	}
	if out := explain("EDU-KG", "ar"); !strings.HasPrefix(out, "مرفوض: ") {
		t.Errorf("in Arabic: %s", out)
	}
	if _, err := inProcess(t, nil, "policy", "explain", "--lang", "fr"); exitCode(err) != 2 {
		t.Errorf("in French: %v", err)
	}
}
