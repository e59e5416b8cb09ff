package referrals_test

import (
	"context"
	"encoding/hex"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/referrals"
)

// canaries fills every sealed field and every value that is found by blind index, and returns what must not be found in clear.
func (w *world) canaries(t *testing.T) (referrals.New, []string) {
	t.Helper()
	n := w.need(t, "DIS-PHYSIO")
	age := 7
	n.Details = referrals.Details{
		Identity: &referrals.Identity{
			GivenName: "plover-given", FatherName: "plover-father", GrandfatherName: "plover-grandfather", FamilyName: "عصفور-الاختبار",
			DocumentType: "passport", DocumentNumber: "PLOVER8812345", BirthDate: "1987-11-23",
		},
		Contact: &referrals.Contact{
			Telephones: []string{"+970599123456"}, Address: "plover-address", SafeMethod: "through_case_manager", SafeHours: "plover-hours", MayLeaveMessage: true,
			CoverText: "plover-cover", ContactProhibited: true, Escort: "plover-escort",
		},
		Narrative: &referrals.Narrative{Structured: []string{"plover_structured"}, Strengths: []string{"plover-strength"}, Text: "plover-narrative"},
		Household: &referrals.Household{Members: []referrals.Member{{Relation: "plover-relation", Name: "plover-member", Sex: "female", Age: &age}}},
		Sensitive: &referrals.Sensitive{Diagnosis: "plover-diagnosis", LegalStatus: "plover-legal", Violence: "plover-violence"},
	}
	n.References.Case = "clear-case-reference"
	return n, []string{
		"plover", "PLOVER", "عصفور", "8812345", "1987-11-23", "599123456", "0599123456", "through_case_manager", "plover-note",
	}
}

// TestADumpOfTheDatabaseShowsNothingPersonal: nothing is found that a family said, in whichever form it would be written.
func TestADumpOfTheDatabaseShowsNothingPersonal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n, canaries := w.canaries(t)
	r, err := w.store.Create(context.Background(), w.manager, n, once())
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []referrals.Status{referrals.StatusDeclined, referrals.StatusCompleted} { // a decline has a note
		w.bring(t, w.attempt(t, r.ID, w.service), "DIS-PHYSIO", status)
	}
	dump := w.dump(t)
	for _, canary := range canaries {
		for _, form := range []string{canary, hex.EncodeToString([]byte(canary))} {
			if strings.Contains(dump, form) {
				t.Errorf("%s is in the dump", canary)
			}
		}
	}
	for _, clear := range []string{"clear-case-reference", r.ID.String(), "attempt.completed"} {
		if !strings.Contains(dump, clear) {
			t.Errorf("%s is not in the dump: the search sees nothing", clear)
		}
	}
	w.Exec(t, `UPDATE sealed_field SET ciphertext = 'plover-in-clear' WHERE name = 'identity.given_name'`)
	if !strings.Contains(w.dump(t), hex.EncodeToString([]byte("plover"))) {
		t.Error("a field that is not sealed goes unnoticed")
	}
}

// dump is what pg_dump writes of the whole database, as the superuser.
func (w *world) dump(t *testing.T) string {
	t.Helper()
	for _, table := range []string{"audit_entry", "event", "sealed_field", "person", "person_index"} {
		if w.count(t, `SELECT count(*) FROM `+table) == 0 {
			t.Fatalf("%s is empty", table)
		}
	}
	cmd := exec.CommandContext(t.Context(), pgDump(t), "--inserts", "--no-owner", "--exclude-table-data=place*", "--exclude-table-data=governorate*", "--dbname="+w.OwnerURL) //nolint:gosec // a path found below
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v", err)
	}
	return string(out)
}

// pgDump finds the program beside the server's, else in the path.
func pgDump(t *testing.T) string {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "pg_config", "--bindir").Output(); err == nil {
		if path, err := exec.LookPath(filepath.Join(strings.TrimSpace(string(out)), "pg_dump")); err == nil {
			return path
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/pg_dump", "/usr/pgsql-*/bin/pg_dump", "/opt/homebrew/opt/postgresql@*/bin/pg_dump"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	path, err := exec.LookPath("pg_dump")
	if err != nil {
		t.Fatal("this test needs pg_dump, which comes with PostgreSQL")
	}
	return path
}

func TestASwappedCiphertextIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n, _ := w.canaries(t)
	var ids [2]uuid.UUID
	for i := range ids {
		r, err := w.store.Create(context.Background(), w.manager, n, once())
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = r.ID
	}
	opens := func() bool {
		r, err := w.store.Referral(context.Background(), w.manager, ids[0])
		if err != nil && (fault.KindOf(err) != fault.Internal || strings.Contains(err.Error(), "plover")) {
			t.Errorf("it fails with %v", err)
		}
		return err == nil && r.Details.Identity.GivenName == "plover-given" && r.Details.Identity.FatherName == "plover-father"
	}
	if !opens() {
		t.Fatal("it does not open as it is")
	}
	const swap = `
		UPDATE sealed_field AS s
		SET ciphertext = o.ciphertext
		FROM sealed_field AS o
		WHERE (s.referral_id, s.name, o.referral_id, o.name) IN (($1::uuid, $2, $3::uuid, $4), ($3::uuid, $4, $1::uuid, $2))`
	for name, other := range map[string]struct {
		row   uuid.UUID
		field string
	}{
		"the same field of another person": {ids[1], "identity.given_name"},
		"another field of the same person": {ids[0], "identity.father_name"},
	} {
		w.Exec(t, swap, ids[0], "identity.given_name", other.row, other.field)
		if opens() {
			t.Errorf("%s opens", name)
		}
		w.Exec(t, swap, ids[0], "identity.given_name", other.row, other.field)
		if !opens() {
			t.Errorf("swapped back, %s does not open", name)
		}
	}
}

func TestTheSameDocumentHasTheSameToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n, _ := w.canaries(t)
	for _, number := range []string{"PLOVER8812345", "plover 88-12345", "plover ٨٨١٢٣٤٥", "PLOVER8812346"} {
		n.Details.Identity.DocumentNumber = number
		if _, err := w.store.Create(context.Background(), w.manager, n, once()); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.count(t, `SELECT count(DISTINCT token) FROM person_index WHERE field = 'document'`); n != 2 {
		t.Errorf("one document in three spellings and another have %d tokens", n)
	}
	if n := w.count(t, `SELECT count(DISTINCT token) FROM person_index WHERE field = 'telephone'`); n != 1 {
		t.Errorf("one telephone has %d tokens", n)
	}
}
