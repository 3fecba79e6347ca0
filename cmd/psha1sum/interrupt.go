package main

import (
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/pipeline"
)

// An interruption has what was computed so far be kept in the file of --cache, when a
// signal ends the process, and ends it then by that signal. A second one ends it at
// once. Nil is that of a run without a cache: signals are as they were.
type interruption struct {
	digests *digestCache
	line    *console.Progress
	breaker pipeline.Breaker
	guard   *process.Guard // nil: others' do it
	once    sync.Once
}

const (
	// toldWithin is how long readers have to tell the cache: one of them may wait
	// for a disk that doesn't answer.
	toldWithin = time.Second
	// committedWithin is how long another process may hold up the last commit.
	committedWithin = 5 * time.Second
)

// newInterruption returns what is to be watched as soon as there is a line.
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

// watch has signals interrupt the run from now on, which is about to begin. others are
// the guards that do it if this one doesn't.
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

// forPipeline is what breaks the run off.
func (i *interruption) forPipeline() *pipeline.Breaker {
	if i == nil {
		return nil
	}
	return &i.breaker
}

// keep keeps what there is, once.
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

// end says that the run has ended by itself. If a signal came before it doesn't
// return: the process ends.
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
