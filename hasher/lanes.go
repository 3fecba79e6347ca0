package hasher

import "github.com/psha1sum/psha1sum/hasher/internal/lanes"

// inLanes is the method of algorithms that package lanes implements.
type inLanes[W lanes.Word] struct {
	alg     *lanes.Algorithm[W]
	initial *lanes.State[W]
	size    int // of the digest
}

func (m *inLanes[W]) lanes() int               { return m.alg.Available().Lanes() }
func (m *inLanes[W]) rate(streams int) float64 { return m.alg.Available().Rate(streams) }
func (m *inLanes[W]) kernels() []string        { return m.alg.Available().Names() }
func (m *inLanes[W]) newState() state          { return &laneState[W]{method: m} }

// holdsBack reports whether the last block is hashed differently from the others.
func holdsBack[W lanes.Word](alg *lanes.Algorithm[W]) bool { return alg.Inputs > 0 }

func (m *inLanes[W]) newEngine() engine {
	return &laneEngine[W]{alg: m.alg, hasher: lanes.New(m.alg.Available())}
}

type laneState[W lanes.Word] struct {
	method *inLanes[W]

	chain  lanes.State[W]
	length uint64 // bytes submitted
	tail   lanes.Tail

	// If the algorithm must know which block is the last: the last block submitted so
	// far, which has not been absorbed yet.
	held  [lanes.MaxBlock]byte
	holds bool
}

func (s *laneState[W]) reset() { s.chain, s.length, s.holds = *s.method.initial, 0, false }

func (s *laneState[W]) sum(dst []byte) []byte {
	return s.method.alg.Digest(dst, &s.chain, s.method.size)
}

// laneEngine hashes batches with package lanes.
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
		lane := &e.lanes[len(e.lanes)-1] // not &lane: that would allocate
		if holdsBack(e.alg) {
			e.cut(lane, s, j.last)
		}
		if j.last {
			e.alg.Pad(lane, &s.tail, s.length)
		}
	}
	e.hasher.Blocks(e.lanes)
	clear(e.lanes)
	if holdsBack(e.alg) {
		for _, j := range batch {
			e.hold(j)
		}
	}
}

// cut inserts the block held back before the piece. Unless the piece is the last one of
// the message, it leaves out the piece's last block, which may be the last of the
// message.
func (e *laneEngine[W]) cut(lane *lanes.Lane[W], s *laneState[W], last bool) {
	block := e.alg.BlockSize
	held := s.held[:block]
	switch {
	case !last:
		lane.Data = lane.Data[:max(len(lane.Data)-block, 0)]
	case len(lane.Data) == 0 && s.holds:
		lane.Data = held // the held block is the message's last
		return
	}
	if s.holds {
		lane.Head = held
	}
}

// hold keeps the last block of a piece, after the block held before has been absorbed.
func (e *laneEngine[W]) hold(j job) {
	block := e.alg.BlockSize
	if s := j.stream.state.(*laneState[W]); !j.last && len(j.data) > 0 {
		copy(s.held[:block], j.data[len(j.data)-block:])
		s.holds = true
	}
}

func (e *laneEngine[W]) used() []string { return e.hasher.Used().Names() }
