package pipeline

import (
	"sync"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/reader"
)

// A Cache remembers digests of files, so that those that are unchanged need not be
// read. Its methods are called by several goroutines at once.
type Cache interface {
	// Find appends the digest of a version of a file to dst, if it is known and may
	// be believed at the time now, and reports whether it was.
	Find(dst []byte, alg *hasher.Algorithm, v *FileState, now time.Time) ([]byte, bool)
	// Keep remembers a digest. After the time begun there was nobody who had the file
	// open for writing, then it was read, and then it was still this version. digest
	// is the caller's.
	Keep(alg *hasher.Algorithm, v *FileState, begun time.Time, digest []byte)

	// FindPart returns the saved state of a stream behind the first bytes of a
	// version, and what was begun when it was kept, if one is known and may be
	// believed at the time now.
	FindPart(alg *hasher.Algorithm, v *FileState, now time.Time) (state []byte, begun time.Time, ok bool)
	// KeepPart remembers such a state, in place of any earlier one, until Keep gets
	// the file's digest. The rest is as with Keep, of the bytes before that. The
	// state is the cache's.
	KeepPart(alg *hasher.Algorithm, v *FileState, begun time.Time, state []byte)
}

// A FileState is that in which a file is when it is read: its identity, its size and its
// times.
type FileState = filestate.State

// A memory is what a run knows of its files by way of a cache.
type memory struct {
	cache Cache // nil: there is none
	dirs  reader.DirCache

	mu      sync.RWMutex
	systems map[uint64]filestate.FileSystem // of devices
}

// A lesson is what a cache is to be told when a file has been read.
type lesson struct {
	version filestate.State
	begun   time.Time
	part    part // that is known
	wanted  bool // nobody was writing before the first byte was read
	learned bool // and the file is still what it was
}

// recall fills in the digests of the slot's file if they are known. If they are not it
// returns what is to be learned.
func (r *run) recall(s *slot, info reader.Info) (l lesson, known bool) {
	item := &s.result.Item
	if r.memory.cache == nil || item.Reader != nil {
		return l, false
	}
	l.begun = time.Now()
	if item.Listed {
		var err error
		if info, err = r.lookListed(item, l.begun); err != nil {
			return l, false
		}
	}
	// Empty files are soon read, and not what they seem in /proc.
	if !info.Regular || info.Size == 0 || item.Barrier || info.Kind != reader.Plain {
		return l, false
	}
	l.version, l.wanted = r.version(item, info)
	if !l.wanted {
		return l, false
	}
	if !r.known(s, &l) {
		r.findPart(s, &l)
		return l, false
	}
	return l, true
}

// lookListed looks at a file of which only a directory's word is known. That hardly
// ever takes a descriptor.
func (r *run) lookListed(item *Item, now time.Time) (info reader.Info, err error) {
	look := func() (err error) {
		info, err = r.memory.dirs.Look(item.In, item.path(), now)
		return err
	}
	if err = look(); err == nil || !reader.OutOfDescriptors(err) {
		return info, err
	}
	if err = r.descriptors.insist(look); err == nil {
		r.descriptors.closed()
	}
	return info, err
}

// version returns the version of a file, unless the cache can have no use for it.
func (r *run) version(item *Item, info reader.Info) (v filestate.State, ok bool) {
	on, known := r.memory.system(info.ID.Device)
	if !known {
		f, err := r.descriptors.openFile(item, info)
		if err != nil {
			return v, false // it will be said when it is opened to be read
		}
		defer r.descriptors.closed()
		defer f.Close()
		if info, err = f.Look(); err != nil {
			return v, false
		}
		if on, err = filestate.FileSystemOf(&f); err != nil {
			return v, false
		}
		r.memory.learn(info.ID.Device, on)
	}
	return filestate.Of(&info, on), on.TrustedTimes && info.Regular
}

// known fills in the digests of the first pass, if the cache has all of them.
func (r *run) known(s *slot, l *lesson) bool {
	algs := r.algorithms(s)
	digest, ok := r.memory.cache.Find(s.sum[:0], algs[0], &l.version, l.begun)
	if !ok {
		return false
	}
	digests := [][]byte{digest}
	for _, alg := range algs[1:] {
		d, ok := r.memory.cache.Find(nil, alg, &l.version, l.begun)
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

// teach tells the cache what was computed.
func (r *run) teach(s *slot, l *lesson) {
	if !l.learned {
		return
	}
	result := &s.result
	for i, alg := range r.algorithms(s) {
		digest := result.Digest
		if i > 0 {
			digest = result.Digests[i]
		}
		r.memory.cache.Keep(alg, &l.version, l.begun, digest)
	}
}

// system returns the file system of a device, if a file of it was open before.
func (m *memory) system(device uint64) (on filestate.FileSystem, known bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	on, known = m.systems[device]
	return on, known
}

func (m *memory) learn(device uint64, on filestate.FileSystem) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.systems == nil {
		m.systems = map[uint64]filestate.FileSystem{}
	}
	m.systems[device] = on
}
