package pipeline

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// A tally is a sink that counts.
type tally struct {
	taken, written int
	largest        int // maximum number of results not yet flushed
	result         func(*Result) error
	flush          func() error
}

func (s *tally) Result(r *Result) error {
	s.taken++
	s.largest = max(s.largest, s.taken-s.written)
	if s.result != nil {
		return s.result(r)
	}
	return nil
}

func (s *tally) Flush() error {
	s.written = s.taken
	if s.flush != nil {
		return s.flush()
	}
	return nil
}

// admitAll admits a number of markers as fast as possible, and counts them.
func admitAll(w *window, markers int, admitted *atomic.Int64) {
	for range markers {
		if w.awaitRoom().items == 0 || w.admitOne(Item{Marker: true}) == nil {
			return
		}
		admitted.Add(1)
	}
	w.end(nil)
}

// admitOne gives one item a slot, or returns nil if the run is being cancelled.
func (w *window) admitOne(item Item) *slot {
	for _, s := range w.admit(nil, []Item{item}) {
		return s
	}
	return nil
}

// TestWindowItems: behind an item that takes forever exactly as many others are
// processed as the window holds. When it is over, all of them are.
func TestWindowItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, sink := newWindow(), &tally{}
		ended := make(chan error)
		go func() { ended <- w.deliver(sink) }()
		head := w.admitOne(Item{Name: "head"})
		var admitted atomic.Int64
		const all = 3 * WindowItems
		go admitAll(w, all, &admitted)
		synctest.Wait()
		if got := admitted.Load() + 1; got != WindowItems || sink.taken != 0 {
			t.Errorf("behind the head: %d items in the window, %d delivered, want %d and none", got, sink.taken, WindowItems)
		}
		w.complete(head)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if want := all + 1; sink.taken != want || sink.written != want {
			t.Errorf("%d results, %d written, want %d", sink.taken, sink.written, want)
		}
		if len(w.ring) != WindowItems || len(w.free) > WindowItems {
			t.Errorf("a ring of %d and %d free slots, want no more than %d", len(w.ring), len(w.free), WindowItems)
		}
	})
}

// TestWindowNameBytes checks which names fit into the window together.
func TestWindowNameBytes(t *testing.T) {
	const most = WindowNameBytes
	for _, test := range []struct {
		name    string
		lengths []int
		fit     int
	}{
		{"short names", []int{1, 2, 3}, 3},
		{"as much as there is room for", []int{most - 10, 10}, 2},
		{"one byte too many", []int{most - 10, 10, 1}, 2},
		{"no name needs room", []int{most, 0, 0, 1}, 3},
		{"the longest name", []int{most, 1}, 1},
		{"a longer one travels alone", []int{most + 1, 1}, 1},
		{"and waits until it is alone", []int{1, most + 1}, 1},
		{"far too long", []int{10 * most, 10 * most}, 1},
		{"nothing else counts", []int{0, 0, most + 1, 1}, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, sink := newWindow(), &tally{}
				ended := make(chan error)
				go func() { ended <- w.deliver(sink) }()
				var admitted atomic.Int64
				var slots []*slot
				go func() {
					for _, n := range test.lengths {
						s := w.admitOne(Item{Name: strings.Repeat("x", n)})
						slots = append(slots, s)
						admitted.Add(1)
					}
					w.end(nil)
				}()
				synctest.Wait()
				if got := int(admitted.Load()); got != test.fit {
					t.Errorf("%d of %v were admitted, want %d", got, test.lengths, test.fit)
				}
				for i := 0; i < len(slots); i++ {
					w.complete(slots[i])
					synctest.Wait()
				}
				if err := <-ended; err != nil || sink.written != len(test.lengths) {
					t.Errorf("%d results, %v, want %d", sink.written, err, len(test.lengths))
				}
			})
		})
	}
}

