package hasher_test

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
)

// An orderedClient expects its pieces back in the order in which it submitted them, one
// at a time, and is slow.
type orderedClient struct {
	t     *testing.T
	sent  chan []byte // pieces in order; the last one is nil
	calls atomic.Int32
	slow  func()
	done  chan struct{}
}

func (c *orderedClient) expect(what string, piece []byte) {
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

func (c *orderedClient) Consumed(_ *hasher.Stream, piece []byte) { c.expect("Consumed", piece) }
func (c *orderedClient) Finished(_ *hasher.Stream, piece []byte) {
	c.expect("Finished", piece)
	close(c.done)
}

// send submits pieces of one block each, and the end.
func (c *orderedClient) send(s *hasher.Stream, pieces int) {
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
		var clients []*orderedClient
		for i := range streams {
			rng := rand.New(rand.NewPCG(6, uint64(i)))
			c := &orderedClient{t: t, sent: make(chan []byte, pieces+1), done: make(chan struct{})}
			c.slow = func() { // called by one worker at a time, or the test has failed
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

// TestOrderWithASlowClient repeats it with workers that stop until all others have run
// out of work.
func TestOrderWithASlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := hasher.NewPool(4)
		var clients []*orderedClient
		for range 6 {
			c := &orderedClient{t: t, sent: make(chan []byte, 9), done: make(chan struct{})}
			c.slow = func() { time.Sleep(time.Second) } // of the bubble's clock
			clients = append(clients, c)
			c.send(pool.NewStream(hasher.SHA1, c), 8)
		}
		for _, c := range clients {
			<-c.done
		}
		pool.Close()
	})
}
