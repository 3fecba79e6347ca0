package hasher_test

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
)

// TestSimulation runs readers on a pool in virtual time. Each opens files of all
// lengths, reads them in pieces into two buffers, is fast or slow, blocks, or fails in
// the middle. Digests are compared with crypto/sha1, and the history of each run is
// checked against the package comment.
func TestSimulation(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 15
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := newSimulation(t, rand.New(rand.NewPCG(8, seed)))
				sim.run()
				sim.history.check(t)
			})
		})
	}
}

// pieceSize is how much a reader reads at a time.
const pieceSize = 128 << 10

// noise is the data that all messages are cut from.
var noise = randomBytes(rand.New(rand.NewPCG(9, 9)), 8*pieceSize)

// A simulation is a set of readers that share a pool.
type simulation struct {
	t       *testing.T
	pool    *hasher.Pool
	history *history
	readers []*reader
	working sync.WaitGroup // readers that don't block until the end
	over    chan struct{}  // closed when only the readers that block are left
}

func newSimulation(t *testing.T, rng *rand.Rand) *simulation {
	sim := &simulation{t: t, over: make(chan struct{})}
	sim.history = newHistory(1 + rng.IntN(8))
	sim.pool = hasher.NewPool(sim.history.workers)
	algs := []*hasher.Algorithm{sim.algorithm(rng)}
	if rng.IntN(4) == 0 {
		algs = append(algs, sim.algorithm(rng))
	}
	stalls := rng.IntN(3)
	for range 1 + rng.IntN(40) {
		r := &reader{
			sim:    sim,
			rng:    rand.New(rand.NewPCG(rng.Uint64(), 0)),
			back:   make(chan []byte, 2),
			done:   make(chan struct{}, 1),
			stalls: stalls,
		}
		r.stream = sim.pool.NewStream(algs[rng.IntN(len(algs))], r)
		for range cap(r.back) {
			r.back <- nil
		}
		sim.readers = append(sim.readers, r)
	}
	return sim
}

// algorithm returns an algorithm with a random number of lanes, whose batches take 0 to
// 300 µs of virtual time in proportion to their longest piece.
func (sim *simulation) algorithm(rng *rand.Rand) *hasher.Algorithm {
	lanes := 1 + rng.IntN(20)
	piece := time.Duration(rng.Int64N(int64(300 * time.Microsecond)))
	rate := func(streams int) float64 { return float64(streams) / float64(2+streams/8) }
	return hasher.WithLanes(lanes, rate, func(b hasher.WorkerBatch) {
		longest := 0
		for _, data := range b.Pieces {
			longest = max(longest, len(data))
		}
		end := sim.history.leave(b, lanes)
		time.Sleep(piece * time.Duration(longest) / pieceSize)
		end()
	})
}

func (sim *simulation) run() {
	var all sync.WaitGroup
	for _, r := range sim.readers {
		sim.working.Add(1)
		all.Go(func() {
			for range 20 {
				if !r.read() {
					return
				}
			}
			sim.working.Done()
		})
	}
	sim.working.Wait()
	close(sim.over)
	all.Wait()
	sim.pool.Close()
}

// A reader reads files one after another, and is their streams' client.
type reader struct {
	sim    *simulation
	rng    *rand.Rand
	stream *hasher.Stream
	stalls int         // per cent of waits that are far too long
	back   chan []byte // empty buffers; nil if not allocated yet
	done   chan struct{}

	want  [sha1.Size]byte
	chain int // number of messages that are still to be sent from inside Finished
}

// read reads one file. It returns false if the reader must end, because it blocked
// until the others were done.
func (r *reader) read() bool {
	length := r.length()
	from := r.rng.IntN(len(noise) - length + 1)
	data := noise[from : from+length]
	r.want = sha1.Sum(data)
	if r.chain = 0; length < 20*block {
		r.chain = max(0, r.rng.IntN(8)-4)
	}
	r.stream.Reset()
	if r.rng.IntN(8) > 0 {
		r.sim.history.announce(r.stream)
		r.stream.Expect()
		if r.rng.IntN(20) == 0 {
			time.Sleep(time.Millisecond)
			r.abandon() // a file that doesn't exist
			return true
		}
	}
	sizes := r.sizes(length)
	for i, n := range sizes {
		hangs := !r.wait(300 * time.Microsecond)
		if hangs || i > 0 && r.rng.IntN(100) == 0 {
			r.abandon()
			return !hangs
		}
		buf := append((<-r.back)[:0], data[:n]...)
		data = data[n:]
		r.sim.history.handIn(r.stream)
		if i < len(sizes)-1 {
			r.stream.Write(buf)
		} else {
			r.stream.Finish(buf)
		}
	}
	<-r.done
	return true
}

// length returns a random file length, around the boundaries of blocks, padding and
// pieces.
func (r *reader) length() int {
	switch r.rng.IntN(20) {
	case 0, 1:
		return r.rng.IntN(2)
	case 2, 3, 4:
		return 55 + r.rng.IntN(11)
	case 5, 6:
		return block * r.rng.IntN(50)
	case 7:
		return pieceSize - 2 + r.rng.IntN(4)
	case 8:
		return r.rng.IntN(len(noise))
	default:
		return r.rng.IntN(8 << 10)
	}
}

// sizes cuts a file into pieces, of the buffer size or random.
func (r *reader) sizes(length int) []int {
	if length < 20*block && r.rng.IntN(2) == 0 {
		return split(r.rng, length)
	}
	sizes := slices.Repeat([]int{pieceSize}, length/pieceSize)
	return append(sizes, length%pieceSize)
}

// wait waits, usually at most most. It returns false if everything else has ended
// meanwhile.
func (r *reader) wait(most time.Duration) bool {
	switch {
	case r.rng.IntN(100) >= r.stalls:
		time.Sleep(time.Duration(r.rng.Int64N(int64(most))))
	case r.rng.IntN(10) > 0:
		time.Sleep(time.Duration(r.rng.Int64N(int64(20 * hasher.BatchWait))))
	default:
		r.sim.working.Done()
		<-r.sim.over
		return false
	}
	return true
}

// abandon abandons the message when all of its buffers have been returned.
func (r *reader) abandon() {
	var all [][]byte
	for range cap(r.back) {
		all = append(all, <-r.back)
	}
	for _, buf := range all {
		r.back <- buf
	}
	r.sim.history.forget(r.stream)
	r.stream.Abandon()
}

// Consumed implements hasher.Client.
func (r *reader) Consumed(s *hasher.Stream, data []byte) {
	r.sim.history.consumed(s)
	r.giveBack(data)
}

// Finished implements hasher.Client.
func (r *reader) Finished(s *hasher.Stream, data []byte) {
	if got := s.Sum(nil); !bytes.Equal(got, r.want[:]) {
		r.sim.t.Errorf("got %x, want %x", got, r.want)
	}
	r.sim.history.finished(s)
	if r.chain > 0 {
		r.chain--
		r.again(s, data)
		return
	}
	r.giveBack(data)
	r.done <- struct{}{}
}

// again sends a message made of the last piece of the last one.
func (r *reader) again(s *hasher.Stream, data []byte) {
	for i := range data {
		data[i]++
	}
	r.want = sha1.Sum(data)
	s.Reset()
	r.sim.history.handIn(s)
	s.Finish(data)
}

func (r *reader) giveBack(data []byte) {
	clear(data) // a pool that still reads it computes a wrong digest
	r.back <- data
}
