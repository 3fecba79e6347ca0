package hasher_test

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"hash"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
)

// TestModel compares the pool with a model that implements the states and rules of the
// package comment for one algorithm. Each random step is one of: an owner acts, a batch
// ends and its owners act when they are called, or time passes. After each step the
// pool must have started exactly the model's batches and called exactly its owners.
//
// Only the time at which expected streams become overdue is left to the pool, within
// the bounds of batchWait.
func TestModel(t *testing.T) {
	seeds := uint64(200)
	if testing.Short() {
		seeds = 50
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newModel(t, rand.New(rand.NewPCG(7, seed)))
				defer m.end()
				for range 400 {
					m.step()
				}
				m.drain()
			})
		})
	}
}

// A streamState is a state of the package comment, or overdue: expected and no longer
// counted.
type streamState int

const (
	closed streamState = iota
	expected
	overdue
	ready
	running
)

// A model is a pool, its predicted state, and the owners of its streams.
type model struct {
	t   *testing.T
	rng *rand.Rand

	pool  *hasher.Pool
	began chan *hashed  // batches as workers take them
	told  chan callback // calls of clients, in order
	over  chan struct{}

	workers, lanes int
	plan           *hasher.Plan
	owners         []*owner
	ready          []*owner  // oldest first
	left           []*hashed // batches that must have been started since the last step
	busy           []*hashed // batches being hashed
	idleSince      time.Time
}

// An owner is the client of one stream. It runs in the test's goroutine and, in its
// methods, in a worker's.
type owner struct {
	m       *model
	index   int
	stream  *hasher.Stream
	reply   action // to do in the next call
	message hash.Hash

	state   streamState
	readyAt time.Time
	queue   []piece // submitted and not taken by a worker
	ended   bool    // the last piece was submitted
	held    bool    // a worker has a piece that is not the last
}

type piece struct {
	data   []byte
	last   bool
	digest []byte // of the message, for its last piece
}

// A hashed is a batch that is being hashed, or must be.
type hashed struct {
	owners []*owner
	pieces []piece
	began  time.Time
	leave  chan struct{}
}

// A callback is a call of a Client method.
type callback struct {
	owner  *owner
	last   bool
	length int
	digest string
}

// An action is something that an owner does with its stream.
type action struct {
	verb verb
	data []byte
}

type verb int

const (
	doNothing verb = iota
	expect
	write
	finish
	abandon
)

// do performs it on a stream.
func (d action) do(s *hasher.Stream) {
	switch d.verb {
	case expect:
		s.Expect()
	case write:
		s.Write(d.data)
	case finish:
		s.Finish(d.data)
	case abandon:
		s.Abandon()
		s.Reset()
	}
}

func newModel(t *testing.T, rng *rand.Rand) *model {
	m := &model{
		t: t, rng: rng,
		workers: 1 + rng.IntN(8), lanes: 1 + rng.IntN(20),
		began: make(chan *hashed, 100), told: make(chan callback, 100), over: make(chan struct{}),
		idleSince: time.Now(),
	}
	rates := make([]float64, m.lanes+1)
	for i := 1; i < len(rates); i++ {
		rates[i] = 0.1 + rng.Float64()
	}
	rate := func(streams int) float64 { return rates[streams] }
	m.plan = hasher.NewPlan(rate)
	m.pool = hasher.NewPool(m.workers)
	alg := hasher.WithLanes(m.lanes, rate, m.hashing)
	for i := range 1 + rng.IntN(60) {
		o := &owner{m: m, index: i, message: sha1.New()}
		o.stream = m.pool.NewStream(alg, o)
		m.owners = append(m.owners, o)
	}
	return m
}

// end releases the pool, also one that behaves wrongly.
func (m *model) end() {
	close(m.over)
	m.pool.Close()
}

