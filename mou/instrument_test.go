package mou_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg/pgtest"
	"tahweel/mou"
	"tahweel/policy"
)

func pointers(err error) []string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return nil
	}
	var out []string
	for _, field := range f.Fields {
		if field.Detail.AR == "" || field.Detail.EN == "" {
			out = append(out, field.Pointer+" without words")
		}
		out = append(out, field.Pointer)
	}
	slices.Sort(out)
	return out
}

func TestValidateNamesEveryFault(t *testing.T) {
	t.Parallel()
	whole := sample(uuid.New(), uuid.New())
	if err := whole.Validate(); err != nil {
		t.Fatalf("the sample: %v", err)
	}
	empty := mou.Instrument{Terms: []mou.Term{{Grants: policy.Envelope, Quotas: []mou.Quota{{Period: "year", Cap: 1}, {Period: mou.Open}}}}}
	want := []string{
		"/kind", "/number", "/terms/0/directorates", "/terms/0/governorates", "/terms/0/grants", "/terms/0/max_tier", "/terms/0/needs",
		"/terms/0/quotas/0", "/terms/0/quotas/1", "/valid_to",
	}
	if got := pointers(empty.Validate()); !slices.Equal(got, want) {
		t.Errorf("the faults are %q", got)
	}
	for name, c := range map[string]struct {
		spoil func(*mou.Instrument)
		at    string
	}{
		"no term":             {func(in *mou.Instrument) { in.Terms = nil }, "/terms"},
		"ends as it begins":   {func(in *mou.Instrument) { in.ValidTo = in.ValidFrom }, "/valid_to"},
		"grants what is open": {func(in *mou.Instrument) { in.Terms[0].Grants |= policy.Sender }, "/terms/0/grants"},
		"a tier beyond":       {func(in *mou.Instrument) { in.Terms[0].MaxTier = 4 }, "/terms/0/max_tier"},
		"a handshake":         {func(in *mou.Instrument) { in.Kind = "handshake" }, "/kind"},
	} {
		in := sample(uuid.New(), uuid.New())
		c.spoil(&in)
		if got := pointers(in.Validate()); !slices.Equal(got, []string{c.at}) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestTheLifeOfAnInstrumentIsTheTable(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	conn, err := pgx.Connect(t.Context(), d.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), `SELECT from_status || ' ' || transition || ' ' || to_status FROM instrument_transition WHERE from_status <> 'none' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	table, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var edges []string
	reached := map[mou.Status]bool{mou.Draft: true}
	for from, moves := range mou.Lifecycle {
		for transition, next := range moves {
			edges = append(edges, string(from)+" "+string(transition)+" "+string(next))
			reached[next] = true
		}
	}
	slices.Sort(edges)
	slices.Sort(table)
	if !slices.Equal(edges, table) {
		t.Errorf("the program has %q, the database %q", edges, table)
	}
	if len(reached) != len(statuses) {
		t.Errorf("of %d states %d are reached", len(statuses), len(reached))
	}
}

var (
	statuses    = []mou.Status{mou.Draft, mou.Proposed, mou.Signed, mou.InForce, mou.Suspended, mou.Expired, mou.Terminated}
	transitions = []mou.Transition{mou.Propose, mou.Withdraw, mou.Sign, mou.EnterIntoForce, mou.Suspend, mou.Resume, mou.Expire, mou.Terminate}
)

// TestEveryStepOutsideTheMapIsRefused, by the program and, past it, by the database.
func TestEveryStepOutsideTheMapIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refused := 0
	for _, s := range statuses {
		in := w.in(t, s)
		for _, tr := range transitions {
			next, legal := mou.Lifecycle[s][tr]
			got, err := s.Next(tr)
			if got != next || (err == nil) != legal || !legal && fault.KindOf(err) != fault.Impossible {
				t.Errorf("%s, %s: %q, %v", s, tr, got, err)
			}
			if legal {
				continue
			}
			refused++
			if _, err := w.store.Move(t.Context(), policy.TheSystem(), in.ID, in.Version, tr); fault.KindOf(err) != fault.Impossible {
				t.Errorf("the store, %s, %s: %v", s, tr, err)
			}
			for _, end := range statuses {
				if got := w.constraint(t, `UPDATE instrument SET transition = $2, status = $3 WHERE id = $1`, in.ID, string(tr), string(end)); got != "instrument_move_legal" {
					t.Errorf("the database, %s, %s, %s: %q", s, tr, end, got)
				}
			}
		}
	}
	if refused != len(statuses)*len(transitions)-10 {
		t.Errorf("%d pairs are refused", refused)
	}
}
