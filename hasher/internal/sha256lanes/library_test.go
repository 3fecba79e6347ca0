package sha256lanes

import (
	"crypto/sha256"
	"encoding"
	"fmt"
	"hash"
	"math/rand/v2"
	"testing"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes/lanestest"
)

// TestSIMD compares the kernels with the other library.
func TestSIMD(t *testing.T) {
	suite := sha256Suite
	suite.New = newSIMD
	suite.Resume = func(before uint64) hash.Hash { return lanestest.Resume(newSIMD(), before) }
	suite.RunShort(t)
}

// TestSIMDState continues with each library from the other's state, at any position of
// a message and of a block.
func TestSIMDState(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	data := make([]byte, 70_000)
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	for n := range 700 {
		before, after := data[:n], data[n:n+rng.IntN(300)]
		if n >= 600 {
			before = data[:rng.IntN(len(data)-300)]
		}
		ours, theirs := newSIMD(), sha256.New()
		if n%5 == 4 { // past 2^32 bits, and past 2^32 bytes
			length := []uint64{1 << 29, 1 << 32, 1 << 60}[n%3]
			ours, theirs = lanestest.Resume(ours, length), lanestest.Resume(theirs, length)
		}
		ours.Write(before)
		theirs.Write(before)
		a, errA := ours.(encoding.BinaryMarshaler).MarshalBinary()
		b, errB := theirs.(encoding.BinaryMarshaler).MarshalBinary()
		if string(a) != string(b) || errA != nil || errB != nil {
			t.Fatalf("%d bytes: the state is\n%x, %v, not\n%x, %v", len(before), a, errA, b, errB)
		}
		next, back := sha256.New(), newSIMD()
		for _, err := range []error{
			next.(encoding.BinaryUnmarshaler).UnmarshalBinary(a),
			back.(encoding.BinaryUnmarshaler).UnmarshalBinary(b),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		next.Write(after)
		back.Write(after)
		theirs.Write(after)
		want := fmt.Sprintf("%x", theirs.Sum(nil))
		if x, y := fmt.Sprintf("%x", next.Sum(nil)), fmt.Sprintf("%x", back.Sum(nil)); x != want || y != want {
			t.Fatalf("%d and %d bytes: %s and %s, want %s", len(before), len(after), x, y, want)
		}
	}
}
