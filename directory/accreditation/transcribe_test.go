package accreditation_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

func on(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

// given is an accreditation on paper, in force on the day of the world.
func (w *world) given(from, to string) accreditation.Granted {
	return accreditation.Granted{
		OrganizationID: w.mine, Grant: directory.Grant{Number: "P-" + from, ValidFrom: on(from), ValidTo: on(to)},
		Transcript: directory.Transcript{
			LetterNumber: "K-1", LetterOn: on("2024-12-20"), MinuteNumber: "L-1", MinuteOn: on("2024-12-10"), File: "register.xlsx",
			FileSHA256: bytes.Repeat([]byte{7}, 32), Sheet: "Accreditations", Line: 3, By: w.officer.AccountID,
		},
	}
}

func (w *world) transcribe(actor policy.Actor, g accreditation.Granted) (a directory.Accreditation, err error) {
	w.Helper()
	err = w.db.DB.InTx(w.Context(), actor, func(q pg.Querier) error {
		a, err = accreditation.Transcribe(w.Context(), q, actor, g, w.now)
		return err
	})
	return a, err
}

func faultCode(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// TestAnAccreditationOnPaperEntersAsWhatItIs, the older before the one in force; nobody is notified of what they knew.
func TestAnAccreditationOnPaperEntersAsWhatItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Exec(t, `UPDATE organization SET information_only = true WHERE id = $1`, w.mine)
	revoked := w.given("2023-01-01", "2026-12-31")
	revoked.Stopped, revoked.Reason = directory.Revoked, "It handed its papers back"
	current := w.given("2026-01-01", "2026-12-31")
	current.Scope = []accreditation.Scope{{Need: physio, Governorate: hebron}}
	for _, c := range []struct {
		given  accreditation.Granted
		status directory.AccreditationStatus
	}{{revoked, directory.Revoked}, {w.given("2024-01-01", "2025-12-31"), directory.Expired}, {current, directory.Accredited}} {
		a, err := w.transcribe(policy.TheSystem(), c.given)
		if err != nil || a.Status != c.status {
			t.Fatalf("%s: %s, %v", c.given.Grant.Number, a.Status, err)
		}
		if c.status != directory.Accredited {
			continue
		}
		err = w.db.DB.InTx(t.Context(), policy.TheSystem(), func(q pg.Querier) error {
			scope, err := accreditation.ScopeOf(t.Context(), q, a.ID)
			if err == nil && !slices.Equal(scope, current.Scope) {
				t.Errorf("its scope is %v", scope)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if pgtest.Value[bool](t, w.db, `SELECT information_only FROM organization WHERE id = $1`, w.mine) {
		t.Error("who is accredited is still listed for information alone")
	}
	if n := pgtest.Value[int](t, w.db, `SELECT count(*) FROM accreditation_notice`); n != 0 {
		t.Errorf("%d notices", n)
	}
	if got := pgtest.Value[string](t, w.db, `
		SELECT string_agg(h.action, ' ' ORDER BY h.position)
		FROM history AS h
		JOIN accreditation AS a ON a.id::text = h.entity_id
		WHERE h.entity = 'accreditation' AND h.action <> 'change' AND a.number = 'P-2024-01-01'`); got != "apply start_review accredit expire" {
		t.Errorf("it went through %q", got)
	}
	if _, err := w.transcribe(policy.TheSystem(), w.given("2026-02-01", "2026-11-30")); faultCode(err) != "accreditation_open" {
		t.Errorf("another beside the one in force: %v", err)
	}
}

// TestAPaperIsNoWayAroundAnApplication that is on its way, nor around the papers and the role; the control is the paper without it.
func TestAPaperIsNoWayAroundAnApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	paper := w.given("2026-01-01", "2026-12-31")
	for name, spoil := range map[string]func(*accreditation.Granted){
		"no minute":        func(g *accreditation.Granted) { g.MinuteNumber = "" },
		"a letter to come": func(g *accreditation.Granted) { g.LetterOn = on("2026-06-02") },
		"a stop, no reason": func(g *accreditation.Granted) {
			g.Stopped = directory.Suspended
		},
		"no number": func(g *accreditation.Granted) { g.Grant.Number = "" },
	} {
		g := paper
		spoil(&g)
		if _, err := w.transcribe(policy.TheSystem(), g); fault.KindOf(err) != fault.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, actor := range map[string]policy.Actor{"an officer": w.officer, "a signatory": w.signatory, "a focal point": w.focal} {
		if _, err := w.transcribe(actor, paper); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.db.Exec(t, `INSERT INTO accreditation (id, organization_id, status, created_at, updated_at) VALUES ($1, $2, 'applied', now(), now())`, uuid.New(), w.mine)
	if _, err := w.transcribe(policy.TheSystem(), paper); faultCode(err) != "application_open" {
		t.Errorf("while one is applied for: %v", err)
	}
	paper.OrganizationID = w.theirs
	if a, err := w.transcribe(policy.TheSystem(), paper); err != nil || !a.InForce(on("2026-05-31")) {
		t.Errorf("the paper itself: %v", err)
	}
}
