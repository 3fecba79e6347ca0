package main

import (
	"fmt"
	"math/big"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sha2 emits the rounds of FIPS 180-4, sections 6.2.2 and 6.4.2, which differ in word
// size and constants only.
type sha2 struct {
	rounds int
	k      Mem // the constant of each round, broadcast to 32 bytes
	// Section 4.1.2 or 4.1.3.
	upper0, upper1, lower0, lower1 [3]int
}

func newSHA256() sha2 {
	return sha2{
		rounds: 64, k: sha2K(64, 4),
		upper0: [3]int{2, 13, 22}, upper1: [3]int{6, 11, 25},
		lower0: [3]int{7, 18, 3}, lower1: [3]int{17, 19, 10},
	}
}

func newSHA512() sha2 {
	return sha2{
		rounds: 80, k: sha2K(80, 8),
		upper0: [3]int{28, 34, 39}, upper1: [3]int{14, 18, 41},
		lower0: [3]int{1, 8, 7}, lower1: [3]int{19, 61, 6},
	}
}

// sha2K is the table of constants of sections 4.2.2 and 4.2.3: the first bits of the
// fractional parts of the cube roots of the first primes.
func sha2K(rounds, wordSize int) Mem {
	m := GLOBL("sha2K", RODATA|NOPTR)
	for t, k := range cubeRoots(rounds) {
		for i := 0; i < 32; i += wordSize {
			if wordSize == 4 {
				DATA(32*t+i, U32(k>>32))
			} else {
				DATA(32*t+i, U64(k))
			}
		}
	}
	return m
}

func cubeRoots(n int) (k []uint64) {
	for p := int64(2); len(k) < n; p++ {
		if !big.NewInt(p).ProbablyPrime(0) {
			continue
		}
		// The largest x with x^3 <= p<<192; its lowest 64 bits are the fraction.
		x := new(big.Int)
		limit := new(big.Int).Lsh(big.NewInt(p), 192)
		for bit := 68; bit >= 0; bit-- {
			x.SetBit(x, bit, 1)
			if new(big.Int).Exp(x, big.NewInt(3), nil).Cmp(limit) > 0 {
				x.SetBit(x, bit, 0)
			}
		}
		k = append(k, new(big.Int).And(x, new(big.Int).SetUint64(^uint64(0))).Uint64())
	}
	return k
}

func (s sha2) emit(v isa, state []reg.VecVirtual, m *message) []reg.VecVirtual {
	a, b, c, d, e, f, g, h := state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
	for t := range s.rounds {
		if t%16 == 0 {
			Comment(fmt.Sprintf("Rounds %d to %d.", t, t+15))
		}
		if ahead := t + scheduleAhead; ahead >= 16 && ahead < s.rounds {
			s.schedule(v, m, ahead)
		}
		x := v.reg()
		v.addConst(s.k.Offset(32*t), m.word(t), x)
		v.add(x, h, h)
		v.add(v.chooseOf(e, f, g), h, h)
		v.add(v.sigmaOf(s.upper1, false, e), h, h)
		v.add(h, d, d)
		v.add(v.majorityOf(a, b, c), h, h)
		v.add(v.sigmaOf(s.upper0, false, a), h, h)
		a, b, c, d, e, f, g, h = h, a, b, c, d, e, f, g
		if t >= s.rounds-16 {
			m.loadPart(t - (s.rounds - 16))
		}
	}
	return []reg.VecVirtual{a, b, c, d, e, f, g, h}
}

// schedule emits word t of the message schedule.
func (s sha2) schedule(v isa, m *message, t int) {
	m.update(t, func(x reg.VecVirtual) {
		v.add(m.word(t-7), x, x)
		v.add(v.sigmaOf(s.lower0, true, m.register(t-15)), x, x)
		v.add(v.sigmaOf(s.lower1, true, m.register(t-2)), x, x)
	})
}
