package hasher

import (
	"hash"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// A library is the method of an algorithm that somebody else's package computes: one
// stream after the other.
type library struct {
	name  string // of the package, for --debug
	begin func() hash.Hash
}

func (*library) lanes() int               { return 1 }
func (*library) rate(streams int) float64 { return 1 }
func (m *library) newEngine() engine      { return &libraryEngine{method: m} }
func (m *library) newState() state        { return &libraryState{m.begin()} }
func (m *library) kernels() []string      { return []string{m.name} }

type libraryState struct{ hash hash.Hash }

func (s *libraryState) reset() { s.hash.Reset() }

func (s *libraryState) sum(dst []byte) []byte { return s.hash.Sum(dst) }

type libraryEngine struct {
	method *library
	ran    bool
}

func (e *libraryEngine) hash(batch []job) {
	for _, j := range batch {
		lanes.RaceRead(j.data)
		j.stream.state.(*libraryState).hash.Write(j.data) // never fails
		e.ran = true
	}
}

func (e *libraryEngine) used() []string {
	if !e.ran {
		return nil
	}
	return []string{e.method.name}
}
