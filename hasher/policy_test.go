package hasher_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha1lanes"
)

// anyKernel is all kernels, chosen as on Zen 4.
var anyKernel = sha1lanes.Algorithm.All().On(lanes.Zen4)

// A scene is a pool in virtual time that logs the batches that are started.
type scene struct {
	pool  *hasher.Pool
	alg   *hasher.Algorithm
	began time.Time

	mu      sync.Mutex
	streams []*hasher.Stream
	log     []sentBatch
}

// A sentBatch is a batch that was started, and when.
type sentBatch struct {
	at      time.Duration
	streams []int
}

// newScene returns a scene in which hashing a batch takes the given time.
func newScene(workers, lanes int, hashing time.Duration) *scene {
	sc := &scene{pool: hasher.NewPool(workers), began: time.Now()}
	sc.alg = hasher.WithLanes(lanes, anyKernel.Rate, func(b hasher.WorkerBatch) {
		d := sentBatch{at: time.Since(sc.began)}
		sc.mu.Lock()
		for _, s := range b.Streams {
			d.streams = append(d.streams, slices.Index(sc.streams, s))
		}
		sc.log = append(sc.log, d)
		sc.mu.Unlock()
		time.Sleep(hashing)
	})
	return sc
}

// stream adds a stream.
func (sc *scene) stream(client hasher.Client) *hasher.Stream {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	s := sc.pool.NewStream(sc.alg, client)
	sc.streams = append(sc.streams, s)
	return s
}

// departures returns the batches so far, in order; simultaneous ones in the order of
// their streams.
func (sc *scene) departures() []sentBatch {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	log := slices.Clone(sc.log)
	slices.SortFunc(log, func(a, b sentBatch) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return a.streams[0] - b.streams[0]
	})
	return log
}

// A nopClient ignores its calls.
type nopClient struct{}

func (nopClient) Consumed(*hasher.Stream, []byte) {}
func (nopClient) Finished(*hasher.Stream, []byte) {}

// A clientEvent is something that owners do with their streams, and when.
type clientEvent struct {
	at      time.Duration
	verb    verb
	streams []int
}

// at returns an event us microseconds after the start.
func at(us int, verb verb, streams ...int) clientEvent {
	return clientEvent{time.Duration(us) * time.Microsecond, verb, streams}
}

// A wantBatch is an expected batch, with the period in which it must start.
type wantBatch struct {
	from, to time.Duration
	streams  []int
}

// leave returns a batch that must start us microseconds after the start.
func leave(us int, streams ...int) wantBatch {
	at := time.Duration(us) * time.Microsecond
	return wantBatch{at, at, streams}
}

// leaveLate returns a batch that becomes ready at us and waits in vain for more
// streams.
func leaveLate(us int, streams ...int) wantBatch {
	at := time.Duration(us) * time.Microsecond
	return wantBatch{at + hasher.BatchWait, at + 2*hasher.BatchWait, streams}
}

// from returns the numbers from i to upTo.
func from(i, upTo int) (all []int) {
	for ; i < upTo; i++ {
		all = append(all, i)
	}
	return all
}

