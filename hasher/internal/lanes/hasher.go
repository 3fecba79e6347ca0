package lanes

import "unsafe"

// bytesPerCall limits the bytes of each lane that one call of assembly hashes. 64 KiB
// take about 0.13 ms for 16 lanes of SHA-1 and 0.28 ms for SHA-256, the slowest. Longer
// calls would be less than 0.1 % faster and delay the garbage collector, which must
// wait for them.
const bytesPerCall = 64 << 10

// A Hasher hashes batches of streams. It holds the scratch memory, so that a call
// allocates nothing. It must not be used by several goroutines at once.
type Hasher[W Word] struct {
	kernels Set[W]
	choices choices
	used    Set[W]
	words   int
	block   int
	streams []func(*State[W], []byte) // portable kernels and libraries, by kernel
	single  State[W]                  // argument of a portable kernel

	// Every busy lane has a column, an index into these arrays. Columns 0 to busy-1 are
	// in use. The others of digests hold stale values, which kernels may compute with
	// and overwrite.
	busy    int
	data    [MaxLanes]*byte    // next block
	left    [MaxLanes]int      // blocks in this part, at least one
	part    [MaxLanes]int      // next part of the lane
	lane    [MaxLanes]*Lane[W] // the lane in this column
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

// Blocks makes each lane's state absorb its blocks. No two lanes may share a state. It
// panics if the length of a part is not a multiple of the block size; the Hasher must
// not be used after that.
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
	clear(h.data[:]) // also those of idle lanes
}

// admit assigns a column to a lane, if it has any blocks.
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

// feed moves a column to the next nonempty part of its lane. It returns false if there
// is none.
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

// shortest returns the number of blocks that every busy lane has, at most bytesPerCall.
func (h *Hasher[W]) shortest() int {
	blocks := bytesPerCall / h.block
	for _, left := range h.left[:h.busy] {
		blocks = min(blocks, left)
	}
	return blocks
}

// run runs kernel k on its lanes from column col on.
func (h *Hasher[W]) run(k, col, blocks int) {
	h.used.bits |= 1 << k
	kernel := &h.kernels.alg.Kernels[k]
	if h.streams[k] != nil {
		h.runPortable(k, col, blocks)
		return
	}
	// Idle lanes read the data of a busy one, so that no other memory is read. Their
	// results are ignored.
	for idle := h.busy; idle < col+kernel.Lanes; idle++ {
		h.data[idle] = h.data[col]
	}
	kernel.Assembly(&h.digests[0][col], &h.data[col], blocks)
}

// runPortable runs a kernel that takes a single stream and a State.
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

// advance removes blocks from every busy lane and retires lanes that have ended.
func (h *Hasher[W]) advance(blocks int) {
	// Backwards, because retire moves the last busy column.
	for col := h.busy - 1; col >= 0; col-- {
		if h.left[col] -= blocks; h.left[col] > 0 {
			h.data[col] = (*byte)(unsafe.Add(unsafe.Pointer(h.data[col]), blocks*h.block))
		} else if !h.feed(col) {
			h.retire(col)
		}
	}
}

// retire copies the state back to its lane and moves the last busy lane into the free
// column.
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
