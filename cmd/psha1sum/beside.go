package main

import (
	"context"

	"github.com/psha1sum/psha1sum/pipeline"
)

// A beside lets reports open files beside those that a run hashes. It is a source
// in front of the run's own, since it is sources that a run makes itself known to.
type beside struct {
	from pipeline.Source
	run  pipeline.Sofar // nil before the first item
}

// Next implements pipeline.Source.
func (b *beside) Next(ctx context.Context, so pipeline.Sofar) (pipeline.Item, error) {
	if b.run == nil {
		b.run = so
	}
	return b.from.Next(ctx, so)
}

// Insist opens something for a moment, as pipeline.Sofar does.
func (b *beside) Insist(open func() error) error { return b.run.Insist(open) }

// Closed says that it was closed.
func (b *beside) Closed() { b.run.Closed() }
