package sheet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

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
	Writing  func(written, read int) // how many of the rows that were read are written; nil: nobody wants to know
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
	rows     []rowState
}

// Errors is how many findings are errors, those beyond the report among them.
func (r Report) Errors() int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == Error {
			n += max(1, f.Beyond)
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
	return Report{Applied: o.Apply, Counts: g.counts(g.files), Findings: g.sorted(), Missing: w.missing, Ended: w.ended, rows: g.rows}, nil
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
	written        int    // rows
	passed         []bool // the rows that count among them
}

func (w *writing) all(ctx context.Context) error {
	w.skippedUntold()
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
		w.progressed(r.members[home])
	}
	w.settleRest()
	if w.options.Writing != nil {
		w.options.Writing(len(w.rows), len(w.rows))
	}
	if err := w.saveLoose(ctx); err != nil {
		return err
	}
	return w.gone(ctx)
}

// progressed tells how far the writing is, after the records of an organization.
func (w *writing) progressed(records []int32) {
	if w.options.Writing == nil {
		return
	}
	if w.passed == nil {
		w.passed = make([]bool, len(w.rows))
	}
	for _, at := range records {
		if row := w.records[at].row; !w.passed[row] {
			w.passed[row] = true
			w.written++
		}
	}
	w.options.Writing(w.written, len(w.rows))
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
