package pipeline

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
)

// aSlot returns a new slot.
func aSlot() *slot { return newWindow().newSlot() }

// TestGrantedIsExpected: the stream of a file that gets the buffer it waited for is
// expected at once, before its reader has woken up. A piece that is ready waits to be
// hashed together with it.
func TestGrantedIsExpected(t *testing.T) {
	if hasher.SHA1.Lanes() == 1 {
		return // streams are not hashed together here
	}
	synctest.Test(t, func(t *testing.T) {
		r := &run{defaults: []*hasher.Algorithm{hasher.SHA1}, pool: hasher.NewPool(1)}
		defer r.pool.Close()
		p := newBufferPool(2, r.newJob)
		defer p.close()
		r.buffers = p

		ready, buf := p.acquire(aSlot())
		ending, endingBuf := p.acquire(aSlot())
		asleep := aSlot()
		p.mu.Lock()
		p.waiting = append(p.waiting, asleep)
		p.mu.Unlock()

		ending.streams[0].stream.Abandon()
		p.release(ending, endingBuf)
		start := time.Now()
		ready.streams[0].stream.Write(buf)
		p.mu.Lock()
		ready.free.await(1)
		p.mu.Unlock()
		if waited := time.Since(start); waited == 0 {
			t.Error("the piece was hashed alone")
		} else if waited > 10*time.Millisecond {
			t.Errorf("the piece waited for %v", waited)
		}

		<-asleep.wake
		got := asleep.granted
		if got.job != ending || got.job.slot != asleep || &got.buf[0] != &endingBuf[0] {
			t.Errorf("the reader was granted %+v", got)
		}
		ready.streams[0].stream.Abandon()
		got.job.streams[0].stream.Abandon()
	})
}

// TestGrantedInOrder: buffers are granted in the order of the requests, and an abort
// ends all remaining waits.
func TestGrantedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &run{defaults: []*hasher.Algorithm{hasher.SHA1}, pool: hasher.NewPool(1)}
		defer r.pool.Close()
		p := newBufferPool(2, r.newJob)
		defer p.close()
		type opened struct {
			number int
			job    *fileJob
			buf    []byte
		}
		got := make(chan opened, 10)
		for i := range 5 {
			go func() {
				j, b := p.acquire(aSlot())
				got <- opened{i, j, b}
			}()
			synctest.Wait()
		}
		for i := range 4 {
			o := <-got
			if o.number != i || o.job == nil {
				t.Fatalf("number %d came with %v, want number %d", o.number, o.job, i)
			}
			o.job.streams[0].stream.Abandon()
			if i < 3 {
				p.release(o.job, o.buf)
				synctest.Wait()
			}
		}
		if len(got) != 1 {
			t.Fatalf("%d got a buffer beyond the bound", len(got))
		}
		o := <-got
		o.job.streams[0].stream.Abandon()
		go func() {
			j, b := p.acquire(aSlot())
			got <- opened{5, j, b}
		}()
		synctest.Wait()
		if len(got) > 0 {
			t.Fatal("a third buffer was granted")
		}
		p.abort()
		if o := <-got; o.job != nil || o.buf != nil {
			t.Error("a buffer was granted after the abort")
		}
		if j, _ := p.acquire(aSlot()); j != nil {
			t.Error("a job was granted after the abort")
		}
	})
}
