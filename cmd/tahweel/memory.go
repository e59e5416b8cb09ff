package main

import (
	"os"
	"runtime/debug"
)

// spendMemory has the garbage collected when the heap has grown to five times what is in use, but before it comes near the bound of
// resident memory (performance.md, goal 12). A service of this kind keeps little between requests, and collecting at twice took a
// tenth of its processor time. GOGC and GOMEMLIMIT, where the operator has set them, stand.
func spendMemory() {
	const percent, limit = 400, 128 << 20
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
}
