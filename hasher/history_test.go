package hasher_test

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
)

// A history is what happened to the streams of a pool, and when.
type history struct {
	workers int
	began   time.Time

	mu      sync.Mutex
	batches []*batchRun
	stays   []*stay
	waits   []*wait
	tracks  map[*hasher.Stream]*track
	faults  []string // that showed at once
}

// A batchRun is a batch, from when it left to when its owners were told.
type batchRun struct {
	alg         *hasher.Algorithm
	size, lanes int
	span
}

// A stay is that of a piece in the pool.
type stay struct {
	alg      *hasher.Algorithm
	before   *stay // of the same stream
	handedIn time.Duration
	left     time.Duration // for a worker
	back     time.Duration
}

// A wait is a time in which a stream was expected.
type wait struct {
	alg *hasher.Algorithm
	span
}

// A track is what a history knows of a stream.
type track struct {
	pieces []*stay // not back yet
	latest *stay
	wait   *wait // if it is expected
}

// A span is a time from one instant to another, both since the beginning.
type span struct{ begin, end time.Duration }

func newHistory(workers int) *history {
	return &history{workers: workers, began: time.Now(), tracks: map[*hasher.Stream]*track{}}
}

func (h *history) now() time.Duration { return time.Since(h.began) }

// track returns the one of a stream. h.mu is held.
func (h *history) track(s *hasher.Stream) *track {
	if h.tracks[s] == nil {
		h.tracks[s] = &track{}
	}
	return h.tracks[s]
}

// announce says that the stream is about to be expected.
func (h *history) announce(s *hasher.Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.await(s)
}

// await is announce; h.mu is held.
func (h *history) await(s *hasher.Stream) {
	w := &wait{alg: hasher.AlgorithmOf(s), span: span{begin: h.now()}}
	h.waits = append(h.waits, w)
	h.track(s).wait = w
}

// forget says that it is expected no longer.
func (h *history) forget(s *hasher.Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.came(h.track(s))
}

func (h *history) came(t *track) {
	if t.wait != nil {
		t.wait.end = h.now()
		t.wait = nil
	}
}

// handIn says that a piece of the stream is about to be handed in.
func (h *history) handIn(s *hasher.Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.track(s)
	h.came(t)
	t.latest = &stay{alg: hasher.AlgorithmOf(s), before: t.latest, handedIn: h.now()}
	t.pieces = append(t.pieces, t.latest)
	h.stays = append(h.stays, t.latest)
}

// leave says that a batch left; what it returns, that its hashing has ended.
func (h *history) leave(b hasher.WorkerBatch, lanes int) (end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	alg := hasher.AlgorithmOf(b.Streams[0])
	run := &batchRun{alg: alg, size: len(b.Streams), lanes: lanes, span: span{begin: h.now()}}
	h.batches = append(h.batches, run)
	if run.size > lanes {
		h.faults = append(h.faults, "a batch has more streams than lanes")
	}
	for i, s := range b.Streams {
		if slices.Contains(b.Streams[:i], s) {
			h.faults = append(h.faults, "a batch has the same stream twice")
		}
		if hasher.AlgorithmOf(s) != alg {
			h.faults = append(h.faults, "a batch has two algorithms")
		}
		h.track(s).pieces[0].left = run.begin
	}
	return func() {
		h.mu.Lock()
		run.end = h.now()
		h.mu.Unlock()
	}
}

// consumed says that a piece is back, and so its owner's next is expected.
func (h *history) consumed(s *hasher.Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.isBack(s); len(h.track(s).pieces) == 0 {
		h.await(s)
	}
}

// finished says that the last piece is back.
func (h *history) finished(s *hasher.Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.isBack(s)
}

func (h *history) isBack(s *hasher.Stream) {
	t := h.track(s)
	t.pieces[0].back = h.now()
	t.pieces = t.pieces[1:]
}

// ready is when a worker could have taken the piece.
func (s *stay) ready() time.Duration {
	if s.before == nil {
		return s.handedIn
	}
	return max(s.handedIn, s.before.back)
}

