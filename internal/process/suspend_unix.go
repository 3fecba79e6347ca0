//go:build unix

package process

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// A Suspender has something done before ^Z stops the process. It is stopped by the
// signal all the same, so that its parent sees which one it was.
type Suspender struct {
	before   func(stop func())
	came     chan os.Signal
	goesOn   chan os.Signal
	ended    chan struct{}
	watching sync.WaitGroup
}

// NewSuspender returns nil where the signal is ignored. before is to call stop.
func NewSuspender(before func(stop func())) *Suspender {
	if isIgnored(syscall.SIGTSTP) {
		return nil
	}
	s := &Suspender{
		before: before, came: make(chan os.Signal, 1), goesOn: make(chan os.Signal, 1), ended: make(chan struct{}),
	}
	catch(s.goesOn, syscall.SIGCONT)
	catch(s.came, syscall.SIGTSTP)
	s.watching.Go(s.watch)
	return s
}

// catch has a signal come to a channel.
func catch(to chan os.Signal, sig os.Signal) {
	signal.Notify(to, sig)
	catchSignals([]os.Signal{sig})
}

func (s *Suspender) watch() {
	for s.next(s.came) {
		s.before(s.stop)
		// Where nobody could have it go on, as in a session that lost its shell,
		// the system doesn't stop it: then no more is done.
		if !s.next(s.goesOn) {
			return
		}
		catch(s.came, syscall.SIGTSTP)
	}
}

// next waits for a signal. It returns false at the end.
func (s *Suspender) next(from chan os.Signal) bool {
	select {
	case <-from:
		return true
	case <-s.ended:
		return false
	}
}

// stop stops the process.
func (s *Suspender) stop() {
	select {
	case <-s.goesOn: // from before
	default:
	}
	signal.Reset(syscall.SIGTSTP)
	defaultSignals([]os.Signal{syscall.SIGTSTP})
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGTSTP)
}

// Release lets ^Z stop the process as before.
func (s *Suspender) Release() {
	if s == nil {
		return
	}
	close(s.ended)
	s.watching.Wait()
	defaultSignals([]os.Signal{syscall.SIGTSTP, syscall.SIGCONT})
	signal.Stop(s.came)
	signal.Stop(s.goesOn)
}
