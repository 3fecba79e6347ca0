package hasher_test

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/psha1sum/psha1sum/hasher"
)

const (
	block    = sha1.BlockSize
	scribble = 0xAA // fills memory that was returned
)

// A message is a client that submits one message in pieces, each in its own memory, and
// tests the pool's contract: every piece is returned once, unchanged, and not read
// afterwards.
type message struct {
	t     testing.TB
	alg   *hasher.Algorithm // nil for SHA-1
	data  []byte
	sizes []int // of the pieces; the last goes to Finish

	mu     sync.Mutex
	lent   map[*byte][]byte // pieces in the pool, by address, with copies of their contents
	empty  int              // empty pieces in the pool
	back   [][]byte         // pieces that were returned
	digest []byte
	done   chan struct{}
}

func newMessage(t testing.TB, data []byte, sizes []int) *message {
	return &message{t: t, data: data, sizes: sizes, lent: map[*byte][]byte{}, done: make(chan struct{})}
}

// write submits all pieces and calls between before each.
func (m *message) write(s *hasher.Stream, between func()) {
	rest := m.data
	for i, n := range m.sizes {
		between()
		piece := m.lend(rest[:n])
		rest = rest[n:]
		if i == len(m.sizes)-1 {
			s.Finish(piece)
		} else {
			s.Write(piece)
		}
	}
}

// lend copies a piece of the message into memory for the pool.
func (m *message) lend(original []byte) []byte {
	piece := bytes.Clone(original)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(piece) == 0 {
		m.empty++
	} else {
		m.lent[&piece[0]] = original
	}
	return piece
}

// takeBack checks a piece that was returned and overwrites it at once: a pool that
// still reads it computes a wrong digest.
func (m *message) takeBack(piece []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(piece) == 0 {
		m.empty--
		return
	}
	original, ok := m.lent[&piece[0]]
	delete(m.lent, &piece[0])
	switch {
	case !ok:
		m.t.Errorf("a piece of %d bytes came back that the pool didn't have", len(piece))
	case !bytes.Equal(piece, original):
		m.t.Errorf("a piece of %d bytes came back changed or cut to %d", len(original), len(piece))
	}
	for i := range piece {
		piece[i] = scribble
	}
	m.back = append(m.back, piece)
}

func (m *message) Consumed(_ *hasher.Stream, piece []byte) { m.takeBack(piece) }

func (m *message) Finished(s *hasher.Stream, piece []byte) {
	m.takeBack(piece)
	m.digest = s.Sum(nil)
	close(m.done)
}

// check waits for the digest and compares it with another implementation's.
func (m *message) check() {
	m.t.Helper()
	<-m.done
	alg := m.alg
	if alg == nil {
		alg = hasher.SHA1
	}
	if want := references[alg.Name](m.data); !bytes.Equal(m.digest, want) {
		m.t.Errorf("%s, %d bytes as %v: got %x, want %x", alg.Name, len(m.data), m.sizes, m.digest, want)
	}
}

// checkMemory is called after the pool is closed: all pieces were returned, and none
// was written to since.
func (m *message) checkMemory() {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.lent) != 0 || m.empty != 0 {
		m.t.Errorf("%d bytes as %v: %d pieces, %d of them empty, never came back",
			len(m.data), m.sizes, len(m.lent)+m.empty, m.empty)
	}
	for _, piece := range m.back {
		if bytes.Count(piece, []byte{scribble}) != len(piece) {
			m.t.Errorf("%d bytes as %v: a piece was written to after it came back", len(m.data), m.sizes)
		}
	}
}

func randomBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// split cuts n bytes into random pieces: multiples of the block size, then the rest,
// which may be empty or many blocks.
func split(rng *rand.Rand, n int) []int { return splitBlocks(rng, n, block) }

func splitBlocks(rng *rand.Rand, n, block int) []int {
	var sizes []int
	for blocks := n / block; blocks > 0 && rng.IntN(8) > 0; {
		k := 1 + rng.IntN(blocks)
		if rng.IntN(2) == 0 {
			k = 1 + rng.IntN(min(blocks, 4))
		}
		sizes = append(sizes, k*block)
		n -= k * block
		blocks -= k
	}
	return append(sizes, n)
}

