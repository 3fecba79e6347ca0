package uring

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A testRing keeps the memory that the kernel was told of.
type testRing struct {
	*Ring
	kept [][]byte
}

// newRing makes a ring for the test, or returns nil where there is none.
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

// keep returns what must stay where it is.
func (r *testRing) keep(b []byte) []byte {
	r.kept = append(r.kept, b)
	return b
}

// open fills in an open that is linked with what follows.
func (r *testRing) open(name string, index int, data uint64) {
	e := r.Next()
	e.Open(unix.AT_FDCWD, r.keep([]byte(name+"\x00")), unix.O_RDONLY|unix.O_NONBLOCK, index)
	e.Flags |= Link | SkipSuccess
	e.UserData = data
}

// look fills in an advice that is linked with what follows.
func (r *testRing) look(index int, data uint64) {
	e := r.Next()
	e.AdviseNormal(index)
	e.Flags |= Link | SkipSuccess
	e.UserData = data
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

// punted is a file of which the kernel always leaves the open to a thread of its own.
const punted = "/proc/self/comm"

// results waits for n completions, and looks if there are more of them.
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
		if broken := r.Enter(n-len(all), time.Minute); broken != nil {
			t.Errorf("chains are broken: %d", broken)
		}
	}
	r.Enter(1, time.Millisecond)
	take()
	return all
}

// TestSubmit: one call submits all that was filled in, or a chain may be broken
// off in its middle, and its read begins before the file is open.
func TestSubmit(t *testing.T) {
	r := newRing(t)
	if r == nil {
		return
	}
	for range 10 { // round the queue
		for i := range 5 {
			r.nothing(uint64(10 + i))
		}
		r.open(punted, 0, 1)
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

// TestWait: a call that has something to wait for comes back with it, or when its time
// is over.
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
	for _, patience := range []time.Duration{0, 1, time.Microsecond, time.Millisecond} {
		r.open(name, 0, 1)
		r.read(0, 10, 2)
		r.Enter(1, patience) // which begins
		r.Enter(1, patience) // and this one begins nothing
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

// TestChains: of a chain one entry completes, the last or the one that fails, whether it
// fails when it is submitted, at once or in a thread of the kernel's.
func TestChains(t *testing.T) {
	r := newRing(t)
	if r == nil {
		return
	}
	dir := t.TempDir()
	file, fifo := filepath.Join(dir, "file"), filepath.Join(dir, "fifo")
	if err := os.WriteFile(file, make([]byte, 10), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Skip(err)
	}
	const opening, looking, reading, closing = 1, 2, 3, 4
	for _, test := range []struct {
		name string
		op   uint8 // in place of that of the last
		want map[uint64]int32
	}{
		{file, 0, map[uint64]int32{reading: 10}},
		{dir, 0, map[uint64]int32{reading: -int32(unix.EISDIR)}},
		{fifo, 0, map[uint64]int32{looking: -int32(unix.ESPIPE)}},
		{"/dev/null", 0, map[uint64]int32{reading: 0}},
		{file + "/x", 0, map[uint64]int32{opening: -int32(unix.ENOTDIR), closing: -int32(unix.EBADF)}},
		{"/missing/file", 0, map[uint64]int32{opening: -int32(unix.ENOENT), closing: -int32(unix.EBADF)}},
		{"/proc/self/missing", 0, map[uint64]int32{opening: -int32(unix.ENOENT), closing: -int32(unix.EBADF)}},
		{"", 0, map[uint64]int32{opening: -int32(unix.ENOENT), closing: -int32(unix.EBADF)}},
		{strings.Repeat("/", 5000), 0, map[uint64]int32{opening: -int32(unix.ENAMETOOLONG), closing: -int32(unix.EBADF)}},
		{file, 255, map[uint64]int32{opening: -int32(unix.ECANCELED), closing: -int32(unix.EBADF)}},
		{punted, 255, map[uint64]int32{opening: -int32(unix.ECANCELED), closing: -int32(unix.EBADF)}},
	} {
		for range 3 {
			r.open(test.name, 1, opening)
			r.look(1, looking)
			r.read(1, 20, reading)
			if test.op != 0 {
				r.entry(r.next - 1).Op = test.op
			}
			got := r.results(t, 1)
			r.closeIndex(1, closing)
			maps.Copy(got, r.results(t, 0))
			if !maps.Equal(got, test.want) {
				t.Errorf("%.50q, operation %d: %v, want %v", test.name, test.op, got, test.want)
			}
		}
	}
}

// TestBroken: of a chain that the kernel has broken off nothing begins that it hasn't
// taken, and other chains are whole.
func TestBroken(t *testing.T) {
	r := newRing(t)
	if r == nil {
		return
	}
	for _, test := range []struct {
		taken  uint32
		broken []uint64
		want   []uint64 // what completes
	}{
		{0, nil, []uint64{1, 4, 6}},
		{1, nil, []uint64{1, 4, 6}},
		{2, []uint64{2}, []uint64{1, 6}},
		{3, []uint64{3}, []uint64{1, 6}},
		{4, nil, []uint64{1, 4, 6}},
		{5, []uint64{5}, []uint64{1, 4}},
		{6, nil, []uint64{1, 4, 6}},
	} {
		for _, least := range []int{0, 3} {
			r.nothing(1)
			r.open(punted, 0, 2)
			r.look(0, 3)
			r.read(0, 100, 4)
			r.open(punted, 1, 5)
			r.read(1, 100, 6)
			// So many has it taken when it has no memory for more.
			atomic.AddUint32(r.sqTail, test.taken)
			if errno := r.enter(int(test.taken), 0); errno != 0 {
				t.Fatal(errno)
			}
			if broken := r.Enter(least, time.Minute); !slices.Equal(broken, test.broken) {
				t.Errorf("%d entries taken: chains broken behind %d, want %d", test.taken, broken, test.broken)
			}
			got := r.results(t, len(test.want))
			if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, test.want) || got[1] != 0 {
				t.Errorf("%d entries taken: %v, want %d", test.taken, got, test.want)
			}
			for key, n := range got {
				if key != 1 && n <= 0 {
					t.Errorf("%d entries taken: %v", test.taken, got)
				}
			}
			// What was broken off may be open only now.
			for index := range 2 {
				for done := false; !done; {
					r.closeIndex(index, 7)
					done = r.results(t, 0)[7] == 0
				}
			}
		}
	}
}
