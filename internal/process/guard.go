package process

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// A Guard holds back the signals that would end the process, while something would
// be left behind: then they end it all the same. A signal that was ignored when the
// process began stays so.
type Guard struct {
	signals  []os.Signal
	came     chan os.Signal // the first one
	stop     chan struct{}  // ends watch; nil if nobody watches
	watching sync.WaitGroup

	mu   sync.Mutex
	more []func() // see also
}

// EndingSignals are the deadly signals by which people and systems end a process.
var EndingSignals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// NewGuard holds back some of the deadly signals.
func NewGuard(against []os.Signal) *Guard {
	g := &Guard{came: make(chan os.Signal, 1)}
	for _, sig := range against {
		if !isIgnored(sig) {
			g.signals = append(g.signals, sig)
		}
	}
	if len(g.signals) > 0 { // else Notify would take all there are
		signal.Notify(g.came, g.signals...)
		catchSignals(g.signals)
	}
	return g
}

// Watch has a signal end the process at once, after cleanUp.
func (g *Guard) Watch(cleanUp func()) {
	stop := make(chan struct{})
	g.stop = stop
	g.watching.Go(func() {
		select {
		case sig := <-g.came:
			cleanUp()
			g.letGo() // for what may take a moment
			g.cleanUpMore()
			dieOf(sig)
		case <-stop:
		}
	})
}

// Also has watch do something more. It may be called at any time.
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

// letGo has the next signal end the process at once.
func (g *Guard) letGo() {
	signal.Reset(g.signals...)
	defaultSignals(g.signals)
}

// Unwatch ends that, if it was begun. It doesn't return if there was a signal.
func (g *Guard) Unwatch() {
	if g.stop != nil {
		close(g.stop)
		g.stop = nil
	}
	g.watching.Wait()
}

// Caught reports whether a signal came, from now on without ending the process
// before release.
func (g *Guard) Caught() bool {
	g.Unwatch()
	if len(g.signals) == 0 {
		return false
	}
	// A signal takes its time from the system to the channel. To end another
	// channel's part in it waits for those on their way.
	other := make(chan os.Signal, 1)
	signal.Notify(other, g.signals...)
	signal.Stop(other)
	return len(g.came) > 0
}

// Release lets signals end the process as before, with that which came meanwhile.
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
