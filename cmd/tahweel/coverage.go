package main

import (
	"context"
	"errors"
	"log/slog"

	"tahweel/directory"
)

// coverageSweep is its name in metrics and in the log.
const coverageSweep = "coverage"

// refreshCoverage computes what the gaps are counted from. Any number of servers may do so at once.
func (s *service) refreshCoverage(ctx context.Context) {
	needs, err := directory.NewStore(s.db, s.clock()).RefreshCoverage(ctx)
	if errors.Is(err, context.Canceled) { // told to stop
		return
	}
	if err != nil {
		s.program.log.LogAttrs(ctx, slog.LevelError, "could not compute the coverage of every need", slog.String("sweep", coverageSweep), slog.String("error", err.Error()))
	}
	s.watch.swept(coverageSweep, s.program.clock(), needs, err)
}
