package pipeline_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/large"
	"github.com/psha1sum/psha1sum/pipeline"
)

// TestSeveralAlgorithms computes several digests of files of all lengths in one pass,
// together with files that want one digest and files that want the default.
func TestSeveralAlgorithms(t *testing.T) {
	guard(t)
	rng := rand.New(rand.NewPCG(3, 4))
	known := []struct {
		algorithm *hasher.Algorithm
		reference func() hash.Hash
	}{{hasher.SHA1, sha1.New}, {hasher.MD5, md5.New}, {hasher.SHA256, sha256.New}, {hasher.SHA512, sha512.New}, {hasher.SHA384, sha512.New384}}
	dir := t.TempDir()
	var items []pipeline.Item
	var want [][][]byte
	for i := range 400 {
		data := make([]byte, rng.IntN(1<<rng.IntN(20)))
		for j := range data {
			data[j] = byte(rng.Uint32())
		}
		var asked []*hasher.Algorithm
		var digests [][]byte
		for _, k := range rng.Perm(len(known))[:rng.IntN(len(known)+1)] {
			asked = append(asked, known[k].algorithm)
			h := known[k].reference()
			h.Write(data)
			digests = append(digests, h.Sum(nil))
		}
		item := pipeline.Item{Algorithms: asked, Data: data}
		switch {
		case i%50 == 49:
			item.Name = filepath.Join(dir, "missing")
		case i%3 == 0:
			item.Reader = bytes.NewReader(data)
		default:
			item.Name = filepath.Join(dir, fmt.Sprint(i))
			if err := os.WriteFile(item.Name, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		items, want = append(items, item), append(want, digests)
	}
	results := run(t, pipeline.Items(items...), pipeline.Options{Algorithm: hasher.SHA256})
	if len(results) != len(items) {
		t.Fatalf("%d results, want %d", len(results), len(items))
	}
	for i, r := range results {
		if i%50 == 49 {
			if !errors.Is(r.Err, os.ErrNotExist) || r.Digest != nil || r.Digests != nil {
				t.Errorf("item %d: %x, %x, %v", i, r.Digest, r.Digests, r.Err)
			}
			continue
		}
		first := want[i]
		if len(first) == 0 {
			sum := sha256.Sum256(items[i].Data.([]byte))
			first = [][]byte{sum[:]}
		}
		if r.Err != nil || !bytes.Equal(r.Digest, first[0]) || len(r.Digests) != len(want[i]) {
			t.Fatalf("item %d: %x and %d more, %v, want %x", i, r.Digest, len(r.Digests), r.Err, first[0])
		}
		for j, digest := range r.Digests {
			if !bytes.Equal(digest, want[i][j]) {
				t.Errorf("item %d: digest %d is %x, want %x", i, j, digest, want[i][j])
			}
		}
	}
}

// TestSeveralAlgorithmsCancelled cancels a run in the middle of such files.
func TestSeveralAlgorithmsCancelled(t *testing.T) {
	guard(t)
	several := []*hasher.Algorithm{hasher.SHA1, hasher.MD5, hasher.SHA512}
	for n := 0; n < 50; n += large.Or(7, 1) {
		stop := errors.New("enough")
		src := count(64, func(i int) pipeline.Item {
			return pipeline.Item{Algorithms: several, Reader: limited(1+i%20, func(int, []byte) {})}
		})
		sink := &stopper{after: n, err: stop}
		if err := pipeline.Run(t.Context(), src, sink, pipeline.Options{}); err != stop {
			t.Fatalf("Run = %v", err)
		}
	}
}

// A stopper is a sink that fails after a number of results.
type stopper struct {
	after int
	err   error
}

func (s *stopper) Result(*pipeline.Result) error {
	if s.after--; s.after < 0 {
		return s.err
	}
	return nil
}

func (s *stopper) Flush() error { return nil }
