// Package lanestest contains the tests that every algorithm of package lanes must pass,
// with each kernel alone and with all together. Only tests import it.
package lanestest

import (
	"bytes"
	"cmp"
	"encoding"
	"fmt"
	"hash"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// A Suite is an algorithm and what its tests compare it with.
type Suite[W lanes.Word] struct {
	Algorithm *lanes.Algorithm[W]
	Initial   *lanes.State[W]
	Size      int
	// New returns an independent implementation of the hash.
	New func() hash.Hash
	// Resume returns that hash after before bytes, a multiple of the block size, with
	// the initial chaining value. It is nil if that isn't possible.
	Resume func(before uint64) hash.Hash
	// Longest is the first message length at which Resume is wrong, 0 if there is none.
	Longest uint64
	// Vectors are messages with known digests.
	Vectors []Vector
}

// A Vector is a message and its digest in hexadecimal.
type Vector struct{ Name, Message, Digest string }

// Run runs all tests.
func (s Suite[W]) Run(t *testing.T) {
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"Required", s.required},
		{"Rates", s.rates},
		{"Choices", s.choices},
		{"Conservative", s.conservative},
		{"Families", s.families},
		{"Vectors", s.vectors},
		{"Lengths", s.lengths},
		{"Batches", s.batches},
		{"States", s.states},
		{"Pad", s.pad},
		{"Heads", s.heads},
		{"Standard", s.standard},
		{"NothingKept", s.nothingKept},
		{"PartOfABlock", s.partOfABlock},
		{"Allocations", s.allocations},
		{"Used", s.used},
		{"GuardPages", s.guardPages},
	} {
		t.Run(test.name, test.run)
	}
}

// RunShort runs the tests that depend on the initial value and the digest size, for a
// hash whose kernels another Suite has tested with Run.
func (s Suite[W]) RunShort(t *testing.T) {
	t.Run("Vectors", s.vectors)
	t.Run("Batches", s.batches)
	t.Run("Pad", s.pad)
}

// Forced returns one set for each kernel that this machine can run.
func (s Suite[W]) Forced() (sets []lanes.Set[W]) {
	available := s.Algorithm.Available()
	for _, name := range available.Names() {
		sets = append(sets, available.Only(name))
	}
	return sets
}

// eachSet runs a test with each kernel alone, and with all of them.
func (s Suite[W]) eachSet(t *testing.T, test func(t *testing.T, set lanes.Set[W])) {
	for _, set := range append(s.Forced(), s.Algorithm.Available()) {
		t.Run(set.String(), func(t *testing.T) { test(t, set) })
	}
}

// required fails if a kernel is missing that PSHA1SUM_REQUIRE lists, in the syntax of
// PSHA1SUM_DISABLE. The reference is always required; names of other algorithms'
// kernels are ignored.
func (s Suite[W]) required(t *testing.T) {
	list := cmp.Or(os.Getenv("PSHA1SUM_REQUIRE"), "generic")
	for name := range strings.SplitSeq(list, ",") {
		if got, want := s.Algorithm.Available().Only(name), s.Algorithm.All().Only(name); got != want {
			t.Errorf("kernel %q is missing: there are %v", name, s.Algorithm.Available())
		}
	}
}

// A message is a test message and its state.
type message[W lanes.Word] struct {
	data  []byte
	buf   lanes.Tail
	state lanes.State[W]
}

// lanes pads messages and returns them as a batch.
func (s Suite[W]) lanes(messages []message[W]) []lanes.Lane[W] {
	batch := make([]lanes.Lane[W], len(messages))
	for i := range messages {
		m := &messages[i]
		m.state = *s.Initial
		batch[i] = lanes.Lane[W]{State: &m.state, Data: m.data}
		s.Algorithm.Pad(&batch[i], &m.buf, uint64(len(m.data)))
	}
	return batch
}

func (s Suite[W]) sum(data []byte) []byte {
	h := s.New()
	h.Write(data)
	return h.Sum(nil)
}

func (s Suite[W]) digest(state *lanes.State[W]) []byte {
	return s.Algorithm.Digest(nil, state, s.Size)
}

func (s Suite[W]) check(t *testing.T, messages []message[W]) {
	t.Helper()
	for i := range messages {
		m := &messages[i]
		if got, want := s.digest(&m.state), s.sum(m.data); !bytes.Equal(got, want) {
			t.Errorf("stream %d of %d, %d bytes: got %x, want %x", i, len(messages), len(m.data), got, want)
		}
	}
}

