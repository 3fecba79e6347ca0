package hasher

import (
	"github.com/zeebo/blake3"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// blake3Method hashes one stream at a time. BLAKE3 is a tree, so the library already
// fills the vector lanes with chunks of a single message.
type blake3Method struct{}

func (blake3Method) lanes() int               { return 1 }
func (blake3Method) rate(streams int) float64 { return 1 }
func (blake3Method) newEngine() engine        { return new(blake3Engine) }
func (blake3Method) newState() state          { return &blake3State{blake3.New()} }
func (blake3Method) kernels() []string        { return []string{blake3Kernel} }

// blake3Kernel is reported as the kernel of BLAKE3: the library chooses among its own
// by CPU and does not expose which one ran.
const blake3Kernel = "zeebo/blake3"

type blake3State struct{ hash *blake3.Hasher }

func (s *blake3State) reset() { s.hash.Reset() }

func (s *blake3State) sum(dst []byte) []byte { return s.hash.Sum(dst) }

type blake3Engine struct{ ran bool }

func (e *blake3Engine) hash(batch []job) {
	for _, j := range batch {
		lanes.RaceRead(j.data)
		j.stream.state.(*blake3State).hash.Write(j.data) // never fails
		e.ran = true
	}
}

func (e *blake3Engine) used() []string {
	if !e.ran {
		return nil
	}
	return []string{blake3Kernel}
}
