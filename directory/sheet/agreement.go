package sheet

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/geo"
	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// AgreementOptions say how accreditations and instruments that were agreed on paper are brought in.
type AgreementOptions struct {
	Apply    bool      // else nothing is written, and the report says what would be
	Officer  uuid.UUID // the account that answers for the file: the history names it; Nil: the system
	Limits   Limits
	Progress func(rows int)
}

// AgreementLimits bound what an operator reads from a disk: a hundred times the agreements of a country.
var AgreementLimits = Limits{Bytes: 256 << 20, Rows: 100_000}

// AgreementReport is what became of an import of agreements: besides the findings a line for every row, in the order of the file.
type AgreementReport struct {
	Report
	Rows []AgreementRow
}

// AgreementRow says what became of a row: where its agreement is now, or that it was skipped.
type AgreementRow struct {
	Place
	Outcome  Outcome
	Sentence fault.Sentence
}

var (
	errAgreementFormat = fault.New(fault.Refused, "agreements_format",
		"Agreements come as Excel or CSV.", "تُستورد الاتفاقيات من Excel أو CSV.")
	errNoOfficer = fault.New(fault.Refused, "not_an_officer",
		"The account that answers for the file must be that of an associations officer.", "يجب أن يكون الحساب المسؤول عن الملف لموظف من شؤون الجمعيات.")
)

// ImportAgreements reads accreditations and instruments that were agreed on paper and enters them through their legal moves, in one
// transaction; without AgreementOptions.Apply that is rolled back at the end. An agreement is entered whole or not at all: what is wrong
// with one of its rows leaves it out and nothing else. It fails with fault.Forbidden unless the actor is the system, for it does what
// two persons do elsewhere (docs/adr/0021), with fault.Refused for a file that is neither Excel nor CSV and for an account that is no
// officer's. What is wrong with the file is in the report and no error.
func (s *Store) ImportAgreements(ctx context.Context, actor policy.Actor, in Input, o AgreementOptions) (report AgreementReport, err error) {
	if actor.Kind != policy.System {
		return AgreementReport{}, policy.RoleForbids(policy.Manage, policy.ClassInstrument)
	}
	if in.Format != CSV && in.Format != Excel {
		return AgreementReport{}, errAgreementFormat
	}
	if o.Limits == (Limits{}) {
		o.Limits = AgreementLimits
	}
	id, err := uuid.NewV7()
	if err != nil {
		return AgreementReport{}, fmt.Errorf("import agreements: %w", err)
	}
	now := s.clock()
	actor.AccountID = o.Officer
	err = s.db.InTx(ctx, behalf{o.Officer, now}, func(q pg.Querier) error {
		if err := isOfficer(ctx, q, o.Officer, now); err != nil {
			return err
		}
		if report, err = agree(ctx, q, actor, id, in, o, now); err != nil {
			return err
		}
		if !o.Apply {
			return errDry
		}
		return audit.Append(ctx, q, audit.Entry{
			At: now, Actor: actor, Action: "agreements.import", Class: policy.ClassImport, ObjectID: id, Allowed: true, Code: policy.Allowed.Code(),
		})
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return report, err
}

// isOfficer fails with fault.Refused unless the account is Nil or an associations officer's.
func isOfficer(ctx context.Context, q pg.Querier, account uuid.UUID, now time.Time) error {
	if account == uuid.Nil {
		return nil
	}
	var officer bool
	err := q.QueryRow(ctx, `
		SELECT EXISTS (
		  SELECT
		  FROM membership
		  WHERE account_id = @account AND role = @role AND valid_from <= @now AND coalesce(valid_to > @now, true)
		)`, pgx.StrictNamedArgs{"account": account, "role": policy.AssociationsOfficer, "now": now}).Scan(&officer)
	if err == nil && !officer {
		return errNoOfficer
	}
	return err
}

// agree reads the file and enters its agreements, all within the transaction of q.
func agree(ctx context.Context, q pg.Querier, actor policy.Actor, id uuid.UUID, in Input, o AgreementOptions, now time.Time) (AgreementReport, error) {
	if _, err := q.Exec(ctx, `SELECT set_config('statement_timeout', '120s', true), set_config('idle_in_transaction_session_timeout', '600s', true)`); err != nil {
		return AgreementReport{}, fmt.Errorf("import agreements: %w", err)
	}
	a := &agreeing{
		gathering: newGathering("", o.Limits, &stage{q: q, importID: id}, o.Progress), q: q, actor: actor, now: now, today: geo.Today(now),
		groups: map[string]*agreement{}, told: map[int32]fault.Sentence{},
	}
	var err error
	if a.country, err = readCountry(ctx, q, a.today); err != nil {
		return AgreementReport{}, err
	}
	if a.parties, err = readParties(ctx, q); err != nil {
		return AgreementReport{}, err
	}
	if a.sha256, err = fingerprint(in, o.Limits); err != nil {
		return AgreementReport{}, err
	}
	if err := a.readAll(ctx, in); err != nil {
		return AgreementReport{}, err
	}
	if err := a.enterAll(ctx); err != nil {
		return AgreementReport{}, err
	}
	if err := a.stage.clear(ctx); err != nil {
		return AgreementReport{}, err
	}
	return AgreementReport{Report: Report{Applied: o.Apply, Counts: a.counts(a.files), Findings: a.sorted()}, Rows: a.lines()}, nil
}

// fingerprint is the SHA-256 of the file, so that what was transcribed can be held against it.
func fingerprint(in Input, l Limits) ([]byte, error) {
	h := sha256.New()
	for _, f := range in.files {
		content, err := f.open()
		if err != nil {
			return nil, fmt.Errorf("import agreements: %w", err)
		}
		_, err = io.Copy(h, io.LimitReader(content, l.Bytes))
		if err = errors.Join(err, content.Close()); err != nil {
			return nil, fmt.Errorf("import agreements: %w", err)
		}
	}
	return h.Sum(nil), nil
}

// agreeing takes the rows of agreements in and enters them. Of each row memory holds its place and its agreement; what it says waits in
// the database.
type agreeing struct {
	*gathering
	q       pg.Querier
	actor   policy.Actor
	now     time.Time
	today   time.Time
	parties *parties
	sha256  []byte
	groups  map[string]*agreement // by form and number
	order   []*agreement
	above   *agreement // of the row before, in the same sheet
	told    map[int32]fault.Sentence
}

// agreement is the rows of one accreditation or instrument.
type agreement struct {
	form   form
	rows   []int32
	from   string        // its first day, by which agreements are put in order
	broken int           // the line of the first row with an error; 0: there is none
	head   agreementHead // what its first row says; read when it is entered
}

func (a *agreeing) readAll(ctx context.Context, in Input) error {
	b := &budget{left: a.limits.Bytes}
	for _, f := range in.files {
		var err error
		if in.Format == Excel {
			err = a.readExcel(ctx, f, b, a.agreementTable)
		} else {
			err = a.readFile(ctx, f, b, a.agreementTable)
		}
		if err != nil {
			return err
		}
	}
	return a.stage.flush(ctx)
}

// lines say of every row what became of it.
func (a *agreeing) lines() []AgreementRow {
	out := make([]AgreementRow, len(a.rows))
	for i, r := range a.rows {
		said, ok := a.told[int32(i)]
		if !ok {
			said = phrases["row_skipped"].sentence(nil)
		}
		out[i] = AgreementRow{Place: r.Place, Outcome: r.outcome, Sentence: said}
	}
	return out
}
