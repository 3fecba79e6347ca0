package hasher_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
)

// An abandoner abandons its message as soon as its piece is returned, like a reader
// whose next read failed.
type abandoner struct{ hold time.Duration }

func (q abandoner) Consumed(s *hasher.Stream, _ []byte) {
	s.Abandon()
	time.Sleep(q.hold) // lets other things happen before the worker continues
}
func (abandoner) Finished(*hasher.Stream, []byte) {}

// TestAbandonWhenConsumed: a message may be abandoned when every piece has been
// consumed, and the pool then doesn't wait for it.
func TestAbandonWhenConsumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := newScene(1, 16, 10*time.Microsecond)
		sc.stream(abandoner{}).Write(make([]byte, block))
		time.Sleep(time.Millisecond)
		sc.stream(nopClient{}).Finish(nil)
		time.Sleep(time.Second)
		if got := sc.departures(); len(got) != 2 || got[1].at != time.Millisecond {
			t.Errorf("got %v, want the second batch to leave at 1ms", got)
		}
		sc.pool.Close()
	})
}

// TestCloseAfterAbandon: when every stream has been finished or abandoned, Close
// returns after all are hashed.
func TestCloseAfterAbandon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := newScene(1, 16, 10*time.Microsecond)
		sc.stream(abandoner{hold: time.Microsecond}).Write(make([]byte, block))
		finished := make(signalClient, 1)
		sc.stream(finished).Finish(nil)       // while the worker is busy
		time.Sleep(10*time.Microsecond + 500) // the first is abandoned, its worker still in Consumed
		sc.pool.Close()
		select {
		case <-finished:
		default:
			t.Error("Close returned before a message was finished")
		}
	})
}