// TestWindowNeverDry: the sink flushes results now and then, and so makes room, even if
// more results are always ready.
func TestWindowNeverDry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const all = 5 * WindowItems
		w, sink := newWindow(), &tally{}
		next := 0
		more := func() {
			for ; next < all && next < sink.written+WindowItems; next++ {
				w.admitOne(Item{Marker: true})
			}
			if next == all {
				w.end(nil)
			}
		}
		sink.result = func(*Result) error { more(); return nil }
		more()
		if err := w.deliver(sink); err != nil || sink.written != all {
			t.Errorf("%d results written, %v, want %d", sink.written, err, all)
		}
		if sink.largest > retireEvery+256 {
			t.Errorf("%d results held back at a time, want about %d", sink.largest, retireEvery)
		}
	})
}

// TestSinkErrors: after an error the sink is not called again, and what waits for its
// results to be written keeps waiting.
func TestSinkErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name  string
		spoil func(*tally)
		taken int
	}{
		{"first result", func(s *tally) { s.result = func(*Result) error { return broken } }, 1},
		{"third result", func(s *tally) {
			s.result = func(*Result) error {
				if s.taken == 3 {
					return broken
				}
				return nil
			}
		}, 3},
		{"flush", func(s *tally) { s.flush = func() error { return broken } }, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, sink := newWindow(), &tally{}
				test.spoil(sink)
				for range 5 {
					w.admitOne(Item{Marker: true})
				}
				barrier := w.admitOne(Item{Name: "a FIFO"})
				told := make(chan turn, 2)
				go func() { told <- w.awaitTurn(barrier, w.now(), true) }()
				written := make(chan bool, 1)
				go func() { written <- w.AwaitWritten() }()
				if err := w.deliver(sink); err != broken || sink.taken != test.taken {
					t.Errorf("deliver = %v after %d results, want %v after %d", err, sink.taken, broken, test.taken)
				}
				synctest.Wait()
				if len(told) != 0 || len(written) != 0 {
					t.Error("somebody went ahead as if all had been written")
				}
				w.abort()
				if a := <-told; a != runCancelled {
					t.Errorf("the barrier was told %v", a)
				}
				if <-written {
					t.Error("AwaitWritten returned true")
				}
			})
		})
	}
}

// A witness checks the events of a run against the rules, without a model of what
// should happen next. Goroutines that really run concurrently report each event right
// after it.
type witness struct {
	t       *testing.T
	mu      sync.Mutex
	items   []seen
	written int
	taken   int
	now     int // counts events
	over    int // when the last barrier was written
}

type seen struct {
	never   bool // the item can't be a barrier
	plain   bool // the item was no barrier when last looked at
	barrier bool
	looked  int // time of the last look
}

func (v *witness) event(do func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now++
	do()
}

// admit is called before the window gets the next item. Admissions don't overlap.
func (v *witness) admit(never bool) (i int) {
	v.event(func() {
		i = len(v.items)
		v.items = append(v.items, seen{never: never})
	})
	return i
}

// look is called before the item is looked at.
func (v *witness) look(i int) {
	v.event(func() { v.items[i].looked = v.now })
}

// report is called before the window is told what the item is.
func (v *witness) report(i int, barrier bool) {
	v.event(func() { v.items[i].plain, v.items[i].barrier = !barrier, barrier })
}

// open is called after the window has let an item be opened. Every item not yet written
// has been looked at since the last barrier was over, and up to this item none is a
// barrier.
func (v *witness) open(i int) {
	v.event(func() {
		if it := v.items[i]; it.barrier && v.written != i {
			v.t.Errorf("barrier %d was opened with %d results written", i, v.written)
		} else if it.looked < v.over && !it.never {
			v.t.Errorf("item %d was opened as it was before the last barrier was over", i)
		}
		for j, it := range v.items[v.written:i] {
			if !it.never && (!it.plain || it.looked < v.over) {
				v.t.Errorf("item %d was opened before %d was known to be no barrier", i, v.written+j)
			}
		}
	})
}

func (v *witness) Result(r *Result) error {
	v.event(func() {
		if r.Data != v.taken {
			v.t.Errorf("result %d is that of item %v", v.taken, r.Data)
		}
		v.taken++
	})
	return nil
}

