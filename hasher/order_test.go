package hasher_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
)

// An ordered is a client that expects its pieces back in the order in which it
// handed them in, one after the other, and is slow about it.
type ordered struct {
	t     *testing.T
	sent  chan []byte // pieces in order; the last one is nil
	calls atomic.Int32
	slow  func()
	done  chan struct{}
}

func (c *ordered) expect(what string, piece []byte) {
	if n := c.calls.Add(1); n != 1 {
		c.t.Errorf("%s: %d calls for one stream at a time", what, n)
	}
	c.slow()
	want := <-c.sent
	switch {
	case what == "Finished" && want != nil:
		c.t.Errorf("Finished came before all pieces were consumed")
	case what == "Consumed" && (want == nil || &piece[0] != &want[0]):
		c.t.Errorf("a piece was consumed out of order")
	}
	c.calls.Add(-1)
}

func (c *ordered) Consumed(_ *hasher.Stream, piece []byte) { c.expect("Consumed", piece) }
func (c *ordered) Finished(_ *hasher.Stream, piece []byte) {
	c.expect("Finished", piece)
	close(c.done)
}

// send hands in pieces of one block each, and the end.
func (c *ordered) send(s *hasher.Stream, pieces int) {
	for range pieces {
		piece := make([]byte, block)
		c.sent <- piece
		s.Write(piece)
	}
	c.sent <- nil
	s.Finish(nil)
}

func TestOrder(t *testing.T) {
	const streams, pieces = 10, 50
	pools(t, func(t *testing.T, workers int) {
		pool := hasher.NewPool(workers)
		defer pool.Close()
		var clients []*ordered
		for i := range streams {
			rng := rand.New(rand.NewPCG(6, uint64(i)))
			c := &ordered{t: t, sent: make(chan []byte, pieces+1), done: make(chan struct{})}
			c.slow = func() { // called by one worker at a time, or the test failed
				for range rng.IntN(4) {
					runtime.Gosched()
				}
			}
			clients = append(clients, c)
			go c.send(pool.NewStream(hasher.SHA1, c), pieces)
		}
		for _, c := range clients {
			<-c.done
		}
	})
}

// TestOrderWithASlowClient is the same with workers that stop for as long as it
// takes all others to run out of work.
func TestOrderWithASlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := hasher.NewPool(4)
		var clients []*ordered
		for range 6 {
			c := &ordered{t: t, sent: make(chan []byte, 9), done: make(chan struct{})}
			c.slow = func() { time.Sleep(time.Second) } // the bubble's clock
			clients = append(clients, c)
			c.send(pool.NewStream(hasher.SHA1, c), 8)
		}
		for _, c := range clients {
			<-c.done
		}
		pool.Close()
	})
}

// TestPoolModel compares the pool with a model of a few lines: a stream with
// pieces is held by a worker or waits in a queue, and is taken from its front
// whenever there is a worker. What happens next, a piece that is handed in or a
// worker that gets on, is random.
func TestPoolModel(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { checkModel(t, rand.New(rand.NewPCG(7, seed))) })
		})
	}
}

// A step is a client whose calls return when the test lets them.
type step struct {
	index   int
	entered chan<- *step
	leave   chan struct{}
}

func (c *step) Consumed(*hasher.Stream, []byte) { c.pause() }
func (c *step) Finished(*hasher.Stream, []byte) { c.pause() }

func (c *step) pause() {
	c.entered <- c
	<-c.leave
}

func checkModel(t *testing.T, rng *rand.Rand) {
	workers, streams := 1+rng.IntN(4), 1+rng.IntN(50)
	pool := hasher.NewPool(workers)
	defer pool.Close()
	entered := make(chan *step, 2*workers)
	var (
		all    []*hasher.Stream
		pieces = make([]int, streams)  // handed in and not given back
		ended  = make([]bool, streams) // the last of them ends the message
		queue  []int                   // streams that wait for a worker
		held   []int                   // streams that have one
		steps  = map[int]*step{}       // the calls that the workers are in
	)
	for i := range streams {
		c := &step{i, entered, make(chan struct{})}
		defer close(c.leave) // for a test that failed
		all = append(all, pool.NewStream(hasher.SHA1, c))
	}
	settle := func() {
		for len(held) < workers && len(queue) > 0 {
			held, queue = append(held, queue[0]), queue[1:]
		}
		synctest.Wait()
		for len(entered) > 0 {
			c := <-entered
			if steps[c.index] != nil {
				t.Fatalf("two workers hold pieces of stream %d", c.index)
			}
			steps[c.index] = c
		}
		slices.Sort(held)
		if got := slices.Sorted(maps.Keys(steps)); !slices.Equal(got, held) {
			t.Fatalf("%d workers hold pieces of streams %v, want %v", workers, got, held)
		}
	}
	handIn := func(i int) {
		if pieces[i] == 0 {
			queue = append(queue, i)
		}
		pieces[i]++
		if rng.IntN(3) == 0 {
			ended[i] = true
			all[i].Finish(make([]byte, rng.IntN(100)))
		} else {
			all[i].Write(make([]byte, block))
		}
	}
	getOn := func() { // lets one worker finish what it holds
		at := rng.IntN(len(held))
		i := held[at]
		held = slices.Delete(held, at, at+1)
		if pieces[i]--; pieces[i] > 0 {
			queue = append(queue, i)
		} else {
			ended[i] = false // the stream may begin again
		}
		c := steps[i]
		delete(steps, i)
		c.leave <- struct{}{}
	}
	for range 500 {
		if i := rng.IntN(streams); !ended[i] && rng.IntN(5) < 3 {
			handIn(i)
		} else if len(held) > 0 {
			getOn()
		}
		settle()
	}
	for len(held) > 0 {
		getOn()
		settle()
	}
}
