package hasher_test

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
)

// A waitingClient waits until the pool has returned what was submitted.
type waitingClient struct {
	back   chan struct{}
	digest []byte
}

func (c *waitingClient) Consumed(*hasher.Stream, []byte) { c.back <- struct{}{} }

func (c *waitingClient) Finished(s *hasher.Stream, _ []byte) {
	c.digest = s.Sum(nil)
	c.back <- struct{}{}
}

// A testStream is a stream and its client.
type testStream struct {
	*hasher.Stream
	client *waitingClient
}

func newTestStream(pool *hasher.Pool, alg *hasher.Algorithm) testStream {
	c := &waitingClient{back: make(chan struct{})}
	return testStream{pool.NewStream(alg, c), c}
}

// write submits data in pieces of random sizes and waits for each.
func (h testStream) write(rng *rand.Rand, data []byte, block int) {
	for len(data) > 0 {
		n := min(len(data), block*(1+rng.IntN(40)))
		h.Write(data[:n])
		<-h.client.back
		data = data[n:]
	}
}

// finish submits the rest and returns the digest.
func (h testStream) finish(data []byte) []byte {
	h.Finish(data)
	<-h.client.back
	return h.client.digest
}

// savable returns the algorithms whose states can be saved.
func savable() (algs []*hasher.Algorithm) {
	for _, alg := range hasher.Algorithms {
		if alg.Saves() {
			algs = append(algs, alg)
		}
	}
	return append(algs, hasher.BLAKE2b.Sized(1), hasher.BLAKE2b.Sized(20))
}

// TestSaved: a stream that continues from a saved state comes to the same digest, at
// any position and any number of times.
func TestSaved(t *testing.T) {
	for _, alg := range savable() {
		t.Run(alg.Name, func(t *testing.T) {
			pool := hasher.NewPool(2)
			defer pool.Close()
			rng := rand.New(rand.NewPCG(5, uint64(alg.Size)))
			for range 60 {
				data := randomBytes(rng, alg.BlockSize+rng.IntN(1<<(8+rng.IntN(10))))
				h := newTestStream(pool, alg)
				at := 0
				for cuts := rng.IntN(4); cuts >= 0; cuts-- {
					blocks := (len(data) - at) / alg.BlockSize
					if blocks == 0 {
						break
					}
					to := at + alg.BlockSize*(1+rng.IntN(blocks))
					h.write(rng, data[at:to], alg.BlockSize)
					at = to
					saved := h.Save([]byte("before"))
					saved = saved[len("before"):]
					if n, ok := alg.Saved(saved); !ok || n != int64(at) {
						t.Fatalf("saved behind %d bytes: %d, %v", at, n, ok)
					}
					next := newTestStream(pool, alg)
					if !next.Restore(saved) {
						t.Fatalf("a state behind %d bytes is refused", at)
					}
					if again := next.Save(nil); !bytes.Equal(again, saved) {
						t.Fatalf("saved again: %x, want %x", again, saved)
					}
					h.Abandon()
					clear(saved) // the stream must not refer to it
					h = next
				}
				whole := newTestStream(pool, alg)
				want := whole.finish(data)
				if reference := references[alg.Name]; reference != nil && alg.Sized(len(want)) == hasher.Lookup(alg.Name) {
					want = reference(data)
				}
				if got := h.finish(data[at:]); !bytes.Equal(got, want) {
					t.Fatalf("%d bytes, saved behind %d: %x, want %x", len(data), at, got, want)
				}
			}
		})
	}
	t.Run("blake3", func(t *testing.T) {
		pool := hasher.NewPool(1)
		defer pool.Close()
		if _, ok := hasher.BLAKE3.Saved(nil); hasher.BLAKE3.Saves() || ok || newTestStream(pool, hasher.BLAKE3).Restore(nil) {
			t.Error("a state of BLAKE3 is taken")
		}
	})
}

// TestSavedFormat: the bytes are the same with all kernels and versions. A new format
// needs a new savedVersion.
func TestSavedFormat(t *testing.T) {
	pool := hasher.NewPool(1)
	defer pool.Close()
	data := make([]byte, 256)
	for i := range data {
		data[i] = byte(i)
	}
	for _, alg := range savable() {
		t.Run(alg.Name, func(t *testing.T) {
			h := newTestStream(pool, alg)
			h.write(rand.New(rand.NewPCG(1, 1)), data, alg.BlockSize)
			got := h.Save(nil)
			h.Abandon()
			if want := savedStates[alg.Tag]; hex.EncodeToString(got) != want {
				t.Errorf("%x, want %s", got, want)
			}
		})
	}
}

