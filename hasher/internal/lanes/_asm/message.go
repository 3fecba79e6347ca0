package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A message is the sliding window of 16 words of a message schedule, with word t of all
// lanes in one vector: in registers if there are enough, otherwise on the stack.
//
// In memory, each lane's block is 16 consecutive words. Turning them into 16 vectors is
// a transposition. Between two blocks it would take a tenth of a kernel's time, because
// half of a core's vector ports can't execute it. It is therefore split into 16 parts,
// which a round function interleaves with the end of the previous block, as its words
// are used for the last time.
type message struct {
	isa    isa
	data   reg.GPVirtual // array of pointers, one per lane
	offset reg.GPVirtual // of the block being loaded, the same in every lane
	swap   Mem           // reverses the bytes of words; zero if they are little-endian

	regs [16]reg.VecVirtual // of a roomy isa
	slot [16]Mem            // of others
	rows [4]reg.VecVirtual  // loaded, not transposed yet
}

// place assigns every word a register or a slot on the stack.
func (m *message) place() {
	if m.isa.roomy() {
		for t := range m.regs {
			m.regs[t] = m.isa.reg()
		}
		return
	}
	m.placeOnStack()
}

func (m *message) placeOnStack() {
	size := m.isa.wordSize() * m.isa.laneCount()
	stack := AllocLocal(16 * size)
	for t := range m.slot {
		m.slot[t] = stack.Offset(t * size)
	}
}

// wordsIn128 is the number of words in 128 bits, which is the number of rows that are
// transposed at a time.
func (m *message) wordsIn128() int { return 16 / m.isa.wordSize() }

// full reports whether registers have 512 bits.
func (m *message) full() bool { return m.isa.laneCount()*m.isa.wordSize() == 64 }

// word returns word t as an operand to read.
func (m *message) word(t int) Op {
	if m.isa.roomy() {
		return m.regs[t%16]
	}
	return m.slot[t%16]
}

// register returns word t in a register to read.
func (m *message) register(t int) reg.VecVirtual {
	if m.isa.roomy() {
		return m.regs[t%16]
	}
	x := m.isa.reg()
	m.isa.load(m.slot[t%16], x)
	return x
}

// update replaces word t-16 by word t, which change computes in place.
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

// loadAll loads a block without interleaving.
func (m *message) loadAll() {
	for i := range 16 {
		m.loadPart(i)
	}
}

// loadPart emits part i of 16 of loading the next block. With 32-bit words every fourth
// part (i = 3, 7, 11 and 15) overwrites words i-3 to i of the window; with 64-bit words
// every second part overwrites the last two.
func (m *message) loadPart(i int) {
	var x reg.VecVirtual
	n := m.wordsIn128()
	if m.full() {
		// Words 0 to 15 of lane i, or half as many of 64 bits.
		lanes := m.isa.laneCount()
		x = m.isa.reg()
		m.isa.load(m.lane(i%lanes, i/lanes*64), x)
	} else {
		// 128 bits each of two lanes, combined while they are loaded: that is cheaper
		// than exchanging halves of registers later.
		g, j := i/n, i%n
		x = m.isa.pair(m.lane(j, 16*g), m.lane(j+n, 16*g))
	}
	if m.swap.Symbol.Name != "" {
		VPSHUFB(m.swap, x, x)
	}
	m.rows[i%n] = x
	if i%n == n-1 {
		m.transposeRows(i - (n - 1))
	}
}

// lane returns the memory at disp bytes in a lane's block.
func (m *message) lane(lane, disp int) Mem {
	p := GP64()
	MOVQ(Mem{Base: m.data, Disp: 8 * lane}, p)
	return Mem{Base: p, Index: m.offset, Scale: 1, Disp: disp}
}

// transposeRows turns rows into words, from word t on.
func (m *message) transposeRows(t int) {
	var out [4]reg.VecVirtual
	n := m.wordsIn128()
	for i := range n {
		if m.isa.roomy() {
			out[i] = m.regs[t+i]
		} else {
			out[i] = m.isa.reg()
		}
	}
	if n == 4 {
		transpose4x4(m.isa, m.rows, out)
	} else {
		VPUNPCKLQDQ(m.rows[1], m.rows[0], out[0]) // a0 b0
		VPUNPCKHQDQ(m.rows[1], m.rows[0], out[1]) // a1 b1
	}
	if !m.isa.roomy() {
		for i, x := range out[:n] {
			m.isa.store(x, m.slot[t+i])
		}
	}
}

// transpose4x4 transposes the 4x4 dwords in each 128-bit part of four rows, which it
// overwrites.
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

// finish turns the rows of the last part into words. With 256-bit registers nothing is
// left to do. Otherwise, with n words in 128 bits, quarter q of vector n*g+k holds word
// n*q+k of lanes n*g to n*g+n-1, so for each k there are 4x4 quarters to transpose: for
// the first 4*n vectors, and with 64-bit words again for the others.
func (m *message) finish() {
	if !m.full() {
		return
	}
	n := m.wordsIn128()
	for first := 0; first < 16; first += 4 * n {
		for k := range n {
			r := m.regs[first+k:]
			a, b, c, d := r[0], r[n], r[2*n], r[3*n]
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
}
