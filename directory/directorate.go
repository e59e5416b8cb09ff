package directory

import (
	"context"
	"time"

	"tahweel/internal/pg"
)

// WriteDirectorate writes a new directorate with its places in the transaction of q, for whoever keeps directorates; see
// CreateDirectorate for what may be wrong with it. It validates nothing.
func WriteDirectorate(ctx context.Context, q pg.Querier, d Directorate, now time.Time) error {
	return insertDirectorate(ctx, q, d, now)
}

// TargetGroupName is what a target group is called, or its code if it is not known.
func TargetGroupName(code string) Name {
	if n, ok := groupNames[code]; ok {
		return n
	}
	return Name{AR: code, EN: code}
}
