package main

import (
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/pipeline"
)

// An interruption saves the digests computed so far to the cache when a signal ends the
// process, and then lets the signal end it. A second signal ends the process at once. A
// nil interruption, for a run without a cache, leaves signals alone.
type interruption struct {
	digests *digestCache
	line    *console.Progress
	breaker pipeline.Breaker
	guard   *process.Guard // nil: another guard calls keep
	once    sync.Once
}

const (
	// toldWithin is how long to wait for readers to update the cache: one of them may be
	// blocked on a dead disk.
	toldWithin = time.Second
	// committedWithin is how long to wait for another process that delays the last
	// commit.
	committedWithin = 5 * time.Second
)

// newInterruption returns the interruption for a run, or nil if there is no cache to
// save.
func (p *program) newInterruption(digests *digestCache) *interruption {
	if digests.forPipeline() == nil {
		return nil
	}
	i := &interruption{digests: digests}
	if len(p.guards) == 0 && p.threads.Spare(threads.Signals) {
		i.guard = process.NewGuard(process.EndingSignals)
		p.guards = append(p.guards, i.guard)
	}
	return i
}

// watch starts handling signals; call it just before the run begins. others are the
// guards to use if there is no guard of its own.
func (i *interruption) watch(line *console.Progress, others []*process.Guard) {
	if i == nil {
		return
	}
	i.line = line
	if i.guard != nil {
		i.guard.Watch(func() {})
		i.guard.Also(i.keep)
		return
	}
	for _, g := range others {
		g.Also(i.keep)
	}
}

// forPipeline returns the breaker that stops the run early, or nil.
func (i *interruption) forPipeline() *pipeline.Breaker {
	if i == nil {
		return nil
	}
	return &i.breaker
}

// keep stops the run and commits the cache, once.
func (i *interruption) keep() {
	i.once.Do(func() {
		if i.line != nil {
			i.line.Vanish()
		}
		i.breaker.BreakOff(toldWithin)
		committed := make(chan struct{})
		go func() {
			i.digests.cache.Close()
			close(committed)
		}()
		select {
		case <-committed:
		case <-time.After(committedWithin):
		}
	})
}

// end marks that the run has ended by itself. If a signal came first, it doesn't return:
// the signal handler ends the process.
func (i *interruption) end() {
	if i == nil {
		return
	}
	byItself := false
	i.once.Do(func() { byItself = true })
	if !byItself {
		select {}
	}
	if i.guard != nil {
		i.guard.Release()
	}
}
