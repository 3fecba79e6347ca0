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

// A history records the events of a pool's streams, with their times.
type history struct {
	workers int
	began   time.Time

	mu      sync.Mutex
	batches []*batchRun
	stays   []*stay
	waits   []*wait
	tracks  map[*hasher.Stream]*track
	faults  []string // violations found while recording
}

// A batchRun is a batch, from its start until its clients have been called.
type batchRun struct {
	alg         *hasher.Algorithm
	size, lanes int
	span
}

// A stay is a piece in the pool.
type stay struct {
	alg      *hasher.Algorithm
	before   *stay // in the same stream
	handedIn time.Duration
	left     time.Duration // taken by a worker
	back     time.Duration
}

// A wait is a period in which a stream was expected.
type wait struct {
	alg *hasher.Algorithm
	span
}

// A track is the recorded state of a stream.
type track struct {
	pieces []*stay // not returned yet
	latest *stay
	wait   *wait // if the stream is expected
}

// A span is a period, in time since the start.
type span struct{ begin, end time.Duration }

func newHistory(workers int) *history {
	return &history{workers: workers, began: time.Now(), tracks: map[*hasher.Stream]*track{}}
}

func (h *history) now() time.Duration { return time.Since(h.began) }

// track returns the track of a stream. h.mu is held.
func (h *history) track(s *hasher.Stream) *track {
	if h.tracks[s] == nil {
		h.tracks[s] = &track{}
	}
	return h.tracks[s]
}

// announce records that the stream is about to be expected.
func (h *history) announce(s *hasher.Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.await(s)
}

// await is announce with h.mu held.
func (h *history) await(s *hasher.Stream) {
	w := &wait{alg: hasher.AlgorithmOf(s), span: span{begin: h.now()}}
	h.waits = append(h.waits, w)
	h.track(s).wait = w
}

// forget records that it is no longer expected.
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

// handIn records that a piece of the stream is about to be submitted.
func (h *history) handIn(s *hasher.Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.track(s)
	h.came(t)
	t.latest = &stay{alg: hasher.AlgorithmOf(s), before: t.latest, handedIn: h.now()}
	t.pieces = append(t.pieces, t.latest)
	h.stays = append(h.stays, t.latest)
}

// leave records that a batch was started. The caller calls end when it has been hashed.
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

// consumed records that a piece was returned, so the next one is expected.
func (h *history) consumed(s *hasher.Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.isBack(s); len(h.track(s).pieces) == 0 {
		h.await(s)
	}
}

// finished records that the last piece was returned.
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

// ready returns when a worker could have taken the piece.
func (s *stay) ready() time.Duration {
	if s.before == nil {
		return s.handedIn
	}
	return max(s.handedIn, s.before.back)
}

// check tests the history against the rules in the package comment. The order of
// simultaneous events is unknown and assumed to be valid.
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
	h.checkPartial(t, h.checkBatchWait(t))
}

// checkOrder tests that the pieces of an algorithm are taken in the order in which they
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

// checkBatchWait tests that no piece waits too long beside an idle worker. It returns
// the periods in which a piece had waited long enough for expected streams to be
// overdue.
func (h *history) checkBatchWait(t *testing.T) (overdue []span) {
	t.Helper()
	algs := map[*hasher.Algorithm]bool{}
	for _, b := range h.batches {
		algs[b.alg] = true
	}
	several := len(algs) > 1
	idle := h.idle(t)
	for _, s := range h.stays {
		if several && s.left-s.ready() >= hasher.BatchWait {
			// The workers may have preferred the other algorithm.
			overdue = append(overdue, span{s.ready() + hasher.BatchWait, s.left})
		}
		first, _ := slices.BinarySearchFunc(idle, s.ready(), func(i span, ready time.Duration) int { return cmp.Compare(i.end, ready) })
		for _, i := range idle[first:] {
			both := span{max(i.begin, s.ready()), min(i.end, s.left)}
			if both.begin > s.left {
				break
			}
			waited := both.end - both.begin
			if waited >= hasher.BatchWait {
				overdue = append(overdue, span{both.begin + hasher.BatchWait, both.end})
			}
			if waited > 2*hasher.BatchWait {
				t.Errorf("a piece and a worker were left side by side for %v at %v", waited, both.begin)
			}
		}
	}
	return overdue
}

// idle returns the periods with idle workers, in order.
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

// checkPartial tests that no partial batch was started while a stream was expected and
// not overdue.
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
