package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write the table of flags into docs/operations.md")

const (
	guide      = "../../docs/operations.md"
	tableBegin = "<!-- flags: written by go test ./cmd/tahweel -run TestTheGuideListsEveryFlag -update -->\n"
	tableEnd   = "<!-- end of flags -->\n"
)

// flagTable is the table of every flag of every command, as the command line's own model has them.
func flagTable(t *testing.T, line any) string {
	t.Helper()
	k, err := kong.New(line, kong.Name("tahweel"), kong.Vars{
		"data_folder": "see “Data folder and keys”", "address": address, "public_url": "http://" + address,
	})
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ flag, variable, preset, help string }
	commands := map[row][]string{}
	var rows []row
	leaves := k.Model.Leaves(true)
	for _, leaf := range leaves {
		for _, group := range leaf.AllFlags(true) {
			for _, f := range group {
				if f.Name == "help" {
					continue
				}
				r := row{flag: "--" + f.Name, variable: strings.Join(f.Tag.Envs, ", "), preset: f.Default, help: f.Help}
				if commands[r] == nil {
					rows = append(rows, r)
				}
				commands[r] = append(commands[r], strings.TrimPrefix(leaf.FullPath(), "tahweel "))
			}
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.flag+commands[a][0], b.flag+commands[b][0]) })
	out := &strings.Builder{}
	fmt.Fprintln(out, "| flag | variable | commands | unless given | what it does |\n|---|---|---|---|---|")
	for _, r := range rows {
		where := strings.Join(commands[r], ", ")
		if len(commands[r]) == len(leaves) {
			where = "all"
		}
		fmt.Fprintf(out, "| `%s` | %s | %s | %s | %s |\n", r.flag, code(r.variable), where, code(r.preset), r.help)
	}
	return out.String()
}

func code(s string) string {
	if s == "" || strings.HasPrefix(s, "see ") {
		return s
	}
	return "`" + s + "`"
}

// The table in the operator's guide has every flag and variable, and none that does not exist.
func TestTheGuideListsEveryFlag(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tableBegin)
	table, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatal("the guide has no place for the table")
	}
	want := flagTable(t, &commands{})
	if *update {
		if err := os.WriteFile(guide, []byte(before+tableBegin+want+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Errorf("the guide's table of flags is not that of the program; -update writes it. It should be\n%s", want)
	}
}

// The control: a flag more is a table that differs.
func TestANewFlagChangesTheTable(t *testing.T) {
	t.Parallel()
	more := &struct {
		commands
		Extra struct {
			Newcomer string `help:"New." env:"TAHWEEL_NEWCOMER"`
		} `cmd:""`
	}{}
	if table := flagTable(t, more); table == flagTable(t, &commands{}) || !strings.Contains(table, "| `--newcomer` | `TAHWEEL_NEWCOMER` | extra |") {
		t.Error("a new flag does not change the table")
	}
}