func noise(n int, seed uint64) []byte {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	p := make([]byte, n)
	rand.NewChaCha8(key).Read(p)
	return p
}

func (s Suite[W]) vectors(t *testing.T) {
	s.eachSet(t, func(t *testing.T, set lanes.Set[W]) {
		messages := make([]message[W], len(s.Vectors))
		for i, v := range s.Vectors {
			messages[i].data = []byte(v.Message)
		}
		lanes.New(set).Blocks(s.lanes(messages))
		for i, v := range s.Vectors {
			if got := fmt.Sprintf("%x", s.digest(&messages[i].state)); got != v.Digest {
				t.Errorf("%s: got %s, want %s", v.Name, got, v.Digest)
			}
		}
	})
}

// lengths hashes every length up to several thousand bytes in every lane and at every
// alignment, with equal and with different lengths in a batch.
func (s Suite[W]) lengths(t *testing.T) {
	longest := 4500
	if testing.Short() || raceEnabled {
		longest = 600
	}
	source := noise(longest+lanes.MaxLanes, 1)
	// Reference digests, by offset and length.
	width := s.Algorithm.Available().Lanes()
	want := make([][][]byte, width)
	for lane := range want {
		want[lane] = s.prefixes(source[lane:][:longest])
	}
	for _, mix := range []struct {
		name   string
		length func(n, lane int) int
	}{
		{"equal", func(n, lane int) int { return n }},
		{"mixed", func(n, lane int) int { return (n + 997*lane) % (longest + 1) }},
	} {
		s.eachSet(t, func(t *testing.T, set lanes.Set[W]) {
			h := lanes.New(set)
			messages := make([]message[W], set.Lanes())
			for n := range longest + 1 {
				for lane := range messages {
					messages[lane].data = source[lane:][:mix.length(n, lane)]
				}
				h.Blocks(s.lanes(messages))
				for lane := range messages {
					m := &messages[lane]
					if got, want := s.digest(&m.state), want[lane][len(m.data)]; !bytes.Equal(got, want) {
						t.Fatalf("%s, lane %d, %d bytes: got %x, want %x", mix.name, lane, len(m.data), got, want)
					}
				}
			}
		})
	}
}

// prefixes returns the digest of each prefix of data.
func (s Suite[W]) prefixes(data []byte) [][]byte {
	h := s.New()
	digests := [][]byte{h.Sum(nil)}
	for i := range data {
		h.Write(data[i : i+1])
		digests = append(digests, h.Sum(nil))
	}
	return digests
}

// batches hashes batches of any number of streams with file-like lengths, so that wide
// kernels run, lanes are refilled and narrow kernels finish.
func (s Suite[W]) batches(t *testing.T) {
	source := noise(1<<20, 2)
	s.eachSet(t, func(t *testing.T, set lanes.Set[W]) {
		h := lanes.New(set)
		rng := rand.New(rand.NewPCG(3, 4))
		for streams := range 3 * lanes.MaxLanes {
			messages := make([]message[W], streams)
			for i := range messages {
				most := 1 << rng.IntN(14)
				if rng.IntN(200) == 0 {
					most = 160 << 10 // more than one call hashes
				}
				from := rng.IntN(len(source) / 2)
				messages[i].data = source[from : from+rng.IntN(most)]
			}
			h.Blocks(s.lanes(messages))
			s.check(t, messages)
		}
	})
}

// states starts in the middle of messages, also beyond 2^32 bits and 2^32 bytes, and
// compares with the reference kernel.
func (s Suite[W]) states(t *testing.T) {
	data := noise(1000, 5)
	lengths := []uint64{128, 1<<29 - 128, 1 << 29, 1<<32 - 128, 1 << 32, 1<<61 - 1<<20, 1 << 61, 1<<64 - 1<<12}
	reference := s.Algorithm.All().Only("generic")
	s.eachSet(t, func(t *testing.T, set lanes.Set[W]) {
		rng := rand.New(rand.NewPCG(6, 7))
		h, slow := lanes.New(set), lanes.New(reference)
		for n := range len(data) {
			var got, want [lanes.MaxLanes]lanes.State[W]
			var bufs [lanes.MaxLanes]lanes.Tail
			var batch, again []lanes.Lane[W]
			for i := range set.Lanes() {
				length := lengths[(n+i)%len(lengths)]
				for j := range s.Algorithm.Words {
					got[i][j] = W(rng.Uint64())
				}
				s.setLength(&got[i], length)
				want[i] = got[i]
				lane := lanes.Lane[W]{State: &got[i], Data: data[:n]}
				s.Algorithm.Pad(&lane, &bufs[i], length+uint64(n))
				batch = append(batch, lane)
				lane.State = &want[i]
				again = append(again, lane)
			}
			h.Blocks(batch)
			slow.Blocks(again)
			if got != want {
				t.Fatalf("%d bytes: got %x, want %x", n, got, want)
			}
		}
	})
}

