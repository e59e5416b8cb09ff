package sheet_test

import (
	"testing"

	"tahweel/directory/sheet"
	"tahweel/internal/pg/pgtest"
)

// written is how much of an import there is anywhere.
func (w *world) written() int {
	w.t.Helper()
	return pgtest.Value[int](w.t, w.DB, `
		SELECT ((SELECT count(*) FROM organization) + (SELECT count(*) FROM service) + (SELECT count(*) FROM location) + (SELECT count(*) FROM service_at_location)
		  + (SELECT count(*) FROM directory_text) + (SELECT count(*) FROM import_row) + (SELECT count(*) FROM import_finding)
		  + (SELECT count(*) FROM loose_row) + (SELECT count(*) FROM change_request))::integer`)
}

// TestAKilledSweepLeavesNothingAndTheNextFinishesIt ends the connection of an import as it writes its second service, and on another day as
// it says that it is done. The control is what the sweep that is left alone leaves: a table of which none would be counted hides nothing.
func TestAKilledSweepLeavesNothingAndTheNextFinishesIt(t *testing.T) {
	t.Parallel()
	for name, on := range map[string]string{
		"amid what it writes": `AFTER INSERT ON service FOR EACH ROW WHEN (NEW.name_en = 'Occupational therapy')`,
		"as it is done":       `AFTER UPDATE ON file_task FOR EACH ROW WHEN (NEW.status = 'done')`,
		"as it reports":       `AFTER INSERT ON import_finding FOR EACH ROW WHEN (NEW.position = 2)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			k := newKeeper(t, w)
			task := w.submit(k.officer, template)
			before := w.written()
			w.Exec(t, `CREATE FUNCTION test_dies() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
				CREATE TRIGGER test_dies `+on+` EXECUTE FUNCTION test_dies()`)
			if done, err := w.store.Sweep(t.Context()); err == nil || done != 0 {
				now, _ := w.store.Task(t.Context(), k.officer, task.ID, false)
				t.Fatalf("it was not killed: %d %v, and the import is %+v", done, err, now)
			}
			if after := w.written(); after != before {
				t.Errorf("%d rows were left by halves", after-before)
			}
			if now, err := w.store.Task(t.Context(), k.officer, task.ID, false); err != nil || now.Status != "running" {
				t.Errorf("%+v %v", now, err)
			}
			w.Exec(t, `DROP FUNCTION test_dies CASCADE`)
			if done, err := w.store.Sweep(t.Context()); done != 1 || err != nil {
				t.Fatalf("the next sweep: %d %v", done, err)
			}
			now, err := w.store.Task(t.Context(), k.officer, task.ID, false)
			w.ok(err)
			if sum := total(sheet.Report{Counts: now.Counts}); now.Status != "done" || sum.Created != 3 || sum.Skipped != 1 {
				t.Errorf("%+v", now)
			}
			if w.written() == before {
				t.Error("the control: nothing is counted, so nothing could have been found left over")
			}
			if done, err := w.store.Sweep(t.Context()); done != 0 || err != nil {
				t.Errorf("it is carried out twice: %d %v", done, err)
			}
		})
	}
}
