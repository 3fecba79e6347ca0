package pipeline

import (
	"context"
	"iter"
)

// Hash computes the digests of the named files and yields the results in order, each as
// soon as it and all earlier ones are known. The caller may keep a result and its
// digest. If ctx is cancelled the sequence ends early. Leaving the loop early cancels
// the remaining reads.
func Hash(ctx context.Context, opt Options, names ...string) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		// The only possible error is the sink's, which ends the loop, or ctx's.
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
