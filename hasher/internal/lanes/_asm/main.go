// Command _asm generates the assembly of the packages beside package lanes.
//
//	go generate ./hasher/...
//
// A kernel that gives every stream a vector lane is a round function and a few
// numbers: see vertical. Loading and transposition (message), the instruction
// sets (isa) and the frame are shared by all of them and know nothing of SHA-1.
// The SHA-NI kernels, which hash a stream in one register, are of another kind:
// see shani.
package main

import (
	"flag"
	"log"

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
	default:
		log.Fatalf("no algorithm is called %q", *hash)
	}
	Generate()
}

func generateSHA1() {
	k := vertical{words: 5, swap: swapDwords(), rounds: newSHA1().rounds}
	k.generate("blocksAVX512x16", avx512{lanes: 16})
	k.generate("blocksAVX512x8", avx512{lanes: 8})
	k.generate("blocksAVX2x8", avx2{})

	reverse := reverseBytes()
	for streams := 1; streams <= 4; streams++ {
		shani{streams: streams, reverse: reverse}.generate()
	}
}

// swapDwords is the VPSHUFB control that reverses the bytes of every dword.
func swapDwords() Mem {
	m := GLOBL("swapDwords", RODATA|NOPTR)
	for i := range 8 {
		DATA(8*i, U64(0x0405060700010203+uint64(i%2)*0x0808080808080808))
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
