// Package cache remembers digests of files in a file of its own, from run to run, so
// that a file that has not changed need not be read again.
//
// It knows versions of files, blocks of digests and a database. It knows nothing of
// how files are found or read: [Cache] is what package pipeline asks and tells.
//
// # What is believed
//
// A digest is that of a [reader.Version]: of a file, by device and inode, with its
// size and the times of its last modification and its last change, in nanoseconds.
// Nobody can set the time of change, so a file that was replaced or written to is
// another version, whatever was done to its size and its other times. That holds
// with these exceptions, of which the first four are seen to here:
//
//   - Two changes within the grain of a file system's clock have the same time. A
//     version is remembered, and believed, only if it was older than that when the
//     file was read, and is now.
//   - A system that crashes may have written a file's new times and not its new
//     contents. What was remembered of a file that had just changed is believed only
//     until the next boot.
//   - Some file systems keep no such time, and some make files up when they are read.
//     None of theirs is remembered: see [reader.FileSystem].
//   - A file that is on another machine has times by that machine's clock. A minute's
//     difference does no harm.
//   - What changes bytes behind the file system's back changes no time: a disk that
//     rots, or somebody who writes to the disk itself. Nor does a process that has the
//     file mapped and writes to a page to which it had written before, until the
//     system has written that back. What is remembered in between stays wrong.
//
// # The file
//
// It is an SQLite database with a write-ahead log: whoever reads it waits for nobody,
// and whoever writes only for the commits of others, which are short. What was
// committed outlives every crash. doc/cache.md has the format, and why it is SQLite.
package cache

import (
	"errors"
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/reader"
)

var (
	// ErrForeign says that a file is something else than a cache. It is left as it is.
	ErrForeign = errors.New("not a cache of psha1sum")
	// ErrDamaged says that a cache isn't what it was when it was written. It is left
	// as it is.
	ErrDamaged = errors.New("the cache is damaged")
	// ErrUnsupported says that there is no cache on this system.
	ErrUnsupported = errors.New("not supported on this system")
)

// A Cache is an open cache. Find and Keep may be called by any number of goroutines
// at once. It implements pipeline.Cache.
type Cache struct {
	mu      sync.Mutex
	boot    uint32 // of the system, now
	reading *database
	loaded  generations
	err     error // of the first thing that failed, after which there is no cache
	stats   Stats

	committer
}

// Stats are what a Cache has been good for.
type Stats struct {
	// Found are the digests that were known, Kept those that were remembered.
	Found, Kept int64
}

// Open opens the cache in the file that is called name, and makes it if there is none
// or an empty one. Only its owner may read a new one: it tells what others' files
// hold.
//
// The error is ErrForeign or ErrDamaged, neither of which goes away by itself, or
// says why there can be no cache just now.
func Open(name string) (*Cache, error) {
	if err := enoughDescriptors(); err != nil {
		return nil, err
	}
	db, err := openDatabase(name)
	if err != nil {
		return nil, err
	}
	c := &Cache{reading: db, boot: bootNow()}
	c.committer.init(name, &c.mu)
	return c, nil
}

// Find implements pipeline.Cache.
func (c *Cache) Find(dst []byte, alg *hasher.Algorithm, v *reader.Version, now time.Time) ([]byte, bool) {
	if !settled(v, now) {
		return dst, false
	}
	k := keyOf(alg, v)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.ended {
		return dst, false
	}
	e, ok := c.recent(k)
	if !ok {
		g := c.group(k)
		if g == nil {
			return dst, false
		}
		e, ok = g.block(k).find(k)
	}
	if !ok || e.stamp != stampOf(v) || e.boot != anyBoot && e.boot != c.boot {
		return dst, false
	}
	c.stats.Found++
	return append(dst, e.digest[:alg.Size]...), true
}

// Keep implements pipeline.Cache. The digest is committed within a second or so.
func (c *Cache) Keep(alg *hasher.Algorithm, v *reader.Version, begun time.Time, digest []byte) {
	if !settled(v, begun) {
		return
	}
	e := entry{stamp: stampOf(v)}
	if !older(v, begun, writtenBack) {
		if e.boot = c.boot; e.boot == anyBoot {
			return // it isn't known which it is
		}
	}
	copy(e.digest[:], digest)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(keyOf(alg, v), e)
}

// Err returns the error after which there was no cache any more, if there was one:
// ErrDamaged, or whatever kept a commit from being made.
func (c *Cache) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Stats returns what the cache has been good for so far.
func (c *Cache) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// Files are the names of the files that belong to the cache while it is open.
func (c *Cache) Files() []string {
	path := c.reading.path
	return []string{path, path + logSuffix, path + indexSuffix}
}

// What is behind the name of the write-ahead log, and of its index, which is memory
// that the processes share.
const logSuffix, indexSuffix = "-wal", "-shm"

// Close commits what is to be remembered and closes the cache, which finds and keeps
// nothing any more. It returns Err.
func (c *Cache) Close() error {
	c.finish()
	if err := c.reading.close(); err != nil {
		c.giveUp(err)
	}
	return c.Err()
}

// group returns the group of a key, or nil if it can't be read. c.mu is held.
func (c *Cache) group(k key) *group {
	id := k.group()
	if g := c.loaded.get(id); g != nil {
		return g
	}
	g, err := c.reading.load(id)
	if err != nil {
		c.fail(err)
		return nil
	}
	c.loaded.put(id, g)
	return g
}

// How old a version must be when its file is read, so that a later change has
// another time. The coarsest clock of a file system that is asked, ext3's, goes by
// seconds.
const (
	grain       = 2 * time.Second
	remoteGrain = time.Minute // and how far the clocks of two machines may be apart
)

// settled reports whether a version is old enough at some time, and not from the
// future: the clock may have been set back.
func settled(v *reader.Version, at time.Time) bool {
	age := grain
	switch v.FileSystem.Stamps {
	case reader.Local:
	case reader.Remote:
		age = remoteGrain
	default:
		return false
	}
	return older(v, at, age)
}

// older reports whether a version had an age at some time.
func older(v *reader.Version, at time.Time, age time.Duration) bool {
	return v.Changed <= at.Add(-age).UnixNano()
}

// writtenBack is how long it may take until the system has written what was changed to
// the disk: half a minute is usual. If it crashes before, a file may have its new times
// and its old contents afterwards. So what is remembered of such a file is believed
// as long as the same system is up.
const writtenBack = time.Minute

// anyBoot is where it makes no difference.
const anyBoot = 0
