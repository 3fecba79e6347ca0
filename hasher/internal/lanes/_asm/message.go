package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A message is the sliding window of 16 words that a message schedule sees,
// word t of all lanes in one vector: where there are registers enough in one of
// them, otherwise on the stack.
//
// Blocks lie in memory as one run of 64 bytes for each lane. Making 16 vectors
// of words out of that is a transposition, and it costs a tenth of a kernel's
// time if it comes between two blocks, since half of a core's vector ports can't
// work on it. So it is cut into 16 parts, which a round function spreads over the
// end of the block before, whose words are used up one by one.
type message struct {
	isa    isa
	data   reg.GPVirtual // an array of pointers, one for each lane
	offset reg.GPVirtual // of the block that is loaded, the same in every lane
	swap   Mem           // reverses the bytes of words; none if they are little-endian

	regs [16]reg.VecVirtual // of a roomy isa
	slot [16]Mem            // of others
	rows [4]reg.VecVirtual  // loaded and not transposed yet
}

// place gives every word its register or its slot on the stack.
func (m *message) place() {
	if m.isa.roomy() {
		for t := range m.regs {
			m.regs[t] = m.isa.reg()
		}
		return
	}
	size := 4 * m.isa.laneCount()
	stack := AllocLocal(16 * size)
	for t := range m.slot {
		m.slot[t] = stack.Offset(t * size)
	}
}

// word returns word t as an operand to read.
func (m *message) word(t int) Op {
	if m.isa.roomy() {
		return m.regs[t%16]
	}
	return m.slot[t%16]
}

// update replaces word t-16 by word t, which change makes of it in place.
func (m *message) update(t int, change func(x reg.VecVirtual)) {
	if m.isa.roomy() {
		change(m.regs[t%16])
		return
	}
	x := m.isa.reg()
	m.isa.load(m.slot[t%16], x)
	change(x)
	m.isa.store(x, m.slot[t%16])
}

// loadAll loads a block where there was none before it.
func (m *message) loadAll() {
	for i := range 16 {
		m.loadPart(i)
	}
}

// loadPart emits part i of 16 of loading the next block. Every fourth part, i =
// 3, 7, 11 and 15, overwrites the words i-3 to i of the window.
func (m *message) loadPart(i int) {
	var x reg.VecVirtual
	if m.isa.laneCount() == 16 {
		// Dwords 0 to 15 of lane i.
		x = m.isa.reg()
		m.isa.load(m.lane(i, 0), x)
	} else {
		// Dwords 4g to 4g+3 of two lanes, which meet here while they are
		// loaded: that is cheaper than to exchange halves of registers later.
		g, j := i/4, i%4
		x = m.isa.pair(m.lane(j, 16*g), m.lane(j+4, 16*g))
	}
	if m.swap.Symbol.Name != "" {
		VPSHUFB(m.swap, x, x)
	}
	m.rows[i%4] = x
	if i%4 == 3 {
		m.transposeRows(i - 3)
	}
}

// lane returns the memory disp bytes into a lane's block.
func (m *message) lane(lane, disp int) Mem {
	p := GP64()
	MOVQ(Mem{Base: m.data, Disp: 8 * lane}, p)
	return Mem{Base: p, Index: m.offset, Scale: 1, Disp: disp}
}

// transposeRows turns four rows into the words t to t+3.
func (m *message) transposeRows(t int) {
	if m.isa.roomy() {
		transpose4x4(m.isa, m.rows, [4]reg.VecVirtual(m.regs[t:t+4]))
		return
	}
	var out [4]reg.VecVirtual
	for i := range out {
		out[i] = m.isa.reg()
	}
	transpose4x4(m.isa, m.rows, out)
	for i, x := range out {
		m.isa.store(x, m.slot[t+i])
	}
}

// transpose4x4 transposes, in each 128 bits of its own, the 4x4 dwords of four
// rows, which it destroys.
func transpose4x4(v isa, row, out [4]reg.VecVirtual) {
	a, b, c, d := row[0], row[1], row[2], row[3]
	ab, cd := v.reg(), v.reg()
	VPUNPCKLDQ(b, a, ab) // a0 b0 a1 b1
	VPUNPCKHDQ(b, a, a)  // a2 b2 a3 b3
	VPUNPCKLDQ(d, c, cd)
	VPUNPCKHDQ(d, c, c)
	VPUNPCKLQDQ(cd, ab, out[0]) // a0 b0 c0 d0
	VPUNPCKHQDQ(cd, ab, out[1])
	VPUNPCKLQDQ(c, a, out[2])
	VPUNPCKHQDQ(c, a, out[3])
}

// finish makes words of what the last part left. With 8 lanes they are words
// already. With 16, quarter q of vector 4g+k has dword 4q+k of the lanes 4g to
// 4g+3, so for each k there are 4x4 quarters to transpose.
func (m *message) finish() {
	if m.isa.laneCount() == 8 {
		return
	}
	for k := range 4 {
		a, b, c, d := m.regs[k], m.regs[4+k], m.regs[8+k], m.regs[12+k]
		ab01, ab23, cd01, cd23 := ZMM(), ZMM(), ZMM(), ZMM()
		VSHUFI32X4(Imm(0x44), b, a, ab01) // a0 a1 b0 b1
		VSHUFI32X4(Imm(0xee), b, a, ab23) // a2 a3 b2 b3
		VSHUFI32X4(Imm(0x44), d, c, cd01)
		VSHUFI32X4(Imm(0xee), d, c, cd23)
		VSHUFI32X4(Imm(0x88), cd01, ab01, a) // a0 b0 c0 d0
		VSHUFI32X4(Imm(0xdd), cd01, ab01, b) // a1 b1 c1 d1
		VSHUFI32X4(Imm(0x88), cd23, ab23, c)
		VSHUFI32X4(Imm(0xdd), cd23, ab23, d)
	}
}
