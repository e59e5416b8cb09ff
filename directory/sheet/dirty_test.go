package sheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tahweel/directory/sheet"
	"tahweel/policy"
)

// pack makes an archive of files.
func pack(files map[string]string) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, content := range files {
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write([]byte(content))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// dirty is a package of services with every sort of dirt, the same for a seed, and how many rows each file has.
func dirty(seed uint64, services int, dirt float64) (files map[string]string, rows map[string]int) {
	r := rand.New(rand.NewPCG(seed, seed))
	files, rows = map[string]string{}, map[string]int{}
	line := func(file, format string, args ...any) {
		files[file] += fmt.Sprintf(format, args...) + "\n"
		rows[file]++
	}
	bad := func(good, dirty string) string {
		if r.Float64() < dirt {
			return dirty
		}
		return good
	}
	files["organizations.csv"] = "id,name,description,surprise\n"
	files["services.csv"] = "id,organization_id,name,status,minimum_age\n"
	files["locations.csv"] = "id,organization_id,name,location_type,latitude,longitude\n"
	files["services_at_location.csv"] = "id,service_id,location_id\n"
	files["phones.csv"] = "id,service_id,number,type,extension\n"
	files["regular_schedules.csv"] = "service_id,weekday,opens_at,closes_at\n"
	for i := range services {
		o := i / 5
		if i%5 == 0 {
			line("organizations.csv", "o%d,%s,About,x", o, bad(fmt.Sprintf("Society %d", o), ""))
			line("locations.csv", "l%d,o%d,Place %d,%s,%s", o, o, o, bad("physical", "castle"), bad("31.5,35.1", bad("35.1,31.5", "31.5,")))
		}
		line("services.csv", "%s,%s,%s,%s,%s", bad(fmt.Sprint("s", i), "s0"), bad(fmt.Sprint("o", o), bad("nobody", "o1,o2")), bad(fmt.Sprint("Service ", i), `"a""b"`), bad("active", "splendid"), bad("5", "five"))
		line("services_at_location.csv", "a%d,%s,%s", i, bad(fmt.Sprint("s", i), "nothing"), bad(fmt.Sprint("l", o), `"l0,l1"`))
		line("phones.csv", "p%d,s%d,%s,voice,%s", i, i, bad("022220000", ""), bad("1", "x"))
		line("regular_schedules.csv", "s%d,%s,08:00,%s", i, bad("1", "99"), bad("15:00", "late"))
	}
	return files, rows
}

func TestADirtyPackageAddsUpToItsRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	files, rows := dirty(7, 500, 0.08)
	in, err := sheet.OpenBytes("dirty.zip", sheet.Auto, pack(files))
	w.ok(err)
	report := w.input(in, options())
	if got := wrongCounts(report, rows); len(got) != 0 {
		t.Errorf("%v", got)
	}
	found := codes(report)
	for _, code := range []string{"dangling_reference", "joined_ids", "duplicate_id", "required", "not_a_number", "unknown_value", "unknown_status", "coordinates_swapped", "unknown_column", "not_a_time"} {
		if found[code] == 0 {
			t.Errorf("%s was not reported: %v", code, found)
		}
	}
	if got := total(report); got.Created == 0 || got.Skipped == 0 {
		t.Errorf("%+v", got)
	}
	again := w.input(in, options())
	if got := total(again); got.Created != 0 || got.Updated != 0 || got.Unchanged != total(report).Created || len(wrongCounts(again, rows)) != 0 {
		t.Errorf("a second time: %+v after %+v", got, total(report))
	}
	// The control: a report that lost a row is found out.
	report.Counts[0].Read--
	if len(wrongCounts(report, rows)) == 0 {
		t.Error("nobody notices a row that is missing")
	}
}

// wrongCounts names the files of which the report does not have exactly the rows.
func wrongCounts(report sheet.Report, rows map[string]int) (wrong []string) {
	read := map[string]int{}
	for _, c := range report.Counts {
		read[c.File] += c.Created + c.Updated + c.Unchanged + c.Skipped
		if c.Read != c.Created+c.Updated+c.Unchanged+c.Skipped {
			wrong = append(wrong, c.File)
		}
	}
	for name, n := range rows {
		if read[name] != n {
			wrong = append(wrong, fmt.Sprintf("%s: %d rows, not %d", name, read[name], n))
		}
	}
	return wrong
}

func TestWhateverTheBytesAreTheCountsAddUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var seeds [][]byte
	files, _ := dirty(3, 10, 0.2)
	seeds = append(seeds, []byte(template), pack(files), []byte(`{"id":"x","name":"y","description":"z","services":[{"id":"s","name":"t","status":"active","phones":[{"number":1}]}]}`))
	rapid.Check(t, func(rt *rapid.T) {
		content := bytes.Clone(rapid.SampledFrom(seeds).Draw(rt, "seed"))
		for range rapid.IntRange(0, 6).Draw(rt, "changes") {
			at := rapid.IntRange(0, len(content)-1).Draw(rt, "at")
			content = append(append(bytes.Clone(content[:at]), rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(rt, "bytes")...), content[min(len(content), at+rapid.IntRange(0, 5).Draw(rt, "cut")):]...)
			if len(content) == 0 {
				content = []byte("x")
			}
		}
		in, err := sheet.OpenBytes("any", rapid.SampledFrom(append([]sheet.Format{sheet.Auto}, sheet.Formats...)).Draw(rt, "format"), content)
		if err != nil {
			return
		}
		o := options()
		o.Apply = false
		report, err := w.store.Import(t.Context(), policy.TheSystem(), in, o)
		if err != nil {
			rt.Fatal(err)
		}
		addsUp(rt, report)
	})
}

func TestAnArchiveThatUnpacksTooFarIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in, err := sheet.OpenBytes("bomb.zip", sheet.Auto, pack(map[string]string{"services.csv": "id,name\n" + strings.Repeat(strings.Repeat("a", 1000)+"\n", 20_000)}))
	w.ok(err)
	o := options()
	o.Limits = sheet.Limits{Bytes: 1 << 20, Rows: 100_000}
	if report := w.input(in, o); codes(report)["file_too_large"] == 0 {
		t.Error(show(report))
	}
}

func TestManyRowsStayInBoundedMemory(t *testing.T) {
	t.Parallel()
	services := 250
	if os.Getenv("TAHWEEL_PROVE") == "1" {
		services = 22_728 // 100,000 rows in all
	}
	w := newWorld(t)
	files, rows := dirty(5, services, 0.05)
	in, err := sheet.OpenBytes("many.zip", sheet.Auto, pack(files))
	w.ok(err)
	var most uint64
	o := options()
	sample := func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
	}
	read, written := 0, 0 // samples of each phase
	o.Progress = func(int) { sample(); read++ }
	o.Writing = func(int, int) { sample(); written++ }
	report := w.input(in, o)
	if wrong := wrongCounts(report, rows); len(wrong) != 0 {
		t.Error(wrong)
	}
	if read == 0 || written < services/10 || total(report).Skipped == 0 || len(report.Findings) == 0 {
		t.Errorf("%d samples while it was read, %d while it was written, of %+v", read, written, total(report))
	}
	if sample(); most > 200<<20 {
		t.Errorf("the heap grew to %d MB", most>>20)
	}
	t.Logf("%d rows, heap at most %d MB", total(report).Read, most>>20)
}
