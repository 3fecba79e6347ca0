package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is a vector instruction set with lanes of one word, with the operations of the
// MD4 family of hashes and BLAKE2: additions, rotations and Boolean functions. A round
// function written against it yields one kernel for each instruction set.
//
// An Op may be memory. Functions of x, y and z overwrite x with their result, so that
// no instruction set needs a move; those whose name ends in Of preserve their arguments
// and return a new register.
type isa interface {
	// wordSize is the length of a word, 4 or 8 bytes.
	wordSize() int
	// laneCount is the number of words in a register.
	laneCount() int
	// reg returns a new register.
	reg() reg.VecVirtual
	// roomy reports whether a whole message fits into registers besides the state.
	roomy() bool

	load(m Mem, x reg.VecVirtual)
	store(x reg.VecVirtual, m Mem)
	// pair loads 128 bits from lo into the lower half of a 256-bit register and 128
	// bits from hi into the upper half.
	pair(lo, hi Mem) reg.VecVirtual

	xor(m Op, x reg.VecVirtual)      // x ^= m
	add(m Op, x, dst reg.VecVirtual) // dst = x + m
	// addConst sets dst to w plus the constant at k, which is stored there broadcast to
	// 256 bits.
	addConst(k Mem, w Op, dst reg.VecVirtual)
	// loadConst loads such a constant.
	loadConst(k Mem, dst reg.VecVirtual)
	// rotl sets dst to x rotated left by n bits. dst may be x.
	rotl(n uint8, x, dst reg.VecVirtual)

	choose(x, y, z reg.VecVirtual)    // x = x&y | ^x&z
	majority(x, y, z reg.VecVirtual)  // x = x&y | x&z | y&z
	parity(x reg.VecVirtual, y, z Op) // x = x ^ y ^ z

	chooseOf(x, y, z reg.VecVirtual) reg.VecVirtual
	majorityOf(x, y, z reg.VecVirtual) reg.VecVirtual
	parityOf(x, y, z reg.VecVirtual) reg.VecVirtual
	orNotOf(x, y, z reg.VecVirtual) reg.VecVirtual // x ^ (y | ^z)
	// sigmaOf is the exclusive or of x rotated right by each of r; if shift is set, the
	// last is shifted instead.
	sigmaOf(r [3]int, shift bool, x reg.VecVirtual) reg.VecVirtual
}

// avx512 is AVX-512F with 512-bit registers, and AVX-512VL with 256-bit registers.
type avx512 struct{ lanes, word int }

func (v avx512) wordSize() int  { return v.word }
func (v avx512) laneCount() int { return v.lanes }
func (avx512) roomy() bool      { return true }

