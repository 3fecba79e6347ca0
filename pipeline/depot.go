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
//
// A buffer that comes back goes to the file that has waited longest for its
// first one, and that file's stream is expected from then on, not from when the
// reader wakes up: the pool doesn't send off what else is ready for lack of
// company that is on its way.
type depot struct {
	newFeed func() *feed

	mu      sync.Mutex
	buffers [][]byte
	memory  []byte // all of it, to be given back
	unused  []byte // the part of which no buffer was made yet
	limit   int
	first   int // buffers handed out that are the first of their file
	extra   int // and those that are not
	feeds   []*feed
	waiting []request // longest waiting first
	aborted bool
}

// A request is a slot whose reader waits for a feed.
type request struct {
	slot *slot
	loan chan<- loan // capacity 1
}

// A loan is a feed that has begun with a file, and the file's first buffer.
type loan struct {
	feed *feed
	buf  []byte
}

func newDepot(buffers int, newFeed func() *feed) *depot {
	memory := getMemory(buffers * 3 / 2 * (BufferSize + bufferSlack))
	return &depot{limit: buffers, newFeed: newFeed, memory: memory, unused: memory}
}

// free gives the memory back. Nobody may use a buffer any more.
func (d *depot) free() { putMemory(d.memory) }

// open hands out a feed that has begun with the slot's file, and a buffer,
// waiting for them if it must. It returns nil when the run is being cancelled.
// wait is an empty channel of capacity 1, which is empty again afterwards.
func (d *depot) open(s *slot, wait chan loan) (*feed, []byte) {
	d.mu.Lock()
	if d.aborted {
		d.mu.Unlock()
		return nil, nil
	}
	d.waiting = append(d.waiting, request{s, wait})
	d.lend()
	l := <-wait
	return l.feed, l.buf
}

// lend gives the file that has waited longest what it waits for, if it can. It
// unlocks d.mu, which is held. There is never room for two that wait, because
// whatever makes room for one calls lend.
func (d *depot) lend() {
	if len(d.waiting) == 0 || d.first+min(d.extra, d.limit/2) >= d.limit {
		d.mu.Unlock()
		return
	}
	to := d.waiting[0]
	n := copy(d.waiting, d.waiting[1:])
	d.waiting[n] = request{}
	d.waiting = d.waiting[:n]
	d.first++
	l := loan{buf: d.take()}
	if n := len(d.feeds); n > 0 {
		l.feed = d.feeds[n-1]
		d.feeds = d.feeds[:n-1]
	}
	d.mu.Unlock()

	if l.feed == nil {
		l.feed = d.newFeed()
	}
	l.feed.begin(to.slot)
	to.loan <- l
}

// take returns a buffer. d.mu is held.
func (d *depot) take() []byte {
	if n := len(d.buffers); n > 0 {
		b := d.buffers[n-1]
		d.buffers = d.buffers[:n-1]
		return b
	}
	const size = BufferSize + bufferSlack
	if len(d.unused) < size {
		return make([]byte, BufferSize, size)
	}
	b := d.unused[:BufferSize:size]
	d.unused = d.unused[size:]
	return b
}

// share is how many buffers a file may hold at present. d.mu is held.
func (d *depot) share() int {
	return min(max(d.limit/max(d.first+len(d.waiting), 1), minShare), maxShare)
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
	d.lend()
}

// close takes a feed back with the last of its buffers.
func (d *depot) close(f *feed, b []byte) {
	d.mu.Lock()
	d.first--
	d.feeds = append(d.feeds, f)
	d.buffers = append(d.buffers, b)
	d.lend()
}

// abort makes those who wait give up.
func (d *depot) abort() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aborted = true
	for _, w := range d.waiting {
		w.loan <- loan{}
	}
	d.waiting = nil
}