// pools runs a test for pools of few and many workers, with few and many processors.
func pools(t *testing.T, test func(t *testing.T, workers int)) {
	for _, procs := range []int{1, 2, 8} {
		for _, workers := range []int{1, 2, 16} {
			t.Run(fmt.Sprintf("procs=%d,workers=%d", procs, workers), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				test(t, workers)
			})
		}
	}
}

func nothing() {}

// TestEveryLength tests all lengths around the padding's edge cases, in one piece and
// cut at every block boundary.
func TestEveryLength(t *testing.T) {
	pool := hasher.NewPool(2)
	defer pool.Close()
	data := randomBytes(rand.New(rand.NewPCG(1, 1)), 5*block)
	for n := range len(data) + 1 {
		splits := [][]int{{n}}
		for cut := block; cut <= n; cut += block {
			splits = append(splits, []int{cut, n - cut})
		}
		for _, sizes := range splits {
			m := newMessage(t, data[:n], sizes)
			m.write(pool.NewStream(hasher.SHA1, m), nothing)
			m.check()
		}
	}
}

// TestEmptyFinish passes an empty slice to Finish, nil and not nil.
func TestEmptyFinish(t *testing.T) {
	for _, test := range []struct {
		name   string
		before int
		last   []byte
	}{
		{"nothing at all", 0, nil},
		{"no bytes", 0, []byte{}},
		{"after a block, nil", block, nil},
		{"after many blocks, no bytes", 100 * block, make([]byte, 0, 10)},
	} {
		t.Run(test.name, func(t *testing.T) {
			pool := hasher.NewPool(1)
			defer pool.Close()
			m := newMessage(t, make([]byte, test.before), nil)
			s := pool.NewStream(hasher.SHA1, m)
			if test.before > 0 {
				s.Write(m.lend(m.data))
			}
			m.empty++
			s.Finish(test.last)
			m.check()
		})
	}
}

// TestManyStreams cuts many messages at random, writes them from concurrent goroutines
// and compares all digests, with this machine's batch width and others.
func TestManyStreams(t *testing.T) {
	streams := 200
	if testing.Short() {
		streams = 50
	}
	algs := []*hasher.Algorithm{hasher.SHA1}
	for _, lanes := range []int{1, 3, 40} {
		algs = append(algs, hasher.WithLanes(lanes, flat, func(hasher.WorkerBatch) {}))
	}
	pools(t, func(t *testing.T, workers int) {
		for _, alg := range algs {
			checkStreams(t, workers, alg, streams)
		}
	})
}

func checkStreams(t *testing.T, workers int, alg *hasher.Algorithm, streams int) {
	pool := hasher.NewPool(workers)
	rng := rand.New(rand.NewPCG(2, uint64(workers)))
	var writers sync.WaitGroup
	messages := make([]*message, streams)
	for i := range messages {
		n := rng.IntN(40 * block)
		if i%50 == 0 {
			n = rng.IntN(200_000)
		}
		m := newMessage(t, randomBytes(rng, n), split(rng, n))
		messages[i] = m
		yields := rng.IntN(3)
		writers.Go(func() {
			s := pool.NewStream(alg, m)
			if yields > 0 {
				s.Expect()
			}
			m.write(s, func() {
				for range yields {
					runtime.Gosched()
				}
			})
		})
	}
	for _, m := range messages {
		m.check()
	}
	writers.Wait()
	pool.Close()
	for _, m := range messages {
		m.checkMemory()
	}
}

// TestOneAgainstMany hashes the same pieces with one worker and with many.
func TestOneAgainstMany(t *testing.T) {
	digests := func(workers int) []string {
		pool := hasher.NewPool(workers)
		defer pool.Close()
		rng := rand.New(rand.NewPCG(3, 3))
		messages := make([]*message, 100)
		for i := range messages {
			n := rng.IntN(100 * block)
			messages[i] = newMessage(t, randomBytes(rng, n), split(rng, n))
			messages[i].write(pool.NewStream(hasher.SHA1, messages[i]), nothing)
		}
		var all []string
		for _, m := range messages {
			m.check()
			all = append(all, fmt.Sprintf("%x", m.digest))
		}
		return all
	}
	one, many := digests(1), digests(16)
	for i := range one {
		if one[i] != many[i] {
			t.Errorf("message %d: one worker %s, many %s", i, one[i], many[i])
		}
	}
}

