package console

import (
	"os"
	"testing"
	"time"
)

// TestProgressStopHeld checks that the end of a run doesn't wait for a goroutine that is
// blocked writing to the terminal, which may have been stopped in the middle of a line.
func TestProgressStopHeld(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() // never writable
	defer w.Close()
	l := &Progress{
		ProgressOptions: ProgressOptions{
			Messages: &Messages{file: r, out: &Output{}}, Estimate: unknown{}, Sleep: time.Sleep,
			Done: func() (bytes, files int64, name string) { return 0, 0, "" }, Failed: func() int64 { return 0 },
		},
		shown: "line", clock: StartClock(time.Sleep),
	}
	l.mu.Lock()
	l.Stop()
	l.took = concludeFrom
	l.Conclude()
	if l.shown != "line" || !l.ended.Load() {
		t.Errorf("%q is shown, ended: %v", l.shown, l.ended.Load())
	}
}

// An unknown is an Estimate that knows nothing.
type unknown struct{}

func (unknown) Start()                                {}
func (unknown) Stop()                                 {}
func (unknown) Found() (bytes, files int64, all bool) { return 0, 0, false }
func (unknown) KnowsInput() bool                      { return false }
