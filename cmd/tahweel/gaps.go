package main

import (
	"context"
	"encoding/json"
	"errors"

	"tahweel/api"
	"tahweel/directory"
	"tahweel/geo"
	"tahweel/policy"
)

type coverageCommand struct {
	databaseFlags
	Format      string `help:"csv or geojson, which is of one need." enum:"csv,geojson" default:"csv"`
	Need        string `help:"Only of this need, the code of a leaf." placeholder:"CODE"`
	Governorate string `help:"Only in this governorate." placeholder:"CODE"`
}

// Run prints the gaps as the API answers them, and works beside a running service. What was never computed is computed first.
func (c coverageCommand) Run(ctx context.Context, p *program) (err error) {
	if c.Format == "geojson" && c.Need == "" {
		return errors.New("a map is of one need: name it with --need")
	}
	database, err := c.join(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.stop(ctx)) }()
	db, err := database.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	store, system := directory.NewStore(db, p.clock), policy.TheSystem()
	if _, err := store.RefreshCoverage(ctx); err != nil {
		return err
	}
	found, err := store.Gaps(ctx, system, directory.GapQuery{Need: c.Need, Governorate: c.Governorate})
	if err != nil {
		return err
	}
	if c.Format == "csv" {
		_, err = p.stdout.Write([]byte(api.GapTable(found.Items)))
		return err
	}
	areas, err := geo.NewStore(db, p.clock).Areas(ctx, system)
	if err != nil {
		return err
	}
	return json.NewEncoder(p.stdout).Encode(api.GapMap(found.Items, areas))
}
