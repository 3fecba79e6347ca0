package sha1lanes

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// forced returns every kernel that this machine has, each alone in a set.
func forced() (sets []Kernels) {
	for k := range kernelCount {
		if Available().has(k) {
			sets = append(sets, one(k))
		}
	}
	return sets
}

// eachSet runs a test with every kernel forced, and with all of them.
func eachSet(t *testing.T, test func(t *testing.T, s Kernels)) {
	for _, s := range append(forced(), Available()) {
		t.Run(s.String(), func(t *testing.T) { test(t, s) })
	}
}

// TestRequired makes a missing kernel a failure: PSHA1SUM_REQUIRE lists kernels
// or families of them, as PSHA1SUM_DISABLE does. The reference is always needed.
func TestRequired(t *testing.T) {
	list := cmp.Or(os.Getenv("PSHA1SUM_REQUIRE"), "generic")
	for name := range strings.SplitSeq(list, ",") {
		if named(name) == 0 || named(name)&^Available() != 0 {
			t.Errorf("kernel %q is missing: there are %v", name, Available())
		}
	}
}

// A message is a stream of a test.
type message struct {
	data  []byte
	buf   [2 * BlockSize]byte
	state State
}

// lanes pads messages and returns what a Hasher has to do for them.
func lanes(messages []message) []Lane {
	lanes := make([]Lane, len(messages))
	for i := range messages {
		m := &messages[i]
		m.state = Initial()
		data, tail := Pad(&m.buf, m.data, uint64(len(m.data)))
		lanes[i] = Lane{&m.state, data, tail}
	}
	return lanes
}