// TestSum tests that Sum behaves like hash.Hash.Sum.
func TestSum(t *testing.T) {
	pool := hasher.NewPool(1)
	defer pool.Close()
	m := newMessage(t, []byte("abc"), []int{3})
	s := pool.NewStream(hasher.SHA1, m)
	m.write(s, nothing)
	m.check()

	prefix := []byte("digest: ")
	first := s.Sum(prefix)
	if !bytes.HasPrefix(first, prefix) || len(first) != len(prefix)+hasher.SHA1.Size {
		t.Errorf("Sum(%q) = %q: not the digest behind what was there", prefix, first)
	}
	if again := s.Sum(prefix); !bytes.Equal(first, again) {
		t.Errorf("the second Sum differs: %x, then %x", first, again)
	}
}

// A chainClient sends many messages through one stream, each from inside the Finished
// of the one before, without another goroutine.
type chainClient struct {
	t    *testing.T
	rng  *rand.Rand
	left int
	want [sha1.Size]byte
	done chan struct{}
}

// send writes one message. It calls Finish last, because the next message may begin
// before Finish returns.
func (c *chainClient) send(s *hasher.Stream) {
	data := randomBytes(c.rng, c.rng.IntN(6*block))
	c.want = sha1.Sum(data)
	sizes := split(c.rng, len(data))
	for _, n := range sizes[:len(sizes)-1] {
		s.Write(data[:n:n])
		data = data[n:]
	}
	s.Finish(data)
}

func (c *chainClient) Consumed(*hasher.Stream, []byte) {}

func (c *chainClient) Finished(s *hasher.Stream, _ []byte) {
	if got := s.Sum(nil); !bytes.Equal(got, c.want[:]) {
		c.t.Errorf("%d messages before the last: got %x, want %x", c.left, got, c.want)
	}
	if c.left--; c.left == 0 {
		close(c.done)
		return
	}
	s.Reset()
	c.send(s)
}

func TestReuseInsideFinished(t *testing.T) {
	pools(t, func(t *testing.T, workers int) {
		pool := hasher.NewPool(workers)
		defer pool.Close()
		var chains []*chainClient
		for i := range 8 {
			c := &chainClient{t: t, rng: rand.New(rand.NewPCG(4, uint64(i))), left: 200, done: make(chan struct{})}
			chains = append(chains, c)
			c.send(pool.NewStream(hasher.SHA1, c))
		}
		for _, c := range chains {
			<-c.done
		}
	})
}

// A gatedClient blocks in its methods until the test continues. Clients must not block;
// here it makes the workers' state visible.
type gatedClient struct {
	entered chan *hasher.Stream
	leave   chan struct{}
}

func (c gatedClient) Consumed(s *hasher.Stream, _ []byte) { c.entered <- s; <-c.leave }
func (c gatedClient) Finished(s *hasher.Stream, _ []byte) { c.entered <- s; <-c.leave }

// flat is a rate that doesn't depend on the batch.
func flat(int) float64 { return 1 }

// TestAsManyWorkersAsWork occupies workers one by one, with batches of one stream: each
// ready piece gets a worker at once while there is one, none waits beside an idle
// worker, and the pool's limit is never exceeded.
func TestAsManyWorkersAsWork(t *testing.T) {
	for _, test := range []struct{ limit, workers int }{{-1, 1}, {0, 1}, {1, 1}, {3, 3}, {10, 10}} {
		t.Run(fmt.Sprintf("NewPool(%d)", test.limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const streams = 20
				pool := hasher.NewPool(test.limit)
				alg := hasher.WithLanes(1, flat, func(hasher.WorkerBatch) {})
				client := gatedClient{make(chan *hasher.Stream, streams), make(chan struct{})}
				for round := range 3 { // later rounds find idle workers
					for i := range streams {
						pool.NewStream(alg, client).Finish(nil)
						synctest.Wait()
						if got, want := len(client.entered), min(i+1, test.workers); got != want {
							t.Fatalf("round %d: %d of %d streams are being hashed, want %d", round, got, i+1, want)
						}
					}
					for left := streams; left > 0; left-- {
						<-client.entered
						client.leave <- struct{}{}
						synctest.Wait()
						if got, want := len(client.entered), min(left-1, test.workers); got != want {
							t.Fatalf("round %d: %d of %d streams are being hashed, want %d", round, got, left-1, want)
						}
					}
				}
				pool.Close()
			})
		})
	}
}

