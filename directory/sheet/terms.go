package sheet

import "context"

// terms2 is replaced once the tables of taxonomies are there.
func (w *writing) terms2(context.Context, *resolved) error { return nil }
