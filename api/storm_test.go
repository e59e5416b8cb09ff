package api

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"tahweel/api/apitest"
)

var seedFlag = flag.Uint64("seed", 0, "the seed of the generated requests; 0 takes another each time")

const (
	stormRequests = 1_000
	proofRequests = 50_000
)

// TestGeneratedRequests (reliability, S9) sends requests made from the contract, valid, nearly valid and hostile, over all operations
// and as every actor, in sequences that make things and move them: no accident, no status and no answer that the contract does not
// document, and every refusal a problem. The same seed sends the same requests, but for the ids that the service makes.
func TestGeneratedRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	n := stormRequests
	if os.Getenv("TAHWEEL_PROVE") == "1" {
		n = proofRequests
	}
	for range 5 {
		w.sent(t)
	}
	s := newStorm(w.holding(t), seed)
	s.welcome = knownCallers(t)
	for i := range n {
		if i > 0 && i%2_000 == 0 {
			w.db.Exec(t, "VACUUM (ANALYZE)") // the tests' server has no autovacuum
		}
		s.step()
		if len(s.h.complaints) > 0 {
			t.Errorf("request %d of seed %d (go test ./api -run TestGeneratedRequests -seed %d): %s\n%s\n%s",
				i, seed, seed, strings.Join(s.h.complaints, "\n"), s.last, lastError(s.h.logged()))
			s.h.complaints = nil
			if s.found++; s.found == 10 {
				break
			}
		}
	}
	t.Logf("seed %d: %d requests, answers by status %v; %d operations of %d succeeded: not %v", seed, n, s.statuses,
		len(s.succeeded), len(s.operations), s.never())
	if len(s.succeeded)*3 < len(s.operations) {
		t.Errorf("only %d of %d operations ever succeeded: the requests are not valid often enough to reach anything", len(s.succeeded), len(s.operations))
	}
}

// lastError is the last line of a log that tells of an accident.
func lastError(log string) string {
	lines := slices.DeleteFunc(strings.Split(log, "\n"), func(line string) bool { return !strings.Contains(line, `"level":"ERROR"`) })
	if len(lines) == 0 {
		return ""
	}
	return lines[len(lines)-1]
}

// The control: an accident, a status without documentation and an answer that breaks its schema are noticed.
func TestTheStormNotices(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]variant{
		"accident": {add: func(s *shell) {
			register(s, operation{id: "break-jar", method: "GET", path: "/v1/broken", tag: "service", summary: "s", description: "d", scope: "jars"},
				func(context.Context, *failJar) (*entity[shelved], error) { panic("broken") })
		}},
		"contract": variants[slices.IndexFunc(variants, func(v variant) bool { return v.caught == "contract" })],
	} {
		s := newStorm(shelfHolding(t, v), 1)
		for range 1000 {
			s.step()
		}
		if !slices.ContainsFunc(s.h.complaints, func(c string) bool { return strings.Contains(c, ": "+name+": ") }) {
			t.Errorf("%s is not noticed", name)
		}
	}
}

// thing is something the service showed: its path values, its version, and what it says may be done with it.
type thing struct {
	value   string
	version string
	allowed []string
}

// storm makes requests.
type storm struct {
	h          *holding
	rng        *rand.Rand
	operations []apitest.Operation
	things     map[string][]thing  // by path of their collection
	welcome    map[string][]string // actors whom an operation did not refuse, by operation
	succeeded  map[string]bool
	statuses   map[int]int
	last       string
	sent       int
	found      int
	makers     []apitest.Operation // which make something new
}

func newStorm(h *holding, seed uint64) *storm {
	h.compared, h.checked, h.callers, h.thorough = map[string]bool{}, map[string]bool{}, map[string][]string{}, true
	s := &storm{
		h: h, rng: rand.New(rand.NewPCG(seed, seed)), operations: h.contract.Operations(), //nolint:gosec // a test that can be repeated
		things: map[string][]thing{}, welcome: map[string][]string{}, succeeded: map[string]bool{}, statuses: map[int]int{},
	}
	for _, op := range s.operations {
		if status, _ := op.Success(); status == "201" {
			s.makers = append(s.makers, op)
		}
	}
	return s
}

// knownCallers are who may call each operation, as callers.txt says.
func knownCallers(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/callers.txt")
	if err != nil {
		t.Fatal(err)
	}
	callers := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if operation, who, _ := strings.Cut(line, ": "); strings.TrimSpace(who) != "anybody" {
			callers[operation] = strings.Fields(who)
		}
	}
	return callers
}

func (s *storm) never() []string {
	var list []string
	for _, op := range s.operations {
		if !s.succeeded[op.ID] {
			list = append(list, op.ID)
		}
	}
	return list
}

func pick[T any](s *storm, list []T) T { return list[s.rng.IntN(len(list))] }