// check looks for what the package comment rules out, now that all is over. Of
// what happened at one instant the order is not known; it may have been right.
func (h *history) check(t *testing.T) {
	t.Helper()
	for _, fault := range h.faults {
		t.Error(fault)
	}
	for s, track := range h.tracks {
		if len(track.pieces) > 0 || track.wait != nil {
			t.Errorf("stream %p: %d pieces are not back, expected: %t", s, len(track.pieces), track.wait != nil)
		}
	}
	if t.Failed() {
		return
	}
	h.checkOrder(t)
	h.checkPartial(t, h.checkPatience(t))
}

// checkOrder has the pieces of an algorithm leave in the order in which they
// became ready.
func (h *history) checkOrder(t *testing.T) {
	t.Helper()
	byReady := slices.SortedStableFunc(slices.Values(h.stays), func(a, b *stay) int { return cmp.Compare(a.ready(), b.ready()) })
	last := map[*hasher.Algorithm]*stay{}
	for _, s := range byReady {
		before := last[s.alg]
		if before == nil || s.left > before.left {
			last[s.alg] = s
		} else if s.left < before.left && s.ready() > before.ready() {
			t.Errorf("a piece was ready at %v and left at %v, another was ready at %v and left at %v",
				s.ready(), s.left, before.ready(), before.left)
		}
	}
}

// checkPatience has no piece wait for long beside an idle worker. It returns the
// times in which one had waited for long enough, so that what was expected was
// overdue.
func (h *history) checkPatience(t *testing.T) (overdue []span) {
	t.Helper()
	algs := map[*hasher.Algorithm]bool{}
	for _, b := range h.batches {
		algs[b.alg] = true
	}
	several := len(algs) > 1
	idle := h.idle(t)
	for _, s := range h.stays {
		if several && s.left-s.ready() >= hasher.Patience {
			// The workers may have passed it over for the other algorithm.
			overdue = append(overdue, span{s.ready() + hasher.Patience, s.left})
		}
		first, _ := slices.BinarySearchFunc(idle, s.ready(), func(i span, ready time.Duration) int { return cmp.Compare(i.end, ready) })
		for _, i := range idle[first:] {
			both := span{max(i.begin, s.ready()), min(i.end, s.left)}
			if both.begin > s.left {
				break
			}
			waited := both.end - both.begin
			if waited >= hasher.Patience {
				overdue = append(overdue, span{both.begin + hasher.Patience, both.end})
			}
			if waited > 2*hasher.Patience {
				t.Errorf("a piece and a worker were left side by side for %v at %v", waited, both.begin)
			}
		}
	}
	return overdue
}

// idle returns when there were idle workers, in order.
func (h *history) idle(t *testing.T) (idle []span) {
	t.Helper()
	changes := map[time.Duration]int{}
	for _, b := range h.batches {
		changes[b.begin]++
		changes[b.end]--
	}
	busy, since := 0, time.Duration(0)
	for _, at := range slices.Sorted(maps.Keys(changes)) {
		before := busy
		if busy += changes[at]; busy > h.workers {
			t.Errorf("%d batches at once, by %d workers", busy, h.workers)
		}
		switch {
		case before < h.workers && busy == h.workers:
			idle = append(idle, span{since, at})
		case before == h.workers && busy < h.workers:
			since = at
		}
	}
	return append(idle, span{since, h.now()})
}

// checkPartial has no batch leave with lanes to spare if something was expected
// that wasn't overdue.
func (h *history) checkPartial(t *testing.T, overdue []span) {
	t.Helper()
	for _, b := range h.batches {
		if b.size == b.lanes {
			continue
		}
		for _, w := range h.waits {
			if w.alg != b.alg || w.begin >= b.begin || w.end <= b.begin {
				continue
			}
			ended := func(o span) bool { return o.begin <= b.begin && o.end >= w.begin }
			if !slices.ContainsFunc(overdue, ended) {
				t.Errorf("a batch of %d left at %v, though a stream was expected from %v to %v", b.size, b.begin, w.begin, w.end)
			}
		}
	}
}
