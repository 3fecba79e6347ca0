package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// shani hashes a few streams with the SHA instructions. SHA1RNDS4 does four rounds of
// one stream. On Zen 4 its latency is six cycles, but that of another stream can start
// after two, so streams are interleaved.
//
// The instructions can address only X0 to X15. A stream needs two for its state and one
// to copy it, so four groups of four message words per stream don't fit: the latest are
// kept in registers, and all in a ring in memory, which has its own port.
type shani struct {
	streams int
	reverse Mem // PSHUFB control that reverses 16 bytes
}

// A stream is the registers and memory of one stream.
type stream struct {
	data   reg.GPVirtual // next block
	abcd   reg.VecVirtual
	e      reg.VecVirtual // in the highest dword
	eFirst reg.VecVirtual // register of e at the beginning and the end of a block

	group map[int]reg.VecVirtual // message words in registers, by group
	ring  Mem                    // last four groups
	saved Mem                    // chaining value, two registers
}

const (
	streamRing  = 0
	streamSaved = 64
	streamSize  = 96
)

func (k shani) generate() {
	digests, data, blocks := begin(fmt.Sprintf("blocksSHANIx%d", k.streams), k.streams, 4)
	word := func(i, stream int) Mem { return Mem{Base: digests, Disp: 4 * (columns*i + stream)} }

	// The SHA instructions require memory operands aligned to 16 bytes; Go aligns the
	// stack to 8.
	stack := AllocLocal(k.streams*streamSize + 16)
	local := GP64()
	LEAQ(stack.Offset(15), local)
	ANDQ(I32(-16), local)

	streams := make([]*stream, k.streams)
	for i := range streams {
		streams[i] = newStream(Mem{Base: local, Disp: streamSize * i})
		MOVQ(Mem{Base: data, Disp: 8 * i}, streams[i].data)
		streams[i].load(func(j int) Mem { return word(j, i) })
	}
	Label("block")
	mask := XMM()
	MOVOU(k.reverse, mask)
	for _, s := range streams {
		s.save()
	}
	for g := range 20 {
		for _, s := range streams {
			k.schedule(s, g, mask)
			s.rounds(g)
		}
	}
	DECQ(blocks)
	JNZ(LabelRef("block"))
	for i, s := range streams {
		s.store(func(j int) Mem { return word(j, i) })
	}
	RET()
}

// newStream returns a stream with streamSize bytes of memory at local.
func newStream(local Mem) *stream {
	s := &stream{
		data:  GP64(),
		abcd:  XMM(),
		e:     XMM(),
		group: make(map[int]reg.VecVirtual),
		ring:  local.Offset(streamRing),
		saved: local.Offset(streamSaved),
	}
	s.eFirst = s.e
	return s
}

// load loads the chaining value, with a and e in the highest dwords.
func (s *stream) load(word func(int) Mem) {
	MOVD(word(3), s.abcd)
	PINSRD(Imm(1), word(2), s.abcd)
	PINSRD(Imm(2), word(1), s.abcd)
	PINSRD(Imm(3), word(0), s.abcd)
	PXOR(s.e, s.e)
	PINSRD(Imm(3), word(4), s.e)
}

func (s *stream) store(word func(int) Mem) {
	for j := range 4 {
		PEXTRD(Imm(uint64(3-j)), s.abcd, word(j))
	}
	PEXTRD(Imm(3), s.e, word(4))
}

// save stores the chaining value for the end of the block.
func (s *stream) save() {
	MOVOA(s.abcd, s.saved)
	MOVOA(s.e, s.saved.Offset(16))
}

// schedule emits group g of the message words, 4g to 4g+3.
func (k shani) schedule(s *stream, g int, mask reg.VecVirtual) {
	x := XMM()
	if g < 4 {
		MOVOU(Mem{Base: s.data, Disp: 16 * g}, x)
		PSHUFB(mask, x)
	} else {
		MOVOA(s.ring.Offset(16*(g%4)), x) // group g-4
		SHA1MSG1(s.words(g-3), x)
		PXOR(s.words(g-2), x)
		SHA1MSG2(s.words(g-1), x)
	}
	if g < 19 {
		MOVOA(x, s.ring.Offset(16*(g%4)))
	}
	s.group[g] = x
	delete(s.group, g-k.kept())
}

// kept is the number of groups that fit into registers.
func (k shani) kept() int {
	if k.streams == 4 {
		return 1
	}
	return 2
}

// words returns group g as an operand to read.
func (s *stream) words(g int) Op {
	if x, ok := s.group[g]; ok {
		return x
	}
	return s.ring.Offset(16 * (g % 4))
}

// rounds emits rounds 4g to 4g+3, and after the last the addition to the chaining
// value.
func (s *stream) rounds(g int) {
	if g == 0 {
		PADDD(s.words(g), s.e)
	} else {
		SHA1NEXTE(s.words(g), s.e)
	}
	next := s.eFirst
	if g < 19 {
		next = XMM()
	}
	MOVOA(s.abcd, next) // e four rounds later, before its rotation
	SHA1RNDS4(Imm(uint64(g/5)), s.e, s.abcd)
	s.e = next
	if g == 19 {
		SHA1NEXTE(s.saved.Offset(16), s.e)
		PADDD(s.saved, s.abcd)
		ADDQ(Imm(64), s.data)
	}
}
