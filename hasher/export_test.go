package hasher

import "github.com/psha1sum/psha1sum/hasher/internal/lanes"

// Patience is how long a ready piece waits for company, at the least; at the
// most it is twice that.
const Patience = patience

// A WorkerBatch is what a worker hashes at once: one piece each of several streams.
type WorkerBatch struct {
	Streams []*Stream
	Pieces  [][]byte
	Last    []bool
	Worker  any // the same for all batches of one worker
}

// WithLanes returns SHA-1 as an algorithm of its own that takes at most lanes
// streams in a batch, whatever this machine's kernels do, and is said to hash a
// batch at the given rate. hashing is called in the midst of each batch; while
// it runs, the batch does.
func WithLanes(lanes int, rate func(streams int) float64, hashing func(WorkerBatch)) *Algorithm {
	alg := *SHA1
	alg.method = &observed{SHA1.method, lanes, rate, hashing}
	return &alg
}

type observed struct {
	method
	most    int
	speed   func(streams int) float64
	hashing func(WorkerBatch)
}

func (o *observed) lanes() int               { return o.most }
func (o *observed) rate(streams int) float64 { return o.speed(streams) }
func (o *observed) newEngine() engine        { return &observedEngine{o.method.newEngine(), o.hashing} }

type observedEngine struct {
	engine
	hashing func(WorkerBatch)
}

func (e *observedEngine) hash(batch []job) {
	b := WorkerBatch{Worker: e}
	for _, j := range batch {
		b.Streams = append(b.Streams, j.stream)
		b.Pieces = append(b.Pieces, j.data)
		b.Last = append(b.Last, j.last)
	}
	e.hashing(b)
	e.engine.hash(batch)
}

// Idle returns SHA-1 as an algorithm whose engines do nothing, so that nothing
// but the pool takes time. Its digests are wrong.
func Idle() *Algorithm {
	alg := *SHA1
	alg.method = idle{SHA1.method}
	return &alg
}

type idle struct{ method }

func (idle) newEngine() engine { return idleEngine{} }

type idleEngine struct{}

func (idleEngine) hash([]job)     {}
func (idleEngine) used() []string { return nil }

// KernelsOf returns the names of the kernels that this machine has.
func KernelsOf(a *Algorithm) []string { return a.kernels() }

// AlgorithmOf returns the algorithm that a stream was made for.
func AlgorithmOf(s *Stream) *Algorithm { return s.queue.alg }

// A Plan is a plan.
type Plan struct{ plan plan }

// NewPlan returns a plan for workers of the given rate.
func NewPlan(rate func(streams int) float64) *Plan { return &Plan{plan{rate: rate}} }

// First is plan.first.
func (p *Plan) First(n, workers, lanes int) int { return p.plan.first(n, workers, lanes) }

// OnFamily returns an algorithm whose kernels are chosen as on processors of a
// family, of those that both have.
func OnFamily(a *Algorithm, f lanes.Family) *Algorithm {
	alg := *a
	switch m := a.method.(type) {
	case *inLanes[uint32]:
		alg.method = &onFamily[uint32]{m, m.alg.Available().On(f)}
	case *inLanes[uint64]:
		alg.method = &onFamily[uint64]{m, m.alg.Available().On(f)}
	}
	return &alg
}

type onFamily[W lanes.Word] struct {
	*inLanes[W]
	set lanes.Set[W]
}

func (m *onFamily[W]) lanes() int               { return m.set.Lanes() }
func (m *onFamily[W]) rate(streams int) float64 { return m.set.Rate(streams) }
func (m *onFamily[W]) kernels() []string        { return m.set.Names() }
func (m *onFamily[W]) newEngine() engine {
	return &laneEngine[W]{alg: m.alg, hasher: lanes.New(m.set)}
}
