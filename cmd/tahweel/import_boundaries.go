package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/geojson"

	"tahweel/geo"
	"tahweel/internal/fault"
	"tahweel/policy"
)

type importBoundariesCommand struct {
	databaseFlags
	File   string `arg:"" help:"GeoJSON with a feature for each governorate: its p-code (PS0101 …) or its name among the properties, WGS 84." type:"path"`
	Source string `help:"Where the boundaries are from, and under which licence; shown with them. The file's name unless given." placeholder:"TEXT"`
	DryRun bool   `help:"Say what would be done, and do nothing."`
	Lang   string `help:"Language of the report: ar or en." enum:"ar,en" default:"en"`
}

// Run reads the file, imports its boundaries and says what became of each. It fails if none was taken, so that a script notices.
func (c importBoundariesCommand) Run(ctx context.Context, p *program) error {
	boundaries, err := c.read()
	if err != nil {
		return err
	}
	if c.Source == "" {
		c.Source = filepath.Base(c.File)
	}
	report, err := c.run(ctx, p, boundaries)
	if err != nil {
		return err
	}
	taken := 0
	for _, row := range report.Rows {
		if row.Outcome.Taken() {
			taken++
		}
		p.say("%s", boundaryLine(row).In(c.Lang))
	}
	for _, g := range report.Missing {
		p.say("%s", fault.Sentence{
			EN: fmt.Sprintf("%s %s: not in the file, its area stays as it was", g.Code, g.Name.EN),
			AR: fmt.Sprintf("%s %s: ليست في الملف، وتبقى مساحتها كما كانت", g.Code, g.Name.AR),
		}.In(c.Lang))
	}
	p.say("%s", boundarySum(len(report.Rows), taken, report.Written).In(c.Lang))
	if taken == 0 {
		return errors.New("the file has no boundary of a governorate; nothing was changed")
	}
	return nil
}

// largestBoundaries bounds what is read: the most detailed boundaries of the country are a tenth of it.
const largestBoundaries = 256 << 20

func (c importBoundariesCommand) read() ([]geo.Boundary, error) {
	file, err := os.Open(c.File)
	if err != nil {
		return nil, fmt.Errorf("read the boundaries: %w", err)
	}
	defer func() { _ = file.Close() }()
	boundaries, err := readBoundaries(io.LimitReader(file, largestBoundaries))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	return boundaries, nil
}

// readBoundaries reads a GeoJSON feature collection. A feature whose geometry cannot be read has none.
func readBoundaries(r io.Reader) ([]geo.Boundary, error) {
	var collection struct {
		Type     string
		Features []struct {
			Properties map[string]any
			Geometry   *geojson.Geometry
		}
	}
	if err := json.NewDecoder(r).Decode(&collection); err != nil {
		return nil, fmt.Errorf("not GeoJSON: %w", err)
	}
	if collection.Type != "FeatureCollection" {
		return nil, errors.New("not a GeoJSON FeatureCollection")
	}
	boundaries := make([]geo.Boundary, len(collection.Features))
	for i, f := range collection.Features {
		for _, v := range f.Properties {
			if text, ok := v.(string); ok {
				boundaries[i].Texts = append(boundaries[i].Texts, text)
			}
		}
		boundaries[i].Shape = shapeOf(f.Geometry)
	}
	return boundaries, nil
}

func shapeOf(g *geojson.Geometry) geom.T {
	if g == nil {
		return nil
	}
	shape, err := g.Decode()
	if err != nil {
		return nil
	}
	return shape
}

func (c importBoundariesCommand) run(ctx context.Context, p *program, boundaries []geo.Boundary) (report geo.BoundaryReport, err error) {
	if err := c.check(); err != nil {
		return report, err
	}
	database, err := c.start(ctx, p)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, database.stop(ctx)) }()
	if c.embedded() {
		if err := database.migrate(ctx); err != nil {
			return report, err
		}
	}
	db, err := database.open(ctx)
	if err != nil {
		return report, err
	}
	defer db.Close()
	return geo.NewStore(db, p.clock).ImportBoundaries(ctx, policy.TheSystem(), boundaries, c.Source, c.DryRun)
}

// outcomeWords say what became of a feature.
var outcomeWords = map[geo.BoundaryOutcome]fault.Sentence{
	geo.BoundaryTaken:     {EN: "taken", AR: "أُخذت"},
	geo.BoundaryRepaired:  {EN: "taken and repaired", AR: "أُخذت بعد إصلاحها"},
	geo.BoundaryUnchanged: {EN: "is there already", AR: "موجودة مسبقا"},
	geo.BoundaryUnknown:   {EN: "passed over: neither the p-code nor the name of one governorate is among its properties", AR: "تُركت: ليس بين خصائصها رمز محافظة واحدة أو اسمها"},
	geo.BoundaryTwice:     {EN: "passed over: several features are of this governorate", AR: "تُركت: في الملف أكثر من معلم لهذه المحافظة"},
	geo.BoundaryNoPolygon: {EN: "passed over: it has no polygon", AR: "تُركت: ليس لها مضلع"},
	geo.BoundaryNoDegrees: {EN: "passed over: its coordinates are not degrees of WGS 84", AR: "تُركت: إحداثياتها ليست درجات WGS 84"},
	geo.BoundaryElsewhere: {EN: "passed over: no place of this governorate lies in it; are longitude and latitude exchanged?", AR: "تُركت: لا يقع فيها أي تجمع من هذه المحافظة، فهل تبادل خطا الطول والعرض مكانيهما؟"},
}

func boundaryLine(row geo.BoundaryRow) fault.Sentence {
	words := outcomeWords[row.Outcome]
	line := fault.Sentence{
		EN: fmt.Sprintf("feature %d: %s %s: %s", row.Number, row.Governorate.Code, row.Governorate.Name.EN, words.EN),
		AR: fmt.Sprintf("المعلم %d: %s %s: %s", row.Number, row.Governorate.Code, row.Governorate.Name.AR, words.AR),
	}
	if row.Governorate.Code == "" {
		line = fault.Sentence{EN: fmt.Sprintf("feature %d: %s", row.Number, words.EN), AR: fmt.Sprintf("المعلم %d: %s", row.Number, words.AR)}
	}
	if row.Reason != "" {
		line.EN, line.AR = line.EN+" ("+row.Reason+")", line.AR+" ("+row.Reason+")"
	}
	if row.Outcome.Taken() {
		line.EN += fmt.Sprintf(", %.1f km², %d of %d places outside", row.SquareKM, row.Outside, row.Places)
		line.AR += fmt.Sprintf("، %.1f كم²، خارجها %d من %d من التجمعات", row.SquareKM, row.Outside, row.Places)
	}
	if row.ByName {
		line.EN, line.AR = line.EN+", recognised by its name", line.AR+"، عُرفت باسمها"
	}
	return line
}

func boundarySum(rows, taken int, written bool) fault.Sentence {
	if !written {
		return fault.Sentence{
			EN: fmt.Sprintf("%d features, %d of them boundaries; nothing was changed", rows, taken),
			AR: fmt.Sprintf("عدد المعالم %d، منها %d حدود محافظات، ولم يتغير شيء", rows, taken),
		}
	}
	return fault.Sentence{
		EN: fmt.Sprintf("%d features, %d of them boundaries, which stand from now on", rows, taken),
		AR: fmt.Sprintf("عدد المعالم %d، منها %d حدود محافظات صارت معتمدة من الآن", rows, taken),
	}
}
