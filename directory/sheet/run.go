package sheet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Options say how files are brought in.
type Options struct {
	Source     string // the publisher; its ids and records are told apart by it
	Apply      bool   // else nothing is written, and the report says what would be
	EndMissing bool   // what came from the publisher before and is not in the files any more is ended
	Kind       directory.OrganizationKind
	Limits     Limits
	// Own restricts an import to the catalogue of one organization, by its own people.
	Own      uuid.UUID
	Progress func(rows int)
	format   Format
	claim    func(context.Context, pg.Querier) error // takes the task for the transaction; nil: there is none
}

var errTemplateOnly = fault.New(fault.Refused, "template_only",
	"An organization imports its catalogue in the template, as CSV or Excel.", "تستورد المنظمة دليلها بالنموذج المعدّ، بصيغة CSV أو Excel.")

// Report is what became of an import. Counts add up: of each file, every row that was read is in exactly one of the others.
type Report struct {
	Applied  bool
	Counts   []Count
	Findings []Finding
	Missing  int // records of the publisher that the files do not have any more
	Ended    int // of those
}

// Errors is how many findings are errors.
func (r Report) Errors() int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == Error {
			n++
		}
	}
	return n
}

// Store imports and exports the catalogue as files.
type Store struct {
	db    *pg.DB
	clock func() time.Time
}

// NewStore returns a Store on db that takes the time from clock.
func NewStore(db *pg.DB, clock func() time.Time) *Store { return &Store{db: db, clock: clock} }

// behalf is the system acting for an account at an instant: it sees what an import must compare with, and the history names the account.
type behalf struct {
	account uuid.UUID
	now     time.Time
}

// Settings implements pg.Actor.
func (b behalf) Settings() map[string]string {
	s := map[string]string{"tahweel.kind": "system", "tahweel.now": b.now.UTC().Format(time.RFC3339Nano)}
	if b.account != uuid.Nil {
		s["tahweel.account_id"] = b.account.String()
	}
	return s
}

// errDry ends the transaction of a dry run.
var errDry = errors.New("sheet: a dry run")

