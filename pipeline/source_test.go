package pipeline_test

import (
	"context"
	"errors"
	"testing"

	"github.com/psha1sum/psha1sum/pipeline"
)

// A waitingSource returns one item and then waits for its context.
type waitingSource struct{ given bool }

func (s *waitingSource) Next(ctx context.Context, _ pipeline.RunControl) (pipeline.Item, error) {
	if !s.given {
		s.given = true
		return pipeline.Item{Marker: true}, nil
	}
	<-ctx.Done()
	return pipeline.Item{}, ctx.Err()
}

// TestSinkErrorEndsSource: a waiting source learns that the run is over, and Run
// returns the sink's error.
func TestSinkErrorEndsSource(t *testing.T) {
	guard(t)
	full := errors.New("disk full")
	sink := &keeper{onResult: func(*pipeline.Result) error { return full }, onFlush: func() error { return nil }}
	if err := start(context.Background(), &waitingSource{}, sink, pipeline.Options{}); err != full {
		t.Errorf("Run = %v, want %v", err, full)
	}
}
