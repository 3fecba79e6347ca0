package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A blake2bRow kernel hashes one stream. Its 16 words are four rows in 256-bit
// registers, and a round mixes four columns, then four diagonals, at once. Row b is on
// the critical path, so the other three are rotated to turn diagonals into columns.
type blake2bRow struct {
	blake2b
	isa   isa
	ivRow Mem // the eight words, once each
	// With AVX-512, two permutations of all message words for each round: x of four
	// quarters, then y.
	index Mem
}

// rowSigma returns the message words of a half round: x of four quarters, in the order
// of row b, then y.
func rowSigma(round, half int) (words [8]int) {
	s := blake2bSigma[round%10]
	for p := range 4 {
		i := (p + 3*half) % 4 // the diagonal whose b is in place p
		words[p], words[4+p] = s[8*half+2*i], s[8*half+2*i+1]
	}
	return words
}

func newBLAKE2bRow(h blake2b, v isa, ivRow, index Mem) blake2bRow {
	return blake2bRow{blake2b: h, isa: v, ivRow: ivRow, index: index}
}

func blake2bIVRow() Mem {
	m := GLOBL("blake2bIVRow", RODATA|NOPTR)
	for i, word := range blake2bIV {
		DATA(8*i, U64(word))
	}
	return m
}

func blake2bIndex() Mem {
	m := GLOBL("blake2bIndex", RODATA|NOPTR)
	for r := range 10 {
		for half := range 2 {
			for i, word := range rowSigma(r, half) {
				DATA(64*(2*r+half)+8*i, U64(uint64(word)))
			}
		}
	}
	return m
}

func (k blake2bRow) generate(name string) {
	v := k.isa
	digests, data, blocks := begin(name, 1, 8)
	word := func(i int) Mem { return Mem{Base: digests, Disp: 8 * columns * i} }
	p, counter := GP64(), GP64()
	MOVQ(Mem{Base: data}, p)
	MOVQ(word(blake2bCounter), counter)
	final := XMM()
	VMOVQ(word(blake2bFinal), final)
	var h [2]reg.VecVirtual
	for i := range h {
		h[i] = gatherRow(word(4*i), word(4*i+1), word(4*i+2), word(4*i+3))
	}

	Label("block")
	ADDQ(Imm(128), counter)
	a, b, c, d := YMM(), YMM(), YMM(), YMM()
	VMOVDQA(h[0], a)
	VMOVDQA(h[1], b)
	VMOVDQU(k.ivRow, c)
	VPXOR(d, d, d)
	VMOVQ(counter, d.AsX())
	VINSERTI128(Imm(1), final, d, d)
	VPXOR(k.ivRow.Offset(32), d, d)
	words := k.words(p)
	for r := range blake2bRounds {
		Comment(fmt.Sprintf("Round %d.", r))
		for half := range 2 {
			x, y := words(r, half)
			if half == 1 {
				VPERMQ(Imm(0x93), a, a)
				VPERMQ(Imm(0x4e), d, d)
				VPERMQ(Imm(0x39), c, c)
			}
			for i, m := range []reg.VecVirtual{x, y} {
				v.add(m, a, a)
				v.add(b, a, a)
				v.xor(a, d)
				v.rotl([]uint8{32, 48}[i], d, d)
				v.add(d, c, c)
				v.xor(c, b)
				v.rotl([]uint8{40, 1}[i], b, b)
			}
			if half == 1 {
				VPERMQ(Imm(0x39), a, a)
				VPERMQ(Imm(0x4e), d, d)
				VPERMQ(Imm(0x93), c, c)
			}
		}
	}
	v.parity(h[0], a, c)
	v.parity(h[1], b, d)
	ADDQ(Imm(128), p)
	DECQ(blocks)
	JNZ(LabelRef("block"))

	MOVQ(counter, word(blake2bCounter))
	for i := range h {
		high := XMM()
		VEXTRACTI128(Imm(1), h[i], high)
		VMOVQ(h[i].AsX(), word(4*i))
		VPEXTRQ(Imm(1), h[i].AsX(), word(4*i+1))
		VMOVQ(high, word(4*i+2))
		VPEXTRQ(Imm(1), high, word(4*i+3))
	}
	VZEROUPPER()
	RET()
}

// words loads a block and returns a function that returns the words of a half round.
func (k blake2bRow) words(p reg.GPVirtual) func(round, half int) (x, y reg.VecVirtual) {
	if !k.isa.roomy() {
		at := func(word int) Mem { return Mem{Base: p, Disp: 8 * word} }
		return func(round, half int) (x, y reg.VecVirtual) {
			w := rowSigma(round, half)
			return gatherRow(at(w[0]), at(w[1]), at(w[2]), at(w[3])),
				gatherRow(at(w[4]), at(w[5]), at(w[6]), at(w[7]))
		}
	}
	low, high := ZMM(), ZMM()
	VMOVDQU64(Mem{Base: p}, low)
	VMOVDQU64(Mem{Base: p, Disp: 64}, high)
	return func(round, half int) (x, y reg.VecVirtual) {
		both, y := ZMM(), YMM()
		VMOVDQU64(k.index.Offset(64*(2*(round%10)+half)), both)
		VPERMI2Q(high, low, both)
		VEXTRACTI64X4(Imm(1), both, y)
		return both.AsY().(reg.VecVirtual), y
	}
}

// gatherRow loads four words into a register.
func gatherRow(a, b, c, d Mem) reg.VecVirtual {
	x, high := YMM(), XMM()
	VPBROADCASTQ(a, x) // broadcast, because avo doesn't know that VMOVQ clears the rest
	VPINSRQ(Imm(1), b, x.AsX(), x.AsX())
	VMOVQ(c, high)
	VPINSRQ(Imm(1), d, high, high)
	VINSERTI128(Imm(1), high, x, x)
	return x
}
