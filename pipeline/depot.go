package pipeline

import "sync"

// BufferSize is the length in bytes of the pieces that files are read in.
const BufferSize = 128 << 10

// bufferSlack is what a buffer can hold beyond that: a short rest of a file is
// read and hashed with what is in front of it, and where nothing is left over
// there is room to see that. It is a multiple of every algorithm's block.
const bufferSlack = BufferSize / 8

// Each file that is being read holds at least one buffer, and no more than its
// share: two when all readers are busy, so that one is filled while the other is
// hashed, and up to twelve when there are few, so that neither side waits for
// the other to wake up (six files of 256 MiB took 5 % longer with eight each).
const (
	minShare = 2
	maxShare = 12
)

// A depot keeps the buffers, and the feeds that carry them. Buffers are made
// when they are first wanted and handed out again last in, first out, so that a
// small job stays in the cache.
//
// No more than limit buffers are handed out, two for each reader; but a file's
// first buffer is to be had as long as there are limit/2 of them or fewer,
// whatever other files hold beside their first ones. So files that hang leave
// buffers to go round for the others, and at most limit*3/2 are ever made.
type depot struct {
	mu      sync.Mutex
	back    sync.Cond // a buffer came back, or the run is being cancelled
	buffers [][]byte
	limit   int
	first   int // buffers handed out that are the first of their file
	extra   int // and those that are not
	feeds   []*feed
	waiting int // goroutines that wait for a feed
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
	d.waiting++
	for !d.aborted && d.first+min(d.extra, d.limit/2) >= d.limit {
		d.back.Wait()
	}
	if d.aborted {
		return nil, nil
	}
	d.waiting--
	d.first++
	if n := len(d.feeds); n > 0 {
		f := d.feeds[n-1]
		d.feeds = d.feeds[:n-1]
		return f, d.take()
	}
	return newFeed(), d.take()
}

// take returns a buffer. d.mu is held.
func (d *depot) take() []byte {
	if n := len(d.buffers); n > 0 {
		b := d.buffers[n-1]
		d.buffers = d.buffers[:n-1]
		return b
	}
	return make([]byte, BufferSize, BufferSize+bufferSlack)
}

// share is how many buffers a file may hold at present. d.mu is held.
func (d *depot) share() int {
	return min(max(d.limit/max(d.first+d.waiting, 1), minShare), maxShare)
}

// another returns one more buffer for a file that holds held of them, or nil if
// it has its share or there are no more.
func (d *depot) another(held int) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if held >= d.share() || d.first+d.extra >= d.limit {
		return nil
	}
	d.extra++
	return d.take()
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
	d.first--
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
