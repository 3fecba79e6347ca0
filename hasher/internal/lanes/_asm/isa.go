package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is a vector instruction set with dword lanes, as round functions see
// it: the additions, rotations and Boolean functions that the MD4 family of
// hashes is made of. A round function written against it yields one kernel for
// each instruction set.
//
// An Op may be memory. Functions of x, y and z leave their result in x, so that
// no instruction set needs a move for them.
type isa interface {
	// laneCount is the number of dwords in a register.
	laneCount() int
	// reg returns a fresh register.
	reg() reg.VecVirtual
	// roomy says that a whole message fits into registers beside the state.
	roomy() bool

	load(m Mem, x reg.VecVirtual)
	store(x reg.VecVirtual, m Mem)
	// pair loads 128 bits from lo into the lower half of a 256-bit register
	// and 128 bits from hi into the upper half.
	pair(lo, hi Mem) reg.VecVirtual

	xor(m Op, x reg.VecVirtual)      // x ^= m
	add(m Op, x, dst reg.VecVirtual) // dst = x + m
	// addConst sets dst to w plus the constant at k, which lies there once
	// for each dword of 256 bits.
	addConst(k Mem, w Op, dst reg.VecVirtual)
	// rotl puts x rotated to the left by n bits into dst, which may be x.
	rotl(n uint8, x, dst reg.VecVirtual)

	choose(x, y, z reg.VecVirtual)    // x = x&y | ^x&z
	majority(x, y, z reg.VecVirtual)  // x = x&y | x&z | y&z
	parity(x reg.VecVirtual, y, z Op) // x = x ^ y ^ z
}

// avx512 is AVX-512F with 16 lanes, and with AVX-512VL the same instructions
// on half the width.
type avx512 struct{ lanes int }

func (v avx512) laneCount() int { return v.lanes }
func (avx512) roomy() bool      { return true }

func (v avx512) reg() reg.VecVirtual {
	if v.lanes == 8 {
		return YMM()
	}
	return ZMM()
}

func (avx512) load(m Mem, x reg.VecVirtual)  { VMOVDQU32(m, x) }
func (avx512) store(x reg.VecVirtual, m Mem) { VMOVDQU32(x, m) }

func (avx512) pair(lo, hi Mem) reg.VecVirtual {
	x := YMM()
	VBROADCASTI32X4(lo, x)
	VINSERTI32X4(Imm(1), hi, x, x)
	return x
}

func (avx512) xor(m Op, x reg.VecVirtual)               { VPXORD(m, x, x) }
func (avx512) add(m Op, x, dst reg.VecVirtual)          { VPADDD(m, x, dst) }
func (avx512) addConst(k Mem, w Op, dst reg.VecVirtual) { VPADDD_BCST(k, w, dst) }
func (avx512) rotl(n uint8, x, dst reg.VecVirtual)      { VPROLD(Imm(uint64(n)), x, dst) }

// The immediate of VPTERNLOGD is a truth table: its bit 4x+2y+z is the value of
// the function at x, y, z.

func (avx512) choose(x, y, z reg.VecVirtual)    { VPTERNLOGD(Imm(0xca), z, y, x) }
func (avx512) majority(x, y, z reg.VecVirtual)  { VPTERNLOGD(Imm(0xe8), z, y, x) }
func (avx512) parity(x reg.VecVirtual, y, z Op) { VPTERNLOGD(Imm(0x96), z, y, x) }

// avx2 does the same with functions of two operands, shifts and 16 registers.
type avx2 struct{}

func (avx2) laneCount() int      { return 8 }
func (avx2) roomy() bool         { return false }
func (avx2) reg() reg.VecVirtual { return YMM() }

func (avx2) load(m Mem, x reg.VecVirtual)  { VMOVDQU(m, x) }
func (avx2) store(x reg.VecVirtual, m Mem) { VMOVDQU(x, m) }

func (avx2) pair(lo, hi Mem) reg.VecVirtual {
	x := YMM()
	VBROADCASTI128(lo, x)
	VINSERTI128(Imm(1), hi, x, x)
	return x
}

func (avx2) xor(m Op, x reg.VecVirtual)      { VPXOR(m, x, x) }
func (avx2) add(m Op, x, dst reg.VecVirtual) { VPADDD(m, x, dst) }

func (avx2) addConst(k Mem, w Op, dst reg.VecVirtual) {
	VMOVDQU(k, dst)
	VPADDD(w, dst, dst)
}

func (avx2) rotl(n uint8, x, dst reg.VecVirtual) {
	low := YMM()
	VPSRLD(Imm(uint64(32-n)), x, low)
	if n == 1 {
		VPADDD(x, x, dst) // more ports can add than can shift
	} else {
		VPSLLD(Imm(uint64(n)), x, dst)
	}
	VPOR(low, dst, dst)
}

func (avx2) choose(x, y, z reg.VecVirtual) { // x&(y^z) ^ z
	t := YMM()
	VPXOR(y, z, t)
	VPAND(t, x, x)
	VPXOR(z, x, x)
}

func (avx2) majority(x, y, z reg.VecVirtual) { // x&(y|z) | y&z
	either, both := YMM(), YMM()
	VPOR(y, z, either)
	VPAND(y, z, both)
	VPAND(either, x, x)
	VPOR(both, x, x)
}

func (avx2) parity(x reg.VecVirtual, y, z Op) {
	VPXOR(y, x, x)
	VPXOR(z, x, x)
}
