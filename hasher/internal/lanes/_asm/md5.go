package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// md5 emits the rounds of RFC 1321, section 3.4.
type md5 struct {
	k Mem // the constant of each operation, broadcast to 32 bytes
}

func newMD5() md5 {
	m := GLOBL("md5K", RODATA|NOPTR)
	for t := range 64 {
		for i := range 8 {
			DATA(32*t+4*i, U32(math.Abs(math.Sin(float64(t+1)))*(1<<32)))
		}
	}
	return md5{k: m}
}

// Words are used in a different order in each round, so all are needed until the end.
// The next block is loaded there, in parallel with the last operations, each of which
// waits for the one before.
func (h md5) emit(v isa, state []reg.VecVirtual, m *message) []reg.VecVirtual {
	a, b, c, d := state[0], state[1], state[2], state[3]
	shifts := [4][4]uint8{{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}
	for t := range 64 {
		var f reg.VecVirtual
		word := t
		switch t / 16 {
		case 0:
			f = v.chooseOf(b, c, d)
		case 1:
			f, word = v.chooseOf(d, b, c), 5*t+1
		case 2:
			f, word = v.parityOf(b, c, d), 3*t+5
		default:
			f, word = v.orNotOf(c, b, d), 7*t
		}
		if t%16 == 0 {
			Comment(fmt.Sprintf("Operations %d to %d.", t, t+15))
		}
		x := v.reg()
		v.addConst(h.k.Offset(32*t), m.word(word), x)
		v.add(x, a, a)
		v.add(f, a, a)
		v.rotl(shifts[t/16][t%4], a, a)
		v.add(b, a, a)
		a, b, c, d = d, a, b, c
	}
	m.loadAll()
	return []reg.VecVirtual{a, b, c, d}
}
