//go:build unix

package pipeline_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/large"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// free is the environment variable that tells a process how many descriptors to leave.
// A test sets it when it starts itself as a child process.
const free = "PIPELINE_TEST_FREE_DESCRIPTORS"

// withFew runs a test in child processes with these numbers of descriptors left.
func withFew(t *testing.T, numbers []int, test func(t *testing.T, n int)) {
	if few := os.Getenv(free); few != "" {
		n, err := strconv.Atoi(few)
		if err != nil {
			t.Fatal(err)
		}
		guard(t)
		t.TempDir() // removing it needs a descriptor
		filetest.LeaveDescriptors(t, n)
		test(t, n)
		return
	}
	for _, n := range numbers {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			args := []string{"-test.run=^" + t.Name()[:len(t.Name())-len(fmt.Sprint(n))-1] + "$"}
			if testing.Short() {
				args = append(args, "-test.short")
			}
			if *large.Flag {
				args = append(args, "-large")
			}
			cmd := exec.Command(os.Args[0], args...)
			// The race detector would sleep for a second before it exits.
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", free, n), "GORACE=atexit_sleep_ms=0")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestFewDescriptors reads many files with few descriptors. No file may fail for lack
// of them: GNU's sha1sum needs one.
func TestFewDescriptors(t *testing.T) {
	withFew(t, []int{fewest, 3, 5, 20}, func(t *testing.T, _ int) {
		files := 3000
		if testing.Short() {
			files = 500
		}
		kinds := tree(t, []int{0, 1, 100, 1000, 2000, buffer, 3*buffer + 1})
		rng := rand.New(rand.NewPCG(5, 5))
		var asked []file
		src := count(files, func(int) pipeline.Item {
			f := kinds[rng.IntN(5)]
			if rng.IntN(100) == 0 {
				f = kinds[rng.IntN(len(kinds))]
			}
			asked = append(asked, f)
			return pipeline.Item{Name: f.name}
		})
		for i, r := range run(t, src, pipeline.Options{}) {
			checkDigest(t, r, asked[i].data)
		}
		results := run(t, pipeline.Names(kinds[0].name, "/missing/file", "/", kinds[1].name), pipeline.Options{})
		checkDigest(t, results[0], kinds[0].data)
		if results[1].Err != unix.ENOENT || results[2].Err != unix.EISDIR {
			t.Errorf("got %v and %v, want ENOENT and EISDIR", results[1].Err, results[2].Err)
		}
		checkDigest(t, results[3], kinds[1].data)
	})
}

// TestNoDescriptors: if no descriptor will be released, a file fails instead of
// waiting.
func TestNoDescriptors(t *testing.T) {
	name := filetest.Write(t, nil)
	withFew(t, []int{0}, func(t *testing.T, _ int) {
		for round := range 50 {
			// A Reader holds no descriptor. It ends when the file before it is known to have
			// failed.
			first := make(chan struct{})
			var once sync.Once
			sink := &keeper{onFlush: func() error { once.Do(func() { close(first) }); return nil }}
			src := count(100, func(i int) pipeline.Item {
				if i%10 == 1 {
					return pipeline.Item{Reader: readerFunc(func([]byte) (int, error) { <-first; return 0, io.EOF })}
				}
				return pipeline.Item{Name: name}
			})
			if err := start(context.Background(), src, sink, pipeline.Options{}); err != nil {
				t.Error(err)
			}
			for i, r := range sink.results {
				if i%10 == 1 {
					checkDigest(t, r, nil)
				} else if r.Err != unix.EMFILE || !reader.OutOfDescriptors(r.Err) {
					t.Fatalf("round %d, result %d: %v, want EMFILE", round, i, r.Err)
				}
			}
		}
	})
}

// TestCancelWithFewDescriptors cancels while most readers wait for a descriptor.
func TestCancelWithFewDescriptors(t *testing.T) {
	withFew(t, []int{fewest, 3}, func(t *testing.T, _ int) {
		kinds := tree(t, []int{0, 100, 2000, buffer + 1})
		for after := range 20 {
			ctx, cancel := context.WithCancelCause(context.Background())
			n := 0
			sink := &keeper{onResult: func(r *pipeline.Result) error {
				if n++; n > after {
					cancel(errCause)
				}
				if r.Err != nil {
					t.Errorf("%s: %v", r.Name, r.Err)
				}
				return nil
			}}
			src := count(300, func(i int) pipeline.Item { return pipeline.Item{Name: kinds[i%len(kinds)].name} })
			if err := start(ctx, src, sink, pipeline.Options{}); err != errCause && n != 300 {
				t.Errorf("Run = %v after %d results, want %v", err, n, errCause)
			}
		}
	})
}

func TestOutOfDescriptors(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{unix.EMFILE, true},
		{unix.ENFILE, true},
		{&os.PathError{Op: "open", Path: "x", Err: unix.EMFILE}, true},
		{unix.ENOMEM, false},
		{unix.ENOENT, false},
		{nil, false},
	} {
		if got := reader.OutOfDescriptors(test.err); got != test.want {
			t.Errorf("%v: got %v", test.err, got)
		}
	}
}
