package sheet

import (
	"context"

	"github.com/google/uuid"

	"tahweel/internal/pg"
)

// ImportsRead is how many imports the query lists for the organizations, nil for all, under the row-level security of an actor.
func (s *Store) ImportsRead(ctx context.Context, by pg.Actor, organizations []uuid.UUID) (n int, err error) {
	err = s.db.InTx(ctx, by, func(q pg.Querier) error {
		found, err := selectImports(ctx, q, organizations, TaskFilter{Limit: 10})
		n = len(found)
		return err
	})
	return n, err
}

// Read is what a publisher's input is found to say before anything of it is looked up in the directory: how many rows, and the findings.
func Read(ctx context.Context, in Input) (rows int, findings []Finding, err error) {
	g := newGathering("test", UploadLimits, &stage{}, nil)
	err = g.read(ctx, in)
	return len(g.rows), g.findings, err
}
