package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/bench"
	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
)

// script is what pgbench does in place of the service: for each need a file, whose statements have the variables lat and lon and
// otherwise the arguments of one search.
type script struct {
	title     string
	folder    string
	files     []string
	variables map[string]string
}

// searchAlone is the script with which goal 1 compares the service.
const searchAlone = "pgbench, the search alone"

// record watches what a request sends to the database, for each need, and makes two scripts of it: the search alone, and all.
func (w *world) record(ctx context.Context) ([]script, error) {
	db, err := pg.Open(ctx, w.serviceURL, pg.Tracer(bench.Spy{}), pg.MaxConns(1))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	conn, err := pgx.Connect(ctx, w.serviceURL)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	search := script{title: searchAlone, folder: "search", variables: map[string]string{}}
	whole := script{title: "pgbench, all that a request sends", folder: "request", variables: map[string]string{}}
	for i, need := range needs() {
		sent, err := w.watch(ctx, db, need)
		if err != nil {
			return nil, err
		}
		for s, statements := range map[*script][]bench.Statement{&search: bench.Searches(sent), &whole: sent} {
			if err := s.add(ctx, conn, i, statements); err != nil {
				return nil, err
			}
		}
	}
	return []script{search, whole}, nil
}

// watch does what a request does after its token was verified, and returns what that sent.
func (w *world) watch(ctx context.Context, db *pg.DB, need string) ([]bench.Statement, error) {
	point, err := geo.NewPoint(lowestLat+boxDegrees/2, lowestLon+boxDegrees/2)
	if err != nil {
		return nil, err
	}
	token, err := w.token()
	if err != nil {
		return nil, err
	}
	ctx, sent := bench.Spy{}.Watch(ctx)
	actor, err := identity.NewStore(db, w.issuer, time.Now).Actor(ctx, token)
	if err != nil {
		return nil, err
	}
	page, err := directory.NewStore(db, time.Now).Nearby(ctx, actor, directory.Query{Need: need, Point: &point})
	if err != nil {
		return nil, err
	}
	if len(page.Items) == 0 {
		return nil, fmt.Errorf("nobody was found for %s: there is nothing to compare", need)
	}
	return once(sent()), nil
}

// once leaves out the searches after the first: a page that is not sure yet is asked for again with more rows, which is rare, and
// pgbench would do it for every point.
func once(sent []bench.Statement) []bench.Statement {
	searched := false
	return slices.DeleteFunc(slices.Clone(sent), func(s bench.Statement) bool {
		again := searched && s.Searches()
		searched = searched || s.Searches()
		return again
	})
}

// add makes the file of one need.
func (s *script) add(ctx context.Context, conn *pgx.Conn, file int, statements []bench.Statement) error {
	text := &strings.Builder{}
	fmt.Fprintf(text, "\\set lat %v + random(0, %d) * %v\n", lowestLat, boxSteps, boxDegrees/boxSteps)
	fmt.Fprintf(text, "\\set lon %v + random(0, %d) * %v\n", lowestLon, boxSteps, boxDegrees/boxSteps)
	moves := 0
	for i, statement := range statements {
		sql, err := s.rewrite(ctx, conn, statement, fmt.Sprintf("v%d_%d_", file, i))
		if err != nil {
			return err
		}
		fmt.Fprintf(text, "%s;\n", strings.TrimSpace(sql))
		moves += strings.Count(sql, ":lat")
	}
	if moves == 0 {
		return errors.New("no statement has the point from which is searched: every search would be from one and the same")
	}
	s.files = append(s.files, text.String())
	return nil
}

var parameter = regexp.MustCompile(`\$([0-9]+)`)

// rewrite puts pgbench's variables in the place of the parameters, and keeps their values.
func (s *script) rewrite(ctx context.Context, conn *pgx.Conn, statement bench.Statement, prefix string) (string, error) {
	sql, args, names, err := positional(ctx, conn, statement)
	if err != nil {
		return "", err
	}
	for i, arg := range args {
		if p, ok := arg.(geo.Point); ok {
			names[i], args[i] = "point", fmt.Sprintf("SRID=4326;POINT(%v %v)", p.Lon(), p.Lat())
		}
	}
	texts, err := bench.Statement{SQL: sql, Args: args}.Prepare(ctx, conn, "")
	if err != nil {
		return "", err
	}
	return parameter.ReplaceAllStringFunc(sql, func(match string) string {
		n, _ := strconv.Atoi(match[1:])
		switch name := names[n-1]; name {
		case "lat", "lon":
			return ":" + name
		case "point":
			return "ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography"
		}
		if texts[n-1] == "" { // pgbench has no empty variables
			return "''"
		}
		variable := prefix + match[1:]
		s.variables[variable] = texts[n-1]
		return ":" + variable
	}), nil
}

// positional returns the statement with numbered parameters, their values, and their names if it had any.
func positional(ctx context.Context, conn *pgx.Conn, statement bench.Statement) (sql string, args []any, names []string, err error) {
	named, ok := pgx.StrictNamedArgs(nil), false
	if len(statement.Args) == 1 {
		named, ok = statement.Args[0].(pgx.StrictNamedArgs)
	}
	if !ok {
		return statement.SQL, slices.Clone(statement.Args), make([]string, len(statement.Args)), nil
	}
	own := pgx.StrictNamedArgs{} // every argument is its own name
	for name := range named {
		own[name] = name
	}
	_, ordered, err := own.RewriteQuery(ctx, conn, statement.SQL, nil)
	if err != nil {
		return "", nil, nil, err
	}
	for _, name := range ordered {
		names = append(names, fmt.Sprint(name))
	}
	sql, args, err = named.RewriteQuery(ctx, conn, statement.SQL, nil)
	return sql, args, names, err
}
