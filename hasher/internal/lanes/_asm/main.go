// Command _asm generates the assembly of the packages beside package lanes.
//
//	go generate ./hasher/...
//
// A kernel with one stream per vector lane is a round function and a few parameters:
// see vertical. Loading and transposition (message), the instruction sets (isa) and the
// frame are shared by all hashes. The SHA-NI kernels, which hash each stream in its own
// registers, are separate: see shani.
package main

import (
	"flag"
	"fmt"
	"log"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

func main() {
	hash := flag.String("hash", "", "the algorithm whose kernels to generate")
	flag.Parse()
	ConstraintExpr("!purego")
	switch *hash {
	case "sha1":
		generateSHA1()
	case "sha256":
		generateSHA256()
	case "blake2b":
		generateBLAKE2b()
	case "md5":
		generateMD5()
	case "sha512":
		generateSHA512()
	default:
		log.Fatalf("no algorithm is called %q", *hash)
	}
	Generate()
}

func generateSHA1() {
	k := vertical{words: 5, swap: swapDwords(), rounds: newSHA1().rounds}
	k.generate("blocksAVX512x16", avx512{lanes: 16, word: 4})
	k.generate("blocksAVX512x8", avx512{lanes: 8, word: 4})
	k.generate("blocksAVX2x8", avx2{word: 4})

	reverse := reverseBytes()
	for streams := 1; streams <= 4; streams++ {
		shani{streams: streams, reverse: reverse}.generate()
	}
}

func generateSHA256() {
	swap := swapDwords()
	k := vertical{words: 8, swap: swap, rounds: newSHA256().emit}
	k.generate("blocksAVX512x16", avx512{lanes: 16, word: 4})
	k.generate("blocksAVX512x8", avx512{lanes: 8, word: 4})
	k.generate("blocksAVX2x8", avx2{word: 4})

	constants := shani256K()
	for streams := 1; streams <= 2; streams++ {
		shani256{streams: streams, reverse: swap, k: constants}.generate()
	}
}

func generateMD5() {
	k := vertical{words: 4, rounds: newMD5().emit}
	k.generate("blocksAVX512x16", avx512{lanes: 16, word: 4})
	k.generate("blocksAVX512x8", avx512{lanes: 8, word: 4})
	narrow := avx2{word: 4, bytes: map[uint8]Mem{16: rotateBytes(16, 4)}, ones: allOnes()}
	k.generate("blocksAVX2x8", narrow)
}

func generateSHA512() {
	k := vertical{words: 8, swap: swapQwords(), rounds: newSHA512().emit}
	k.generate("blocksAVX512x8", avx512{lanes: 8, word: 8})
	k.generate("blocksAVX512x4", avx512{lanes: 4, word: 8})
	k.generate("blocksAVX2x4", avx2{word: 8})
}

func generateBLAKE2b() {
	k := newBLAKE2b()
	narrow := avx2{word: 8, bytes: map[uint8]Mem{40: rotateBytes(40, 8), 48: rotateBytes(48, 8)}}
	k.generate("blocksAVX512x8", avx512{lanes: 8, word: 8})
	k.generate("blocksAVX512x4", avx512{lanes: 4, word: 8})
	k.generate("blocksAVX2x4", narrow)

	iv := blake2bIVRow()
	newBLAKE2bRow(k, avx512{lanes: 4, word: 8}, iv, blake2bIndex()).generate("blocksAVX512x1")
	newBLAKE2bRow(k, narrow, iv, Mem{}).generate("blocksAVX2x1")
}

// swapDwords is the VPSHUFB control that reverses the bytes of every dword.
func swapDwords() Mem {
	m := GLOBL("swapDwords", RODATA|NOPTR)
	for i := range 8 {
		DATA(8*i, U64(0x0405060700010203+uint64(i%2)*0x0808080808080808))
	}
	return m
}

// swapQwords is the VPSHUFB control that reverses the bytes of every qword.
func swapQwords() Mem {
	m := GLOBL("swapQwords", RODATA|NOPTR)
	for i := range 8 {
		DATA(8*i, U64(0x0001020304050607+uint64(i%2)*0x0808080808080808))
	}
	return m
}

// rotateBytes is the VPSHUFB control that rotates the words of a 256-bit register left
// by a multiple of 8 bits.
func rotateBytes(bits, wordSize int) Mem {
	m := GLOBL(fmt.Sprintf("rotate%d", bits), RODATA|NOPTR)
	for i := range 32 {
		word, at := i/wordSize*wordSize, i%wordSize
		DATA(i, U8((word+(at-bits/8+wordSize)%wordSize)%16))
	}
	return m
}

// allOnes is 256 one bits.
func allOnes() Mem {
	m := GLOBL("allOnes", RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(math.MaxUint64))
	}
	return m
}

// reverseBytes is the PSHUFB control that reverses the 16 bytes of a register.
func reverseBytes() Mem {
	m := GLOBL("reverseBytes", RODATA|NOPTR)
	DATA(0, U64(0x08090a0b0c0d0e0f))
	DATA(8, U64(0x0001020304050607))
	return m
}
