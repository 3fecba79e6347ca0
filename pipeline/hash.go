package pipeline

import (
	"context"
	"iter"
)

// Hash computes the digests of the named files and yields them in order, each
// as soon as its turn has come. A result and its digest are the loop's to keep.
// When the context is cancelled the sequence ends early; leaving the loop
// early cancels what is still being read.
func Hash(ctx context.Context, opt Options, names ...string) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		// The sink is the only one who can fail, and only by ending the loop.
		_ = Run(ctx, Names(names...), yieldSink(yield), opt)
	}
}

type yieldSink func(Result) bool

func (yield yieldSink) Result(r *Result) error {
	kept := *r
	kept.Digest = append([]byte(nil), r.Digest...)
	if !yield(kept) {
		return errCancelled
	}
	return nil
}

func (yieldSink) Flush() error { return nil }
