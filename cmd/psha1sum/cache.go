package main

import (
	"errors"
	"slices"
	"time"

	"github.com/psha1sum/psha1sum/cache"
	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/atomicfile"
	"github.com/psha1sum/psha1sum/internal/cli"
	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// A digestCache is the cache in the file of --cache. A nil digestCache stores nothing.
type digestCache struct {
	name  string
	cache *cache.Cache // nil: the file is damaged
	// writeOnly disables lookups: verifying checksums requires reading the files.
	writeOnly bool
}

// openCache opens the file of --cache and returns nil if the option is not set. A file
// that is not a cache, or is unsafe to use, is an error. If the cache is damaged, the run
// continues without it and the caller reports damage; if it is unavailable for now,
// openCache itself prints a message.
func (p *program) openCache(r *cli.Request) (*digestCache, error) {
	if r.Cache == nil {
		return nil, nil
	}
	name := *r.Cache
	for _, file := range cache.FilesOf(name) {
		if id := reader.Stat(file).ID; id != (reader.ID{}) && slices.Contains(p.outputs.Streams, id) {
			return nil, p.cacheIsOutput(file)
		}
	}
	var c *cache.Cache
	err := errFewDescriptors
	if !p.descriptors.Low() {
		c, err = cache.Open(name)
	}
	switch {
	case errors.Is(err, cache.ErrDamaged):
		p.outputs.AddCache(cache.FilesOf(name))
		return &digestCache{name: name}, nil
	case isBadCache(err):
		return nil, errors.New(p.diag.Quoted(name) + ": " + gnu.Strerror(err))
	case err != nil:
		p.diag.About(name, "going on without a cache: "+gnu.Strerror(err))
		return nil, nil
	}
	p.outputs.AddCache(c.Files())
	return &digestCache{name: name, cache: c, writeOnly: r.Check}, nil
}

var errFewDescriptors = errors.New("no descriptors to spare")

// cacheIsOutput returns the error for printing to a file of --cache: one would overwrite
// the other.
func (p *program) cacheIsOutput(name string) error {
	return errors.New(p.diag.Quoted(name) + ": output goes there")
}

// cacheFileNamed returns the file of --cache that is, or will be, the same file as name.
func cacheFileNamed(r *cli.Request, name string) (file string, ok bool) {
	if r.Cache == nil {
		return "", false
	}
	for _, file := range cache.FilesOf(*r.Cache) {
		if atomicfile.SameFile(file, name) {
			return file, true
		}
	}
	return "", false
}

// isBadCache reports whether err means that the cache file needs the user's attention.
func isBadCache(err error) bool {
	return errors.Is(err, cache.ErrForeign) || errors.Is(err, cache.ErrNewer) ||
		errors.Is(err, cache.ErrDamaged) || errors.Is(err, cache.ErrUnsafe)
}

// forPipeline returns the cache for the pipeline to use, or nil.
func (m *digestCache) forPipeline() pipeline.Cache {
	switch {
	case m == nil || m.cache == nil:
		return nil
	case m.writeOnly:
		return writeOnlyCache{m.cache}
	}
	return m.cache
}

// A writeOnlyCache stores digests and finds none.
type writeOnlyCache struct{ *cache.Cache }

// Find implements pipeline.Cache.
func (writeOnlyCache) Find(dst []byte, _ *hasher.Algorithm, _ *filestate.State, _ time.Time) ([]byte, bool) {
	return dst, false
}

// FindPart implements pipeline.Cache.
func (writeOnlyCache) FindPart(*hasher.Algorithm, *filestate.State, time.Time) (state []byte, begun time.Time, ok bool) {
	return nil, begun, false
}

// KeepPart implements pipeline.Cache. It stores nothing: verification always starts at
// the beginning, and another run may have stored a longer part.
func (writeOnlyCache) KeepPart(*hasher.Algorithm, *filestate.State, time.Time, []byte) {}

// damage returns the remark to make at the start if the cache is damaged, else nil.
// Damage is a failure although all digests are computed.
func (m *digestCache) damage() *report.Remark {
	if m == nil || m.cache != nil {
		return nil
	}
	return &report.Remark{About: m.name, Text: gnu.Strerror(cache.ErrDamaged), Failed: true}
}

// close closes the cache and returns a remark if that failed, else nil. All digests have
// been computed by then, so it is a failure only if the file needs the user's attention.
func (m *digestCache) close() *report.Remark {
	if m == nil || m.cache == nil {
		return nil
	}
	err := m.cache.Close()
	switch {
	case isBadCache(err):
		return &report.Remark{About: m.name, Text: gnu.Strerror(err), Failed: true}
	case err != nil:
		return &report.Remark{About: m.name, Text: "went on without the cache: " + gnu.Strerror(err)}
	}
	return nil
}
