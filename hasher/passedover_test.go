package hasher_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
)

// checkPassedOver starts batches of one algorithm all the time. A piece of another,
// which only a blocked reader could join, must not wait longer than 2*BatchWait.
func checkPassedOver(t *testing.T, workers int, busy func(sc *scene)) {
	synctest.Test(t, func(t *testing.T) {
		sc := newScene(workers, 4, 100*time.Microsecond)
		other := newScene(1, 16, 10*time.Microsecond)
		other.pool = sc.pool
		busy(sc)
		time.Sleep(time.Millisecond)
		stuck := other.stream(nopClient{})
		stuck.Expect()
		other.stream(nopClient{}).Finish(nil)
		time.Sleep(5 * hasher.BatchWait)
		if got := other.departures(); len(got) != 1 {
			t.Errorf("after %v its batches are %v", 5*hasher.BatchWait, got)
		}
		stuck.Abandon()
		sc.pool.Close()
	})
}

// TestPassedOverByBusyWorker: the only worker always has full batches of the first
// algorithm.
func TestPassedOverByBusyWorker(t *testing.T) {
	checkPassedOver(t, 1, func(sc *scene) {
		for range 8 {
			s := sc.stream(nopClient{})
			for range 100 {
				s.Write(make([]byte, block))
			}
			s.Finish(nil)
		}
	})
}

// TestPassedOverBesideIdleWorker: one worker is always idle, while another hashes the
// first algorithm's only stream.
func TestPassedOverBesideIdleWorker(t *testing.T) {
	checkPassedOver(t, 2, func(sc *scene) {
		s := sc.stream(nopClient{})
		for range 200 {
			s.Write(make([]byte, block))
		}
		s.Finish(nil)
	})
}