// setLength makes state that of a message of which length bytes were absorbed. Only
// algorithms with inputs store the length.
func (s Suite[W]) setLength(state *lanes.State[W], length uint64) {
	if s.Algorithm.Inputs > 0 {
		state[s.Algorithm.Words-2] = W(length)
		state[s.Algorithm.Words-1] = 0
	}
}

// pad compares the padding of long messages with that of another implementation.
func (s Suite[W]) pad(t *testing.T) {
	if s.Resume == nil {
		return
	}
	rest := noise(400, 8)
	reference := s.Algorithm.All().Only("generic")
	for _, before := range []uint64{0, 128, 1<<29 - 128, 1 << 29, 1<<32 - 128, 1 << 32, 1<<61 - 128, 1 << 61, 1<<64 - 512} {
		if s.Longest != 0 && before >= s.Longest {
			continue
		}
		for n := range rest {
			h := s.Resume(before)
			h.Write(rest[:n])
			want := h.Sum(nil)

			var buf lanes.Tail
			state := *s.Initial
			s.setLength(&state, before)
			lane := lanes.Lane[W]{State: &state, Data: rest[:n]}
			s.Algorithm.Pad(&lane, &buf, before+uint64(n))
			lanes.New(reference).Blocks([]lanes.Lane[W]{lane})
			if got := s.digest(&state); !bytes.Equal(got, want) {
				t.Fatalf("%d bytes after %d: got %x, want %x", n, before, got, want)
			}
		}
	}
}

// heads splits messages between Head and Data.
func (s Suite[W]) heads(t *testing.T) {
	block := s.Algorithm.BlockSize
	data := noise(6*block, 11)
	s.eachSet(t, func(t *testing.T, set lanes.Set[W]) {
		h := lanes.New(set)
		for n := range len(data) + 1 {
			messages := make([]message[W], set.Lanes()+1)
			for i := range messages {
				messages[i].data = data[i%3 : max(n, i%3)]
			}
			batch := s.lanes(messages)
			for i := range batch {
				l := &batch[i]
				cut := (i + n) % (len(l.Data)/block + 1) * block
				l.Head, l.Data = l.Data[:cut], l.Data[cut:]
			}
			h.Blocks(batch)
			s.check(t, messages)
		}
	})
}

// standard tests that library kernels use the library, and fall back to the reference
// if the format of its state changes.
func (s Suite[W]) standard(t *testing.T) {
	alg := s.Algorithm
	for _, k := range alg.Kernels {
		if k.Library != nil {
			s.library(t, k.Library)
		}
	}
}

func (s Suite[W]) library(t *testing.T, from *lanes.Library) {
	alg := s.Algorithm
	data := noise(10*alg.BlockSize, 9)
	want := *s.Initial
	fellBack := false
	generic := func(state *lanes.State[W], p []byte) {
		fellBack = true
		alg.Kernels[0].Portable(state, p)
	}
	alg.Kernels[0].Portable(&want, data)
	for _, magic := range []string{from.Magic, "none"} {
		library := *from
		library.Magic = magic
		other := lanes.Algorithm[W]{
			Words: alg.Words, BlockSize: alg.BlockSize,
			Kernels: []lanes.Kernel[W]{
				{Name: "generic", Lanes: 1, Rates: lanes.Rates{1, 1, 1, 1}, Portable: generic},
				{Name: "library", Lanes: 1, Rates: lanes.Rates{2, 2, 2, 2}, Library: &library},
			},
		}
		got := *s.Initial
		lanes.New(other.All()).Blocks([]lanes.Lane[W]{{State: &got, Data: data}})
		if got != want {
			t.Errorf("magic %q: got %x, want %x by way of %T", magic, got, want, from.New())
		}
		if fellBack != (magic == "none") {
			t.Errorf("magic %q: fell back: %t", magic, fellBack)
		}
	}
}

func (s Suite[W]) nothingKept(t *testing.T) {
	s.eachSet(t, func(t *testing.T, set lanes.Set[W]) {
		h := lanes.New(set)
		memory := s.hashNoise(t, h)
		runtime.GC()
		for _, p := range memory {
			if p.Value() != nil {
				t.Error("memory of a batch was kept")
			}
		}
		runtime.KeepAlive(h)
	})
}