// TestDepartures tests which batches are started, and when, in named scenarios.
func TestDepartures(t *testing.T) {
	for _, test := range []struct {
		name                    string
		workers, lanes, hashing int // hashing in microseconds
		acts                    []clientEvent
		want                    []wantBatch
	}{
		{
			"nothing is expected", 1, 16, 10,
			[]clientEvent{at(5, finish, 0), at(100, finish, 1)},
			[]wantBatch{leave(5, 0), leave(100, 1)},
		},
		{
			"the only one that is expected comes", 1, 16, 10,
			[]clientEvent{at(0, expect, 0), at(50, finish, 0)},
			[]wantBatch{leave(50, 0)},
		},
		{
			"company comes", 1, 16, 10,
			[]clientEvent{at(0, expect, 0, 1, 2), at(50, finish, 2), at(90, finish, 0), at(600, finish, 1)},
			[]wantBatch{leave(600, 2, 0, 1)},
		},
		{
			"company gives up", 1, 16, 10,
			[]clientEvent{at(0, expect, 0, 1), at(50, finish, 0), at(700, abandon, 1)},
			[]wantBatch{leave(700, 0)},
		},
		{
			"a full batch does not wait", 1, 4, 10,
			[]clientEvent{at(0, expect, 0, 1, 2, 3, 4, 5), at(50, finish, 5, 4, 3), at(60, finish, 2), at(80, finish, 0), at(90, finish, 1)},
			[]wantBatch{leave(60, 5, 4, 3, 2), leave(90, 0, 1)},
		},
		{
			"a coprocess sends one line and waits for the answer", 2, 16, 10,
			[]clientEvent{at(0, expect, 0, 1), at(50, finish, 0)},
			[]wantBatch{leaveLate(50, 0)},
		},
		{
			"six readers are stuck on a dead mount", 1, 16, 10,
			[]clientEvent{at(0, expect, from(0, 20)...), at(50, finish, from(6, 20)...)},
			[]wantBatch{leaveLate(50, from(6, 20)...)},
		},
		{
			"an overdue stream delays no other", 1, 16, 10,
			[]clientEvent{at(0, expect, 0, 1), at(0, finish, 1), at(2000, finish, 2), at(2500, finish, 3)},
			[]wantBatch{leaveLate(0, 1), leave(2000, 2), leave(2500, 3)},
		},
		{
			"who was overdue and came is waited for again", 1, 16, 10,
			[]clientEvent{
				at(0, expect, 0, 1), at(0, finish, 1), at(2000, write, 0),
				at(3000, finish, 2), at(3100, finish, 0),
			},
			[]wantBatch{leaveLate(0, 1), leave(2000, 0), leave(3100, 2, 0)},
		},
		{
			"who was overdue and gave up can begin again", 1, 16, 10,
			[]clientEvent{
				at(0, expect, 0, 1), at(0, finish, 1), at(2000, abandon, 0), at(2000, expect, 0),
				at(2100, finish, 2), at(2200, finish, 0),
			},
			[]wantBatch{leaveLate(0, 1), leave(2200, 2, 0)},
		},
		{
			"each piece waits anew", 1, 16, 10,
			[]clientEvent{at(0, expect, 0, 1, 2), at(0, finish, 1), at(2000, expect, 3), at(2100, finish, 2)},
			[]wantBatch{leaveLate(0, 1), leaveLate(2100, 2)},
		},
		{
			"the owner of a piece that was hashed is waited for", 1, 16, 10,
			[]clientEvent{at(0, write, 0), at(100, finish, 1), at(200, finish, 0)},
			[]wantBatch{leave(0, 0), leave(200, 1, 0)},
		},
		{
			"the owner of a piece that is being hashed is not", 2, 16, 1000,
			[]clientEvent{at(0, write, 0), at(100, finish, 1), at(2000, finish, 0)},
			[]wantBatch{leave(0, 0), leave(100, 1), leave(2000, 0)},
		},
		{
			"a piece doesn't overtake another of its stream", 2, 16, 500,
			[]clientEvent{at(0, write, 0), at(100, write, 0), at(200, finish, 0)},
			[]wantBatch{leave(0, 0), leave(500, 0), leave(1000, 0)},
		},
		{
			"six are three and three on two workers", 2, 16, 10,
			[]clientEvent{at(0, expect, from(0, 7)...), at(50, finish, from(0, 6)...), at(60, abandon, 6)},
			[]wantBatch{leave(60, 0, 1, 2), leave(60, 3, 4, 5)},
		},
		{
			"six are six on one worker", 1, 16, 10,
			[]clientEvent{at(0, expect, from(0, 7)...), at(50, finish, from(0, 6)...), at(60, abandon, 6)},
			[]wantBatch{leave(60, from(0, 6)...)},
		},
		{
			"a worker that is busy counts for nothing", 2, 16, 1000,
			[]clientEvent{at(0, finish, 0), at(10, expect, from(1, 8)...), at(50, finish, from(1, 7)...), at(60, abandon, 7)},
			[]wantBatch{leave(0, 0), leave(60, from(1, 7)...)},
		},
		{
			"what is left is split when the rest is overdue", 2, 16, 10,
			[]clientEvent{at(0, expect, from(0, 8)...), at(50, finish, from(0, 6)...)},
			[]wantBatch{leaveLate(50, 0, 1, 2), leaveLate(50, 3, 4, 5)},
		},
		{
			"what comes while all are busy leaves together", 1, 4, 100,
			[]clientEvent{at(0, finish, 0), at(10, finish, 1), at(20, finish, 2), at(30, finish, 3)},
			[]wantBatch{leave(0, 0), leave(100, 1, 2, 3)},
		},
		{
			"more than a batch comes while all are busy", 1, 4, 100,
			[]clientEvent{at(0, finish, 0), at(10, finish, from(1, 7)...)},
			[]wantBatch{leave(0, 0), leave(100, 1, 2, 3, 4), leave(200, 5, 6)},
		},
		{
			"what stays behind a full batch waits no longer than twice", 1, 4, 10,
			[]clientEvent{at(0, expect, from(0, 8)...), at(0, finish, 0), at(700, finish, 1, 2, 3, 4)},
			[]wantBatch{leave(700, 0, 1, 2, 3), leaveLate(700, 4)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sc := newScene(test.workers, test.lanes, time.Duration(test.hashing)*time.Microsecond)
				for range 20 {
					sc.stream(nopClient{})
				}
				for _, a := range test.acts {
					time.Sleep(a.at - time.Since(sc.began))
					for _, i := range a.streams {
						d := action{verb: a.verb}
						if d.verb == write {
							d.data = make([]byte, block)
						}
						d.do(sc.streams[i])
					}
				}
				time.Sleep(100 * hasher.BatchWait)
				sc.pool.Close()
				fits := func(d sentBatch, want wantBatch) bool {
					return want.from <= d.at && d.at <= want.to && slices.Equal(d.streams, want.streams)
				}
				if got := sc.departures(); !slices.EqualFunc(got, test.want, fits) {
					t.Errorf("got %v, want %v", got, test.want)
				}
			})
		})
	}
}

