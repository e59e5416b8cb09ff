package main

import (
	"net"
	"syscall"
	"unsafe"
)

// newcomersOnly is a packet filter (classic BPF, as in Linux's networking/filter) for a listening socket: it drops a segment
// that asks to connect (SYN without ACK) and lets through what belongs to connections that are being made. At a socket of TCP
// the packet begins with the TCP header, whose 14th byte holds the flags.
var newcomersOnly = []syscall.SockFilter{
	{Code: syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, K: 13},
	{Code: syscall.BPF_ALU | syscall.BPF_AND | syscall.BPF_K, K: 0x12},               // SYN and ACK
	{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jt: 0, Jf: 1, K: 0x02}, // SYN alone
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 0},                                    // drop
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 0xffffffff},                           // keep all of it
}

// ignoreNewcomers attaches the filter. Where it cannot be, nothing else changes.
func ignoreNewcomers(l *net.TCPListener) {
	raw, err := l.SyscallConn()
	if err != nil {
		return
	}
	program := syscall.SockFprog{Len: uint16(len(newcomersOnly)), Filter: &newcomersOnly[0]}
	_ = raw.Control(func(fd uintptr) {
		_, _, _ = syscall.Syscall6(syscall.SYS_SETSOCKOPT, fd, syscall.SOL_SOCKET, syscall.SO_ATTACH_FILTER,
			uintptr(unsafe.Pointer(&program)), unsafe.Sizeof(program), 0) //nolint:gosec // the kernel's interface
	})
}
