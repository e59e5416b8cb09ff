package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

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
		p.say("%s", row.Sentence().In(c.Lang))
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
	boundaries, err := geo.ReadBoundaries(io.LimitReader(file, largestBoundaries))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	return boundaries, nil
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