// A busyClient submits the next piece as soon as one is returned, after a read delay.
type busyClient struct {
	pieces  int // still to be submitted
	reading time.Duration
	back    chan struct{}
}

func (c *busyClient) Consumed(*hasher.Stream, []byte) { c.back <- struct{}{} }
func (c *busyClient) Finished(*hasher.Stream, []byte) { c.back <- struct{}{} }

func (c *busyClient) run(s *hasher.Stream) {
	for range c.pieces {
		time.Sleep(c.reading)
		s.Write(make([]byte, block))
		<-c.back
	}
	s.Finish(nil)
	<-c.back
}

// TestStuckReader: a blocked reader delays the others by one batchWait, and again only
// after it has delivered a piece and blocks once more.
func TestStuckReader(t *testing.T) {
	const (
		rounds  = 50
		reading = 50 * time.Microsecond
		hashing = 100 * time.Microsecond
	)
	for _, stuck := range []int{0, 1, 6} {
		t.Run(fmt.Sprintf("stuck=%d", stuck), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sc := newScene(1, 16, hashing)
				var stalled []*hasher.Stream
				for range stuck {
					s := sc.stream(nopClient{})
					s.Expect()
					stalled = append(stalled, s)
				}
				for turn := range 3 {
					var others sync.WaitGroup
					for range 10 {
						c := &busyClient{pieces: rounds, reading: reading, back: make(chan struct{}, 1)}
						s := sc.stream(c)
						others.Go(func() { c.run(s) })
					}
					began := time.Now()
					others.Wait()
					took, least := time.Since(began), rounds*(reading+hashing)+hashing
					if took < least || took > least+2*hasher.BatchWait {
						t.Errorf("turn %d: it took %v, want %v and one BatchWait", turn, took, least)
					}
					for _, s := range stalled {
						s.Write(make([]byte, block))
					}
					time.Sleep(time.Second)
				}
				for _, s := range stalled {
					s.Abandon()
				}
				sc.pool.Close()
			})
		})
	}
}

// TestNobodyStarves: a stream with one piece, among many with endless pieces, is hashed
// after the streams that were ready before it.
func TestNobodyStarves(t *testing.T) {
	const busy = 40
	for _, test := range []struct{ workers, lanes int }{{1, 1}, {1, 4}, {1, 16}, {3, 1}, {3, 4}, {8, 16}} {
		t.Run(fmt.Sprintf("workers=%d,lanes=%d", test.workers, test.lanes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const hashing = 100 * time.Microsecond
				sc := newScene(test.workers, test.lanes, hashing)
				for range busy {
					s := sc.stream(nopClient{})
					for range 200 {
						s.Write(make([]byte, block))
					}
					s.Finish(nil)
				}
				lone := sc.stream(nopClient{})
				time.Sleep(10*hashing + hashing/2)
				handedIn := time.Since(sc.began)
				lone.Finish(nil)
				sc.pool.Close()

				before := 0 // batches started before it
				for _, d := range sc.departures() {
					if slices.Contains(d.streams, busy) {
						break
					}
					if d.at >= handedIn {
						before++
					}
				}
				if most := (busy+test.lanes-1)/test.lanes + test.workers; before > most {
					t.Errorf("%d batches left before its own, want at most %d", before, most)
				}
			})
		})
	}
}

// TestTwoAlgorithms: streams of two algorithms share a worker; both get full batches,
// alternately.
func TestTwoAlgorithms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const hashing = 100 * time.Microsecond
		sc := newScene(1, 4, hashing)
		other := newScene(1, 2, hashing)
		other.pool = sc.pool
		sc.stream(nopClient{}).Finish(nil) // keeps the worker busy
		for range 4 {
			for _, sc := range []*scene{sc, other} {
				s := sc.stream(nopClient{})
				for range 20 {
					s.Write(make([]byte, block))
				}
				s.Finish(nil)
			}
		}
		time.Sleep(16*hashing + hashing/2)
		if one, two := len(sc.departures()), len(other.departures()); one != 9 || two != 8 {
			t.Errorf("%d and %d batches left, want 9 and 8", one, two)
		}
		sc.pool.Close()
		if one, two := len(sc.departures()), len(other.departures()); one != 22 || two != 42 {
			t.Errorf("%d and %d batches left in all, want 22 and 42", one, two)
		}
	})
}

// TestTimerEnds closes a pool while its timer is running. The timer must do nothing
// when it expires.
func TestTimerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := newScene(2, 16, time.Microsecond)
		for range 3 {
			sc.stream(nopClient{})
		}
		sc.streams[0].Expect()
		sc.streams[1].Finish(nil) // waits for the other
		time.Sleep(hasher.BatchWait / 2)
		sc.streams[0].Abandon()
		sc.streams[2].Finish(nil)
		sc.pool.Close()
		if got := sc.departures(); len(got) != 2 {
			t.Errorf("got %v, want two batches", got)
		}
		time.Sleep(10 * hasher.BatchWait)
	})
}
