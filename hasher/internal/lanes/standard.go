package lanes

import (
	"crypto/fips140"
	"encoding"
	"hash"
)

// A standard hashes blocks with a library, the standard one or one that speaks its
// marshaled state, whose own assembly is the fastest there is for one stream on most
// platforms. It reaches the compression function through that state, the only door
// there is.
//
// The format is a magic string, the chaining value (most significant byte
// first, in MD5 as well), a part of a block, of which there is none here, and
// the length of the message so far, whose value doesn't matter as long as it is
// one of whole blocks.
type standard[W Word] struct {
	hash    resumable
	append  func([]byte) ([]byte, error) // its state
	magic   string
	words   int
	state   []byte
	generic func(*State[W], []byte)
}

// A resumable hash can be put into any state and asked for it.
type resumable interface {
	hash.Hash
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

// A Library is a hash of the standard library, or of one with the same state.
type Library struct {
	New func() hash.Hash
	// Magic is how its marshaled state begins.
	Magic string
	// Unapproved says that it panics if GODEBUG=fips140=only.
	Unapproved bool
	// Has, if not nil, reports whether New is another hash on this CPU than that of the
	// standard library.
	Has func() bool
}

// available reports whether it is one of this CPU's kernels.
func (l *Library) available() bool {
	return !(l.Unapproved && fips140.Enforced()) && (l.Has == nil || l.Has())
}

// newStandard returns a hash whose chaining value has so many words. Should a
// release of Go change the format, which none did so far, generic takes over:
// slower, but never wrong.
func newStandard[W Word](l *Library, words int, generic func(*State[W], []byte)) *standard[W] {
	h := l.New()
	std := &standard[W]{magic: l.Magic, words: words, generic: generic}
	std.hash, _ = h.(resumable)
	if appender, ok := h.(encoding.BinaryAppender); ok {
		std.append = appender.AppendBinary
	} else if std.hash != nil {
		// This allocates.
		std.append = func([]byte) ([]byte, error) { return std.hash.MarshalBinary() }
	}
	std.state = make([]byte, len(l.Magic)+words*wordSize[W]()+h.BlockSize()+8)
	copy(std.state, l.Magic)
	return std
}

// blocks makes s absorb p.
func (std *standard[W]) blocks(s *State[W], p []byte) {
	if !std.set(s) {
		std.generic(s, p)
		return
	}
	std.hash.Write(p)
	if !std.get(s) {
		std.generic(s, p)
	}
}

func (std *standard[W]) set(s *State[W]) bool {
	appendWords(std.state[:len(std.magic)], s, std.words*wordSize[W](), false)
	return std.hash != nil && std.hash.UnmarshalBinary(std.state) == nil
}

func (std *standard[W]) get(s *State[W]) bool {
	state, err := std.append(std.state[:0])
	if err != nil || len(state) != len(std.state) || string(state[:len(std.magic)]) != std.magic {
		return false
	}
	size := wordSize[W]()
	for i := range std.words {
		word := uint64(0)
		for _, b := range state[len(std.magic)+size*i:][:size] {
			word = word<<8 | uint64(b)
		}
		s[i] = W(word)
	}
	return true
}
