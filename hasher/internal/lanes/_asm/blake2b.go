package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// blake2b generates kernels of BLAKE2b (RFC 7693). It has no message schedule: each
// round uses all words of the message, so they stay on the stack, and the 16 working
// words fill the registers.
//
// Two words of the state are not part of the chaining value: word 8 is the number of
// bytes absorbed, word 9 the final flag. The counter's upper half is always zero.
type blake2b struct {
	iv    Mem // each word in 32 bytes, broadcast
	block Mem // the block length, broadcast to 32 bytes
}

const (
	blake2bCounter = 8
	blake2bFinal   = 9
	blake2bRounds  = 12
)

var blake2bIV = [8]uint64{
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
}

// blake2bSigma is the message schedule: section 2.7.
var blake2bSigma = [10][16]int{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
}

func newBLAKE2b() blake2b {
	var h blake2b
	h.iv = GLOBL("blake2bIV", RODATA|NOPTR)
	for i, word := range blake2bIV {
		for j := range 4 {
			DATA(32*i+8*j, U64(word))
		}
	}
	h.block = GLOBL("blake2bBlock", RODATA|NOPTR)
	for j := range 4 {
		DATA(8*j, U64(128))
	}
	return h
}

func (h blake2b) generate(name string, v isa) {
	digests, data, blocks := beginWith(0, name, v.laneCount(), 8)
	word := func(i int) Mem { return Mem{Base: digests, Disp: 8 * columns * i} }
	m := &message{isa: v, data: data, offset: GP64()}
	m.place()
	w := working{isa: v, h: h}
	if v.roomy() {
		m.placeOnStack()
	} else {
		w.spilled = AllocLocal(4 * 32)
	}
	XORQ(m.offset, m.offset)
	Label("block")
	m.loadAll()
	m.finish()
	if v.roomy() {
		for t, x := range m.regs {
			v.store(x, m.slot[t])
		}
	}
	w.begin(word)
	for r := range blake2bRounds {
		Comment(fmt.Sprintf("Round %d.", r))
		s := blake2bSigma[r%10]
		for half := range 2 { // columns, then diagonals
			var quarters [4]quarter
			for i := range quarters {
				quarters[i] = quarter{
					a: i, b: 4 + (i+half)%4, c: 8 + (i+2*half)%4, d: 12 + (i+3*half)%4,
					x: m.slot[s[8*half+2*i]], y: m.slot[s[8*half+2*i+1]],
				}
			}
			if v.roomy() {
				w.mix(quarters[:])
			} else {
				w.mix(quarters[:2])
				w.mix(quarters[2:])
			}
		}
	}
	Comment("Add to the chaining value.")
	for i := range 8 {
		v.parity(w.v[i], w.operand(8+i), word(i))
		v.store(w.v[i], word(i))
	}
	ADDQ(Imm(128), m.offset)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// working is the 16 working words. With 16 registers, words 8 to 11, which have the
// longest time between two uses, are in memory.
type working struct {
	isa     isa
	h       blake2b
	v       [16]reg.VecVirtual
	spilled Mem // words 8 to 11, if there are few registers
}

func (w *working) inMemory(i int) bool { return !w.isa.roomy() && i >= 8 && i < 12 }

func (w *working) slot(i int) Mem { return w.spilled.Offset(32 * (i - 8)) }

func (w *working) operand(i int) Op {
	if w.inMemory(i) {
		return w.slot(i)
	}
	return w.v[i]
}

// begin sets the working words to their initial values.
func (w *working) begin(word func(int) Mem) {
	v := w.isa
	counter := v.reg()
	v.addConst(w.h.block, word(blake2bCounter), counter)
	v.store(counter, word(blake2bCounter))
	for i := range 16 {
		x := v.reg()
		if i < 8 {
			v.load(word(i), x)
		} else {
			v.loadConst(w.h.iv.Offset(32*(i-8)), x)
		}
		switch {
		case i == 12:
			v.xor(counter, x)
		case i == 14:
			v.xor(word(blake2bFinal), x)
		}
		if w.inMemory(i) {
			v.store(x, w.slot(i))
		} else {
			w.v[i] = x
		}
	}
}

// A quarter is an application of G (section 3.1) to four words and two words of the
// message.
type quarter struct {
	a, b, c, d int
	x, y       Op
}

// mix emits G for several quarters, interleaved.
func (w *working) mix(quarters []quarter) {
	v := w.isa
	each := func(do func(q quarter)) {
		for _, q := range quarters {
			do(q)
		}
	}
	each(func(q quarter) {
		if w.inMemory(q.c) {
			w.v[q.c] = v.reg()
			v.load(w.slot(q.c), w.v[q.c])
		}
	})
	half := func(word func(quarter) Op, rotateD, rotateB uint8) {
		// The message word is available before b is.
		each(func(q quarter) { v.add(word(q), w.v[q.a], w.v[q.a]) })
		each(func(q quarter) { v.add(w.v[q.b], w.v[q.a], w.v[q.a]) })
		each(func(q quarter) { v.xor(w.v[q.a], w.v[q.d]) })
		each(func(q quarter) { v.rotl(64-rotateD, w.v[q.d], w.v[q.d]) })
		each(func(q quarter) { v.add(w.v[q.d], w.v[q.c], w.v[q.c]) })
		each(func(q quarter) { v.xor(w.v[q.c], w.v[q.b]) })
		each(func(q quarter) { v.rotl(64-rotateB, w.v[q.b], w.v[q.b]) })
	}
	half(func(q quarter) Op { return q.x }, 32, 24)
	half(func(q quarter) Op { return q.y }, 16, 63)
	each(func(q quarter) {
		if w.inMemory(q.c) {
			v.store(w.v[q.c], w.slot(q.c))
		}
	})
}
