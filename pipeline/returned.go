package pipeline

import "sync"

// returned is the buffers of a file that were hashed and are the reader's again,
// last in, first out. One goroutine takes them, others put them there.
//
// To wake a goroutine that sleeps costs the one that wakes it as much time as it
// takes to hash some kilobytes, so a reader that ran ahead of the pool sleeps on
// until there is more than one buffer to fill. A file of 1 GiB alone took 5 %
// longer with a call for each.
type returned struct {
	mu      sync.Mutex
	buffers [][]byte
	wanted  int           // how many the one that sleeps waits for; 0: nobody sleeps
	wake    chan struct{} // capacity 1
}

// put never waits.
func (r *returned) put(b []byte) {
	r.mu.Lock()
	r.buffers = append(r.buffers, b)
	enough := r.wanted > 0 && len(r.buffers) >= r.wanted
	if enough {
		r.wanted = 0
	}
	r.mu.Unlock()
	if enough {
		r.wake <- struct{}{}
	}
}

// takeIfAny returns nil if there is none.
func (r *returned) takeIfAny() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pop()
}

// take returns a buffer. If there is none it waits for so many, or for one if
// that is less.
func (r *returned) take(wanted int) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.buffers) == 0 {
		r.wanted = max(wanted, 1)
		r.mu.Unlock()
		<-r.wake
		r.mu.Lock()
	}
	return r.pop()
}

// await waits until there are so many.
func (r *returned) await(wanted int) {
	r.mu.Lock()
	if len(r.buffers) >= wanted {
		r.mu.Unlock()
		return
	}
	r.wanted = wanted
	r.mu.Unlock()
	<-r.wake
}

// pop returns the last buffer or nil. r.mu is held.
func (r *returned) pop() []byte {
	n := len(r.buffers)
	if n == 0 {
		return nil
	}
	b := r.buffers[n-1]
	r.buffers = r.buffers[:n-1]
	return b
}