func (v *witness) Flush() error {
	v.event(func() {
		for ; v.written < v.taken; v.written++ {
			if v.items[v.written].barrier {
				v.over = v.now
			}
		}
	})
	return nil
}

// read does what a reader does with slots until some are done, and returns their
// number: those up to the first barrier together, or that barrier.
func (v *witness) read(w *window, slots []*slot, rng *rand.Rand, barriers int, yield func(*rand.Rand)) int {
	for {
		epoch := w.now()
		n, barrier := 0, false
		for ; n < len(slots) && !barrier; n++ {
			if slots[n].result.Reader != nil {
				continue
			}
			i := int(slots[n].index)
			v.look(i)
			yield(rng)
			barrier = rng.IntN(100) < barriers
			v.report(i, barrier)
		}
		var told turn
		switch {
		case barrier && n == 1, n == 1 && rng.IntN(2) == 0:
			told = w.awaitTurn(slots[0], epoch, barrier)
		case barrier:
			n-- // it is left for the next call
			fallthrough
		default:
			told = w.awaitTurns(slots[:n], epoch)
		}
		if told != goAhead {
			continue
		}
		for _, s := range slots[:n] {
			v.open(int(s.index))
			yield(rng)
		}
		w.complete(slots[:n]...)
		return n
	}
}

// TestWindowStress runs readers concurrently on few and many processors, as Run does,
// with items that are sometimes barriers and sometimes not.
func TestWindowStress(t *testing.T) {
	items := 5000
	if testing.Short() {
		items = 500
	}
	for _, procs := range []int{1, 2, 8} {
		for _, barriers := range []int{0, 3, 50} {
			t.Run(fmt.Sprintf("procs=%d,barriers=%d%%", procs, barriers), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				stress(t, items, barriers)
			})
		}
	}
}

func stress(t *testing.T, items, barriers int) {
	w, v := newWindow(), &witness{t: t}
	var (
		admission sync.Mutex
		readers   sync.WaitGroup
		next      int
	)
	admit := func(rng *rand.Rand) (slots []*slot) {
		admission.Lock()
		defer admission.Unlock()
		for next < items && len(slots) == 0 {
			room := w.awaitRoom()
			if rng.IntN(20) == 0 && !w.AwaitOpenable() || rng.IntN(100) == 0 && !w.AwaitWritten() {
				t.Error("gave up though nobody aborted")
			}
			var batch []Item
			for n := min(1+rng.IntN(5), room.items); len(batch) < n && next < items; next++ {
				item := Item{Data: next, Name: longName[:rng.IntN(10)], Marker: rng.IntN(10) == 0}
				if rng.IntN(100) == 0 {
					item.Name = longName[:500_000]
				}
				if rng.IntN(10) == 0 {
					item.Reader = strings.NewReader("")
				}
				if room.names -= len(item.Name); room.names < 0 && len(batch) > 0 {
					break // it doesn't fit; the next call makes another
				}
				v.admit(item.Marker || item.Reader != nil)
				batch = append(batch, item)
			}
			for i, s := range w.admit(nil, batch) {
				if !batch[i].Marker {
					slots = append(slots, s)
				}
			}
		}
		if next == items {
			next++
			w.end(nil)
		}
		return slots
	}
	yield := func(rng *rand.Rand) {
		for range rng.IntN(4) {
			runtime.Gosched()
		}
	}
	for seed := range uint64(32) {
		readers.Go(func() {
			rng := rand.New(rand.NewPCG(2, seed))
			for slots := admit(rng); len(slots) > 0; slots = admit(rng) {
				for len(slots) > 0 {
					slots = slots[v.read(w, slots, rng, barriers, yield):]
				}
			}
		})
	}
	if err := w.deliver(v); err != nil {
		t.Error(err)
	}
	readers.Wait()
	if v.written != items {
		t.Errorf("%d results were written, want %d", v.written, items)
	}
}
