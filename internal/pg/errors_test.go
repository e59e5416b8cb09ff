package pg_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
)

func TestTranslateByStateAndConstraint(t *testing.T) {
	t.Parallel()
	own := fault.New(fault.Refused, "own", "Own.", "خاص.")
	for _, c := range []struct {
		err  error
		kind fault.Kind
		code string
	}{
		{&pgconn.PgError{Code: "23505", ConstraintName: "idempotency_pk"}, fault.Impossible, "idempotency_in_progress"},
		{&pgconn.PgError{Code: "P0001", ConstraintName: "idempotency_pk"}, fault.Impossible, "idempotency_in_progress"},
		{&pgconn.PgError{Code: "23505", ConstraintName: "unheard_of"}, fault.Impossible, "already_exists"},
		{&pgconn.PgError{Code: "23503"}, fault.Refused, "unknown_reference"},
		{&pgconn.PgError{Code: "40001"}, fault.Unavailable, "try_again"},
		{&pgconn.PgError{Code: "55P03"}, fault.Unavailable, "busy"},
		{&pgconn.PgError{Code: "57014"}, fault.Unavailable, "took_too_long"},
		{&pgconn.PgError{Code: "57P01"}, fault.Unavailable, "database_unavailable"},
		{&pgconn.PgError{Code: "53300"}, fault.Unavailable, "database_unavailable"},
		{&pgconn.PgError{Code: "42501"}, fault.Forbidden, "row_forbidden"},
		{&pgconn.PgError{Code: "22021"}, fault.Invalid, "invalid_text"},
		{&pgconn.PgError{Code: "22003"}, fault.Invalid, "invalid_value"},
		{fmt.Errorf("read: %w", pgx.ErrNoRows), fault.NotFound, "not_found"},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), fault.Unavailable, "database_unavailable"},
		{context.DeadlineExceeded, fault.Unavailable, "took_too_long"},
		{own, fault.Refused, "own"},
		// accidents, which no caller may read about
		{&pgconn.PgError{Code: "23514", ConstraintName: "unheard_of"}, fault.Internal, ""},
		{&pgconn.PgError{Code: "42601"}, fault.Internal, ""},
		{context.Canceled, fault.Internal, ""},
		{errors.New("x"), fault.Internal, ""},
	} {
		got := pg.Translate(c.err)
		var f *fault.Error
		if errors.As(got, &f); fault.KindOf(got) != c.kind || f != nil && f.Code != c.code {
			t.Errorf("%v became %v, want kind %d and code %q", c.err, got, c.kind, c.code)
		}
		if !errors.Is(got, c.err) && !errors.As(got, new(*pgconn.PgError)) {
			t.Errorf("%v lost its cause", c.err)
		}
	}
	if pg.Translate(nil) != nil {
		t.Error("nil became an error")
	}
}

func TestCausesQuoteNoValues(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	d.Exec(t, "CREATE TABLE note (id uuid, n integer CONSTRAINT note_small CHECK (n < 10)); GRANT ALL ON note TO tahweel_app")
	for name, sql := range map[string]string{
		"a value of the wrong form": "SELECT 'hush-9'::text::uuid",
		"a broken check":            "INSERT INTO note (n) VALUES (987654)",
		"a raised exception":        "DO $$ BEGIN RAISE EXCEPTION 'hush-9'; END $$",
	} {
		err := d.DB.InTx(t.Context(), pg.System{}, func(q pg.Querier) error {
			_, err := q.Exec(t.Context(), sql)
			return err
		})
		if err == nil || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "987654") {
			t.Errorf("%s: the error is %v", name, err)
		}
		var raw *pgconn.PgError
		if !errors.As(err, &raw) {
			t.Errorf("%s: the driver's error is not in the chain", name)
		}
	}
}

func TestEverySentenceBelongsToAConstraint(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	exists := func(name string) bool {
		return pgtest.Value[bool](t, d, `
			SELECT EXISTS (SELECT FROM pg_constraint WHERE conname = $1)
				OR EXISTS (SELECT FROM pg_class WHERE relkind = 'i' AND relname = $1)
				OR EXISTS (SELECT FROM pg_proc WHERE prosrc LIKE '%' || $1 || '%')`, name)
	}
	for name, f := range pg.Constraints {
		if !exists(name) {
			t.Errorf("no constraint is named %s", name)
		}
		if f.Detail.AR == "" || f.Detail.EN == "" || f.Code == "" {
			t.Errorf("%s lacks a code or a sentence", name)
		}
	}
	if exists("no_such_constraint") {
		t.Error("the control exists")
	}
}