// hashing blocks a worker in its batch until the model releases it.
func (m *model) hashing(b hasher.WorkerBatch) {
	h := &hashed{began: time.Now(), leave: make(chan struct{})}
	for i, s := range b.Streams {
		at := slices.IndexFunc(m.owners, func(o *owner) bool { return o.stream == s })
		h.owners = append(h.owners, m.owners[at])
		h.pieces = append(h.pieces, piece{data: b.Pieces[i], last: b.Last[i]})
	}
	m.began <- h
	select {
	case <-h.leave:
	case <-m.over:
	}
}

// Consumed implements hasher.Client.
func (o *owner) Consumed(_ *hasher.Stream, data []byte) { o.tell(callback{o, false, len(data), ""}) }

// Finished implements hasher.Client.
func (o *owner) Finished(s *hasher.Stream, data []byte) {
	digest := s.Sum(nil)
	s.Reset()
	o.tell(callback{o, true, len(data), string(digest)})
}

func (o *owner) tell(what callback) {
	select {
	case o.m.told <- what:
		o.reply.do(o.stream)
	case <-o.m.over:
	}
}

// choose returns a random action that the owner may perform now.
func (o *owner) choose() action {
	verbs := []verb{doNothing, write, finish}
	switch {
	case o.ended || len(o.queue) > 3:
		return action{}
	case o.state == closed:
		verbs = append(verbs, expect, expect)
	case o.state == expected || o.state == overdue:
		verbs = append(verbs, abandon)
	}
	d := action{verb: verbs[o.m.rng.IntN(len(verbs))]}
	switch d.verb {
	case write:
		d.data = randomBytes(o.m.rng, block*(1+o.m.rng.IntN(3)))
	case finish:
		d.data = randomBytes(o.m.rng, o.m.rng.IntN(3*block))
	}
	return d
}

// did updates the model for an action.
func (m *model) did(o *owner, d action) {
	switch d.verb {
	case expect:
		o.state = expected
	case abandon:
		o.message.Reset()
		o.state = closed
		m.dispatch()
	case write, finish:
		o.message.Write(d.data)
		p := piece{data: d.data, last: d.verb == finish}
		if p.last {
			p.digest = o.message.Sum(nil)
			o.message.Reset()
		}
		o.queue = append(o.queue, p)
		o.ended = p.last
		if o.state != ready && o.state != running && !o.held {
			m.becomeReady(o)
			m.dispatch()
		}
	}
}

func (m *model) becomeReady(o *owner) {
	o.state, o.readyAt = ready, time.Now()
	m.ready = append(m.ready, o)
}

// dispatch starts the batches that can be started now.
func (m *model) dispatch() {
	for {
		n, idle := len(m.ready), m.workers-len(m.busy)-len(m.left)
		switch {
		case n == 0 || idle == 0:
			return
		case !slices.ContainsFunc(m.owners, func(o *owner) bool { return o.state == expected }):
			n = m.plan.First(n, idle, m.lanes)
		case n >= m.lanes:
			n = m.lanes
		default:
			return
		}
		h := &hashed{owners: slices.Clone(m.ready[:n])}
		m.ready = m.ready[n:]
		for _, o := range h.owners {
			h.pieces = append(h.pieces, o.queue[0])
			o.held = !o.queue[0].last
			o.queue = o.queue[1:]
			o.state = running
		}
		m.left = append(m.left, h)
	}
}

// step performs one random event.
func (m *model) step() {
	switch n := m.rng.IntN(20); {
	case n < 12:
		o := m.owners[m.rng.IntN(len(m.owners))]
		d := o.choose()
		m.did(o, d)
		d.do(o.stream)
	case n < 18 && len(m.busy) > 0:
		m.finish(m.rng.IntN(len(m.busy)), (*owner).choose)
	default:
		m.pass(time.Duration(m.rng.Int64N(int64(2 * hasher.BatchWait))))
	}
	m.look()
}

