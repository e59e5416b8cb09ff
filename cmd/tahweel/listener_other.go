//go:build !linux

package main

import "net"

// queued cannot be asked here.
func queued(*net.TCPListener) (n int, ok bool) { return 0, false }
