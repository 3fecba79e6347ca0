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
// Blocks lie in memory as one run of 16 words for each lane. Making 16 vectors
// out of that is a transposition, and it costs a tenth of a kernel's
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
	m.placeOnStack()
}

func (m *message) placeOnStack() {
	size := m.isa.wordSize() * m.isa.laneCount()
	stack := AllocLocal(16 * size)
	for t := range m.slot {
		m.slot[t] = stack.Offset(t * size)
	}
}

// wordsIn128 is how many words there are in 128 bits, which is what
// transpositions work on first: so many rows at a time.
func (m *message) wordsIn128() int { return 16 / m.isa.wordSize() }

// full says that registers have 512 bits.
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

// loadPart emits part i of 16 of loading the next block. With words of 32 bits
// every fourth part, i = 3, 7, 11 and 15, overwrites the words i-3 to i of the
// window; with words of 64 bits every second part the last two.
func (m *message) loadPart(i int) {
	var x reg.VecVirtual
	n := m.wordsIn128()
	if m.full() {
		// Words 0 to 15 of lane i, or half as many, twice as long.
		lanes := m.isa.laneCount()
		x = m.isa.reg()
		m.isa.load(m.lane(i%lanes, i/lanes*64), x)
	} else {
		// The words of 128 bits of two lanes, which meet here while they are
		// loaded: that is cheaper than to exchange halves of registers later.
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

// lane returns the memory disp bytes into a lane's block.
func (m *message) lane(lane, disp int) Mem {
	p := GP64()
	MOVQ(Mem{Base: m.data, Disp: 8 * lane}, p)
	return Mem{Base: p, Index: m.offset, Scale: 1, Disp: disp}
}

// transposeRows turns rows into as many words, from word t on.
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

// finish makes words of what the last part left. With registers of 256 bits they
// are words already. Otherwise, with n words in 128 bits, quarter q of vector
// n*g+k has word n*q+k of the lanes n*g to n*g+n-1, so for each k there are 4x4
// quarters to transpose; that is for the first 4*n vectors, and with words of 64
// bits the same again for the others.
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
