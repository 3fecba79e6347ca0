package uring

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A testRing keeps the memory of requests alive.
type testRing struct {
	*Ring
	kept [][]byte
}

// newRing returns a ring for the test, or nil if there is none.
func newRing(t *testing.T) *testRing {
	t.Helper()
	r, err := New(16, 4)
	if err != nil {
		t.Log("no ring here:", err)
		return nil
	}
	t.Cleanup(r.Close)
	return &testRing{Ring: r}
}

// keep keeps b alive and returns it.
func (r *testRing) keep(b []byte) []byte {
	r.kept = append(r.kept, b)
	return b
}

// open submits an open and waits for it.
func (r *testRing) open(t *testing.T, name string, index int, data uint64) {
	t.Helper()
	e := r.Next()
	e.Open(unix.AT_FDCWD, r.keep([]byte(name+"\x00")), unix.O_RDONLY|unix.O_NONBLOCK, index)
	e.UserData = data
	if got := r.results(t, 1); len(got) != 1 || got[data] != 0 {
		t.Fatalf("opening %s gave %v", name, got)
	}
}

func (r *testRing) read(index int, length int, data uint64) {
	e := r.Next()
	e.Read(index, r.keep(make([]byte, length)), 0)
	e.UserData = data
}

func (r *testRing) nothing(data uint64) {
	e := r.Next()
	e.Op, e.UserData = OpNop, data
}

func (r *testRing) closeIndex(index int, data uint64) {
	e := r.Next()
	e.CloseFile(index)
	e.Flags |= SkipSuccess
	e.UserData = data
}

// punted is a file that the kernel always opens in a thread of its own.
const punted = "/proc/self/comm"

// results waits for n completions and checks for more.
func (r *testRing) results(t *testing.T, n int) map[uint64]int32 {
	t.Helper()
	all := map[uint64]int32{}
	take := func() {
		for c, ok := r.Completion(); ok; c, ok = r.Completion() {
			if _, twice := all[c.UserData]; twice {
				t.Errorf("two completions of %d", c.UserData)
			}
			all[c.UserData] = c.Result
		}
	}
	for deadline := time.Now().Add(time.Minute); len(all) < n; take() {
		if time.Now().After(deadline) {
			t.Fatalf("%d completions of %d: %v", len(all), n, all)
		}
		r.Enter(n-len(all), time.Minute)
	}
	r.Enter(1, time.Millisecond)
	take()
	return all
}

// TestSubmit: one call submits all entries, and a close that succeeds has no
// completion.
func TestSubmit(t *testing.T) {
	r := newRing(t)
	if r == nil {
		return
	}
	for range 10 { // go round the queue
		r.open(t, punted, 0, 1)
		for i := range 5 {
			r.nothing(uint64(10 + i))
		}
		r.read(0, 100, 2)
		for i := range 4 {
			r.nothing(uint64(20 + i))
		}
		r.Enter(0, 0)
		if taken := atomic.LoadUint32(r.sqHead); taken != r.next {
			t.Errorf("the kernel has taken %d entries of %d", taken, r.next)
		}
		got := r.results(t, 10)
		if got[2] <= 0 || len(got) != 10 {
			t.Errorf("the read and nothings gave %v", got)
		}
		r.closeIndex(0, 3)
		if got := r.results(t, 0); len(got) > 0 {
			t.Errorf("a close gave %v", got)
		}
	}
}

// TestWait: a call returns when it has a completion or its time is over.
func TestWait(t *testing.T) {
	r := newRing(t)
	if r == nil {
		return
	}
	name := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	fifo, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fifo.Close()
	for _, timeout := range []time.Duration{0, 1, time.Microsecond, time.Millisecond} {
		r.open(t, name, 0, 1)
		r.read(0, 10, 2)
		r.Enter(1, timeout) // begins the request
		r.Enter(1, timeout) // begins nothing
		if c, ok := r.Completion(); ok {
			t.Fatalf("an empty FIFO was read: %+v", c)
		}
		go fifo.WriteString("abc")
		calls := 0
		for {
			r.Enter(1, time.Minute)
			calls++
			if c, ok := r.Completion(); ok {
				if c.UserData != 2 || c.Result != 3 {
					t.Errorf("%+v, want a read of 3 bytes", c)
				}
				break
			}
		}
		if calls > 10 { // signals may interrupt some
			t.Errorf("there was nothing to see after %d of %d calls", calls-1, calls)
		}
		r.closeIndex(0, 3)
	}
}
