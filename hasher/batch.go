package hasher

import (
	"cmp"
	"slices"
)

// A Batch hashes whole messages, any number of them at a time, in the goroutine that
// asks for it: there is no queue, and nobody else has a part in it. It is for
// messages that are all in memory. A Batch is used by one goroutine at a time.
type Batch struct {
	engine  engine
	alg     *Algorithm
	jobs    []job
	streams []*Stream // of the jobs, by the numbers that Add gave them
	n       int
}

// NewBatch returns an empty batch.
func NewBatch(alg *Algorithm) *Batch {
	return &Batch{engine: alg.newEngine(), alg: alg}
}

// Add adds a message and returns its number: 0 for the first since Reset. The
// memory is the batch's until Hash returns.
func (b *Batch) Add(message []byte) int {
	n := b.n
	if b.n++; n == len(b.streams) {
		b.streams = append(b.streams, &Stream{state: b.alg.newState()})
	}
	s := b.streams[n]
	s.state.reset()
	b.jobs = append(b.jobs, job{stream: s, piece: piece{data: message, last: true}})
	return n
}

// Hash hashes all messages. The longest come first: when most lanes have run dry,
// those that are still busy have little left.
func (b *Batch) Hash() {
	slices.SortFunc(b.jobs, func(x, y job) int { return cmp.Compare(len(y.data), len(x.data)) })
	if len(b.jobs) > 0 {
		b.engine.hash(b.jobs)
	}
	clear(b.jobs)
	b.jobs = b.jobs[:0]
}

// Sum appends the digest of message n to dst. Hash came before.
func (b *Batch) Sum(dst []byte, n int) []byte { return b.streams[n].state.sum(dst) }

// Reset makes the batch empty again.
func (b *Batch) Reset() { b.n = 0 }

// Used names the kernels that have run.
func (b *Batch) Used() []string { return b.engine.used() }
