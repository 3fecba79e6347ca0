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

// A Estimate goes ahead of a run to see how much there is to come, for who watches. It
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
	missed       bool        // something that it may not look at
	complete     atomic.Bool // it has been everywhere
}

// NewEstimate returns a scout that has not started, and leaves out what the run does. It is
// to be called before any file is opened.
func NewEstimate(stdin *process.Stdin, skip []reader.ID, files *fdlimit.Budget, budget *threads.Budget) *Estimate {
	sc := &Estimate{skip: skip, descriptors: files, threads: budget}
	sc.input, sc.sized = stdin.Left()
	return sc
}

// IsIdle reports whether it can't look at anything, for want of descriptors.
func (sc *Estimate) IsIdle() bool { return sc.descriptors.Low() }

// LookAlong has it look at what a source names. missed says that the run will name more.
func (sc *Estimate) LookAlong(source pipeline.Source, missed bool) {
	sc.source, sc.missed = source, missed
}

// PassOver returns a source of the manifests that another names, but for those that can
// be read only once.
func (sc *Estimate) PassOver(manifests pipeline.Source) pipeline.Source {
	return &manifestScout{manifests, sc}
}

// IsReadableTwice reports whether to read what is called so takes nothing away.
func IsReadableTwice(name string) bool {
	return name != "-" && reader.Stat(name).Kind == reader.Plain
}

// Start sends it out, to its next look after stop.
func (sc *Estimate) Start() {
	if sc.source != nil && sc.threads.Take(1) {
		go sc.look()
	}
}

// Stop calls it back. Nobody waits for it: a look at a file on a server that doesn't
// answer may take for ever, also beyond the end of what the run had to read.
func (sc *Estimate) Stop() { sc.stopped.Store(true) }

// KnowsInput reports whether it is known what standard input has left.
func (sc *Estimate) KnowsInput() bool { return sc.sized }

// Found returns how much there is at least, and whether that is all.
func (sc *Estimate) Found() (bytes, files int64, all bool) {
	all = sc.complete.Load()
	return sc.bytes.Load(), sc.files.Load(), all
}

const (
	// scoutWork is how long it works at a time, and scoutRest how much longer it
	// rests then. After a look that took long because others had the disk, it
	// needn't rest as long.
	scoutWork = 2 * time.Millisecond
	scoutRest = 4
	maxRest   = 10 * time.Millisecond
)

func (sc *Estimate) look() {
	defer sc.threads.Give(1)
	run := pipeline.RunControl{Barrier: alone{}, Descriptors: alone{}, Threads: sc.threads}
	began := time.Now()
	for !sc.stopped.Load() {
		item, err := sc.source.Next(context.Background(), run)
		if err != nil {
			sc.complete.Store(err == io.EOF && !sc.missed)
			return
		}
		sc.lookAt(&item)
		if worked := time.Since(began); worked >= scoutWork {
			sc.descriptors.Sleep(min(scoutRest*worked, maxRest))
			began = time.Now()
		}
	}
}

// lookAt counts an item, as the run will.
func (sc *Estimate) lookAt(item *pipeline.Item) {
	if item.Marker {
		verify.Pass(item.Data)
		return
	}
	if item.Reader != nil {
		sc.lookAtInput(item.Reader)
		return
	}
	info := item.In.Stat(item.Name[item.Below:])
	switch {
	case info.ID != reader.ID{} && slices.Contains(sc.skip, info.ID) && !item.Listed:
		return
	case info.Kind == reader.Sequential:
		sc.missed = true
	case !info.Directory:
		sc.bytes.Add(max(info.Size, 0))
	}
	sc.files.Add(1)
}

// lookAtInput counts standard input, which whoever reads it again finds at its end.
func (sc *Estimate) lookAtInput(in io.Reader) {
	if outputs.IsInput(in) {
		return // it is left out
	}
	if !sc.sized {
		sc.missed = true
	}
	sc.bytes.Add(sc.input)
	sc.input = 0
	sc.files.Add(1)
}

// A manifestScout passes over manifests that can be read only once.
type manifestScout struct {
	from  pipeline.Source
	scout *Estimate
}

// Next implements pipeline.Source.
func (m *manifestScout) Next(ctx context.Context, run pipeline.RunControl) (pipeline.Item, error) {
	for {
		item, err := m.from.Next(ctx, run)
		if err != nil || item.Marker || item.Reader == nil && IsReadableTwice(item.Name) {
			return item, err
		}
		m.scout.missed = true
		if item.Reader != nil {
			m.scout.input = 0 // nothing is left for a file that a line calls "-"
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
