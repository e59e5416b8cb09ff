package main

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What is repeated runs at once, then at each interval, never twice at a time, and has ended when it was stopped.
func TestRepeatedWorkStopsWithTheService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var runs, at atomic.Int32
		stop := new(service).every(t.Context(), time.Minute, func(ctx context.Context) {
			if at.Add(1) != 1 {
				t.Error("two runs at a time")
			}
			runs.Add(1)
			if runs.Load() == 3 {
				<-ctx.Done() // a run under way when it is stopped
			}
			at.Add(-1)
		})
		synctest.Wait()
		for want := int32(1); want <= 3; want++ {
			if got := runs.Load(); got != want {
				t.Fatalf("%d runs, not %d", got, want)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		stop()
		if runs.Load() != 3 || at.Load() != 0 {
			t.Errorf("%d runs, %d under way after it was stopped", runs.Load(), at.Load())
		}
		time.Sleep(time.Hour)
		if runs.Load() != 3 {
			t.Error("it runs on after it was stopped")
		}
	})
}