func check(t *testing.T, messages []message) {
	t.Helper()
	for i := range messages {
		m := &messages[i]
		if got, want := m.state.Digest(), sha1.Sum(m.data); got != want {
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

func TestVectors(t *testing.T) {
	// FIPS 180-1, appendices A to C, and RFC 3174.
	vectors := []struct{ name, message, digest string }{
		{"empty", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{"one block", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
		{"many blocks", strings.Repeat("a", 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
		{"ten blocks", strings.Repeat("01234567", 80), "dea356a2cddd90c7a7ecedc5ebb563934f460452"},
	}
	eachSet(t, func(t *testing.T, s Kernels) {
		messages := make([]message, len(vectors))
		for i, v := range vectors {
			messages[i].data = []byte(v.message)
		}
		New(s).Blocks(lanes(messages))
		for i, v := range vectors {
			if got := messages[i].state.Digest(); hex.EncodeToString(got[:]) != v.digest {
				t.Errorf("%s: got %x, want %s", v.name, got, v.digest)
			}
		}
	})
}

// TestLengths hashes every length up to several thousand bytes in every lane,
// at once of equal and of different lengths, at every alignment.
func TestLengths(t *testing.T) {
	longest := 4500
	if testing.Short() || raceEnabled {
		longest = 600
	}
	source := noise(longest+MaxLanes, 1)
	for _, mix := range []struct {
		name   string
		length func(n, lane int) int
	}{
		{"equal", func(n, lane int) int { return n }},
		{"mixed", func(n, lane int) int { return (n + 997*lane) % (longest + 1) }},
	} {
		want := make(map[[2]int][Size]byte)
		digest := func(lane, length int) [Size]byte {
			at := [2]int{lane, length}
			if d, ok := want[at]; ok {
				return d
			}
			d := sha1.Sum(source[lane:][:length])
			want[at] = d
			return d
		}
		eachSet(t, func(t *testing.T, s Kernels) {
			h := New(s)
			messages := make([]message, s.Lanes())
			for n := range longest + 1 {
				for lane := range messages {
					messages[lane].data = source[lane:][:mix.length(n, lane)]
				}
				h.Blocks(lanes(messages))
				for lane := range messages {
					m := &messages[lane]
					if m.state.Digest() != digest(lane, len(m.data)) {
						t.Fatalf("%s, lane %d, %d bytes: got %x, want %x", mix.name, lane, len(m.data), m.state.Digest(), digest(lane, len(m.data)))
					}
				}
			}
		})
	}
}

// TestBatches hashes batches of any number of streams, of lengths as files have
// them: the wide kernels run, lanes are refilled, narrow ones end it.
func TestBatches(t *testing.T) {
	source := noise(1<<20, 2)
	eachSet(t, func(t *testing.T, s Kernels) {
		h := New(s)
		rng := rand.New(rand.NewPCG(3, 4))
		for streams := range 3 * MaxLanes {
			messages := make([]message, streams)
			for i := range messages {
				most := 1 << rng.IntN(14)
				if rng.IntN(200) == 0 {
					most = 5 * blocksPerCall / 2 * BlockSize
				}
				from := rng.IntN(len(source) / 2)
				messages[i].data = source[from : from+rng.IntN(most)]
			}
			h.Blocks(lanes(messages))
			check(t, messages)
		}
	})
}

// TestStates starts from states and lengths in the middle of a message, beyond
// 2^32 bits and 2^32 bytes too, and compares with the pure Go code.
func TestStates(t *testing.T) {
	data := noise(1000, 5)
	lengths := []uint64{64, 1<<29 - 64, 1 << 29, 1<<32 - 64, 1 << 32, 1<<61 - 1<<20}
	eachSet(t, func(t *testing.T, s Kernels) {
		rng := rand.New(rand.NewPCG(6, 7))
		for n := range len(data) {
			var got, want [MaxLanes]State
			var bufs [MaxLanes][2 * BlockSize]byte
			var batch []Lane
			for i := range s.Lanes() {
				for j := range got[i] {
					got[i][j] = rng.Uint32()
				}
				want[i] = got[i]
				blocks, tail := Pad(&bufs[i], data[:n], lengths[n%len(lengths)]+uint64(n))
				batch = append(batch, Lane{&got[i], blocks, tail})
				blocksGeneric(&want[i], blocks)
				blocksGeneric(&want[i], tail)
			}
			New(s).Blocks(batch)
			if got != want {
				t.Fatalf("%d bytes: got %x, want %x", n, got, want)
			}
		}
	})
}

// TestPad compares the padding of long messages with crypto/sha1's, which is put
// into the middle of them.
func TestPad(t *testing.T) {
	rest := noise(200, 8)
	for _, before := range []uint64{0, 64, 1<<29 - 64, 1 << 29, 1<<32 - 64, 1 << 32, 1<<61 - 128, 1 << 61, 1<<64 - 64} {
		for n := range rest {
			std := newStandard()
			state := Initial()
			if !std.set(&state) {
				t.Fatal("crypto/sha1 doesn't take its state")
			}
			length := std.state[marshaledSize-8:]
			for i := range length {
				length[i] = byte(before >> (56 - 8*i))
			}
			if err := std.hash.UnmarshalBinary(std.state[:]); err != nil {
				t.Fatal(err)
			}
			std.hash.Write(rest[:n])
			want := std.hash.Sum(nil)

			var buf [2 * BlockSize]byte
			blocks, tail := Pad(&buf, rest[:n], before+uint64(n))
			blocksGeneric(&state, blocks)
			blocksGeneric(&state, tail)
			if got := state.Digest(); !bytes.Equal(got[:], want) {
				t.Errorf("%d bytes after %d: got %x, want %x", n, before, got, want)
			}
		}
	}
}

// TestStandard makes sure that the standard library is what runs, not what
// stands in for it.
func TestStandard(t *testing.T) {
	std := newStandard()
	s, want := Initial(), Initial()
	data := noise(10*BlockSize, 9)
	for range 3 {
		std.blocks(&s, data)
		blocksGeneric(&want, data)
	}
	if s != want || !std.set(&s) || !std.get(&s) {
		t.Errorf("got %x, want %x by way of the standard library", s, want)
	}
	unknown := standard{hash: std.hash} // no magic
	unknown.blocks(&s, data)
	blocksGeneric(&want, data)
	if s != want {
		t.Errorf("with an unknown format: got %x, want %x", s, want)
	}
}

func TestNothingKept(t *testing.T) {
	eachSet(t, func(t *testing.T, s Kernels) {
		h := New(s)
		messages := make([]message, 20)
		for i := range messages {
			messages[i].data = noise(100*i, uint64(i))
		}
		before := noise(1900, 19)
		h.Blocks(lanes(messages))
		if !bytes.Equal(messages[19].data, before) {
			t.Error("the data was changed")
		}
		for col := range MaxLanes {
			if h.state[col] != nil || h.data[col] != nil || h.tail[col] != nil {
				t.Errorf("lane %d was kept", col)
			}
		}
	})
}

func TestPartOfABlock(t *testing.T) {
	for _, l := range []Lane{{Data: make([]byte, 65)}, {Tail: make([]byte, 1)}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%d and %d bytes: no panic", len(l.Data), len(l.Tail))
				}
			}()
			l.State = new(State)
			New(Available()).Blocks([]Lane{l})
		}()
	}
}

func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes the standard library allocate")
	}
	eachSet(t, func(t *testing.T, s Kernels) {
		h := New(s)
		messages := make([]message, 20)
		for i := range messages {
			messages[i].data = make([]byte, 1000*i)
		}
		batch := lanes(messages)
		if n := testing.AllocsPerRun(10, func() { h.Blocks(batch) }); n != 0 {
			t.Errorf("%v allocations for a batch", n)
		}
		if n := testing.AllocsPerRun(10, func() { s.Rate(20) }); n != 0 {
			t.Errorf("%v allocations for a rate", n)
		}
	})
}

func TestUsed(t *testing.T) {
	for _, s := range forced() {
		h := New(s)
		messages := make([]message, 17)
		h.Blocks(lanes(messages))
		if h.Used() != s {
			t.Errorf("used %v, not %v", h.Used(), s)
		}
	}
}

// FuzzBatch takes its input as a program: the kernels, then the length of each
// stream and where in the data it lies.
func FuzzBatch(f *testing.F) {
	f.Add(uint16(0xffff), []byte{0})
	f.Add(uint16(0xffff), []byte{0, 0, 0, 55, 1, 0, 56, 2, 0, 64, 3, 4, 0, 0})
	f.Add(uint16(one(avx512x16)), bytes.Repeat([]byte{1, 0, 7}, 40))
	f.Add(uint16(one(shaNIx4)|one(avx2x8)), bytes.Repeat([]byte{15, 255, 1, 0, 63, 0}, 9))
	source := noise(1<<16, 10)
	f.Fuzz(func(t *testing.T, set uint16, program []byte) {
		var messages []message
		for ; len(program) >= 3 && len(messages) < 64; program = program[3:] {
			length := (int(program[0])<<8 | int(program[1])) % 5000
			from := int(program[2]) * 100
			messages = append(messages, message{data: source[from : from+length]})
		}
		New(Kernels(set) & Available()).Blocks(lanes(messages))
		check(t, messages)
	})
}

func ExampleHasher_Blocks() {
	var bufs [2][2 * BlockSize]byte
	var states [2]State
	var batch []Lane
	for i, message := range []string{"abc", "The quick brown fox jumps over the lazy dog"} {
		states[i] = Initial()
		data, tail := Pad(&bufs[i], []byte(message), uint64(len(message)))
		batch = append(batch, Lane{State: &states[i], Data: data, Tail: tail})
	}
	New(Available()).Blocks(batch)
	for _, s := range states {
		fmt.Printf("%x\n", s.Digest())
	}
	// Output:
	// a9993e364706816aba3e25717850c26c9cd0d89d
	// 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12
}
