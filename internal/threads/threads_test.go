package threads

import (
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// A system has threads and a limit, and may be out of descriptors.
type system struct {
	threads, max int
	others       int // threads of other processes
	finds, looks int
	broken       bool
}

func (s *system) room(most int) int {
	s.looks++
	return min(most, max(s.max-s.threads-s.others, 0))
}

func (s *system) budget() *Budget {
	return &Budget{
		find: func() (limits, error) {
			s.finds++
			switch {
			case s.broken:
				return nil, errors.New("no descriptors")
			case s.max == 0:
				return nil, nil
			}
			return s, nil
		},
		have: func() int { return s.threads },
	}
}

// keepProcessors restores GOMAXPROCS after a test.
func keepProcessors(t *testing.T, n int) {
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// takeAll calls Take(1) until it is refused.
func takeAll(b *Budget) (n int) {
	for n < 10_000 && b.Take(1) {
		n++
	}
	return n
}

func TestNoLimit(t *testing.T) {
	for _, s := range []*system{{threads: 5}, {threads: 5, max: 100_000}} {
		b := s.budget()
		if !b.Looks() {
			t.Error("it is not going to look")
		}
		if got := takeAll(b); got != 10_000 {
			t.Errorf("%d were granted where %d is the limit", got, s.max)
		}
		if b.Looks() || b.Refuses() || b.Short() || s.finds != 1 || s.looks > 1 {
			t.Errorf("it looked %d times for a limit and %d times at it", s.finds, s.looks)
		}
	}
}

// TestNearLimit: blocked goroutines and the runtime's needs together take at most half
// of what is free, and nothing is granted if that is too much.
func TestNearLimit(t *testing.T) {
	keepProcessors(t, 2)
	for _, test := range []struct{ max, want int }{ // the first, which needs no grant, is counted
		{5, 0}, {8, 0}, {16, 1}, {24, 4}, {32, 8}, {60, 22}, {100, 42}, {140, 62}, {1000, 492},
	} {
		synctest.Test(t, func(t *testing.T) {
			runtime.GOMAXPROCS(2)
			s := &system{threads: 4, max: test.max}
			b := s.budget()
			b.Add(1)
			if got := takeAll(b); got != max(test.want-1, 0) {
				t.Errorf("of %d threads %d were granted, want %d", test.max, got, test.want-1)
			}
			if !b.Refuses() || !b.Looks() {
				t.Error("one more would not be refused")
			}
			if need := runtime.GOMAXPROCS(0) + others + b.taken - s.threads; test.want > 0 && s.room(2*need) < 2*need {
				t.Errorf("of %d threads %d may come to be used beside %d", test.max, need, s.threads)
			}
			// What was granted is created.
			s.threads += max(test.want, 1)
			time.Sleep(2 * lookInterval)
			if b.Refuses() || test.want > 0 && b.Short() {
				t.Error("it is short of its own threads")
			}
		})
	}
}

// TestOthersTake: as other processes take threads, fewer are granted, and Short reports
// it.
func TestOthersTake(t *testing.T) {
	keepProcessors(t, 2)
	synctest.Test(t, func(t *testing.T) {
		s := &system{threads: 4, max: 100}
		b := s.budget()
		b.Add(1)
		for range 20 {
			b.Take(1)
		}
		if b.Short() {
			t.Fatal("short at once")
		}
		s.others = 80
		time.Sleep(2 * lookInterval)
		if !b.Short() {
			t.Fatal("not short when nearly all is taken")
		}
		if b.Short() {
			t.Error("it looked again at once")
		}
		ended := 0
		for range 30 {
			time.Sleep(2 * lookInterval)
			if b.Short() {
				b.Give(1)
				ended++
			}
		}
		if ended < 5 || b.taken < 1 {
			t.Errorf("%d ended, %d stay", ended, b.taken)
		}
		if b.Take(1) {
			t.Error("another was granted")
		}
		s.others = 0
		time.Sleep(2 * lookInterval)
		if !b.Take(1) {
			t.Error("none was granted when there was room again")
		}
	})
}

// TestMany: several are granted together or not at all, and one may be granted where
// several are not.
func TestMany(t *testing.T) {
	keepProcessors(t, 2)
	s := &system{threads: 4, max: 100}
	b := s.budget()
	b.Add(1)
	if b.Take(100) {
		t.Error("100 of 100 threads were granted")
	}
	if b.taken != 1 || !b.Take(1) || !b.Take(20) {
		t.Error("21 of 100 threads were not")
	}
}

// TestProcessors: if there are fewer threads than processors, GOMAXPROCS is reduced.
func TestProcessors(t *testing.T) {
	for _, test := range []struct{ max, want int }{{0, 64}, {10_000, 64}, {100, 22}, {30, 5}, {8, 1}} {
		keepProcessors(t, 64)
		s := &system{threads: 6, max: test.max}
		s.budget().Prepare()
		if got := runtime.GOMAXPROCS(0); got != test.want {
			t.Errorf("%d of 64 processors are used with %d threads, want %d", got, test.max, test.want)
		}
	}
}

// TestNoDescriptor: nothing is granted as long as the limits can't be read.
func TestNoDescriptor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &system{threads: 4, broken: true}
		b := s.budget()
		opened, closed := 0, 0
		b.Around(func() { opened++ }, func() { closed++ })
		if b.Take(1) || !b.Refuses() || b.Take(1) || s.finds != 2 {
			t.Errorf("granted unseen, after %d tries", s.finds)
		}
		s.broken = false
		time.Sleep(2 * lookInterval)
		if !b.Take(1) || opened != 3 || closed != 3 {
			t.Errorf("refused, after %d of %d looks", closed, opened)
		}
	})
}

// TestSpare checks whether there is room and takes nothing.
func TestSpare(t *testing.T) {
	keepProcessors(t, 2)
	if !(*Budget)(nil).Spare(1000) {
		t.Error("no budget is no limit")
	}
	for _, test := range []struct {
		system system
		want   bool
	}{
		{system{threads: 5}, true},
		{system{threads: 5, max: 100_000}, true},
		{system{threads: 5, max: 5 + Signals}, true},
		{system{threads: 5, max: 5 + Signals - 1}, false},
		{system{threads: 5, max: 20, others: 10}, false},
		{system{threads: 5, broken: true}, false}, // unknown
	} {
		b := test.system.budget()
		for range 2 {
			if got := b.Spare(Signals); got != test.want {
				t.Errorf("%+v: %v", test.system, got)
			}
		}
		if b.taken != 0 {
			t.Errorf("%d are taken", b.taken)
		}
	}
}
