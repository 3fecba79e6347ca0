package lanes

import (
	"crypto/fips140"
	"encoding"
	"hash"
)

// A standard hashes blocks with the standard library, or another with the same
// marshaled state. Its assembly is the fastest for a single stream on most platforms.
// The marshaled state is the only access to its compression function.
//
// The format is a magic string, the chaining value (big-endian, for MD5 too), a block
// buffer, which is empty here, and the length of the message so far, which only has to
// be a multiple of the block size.
type standard[W Word] struct {
	hash    resumable
	append  func([]byte) ([]byte, error) // appends the marshaled state
	magic   string
	words   int
	state   []byte
	generic func(*State[W], []byte)
}

// A resumable hash can save and restore its state.
type resumable interface {
	hash.Hash
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

// A Library is a hash of the standard library, or another with the same marshaled
// state.
type Library struct {
	New func() hash.Hash
	// Magic is the prefix of its marshaled state.
	Magic string
	// Unapproved is set if New or Write panics with GODEBUG=fips140=only.
	Unapproved bool
	// Has, if not nil, reports whether New is a different implementation from the
	// standard library's on this CPU.
	Has func() bool
}

// available reports whether the library can be used as a kernel on this machine.
func (l *Library) available() bool {
	return !(l.Unapproved && fips140.Enforced()) && (l.Has == nil || l.Has())
}

// newStandard returns a standard for a chaining value of words words. generic is used
// if a release of Go changes the format of the state.
func newStandard[W Word](l *Library, words int, generic func(*State[W], []byte)) *standard[W] {
	h := l.New()
	std := &standard[W]{magic: l.Magic, words: words, generic: generic}
	std.hash, _ = h.(resumable)
	if appender, ok := h.(encoding.BinaryAppender); ok {
		std.append = appender.AppendBinary
	} else if std.hash != nil {
		// MarshalBinary allocates.
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
