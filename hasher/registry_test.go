package hasher_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"github.com/zeebo/blake3"
	"golang.org/x/crypto/blake2b"

	"github.com/psha1sum/psha1sum/hasher"
)

// references are independent implementations.
var references = map[string]func(data []byte) []byte{
	"sha1":   func(data []byte) []byte { d := sha1.Sum(data); return d[:] },
	"md5":    func(data []byte) []byte { d := md5.Sum(data); return d[:] },
	"sha224": func(data []byte) []byte { d := sha256.Sum224(data); return d[:] },
	"sha256": func(data []byte) []byte { d := sha256.Sum256(data); return d[:] },
	"sha384": func(data []byte) []byte { d := sha512.Sum384(data); return d[:] },
	"sha512": func(data []byte) []byte { d := sha512.Sum512(data); return d[:] },

	"sha512-256": func(data []byte) []byte { d := sha512.Sum512_256(data); return d[:] },
	"blake2b":    func(data []byte) []byte { d := blake2b.Sum512(data); return d[:] },
	"blake3":     func(data []byte) []byte { d := blake3.Sum256(data); return d[:] }, // see its vectors for independent ones
}

// eachAlgorithm runs a test for every algorithm.
func eachAlgorithm(t *testing.T, test func(t *testing.T, alg *hasher.Algorithm)) {
	for _, alg := range hasher.Algorithms {
		t.Run(alg.Name, func(t *testing.T) { test(t, alg) })
	}
}

func TestRegistry(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	seen := make(map[string]string)
	eachAlgorithm(t, func(t *testing.T, alg *hasher.Algorithm) {
		if hasher.Lookup(alg.Name) != alg {
			t.Error("it is not found by its name")
		}
		if !name.MatchString(alg.Name) {
			t.Error("not a name")
		}
		for _, tag := range append(alg.OtherTags, alg.Tag, alg.Name) {
			if of := seen[tag]; of != "" {
				t.Errorf("%s is %s as well", tag, of)
			}
			seen[tag] = alg.Name
		}
		if alg.Size < 1 || alg.Size > hasher.MaxSize {
			t.Errorf("a size of %d", alg.Size)
		}
		if alg.Lanes() < 1 || len(hasher.KernelsOf(alg)) == 0 {
			t.Errorf("%d lanes, kernels %q", alg.Lanes(), hasher.KernelsOf(alg))
		}
		if references[alg.Name] == nil {
			t.Error("no reference to compare it with")
		}
	})
	if hasher.SHA256.Sized(32) != hasher.SHA256 || hasher.SHA256.Sized(31) != nil || hasher.SHA256.Sized(0) != nil {
		t.Error("SHA-256 has one size")
	}
	if hasher.Lookup("SHA1") != nil || hasher.Lookup("") != nil {
		t.Error("a name was found that there isn't")
	}
}

// TestLaws: however a message is cut, the digest is that of the whole and has the right
// size; Sum appends and changes no state; Reset starts a new message.
func TestLaws(t *testing.T) {
	eachAlgorithm(t, func(t *testing.T, alg *hasher.Algorithm) {
		pool := hasher.NewPool(2)
		defer pool.Close()
		rng := rand.New(rand.NewPCG(15, 15))
		reference := references[alg.Name]
		var all []*message
		send := func(data []byte, sizes []int) {
			m := newMessage(t, data, sizes)
			m.alg = alg
			m.write(pool.NewStream(alg, m), nothing)
			all = append(all, m)
		}
		data := randomBytes(rng, 5*alg.BlockSize)
		for n := range len(data) + 1 {
			send(data[:n], []int{n})
			for cut := alg.BlockSize; cut <= n; cut += alg.BlockSize {
				send(data[:n], []int{cut, n - cut})
			}
			send(data[:n], splitBlocks(rng, n, alg.BlockSize))
		}
		for range 20 {
			long := randomBytes(rng, rng.IntN(150_000))
			send(long, splitBlocks(rng, len(long), alg.BlockSize))
		}
		for _, m := range all {
			m.check()
		}

		back := make(signalClient, 1)
		s := pool.NewStream(alg, back)
		for _, n := range []int{0, 1, alg.BlockSize, 3*alg.BlockSize + 1, 0} {
			s.Reset()
			s.Finish(data[:n])
			<-back
			for range 2 {
				got := s.Sum([]byte("before"))
				want := append([]byte("before"), reference(data[:n])...)
				if !bytes.Equal(got, want) || len(got) != len("before")+alg.Size {
					t.Errorf("%d bytes: got %x, want %x", n, got, want)
				}
			}
		}
		s.Reset()
		s.Write(data[:2*alg.BlockSize])
		<-back
		s.Reset() // in the middle of a message
		s.Finish(data[:7])
		<-back
		if got, want := s.Sum(nil), reference(data[:7]); !bytes.Equal(got, want) {
			t.Errorf("after a reset: got %x, want %x", got, want)
		}
	})
}

