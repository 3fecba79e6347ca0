package sha1lanes

import "unsafe"

// blocksPerCall is how many blocks of each lane a call of assembly gets at the
// most: 64 KiB, which takes 16 lanes about 0.13 ms, and slower kernels have
// fewer lanes. A longer call would gain less than one part in a thousand and
// hold up the garbage collector, which has to wait for its end.
const blocksPerCall = 1024

// A Hasher hashes batches of streams. It holds what a batch needs in between, so
// that a call allocates nothing: each worker has one of its own. It must not be
// used by two goroutines at once.
type Hasher struct {
	kernels Kernels
	used    Kernels
	std     standard
	single  State // on its way through a portable kernel

	// A busy lane has a column: the same index in each of these arrays. The
	// busy columns are the first ones. Of the others, digests has leavings,
	// which kernels may compute with.
	busy    int
	state   [MaxLanes]*State
	data    [MaxLanes]*byte  // the next block
	left    [MaxLanes]int    // blocks from there on, at least one
	tail    [MaxLanes][]byte // what comes then
	digests [len(State{})][MaxLanes]uint32
}

// New returns a Hasher that uses the given kernels.
func New(k Kernels) *Hasher {
	return &Hasher{kernels: k, std: newStandard()}
}

// Used returns the kernels that have run.
func (h *Hasher) Used() Kernels { return h.used }

// Blocks makes each lane's state absorb its blocks. No two lanes may have the
// same state. It panics if there is a part of a block; the Hasher is then of no
// more use.
func (h *Hasher) Blocks(lanes []Lane) {
	width := h.kernels.Lanes()
	for {
		for h.busy < width && len(lanes) > 0 {
			h.admit(&lanes[0])
			lanes = lanes[1:]
		}
		if h.busy == 0 {
			break
		}
		blocks := h.shortest()
		for col := 0; col < h.busy; {
			k := h.kernels.next(h.busy - col)
			h.run(k, col, blocks)
			col += k.lanes()
		}
		h.advance(blocks)
	}
	clear(h.data[:]) // of lanes that were not busy
}

// admit gives a lane a column, if it has any blocks.
func (h *Hasher) admit(l *Lane) {
	if (len(l.Data)|len(l.Tail))%BlockSize != 0 {
		panic("sha1lanes: part of a block")
	}
	raceRead(l.Data)
	raceRead(l.Tail)
	col := h.busy
	h.tail[col] = l.Tail
	if !h.feed(col, l.Data) {
		return
	}
	h.busy++
	h.state[col] = l.State
	for i, word := range l.State {
		h.digests[i][col] = word
	}
}

// feed gives a column p to absorb, or its tail if there is nothing of p. It
// returns false if there is nothing of either.
func (h *Hasher) feed(col int, p []byte) bool {
	if len(p) == 0 {
		p, h.tail[col] = h.tail[col], nil
	}
	h.data[col], h.left[col] = unsafe.SliceData(p), len(p)/BlockSize
	return len(p) > 0
}

// shortest returns how many blocks all busy lanes have, within bounds.
func (h *Hasher) shortest() int {
	blocks := blocksPerCall
	for _, left := range h.left[:h.busy] {
		blocks = min(blocks, left)
	}
	return blocks
}

// run lets kernel k hash the lanes from column col on.
func (h *Hasher) run(k kernel, col, blocks int) {
	h.used |= one(k)
	if k.portable() {
		h.runPortable(k, col, blocks)
		return
	}
	// Lanes that are not busy work on another's data, so that nothing else is
	// read; what comes of it is never looked at.
	for idle := h.busy; idle < col+k.lanes(); idle++ {
		h.data[idle] = h.data[col]
	}
	k.assembly(&h.digests[0][col], &h.data[col], blocks)
}

// runPortable runs a kernel that takes one stream and knows no columns.
func (h *Hasher) runPortable(k kernel, col, blocks int) {
	s, p := &h.single, unsafe.Slice(h.data[col], blocks*BlockSize)
	for i := range s {
		s[i] = h.digests[i][col]
	}
	if k == generic {
		blocksGeneric(s, p)
	} else {
		h.std.blocks(s, p)
	}
	for i := range s {
		h.digests[i][col] = s[i]
	}
}

// advance takes blocks off every busy lane, and retires those that ended.
func (h *Hasher) advance(blocks int) {
	// Backwards, because the last column moves to where one is retired.
	for col := h.busy - 1; col >= 0; col-- {
		if h.left[col] -= blocks; h.left[col] > 0 {
			h.data[col] = (*byte)(unsafe.Add(unsafe.Pointer(h.data[col]), blocks*BlockSize))
		} else if !h.feed(col, nil) {
			h.retire(col)
		}
	}
}

// retire gives a lane its state back, and its column to the last busy lane.
func (h *Hasher) retire(col int) {
	for i := range h.digests {
		h.state[col][i] = h.digests[i][col]
	}
	h.busy--
	last := h.busy
	h.data[col], h.left[col], h.tail[col] = h.data[last], h.left[last], h.tail[last]
	h.state[col] = h.state[last]
	for i := range h.digests {
		h.digests[i][col] = h.digests[i][last]
	}
	h.state[last], h.tail[last] = nil, nil
}
