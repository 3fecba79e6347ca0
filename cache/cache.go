// Package cache remembers digests of files in a file of its own, from run to run, so
// that a file that has not changed need not be read again; and of large files that were
// read in part, how far that was and what had come of it.
//
// It knows versions of files, blocks of digests and a database. It knows nothing of
// how files are found or read: [Cache] is what package pipeline asks and tells.
//
// # What is believed
//
// A digest is that of a [reader.Version]: of a file, by device and inode, with its
// size and the times of its last modification and its last change, in nanoseconds.
// Nobody can set the time of change, so a file that was replaced or written to is
// another version, whatever was done to its size and its other times. That holds if
//
//   - the file system is [reader.FileSystem].Dated, and the time is not one that a
//     program gave which makes images: those are whole seconds,
//   - the version is older than the grain of the clock, both when the file is read and
//     now, since two changes within it have the same time,
//   - nobody had the file open for writing before its first byte was read, when it was
//     this version, and it was still this version behind its last byte: that is for
//     package pipeline to see to, by [reader.File.Unwritten] and [reader.File.Is],
//   - the system has not crashed since. It may have written a file's new times and not
//     its new contents, so what was remembered of a file that had just changed is
//     believed only until the next boot.
//
// What changes bytes behind the file system's back changes no time: a disk that rots,
// or somebody who writes to the disk itself. doc/cache.md has the rule in full, and why.
//
// # Who is trusted
//
// Whoever may write to the file. All names are looked up in its directory, which is open;
// that and the files must be the caller's or root's: see place.
//
// # The file
//
// It is an SQLite database with a write-ahead log: whoever reads it waits for nobody,
// and whoever writes only for the commits of others, which are short. What was
// committed outlives every crash. doc/cache.md has the format, and why it is SQLite.
package cache

import (
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/reader"
)

var (
	// ErrForeign says that a file is something else than a cache. It is left as it is.
	ErrForeign = errors.New("not a cache of psha1sum")
	// ErrDamaged says that a cache isn't what it was when it was written. It is left
	// as it is.
	ErrDamaged = errors.New("the cache is damaged; remove it")
	// ErrNewer says that a cache was made by a version of psha1sum that knows better
	// than this one what is to be believed. It is left as it is.
	ErrNewer = errors.New("a newer version of psha1sum has made it")
	// ErrUnsafe says that others might have their way with a cache. The error itself
	// says how.
	ErrUnsafe = errors.New("others might have their way with it")
	// ErrUnsupported says that there is no cache on this system.
	ErrUnsupported = errors.New("not supported on this system")
)

// A Cache is an open cache. Find, Keep, FindPart and KeepPart may be called by any number of goroutines
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

// spareDescriptors are those that must be left when a cache is opened. It takes seven or
// eight, for as long as it is open and for files of which nobody else knows: a run that
// finds no descriptor waits for its own files alone, and fails when it has none.
const spareDescriptors = 32

// Open opens the cache in the file that is called name, and makes it if there is none
// or an empty one. Only its owner may read a new one: it tells what others' files
// hold.
//
// A cache that an earlier version has made is replaced by an empty one.
//
// The error is ErrForeign, ErrNewer, ErrDamaged or ErrUnsafe, none of which goes away
// by itself, or says why there can be no cache just now.
func Open(name string) (*Cache, error) {
	if err := fdlimit.Room(spareDescriptors); err != nil {
		return nil, err
	}
	at, err := findPlace(name)
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(at)
	if err != nil {
		at.close()
		return nil, err
	}
	c := &Cache{reading: db, boot: bootNow()}
	c.committer.init(at, &c.mu)
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
	boot, ok := c.bootOf(v, begun)
	if !ok {
		return
	}
	e := entry{stamp: stampOf(v), boot: boot}
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
	path := c.at.path()
	return []string{path, path + logSuffix, path + indexSuffix}
}

// FilesOf are the names of the files that belong to the cache which is called name, or
// will, or that SQLite would take for its own.
func FilesOf(name string) []string {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	return []string{name, name + logSuffix, name + indexSuffix, name + journalSuffix}
}

// What is behind the name of the write-ahead log, and of its index, which is memory
// that the processes share.
const logSuffix, indexSuffix = "-wal", "-shm"

// journalSuffix is behind the name of a rollback journal. A cache never has one: it is
// another database's that had the name.
const journalSuffix = "-journal"

// Close commits what is to be remembered and closes the cache, which finds and keeps
// nothing any more. It returns Err.
func (c *Cache) Close() error {
	c.finish()
	if err := c.reading.close(); err != nil {
		c.giveUp(err)
	}
	c.at.close()
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

// grain is how old a version must be when its file is read, so that a later change has
// another time. Clocks of file systems go by a hundredth of a second or better.
const grain = 2 * time.Second

// settled reports whether a version may be believed at some time: it is old enough, and
// not from the future, since the clock may have been set back, and its time of change is
// the kernel's. Programs that make images of file systems, so that the same files
// give the same image, give them whole seconds; so do file systems that have no better,
// of which it can't be told.
func settled(v *reader.Version, at time.Time) bool {
	return v.FileSystem.Dated && v.Changed%int64(time.Second) != 0 && older(v, at, grain)
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

// bootOf is for which boot that is kept which was begun at some time. ok is false if
// nothing is to be kept: the version wasn't settled then, or it isn't known which boot
// this is.
func (c *Cache) bootOf(v *reader.Version, begun time.Time) (boot uint32, ok bool) {
	if !settled(v, begun) {
		return anyBoot, false
	}
	if older(v, begun, writtenBack) {
		return anyBoot, true
	}
	return c.boot, c.boot != anyBoot
}

// anyBoot is where it makes no difference.
const anyBoot = 0
