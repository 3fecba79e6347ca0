package lanestest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// A place is a cache level that holds a benchmark's data.
type place struct {
	name   string
	length int // bytes of data per lane
	total  int // minimum bytes of all batches, which are hashed in turn
}

// Data is in L2 if the same core has just read it, in L3 if another core filled the
// buffers. 128 KiB is the size of read buffers.
var places = []place{
	{"L2", 16 << 10, 0},
	{"L3", 128 << 10, 4 << 20},
}

// BenchmarkKernel measures each kernel with some and with all of its lanes in use.
func (s Suite[W]) BenchmarkKernel(b *testing.B) {
	for _, set := range s.Forced() {
		for _, busy := range []int{1, 2, 3, 4, 8, 16} {
			if busy <= set.Lanes() {
				s.benchmark(b, set, busy)
			}
		}
	}
}

func (s Suite[W]) benchmark(b *testing.B, set lanes.Set[W], busy int) {
	for _, place := range places {
		b.Run(fmt.Sprintf("%v/busy=%d/%s", set, busy, place.name), func(b *testing.B) {
			batches := make([][]lanes.Lane[W], max(1, place.total/busy/place.length))
			for i := range batches {
				for lane := range busy {
					// Random data, because all pages of zeroed memory may be the same
					// physical page, which distorts caching.
					data := noise(place.length, uint64(lane))
					batches[i] = append(batches[i], lanes.Lane[W]{State: new(lanes.State[W]), Data: data})
				}
			}
			h := lanes.New(set)
			b.SetBytes(int64(busy * place.length))
			for i := 0; b.Loop(); i++ {
				h.Blocks(batches[i%len(batches)])
			}
		})
	}
}

// BenchmarkTiny hashes batches like those of tiny files of up to 8 KiB, with the
// padding contiguous to the data or in separate memory.
func (s Suite[W]) BenchmarkTiny(b *testing.B) {
	for _, apart := range []bool{false, true} {
		for _, streams := range []int{16, 64, 256} {
			b.Run(fmt.Sprintf("apart=%t/streams=%d", apart, streams), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				batch := make([]lanes.Lane[W], streams)
				bytes := 0
				for i := range batch {
					data := noise(rng.IntN(8<<10), uint64(i))
					bytes += len(data)
					l := &batch[i]
					l.State, l.Data = new(lanes.State[W]), data
					s.Algorithm.Pad(l, new(lanes.Tail), uint64(len(data)))
					if !apart && s.Algorithm.Inputs == 0 {
						l.Data, l.Tail = append(l.Data, l.Tail...), nil
					}
				}
				h := lanes.New(s.Algorithm.Available())
				b.SetBytes(int64(bytes))
				for b.Loop() {
					h.Blocks(batch)
				}
			})
		}
	}
}
