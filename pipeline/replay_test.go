package pipeline

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// This file runs random schedules against the window alone and compares it with a
// reference that implements the guarantees of the package comment one by one. No system
// calls are made, so each schedule runs in a synctest bubble: after each step the test
// waits until all goroutines are blocked, and then everything that may have happened
// has.

// A phase is how far an item has come.
type phase int

const (
	pending phase = iota // returned by the source, waits for its slot
	looking              // its reader is in stat(2)
	waiting              // its reader waits for its turn
	opened
	done
	gaveUp
)

func (p phase) String() string {
	return [...]string{"pending", "looking", "waiting", "opened", "done", "gave up"}[p]
}

// An entry is an item being processed. phase is set by the goroutine that plays its
// reader; the fields below belong to the reference.
type entry struct {
	item  Item
	phase phase
	look  chan bool     // result of stat(2): whether it is a barrier
	end   chan struct{} // lets its reader complete it

	want    phase
	barrier bool // result of the last look
	looked  int  // number of barriers over when it was looked at
	written bool
}

func (e *entry) neverBarrier() bool {
	return e.item.Marker || e.item.Reader != nil && !e.item.Barrier
}

// known reports whether the item is known not to block the items behind it.
func (e *entry) known(over int) bool {
	switch {
	case e.written || e.neverBarrier():
		return true
	case e.want == waiting || e.want == opened || e.want == done:
		return !e.barrier && e.looked == over
	}
	return false
}

// A replay is a window, the goroutines that use it, and the reference.
type replay struct {
	t     *testing.T
	rng   *rand.Rand
	w     *window
	sink  *gatedSink
	ended chan error

	admitting chan *entry // to the goroutine that plays the source
	gate      func(*window) bool
	entries   []*entry // all entries sent to admitting
	admitted  int      // actual number

	// Percentages.
	barriers  int // of looks that find a barrier
	longNames int // of names that are long
	gates     int // of items before which the source waits at a gate
	holdups   int // of steps that block or release the sink

	wantAdmitted int
	wantGate     func(*replay) bool // condition that the source waits for, or nil
	wantTaken    int
	wantWritten  int
	over         int   // barriers that are over
	wantHeld     *gate // gate at which the sink is held
}

// A gate blocks goroutines while it is closed. The zero gate is open.
type gate struct {
	mu   sync.Mutex
	open sync.Cond
	shut bool
}

func (g *gate) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.open.L = &g.mu; g.shut; {
		g.open.Wait()
	}
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	g.shut = shut
	g.mu.Unlock()
	g.open.Broadcast()
}

// A gatedSink is a sink that can be held before it takes a result and before it
// flushes. It checks that the results are those of items 0, 1, 2 and so on.
type gatedSink struct {
	t              *testing.T
	result, flush  gate
	taken, written int
}

func (s *gatedSink) Result(r *Result) error {
	s.result.pass()
	if r.Data != s.taken {
		s.t.Errorf("result %d is that of item %v", s.taken, r.Data)
	}
	s.taken++
	return nil
}

func (s *gatedSink) Flush() error {
	if s.taken == s.written {
		s.t.Error("Flush with nothing to write")
	}
	s.flush.pass()
	s.written = s.taken
	return nil
}

func newReplay(t *testing.T, rng *rand.Rand) *replay {
	r := &replay{
		t:         t,
		rng:       rng,
		w:         newWindow(),
		sink:      &gatedSink{t: t},
		ended:     make(chan error, 1),
		admitting: make(chan *entry),
		barriers:  []int{0, 5, 30, 90}[rng.IntN(4)],
		longNames: []int{0, 5, 70}[rng.IntN(3)],
		gates:     []int{0, 2, 30}[rng.IntN(3)],
		holdups:   []int{0, 1, 10}[rng.IntN(3)],
	}
	go func() { r.ended <- r.w.deliver(r.sink) }()
	go r.source()
	return r
}

// source admits what the test sends it, after the wait that the test asked for.
func (r *replay) source() {
	for e := range r.admitting {
		if r.w.awaitRoom().items == 0 || r.gate != nil && !r.gate(r.w) {
			e.phase = gaveUp
			continue
		}
		r.gate = nil
		s := r.w.admitOne(e.item)
		if s == nil {
			e.phase = gaveUp
			continue
		}
		r.admitted++
		if e.item.Marker {
			e.phase = done
			continue
		}
		go r.reader(e, s)
	}
}

// reader does what run.awaitTurn and run.read do, without system calls.
func (r *replay) reader(e *entry, s *slot) {
	for {
		epoch := r.w.now()
		barrier := e.item.Barrier
		if e.item.Reader == nil {
			e.phase = looking
			barrier = <-e.look || barrier
		}
		e.phase = waiting
		switch r.w.awaitTurn(s, epoch, barrier) {
		case runCancelled:
			e.phase = gaveUp
			return
		case goAhead:
			e.phase = opened
			<-e.end
			e.phase = done
			r.w.complete(s)
			return
		}
	}
}

