package uring

import (
	"testing"

	"golang.org/x/sys/unix"
)

// publishChain publishes nothing to do, and then, as another goroutine might, an
// open with the read that is linked to it.
func publishChain(r *Ring, buf []byte) {
	r.Next().Op = OpNop
	r.Publish()
	// Of this file the kernel always puts off the open.
	e := r.Next()
	e.Open(unix.AT_FDCWD, []byte("/proc/self/comm\x00"), unix.O_RDONLY, 0)
	e.Flags |= Link
	e.UserData = 1
	e = r.Next()
	e.Read(0, buf)
	e.UserData = 2
	r.Publish()
}

// results waits for the completions of a chain.
func results(r *Ring) (results [3]int32) {
	for n := 0; n < len(results); {
		if c, ok := r.Completion(); ok {
			results[c.UserData] = c.Result
			n++
		} else {
			r.Enter(true)
		}
	}
	return results
}

// TestEnter: one call submits all that was published, or a chain may be broken
// off in its middle, and its read begins before the file is open.
func TestEnter(t *testing.T) {
	r, err := New(16, 4)
	if err != nil {
		t.Log("no ring here:", err)
		return
	}
	defer r.Close()
	buf := make([]byte, 100)
	publishChain(r, buf)
	r.Enter(false)
	if room := r.Room(); room != 16 {
		t.Errorf("there is room for %d entries, want 16: Enter left some", room)
	}
	r.Enter(false) // the other goroutine's
	if got := results(r); got[0] != 0 || got[1] != 0 || got[2] <= 0 {
		t.Errorf("nothing, open and read gave %d", got)
	}

	e := r.Next()
	e.CloseFile(0)
	r.Publish()
	r.Enter(true)
	r.Completion()
	publishChain(r, buf)
	r.enter(2, 0)
	r.enter(1, 0)
	if got := results(r); got[2] != -int32(unix.EBADF) {
		t.Logf("a chain broken off in its middle gave %d", got)
	} else {
		t.Log("a read didn't wait for its open when they were submitted by two calls")
	}
}
