package hasher

import "slices"

// A Batch hashes whole messages that are in memory, in the calling goroutine and
// without a Pool. It may not be used by several goroutines at once.
type Batch struct {
	engine  engine
	alg     *Algorithm
	streams []*Stream // by message number
	data    [][]byte
	order   []uint64 // scratch of Hash
	jobs    []job
}

// NewBatch returns an empty batch.
func NewBatch(alg *Algorithm) *Batch {
	return &Batch{engine: alg.newEngine(), alg: alg}
}

// Add adds a message and returns its number; the first after NewBatch or Reset is 0.
// The batch reads message until Hash returns and keeps no reference to it after that.
func (b *Batch) Add(message []byte) int {
	n := len(b.data)
	if n == len(b.streams) {
		b.streams = append(b.streams, &Stream{state: b.alg.newState()})
	}
	b.streams[n].state.reset()
	b.data = append(b.data, message)
	return n
}

// Hash computes the digests of all messages that were added. Call it at most once per
// Reset. Longest messages are hashed first, so that at the end the lanes still in use
// have little left to do.
func (b *Batch) Hash() {
	if len(b.data) == 0 {
		return
	}
	const numberBits = 24
	for n, data := range b.data {
		b.order = append(b.order, uint64(len(data))<<numberBits|uint64(n))
	}
	slices.Sort(b.order)
	for _, o := range slices.Backward(b.order) {
		n := o & (1<<numberBits - 1)
		b.jobs = append(b.jobs, job{stream: b.streams[n], piece: piece{data: b.data[n], last: true}})
	}
	b.engine.hash(b.jobs)
	clear(b.jobs)
	clear(b.data)
	b.jobs, b.order = b.jobs[:0], b.order[:0]
}

// Sum appends the digest of message n to dst. Call it after Hash.
func (b *Batch) Sum(dst []byte, n int) []byte { return b.streams[n].state.sum(dst) }

// Reset removes all messages.
func (b *Batch) Reset() { b.data = b.data[:0] }

// Used returns the names of the kernels that have run.
func (b *Batch) Used() []string { return b.engine.used() }