func (v avx512) reg() reg.VecVirtual {
	if v.lanes*v.word == 32 {
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

func (avx512) xor(m Op, x reg.VecVirtual) { VPXORD(m, x, x) }

func (v avx512) add(m Op, x, dst reg.VecVirtual) {
	if v.word == 8 {
		VPADDQ(m, x, dst)
		return
	}
	VPADDD(m, x, dst)
}

func (v avx512) addConst(k Mem, w Op, dst reg.VecVirtual) {
	if v.word == 4 {
		VPADDD_BCST(k, w, dst)
	} else if m, ok := w.(Mem); ok { // only one of the two may be memory
		v.load(m, dst)
		VPADDQ_BCST(k, dst, dst)
	} else {
		VPADDQ_BCST(k, w, dst)
	}
}

func (v avx512) loadConst(k Mem, dst reg.VecVirtual) {
	if v.word == 8 {
		VPBROADCASTQ(k, dst)
		return
	}
	VPBROADCASTD(k, dst)
}

func (v avx512) rotl(n uint8, x, dst reg.VecVirtual) {
	if v.word == 8 {
		VPROLQ(Imm(uint64(n)), x, dst)
		return
	}
	VPROLD(Imm(uint64(n)), x, dst)
}

// The immediate of VPTERNLOGD is a truth table: bit 4x+2y+z is the function's value at
// x, y, z.

func (avx512) choose(x, y, z reg.VecVirtual)    { VPTERNLOGD(Imm(0xca), z, y, x) }
func (avx512) majority(x, y, z reg.VecVirtual)  { VPTERNLOGD(Imm(0xe8), z, y, x) }
func (avx512) parity(x reg.VecVirtual, y, z Op) { VPTERNLOGD(Imm(0x96), z, y, x) }

func (v avx512) chooseOf(x, y, z reg.VecVirtual) reg.VecVirtual {
	return v.ternary(0xca, x, y, z)
}

func (v avx512) majorityOf(x, y, z reg.VecVirtual) reg.VecVirtual {
	return v.ternary(0xe8, x, y, z)
}

func (v avx512) parityOf(x, y, z reg.VecVirtual) reg.VecVirtual {
	return v.ternary(0x96, x, y, z)
}

func (v avx512) orNotOf(x, y, z reg.VecVirtual) reg.VecVirtual {
	return v.ternary(0x2d, x, y, z)
}

// ternary works on a copy of x: register moves use no vector port.
func (v avx512) ternary(table uint64, x, y, z reg.VecVirtual) reg.VecVirtual {
	dst := v.reg()
	VMOVDQA32(x, dst)
	VPTERNLOGD(Imm(table), z, y, dst)
	return dst
}

func (v avx512) sigmaOf(r [3]int, shift bool, x reg.VecVirtual) reg.VecVirtual {
	a, b, c := v.reg(), v.reg(), v.reg()
	bits := 8 * v.word
	v.rotl(uint8(bits-r[0]), x, a)
	v.rotl(uint8(bits-r[1]), x, b)
	switch {
	case !shift:
		v.rotl(uint8(bits-r[2]), x, c)
	case v.word == 8:
		VPSRLQ(Imm(uint64(r[2])), x, c)
	default:
		VPSRLD(Imm(uint64(r[2])), x, c)
	}
	v.parity(a, b, c)
	return a
}

// avx2 composes the operations from two-operand instructions and shifts, with 16
// registers.
type avx2 struct {
	word int
	// bytes are VPSHUFB controls that rotate words left by a multiple of 8 bits, by
	// number of bits.
	bytes map[uint8]Mem
	ones  Mem // all bits set
}

func (v avx2) wordSize() int     { return v.word }
func (v avx2) laneCount() int    { return 32 / v.word }
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

func (avx2) xor(m Op, x reg.VecVirtual) { VPXOR(m, x, x) }

func (v avx2) add(m Op, x, dst reg.VecVirtual) {
	if v.word == 8 {
		VPADDQ(m, x, dst)
		return
	}
	VPADDD(m, x, dst)
}

func (v avx2) addConst(k Mem, w Op, dst reg.VecVirtual) {
	VMOVDQU(k, dst)
	v.add(w, dst, dst)
}

func (avx2) loadConst(k Mem, dst reg.VecVirtual) { VMOVDQU(k, dst) }

func (v avx2) rotl(n uint8, x, dst reg.VecVirtual) {
	if control, ok := v.bytes[n]; ok {
		VPSHUFB(control, x, dst)
		return
	}
	if v.word == 8 && n == 32 {
		VPSHUFD(Imm(0xb1), x, dst)
		return
	}
	low := YMM()
	v.shr(8*v.word-int(n), x, low)
	if n == 1 {
		v.add(x, x, dst) // more ports can add than shift
	} else {
		v.shl(int(n), x, dst)
	}
	VPOR(low, dst, dst)
}

func (v avx2) shr(n int, x, dst reg.VecVirtual) {
	if v.word == 8 {
		VPSRLQ(Imm(uint64(n)), x, dst)
		return
	}
	VPSRLD(Imm(uint64(n)), x, dst)
}

func (v avx2) shl(n int, x, dst reg.VecVirtual) {
	if v.word == 8 {
		VPSLLQ(Imm(uint64(n)), x, dst)
		return
	}
	VPSLLD(Imm(uint64(n)), x, dst)
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

func (avx2) chooseOf(x, y, z reg.VecVirtual) reg.VecVirtual { // x&(y^z) ^ z
	dst := YMM()
	VPXOR(y, z, dst)
	VPAND(x, dst, dst)
	VPXOR(z, dst, dst)
	return dst
}

func (avx2) majorityOf(x, y, z reg.VecVirtual) reg.VecVirtual { // (x^y)&(y^z) ^ y
	dst, t := YMM(), YMM()
	VPXOR(x, y, dst)
	VPXOR(y, z, t)
	VPAND(t, dst, dst)
	VPXOR(y, dst, dst)
	return dst
}

func (avx2) parityOf(x, y, z reg.VecVirtual) reg.VecVirtual {
	dst := YMM()
	VPXOR(x, y, dst)
	VPXOR(z, dst, dst)
	return dst
}

func (v avx2) orNotOf(x, y, z reg.VecVirtual) reg.VecVirtual {
	dst := YMM()
	VPXOR(v.ones, z, dst)
	VPOR(y, dst, dst)
	VPXOR(x, dst, dst)
	return dst
}

// sigmaOf accumulates halves of rotations as they are computed, which takes two
// registers.
func (v avx2) sigmaOf(r [3]int, shift bool, x reg.VecVirtual) reg.VecVirtual {
	dst, t := YMM(), YMM()
	v.shr(r[0], x, dst)
	for i, n := range r {
		if i > 0 {
			v.shr(n, x, t)
			VPXOR(t, dst, dst)
		}
		if i == 2 && shift {
			break
		}
		if left := 8*v.word - n; left == 1 {
			v.add(x, x, t)
		} else {
			v.shl(left, x, t)
		}
		VPXOR(t, dst, dst)
	}
	return dst
}