// hashNoise hashes a batch and returns weak pointers to its memory.
//
//go:noinline
func (s Suite[W]) hashNoise(t *testing.T, h *lanes.Hasher[W]) (memory []weak.Pointer[byte]) {
	messages := make([]message[W], 20)
	for i := range messages {
		messages[i].data = noise(100*(i+1), uint64(i))
	}
	before := noise(2000, 19)
	batch := s.lanes(messages)
	h.Blocks(batch)
	if !bytes.Equal(messages[19].data, before) {
		t.Error("the data was changed")
	}
	for i := range messages {
		memory = append(memory, weak.Make(&messages[i].data[0]))
	}
	// The states and tails are in messages, the lanes in batch.
	return append(memory, weak.Make(&messages[0].buf[0]), weak.Make((*byte)(unsafe.Pointer(&batch[0]))))
}

func (s Suite[W]) partOfABlock(t *testing.T) {
	for _, l := range []lanes.Lane[W]{{Data: make([]byte, 129)}, {Tail: make([]byte, 1)}, {Head: make([]byte, 7)}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%d, %d and %d bytes: no panic", len(l.Head), len(l.Data), len(l.Tail))
				}
			}()
			l.State = new(lanes.State[W])
			lanes.New(s.Algorithm.Available()).Blocks([]lanes.Lane[W]{l})
		}()
	}
}

func (s Suite[W]) allocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes the standard library allocate")
	}
	s.eachSet(t, func(t *testing.T, set lanes.Set[W]) {
		h := lanes.New(set)
		messages := make([]message[W], 20)
		for i := range messages {
			messages[i].data = make([]byte, 1000*i)
		}
		batch := s.lanes(messages)
		most := 0
		if s.marshals(set) {
			most = 2 * len(batch) // for the data and the tail
		}
		if n := testing.AllocsPerRun(10, func() { h.Blocks(batch) }); n > float64(most) {
			t.Errorf("%v allocations for a batch, want %d at the most", n, most)
		}
		if n := testing.AllocsPerRun(10, func() { set.Rate(20) }); n != 0 {
			t.Errorf("%v allocations for a rate", n)
		}
	})
}

// marshals reports whether set has a kernel of a library that allocates its marshaled
// state.
func (s Suite[W]) marshals(set lanes.Set[W]) bool {
	return slices.ContainsFunc(s.Algorithm.Kernels, func(k lanes.Kernel[W]) bool {
		if k.Library == nil || len(set.Only(k.Name).Names()) == 0 {
			return false
		}
		_, appends := k.Library.New().(encoding.BinaryAppender)
		return !appends
	})
}

func (s Suite[W]) used(t *testing.T) {
	for _, set := range s.Forced() {
		h := lanes.New(set)
		h.Blocks(s.lanes(make([]message[W], 17)))
		if h.Used() != set {
			t.Errorf("used %v, not %v", h.Used(), set)
		}
	}
}

// Fuzz decodes its input as a set of kernels, followed by the length and the offset of
// each stream.
func (s Suite[W]) Fuzz(f *testing.F) {
	f.Add(uint16(0xffff), []byte{0})
	f.Add(uint16(0xffff), []byte{0, 0, 0, 55, 1, 0, 56, 2, 0, 64, 3, 4, 0, 0})
	f.Add(uint16(1<<8), bytes.Repeat([]byte{1, 0, 7}, 40))
	f.Add(uint16(1<<2|1<<6), bytes.Repeat([]byte{15, 255, 1, 0, 63, 0}, 9))
	source := noise(1<<16, 10)
	f.Fuzz(func(t *testing.T, set uint16, program []byte) {
		var messages []message[W]
		for ; len(program) >= 3 && len(messages) < 64; program = program[3:] {
			length := (int(program[0])<<8 | int(program[1])) % 5000
			from := int(program[2]) * 100
			messages = append(messages, message[W]{data: source[from : from+length]})
		}
		var names []string
		for i, k := range s.Algorithm.Kernels {
			if set>>i&1 != 0 {
				names = append(names, k.Name)
			}
		}
		kernels := s.Algorithm.Available().Only(strings.Join(names, ","))
		if len(kernels.Names()) == 0 {
			kernels = s.Algorithm.Available()
		}
		lanes.New(kernels).Blocks(s.lanes(messages))
		s.check(t, messages)
	})
}
