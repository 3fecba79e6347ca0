package hasher

import "github.com/psha1sum/psha1sum/hasher/internal/lanes"

// BatchWait is batchWait.
const BatchWait = batchWait

// A WorkerBatch is a batch as a worker hashes it: one piece from each of several
// streams.
type WorkerBatch struct {
	Streams []*Stream
	Pieces  [][]byte
	Last    []bool
	Worker  any // identifies the worker
}

// WithLanes returns a variant of SHA-1 with at most lanes streams per batch, whatever
// the machine's kernels, and with the given rates. hashing is called while each batch
// is being hashed; the batch ends after it returns.
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

// Idle returns a variant of SHA-1 that computes nothing (and wrong digests), to measure
// the pool alone.
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

// KernelsOf returns the names of the kernels that this machine can run.
func KernelsOf(a *Algorithm) []string { return a.kernels() }

// AlgorithmOf returns the algorithm of a stream.
func AlgorithmOf(s *Stream) *Algorithm { return s.queue.alg }

// A Plan exports plan.
type Plan struct{ plan plan }

// NewPlan returns a plan for workers with the given rate.
func NewPlan(rate func(streams int) float64) *Plan { return &Plan{plan{rate: rate}} }

// First exports plan.first.
func (p *Plan) First(n, workers, lanes int) int { return p.plan.first(n, workers, lanes) }

// OnFamily returns the algorithm with its kernels chosen as on processors of family f,
// among those that this machine can run.
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
