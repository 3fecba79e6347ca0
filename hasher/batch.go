package hasher

import "slices"

// A Batch hashes whole messages, any number of them at a time, in the goroutine that
// asks for it: there is no queue, and nobody else has a part in it. It is for
// messages that are all in memory. A Batch is used by one goroutine at a time.
type Batch struct {
	engine  engine
	alg     *Algorithm
	streams []*Stream // by the numbers that Add gave the messages
	data    [][]byte
	order   []uint64 // see Hash
	jobs    []job
}

// NewBatch returns an empty batch.
func NewBatch(alg *Algorithm) *Batch {
	return &Batch{engine: alg.newEngine(), alg: alg}
}

// Add adds a message and returns its number: 0 for the first since Reset. The
// memory is the batch's until Hash returns.
func (b *Batch) Add(message []byte) int {
	n := len(b.data)
	if n == len(b.streams) {
		b.streams = append(b.streams, &Stream{state: b.alg.newState()})
	}
	b.streams[n].state.reset()
	b.data = append(b.data, message)
	return n
}

// Hash hashes the messages. The longest come first: when most lanes have run dry, those
// that are still busy have little left.
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

// Sum appends the digest of message n to dst. Hash came before.
func (b *Batch) Sum(dst []byte, n int) []byte { return b.streams[n].state.sum(dst) }

// Reset makes the batch empty again.
func (b *Batch) Reset() { b.data = b.data[:0] }

// Used names the kernels that have run.
func (b *Batch) Used() []string { return b.engine.used() }
