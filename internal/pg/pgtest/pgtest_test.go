package pgtest_test

import (
	"testing"

	"tahweel/internal/pg/pgtest"
)

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	one, other := pgtest.New(t), pgtest.New(t)
	one.Exec(t, "CREATE TABLE only_here (n integer)")
	if !pgtest.Value[bool](t, one, "SELECT to_regclass('only_here') IS NOT NULL") {
		t.Error("the table is not where it was made")
	}
	if pgtest.Value[bool](t, other, "SELECT to_regclass('only_here') IS NOT NULL") {
		t.Error("the table is in another test's database too")
	}
}

func TestTheDatabaseGoesWithTheTest(t *testing.T) {
	t.Parallel()
	keep := pgtest.New(t)
	var name string
	t.Run("inner", func(t *testing.T) { name = pgtest.New(t).Name }) //nolint:tparallel // the rest waits for its end
	if pgtest.Value[bool](t, keep, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name) {
		t.Errorf("%s outlived its test", name)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		pgtest.New(b)
	}
}
