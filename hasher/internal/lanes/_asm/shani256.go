package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// shani256 hashes a few streams of SHA-256 with the SHA instructions. SHA256RNDS2 does
// two rounds of one stream; on Zen 4 its latency is four cycles, and another stream's
// can start after two. Two streams fill a core; more gain nothing.
type shani256 struct {
	streams int
	reverse Mem // PSHUFB control that reverses the bytes of dwords
	k       Mem // 16 bytes for each group of rounds
}

// A stream256 is the registers and memory of one stream.
type stream256 struct {
	data       reg.GPVirtual // next block
	abef, cdgh reg.VecVirtual
	group      [4]reg.VecVirtual // message words
	saved      Mem               // chaining value, two registers
}

// shani256K is the table of constants, once each.
func shani256K() Mem {
	m := GLOBL("shaniK", RODATA|NOPTR)
	for t, k := range cubeRoots(64) {
		DATA(4*t, U32(k>>32))
	}
	return m
}

func (k shani256) generate() {
	digests, data, blocks := begin(fmt.Sprintf("blocksSHANIx%d", k.streams), k.streams, 4)
	word := func(i, stream int) Mem { return Mem{Base: digests, Disp: 4 * (columns*i + stream)} }
	stack := AllocLocal(32 * k.streams)
	streams := make([]*stream256, k.streams)
	for i := range streams {
		s := &stream256{data: GP64(), abef: XMM(), cdgh: XMM(), saved: stack.Offset(32 * i)}
		MOVQ(Mem{Base: data, Disp: 8 * i}, s.data)
		gather(s.abef, word(5, i), word(4, i), word(1, i), word(0, i))
		gather(s.cdgh, word(7, i), word(6, i), word(3, i), word(2, i))
		streams[i] = s
	}
	Label("block")
	mask := XMM()
	MOVOU(k.reverse, mask)
	for _, s := range streams {
		MOVOU(s.abef, s.saved)
		MOVOU(s.cdgh, s.saved.Offset(16))
	}
	for g := range 16 {
		for _, s := range streams {
			k.rounds(s, g, mask)
		}
	}
	for _, s := range streams {
		for i, x := range []reg.VecVirtual{s.abef, s.cdgh} {
			saved := XMM()
			MOVOU(s.saved.Offset(16*i), saved)
			PADDD(saved, x)
		}
		ADDQ(Imm(64), s.data)
	}
	DECQ(blocks)
	JNZ(LabelRef("block"))
	for i, s := range streams {
		scatter(s.abef, word(5, i), word(4, i), word(1, i), word(0, i))
		scatter(s.cdgh, word(7, i), word(6, i), word(3, i), word(2, i))
	}
	RET()
}

// gather loads four dwords, the lowest one first.
func gather(x reg.VecVirtual, words ...Mem) {
	MOVD(words[0], x)
	for i, w := range words[1:] {
		PINSRD(Imm(uint64(i+1)), w, x)
	}
}

func scatter(x reg.VecVirtual, words ...Mem) {
	for i, w := range words {
		PEXTRD(Imm(uint64(i)), x, w)
	}
}

// rounds emits rounds 4g to 4g+3 and the message schedule steps that can be done by
// then.
func (k shani256) rounds(s *stream256, g int, mask reg.VecVirtual) {
	if g < 4 {
		s.group[g] = XMM()
		MOVOU(Mem{Base: s.data, Disp: 16 * g}, s.group[g])
		PSHUFB(mask, s.group[g])
	}
	now, before, next := s.group[g%4], s.group[(g+3)%4], s.group[(g+1)%4]
	MOVOU(k.k.Offset(16*g), reg.X0)
	PADDD(now, reg.X0)
	SHA256RNDS2(reg.X0, s.abef, s.cdgh)
	if g >= 3 && g < 15 {
		shifted := XMM()
		MOVOA(now, shifted)
		PALIGNR(Imm(4), before, shifted)
		PADDD(shifted, next)
		SHA256MSG2(now, next)
	}
	PSHUFD(Imm(0x0e), reg.X0, reg.X0)
	SHA256RNDS2(reg.X0, s.cdgh, s.abef)
	if g >= 1 && g < 13 {
		SHA256MSG1(now, before)
	}
}
