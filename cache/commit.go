package cache

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

const (
	// commitEvery is how long a digest may be uncommitted; this much work is lost if
	// the process is killed.
	commitEvery = time.Second
	// commitFrom is how many digests are committed without waiting for commitEvery. It
	// also bounds the duration of a commit, for which other processes wait.
	commitFrom = 8192
	// maxPending is how many digests may be uncommitted. Keep blocks while there are
	// more.
	maxPending = 8 * commitFrom
)

// A committer commits digests in the background.
type committer struct {
	at *place

	// Guarded by Cache.mu.
	pending    map[key]entry // not committed
	committing map[key]entry // being committed
	parts      map[key]part  // not committed; about as many as files being read
	begun      bool          // the goroutine runs
	ended      bool
	room       sync.Cond // signals room in pending

	due  chan struct{} // capacity 1: there is much to commit, or it is the end
	done chan struct{} // closed when the goroutine ends
}

func (c *committer) init(at *place, mu *sync.Mutex) {
	c.at = at
	c.room.L = mu
	c.pending, c.parts = map[key]entry{}, map[key]part{}
	c.due, c.done = make(chan struct{}, 1), make(chan struct{})
}

// recent looks up what is not committed yet. c.mu is held.
func (c *Cache) recent(k key) (e entry, ok bool) {
	if len(c.pending) > 0 {
		e, ok = c.pending[k]
	}
	if !ok && len(c.committing) > 0 {
		e, ok = c.committing[k]
	}
	return e, ok
}

// add makes an entry pending. c.mu is held.
func (c *Cache) add(k key, e entry) {
	for len(c.pending) >= maxPending && c.err == nil {
		c.room.Wait()
	}
	if c.err != nil || c.ended {
		return
	}
	c.pending[k] = e
	delete(c.parts, k)
	c.begin()
	if len(c.pending) >= commitFrom {
		c.wakeUp()
	}
}

// addPart makes a part pending. c.mu is held.
func (c *Cache) addPart(k key, p part) {
	if c.err != nil || c.ended {
		return
	}
	c.parts[k] = p
	c.begin()
}

// begin starts the goroutine that commits. c.mu is held.
func (c *Cache) begin() {
	if !c.begun {
		c.begun = true
		go c.commitAll()
	}
}

func (c *committer) wakeUp() {
	select {
	case c.due <- struct{}{}:
	default:
	}
}

// finish commits the rest and stops the goroutine.
func (c *Cache) finish() {
	c.mu.Lock()
	begun := c.begun
	c.ended = true
	c.mu.Unlock()
	c.wakeUp()
	if begun {
		<-c.done
	}
}

// commitAll commits until finish or an error.
func (c *Cache) commitAll() {
	defer close(c.done)
	db, err := openDatabase(c.at)
	if err != nil {
		c.fail(err)
		return
	}
	for more := true; more && err == nil; {
		select {
		case <-c.due:
		case <-time.After(commitEvery):
		}
		more, err = c.commit(db)
	}
	if closeErr := db.close(); err == nil {
		err = closeErr
	}
	if err != nil {
		c.fail(err)
	}
}

// commit commits what is pending. more is false after finish.
func (c *Cache) commit(db *database) (more bool, err error) {
	c.mu.Lock()
	if c.err != nil { // of a lookup: a damaged cache is not changed
		c.mu.Unlock()
		return false, nil
	}
	batch, parts := c.pending, c.parts
	more = !c.ended
	if len(batch)+len(parts) == 0 {
		c.mu.Unlock()
		return more, nil
	}
	c.pending, c.parts, c.committing = map[key]entry{}, map[key]part{}, batch
	c.room.Broadcast()
	c.mu.Unlock()

	if len(parts) > 0 {
		err = db.storeParts(parts)
	}
	keys := sortedKeys(batch)
	for first := 0; first < len(keys) && err == nil; first += commitFrom {
		err = db.store(keys[first:min(first+commitFrom, len(keys))], batch)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.stats.Kept += int64(len(batch))
	}
	for _, k := range keys {
		c.loaded.drop(k.group())
	}
	c.committing = nil
	return more, err
}

// sortedKeys returns the keys of a batch in the database's order.
func sortedKeys(batch map[key]entry) []key {
	keys := make([]key, 0, len(batch))
	for k := range batch {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(
			cmp.Compare(a.algorithm, b.algorithm), cmp.Compare(a.device, b.device),
			cmp.Compare(a.system, b.system), cmp.Compare(a.inode, b.inode),
		)
	})
	return keys
}

// fail disables the cache because of an error.
func (c *Cache) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failLocked(err)
}

// failLocked is fail with c.mu held.
func (c *Cache) failLocked(err error) {
	c.err = cmp.Or(c.err, err)
	c.room.Broadcast()
}
