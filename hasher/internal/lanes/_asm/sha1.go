package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sha1 emits the rounds of FIPS 180-4, section 6.1.2.
type sha1 struct {
	k [4]Mem // the constant of each 20 rounds, broadcast to 256 bits
}

func newSHA1() sha1 {
	var s sha1
	for i, k := range []uint32{0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6} {
		s.k[i] = GLOBL(fmt.Sprintf("sha1K%d", i), RODATA|NOPTR)
		for j := range 8 {
			DATA(4*j, U32(k))
		}
	}
	return s
}

// scheduleAhead is by how many rounds a word is computed before its use. From 12 on,
// all words have been computed when loadPart overwrites the first; 15, the maximum,
// spreads the work most evenly.
const scheduleAhead = 15

func (s sha1) rounds(v isa, state []reg.VecVirtual, m *message) []reg.VecVirtual {
	a, b, c, d, e := state[0], state[1], state[2], state[3], state[4]
	for t := range 80 {
		if t%20 == 0 {
			Comment(fmt.Sprintf("Rounds %d to %d.", t, t+19))
		}
		if ahead := t + scheduleAhead; ahead >= 16 && ahead < 80 {
			s.schedule(v, m, ahead)
		}
		x, a5, b30 := v.reg(), v.reg(), v.reg()
		v.addConst(s.k[t/20], m.word(t), x)
		v.add(x, e, e)
		v.rotl(5, a, a5)
		v.rotl(30, b, b30)
		f := b // from here on only its rotated value is needed
		switch t / 20 {
		case 0:
			v.choose(f, c, d)
		case 2:
			v.majority(f, c, d)
		default:
			v.parity(f, c, d)
		}
		v.add(f, e, e)
		v.add(a5, e, e)
		a, b, c, d, e = e, a, b30, c, d
		if t >= 64 {
			m.loadPart(t - 64)
		}
	}
	return []reg.VecVirtual{a, b, c, d, e}
}

// schedule emits word t of the message schedule.
func (sha1) schedule(v isa, m *message, t int) {
	m.update(t, func(x reg.VecVirtual) {
		v.parity(x, m.word(t-14), m.word(t-8))
		v.xor(m.word(t-3), x)
		v.rotl(1, x, x)
	})
}