// pick returns a random entry in the given phase, or nil.
func (r *replay) pick(p phase) *entry {
	var all []*entry
	for _, e := range r.entries {
		if e.want == p {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[r.rng.IntN(len(all))]
}

// All names are slices of one string.
var longName = strings.Repeat("x", 3*WindowNameBytes)

var longLengths = []int{200_000, 700_000, WindowNameBytes, WindowNameBytes + 1, len(longName)}

func (r *replay) newEntry() *entry {
	e := &entry{look: make(chan bool), end: make(chan struct{})}
	e.item.Data = len(r.entries)
	e.item.Name = longName[:r.rng.IntN(30)]
	if r.rng.IntN(100) < r.longNames {
		e.item.Name = longName[:longLengths[r.rng.IntN(len(longLengths))]]
	}
	switch r.rng.IntN(10) {
	case 0:
		e.item.Marker = true
	case 1:
		e.item.Reader = strings.NewReader("")
	case 2:
		e.item.Reader = strings.NewReader("")
		e.item.Barrier = r.rng.IntN(3) == 0
	case 3:
		e.item.Barrier = r.rng.IntN(5) == 0
	}
	return e
}

// step performs one random event that could happen next.
func (r *replay) step() {
	if r.rng.IntN(100) < r.holdups { // block or release the sink
		g := []*gate{&r.sink.result, &r.sink.flush}[r.rng.IntN(2)]
		g.set(!g.shut)
		return
	}
	switch r.rng.IntN(3) {
	case 0: // the source returns another item
		if r.wantAdmitted == len(r.entries) {
			r.handOut(r.newEntry())
		}
	case 1: // stat(2) returns
		if e := r.pick(looking); e != nil {
			r.endLook(e, r.rng.IntN(100) < r.barriers)
		}
	case 2: // a file was read
		if e := r.pick(opened); e != nil {
			r.endRead(e)
		}
	}
}

func (r *replay) handOut(e *entry) {
	r.entries = append(r.entries, e)
	if r.rng.IntN(100) < r.gates {
		if r.rng.IntN(2) == 0 {
			r.gate, r.wantGate = (*window).AwaitOpenable, (*replay).allKnown
		} else {
			r.gate, r.wantGate = (*window).AwaitWritten, (*replay).allWritten
		}
	}
	r.admitting <- e
}

func (r *replay) endLook(e *entry, barrier bool) {
	e.barrier, e.want = barrier || e.item.Barrier, waiting
	e.look <- barrier
}

func (r *replay) endRead(e *entry) {
	e.want = done
	e.end <- struct{}{}
}

func (r *replay) allKnown() bool {
	for _, e := range r.entries[:r.wantAdmitted] {
		if !e.known(r.over) {
			return false
		}
	}
	return true
}

func (r *replay) allWritten() bool { return r.wantWritten == r.wantAdmitted }

// infer advances the reference to the state that the window must have when all
// goroutines are blocked.
func (r *replay) infer() {
	for r.inferAdmission() || r.inferReaders() || r.inferSink() {
	}
}

// inferAdmission: the next item gets its slot when there is room for it and for its
// name, and the source's wait is over.
func (r *replay) inferAdmission() bool {
	if r.wantAdmitted == len(r.entries) || r.wantAdmitted-r.wantWritten == WindowItems {
		return false
	}
	if r.wantGate != nil && !r.wantGate(r) {
		return false
	}
	r.wantGate = nil
	e := r.entries[r.wantAdmitted]
	names := 0
	for _, earlier := range r.entries[r.wantWritten:r.wantAdmitted] {
		names += len(earlier.item.Name)
	}
	if names > 0 && names+len(e.item.Name) > WindowNameBytes {
		return false
	}
	r.wantAdmitted++
	switch e.looked = r.over; {
	case e.item.Marker:
		e.want = done
	case e.item.Reader != nil:
		e.want, e.barrier = waiting, e.item.Barrier
	default:
		e.want = looking
	}
	return true
}

// inferReaders: what was looked at before the last barrier was over is looked at again.
// An item that is no barrier is opened when all earlier ones are known to be none, or
// are over; a barrier is opened when all earlier ones are written.
func (r *replay) inferReaders() bool {
	known, changed := true, false
	for i, e := range r.entries[:r.wantAdmitted] {
		if e.want == waiting && !e.neverBarrier() && e.looked != r.over {
			e.looked, changed = r.over, true
			if e.item.Reader == nil {
				e.want = looking
			}
		}
		if e.want == waiting && (e.barrier && r.wantWritten == i || !e.barrier && known) {
			e.want, changed = opened, true
		}
		known = known && e.known(r.over)
	}
	return changed
}

// inferSink: the sink has received what is done, in order, and has written it if no
// further result is done, unless the sink is held.
func (r *replay) inferSink() bool {
	if r.wantHeld != nil {
		if r.wantHeld.shut {
			return false
		}
		if r.wantHeld == &r.sink.flush {
			r.inferWritten()
		}
		r.wantHeld = nil
		return true
	}
	ready := r.wantTaken
	for ready < r.wantAdmitted && r.entries[ready].want == done {
		ready++
	}
	switch {
	case ready > r.wantTaken && r.sink.result.shut:
		r.wantHeld = &r.sink.result
		return true
	case ready > r.wantTaken:
		r.wantTaken = ready
		return true
	case r.wantTaken > r.wantWritten && r.sink.flush.shut:
		r.wantHeld = &r.sink.flush
		return true
	case r.wantTaken > r.wantWritten:
		r.inferWritten()
		return true
	}
	return false
}

func (r *replay) inferWritten() {
	barrier := false
	for _, e := range r.entries[r.wantWritten:r.wantTaken] {
		e.written = true
		barrier = barrier || e.barrier
	}
	r.wantWritten = r.wantTaken
	if barrier {
		r.over++
	}
}

// check compares the window with the reference.
func (r *replay) check() {
	synctest.Wait()
	r.infer()
	if r.admitted != r.wantAdmitted {
		r.t.Fatalf("%d items were admitted, want %d", r.admitted, r.wantAdmitted)
	}
	if r.sink.taken != r.wantTaken || r.sink.written != r.wantWritten {
		r.t.Fatalf("the sink took %d results and wrote %d, want %d and %d",
			r.sink.taken, r.sink.written, r.wantTaken, r.wantWritten)
	}
	for i, e := range r.entries {
		if e.phase != e.want {
			r.t.Fatalf("item %d (barrier %v) is %v, want %v; %d were written, %d barriers are over",
				i, e.barrier, e.phase, e.want, r.wantWritten, r.over)
		}
	}
}

// drain lets everything run to its end.
func (r *replay) drain() {
	r.openGates()
	for r.check(); r.wantWritten < len(r.entries); r.check() {
		if e := r.pick(looking); e != nil {
			r.endLook(e, false)
		} else if e := r.pick(opened); e != nil {
			r.endRead(e)
		} else {
			r.t.Fatalf("nothing to do, and %d of %d items are not written", len(r.entries)-r.wantWritten, len(r.entries))
		}
	}
}

func (r *replay) openGates() {
	r.sink.result.set(false)
	r.sink.flush.set(false)
}

// abandon aborts the window whatever state its users are in, and releases the
// goroutines that the test holds.
func (r *replay) abandon() {
	r.w.abort()
	synctest.Wait()
	r.openGates()
	for _, e := range r.entries {
		close(e.look)
		close(e.end)
	}
	close(r.admitting)
	synctest.Wait()
}

var replayed = flag.Uint64("replays", 200, "how many random `schedules` of the window to replay")

func replays(t *testing.T, test func(*replay)) {
	for seed := range *replayed {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newReplay(t, rand.New(rand.NewPCG(1, seed)))
				defer r.abandon() // also after a failure
				test(r)
			})
		})
	}
}

