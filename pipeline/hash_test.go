package pipeline_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/pipeline"
)

// names repeats the names of files.
func names(files []file, times int) []string {
	var all []string
	for range times {
		for _, f := range files {
			all = append(all, f.name)
		}
	}
	return all
}

// TestHash keeps all results and checks them after the loop, when the run's memory has
// been reused.
func TestHash(t *testing.T) {
	guard(t)
	files := tree(t, []int{0, 1, 1000, buffer, 3*buffer + 1, 9 * buffer})
	all := names(files, 100)
	results := slices.Collect(hashed(context.Background(), pipeline.Options{}, all...))
	if len(results) != len(all) {
		t.Fatalf("%d results, want %d", len(results), len(all))
	}
	for i, r := range results {
		if r.Name != all[i] {
			t.Errorf("result %d is that of %q", i, r.Name)
		}
		checkDigest(t, r, files[i%len(files)].data)
	}
}

// TestHashTwice: each loop over the sequence begins a new run.
func TestHashTwice(t *testing.T) {
	guard(t)
	files := tree(t, []int{1, 2, 3})
	seq := hashed(context.Background(), pipeline.Options{}, names(files, 1)...)
	for range 2 {
		n := 0
		for r := range seq {
			checkDigest(t, r, files[n].data)
			n++
		}
		if n != len(files) {
			t.Errorf("%d results, want %d", n, len(files))
		}
	}
}

func TestHashNothing(t *testing.T) {
	guard(t)
	for r := range hashed(context.Background(), pipeline.Options{}) {
		t.Errorf("got %+v", r)
	}
}

// TestHashLeftEarly leaves the loop after every possible number of results.
func TestHashLeftEarly(t *testing.T) {
	guard(t)
	files := tree(t, []int{0, 1, buffer + 1})
	all := names(files, 20)
	for leave := range len(all) + 1 {
		n := 0
		for r := range hashed(context.Background(), pipeline.Options{}, all...) {
			checkDigest(t, r, files[n%len(files)].data)
			if n++; n == leave {
				break
			}
		}
		if want := max(leave, 1); leave > 0 && n != want || leave == 0 && n != len(all) {
			t.Errorf("left after %d results, got %d", leave, n)
		}
	}
}

// TestHashPanics: a loop that panics, or ends its goroutine as t.FailNow does,
// leaves nothing behind.
func TestHashPanics(t *testing.T) {
	guard(t)
	files := tree(t, []int{0, 1, buffer + 1})
	for _, leave := range []func(){func() { panic("the loop's") }, runtime.Goexit} {
		over := make(chan any)
		go func() {
			defer func() { over <- recover() }()
			for range hashed(context.Background(), pipeline.Options{}, names(files, 100)...) {
				leave()
			}
		}()
		if what := <-over; what != nil && what != "the loop's" {
			t.Errorf("panic: %v", what)
		}
	}
}

// TestHashCancelled: the sequence ends early.
func TestHashCancelled(t *testing.T) {
	guard(t)
	files := tree(t, []int{0, 1, buffer + 1})
	for after := 1; after < 100; after += 7 {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		for r := range hashed(ctx, pipeline.Options{}, names(files, 1000)...) {
			checkDigest(t, r, files[n%len(files)].data)
			if n++; n == after {
				cancel()
			}
		}
		cancel()
		if n < after || n == 3000 {
			t.Errorf("cancelled after %d results, got %d", after, n)
		}
	}
}

// TestHashOfErrors: an error is a result without a digest.
func TestHashOfErrors(t *testing.T) {
	guard(t)
	abc := filetest.Write(t, []byte("abc"))
	var got []string
	for r := range hashed(context.Background(), pipeline.Options{Workers: 1}, abc, "/missing/file", abc) {
		got = append(got, fmt.Sprintf("%x %v", r.Digest, r.Err != nil))
	}
	want := fmt.Sprintf("%x false", sha1.Sum([]byte("abc")))
	if !slices.Equal(got, []string{want, " true", want}) {
		t.Errorf("got %q", got)
	}
}

func BenchmarkFiles(b *testing.B) {
	for _, size := range []int{0, 4 << 10, buffer, 8 << 20} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			name := filetest.Write(b, bytes.Repeat([]byte("x"), size))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for r := range hashed(context.Background(), pipeline.Options{}, slices.Repeat([]string{name}, b.N)...) {
				if r.Err != nil {
					b.Fatal(r.Err)
				}
			}
		})
	}
}