// TestWriteNeverWaits submits pieces while no worker is available.
func TestWriteNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := hasher.NewPool(1)
		jam := gatedClient{make(chan *hasher.Stream, 1), make(chan struct{})}
		pool.NewStream(hasher.SHA1, jam).Finish(nil)
		<-jam.entered // the only worker is busy

		sizes := append(slices.Repeat([]int{block}, 1000), 1)
		m := newMessage(t, make([]byte, 1000*block+1), sizes)
		m.write(pool.NewStream(hasher.SHA1, m), nothing)
		synctest.Wait()
		select {
		case <-m.done:
			t.Fatal("a second worker hashed it")
		default:
		}
		jam.leave <- struct{}{}
		m.check()
		pool.Close()
	})
}

// TestStreamsTakeTurns: a stream with many pieces doesn't delay the others until it is
// finished, whether they are hashed together or not.
func TestStreamsTakeTurns(t *testing.T) {
	for _, lanes := range []int{1, 2, 16} {
		t.Run(fmt.Sprintf("lanes=%d", lanes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { checkTurns(t, lanes) })
		})
	}
}

func checkTurns(t *testing.T, lanes int) {
	pool := hasher.NewPool(1)
	alg := hasher.WithLanes(lanes, flat, func(hasher.WorkerBatch) {})
	client := gatedClient{make(chan *hasher.Stream), make(chan struct{})}
	jam := pool.NewStream(alg, client)
	jam.Finish(nil)
	<-client.entered

	long, short := pool.NewStream(alg, client), pool.NewStream(alg, client)
	for range 100 {
		long.Write(make([]byte, block))
	}
	long.Finish(nil)
	short.Finish(nil)
	client.leave <- struct{}{}

	for turn := 1; ; turn++ {
		s := <-client.entered
		client.leave <- struct{}{}
		if s == short {
			if turn > 2 {
				t.Errorf("the short stream came in turn %d, want 2", turn)
			}
			break
		}
	}
	for range 100 {
		<-client.entered
		client.leave <- struct{}{}
	}
	pool.Close()
}

// TestClose: when Close returns, no client is being called and no goroutine is left.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		pool := hasher.NewPool(8)
		messages := make([]*message, 100)
		for i := range messages {
			messages[i] = newMessage(t, make([]byte, 3*block), []int{block, block, block})
			messages[i].write(pool.NewStream(hasher.SHA1, messages[i]), nothing)
		}
		pool.Close() // with most of it still to do
		for _, m := range messages {
			select {
			case <-m.done:
				m.checkMemory()
			default:
				t.Fatal("Close returned before a message was finished")
			}
		}
	}
	hasher.NewPool(8).Close() // never used
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// TestKeepsNothing: returned pieces can be collected while the pool and the streams are
// still in use.
func TestKeepsNothing(t *testing.T) {
	pool := hasher.NewPool(2)
	defer pool.Close()
	var streams [20]*hasher.Stream
	var kept []weak.Pointer[byte]
	back := make(signalClient, 4*len(streams))
	for i := range streams {
		streams[i] = pool.NewStream(hasher.SHA1, back)
		for _, hand := range []func([]byte){streams[i].Write, streams[i].Write, streams[i].Write, streams[i].Finish} {
			piece := make([]byte, 1<<10)
			kept = append(kept, weak.Make(&piece[0]))
			hand(piece)
		}
	}
	for range cap(back) {
		<-back
	}
	collected := func(p weak.Pointer[byte]) bool { return p.Value() == nil }
	for deadline := time.Now().Add(10 * time.Second); len(kept) > 0; kept = slices.DeleteFunc(kept, collected) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d pieces are kept", len(kept), cap(back))
		}
		runtime.GC()
	}
	runtime.KeepAlive(&streams)
}

// A signalClient only signals that a piece was returned.
type signalClient chan struct{}

func (c signalClient) Consumed(*hasher.Stream, []byte) { c <- struct{}{} }
func (c signalClient) Finished(*hasher.Stream, []byte) { c <- struct{}{} }