// Import reads the input and brings it into the directory in one transaction; without Options.Apply that is rolled back at the end, so
// that the report tells what would happen. It fails with fault.Forbidden unless the actor may import everything, or, with
// Options.Own, for that organization, and with fault.Refused without a source. What is wrong with the files is in the report and no error.
func (s *Store) Import(ctx context.Context, actor policy.Actor, in Input, o Options) (Report, error) {
	o.format = in.Format
	if err := o.check(actor); err != nil {
		return Report{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Report{}, fmt.Errorf("import: %w", err)
	}
	return s.run(ctx, actor, id, in, o, func(context.Context, pg.Querier, Report) error { return nil })
}

func (o *Options) check(actor policy.Actor) error {
	if o.Own != uuid.Nil && o.format != CSV && o.format != Excel {
		return errTemplateOnly
	}
	if _, _, ok := actor.May(policy.Manage, policy.ClassImport, policy.Object{OrganizationID: o.Own}); !ok {
		return policy.RoleForbids(policy.Manage, policy.ClassImport)
	}
	var l fault.List
	if strings.TrimSpace(o.Source) == "" {
		l.Add("/source", "The publisher must be named.", "يجب ذكر اسم الناشر.")
	}
	if o.Kind == "" {
		o.Kind = directory.Association
	}
	if !slices.Contains(valuesOf["organization.kind"], string(o.Kind)) {
		l.Add("/kind", "This is no kind of organization.", "هذا ليس نوعًا من أنواع المنظمات.")
	}
	if o.Limits == (Limits{}) {
		o.Limits = UploadLimits
	}
	return l.Err()
}

// run carries an import out. finish writes what belongs to the import itself, in the same transaction if the import is applied.
func (s *Store) run(ctx context.Context, actor policy.Actor, id uuid.UUID, in Input, o Options, finish func(context.Context, pg.Querier, Report) error) (report Report, err error) {
	now := s.clock()
	err = s.db.InTx(ctx, behalf{actor.AccountID, now}, func(q pg.Querier) error {
		if o.claim != nil {
			if err := o.claim(ctx, q); err != nil {
				return err
			}
		}
		if report, err = bringIn(ctx, q, by(actor, o), id, in, o, now); err != nil {
			return err
		}
		if !o.Apply {
			return errDry
		}
		e := audit.Entry{At: now, Actor: actor, Action: "directory.import", Class: policy.ClassImport, ObjectID: id, Allowed: true, Code: policy.Allowed.Code()}
		if err := audit.Append(ctx, q, e); err != nil {
			return err
		}
		return finish(ctx, q, report)
	})
	if errors.Is(err, errDry) {
		err = s.db.InTx(ctx, behalf{actor.AccountID, now}, func(q pg.Querier) error { return finish(ctx, q, report) })
	}
	return report, err
}

// by is who changes the register by an import: the system, or, of the own catalogue of an organization, its focal point, whose changes wait
// where they would without a file.
func by(actor policy.Actor, o Options) policy.Actor {
	if o.Own == uuid.Nil {
		return policy.TheSystem()
	}
	return policy.Actor{
		AccountID: actor.AccountID, Kind: policy.Person,
		Memberships: []policy.Membership{{Role: policy.ProviderFocalPoint, OrganizationID: o.Own}},
	}
}

// bringIn reads, puts together and writes, all within the transaction of q.
func bringIn(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID, in Input, o Options, now time.Time) (Report, error) {
	// A large file keeps the transaction busy, or waiting for the reader, for longer than a request may.
	if _, err := q.Exec(ctx, `SELECT set_config('statement_timeout', '120s', true), set_config('idle_in_transaction_session_timeout', '600s', true)`); err != nil {
		return Report{}, fmt.Errorf("import: %w", err)
	}
	g := newGathering(o.Source, o.Limits, &stage{q: q, importID: id}, o.Progress)
	var err error
	if g.country, err = readCountry(ctx, q, geo.Today(now)); err != nil {
		return Report{}, err
	}
	if err := g.read(ctx, in); err != nil {
		return Report{}, err
	}
	if err := g.stage.flush(ctx); err != nil {
		return Report{}, err
	}
	w := &writing{gathering: g, q: q, actor: actor, options: o, now: now}
	if err := w.all(ctx); err != nil {
		return Report{}, err
	}
	if err := g.stage.clear(ctx); err != nil {
		return Report{}, err
	}
	return Report{Applied: o.Apply, Counts: g.counts(g.files), Findings: g.sorted(), Missing: w.missing, Ended: w.ended}, nil
}

// read reads all files of the input.
func (g *gathering) read(ctx context.Context, in Input) error {
	b := &budget{left: g.limits.Bytes}
	if in.Format == HSDSPackage {
		return g.readPackage(ctx, in, b)
	}
	for _, f := range in.files {
		var err error
		switch in.Format {
		case Excel:
			err = g.readExcel(ctx, f, b, g.templateTable)
		case HSDSJSON:
			err = g.readJSON(ctx, f, b)
		default:
			err = g.readFile(ctx, f, b, g.templateTable)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writing puts the records of the files together and writes them.
type writing struct {
	*gathering
	q              pg.Querier
	actor          policy.Actor
	options        Options
	now            time.Time
	lookAlikes     *lookAlikes
	missing, ended int
}

func (w *writing) all(ctx context.Context) error {
	r, err := w.resolve(ctx)
	if err != nil {
		return err
	}
	if w.lookAlikes, err = readLookAlikes(ctx, w.q); err != nil {
		return err
	}
	if err := w.vocabularies(ctx, r); err != nil {
		return err
	}
	for _, home := range r.organizations {
		if err := w.organization(ctx, r, home); err != nil {
			return err
		}
	}
	w.settleRest()
	if err := w.saveLoose(ctx); err != nil {
		return err
	}
	return w.gone(ctx)
}

func (w *writing) organization(ctx context.Context, r *resolved, home uuid.UUID) error {
	if w.options.Own != uuid.Nil && home != w.options.Own {
		for _, at := range r.members[home] {
			if rec := &w.records[at]; !rec.lost {
				w.lose(rec, "organization_id", "not_yours")
			}
		}
		return nil
	}
	a, err := w.assemble(ctx, r, home)
	if err != nil {
		return err
	}
	in := &incoming{gathering: w.gathering, assembled: a, kind: w.options.Kind}
	taken, err := directory.Import(ctx, w.q, w.actor, in.intake(home, w.options.Source), w.now)
	if err != nil {
		return err
	}
	if taken.Organization.Created {
		if err := w.warnOfLookAlikes(ctx, home); err != nil {
			return err
		}
	}
	w.settle(r, home, a, taken)
	return nil
}

// settle tells each row what became of its records.
func (w *writing) settle(r *resolved, home uuid.UUID, a *assembled, taken directory.Taken) {
	told := map[key]bool{}
	for _, at := range r.members[home] {
		rec := w.records[at]
		if rec.lost {
			continue
		}
		if tableAt[rec.table].thing {
			if r.home[rec.key] != home {
				continue
			}
			v := verdictOf(rec.key, taken)
			if !told[rec.key] {
				told[rec.key] = true
				w.tell(rec, v)
			}
			w.count(rec.row, outcomeOf(v))
			continue
		}
		if rec.aside {
			continue
		}
		outcome, told := Skipped, false
		for _, owner := range a.parts[at] {
			if o := outcomeOf(verdictOf(owner, taken)); o != Skipped {
				outcome, told = better(outcome, o), true
			}
		}
		if !told {
			w.note(w.rows[rec.row].Place, "", "owner_skipped")
		}
		w.count(rec.row, outcome)
	}
}

func verdictOf(k key, taken directory.Taken) directory.Verdict {
	switch k.tableName() {
	case "organization":
		return taken.Organization
	case "location":
		return taken.Locations[k.id]
	case "service":
		return taken.Services[k.id]
	}
	return taken.Offers[k.id]
}

func outcomeOf(v directory.Verdict) Outcome {
	switch {
	case v.Refused != nil:
		return Skipped
	case v.Created:
		return Created
	case v.Updated:
		return Updated
	}
	return Unchanged
}

// tell notes what of a thing waits, and why it was refused, field by field if the refusal names fields.
func (w *writing) tell(rec recordState, v directory.Verdict) {
	at := w.rows[rec.row].Place
	w.tellWhatWaits(at, v)
	if v.Refused == nil {
		return
	}
	if len(v.Refused.Fields) == 0 {
		f := Finding{Place: at, Severity: Error, Code: v.Refused.Code, Sentence: v.Refused.Detail}
		if p, known := phrases[f.Code]; known {
			f.Severity = p.severity
		}
		w.findings = append(w.findings, f)
		return
	}
	for _, f := range v.Refused.Fields {
		w.findings = append(w.findings, Finding{Place: at, Column: strings.TrimPrefix(f.Pointer, "/"), Severity: Error, Code: "value_refused", Sentence: f.Detail})
	}
}

// tellWhatWaits notes the change request that holds what an officer decides; one of a dry run does not outlive it and has no id.
func (w *writing) tellWhatWaits(at Place, v directory.Verdict) {
	if v.Withdrawn {
		w.note(at, "", "change_withdrawn")
	}
	if v.Waits.ID == uuid.Nil {
		return
	}
	code := "waits_for_officer"
	if v.Waits.Activates {
		code = "new_waits_for_officer"
	}
	f := found(at, "", code)
	if w.options.Apply {
		f.ChangeRequest = v.Waits.ID
	}
	w.findings = append(w.findings, f)
}

var worth = map[Outcome]int{"": 0, Skipped: 1, Unchanged: 2, Updated: 3, Created: 4}

func better(a, b Outcome) Outcome {
	if worth[b] > worth[a] {
		return b
	}
	return a
}

// count adds what became of one record of a row to what became of the row: the most that was done, unless its last record was refused,
// which is what the row is about.
func (w *writing) count(row int32, o Outcome) {
	if o == Skipped {
		w.rows[row].outcome = Skipped
		return
	}
	w.rows[row].outcome = better(w.rows[row].outcome, o)
}

// settleRest ends the rows that no organization ended: units go with the capacities that count in them, and what is left was skipped.
func (w *writing) settleRest() {
	for unit, capacities := range w.used {
		row := w.records[unit].row
		w.rows[row].outcome = ""
		for _, at := range capacities {
			w.rows[row].outcome = better(w.rows[row].outcome, w.rows[w.records[at].row].outcome)
		}
		if w.rows[row].outcome == Skipped {
			w.note(w.rows[row].Place, "", "owner_skipped")
		}
	}
	for i := range w.records {
		rec := w.records[i]
		if rec.tableName() == "unit" && w.rows[rec.row].outcome == "" && !rec.lost {
			w.skip(rec.row, "", "not_representable")
		}
	}
	for i := range w.rows {
		if w.rows[i].outcome == "" {
			w.rows[i].outcome = Skipped
		}
	}
}

// gone looks for what came from the publisher before and is not in the files any more. An import that read nothing ends nothing.
func (w *writing) gone(ctx context.Context) error {
	if len(w.records) == 0 {
		return nil
	}
	for _, t := range []string{"service_at_location", "service", "organization"} {
		ids, err := directory.OfSource(ctx, w.q, t, w.options.Source, w.options.Own)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, here := w.first[keyOf(t, id)]; here {
				continue
			}
			w.missing++
			code := "gone"
			if w.options.EndMissing && (w.options.Own == uuid.Nil || t != "organization") {
				code = "ended"
				w.ended++
				if err := directory.End(ctx, w.q, w.actor, t, id, w.now); err != nil {
					return err
				}
			}
			w.note(Place{}, t+"/"+id.String(), code)
		}
	}
	return nil
}

// lookAlikes are the organizations of the directory by what a second entry of one would share.
type lookAlikes struct {
	byNumber, byName map[string][]uuid.UUID
}

func readLookAlikes(ctx context.Context, q pg.Querier) (*lookAlikes, error) {
	l := &lookAlikes{byNumber: map[string][]uuid.UUID{}, byName: map[string][]uuid.UUID{}}
	rows, err := q.Query(ctx, `
		SELECT id, registration_number, name_ar, name_en
		FROM organization
		WHERE status = 'active'
		ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("import: read the organizations: %w", err)
	}
	var id uuid.UUID
	var number, ar, en string
	_, err = pgx.ForEachRow(rows, []any{&id, &number, &ar, &en}, func() error {
		if number = normal(number); number != "" {
			l.byNumber[number] = append(l.byNumber[number], id)
		}
		for _, name := range names(ar, en) {
			l.byName[name] = append(l.byName[name], id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("import: read the organizations: %w", err)
	}
	return l, nil
}

func names(ar, en string) []string {
	left, right := normal(ar), normal(en)
	if left == right {
		return []string{left}
	}
	return []string{left, right}
}

// warnOfLookAlikes notes that a new organization looks like one that the directory had before.
func (w *writing) warnOfLookAlikes(ctx context.Context, id uuid.UUID) error {
	var number, ar, en string
	var places []string
	err := w.q.QueryRow(ctx, `
		SELECT o.registration_number, o.name_ar, o.name_en,
		       ARRAY (SELECT DISTINCT l.place_code FROM location AS l WHERE l.organization_id = o.id AND l.place_code IS NOT NULL ORDER BY l.place_code)
		FROM organization AS o
		WHERE o.id = @id`, pgx.StrictNamedArgs{"id": id}).Scan(&number, &ar, &en, &places)
	if err != nil {
		return fmt.Errorf("import: look for another entry of the organization: %w", err)
	}
	alike := len(w.lookAlikes.byNumber[normal(number)]) > 0 && normal(number) != ""
	for _, name := range names(ar, en) {
		for _, other := range w.lookAlikes.byName[name] {
			var apart bool
			err := w.q.QueryRow(ctx, `
				SELECT count(*) > 0 AND @known AND NOT bool_or(place_code = ANY (@places))
				FROM location
				WHERE organization_id = @other AND place_code IS NOT NULL`,
				pgx.StrictNamedArgs{"other": other, "places": places, "known": len(places) > 0}).Scan(&apart)
			if err != nil {
				return fmt.Errorf("import: compare the places: %w", err)
			}
			alike = alike || !apart
		}
	}
	if first, here := w.first[keyOf("organization", id)]; alike && here {
		w.note(w.rows[w.records[first].row].Place, "", "looks_like_another")
	}
	return nil
}