// TestWindowModel runs each schedule to its end.
func TestWindowModel(t *testing.T) {
	replays(t, func(r *replay) {
		for range 500 {
			r.step()
			r.check()
		}
		r.drain()
		var want error
		if r.rng.IntN(2) == 0 {
			want = errors.New("the source's")
		}
		r.w.end(want)
		if err := <-r.ended; err != want {
			r.t.Errorf("deliver = %v, want %v", err, want)
		}
	})
}

// TestWindowAbort aborts each schedule at a random moment. No goroutine may stay
// blocked, whatever it waits for, and nothing more may be opened or written.
func TestWindowAbort(t *testing.T) {
	replays(t, func(r *replay) {
		for range r.rng.IntN(100) {
			r.step()
			r.check()
		}
		r.openGates()
		r.check() // the sink is not held, and has nothing to do
		before := make([]phase, len(r.entries))
		for i, e := range r.entries {
			before[i] = e.phase
		}
		r.w.abort()
		synctest.Wait()
		for i, e := range r.entries {
			want := before[i]
			if want == waiting || want == pending {
				want = gaveUp
			}
			if e.phase != want {
				r.t.Errorf("item %d was %v and is %v, want %v", i, before[i], e.phase, want)
			}
		}
		select {
		case err := <-r.ended:
			if err != errCancelled {
				r.t.Errorf("deliver = %v, want %v", err, errCancelled)
			}
		default:
			r.t.Error("deliver waits for something")
		}
		if r.sink.written != r.wantWritten {
			r.t.Errorf("%d results were written, want %d", r.sink.written, r.wantWritten)
		}
	})
}
