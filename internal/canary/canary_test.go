package canary_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/uuid"

	"tahweel/internal/canary"
	"tahweel/internal/pg/pgtest"
	"tahweel/internal/sealed"
)

func keyset(t *testing.T) *sealed.Keyset {
	t.Helper()
	keys, err := sealed.OpenKeyset(filepath.Join(t.TempDir(), "keyset"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// The first keys are the database's; others are refused, a rotation is not, and what is read from a copy is the same keyset.
func TestOnlyTheDatabasesKeysBelong(t *testing.T) {
	t.Parallel()
	db, path := pgtest.New(t).DB, filepath.Join(t.TempDir(), "keyset")
	keys, err := sealed.OpenKeyset(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := canary.Check(t.Context(), db, keyset(t)); err != nil {
		t.Errorf("where nothing is sealed any keys will do: %v", err)
	}
	for range 2 {
		if err := canary.Ensure(t.Context(), db, keys); err != nil {
			t.Fatal(err)
		}
	}
	strange := keyset(t)
	for _, err := range []error{canary.Ensure(t.Context(), db, strange), canary.Check(t.Context(), db, strange)} {
		if !errors.Is(err, canary.ErrForeignKeys) {
			t.Errorf("other keys: %v", err)
		}
	}
	before := keys.Fingerprint()
	if err := keys.Rotate(); err != nil {
		t.Fatal(err)
	}
	copied, err := sealed.ReadKeyset(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := canary.Check(t.Context(), db, copied); err != nil || copied.Fingerprint() != before || strange.Fingerprint() == before {
		t.Errorf("after a rotation: %v, fingerprints %s and %s", err, before, copied.Fingerprint())
	}
}

// In a database of a version without canaries, what is sealed for people speaks for the keys.
func TestSealedPeopleSpeakForTheKeys(t *testing.T) {
	t.Parallel()
	db, keys := pgtest.New(t), keyset(t)
	person := uuid.Must(uuid.NewV7())
	_, wrapped, err := keys.NewPersonKey(person)
	if err != nil {
		t.Fatal(err)
	}
	db.Exec(t, "INSERT INTO person (id, wrapped_key, created_at) VALUES ($1, $2, now())", person, wrapped)
	if err := canary.Ensure(t.Context(), db.DB, keyset(t)); !errors.Is(err, canary.ErrForeignKeys) {
		t.Errorf("other keys: %v", err)
	}
	if n := pgtest.Value[int](t, db, "SELECT count(*) FROM keyset_canary"); n != 0 {
		t.Error("keys that were refused have left a canary")
	}
	if err := canary.Ensure(t.Context(), db.DB, keys); err != nil {
		t.Error(err)
	}
}

// Of servers that start at once with keys of their own, those of one remain.
func TestOfManyKeysOneSetBelongs(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).DB
	const n = 4
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		keys := keyset(t)
		all.Go(func() { errs[i] = canary.Ensure(t.Context(), db, keys) })
	}
	all.Wait()
	belong := 0
	for _, err := range errs {
		switch {
		case err == nil:
			belong++
		case !errors.Is(err, canary.ErrForeignKeys):
			t.Error(err)
		}
	}
	if belong != 1 {
		t.Errorf("%d keysets belong to the database", belong)
	}
}