// finish ends a batch that is being hashed. reply returns what each owner does when it
// is called.
func (m *model) finish(at int, reply func(*owner) action) {
	h := m.busy[at]
	var want []callback
	for i, o := range h.owners {
		if !h.pieces[i].last && len(o.queue) == 0 {
			o.state = expected
		}
	}
	for i, o := range h.owners {
		p := h.pieces[i]
		if p.last {
			o.state, o.ended = closed, false
		}
		want = append(want, callback{o, p.last, len(p.data), string(p.digest)})
		o.reply = reply(o)
		m.did(o, o.reply)
	}
	for i, o := range h.owners {
		if h.pieces[i].last {
			continue
		}
		o.held = false
		if len(o.queue) > 0 {
			m.becomeReady(o)
		}
	}
	if len(m.busy) == m.workers {
		m.idleSince = time.Now()
	}
	m.busy = slices.Delete(m.busy, at, at+1)
	m.dispatch()

	close(h.leave)
	synctest.Wait()
	for _, w := range want {
		select {
		case got := <-m.told:
			if got != w {
				m.t.Fatalf("owner %d was told %s; want owner %d and %s", got.owner.index, got, w.owner.index, w)
			}
		default:
			m.t.Fatalf("owner %d wasn't told %s", w.owner.index, w)
		}
	}
}

func (t callback) String() string {
	if t.last {
		return fmt.Sprintf("of the last %d bytes, digest %x", t.length, t.digest)
	}
	return fmt.Sprintf("of %d bytes", t.length)
}

// pass lets time pass, in which only expected streams may become overdue.
func (m *model) pass(d time.Duration) {
	waiting := len(m.ready) > 0 && len(m.busy) < m.workers
	var since time.Time
	if waiting {
		since = m.ready[0].readyAt
		if m.idleSince.After(since) {
			since = m.idleSince
		}
	}
	time.Sleep(d)
	synctest.Wait()
	switch {
	case len(m.began) > 0:
		h := <-m.began
		m.began <- h
		if waited := h.began.Sub(since); !waiting || waited < hasher.BatchWait || waited > 2*hasher.BatchWait {
			m.t.Fatalf("a batch left that %d of %d owners wait for, after %v (waiting=%t)", len(h.owners), len(m.owners), waited, waiting)
		}
		for _, o := range m.owners {
			if o.state == expected {
				o.state = overdue
			}
		}
		m.dispatch()
	case waiting && time.Since(since) > 2*hasher.BatchWait:
		m.t.Fatalf("%d streams are ready beside %d of %d idle workers since %v", len(m.ready), m.workers-len(m.busy), m.workers, time.Since(since))
	}
}

// look compares the batches that were started with the model's.
func (m *model) look() {
	m.t.Helper()
	synctest.Wait()
	var began []*hashed
	for len(m.began) > 0 {
		began = append(began, <-m.began)
	}
	byOwner := func(a, b *hashed) int { return a.owners[0].index - b.owners[0].index }
	slices.SortFunc(began, byOwner) // workers that were woken together come in any order
	slices.SortFunc(m.left, byOwner)
	if !slices.EqualFunc(began, m.left, sameBatch) {
		m.t.Fatalf("%d workers, %d lanes: the batches %v left, want %v", m.workers, m.lanes, began, m.left)
	}
	for i, h := range began {
		h.pieces = m.left[i].pieces // with the digests
	}
	m.busy = append(m.busy, began...)
	m.left = nil
}

func sameBatch(a, b *hashed) bool {
	return slices.Equal(a.owners, b.owners) &&
		slices.EqualFunc(a.pieces, b.pieces, func(p, q piece) bool { return p.last == q.last && bytes.Equal(p.data, q.data) })
}

func (h *hashed) String() string {
	var indexes []int
	for _, o := range h.owners {
		indexes = append(indexes, o.index)
	}
	return fmt.Sprint(indexes)
}

// drain finishes every message.
func (m *model) drain() {
	for _, o := range m.owners {
		if d := (action{verb: finish}); o.state != closed && !o.ended {
			m.did(o, d)
			d.do(o.stream)
			m.look()
		}
	}
	for len(m.busy) > 0 {
		m.finish(0, func(*owner) action { return action{} })
		m.look()
	}
	if len(m.ready) > 0 || len(m.told) > 0 {
		m.t.Fatalf("%d streams stayed ready, %d owners were told for nothing", len(m.ready), len(m.told))
	}
}
