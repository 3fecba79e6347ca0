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

// An Estimate goes ahead of a run to see how much there is to come, for who watches. It
// has sources of its own, which name the same items as those of the run, and looks
// at each file but opens none. What can be read only once, such as a manifest on
// standard input, it leaves alone: it knows less then.
//
// It takes a fifth of a processor's time, or of a disk's, so the run hardly feels it.
type Estimate struct {
	source      pipeline.Source // nil: there is nothing that it could know
	skip        []reader.ID     // files that the run leaves out
	descriptors *fdlimit.Budget
	threads     *threads.Budget
	// input is what standard input has left, for whom reads it first, and sized that
	// it is known.
	input int64
	sized bool

	stopped      atomic.Bool
	bytes, files atomic.Int64
	incomplete   bool        // something that it may not look at
	complete     atomic.Bool // it has been everywhere
}

// NewEstimate returns one that has not started, and leaves out what the run does. It is
// to be called before any file is opened.
func NewEstimate(stdin *process.Stdin, skip []reader.ID, files *fdlimit.Budget, budget *threads.Budget) *Estimate {
	e := &Estimate{skip: skip, descriptors: files, threads: budget}
	e.input, e.sized = stdin.Left()
	return e
}

// IsIdle reports whether it can't look at anything, for want of descriptors.
func (e *Estimate) IsIdle() bool { return e.descriptors.Low() }

// LookAt has it look at what a source names. incomplete says that the run will name more.
func (e *Estimate) LookAt(source pipeline.Source, incomplete bool) {
	e.source, e.incomplete = source, incomplete
}

// Repeatable returns a source of the manifests that another names, but for those that can
// be read only once.
func (e *Estimate) Repeatable(manifests pipeline.Source) pipeline.Source {
	return &repeatable{manifests, e}
}

// IsReadableTwice reports whether to read what is called so takes nothing away.
func IsReadableTwice(name string) bool {
	return name != "-" && reader.Stat(name).Kind == reader.Plain
}

// Start sends it out, to its next look after stop.
func (e *Estimate) Start() {
	if e.source != nil && e.threads.Take(1) {
		go e.look()
	}
}

// Stop calls it back. Nobody waits for it: a look at a file on a server that doesn't
// answer may take for ever, also beyond the end of what the run had to read.
func (e *Estimate) Stop() { e.stopped.Store(true) }

// KnowsInput reports whether it is known what standard input has left.
func (e *Estimate) KnowsInput() bool { return e.sized }

// Found returns how much there is at least, and whether that is all.
func (e *Estimate) Found() (bytes, files int64, all bool) {
	all = e.complete.Load()
	return e.bytes.Load(), e.files.Load(), all
}

const (
	// workTime is how long it works at a time, and restFactor how much longer it
	// rests then. After a look that took long because others had the disk, it
	// needn't rest as long.
	workTime   = 2 * time.Millisecond
	restFactor = 4
	maxRest    = 10 * time.Millisecond
)

func (e *Estimate) look() {
	defer e.threads.Give(1)
	run := pipeline.RunControl{Barrier: alone{}, Descriptors: alone{}, Threads: e.threads}
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

// count counts an item, as the run will.
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

// countInput counts standard input, which whoever reads it again finds at its end.
func (e *Estimate) countInput(in io.Reader) {
	if outputs.IsTargetInput(in) {
		return // it is left out
	}
	if !e.sized {
		e.incomplete = true
	}
	e.bytes.Add(e.input)
	e.input = 0
	e.files.Add(1)
}

// A repeatable passes over manifests that can be read only once.
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
			m.estimate.input = 0 // nothing is left for a file that a line calls "-"
		}
	}
}

// alone is what a run is to sources that none has: nothing waits, and nothing counts.
type alone struct{}

func (alone) AwaitOpenable() bool           { return true }
func (alone) AwaitWritten() bool            { return false } // it never will be
func (alone) Acquire()                      {}
func (alone) Release()                      {}
func (alone) Retry(open func() error) error { return open() }
