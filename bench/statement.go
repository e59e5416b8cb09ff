package bench

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Statement is one statement as a program sent it.
type Statement struct {
	SQL  string
	Args []any
}

// Spy is a tracer for pg.Tracer that notes the statements of the contexts that Watch made. It keeps arguments, so it is for
// invented data only.
type Spy struct{}

type watchKey struct{}

type watched struct {
	mu   sync.Mutex
	sent []Statement
}

// Watch returns a context whose statements are noted, and a function that returns those sent so far.
func (Spy) Watch(ctx context.Context) (context.Context, func() []Statement) {
	w := &watched{}
	return context.WithValue(ctx, watchKey{}, w), func() []Statement {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.sent
	}
}

func note(ctx context.Context, s Statement) {
	if w, ok := ctx.Value(watchKey{}).(*watched); ok {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sent = append(w.sent, s)
	}
}

// TraceQueryStart implements pgx.QueryTracer.
func (Spy) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	note(ctx, Statement{data.SQL, data.Args})
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (Spy) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements pgx.BatchTracer. The statements are noted here, where their arguments still have their names.
func (Spy) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	for _, q := range data.Batch.QueuedQueries {
		note(ctx, Statement{q.SQL, q.Arguments})
	}
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (Spy) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements pgx.BatchTracer.
func (Spy) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// Searches reports whether the statement searches for providers.
func (s Statement) Searches() bool { return strings.Contains(s.SQL, "provider_search") }

// Searches returns those of the statements that search for providers.
func Searches(sent []Statement) []Statement {
	var found []Statement
	for _, s := range sent {
		if s.Searches() {
			found = append(found, s)
		}
	}
	return found
}

// Prepare makes a prepared statement under the name on the connection and returns its arguments as PostgreSQL's text, in the order
// of its parameters. SQL's own EXECUTE can name it, and then has the plan that the program's statement has. An empty name is for
// those who want the texts alone.
func (s Statement) Prepare(ctx context.Context, conn *pgx.Conn, name string) ([]string, error) {
	values, err := s.prepare(ctx, conn, name)
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts, err
}

// prepare is Prepare with nil for NULL.
func (s Statement) prepare(ctx context.Context, conn *pgx.Conn, name string) ([][]byte, error) {
	sql, args := s.SQL, s.Args
	if len(args) == 1 {
		if rewriter, ok := args[0].(pgx.QueryRewriter); ok {
			var err error
			if sql, args, err = rewriter.RewriteQuery(ctx, conn, s.SQL, nil); err != nil {
				return nil, fmt.Errorf("bench: number the arguments: %w", err)
			}
		}
	}
	described, err := conn.Prepare(ctx, name, sql)
	if err != nil {
		return nil, fmt.Errorf("bench: prepare: %w", err)
	}
	values := make([][]byte, len(described.ParamOIDs))
	for i, oid := range described.ParamOIDs {
		text, err := conn.TypeMap().Encode(oid, pgx.TextFormatCode, args[i], nil)
		if err != nil {
			return nil, fmt.Errorf("bench: write argument %d as text: %w", i+1, err)
		}
		values[i] = text
	}
	return values, nil
}
