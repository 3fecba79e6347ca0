package clitest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Pause stops a process until it is sent SIGCONT. It does nothing if the process has
// ended.
func (p *Process) Pause() {
	p.T.Helper()
	p.Signal(unix.SIGSTOP)
	for deadline := time.Now().Add(Limit); ; time.Sleep(time.Millisecond) {
		var stopped unix.Siginfo
		err := unix.Waitid(unix.P_PID, p.Pid, &stopped, unix.WSTOPPED|unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, nil)
		if err == nil && stopped.Signo != 0 {
			return
		}
		if err != nil && err != unix.EINTR || time.Now().After(deadline) {
			p.T.Fatalf("it doesn't stop: %v", err)
		}
	}
}

// ReadSoFar returns the number of bytes that a process has read with read(2), from any
// file.
func (p *Process) ReadSoFar() int {
	p.T.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(p.Pid) + "/io")
	if err != nil {
		p.T.Fatal(err)
	}
	words := strings.Fields(string(text))
	n, err := strconv.Atoi(words[1]) // rchar: 123
	if err != nil {
		p.T.Fatal(err)
	}
	return n
}

// AwaitRead waits until the process has read that many bytes.
func (p *Process) AwaitRead(bytes int) {
	p.T.Helper()
	for deadline := time.Now().Add(Limit); p.ReadSoFar() < bytes; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			p.T.Fatal("it reads nothing any more")
		}
	}
}

// Catches reports whether the process has a handler for a signal.
func (p *Process) Catches(signal Signal) bool {
	p.T.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(p.Pid) + "/status")
	if err != nil {
		p.T.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "SigCgt:\t")
	caught, err := strconv.ParseUint(rest[:16], 16, 64)
	if err != nil {
		p.T.Fatal(err)
	}
	return caught&(1<<(signal.Signal-1)) != 0
}

// Masks returns the signal masks of the threads of the process.
func (p *Process) Masks() (masks []uint64) {
	p.T.Helper()
	paths, _ := filepath.Glob("/proc/" + strconv.Itoa(p.Pid) + "/task/*/status")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), "SigBlk:\t")
		mask, err := strconv.ParseUint(rest[:16], 16, 64)
		if err != nil {
			p.T.Fatal(err)
		}
		masks = append(masks, mask)
	}
	if len(masks) == 0 {
		p.T.Fatal("no thread is seen")
	}
	return masks
}
