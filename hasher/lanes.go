package hasher

import "github.com/psha1sum/psha1sum/hasher/internal/lanes"

// A digest function appends the first size bytes of a chaining value to dst.
type digest[W lanes.Word] func(dst []byte, s *lanes.State[W], size int) []byte

// inLanes is the method of an algorithm that package lanes computes.
func inLanes[W lanes.Word](alg *lanes.Algorithm[W], initial *lanes.State[W], sum digest[W], size int) method {
	return method{
		lanes:     func() int { return alg.Available().Lanes() },
		rate:      func(streams int) float64 { return alg.Available().Rate(streams) },
		newEngine: func() engine { return &laneEngine[W]{alg: alg, hasher: lanes.New(alg.Available())} },
		newState: func() state {
			return &laneState[W]{initial: initial, digest: sum, size: size}
		},
		kernels: func() []string { return alg.Available().Names() },
	}
}

type laneState[W lanes.Word] struct {
	initial *lanes.State[W]
	digest  digest[W]
	size    int

	chain  lanes.State[W]
	length uint64 // bytes absorbed
	tail   lanes.Tail
}

func (s *laneState[W]) reset() { s.chain, s.length = *s.initial, 0 }

func (s *laneState[W]) sum(dst []byte) []byte { return s.digest(dst, &s.chain, s.size) }

// laneEngine hashes by way of package lanes.
type laneEngine[W lanes.Word] struct {
	alg    *lanes.Algorithm[W]
	hasher *lanes.Hasher[W]
	lanes  []lanes.Lane[W]
}

func (e *laneEngine[W]) hash(batch []job) {
	e.lanes = e.lanes[:0]
	for _, j := range batch {
		s := j.stream.state.(*laneState[W])
		s.length += uint64(len(j.data))
		e.lanes = append(e.lanes, lanes.Lane[W]{State: &s.chain, Data: j.data})
		if j.last {
			e.alg.Pad(&e.lanes[len(e.lanes)-1], &s.tail, s.length)
		}
	}
	e.hasher.Blocks(e.lanes)
	clear(e.lanes)
}

func (e *laneEngine[W]) used() []string { return e.hasher.Used().Names() }
