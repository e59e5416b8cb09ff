package api

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"tahweel/directory"
	"tahweel/policy"
)

func TestCoverageOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.token(t, policy.Person, policy.Membership{Role: policy.Supervisor, DirectorateID: w.hebron})
	const query = "?need=DIS-PHYSIO&governorate=PS0150"
	list := decode[Coverage](t, w.as(t, token, "GET", "/v1/coverage"+query+"&limit=100", ""), 200)
	i := slices.IndexFunc(list.Items, func(p PlaceCoverage) bool { return p.Place.Code == yatta })
	if i < 0 {
		t.Fatalf("Yatta is not among %d places", len(list.Items))
	}
	got := list.Items[i]
	if got.Band != "under_5_km" || got.Nearest == nil || got.Nearest.ServiceAtLocationID != w.offer || got.WithoutPlace || *got.DirectorateID != w.hebron {
		t.Errorf("Yatta: %+v", got)
	}
	w.as(t, w.manager, "GET", "/v1/coverage"+query, "").want(t, 403, "role_forbids")
	w.as(t, token, "GET", "/v1/coverage?need=DIS", "").want(t, 400, "query_invalid", "?need")

	features := decode[CoverageFeatures](t, w.as(t, token, "GET", "/v1/coverage.geojson"+query, ""), 200)
	j := slices.IndexFunc(features.Features, func(f CoverageFeature) bool { return f.ID == yatta })
	if j < 0 || features.Type != "FeatureCollection" || *features.Features[j].Properties.ServiceAtLocationID != w.offer ||
		features.Features[j].Geometry.Coordinates[1] != got.Point.Latitude {
		t.Errorf("GeoJSON: %d features, of Yatta %d", len(features.Features), j)
	}

	answer := w.as(t, token, "GET", "/v1/coverage.csv"+query, "")
	rows, err := csv.NewReader(strings.NewReader(answer.body)).ReadAll()
	if err != nil || answer.StatusCode != 200 || len(rows) != len(features.Features)+1 || rows[j+1][1] != yatta || rows[j+1][11] != "under_5_km" ||
		rows[j+1][12] != w.offer.String() || len(rows[0]) != 21 {
		t.Errorf("CSV: %d, %v, %d rows: %v", answer.StatusCode, err, len(rows), rows[min(j+1, len(rows)-1)])
	}
	if got := answer.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/csv") {
		t.Errorf("CSV is %q", got)
	}
}

func TestGapsOverTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := directory.NewStore(w.db.DB, worldClock).RefreshCoverage(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := w.token(t, policy.Person, policy.Membership{Role: policy.Auditor})
	list := decode[GapList](t, w.as(t, token, "GET", "/v1/coverage/gaps?need=DIS-PHYSIO&limit=2", ""), 200)
	if len(list.Items) != 2 || list.NextCursor == "" || list.Items[0].Far.Population < list.Items[1].Far.Population || !list.Items[0].AsOf.Equal(worldTime) {
		t.Errorf("gaps: %+v", list)
	}
	// Hebron is served from Yatta in the north of it and not in the whole of it; the others have no memorandum.
	hebron := decode[GapList](t, w.as(t, token, "GET", "/v1/coverage/gaps?need=DIS-PHYSIO&governorate=PS0150", ""), 200)
	if len(hebron.Items) > 1 || len(hebron.Items) == 1 && hebron.Items[0].Unserved.Places != 0 {
		t.Errorf("Hebron: %+v", hebron.Items)
	}
	answer := w.as(t, token, "GET", "/v1/coverage/gaps.csv?need=DIS-PHYSIO", "")
	rows, err := csv.NewReader(strings.NewReader(answer.body)).ReadAll()
	if err != nil || len(rows) < 15 || rows[1][3] != list.Items[0].Governorate.Code {
		t.Errorf("CSV: %v, %d rows", err, len(rows))
	}
	areas := decode[GapFeatures](t, w.as(t, token, "GET", "/v1/coverage/gaps.geojson?need=DIS-PHYSIO", ""), 200)
	if len(areas.Features) != len(rows)-1 || areas.Features[0].ID != list.Items[0].Governorate.Code || !areas.Features[0].Properties.Indicative ||
		areas.Features[0].Properties.FarPopulation != list.Items[0].Far.Population || len(areas.Features[0].Geometry.Coordinates) == 0 {
		t.Errorf("GeoJSON: %d features of %d rows", len(areas.Features), len(rows))
	}
	w.as(t, w.manager, "GET", "/v1/coverage/gaps", "").want(t, 403, "role_forbids")
}

func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "جمعية": "جمعية", "-12.5": "-12.5", "a=b": "a=b", "2026-01-01": "2026-01-01",
		"=1+1": "'=1+1", "+972": "+972", "+a": "'+a", "-a": "'-a", "@SUM(A1)": "'@SUM(A1)", " =1+1": "' =1+1", "\t=1": "'\t=1", "\rx": "'\rx",
		"＝1": "'＝1", "\ufeff=1": "'\ufeff=1",
	} {
		if got := harmless(cell); got != want {
			t.Errorf("%q became %q, want %q", cell, got, want)
		}
	}
	text := csvOf([][]string{{"=cmd|' /C calc'!A0", "a,\"b\"\nc"}})
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || rows[0][0] != "'=cmd|' /C calc'!A0" || rows[0][1] != "a,\"b\"\nc" {
		t.Errorf("%q, %v", rows, err)
	}
}
