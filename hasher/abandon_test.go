package hasher_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
)

// A quitter abandons its message as soon as its piece comes back: a read that
// failed in the meantime.
type quitter struct{ hold time.Duration }

func (q quitter) Consumed(s *hasher.Stream, _ []byte) {
	s.Abandon()
	time.Sleep(q.hold) // so that other things happen before the worker goes on
}
func (quitter) Finished(*hasher.Stream, []byte) {}

// TestAbandonWhenConsumed: every piece has been consumed, so the message may be
// abandoned, and nobody waits for it.
func TestAbandonWhenConsumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := newScene(1, 16, 10*time.Microsecond)
		sc.stream(quitter{}).Write(make([]byte, block))
		time.Sleep(time.Millisecond)
		sc.stream(deaf{}).Finish(nil)
		time.Sleep(time.Second)
		if got := sc.departures(); len(got) != 2 || got[1].at != time.Millisecond {
			t.Errorf("got %v, want the second batch to leave at 1ms", got)
		}
		sc.pool.Close()
	})
}

// TestCloseAfterAbandon: every stream has been finished or abandoned, so Close
// returns when all are hashed.
func TestCloseAfterAbandon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := newScene(1, 16, 10*time.Microsecond)
		sc.stream(quitter{hold: time.Microsecond}).Write(make([]byte, block))
		finished := make(signal, 1)
		sc.stream(finished).Finish(nil)       // while the worker is busy
		time.Sleep(10*time.Microsecond + 500) // the first is abandoned, its worker in Consumed
		sc.pool.Close()
		select {
		case <-finished:
		default:
			t.Error("Close returned before a message was finished")
		}
	})
}
