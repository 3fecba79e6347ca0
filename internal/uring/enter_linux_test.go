package uring

import (
	"testing"
	"time"

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
	e.Read(0, buf, 0)
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
			r.Wait()
		}
	}
	return results
}

// TestSubmit: one call submits all that was published, or a chain may be broken
// off in its middle, and its read begins before the file is open.
func TestSubmit(t *testing.T) {
	r, err := New(16, 4)
	if err != nil {
		t.Log("no ring here:", err)
		return
	}
	defer r.Close()
	buf := make([]byte, 100)
	publishChain(r, buf)
	r.Submit()
	if room := r.Room(); room != 16 {
		t.Errorf("there is room for %d entries, want 16: Submit left some", room)
	}
	r.Submit() // the other goroutine's
	if got := results(r); got[0] != 0 || got[1] != 0 || got[2] <= 0 {
		t.Errorf("nothing, open and read gave %d", got)
	}

	e := r.Next()
	e.CloseFile(0)
	r.Publish()
	r.Submit()
	r.Wait()
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

// TestWait: a call that has something to wait for comes back with it.
func TestWait(t *testing.T) {
	r, err := New(16, 4)
	if err != nil {
		t.Log("no ring here:", err)
		return
	}
	defer r.Close()
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	e := r.Next()
	e.ReadFD(pipe[0], make([]byte, 10), 0)
	r.Publish()
	r.Submit()
	if c, ok := r.Completion(); ok {
		t.Fatalf("an empty pipe was read: %+v", c)
	}
	go func() {
		time.Sleep(50 * time.Millisecond)
		unix.Write(pipe[1], []byte("abc"))
	}()
	calls := 0
	for {
		r.Wait()
		calls++
		if c, ok := r.Completion(); ok {
			if c.Result != 3 {
				t.Errorf("the read gave %d, want 3", c.Result)
			}
			break
		}
	}
	if calls > 10 { // signals may interrupt some
		t.Errorf("there was nothing to see after %d of %d calls", calls-1, calls)
	}
}
