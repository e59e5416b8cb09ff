package main

import (
	"net"

	"golang.org/x/sys/unix"
)

// queued is how many connections wait to be accepted: for a listening socket Linux tells it as the segments that were not
// acknowledged (tcp(7), TCP_INFO). ok is false where it cannot be asked.
func queued(l *net.TCPListener) (n int, ok bool) {
	raw, err := l.SyscallConn()
	if err != nil {
		return 0, false
	}
	_ = raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			n, ok = int(info.Unacked), true
		}
	})
	return n, ok
}
