package api

import (
	"testing"

	"tahweel/directory/sheet"
)

// fileScenes are an import and an export that were carried out, of the first organization by its focal point.
func (w *world) fileScenes(t *testing.T) map[string]scene {
	t.Helper()
	of := func(export bool) func() map[string]string {
		return func() map[string]string { return map[string]string{"id": w.carriedOut(t, export)} }
	}
	return map[string]scene{
		"create-import": {without: map[string]string{
			"another payload": "a file is not taken apart; TestAFileIsTakenInAndCarriedOut sends another request with the key",
		}},
		"list-imports": {values: of(false)}, "get-import": {values: of(false)}, "list-import-rows": {values: of(false)}, "get-export": {values: of(true)}, "get-export-file": {values: of(true)},
	}
}

// carriedOut asks for an import or export and has it done.
func (w *world) carriedOut(t *testing.T, export bool) string {
	t.Helper()
	actor, err := w.accounts.Actor(t.Context(), w.focal)
	if err != nil {
		t.Fatal(err)
	}
	store := sheet.NewStore(w.db.DB, worldClock)
	var task sheet.Task
	if export {
		task, _, err = store.SubmitExport(t.Context(), actor, sheet.CSV, "ar", noOnce)
	} else {
		task, _, err = store.SubmitImport(t.Context(), actor, sheet.Task{Source: "test", Format: sheet.CSV}, []byte(exampleUpload), noOnce)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	return task.ID.String()
}