// TestSizes tests every digest size of BLAKE2b.
func TestSizes(t *testing.T) {
	pool := hasher.NewPool(1)
	defer pool.Close()
	back := make(signalClient, 1)
	data := randomBytes(rand.New(rand.NewPCG(17, 17)), 300)
	for size := 1; size <= 64; size++ {
		alg := hasher.BLAKE2b.Sized(size)
		if alg != hasher.BLAKE2b.Sized(size) || alg != alg.Sized(size) || alg.Sized(64) != hasher.BLAKE2b {
			t.Fatalf("%d bytes: not the same algorithm again", size)
		}
		if want := fmt.Sprintf("BLAKE2b-%d", 8*size); alg.Size != size || alg.Tag != want && size < 64 {
			t.Errorf("%d bytes: size %d, tag %s", size, alg.Size, alg.Tag)
		}
		h, err := blake2b.New(size, nil)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(data)
		s := pool.NewStream(alg, back)
		s.Finish(data)
		<-back
		if got, want := s.Sum(nil), h.Sum(nil); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %x, want %x", size, got, want)
		}
	}
	for _, size := range []int{-1, 0, 65} {
		if hasher.BLAKE2b.Sized(size) != nil {
			t.Errorf("there is no digest of %d bytes", size)
		}
	}
}

// TestTogether hashes messages with all algorithms in one pool at the same time.
func TestTogether(t *testing.T) {
	pool := hasher.NewPool(2)
	rng := rand.New(rand.NewPCG(16, 16))
	var all []*message
	for range 30 {
		for _, alg := range hasher.Algorithms {
			n := rng.IntN(1 << (1 + rng.IntN(15)))
			m := newMessage(t, randomBytes(rng, n), splitBlocks(rng, n, alg.BlockSize))
			m.alg = alg
			s := pool.NewStream(alg, m)
			s.Expect()
			m.write(s, nothing)
			all = append(all, m)
		}
	}
	for _, m := range all {
		m.check()
	}
	pool.Close()
	for _, m := range all {
		m.checkMemory()
	}
}

// TestEachAllocatesNothing is TestAllocatesNothing for every algorithm.
func TestEachAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes the standard library allocate")
	}
	eachAlgorithm(t, func(t *testing.T, alg *hasher.Algorithm) {
		pool := hasher.NewPool(1)
		back := make(signalClient, 40)
		data := make([]byte, 4*alg.BlockSize)
		var all [10]*hasher.Stream
		for i := range all {
			all[i] = pool.NewStream(alg, back)
		}
		var digest [hasher.MaxSize]byte
		allocs := testing.AllocsPerRun(100, func() {
			for _, s := range all {
				s.Write(data)
				s.Finish(data[:10])
			}
			for range 2 * len(all) {
				<-back
			}
			for _, s := range all {
				s.Sum(digest[:0])
				s.Reset()
			}
		})
		pool.Close()
		most := 0
		if slices.Contains(pool.Used(), "minio/sha256-simd") { // it allocates its marshaled state
			most = 2 * len(all)
		}
		if allocs > float64(most) {
			t.Errorf("%v allocations, want %d at the most", allocs, most)
		}
	})
}
