package sha1lanes

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// A place is where a benchmark has its data.
type place struct {
	name   string
	length int // of a lane's data
	total  int // of all batches at least, which are gone through in turn
}

// In L2 the data is if a reader ran on the same core right before; in L3 if
// another core filled the buffers, of the size that readers use.
var places = []place{
	{"L2", 16 << 10, 0},
	{"L3", 128 << 10, 4 << 20},
}

// BenchmarkKernel measures each kernel with some and with all of its lanes busy.
func BenchmarkKernel(b *testing.B) {
	for _, s := range forced() {
		for _, busy := range []int{1, 2, 3, 4, 8, 16} {
			if busy <= s.Lanes() {
				for _, place := range places {
					benchmark(b, s, busy, place)
				}
			}
		}
	}
}

// BenchmarkCrossover measures what sets the crossovers: numbers of busy lanes
// with narrow kernels, and with the next wider one alone. AVX2 is compared with
// the standard library, which has to be kept from using SHA-NI:
// GODEBUG=cpu.sha=off.
func BenchmarkCrossover(b *testing.B) {
	narrow := Available().Without("avx512,avx2")
	for _, c := range []struct {
		kernels    Kernels
		from, upTo int
	}{
		{one(cryptoSHA1), 1, 1},
		{one(avx2x8), 1, 4},
		{narrow, 1, 8},
		{one(avx512x8), 3, 8},
		{narrow | one(avx512x8), 8, 16},
		{one(avx512x16), 8, 16},
	} {
		if c.kernels&Available() != c.kernels {
			continue
		}
		for busy := c.from; busy <= c.upTo; busy++ {
			for _, place := range places {
				benchmark(b, c.kernels, busy, place)
			}
		}
	}
}

func benchmark(b *testing.B, s Kernels, busy int, place place) {
	b.Run(fmt.Sprintf("%v/busy=%d/%s", s, busy, place.name), func(b *testing.B) {
		batches := make([][]Lane, max(1, place.total/busy/place.length))
		for i := range batches {
			for lane := range busy {
				// Noise, because memory that nobody wrote to is one page of
				// zeros many times over, which the cache handles badly.
				data := noise(place.length, uint64(lane))
				batches[i] = append(batches[i], Lane{State: new(State), Data: data})
			}
		}
		h := New(s)
		b.SetBytes(int64(busy * place.length))
		for i := 0; b.Loop(); i++ {
			h.Blocks(batches[i%len(batches)])
		}
	})
}

// BenchmarkTiny hashes batches as tiny files make them, of 0 to 8 KiB, with the
// padding of each behind its data or apart from it.
func BenchmarkTiny(b *testing.B) {
	for _, apart := range []bool{false, true} {
		for _, streams := range []int{16, 64, 256} {
			b.Run(fmt.Sprintf("apart=%t/streams=%d", apart, streams), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				batch := make([]Lane, streams)
				bytes := 0
				for i := range batch {
					data := noise(rng.IntN(8<<10), uint64(i))
					bytes += len(data)
					batch[i].State = new(State)
					blocks, tail := Pad(new([2 * BlockSize]byte), data, uint64(len(data)))
					if !apart {
						blocks, tail = append(blocks, tail...), nil
					}
					batch[i].Data, batch[i].Tail = blocks, tail
				}
				h := New(Available())
				b.SetBytes(int64(bytes))
				for b.Loop() {
					h.Blocks(batch)
				}
			})
		}
	}
}
