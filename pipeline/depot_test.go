package pipeline

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
)

// TestLentIsExpected: a file that gets the buffer for which it waited is expected
// at once, before its reader has woken up. A piece that is ready waits for its
// company.
func TestLentIsExpected(t *testing.T) {
	if hasher.SHA1.Lanes() == 1 {
		return // nobody's company is wanted
	}
	synctest.Test(t, func(t *testing.T) {
		r := &run{algorithm: hasher.SHA1, pool: hasher.NewPool(1)}
		defer r.pool.Close()
		d := newDepot(2, r.newFeed)
		defer d.free()
		r.depot = d

		open := func(s *slot) (*feed, []byte) { return d.open(s, make(chan loan, 1)) }
		ready, buf := open(&slot{})
		ending, endingBuf := open(&slot{})
		asleep, wait := &slot{}, make(chan loan, 1)
		d.mu.Lock()
		d.waiting = append(d.waiting, request{asleep, wait})
		d.mu.Unlock()

		ending.usual[0].stream.Abandon()
		d.close(ending, endingBuf)
		start := time.Now()
		ready.usual[0].stream.Write(buf)
		ready.back.take(1)
		if waited := time.Since(start); waited == 0 {
			t.Error("the piece was hashed alone")
		} else if waited > 10*time.Millisecond {
			t.Errorf("the piece waited for %v", waited)
		}

		got := <-wait
		if got.feed != ending || got.feed.slot != asleep || &got.buf[0] != &endingBuf[0] {
			t.Errorf("the reader was lent %+v", got)
		}
		ready.usual[0].stream.Abandon()
		got.feed.usual[0].stream.Abandon()
	})
}

// TestLentInOrder: buffers go to those that wait, first come, first served, and
// an abort ends the waiting of the rest.
func TestLentInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &run{algorithm: hasher.SHA1, pool: hasher.NewPool(1)}
		defer r.pool.Close()
		d := newDepot(2, r.newFeed)
		defer d.free()
		type opened struct {
			number int
			feed   *feed
			buf    []byte
		}
		got := make(chan opened, 10)
		for i := range 5 {
			go func() {
				f, b := d.open(&slot{}, make(chan loan, 1))
				got <- opened{i, f, b}
			}()
			synctest.Wait()
		}
		for i := range 4 {
			o := <-got
			if o.number != i || o.feed == nil {
				t.Fatalf("number %d came with %v, want number %d", o.number, o.feed, i)
			}
			o.feed.usual[0].stream.Abandon()
			if i < 3 {
				d.close(o.feed, o.buf)
				synctest.Wait()
			}
		}
		if len(got) != 1 {
			t.Fatalf("%d got a buffer beyond the bound", len(got))
		}
		o := <-got
		o.feed.usual[0].stream.Abandon()
		go func() {
			f, b := d.open(&slot{}, make(chan loan, 1))
			got <- opened{5, f, b}
		}()
		synctest.Wait()
		if len(got) > 0 {
			t.Fatal("a third buffer was lent")
		}
		d.abort()
		if o := <-got; o.feed != nil || o.buf != nil {
			t.Error("a buffer was lent after the abort")
		}
		if f, _ := d.open(&slot{}, make(chan loan, 1)); f != nil {
			t.Error("a feed was lent after the abort")
		}
	})
}
