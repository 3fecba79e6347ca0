package hasher_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/large"
	"github.com/psha1sum/psha1sum/internal/nist"
)

// vectors reads one of NIST's files.
func vectors[T any](t *testing.T, name string, read func(io.Reader) (T, error)) T {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", "nist", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := read(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return all
}

// responses are NIST's files for an algorithm.
var responses = []struct {
	alg      string
	messages []string
	chain    string
}{
	{"sha1", []string{"sha1/SHA1ShortMsg.rsp", "sha1/SHA1LongMsg.rsp"}, "sha1/SHA1Monte.rsp"},
	{"sha224", []string{"sha2/SHA224ShortMsg.rsp", "sha2/SHA224LongMsg.rsp"}, "sha2/SHA224Monte.rsp"},
	{"sha256", []string{"sha2/SHA256ShortMsg.rsp", "sha2/SHA256LongMsg.rsp"}, "sha2/SHA256Monte.rsp"},
	{"sha384", []string{"sha2/SHA384ShortMsg.rsp"}, "sha2/SHA384Monte.rsp"},
	{"sha512", []string{"sha2/SHA512ShortMsg.rsp", "sha2/SHA512LongMsg.rsp"}, "sha2/SHA512Monte.rsp"},
	{"sha512-256", []string{"sha2/SHA512_256ShortMsg.rsp"}, "sha2/SHA512_256Monte.rsp"},
}

// TestNISTMessages hashes all messages of a file at once, each in one piece and cut at
// random.
func TestNISTMessages(t *testing.T) {
	for _, r := range responses {
		t.Run(r.alg, func(t *testing.T) {
			for _, name := range r.messages {
				checkMessages(t, hasher.Lookup(r.alg), name)
			}
		})
	}
}

func checkMessages(t *testing.T, alg *hasher.Algorithm, name string) {
	pool := hasher.NewPool(4)
	defer pool.Close()
	rng := rand.New(rand.NewPCG(5, 5))
	type sent struct {
		*message
		vector nist.Message
	}
	var all []sent
	for _, v := range vectors(t, name, nist.ReadMessages) {
		splits := [][]int{{len(v.Data)}}
		for range 5 {
			splits = append(splits, splitBlocks(rng, len(v.Data), alg.BlockSize))
		}
		for _, sizes := range splits {
			m := newMessage(t, v.Data, sizes)
			m.write(pool.NewStream(alg, m), nothing)
			all = append(all, sent{m, v})
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s: no vectors", name)
	}
	for _, s := range all {
		<-s.done
		if !bytes.Equal(s.digest, s.vector.Digest) {
			t.Errorf("%s, line %d as %v: got %x, want %x", name, s.vector.Line, s.sizes, s.digest, s.vector.Digest)
		}
	}
}

// TestNISTMonteCarlo computes the links of the chain, with -large all of them. Each starts from the digest that
// the file gives for the link before, so they run concurrently, with a thousand
// messages through each stream.
func TestNISTMonteCarlo(t *testing.T) {
	for _, r := range responses {
		t.Run(r.alg, func(t *testing.T) { checkChain(t, hasher.Lookup(r.alg), r.chain) })
	}
}

func checkChain(t *testing.T, alg *hasher.Algorithm, name string) {
	chain := vectors(t, name, nist.ReadMonteCarlo)
	if len(chain.Digests) == 0 {
		t.Fatal("no vectors")
	}
	links := large.Or(40, len(chain.Digests))
	if testing.Short() {
		links = 20
	}
	chain.Digests = chain.Digests[:links]
	pool := hasher.NewPool(4)
	defer pool.Close()
	var steps sync.WaitGroup
	seed := chain.Seed
	for i, want := range chain.Digests {
		from := seed
		steps.Go(func() {
			back := make(signalClient)
			s := pool.NewStream(alg, back)
			got := nist.Step(from, func(message []byte) []byte {
				s.Reset()
				s.Finish(message)
				<-back
				return s.Sum(nil)
			})
			if !bytes.Equal(got, want) {
				t.Errorf("COUNT = %d: got %x, want %x", i, got, want)
			}
		})
		seed = want
	}
	steps.Wait()
}
