package api

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"tahweel/directory/sheet"
)

// upload hands a file in.
func (w *world) upload(t *testing.T, token, query, key string, file []byte) (int, string, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL+"/v1/imports?"+query, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", fileType)
	req.Header.Set("Idempotency-Key", key)
	resp, err := w.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location"), body
}

func TestAFileIsTakenInAndCarriedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	status, location, body := w.upload(t, w.officer, "source=test&mode=apply&file_name=x.csv", "k1", []byte(exampleUpload))
	if status != http.StatusAccepted || !strings.HasPrefix(location, "/v1/imports/") {
		t.Fatalf("%d %s: %s", status, location, body)
	}
	if status, again, _ := w.upload(t, w.officer, "source=test&mode=apply&file_name=x.csv", "k1", []byte(exampleUpload)); status != http.StatusAccepted || again != location {
		t.Errorf("repeated: %d %s", status, again)
	}
	if status, _, _ := w.upload(t, w.officer, "source=other&mode=apply&file_name=x.csv", "k1", []byte(exampleUpload)); status != http.StatusUnprocessableEntity {
		t.Errorf("another request with the key: %d", status)
	}
	if done, err := sheet.NewStore(w.db.DB, worldClock).Sweep(t.Context()); done != 1 || err != nil {
		t.Fatalf("%d %v", done, err)
	}
	read := func(token, path string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := w.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	if status, text := read(w.officer, location); status != 200 || !strings.Contains(text, `"status":"done"`) || !strings.Contains(text, `"created":1`) || !strings.Contains(text, `"skipped":1`) {
		t.Errorf("%d %s", status, text)
	}
	if status, text := read(w.officer, location+"/rows"); status != 200 || !strings.Contains(text, `"code":"required"`) {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := read(w.focal, location); status != http.StatusNotFound {
		t.Errorf("a provider sees the officer's import: %d", status)
	}
	if status, _, _ := w.upload(t, w.worker, "source=test", "k2", []byte(exampleUpload)); status != http.StatusForbidden {
		t.Errorf("a worker: %d", status)
	}
	if status, _, _ := w.upload(t, w.focal, "source=test", "k3", []byte(`[{"id":"1","name":"x","description":"y"}]`)); status != http.StatusUnprocessableEntity {
		t.Errorf("HSDS of a provider: %d", status)
	}
	if status, _, _ := w.upload(t, w.officer, "source=test", "k4", make([]byte, maxUpload+1)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", status)
	}
}

// TestAnOwnFileIsDecidedAsAnyChange goes the whole way: a focal point hands a file in, the report names what waits, an officer approves it.
func TestAnOwnFileIsDecidedAsAnyChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	service := decode[ServiceAtLocation](t, w.as(t, w.focal, "GET", "/v1/service-at-locations/"+w.offer.String(), ""), 200).ServiceID
	is := decode[Service](t, w.as(t, w.focal, "GET", "/v1/services/"+service.String(), ""), 200)
	file := "organization_id,service_id,service_name_ar,service_name_en,service_description_en\n" +
		w.first.String() + "," + service.String() + ",اسم آخر,Another name,Other words\n"
	status, location, body := w.upload(t, w.focal, "source=own&mode=apply", "k1", []byte(file))
	if status != http.StatusAccepted {
		t.Fatalf("%d: %s", status, body)
	}
	if done, err := sheet.NewStore(w.db.DB, worldClock).Sweep(t.Context()); done != 1 || err != nil {
		t.Fatalf("%d %v", done, err)
	}
	report := decode[ImportReport](t, w.as(t, w.focal, "GET", location+"/rows", ""), 200)
	if len(report.Items) != 1 || report.Items[0].Code != "waits_for_officer" || report.Items[0].ChangeRequestID == nil || report.Items[0].Severity != "warning" {
		t.Fatalf("%+v", report)
	}
	path := "/v1/change-requests/" + report.Items[0].ChangeRequestID.String()
	if c := decode[ChangeRequest](t, w.as(t, w.officer, "GET", path, ""), 200); c.Status != "waiting" || c.Proposed.Name.EN != "Another name" {
		t.Errorf("%+v", c)
	}
	if now := decode[Service](t, w.as(t, w.focal, "GET", "/v1/services/"+service.String(), ""), 200); now.Name != is.Name || now.Description.EN != "Other words" {
		t.Errorf("%+v", now)
	}
	decode[ChangeRequest](t, w.as(t, w.officer, "POST", path+"/approve", "", key, `If-Match: "1"`), 200)
	if now := decode[Service](t, w.as(t, w.focal, "GET", "/v1/services/"+service.String(), ""), 200); now.Name.EN != "Another name" {
		t.Errorf("%+v", now)
	}
}
