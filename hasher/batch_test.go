package hasher_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
)

// TestBatch hashes messages of every length around some block boundaries, in batches of
// different sizes.
func TestBatch(t *testing.T) {
	eachAlgorithm(t, func(t *testing.T, alg *hasher.Algorithm) {
		rng := rand.New(rand.NewPCG(18, uint64(alg.Size)))
		data := randomBytes(rng, 200_000)
		var lengths []int
		for n := range 301 {
			lengths = append(lengths, n)
		}
		for _, blocks := range []int{4, 16, 17, 64, 1024} {
			for d := -10; d <= 10; d++ {
				lengths = append(lengths, blocks*alg.BlockSize+d)
			}
		}
		b := hasher.NewBatch(alg)
		if used := b.Used(); len(used) > 0 {
			t.Errorf("%q ran before anything was hashed", used)
		}
		b.Hash() // empty batch
		b.Reset()
		most := []int{1, 2, alg.Lanes(), alg.Lanes() + 1, 64, 3*alg.Lanes() + 5}
		for round := 0; len(lengths) > 0; round++ {
			n := min(most[round%len(most)], len(lengths))
			messages := make([][]byte, n)
			rng.Shuffle(len(lengths), func(i, j int) { lengths[i], lengths[j] = lengths[j], lengths[i] })
			for i, length := range lengths[:n] {
				at := rng.IntN(len(data) - length)
				messages[i] = data[at:][:length]
				if number := b.Add(messages[i]); number != i {
					t.Fatalf("message %d got the number %d", i, number)
				}
			}
			b.Hash()
			checkSums(t, b, alg, messages)
			if b.Reset(); round%3 == 0 { // digests stay available until the next Add
				checkSums(t, b, alg, messages)
			}
			lengths = lengths[n:]
		}
		used := b.Used()
		if slices.Sort(used); len(used) == 0 || len(slices.Compact(used)) != len(b.Used()) {
			t.Errorf("%q ran", used)
		}
		for _, name := range used {
			if !slices.Contains(hasher.KernelsOf(alg), name) {
				t.Errorf("%q ran, and there are only %q", name, hasher.KernelsOf(alg))
			}
		}
	})
}

func checkSums(t *testing.T, b *hasher.Batch, alg *hasher.Algorithm, messages [][]byte) {
	t.Helper()
	for i, m := range messages {
		got, want := b.Sum([]byte("before"), i), append([]byte("before"), references[alg.Name](m)...)
		if !bytes.Equal(got, want) {
			t.Errorf("message %d of %d, %d bytes: got %x, want %x", i, len(messages), len(m), got, want)
		}
	}
}

// TestBatchAllocatesNothing: a batch that is reused allocates nothing.
func TestBatchAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes the standard library allocate")
	}
	eachAlgorithm(t, func(t *testing.T, alg *hasher.Algorithm) {
		const files = 64
		b := hasher.NewBatch(alg)
		data := make([]byte, files*3*alg.BlockSize)
		var digest [hasher.MaxSize]byte
		allocs := testing.AllocsPerRun(100, func() {
			b.Reset()
			for i := range files {
				b.Add(data[:i*37%len(data)])
			}
			b.Hash()
			for i := range files {
				b.Sum(digest[:0], i)
			}
		})
		most := 0
		if slices.Contains(b.Used(), "minio/sha256-simd") { // it allocates its marshaled state
			most = 2 * files
		}
		if allocs > float64(most) {
			t.Errorf("%v allocations, want %d at the most", allocs, most)
		}
	})
}