// TestAllocatesNothing counts the allocations per piece once the pool has seen as many
// pieces at a time.
func TestAllocatesNothing(t *testing.T) {
	const streams, pieces = 20, 8
	pool := hasher.NewPool(4)
	defer pool.Close()
	back := make(signalClient, streams*(pieces+1))
	data := make([]byte, block)
	var all [streams]*hasher.Stream
	for i := range all {
		all[i] = pool.NewStream(hasher.SHA1, back)
	}
	var digest [hasher.MaxSize]byte
	allocs := testing.AllocsPerRun(200, func() {
		for _, s := range all {
			for range pieces {
				s.Write(data)
			}
			s.Finish(data[:10])
		}
		for range cap(back) {
			<-back
		}
		for _, s := range all {
			s.Sum(digest[:0])
			s.Reset()
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for %d messages of %d pieces, want none", allocs, streams, pieces+1)
	}
}

func BenchmarkPiece(b *testing.B) {
	for _, size := range []int{block, 4 << 10, 128 << 10} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			pool := hasher.NewPool(1)
			defer pool.Close()
			back := make(signalClient, 2)
			s := pool.NewStream(hasher.SHA1, back)
			data := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			s.Write(data) // one is always queued while one is being hashed
			for b.Loop() {
				s.Write(data)
				<-back
			}
			<-back
		})
	}
}

// BenchmarkPool measures the cost per piece beside hashing, with the real kernels and
// with none. Each stream has a goroutine and two buffers, like a file, or resubmits its
// pieces from Consumed, which measures the pool alone.
func BenchmarkPool(b *testing.B) {
	algs := []struct {
		name string
		alg  *hasher.Algorithm
	}{{"sha1", hasher.SHA1}, {"idle", hasher.Idle()}}
	for _, shape := range []struct {
		name    string
		size    int
		workers int
		streams int
		whole   bool // each piece is a message
		readers bool
	}{
		{"pieces of 128 KiB", 128 << 10, 1, 16, false, true},
		{"pieces of 128 KiB, two workers", 128 << 10, 2, 32, false, true},
		{"pieces of 128 KiB, no readers", 128 << 10, 1, 16, false, false},
		{"messages of 1 KiB", 1 << 10, 1, 64, true, true},
		{"messages of 1 KiB, two workers", 1 << 10, 2, 64, true, true},
		{"messages of 1 KiB, no readers", 1 << 10, 1, 64, true, false},
	} {
		for _, alg := range algs {
			b.Run(shape.name+"/"+alg.name, func(b *testing.B) {
				pool := hasher.NewPool(shape.workers)
				var all sync.WaitGroup
				b.SetBytes(int64(shape.size))
				b.ReportAllocs()
				b.ResetTimer()
				for i := range shape.streams {
					c := &loopClient{left: b.N / shape.streams, size: shape.size, whole: shape.whole, end: all.Done}
					if i < b.N%shape.streams {
						c.left++
					}
					if c.left == 0 {
						continue
					}
					all.Add(1)
					s := pool.NewStream(alg.alg, c)
					if shape.readers {
						c.back = make(chan []byte, 2)
						go c.run(s)
					} else {
						c.hand(s, randomBytes(rand.New(rand.NewPCG(1, uint64(i))), shape.size))
					}
				}
				all.Wait()
				pool.Close()
			})
		}
	}
}

// A loopClient submits its pieces again when they are returned.
type loopClient struct {
	left  int // still to be submitted
	size  int
	whole bool
	back  chan []byte // to the goroutine that submits them, if there is one
	end   func()
}

func (c *loopClient) Consumed(s *hasher.Stream, data []byte) { c.again(s, data) }
func (c *loopClient) Finished(s *hasher.Stream, data []byte) { c.again(s, data) }

func (c *loopClient) again(s *hasher.Stream, data []byte) {
	switch {
	case c.back != nil:
		c.back <- data
	case c.left == 0:
		c.end()
	default:
		c.hand(s, data)
	}
}

// hand submits a piece.
func (c *loopClient) hand(s *hasher.Stream, data []byte) {
	c.left--
	if c.whole {
		s.Reset()
		s.Finish(data)
	} else {
		s.Write(data)
	}
}

// run submits pieces from its own goroutine: of a message, one more while one is being
// hashed; messages one after another.
func (c *loopClient) run(s *hasher.Stream) {
	buffers := 2
	if c.whole {
		buffers = 1
	}
	for range buffers {
		c.back <- randomBytes(rand.New(rand.NewPCG(1, 1)), c.size)
	}
	for c.left > 0 {
		data := <-c.back
		if c.whole {
			s.Expect()
		}
		c.hand(s, data)
	}
	for range buffers {
		<-c.back
	}
	if !c.whole {
		s.Abandon()
	}
	c.end()
}
