package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A vertical kernel hashes one stream per vector lane: each variable of the hash is a
// vector. The fields describe a hash with blocks of 16 words.
type vertical struct {
	// words is the number of words in the chaining value.
	words int
	// swap reverses the bytes of words if the hash is big-endian.
	swap Mem
	// rounds emits the rounds: from the chaining value in state, registers that it may
	// overwrite, to the value that is then added to it. No word of the result may be in
	// the register of another word of state. It also emits the parts of loading the
	// next block, each after the last use of the words that it overwrites.
	rounds func(v isa, state []reg.VecVirtual, m *message) []reg.VecVirtual
}

// columns is the row length of the array of chaining values: word i of stream s is at
// digests[columns*i+s].
const columns = 16

// begin emits the prologue of a kernel with the given number of streams.
func begin(name string, streams, wordSize int) (digests, data, blocks reg.GPVirtual) {
	return beginWith(NOSPLIT, name, streams, wordSize)
}

// beginWith is for kernels whose stack is too large for NOSPLIT.
func beginWith(attributes attr.Attribute, name string, streams, wordSize int) (digests, data, blocks reg.GPVirtual) {
	TEXT(name, attributes, fmt.Sprintf("func(digests *uint%d, data **byte, blocks int)", 8*wordSize))
	Pragma("noescape")
	of := "one stream"
	if streams > 1 {
		of = fmt.Sprintf("each of %d streams", streams)
	}
	Doc(fmt.Sprintf("%s hashes blocks, at least one, of %s.", name, of))
	param := func(name string) reg.GPVirtual {
		return Load(Param(name), GP64()).(reg.GPVirtual)
	}
	return param("digests"), param("data"), param("blocks")
}

func (k vertical) generate(name string, v isa) {
	digests, data, blocks := begin(name, v.laneCount(), v.wordSize())
	word := func(i int) Mem { return Mem{Base: digests, Disp: v.wordSize() * columns * i} }
	state := make([]reg.VecVirtual, k.words)
	for i := range state {
		state[i] = v.reg()
		v.load(word(i), state[i])
	}
	m := &message{isa: v, data: data, offset: GP64(), swap: k.swap}
	m.place()
	XORQ(m.offset, m.offset)
	m.loadAll()

	Label("block")
	m.finish()
	Comment("There is no next block behind the last one: load that again.")
	next := GP64()
	LEAQ(Mem{Base: m.offset, Disp: 16 * v.wordSize()}, next)
	DECQ(blocks)
	CMOVQNE(next, m.offset)
	out := k.rounds(v, append([]reg.VecVirtual(nil), state...), m)
	Comment("Add to the chaining value.")
	for i := range state {
		v.add(word(i), out[i], state[i])
		v.store(state[i], word(i))
	}
	TESTQ(blocks, blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}
