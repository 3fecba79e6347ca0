package source

import (
	"context"

	"github.com/psha1sum/psha1sum/pipeline"
)

// A Handle lets reports and the audit open files within a run's limit of descriptors. It
// is a source in front of the run's own, since it is sources that a run makes itself
// known to.
type Handle struct {
	From pipeline.Source // to be set before the run
	run  pipeline.Sofar  // nil before the first item
}

// Next implements pipeline.Source.
func (b *Handle) Next(ctx context.Context, so pipeline.Sofar) (pipeline.Item, error) {
	if b.run == nil {
		b.run = so
	}
	return b.From.Next(ctx, so)
}

// Arrived is that of the run's own source.
func (b *Handle) Arrived() bool { return b.run != nil && pipeline.Arrived(b.From) }

// Insist opens something for a moment, as pipeline.Sofar does.
func (b *Handle) Insist(open func() error) error { return b.run.Insist(open) }

// Closed says that it was closed.
func (b *Handle) Closed() { b.run.Closed() }
