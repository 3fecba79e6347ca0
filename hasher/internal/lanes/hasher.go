package lanes

import "unsafe"

// bytesPerCall is how many bytes of each lane a call of assembly gets at the
// most: 64 KiB, which takes 16 lanes of SHA-1 about 0.13 ms and of SHA-256, the
// slowest, 0.28. A longer call would gain less than one part in a thousand
// and hold up the garbage collector, which has to wait for its end.
const bytesPerCall = 64 << 10

// A Hasher hashes batches of streams. It holds what a batch needs in between, so
// that a call allocates nothing: each worker has one of its own. It must not be
// used by two goroutines at once.
type Hasher[W Word] struct {
	kernels Set[W]
	choices choices
	used    Set[W]
	words   int
	block   int
	streams []func(*State[W], []byte) // of portable kernels
	single  State[W]                  // on its way through a portable kernel

	// A busy lane has a column: the same index in each of these arrays. The
	// busy columns are the first ones. Of the others, digests has leavings,
	// which kernels may compute with.
	busy    int
	data    [MaxLanes]*byte    // the next block
	left    [MaxLanes]int      // blocks from there on, at least one
	part    [MaxLanes]int      // of the lane, the one behind those
	lane    [MaxLanes]*Lane[W] // whose column it is
	digests [MaxWords][MaxLanes]W
}

// New returns a Hasher that uses the given kernels.
func New[W Word](s Set[W]) *Hasher[W] {
	alg := s.alg
	h := &Hasher[W]{
		kernels: s, choices: s.choose(), used: Set[W]{alg: alg, family: s.family},
		words: alg.Words, block: alg.BlockSize,
		streams: make([]func(*State[W], []byte), len(alg.Kernels)),
	}
	for i := range alg.Kernels {
		switch k := &alg.Kernels[i]; {
		case k.Library != nil && s.has(i):
			h.streams[i] = newStandard(k.Library, alg.Words-alg.Inputs, alg.Kernels[0].Portable).blocks
		case k.Portable != nil:
			h.streams[i] = k.Portable
		}
	}
	return h
}

// Used returns the kernels that have run.
func (h *Hasher[W]) Used() Set[W] { return h.used }

// Keeps says that the Hasher holds on to something of a batch, which it never
// does between calls. It is for tests.
func (h *Hasher[W]) Keeps() bool {
	for col := range MaxLanes {
		if h.data[col] != nil || h.lane[col] != nil {
			return true
		}
	}
	return false
}

// Blocks makes each lane's state absorb its blocks. No two lanes may have the
// same state. It panics if there is a part of a block; the Hasher is then of no
// more use.
func (h *Hasher[W]) Blocks(lanes []Lane[W]) {
	for {
		for h.busy < h.choices.lanes && len(lanes) > 0 {
			h.admit(&lanes[0])
			lanes = lanes[1:]
		}
		if h.busy == 0 {
			break
		}
		blocks := h.shortest()
		columns := int(h.choices.columns[h.busy])
		for col := 0; col < columns; {
			k := int(h.choices.kernel[columns-col])
			h.run(k, col, blocks)
			col += h.kernels.alg.Kernels[k].Lanes
		}
		h.advance(blocks)
	}
	clear(h.data[:]) // of lanes that were not busy
}

// admit gives a lane a column, if it has any blocks.
func (h *Hasher[W]) admit(l *Lane[W]) {
	if (len(l.Head)|len(l.Data)|len(l.Tail))&(h.block-1) != 0 {
		panic("lanes: part of a block")
	}
	RaceRead(l.Head)
	RaceRead(l.Data)
	RaceRead(l.Tail)
	col := h.busy
	h.lane[col], h.part[col] = l, 0
	for i := range h.words {
		h.digests[i][col] = l.State[i]
	}
	if !h.feed(col) {
		h.lane[col] = nil
		return
	}
	h.busy++
}

// feed gives a column the next part of its lane that isn't empty. It returns
// false if there is none.
func (h *Hasher[W]) feed(col int) bool {
	l := h.lane[col]
	for h.part[col] < parts {
		p := l.part(h.part[col])
		h.part[col]++
		if len(p) == 0 {
			continue
		}
		if inputs := h.kernels.alg.Inputs; inputs > 0 && h.part[col] == parts {
			for i := range inputs {
				h.digests[h.words-inputs+i][col] = l.Final[i]
			}
		}
		h.data[col], h.left[col] = unsafe.SliceData(p), len(p)/h.block
		return true
	}
	return false
}

// shortest returns how many blocks all busy lanes have, within bounds.
func (h *Hasher[W]) shortest() int {
	blocks := bytesPerCall / h.block
	for _, left := range h.left[:h.busy] {
		blocks = min(blocks, left)
	}
	return blocks
}

// run lets kernel k hash the lanes from column col on.
func (h *Hasher[W]) run(k, col, blocks int) {
	h.used.bits |= 1 << k
	kernel := &h.kernels.alg.Kernels[k]
	if h.streams[k] != nil {
		h.runPortable(k, col, blocks)
		return
	}
	// Lanes that are not busy work on another's data, so that nothing else is
	// read; what comes of it is never looked at.
	for idle := h.busy; idle < col+kernel.Lanes; idle++ {
		h.data[idle] = h.data[col]
	}
	kernel.Assembly(&h.digests[0][col], &h.data[col], blocks)
}

// runPortable runs a kernel that takes one stream and knows no columns.
func (h *Hasher[W]) runPortable(k, col, blocks int) {
	s := &h.single
	for i := range h.words {
		s[i] = h.digests[i][col]
	}
	h.streams[k](s, unsafe.Slice(h.data[col], blocks*h.block))
	for i := range h.words {
		h.digests[i][col] = s[i]
	}
}

// advance takes blocks off every busy lane, and retires those that ended.
func (h *Hasher[W]) advance(blocks int) {
	// Backwards, because the last column moves to where one is retired.
	for col := h.busy - 1; col >= 0; col-- {
		if h.left[col] -= blocks; h.left[col] > 0 {
			h.data[col] = (*byte)(unsafe.Add(unsafe.Pointer(h.data[col]), blocks*h.block))
		} else if !h.feed(col) {
			h.retire(col)
		}
	}
}

// retire gives a lane its state back, and its column to the last busy lane.
func (h *Hasher[W]) retire(col int) {
	state := h.lane[col].State
	h.busy--
	last := h.busy
	for i := range h.words {
		state[i] = h.digests[i][col]
		h.digests[i][col] = h.digests[i][last]
	}
	h.data[col], h.left[col], h.part[col] = h.data[last], h.left[last], h.part[last]
	h.lane[col] = h.lane[last]
	h.lane[last] = nil
}
