package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/bench"
	"tahweel/internal/pg"
)

// postgraphile is a server of others that makes an API of what it finds in a database. It is given the search as a function of SQL, and
// does nothing of what the service does besides: no token, no policy, no lookup of who asks.
type postgraphile struct {
	server  *exec.Cmd
	address string
}

func (*postgraphile) name() string { return "PostGraphile, the same SQL" }

func (p *postgraphile) turn(ctx context.Context, length time.Duration, connections int) (score, error) {
	return drive(ctx, p.address, p.server.Process.Pid, length, connections, p.request)
}

// shown are the columns of the search of which the service's answer is made, all in all as many as it shows.
var shown = []string{
	"effective", "distance", "known", "service_at_location_id", "service_id", "organization_id", "need_codes", "instrument_kind", "instrument_number",
	"term_number", "instrument_to", "accreditation_to", "accepting_status", "accepting_as_of", "lon", "lat", "service_name_ar", "service_name_en",
	"delivery_modes", "organization_name_ar", "organization_name_en", "organization_kind", "accreditation_number", "location_id", "location_name_ar",
	"location_name_en", "address_ar", "address_en", "place_code", "place_name_ar", "place_name_en",
}

func (p *postgraphile) request() []byte {
	need, lat, lon := anywhere()
	fields := make([]string, len(shown))
	for i, name := range shown {
		fields[i] = camel(name)
	}
	body, _ := json.Marshal(map[string]any{ // of texts and numbers
		"query":     "query Nearby($need: String!, $lat: Float!, $lon: Float!) { nearbyList(need: $need, lat: $lat, lon: $lon) { " + strings.Join(fields, " ") + " } }",
		"variables": map[string]any{"need": need, "lat": lat, "lon": lon},
	})
	return fmt.Appendf(nil, "POST /graphql HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", p.address, len(body), body)
}

// camel is the name as GraphQL has it.
func camel(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// startPostgraphile makes the function and runs what npm has installed in the folder.
func (w *world) startPostgraphile(ctx context.Context, dir, folder string) (_ *postgraphile, err error) {
	if err := w.publishSearch(ctx); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(address, ":")
	log, err := os.Create(filepath.Join(dir, "postgraphile.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	server := exec.Command("node", filepath.Join(folder, "node_modules", "postgraphile", "cli.js"), //nolint:gosec // what package-lock.json names
		"--connection", w.serviceURL, "--schema", published, "--host", "127.0.0.1", "--port", port, "--max-pool-size", "8",
		"--no-setof-functions-contain-nulls", "--simple-collections", "only", "--disable-default-mutations", "--disable-graphiql", "--disable-query-log")
	server.Env = append(os.Environ(), "NODE_ENV=production", "GRAPHILE_TURBO=1",
		"PGOPTIONS=-c role=tahweel_app -c search_path=public -c timezone=UTC -c jit=off -c statement_timeout=5s")
	server.Stdout, server.Stderr = log, log
	server.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("start PostGraphile: %w", err)
	}
	p := &postgraphile{server: server, address: address}
	if err := p.answers(ctx); err != nil {
		said, _ := os.ReadFile(log.Name())
		return nil, errors.Join(fmt.Errorf("PostGraphile: %w\n%s", err, said), p.Close())
	}
	return p, nil
}

// answers waits until it answers, and sees that what it answers is a page of providers.
func (p *postgraphile) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		found, err := p.once(ctx)
		if err == nil && found == 0 {
			err = errors.New("it finds nobody")
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// once returns how many providers it finds for one request.
func (p *postgraphile) once(ctx context.Context) (int, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.address)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := conn.Write(p.request()); err != nil {
		return 0, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return 0, err
	}
	var answer struct {
		Data struct {
			NearbyList []struct{ ServiceAtLocationID string }
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Data.NearbyList) == 0 {
		return 0, fmt.Errorf("it answers %d: %.500s: %w", resp.StatusCode, text, err)
	}
	return len(answer.Data.NearbyList), nil
}

// Close stops it.
func (p *postgraphile) Close() error {
	if err := p.server.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	stop := time.AfterFunc(10*time.Second, func() { _ = p.server.Process.Kill() })
	defer stop.Stop()
	_ = p.server.Wait() // it was told to end, by a signal
	return nil
}

// published is the schema of the function, which nothing else is in.
const published = "bench_published"

// publishSearch makes a function of what a search sends, with everything but need and point as it is for the directorate of the box.
func (w *world) publishSearch(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, w.ownerURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	columns, body, err := w.searchText(ctx, conn)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `
		CREATE SCHEMA `+published+`;
		CREATE FUNCTION `+published+`.nearby(need text, lat float8, lon float8) RETURNS TABLE (`+columns+`) LANGUAGE sql STABLE AS $published$
		SELECT `+strings.Join(shown, ", ")+` FROM (`+body+`) AS search
		$published$;
		GRANT USAGE ON SCHEMA `+published+` TO tahweel_app, tahweel_service;
		GRANT EXECUTE ON FUNCTION `+published+`.nearby TO tahweel_app, tahweel_service`)
	if err != nil {
		return fmt.Errorf("publish the search: %w", err)
	}
	return nil
}

// searchText is the search with its arguments written out, and the columns that are shown of it with their types.
func (w *world) searchText(ctx context.Context, conn *pgx.Conn) (columns, body string, err error) {
	db, err := pg.Open(ctx, w.serviceURL, pg.Tracer(bench.Spy{}), pg.MaxConns(1))
	if err != nil {
		return "", "", err
	}
	defer db.Close()
	sent, err := w.watch(ctx, db, needs()[0])
	if err != nil {
		return "", "", err
	}
	sql, args, names, err := positional(ctx, conn, bench.Searches(sent)[0])
	if err != nil {
		return "", "", err
	}
	texts, err := bench.Statement{SQL: sql, Args: args}.Prepare(ctx, conn, "")
	if err != nil {
		return "", "", err
	}
	described, err := conn.Prepare(ctx, "published", sql)
	if err != nil {
		return "", "", err
	}
	body = parameter.ReplaceAllStringFunc(sql, func(match string) string {
		n, _ := strconv.Atoi(match[1:])
		switch names[n-1] {
		case "lat", "lon":
			return "nearby." + names[n-1]
		case "need":
			return "(SELECT asked.id FROM need AS asked WHERE asked.code = nearby.need)"
		}
		return "'" + strings.ReplaceAll(texts[n-1], "'", "''") + "'"
	})
	types, err := columnTypes(ctx, conn, described.Fields)
	return types, body, err
}

// columnTypes are the columns of a function that returns what is shown, by the types that the search has.
func columnTypes(ctx context.Context, conn *pgx.Conn, fields []pgconn.FieldDescription) (string, error) {
	columns := make([]string, len(shown))
	for i, name := range shown {
		for _, f := range fields {
			if f.Name != name {
				continue
			}
			var of string
			if err := conn.QueryRow(ctx, `SELECT format_type($1, NULL)`, f.DataTypeOID).Scan(&of); err != nil {
				return "", err
			}
			columns[i] = name + " " + of
		}
		if columns[i] == "" {
			return "", fmt.Errorf("the search has no column %s", name)
		}
	}
	return strings.Join(columns, ", "), nil
}