// chance is true in so many of a hundred cases.
func (s *storm) chance(percent int) bool { return s.rng.IntN(100) < percent }

// step sends one request and learns from its answer.
func (s *storm) step() {
	op, on := s.choose()
	looking := false
	if s.sent++; s.sent <= 2*len(s.operations) { // first a look around, so that there is something to go on from
		op, on = s.operations[s.sent%len(s.operations)], nil
		_, looking = listed(op)
	}
	making := s.chance(10) && len(s.makers) > 0 // so that there is always something that can be moved
	if making {
		op, on = pick(s, s.makers), nil
	}
	r := s.valid(op, on)
	switch kind := s.rng.IntN(10); {
	case making:
		if fresh, ok := s.h.example(op); ok {
			r.Body = fresh.Body
		}
	case kind < 4 || looking:
	case kind < 7:
		s.nearly(op, &r)
	default:
		for range 1 + s.rng.IntN(3) {
			s.hostile(op, &r)
		}
	}
	actor, token := s.who(op)
	s.last = fmt.Sprintf("%s as %s: %s %s %v %.2000s", op.ID, actor, r.Method, r.URL(""), r.Header, r.Content())
	a := s.h.send(op, r, token)
	s.statuses[a.status]++
	s.learn(op, r, actor, a)
}

// choose takes any operation, or one that something seen says it allows.
func (s *storm) choose() (apitest.Operation, *thing) {
	if s.chance(40) {
		for _, path := range slices.Sorted(maps.Keys(s.things)) {
			movable := slices.DeleteFunc(slices.Clone(s.things[path]), func(t thing) bool { return len(t.allowed) == 0 })
			if len(movable) == 0 || s.chance(30) {
				continue
			}
			one := &movable[s.rng.IntN(len(movable))]
			move := strings.ReplaceAll(pick(s, one.allowed), "_", "-")
			for _, op := range s.operations {
				if strings.HasPrefix(op.Path, path+"/{") && strings.HasSuffix(op.Path, "/"+move) {
					return op, one
				}
			}
		}
	}
	return pick(s, s.operations), nil
}

// who asks: mostly somebody who was let in before, sometimes anybody, nobody or somebody without a scope.
func (s *storm) who(op apitest.Operation) (actor, token string) {
	actor = pick(s, s.h.actors)
	if welcome := s.welcome[op.ID]; len(welcome) > 0 && s.chance(80) {
		actor = pick(s, welcome)
	}
	switch s.rng.IntN(40) {
	case 0:
		return "nobody", ""
	case 1:
		return "a stranger", "nonsense"
	case 2:
		return actor + " without scopes", s.h.token(actor)
	default:
		return actor, s.h.fullToken(actor)
	}
}

// learn keeps what an answer shows: things with their ids, versions and what they allow, and who was let in.
func (s *storm) learn(op apitest.Operation, r apitest.Request, actor string, a reply) {
	if a.status != http.StatusForbidden && a.status != http.StatusUnauthorized && slices.Contains(s.h.actors, actor) && !slices.Contains(s.welcome[op.ID], actor) {
		s.welcome[op.ID] = append(s.welcome[op.ID], actor)
	}
	if !a.ok() || r.Method != op.Method {
		return
	}
	s.succeeded[op.ID] = true
	var object map[string]any
	if json.Unmarshal(a.body, &object) != nil {
		return
	}
	if items, list := object["items"].([]any); list {
		for _, item := range items {
			if one, ok := item.(map[string]any); ok {
				s.keep(collectionOf(op.Path), one)
			}
		}
		return
	}
	path, _, _ := strings.Cut(op.Path, "/{")
	if location := a.header.Get("Location"); location != "" {
		path = location[:strings.LastIndex(location, "/")]
	}
	s.keep(path, object)
}

// collectionOf is where the items of a list are by themselves.
func collectionOf(path string) string {
	if strings.Contains(path, "{") {
		return "/v1" + path[strings.LastIndex(path, "/"):]
	}
	return path
}

// mostThings is how many things of a sort are kept.
const mostThings = 200

func (s *storm) keep(path string, object map[string]any) {
	value, ok := object["id"].(string)
	if !ok {
		if value, ok = object["code"].(string); !ok {
			return
		}
	}
	one := thing{value: value}
	if v, ok := object["version"].(float64); ok {
		one.version = fmt.Sprintf(`"%d"`, int(v))
	}
	if list, ok := object["allowed_transitions"].([]any); ok {
		for _, move := range list {
			one.allowed = append(one.allowed, fmt.Sprint(move))
		}
	}
	i := slices.IndexFunc(s.things[path], func(t thing) bool { return t.value == value })
	switch {
	case i >= 0:
		s.things[path][i] = one
	case len(s.things[path]) < mostThings:
		s.things[path] = append(s.things[path], one)
	default:
		s.things[path][s.rng.IntN(mostThings)] = one
	}
}