// FuzzSaved: a state that is accepted is the one that this algorithm, and no other,
// would save.
func FuzzSaved(f *testing.F) {
	for _, text := range savedStates {
		saved, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(saved)
		f.Add(saved[:len(saved)-1])
		f.Add(append(bytes.Clone(saved), 0))
	}
	f.Add([]byte{})
	pool := hasher.NewPool(1)
	f.Cleanup(pool.Close)
	f.Fuzz(func(t *testing.T, saved []byte) {
		takers := 0
		for _, alg := range savable() {
			n, ok := alg.Saved(saved)
			h := newTestStream(pool, alg)
			if h.Restore(saved) != ok {
				t.Fatalf("%s: %x is restored or not", alg.Tag, saved)
			}
			if !ok {
				continue
			}
			takers++
			if n <= 0 || n%int64(alg.BlockSize) != 0 {
				t.Errorf("%s: behind %d bytes", alg.Tag, n)
			}
			if again := h.Save(nil); !bytes.Equal(again, saved) {
				t.Errorf("%s: %x becomes %x", alg.Tag, saved, again)
			}
			h.finish([]byte("rest"))
		}
		if takers > 1 {
			t.Errorf("%x is of %d algorithms", saved, takers)
		}
	})
}

// TestSavedRefused: malformed states are refused, tested for each byte of the header
// and the length.
func TestSavedRefused(t *testing.T) {
	for _, alg := range savable() {
		saved, _ := hex.DecodeString(savedStates[alg.Tag])
		head := 3 + len(alg.Name)
		for i := range head + 8 {
			bad := bytes.Clone(saved)
			bad[i] ^= 1
			if i == head+1 { // 512 bytes are as valid as 256
				bad[i] = 0
			}
			if i > head+1 && i < head+7 {
				continue // a larger number of blocks
			}
			if i == head+7 {
				bad[i] = 0x80 // larger than the maximum
			}
			if n, ok := alg.Saved(bad); ok {
				t.Errorf("%s: another byte %d is taken, behind %d bytes", alg.Tag, i, n)
			}
		}
		for n := range saved {
			if _, ok := alg.Saved(saved[:n]); ok {
				t.Errorf("%s: the first %d bytes are taken", alg.Tag, n)
			}
		}
	}
}

// savedStates are the states after the 256 bytes 0 to 255.
var savedStates = map[string]string{
	"SHA1":        "0114047368613100010000000000002dda7da58f9e9b53edf6e1de5e98cfb4cfd5821f",
	"MD5":         "0110036d643500010000000000007313ab5c9d07356e1974e5ad91c758f3",
	"SHA224":      "011c067368613232340001000000000000bbf30bac69f74ec7f60d5033d39b220f8944b3794b75fecba7d6a56b274899da",
	"SHA256":      "0120067368613235360001000000000000c3f2fab3141b1c8d586bd7d774072bdddf6e39d36922b6374d15bf4dd174d7c1",
	"SHA384":      "013006736861333834000100000000000071b38259dc163e2a6290192ddc29d9cd67ac95058ef804969b2843ee3ab0fffae5600b4fb5328555c8c196b9c0fe056b1d2a13c3de9d92add26d3e509b48b074",
	"SHA512":      "014006736861353132000100000000000095717a8fc344b97479d10cdc74979811168f178ec6d14ca0192059be8924fac8bade2325a0841cd1ae28874f1564e80e095ccb699cd54bef2e761c0bdb6d5cc8",
	"SHA512t256":  "01200a7368613531322d32353600010000000000004596780a78fc28046555770702a3490c60d195526a635c9e51de623cbbd273b0a98cb3fd0f9b104f84d62074ab4cb5c4175ced7fae1a05781eb426012b5da840",
	"BLAKE2b":     "014007626c616b65326200010000000000005ab87e262a85a0ff0bc3c643874a3eee0a305914f759a52846739e42afeeb0610f79edbc7246192f5d4a4a73bb60f7be27c31542510e4137a7f5d025887e6be9" + heldBack,
	"BLAKE2b-8":   "010107626c616b653262000100000000000020ae177d2351880aa35ea20ac8b527ebd669598cc0c9883d12c393f4766a9f8b57f218093f7f4e3342cde4523adbd54a388dd97d5e68a1440d7bc5eda84fc684" + heldBack,
	"BLAKE2b-160": "011407626c616b653262000100000000000027bf78c2c14da6b8750e0906d4645c9d13d317d94b5ec244c2c2f5932c5476e1836919584f231ead56f812e28414b1bb1a7dcbfabe3bfc3f01d13648532da7c0" + heldBack,
}

// heldBack is the last block of these bytes.
const heldBack = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf" +
	"c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
