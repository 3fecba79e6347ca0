package pipeline

import (
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/reader"
)

// A Cache remembers digests of files, so that unchanged files need not be read. Its
// methods may be called concurrently.
type Cache interface {
	// Find appends the digest of a version of a file to dst, if it is known and may be
	// trusted at the time now, and reports whether it did.
	Find(dst []byte, alg *hasher.Algorithm, v *FileState, now time.Time) ([]byte, bool)
	// Keep remembers a digest. At some time after begun no process had the file open for
	// writing; then it was read, and afterwards it was still this version. digest remains
	// the caller's.
	Keep(alg *hasher.Algorithm, v *FileState, begun time.Time, digest []byte)

	// FindPart returns the saved state of a stream after the first bytes of a version, and
	// the time begun that was given to KeepPart, if a state is known and may be trusted at
	// the time now.
	FindPart(alg *hasher.Algorithm, v *FileState, now time.Time) (state []byte, begun time.Time, ok bool)
	// KeepPart remembers such a state, replacing any earlier one, until Keep gets the
	// file's digest. What Keep says of the file applies here to the bytes hashed so far.
	// state becomes the cache's.
	KeepPart(alg *hasher.Algorithm, v *FileState, begun time.Time, state []byte)
}

// A FileState identifies a version of a file: its identity, size and times when it is
// read.
type FileState = filestate.State

// A digestCache is a run's Cache and what the run needs to use it.
type digestCache struct {
	Cache // nil if there is none
	dirs  reader.DirCache

	mu      sync.RWMutex
	systems map[uint64]filestate.FileSystem // by device number
}

// A pendingDigest is what the cache is told when a file has been read.
type pendingDigest struct {
	version   filestate.State
	begun     time.Time
	part      part // known from an earlier run
	wanted    bool // no writer had the file open before the first byte was read
	unchanged bool // and the file was the same version after the last byte
}

// lookup fills in the digests of the slot's file if the cache knows them. If not, it
// returns what to store later.
func (r *run) lookup(s *slot, info reader.Info) (p pendingDigest, known bool) {
	item := &s.result.Item
	if r.cache.Cache == nil || item.Reader != nil {
		return p, false
	}
	p.begun = time.Now()
	if item.Listed {
		var err error
		if info, err = r.lookListed(item, p.begun); err != nil {
			return p, false
		}
	}
	// Reading an empty file costs nothing, and files in /proc claim to be empty.
	if !info.Regular || info.Size == 0 || item.Barrier || info.Kind != reader.Plain {
		return p, false
	}
	p.version, p.wanted = r.version(item, info)
	if !p.wanted {
		return p, false
	}
	if !r.find(s, &p) {
		r.findPart(s, &p)
		return p, false
	}
	return p, true
}

// lookListed looks at a file that is known only from its directory entry. This rarely
// takes a descriptor.
func (r *run) lookListed(item *Item, now time.Time) (info reader.Info, err error) {
	look := func() (err error) {
		info, err = r.cache.dirs.Look(item.In, item.path(), now)
		return err
	}
	if err = look(); err == nil || !fdlimit.Exhausted(err) {
		return info, err
	}
	if err = r.descriptors.Retry(look); err == nil {
		r.descriptors.Release()
	}
	return info, err
}

// version returns the version of a file, and false if the cache can't use it.
func (r *run) version(item *Item, info reader.Info) (v filestate.State, ok bool) {
	on, known := r.cache.system(info.ID.Device)
	if !known {
		f, err := r.openFile(item, info)
		if err != nil {
			return v, false // opening it for reading will report the error
		}
		defer r.descriptors.Release()
		defer f.Close()
		if info, err = f.Look(); err != nil {
			return v, false
		}
		if on, err = filestate.FileSystemOf(&f); err != nil {
			return v, false
		}
		r.cache.learn(info.ID.Device, on)
	}
	return filestate.Of(&info, on), on.TrustedTimes && info.Regular
}

// find fills in the digests of the present pass, if the cache has all of them.
func (r *run) find(s *slot, p *pendingDigest) bool {
	algs := r.algorithms(s)
	digest, ok := r.cache.Find(s.sum[:0], algs[0], &p.version, p.begun)
	if !ok {
		return false
	}
	digests := [][]byte{digest}
	for _, alg := range algs[1:] {
		d, ok := r.cache.Find(nil, alg, &p.version, p.begun)
		if !ok {
			return false
		}
		digests = append(digests, d)
	}
	if len(s.result.Algorithms) == 0 {
		digests = nil
	}
	s.result.Digest, s.result.Digests = digest, digests
	return true
}

// store gives the cache the digests that were computed.
func (r *run) store(s *slot, p *pendingDigest) {
	if !p.unchanged {
		return
	}
	result := &s.result
	for i, alg := range r.algorithms(s) {
		digest := result.Digest
		if i > 0 {
			digest = result.Digests[i]
		}
		r.cache.Keep(alg, &p.version, p.begun, digest)
	}
}

// system returns the file system of a device, if it has been learned from an open file.
func (m *digestCache) system(device uint64) (on filestate.FileSystem, known bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	on, known = m.systems[device]
	return on, known
}

func (m *digestCache) learn(device uint64, on filestate.FileSystem) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.systems == nil {
		m.systems = map[uint64]filestate.FileSystem{}
	}
	m.systems[device] = on
}
