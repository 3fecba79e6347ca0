package process

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// A Guard delays deadly signals while there is something to clean up. Afterwards they
// end the process as usual. Signals that were ignored when the process started stay
// ignored.
type Guard struct {
	signals  []os.Signal
	came     chan os.Signal // the first signal
	stop     chan struct{}  // ends the goroutine of Watch; nil if there is none
	watching sync.WaitGroup

	mu   sync.Mutex
	more []func() // set by Also
}

// EndingSignals are the deadly signals that users and systems usually send to end a
// process.
var EndingSignals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// NewGuard returns a Guard against these signals, without ignored ones.
func NewGuard(against []os.Signal) *Guard {
	g := &Guard{came: make(chan os.Signal, 1)}
	for _, sig := range against {
		if !isIgnored(sig) {
			g.signals = append(g.signals, sig)
		}
	}
	if len(g.signals) > 0 { // without arguments, Notify would catch all signals
		signal.Notify(g.came, g.signals...)
		catchSignals(g.signals)
	}
	return g
}

// Watch makes a signal end the process at once, after cleanUp.
func (g *Guard) Watch(cleanUp func()) {
	stop := make(chan struct{})
	g.stop = stop
	g.watching.Go(func() {
		select {
		case sig := <-g.came:
			cleanUp()
			g.letGo() // the rest may take a moment
			g.cleanUpMore()
			dieOf(sig)
		case <-stop:
		}
	})
}

// Also adds a function that Watch calls after cleanUp. It may be called at any time.
func (g *Guard) Also(cleanUp func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.more = append(g.more, cleanUp)
}

func (g *Guard) cleanUpMore() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, cleanUp := range g.more {
		cleanUp()
	}
}

// letGo makes the next signal end the process at once.
func (g *Guard) letGo() {
	signal.Reset(g.signals...)
	defaultSignals(g.signals)
}

// Unwatch ends Watch, if it was called. It doesn't return if there was a signal.
func (g *Guard) Unwatch() {
	if g.stop != nil {
		close(g.stop)
		g.stop = nil
	}
	g.watching.Wait()
}

// Caught ends Watch and reports whether a signal came. From now on signals don't end
// the process before Release.
func (g *Guard) Caught() bool {
	g.Unwatch()
	if len(g.signals) == 0 {
		return false
	}
	// Delivery to g.came is asynchronous. signal.Stop waits for deliveries in progress,
	// so registering and stopping another channel flushes ours.
	other := make(chan os.Signal, 1)
	signal.Notify(other, g.signals...)
	signal.Stop(other)
	return len(g.came) > 0
}

// Release restores the default handling of the signals, and ends the process by the one
// that came meanwhile, if any.
func (g *Guard) Release() {
	g.Unwatch()
	defaultSignals(g.signals)
	signal.Stop(g.came)
	select {
	case sig := <-g.came:
		dieOf(sig)
	default:
	}
}
