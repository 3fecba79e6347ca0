package pipeline_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"testing"

	"github.com/psha1sum/psha1sum/pipeline"
)

// testIO is the environment variable that makes these tests read files in one way,
// "read" or "uring", except for tests of a particular way.
const testIO = "PSHA1SUM_TEST_IO"

// forced is that way. A test that started itself with few descriptors has none for a
// ring.
var forced pipeline.IO

func TestMain(m *testing.M) {
	switch way := os.Getenv(testIO); way {
	case "":
	case "read":
		forced = pipeline.ReadIO
	case "uring":
		forced = pipeline.RingIO
	default:
		fmt.Fprintf(os.Stderr, "%s=%s: want read or uring\n", testIO, way)
		os.Exit(2)
	}
	if os.Getenv("PIPELINE_TEST_FREE_DESCRIPTORS") != "" && forced == pipeline.RingIO {
		forced = pipeline.AutoIO
	}
	os.Exit(m.Run())
}

func withForced(opt pipeline.Options) pipeline.Options {
	if opt.IO == pipeline.AutoIO {
		opt.IO = forced
	}
	return opt
}

// start is pipeline.Run with the forced way.
func start(ctx context.Context, src pipeline.Source, sink pipeline.Sink, opt pipeline.Options) error {
	return pipeline.Run(ctx, src, sink, withForced(opt))
}

// hashed is pipeline.Hash with the forced way.
func hashed(ctx context.Context, opt pipeline.Options, names ...string) iter.Seq[pipeline.Result] {
	return pipeline.Hash(ctx, withForced(opt), names...)
}
