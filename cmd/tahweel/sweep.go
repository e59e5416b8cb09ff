package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"tahweel/directory/accreditation"
	"tahweel/directory/atlas"
	"tahweel/directory/sheet"
	"tahweel/referrals"
)

// sweepEvery is how often the moves are made that the system owes: the most by which one may be late.
const sweepEvery = 30 * time.Second

// every runs work at once and then at each interval, one run after the other, until ctx ends or the function that it returns is
// called, which waits for a run under way.
func (s *service) every(ctx context.Context, interval time.Duration, work func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ticker := time.NewTicker(interval)
	var running sync.WaitGroup
	running.Go(func() {
		defer ticker.Stop()
		for ctx.Err() == nil {
			work(ctx)
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
		}
	})
	return func() { cancel(); running.Wait() }
}

// sweep makes the moves that are due. Any number of servers may do so at once; what one could not do, the next run will try again.
func (s *service) sweep(ctx context.Context) {
	made, err := referrals.NewStore(s.db, s.secrets.sealing, s.clock()).Sweep(ctx)
	rows := 0
	for transition, count := range made {
		rows += count
		s.program.log.LogAttrs(ctx, slog.LevelInfo, "made moves that were due", slog.String("sweep", string(transition)), slog.Int("rows", count))
	}
	if errors.Is(err, context.Canceled) { // told to stop
		return
	}
	if err != nil {
		s.program.log.LogAttrs(ctx, slog.LevelError, "could not make every move that is due", slog.String("sweep", dueMoves), slog.String("error", err.Error()))
	}
	s.watch.swept(dueMoves, s.program.clock(), rows, err)
	s.repeat(ctx, duePurges, referrals.NewStore(s.db, s.secrets.sealing, s.clock()).Purge)
	s.repeat(ctx, pendingRenewals, accreditation.NewStore(s.db, s.clock()).Sweep)
}

// repeat does one more periodic job, which says how many rows it changed.
func (s *service) repeat(ctx context.Context, name string, work func(context.Context) (int, error)) {
	rows, err := work(ctx)
	if errors.Is(err, context.Canceled) { // told to stop
		return
	}
	if rows > 0 {
		s.program.log.LogAttrs(ctx, slog.LevelInfo, "did what was due", slog.String("sweep", name), slog.Int("rows", rows))
	}
	if err != nil {
		s.program.log.LogAttrs(ctx, slog.LevelError, "could not do all that was due", slog.String("sweep", name), slog.String("error", err.Error()))
	}
	s.watch.swept(name, s.program.clock(), rows, err)
}

// The sweeps' names in metrics and in the log.
const (
	dueMoves        = "due_moves"
	duePurges       = "due_purges"
	pendingRenewals = "pending_renewals"
)

// changeMapDay has the map count the new day once it has begun. Until it does, tiles are right and slower.
func (s *service) changeMapDay(ctx context.Context) {
	err := atlas.NewStore(s.db, s.clock()).ChangeDay(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		s.program.log.LogAttrs(ctx, slog.LevelError, "could not change the day of the map", slog.String("sweep", mapDay), slog.String("error", err.Error()))
	}
}

// mapDay is the name of the map's change of day in the log.
const mapDay = "map_day"

// filesEvery is how often somebody looks for files that were handed in or asked for: people wait for them.
const filesEvery = 2 * time.Second

// files carries out the imports and exports that wait. One that is cut off by the end of this server is begun anew by the next.
func (s *service) files(ctx context.Context) {
	done, err := sheet.NewStore(s.db, s.clock()).Sweep(ctx)
	if done > 0 {
		s.program.log.LogAttrs(ctx, slog.LevelInfo, "carried out imports and exports", slog.Int("rows", done))
	}
	if err != nil && ctx.Err() == nil {
		s.program.log.LogAttrs(ctx, slog.LevelError, "could not carry out an import or export", slog.String("error", err.Error()))
	}
}
