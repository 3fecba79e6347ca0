package pipeline

import "github.com/psha1sum/psha1sum/hasher"

// A strand is the way of a file's bytes through one algorithm. Those of a file
// share its buffers; the last one that is done with a buffer gives it back.
type strand struct {
	feed      *feed
	algorithm *hasher.Algorithm
	stream    *hasher.Stream
}

// Consumed implements hasher.Client.
func (s *strand) Consumed(_ *hasher.Stream, data []byte) { s.feed.consumed(data) }

// Finished implements hasher.Client.
func (s *strand) Finished(_ *hasher.Stream, data []byte) { s.feed.finished(data) }

// strandsFor returns the feed's strands for algorithms of an item, of which it makes
// those that it never had.
func (f *feed) strandsFor(algorithms []*hasher.Algorithm) []*strand {
	if len(algorithms) == 0 {
		return f.usual
	}
	strands := make([]*strand, len(algorithms))
	for i, alg := range algorithms {
		strands[i] = f.strandFor(alg)
	}
	return strands
}

func (f *feed) strandFor(alg *hasher.Algorithm) *strand {
	for _, s := range f.all {
		if s.algorithm == alg {
			return s
		}
	}
	s := &strand{feed: f, algorithm: alg}
	s.stream = f.run.pool.NewStream(alg, s)
	f.all = append(f.all, s)
	return s
}

// A shared buffer is one that several strands have, and some still need.
type shared struct {
	first *byte
	users int
}

// share notes that all strands are about to get a buffer.
func (f *feed) share(data []byte) {
	if len(f.strands) == 1 {
		return
	}
	f.mu.Lock()
	f.shared = append(f.shared, shared{&data[:1][0], len(f.strands)})
	f.mu.Unlock()
}

// release notes that a strand is done with a buffer, and reports whether it was
// the last.
func (f *feed) release(data []byte) bool {
	if len(f.strands) == 1 {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.shared {
		if f.shared[i].first != &data[:1][0] {
			continue
		}
		f.shared[i].users--
		if f.shared[i].users > 0 {
			return false
		}
		f.shared = append(f.shared[:i], f.shared[i+1:]...)
		return true
	}
	panic("pipeline: a buffer that nobody shared")
}
