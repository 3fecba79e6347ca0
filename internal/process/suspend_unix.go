//go:build unix

package process

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// A Suspender runs a function before ^Z stops the process. The process is still stopped
// by the signal, so that its parent sees which one it was.
type Suspender struct {
	before   func(stop func())
	came     chan os.Signal
	goesOn   chan os.Signal
	ended    chan struct{}
	watching sync.WaitGroup
}

// NewSuspender returns nil if the signal is ignored. before must call stop.
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

// catch delivers a signal to a channel.
func catch(to chan os.Signal, sig os.Signal) {
	signal.Notify(to, sig)
	catchSignals([]os.Signal{sig})
}

func (s *Suspender) watch() {
	for s.next(s.came) {
		s.before(s.stop)
		// The system doesn't stop a process that nobody could continue, as in a session
		// without a shell. Then nothing more is done.
		if !s.next(s.goesOn) {
			return
		}
		catch(s.came, syscall.SIGTSTP)
	}
}

// next waits for a signal. It returns false after Release.
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
	case <-s.goesOn: // of an earlier stop
	default:
	}
	signal.Reset(syscall.SIGTSTP)
	defaultSignals([]os.Signal{syscall.SIGTSTP})
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGTSTP)
}

// Release restores the default effect of ^Z.
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
