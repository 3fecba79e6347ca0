package pipeline

import "sync"

// BufferSize is the length in bytes of the pieces that files are read in.
const BufferSize = 128 << 10

// Each file that is being read holds at least one buffer, and no more than its
// share: two when all readers are busy, so that one is filled while the other is
// hashed, and up to eight when it is alone, so that neither side waits for the
// other to wake up.
const (
	minShare = 2
	maxShare = 8
)

// A depot keeps the buffers, and the feeds that carry them. Buffers are made
// when they are first wanted and handed out again last in, first out, so that a
// small job stays in the cache.
//
// A file's first buffer may be any; all further ones together are at most half
// of what there is. So files that hang, whatever they hold, leave buffers to go
// round for the others: there are half as many readers as buffers.
type depot struct {
	mu      sync.Mutex
	back    sync.Cond // a buffer came back, or the run is being cancelled
	buffers [][]byte
	made    int
	limit   int
	extra   int // buffers that are not the first of their file
	feeds   []*feed
	users   int // feeds in use, and goroutines that wait for one
	aborted bool
}

func newDepot(buffers int) *depot {
	d := &depot{limit: buffers}
	d.back.L = &d.mu
	return d
}

// open hands out a feed and a buffer, waiting for them if it must. It returns
// nil when the run is being cancelled.
func (d *depot) open(newFeed func() *feed) (*feed, []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.users++
	for !d.aborted {
		if b := d.take(); b != nil {
			if n := len(d.feeds); n > 0 {
				f := d.feeds[n-1]
				d.feeds = d.feeds[:n-1]
				return f, b
			}
			return newFeed(), b
		}
		d.back.Wait()
	}
	return nil, nil
}

// take returns a buffer if there is one. d.mu is held.
func (d *depot) take() []byte {
	if n := len(d.buffers); n > 0 {
		b := d.buffers[n-1]
		d.buffers = d.buffers[:n-1]
		return b
	}
	if d.made < d.limit {
		d.made++
		return make([]byte, BufferSize)
	}
	return nil
}

// share is how many buffers a file may hold at present. d.mu is held.
func (d *depot) share() int { return min(max(d.limit/max(d.users, 1), minShare), maxShare) }

// another returns one more buffer for a file that holds held of them, or nil if
// it has its share or there are no more.
func (d *depot) another(held int) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if held >= d.share() || d.extra >= d.limit/2 {
		return nil
	}
	b := d.take()
	if b != nil {
		d.extra++
	}
	return b
}

// overdrawn reports whether a file that holds held buffers has more than its
// share.
func (d *depot) overdrawn(held int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return held > d.share()
}

// put takes back a buffer of a file that holds others.
func (d *depot) put(b []byte) {
	d.mu.Lock()
	d.extra--
	d.buffers = append(d.buffers, b)
	d.mu.Unlock()
	d.back.Signal()
}

// close takes a feed back with the last of its buffers.
func (d *depot) close(f *feed, b []byte) {
	d.mu.Lock()
	d.users--
	d.feeds = append(d.feeds, f)
	d.buffers = append(d.buffers, b)
	d.mu.Unlock()
	d.back.Signal()
}

// abort makes those who wait give up.
func (d *depot) abort() {
	d.mu.Lock()
	d.aborted = true
	d.mu.Unlock()
	d.back.Broadcast()
}
