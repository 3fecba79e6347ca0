package source

import (
	"context"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/outputs"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/internal/verify"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// An Estimate determines the amount of work ahead of a run, for the progress display. It
// has sources of its own that name the same items as the run's, and stats files without
// opening them. It skips what can be read only once, such as a manifest on standard
// input, and is incomplete then.
//
// It works a fifth of the time, so it hardly slows down the run.
type Estimate struct {
	source      pipeline.Source // nil: nothing can be known
	skip        []reader.ID     // files that the run skips
	descriptors *fdlimit.Budget
	threads     *threads.Budget
	// input is the remaining size of standard input, if sized is set. The first item that
	// reads it uses it up.
	input int64
	sized bool

	stopped      atomic.Bool
	bytes, files atomic.Int64
	incomplete   bool        // something was skipped
	complete     atomic.Bool // the source is exhausted and nothing was skipped
}

// NewEstimate returns an estimate that skips the same files as the run. Call it before
// any file is opened.
func NewEstimate(stdin *process.Stdin, skip []reader.ID, files *fdlimit.Budget, budget *threads.Budget) *Estimate {
	e := &Estimate{skip: skip, descriptors: files, threads: budget}
	e.input, e.sized = stdin.Left()
	return e
}

// IsIdle reports whether it does nothing because descriptors are few.
func (e *Estimate) IsIdle() bool { return e.descriptors.Low() }

// LookAt sets the source. incomplete means that the run will have more files than it
// names.
func (e *Estimate) LookAt(source pipeline.Source, incomplete bool) {
	e.source, e.incomplete = source, incomplete
}

// Repeatable returns a source of those manifests that can be read more than once.
func (e *Estimate) Repeatable(manifests pipeline.Source) pipeline.Source {
	return &repeatable{manifests, e}
}

// IsReadableTwice reports whether the file called name can be read without consuming it.
func IsReadableTwice(name string) bool {
	return name != "-" && reader.Stat(name).Kind == reader.Plain
}

// Start starts the estimate in the background.
func (e *Estimate) Start() {
	if e.source != nil && e.threads.Take(1) {
		go e.look()
	}
}

// Stop asks the estimate to end and does not wait: a stat on a dead server may never
// return.
func (e *Estimate) Stop() { e.stopped.Store(true) }

// KnowsInput reports whether the size of standard input is known.
func (e *Estimate) KnowsInput() bool { return e.sized }

// Found returns a lower bound of the totals; all means that they are exact.
func (e *Estimate) Found() (bytes, files int64, all bool) {
	all = e.complete.Load()
	return e.bytes.Load(), e.files.Load(), all
}

const (
	// workTime is how long it works at a time. It then pauses for restFactor times the
	// time worked, but at most maxRest: after a stat that was slow because the disk was
	// busy, a longer pause is unnecessary.
	workTime   = 2 * time.Millisecond
	restFactor = 4
	maxRest    = 10 * time.Millisecond
)

func (e *Estimate) look() {
	defer e.threads.Give(1)
	run := pipeline.RunControl{Barrier: noRun{}, Descriptors: noRun{}, Threads: e.threads}
	began := time.Now()
	for !e.stopped.Load() {
		item, err := e.source.Next(context.Background(), run)
		if err != nil {
			e.complete.Store(err == io.EOF && !e.incomplete)
			return
		}
		e.count(&item)
		if worked := time.Since(began); worked >= workTime {
			e.descriptors.Sleep(min(restFactor*worked, maxRest))
			began = time.Now()
		}
	}
}

// count counts an item as the run will.
func (e *Estimate) count(item *pipeline.Item) {
	if item.Marker {
		verify.Pass(item)
		return
	}
	if item.Reader != nil {
		e.countInput(item.Reader)
		return
	}
	info := item.In.Stat(item.Name[item.Below:])
	switch {
	case info.ID != reader.ID{} && slices.Contains(e.skip, info.ID) && !item.Listed:
		return
	case info.Kind == reader.Sequential:
		e.incomplete = true
	case !info.Directory:
		e.bytes.Add(max(info.Size, 0))
	}
	e.files.Add(1)
}

// countInput counts standard input. Its size counts once, since later reads are at its
// end.
func (e *Estimate) countInput(in io.Reader) {
	if outputs.IsTargetInput(in) {
		return // it is skipped
	}
	if !e.sized {
		e.incomplete = true
	}
	e.bytes.Add(e.input)
	e.input = 0
	e.files.Add(1)
}

// A repeatable skips manifests that can be read only once.
type repeatable struct {
	from     pipeline.Source
	estimate *Estimate
}

// Next implements pipeline.Source.
func (m *repeatable) Next(ctx context.Context, run pipeline.RunControl) (pipeline.Item, error) {
	for {
		item, err := m.from.Next(ctx, run)
		if err != nil || item.Marker || item.Reader == nil && IsReadableTwice(item.Name) {
			return item, err
		}
		m.estimate.incomplete = true
		if item.Reader != nil {
			m.estimate.input = 0 // nothing is left for a line that lists "-"
		}
	}
}

// noRun is the RunControl outside a run: nothing waits or is counted.
type noRun struct{}

func (noRun) AwaitOpenable() bool           { return true }
func (noRun) AwaitWritten() bool            { return false } // in an estimate nothing is written
func (noRun) Acquire()                      {}
func (noRun) Release()                      {}
func (noRun) Retry(open func() error) error { return open() }
