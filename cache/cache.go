// Package cache stores digests of files in a database, so that files which have not
// changed need not be read again. For large files that were read in part, it stores how
// far and the state of the hash.
//
// It knows versions of files, blocks of digests and a database. It does not know how
// files are found or read. [Cache] implements the interface of package pipeline.
//
// # What is trusted
//
// A digest belongs to a [filestate.State]: a file, by device and inode, with its size
// and the times of its last modification and last change, in nanoseconds. The time of
// change can't be set by programs, so a file that was replaced or written to is another
// version, whatever its size and other times. This holds if
//   - the file system is [filestate.FileSystem].TrustedTimes, and the time is not a whole
//     second, which programs that create file system images set;
//   - the version is older than the clock's resolution, both when the file is read
//     and now, because two changes within it have the same time;
//   - nobody had the file open for writing before its first byte was read, when it
//     was this version, and it still was this version after its last byte; package
//     pipeline ensures that with [filestate.HasNoWriters] and [filestate.State.IsWhole];
//   - the system has not crashed since. A crash may leave a file with new times and
//     old contents, so digests of files that had just changed are valid only until
//     the next boot.
//
// Changes that bypass the file system, such as failing disks and writes to the device,
// are not detected. doc/cache.md has the full rule and the reasons.
//
// # Who is trusted
//
// Everybody who may write to the database. All names are looked up in its directory,
// which is kept open; the directory and the files must belong to the caller or root.
//
// # The database
//
// It is an SQLite database with a write-ahead log: readers wait for nobody, and writers
// only for commits of others, which are short. What was committed survives a crash.
// doc/cache.md has the format and the reasons for SQLite.
package cache

import (
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/filestate"
)

var (
	// ErrForeign is the error of a file that is not a cache. The file is not changed.
	ErrForeign = errors.New("not a cache of psha1sum")
	// ErrDamaged is the error of a cache that is damaged. It is not changed.
	ErrDamaged = errors.New("the cache is damaged; remove it")
	// ErrNewer is the error of a cache in a newer format. It is not changed.
	ErrNewer = errors.New("a newer version of psha1sum has made it")
	// ErrUnsafe is matched by errors of caches that other users could tamper with. The
	// error's own text says how.
	ErrUnsafe = errors.New("others might have their way with it")
	// ErrUnsupported is the error on systems without caches.
	ErrUnsupported = errors.New("not supported on this system")
)

// A Cache is an open cache. It implements pipeline.Cache. Find, Keep, FindPart and
// KeepPart may be called concurrently.
type Cache struct {
	mu      sync.Mutex
	boot    uint32 // current boot of the system
	reading *database
	loaded  generations
	err     error // first failure, after which the cache is not used
	stats   Stats

	committer
}

// Stats count the uses of a Cache.
type Stats struct {
	// Found is the number of digests found, Kept the number committed.
	Found, Kept int64
}

// spareDescriptors is how many descriptors must be left when a cache is opened. A cache
// needs seven or eight, and the rest of the run must not run out: it waits only for
// descriptors of its own files, and fails if it has none open.
const spareDescriptors = 32

// Open opens the cache in the file called name. It creates the cache if the file
// doesn't exist or is empty, readable by its owner only, because it discloses the
// contents of other files. A cache of an earlier version is replaced by an empty one.
//
// The error is ErrForeign, ErrNewer, ErrDamaged or ErrUnsafe, all of which are
// permanent, or says why there can be no cache at present.
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
func (c *Cache) Find(dst []byte, alg *hasher.Algorithm, v *filestate.State, now time.Time) ([]byte, bool) {
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

// Keep implements pipeline.Cache. The digest is committed within about a second.
func (c *Cache) Keep(alg *hasher.Algorithm, v *filestate.State, begun time.Time, digest []byte) {
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

// Err returns the error that stopped the cache, if any: ErrDamaged, or the failure of a
// lookup or commit.
func (c *Cache) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Stats returns the numbers so far.
func (c *Cache) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// Files returns the names of the files that belong to the open cache.
func (c *Cache) Files() []string {
	path := c.at.path()
	return []string{path, path + logSuffix, path + indexSuffix}
}

// FilesOf returns the names of the files that belong to the cache called name, whether
// they exist or not, including those that SQLite would use.
func FilesOf(name string) []string {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	return []string{name, name + logSuffix, name + indexSuffix, name + journalSuffix}
}

// logSuffix is the suffix of the write-ahead log, indexSuffix that of its index, which
// processes share as memory.
const logSuffix, indexSuffix = "-wal", "-shm"

// journalSuffix is the suffix of a rollback journal. A cache never has one; it is left
// from another database of that name.
const journalSuffix = "-journal"

// Close commits what is pending and closes the cache, which then finds and keeps
// nothing. It returns Err.
func (c *Cache) Close() error {
	c.finish()
	if err := c.reading.close(); err != nil {
		c.fail(err)
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
		c.failLocked(err)
		return nil
	}
	c.loaded.put(id, g)
	return g
}

// grain is the minimum age of a version when its file is read, so that a later change
// gets another time. The resolution of file system clocks is a hundredth of a second or
// better.
const grain = 2 * time.Second

// settled reports whether a version can be trusted at a time: it is old enough, not in
// the future, where it may be if the clock was set back, and its time of change was set
// by the kernel. Whole seconds are rejected: programs that create reproducible file
// system images set them, and so do file systems with a lower resolution, which can't
// be told apart.
func settled(v *filestate.State, at time.Time) bool {
	return v.FileSystem.TrustedTimes && v.Changed%int64(time.Second) != 0 && older(v, at, grain)
}

// older reports whether a version had at least an age at a time.
func older(v *filestate.State, at time.Time, age time.Duration) bool {
	return v.Changed <= at.Add(-age).UnixNano()
}

// writtenBack is the time within which the system has written changes to disk, usually
// half a minute. If it crashes before, a file may have its new times and old contents,
// so its digest is valid only during the same boot.
const writtenBack = time.Minute

// bootOf returns the boot to be stored with a file whose reading began at begun. ok is
// false if nothing may be stored: the version was not settled, or the boot is unknown.
func (c *Cache) bootOf(v *filestate.State, begun time.Time) (boot uint32, ok bool) {
	if !settled(v, begun) {
		return anyBoot, false
	}
	if older(v, begun, writtenBack) {
		return anyBoot, true
	}
	return c.boot, c.boot != anyBoot
}

// anyBoot marks entries that are valid in every boot.
const anyBoot = 0
