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

// A digestCache is the file of --cache. A nil one remembers nothing.
type digestCache struct {
	name  string
	cache *cache.Cache // nil: it is damaged
	// writeOnly says that what is known of a file is not to be believed: to verify
	// checksums is to read.
	writeOnly bool
}

// openCache opens the file of --cache, if there is one. What isn't a cache is an error.
// With a damaged one, or if there can be none just now, the work goes on without it: the
// caller says the former, as damage tells it, and this the latter.
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

// cacheIsOutput is the error if what is printed goes to a file of --cache: the cache
// would take the place of the results, or they that of the cache.
func (p *program) cacheIsOutput(name string) error {
	return errors.New(p.diag.Quoted(name) + ": output goes there")
}

// cacheFileNamed returns the file of --cache that is, or will be, that of another name.
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

// isBadCache reports whether the file of a cache had better be looked into.
func isBadCache(err error) bool {
	return errors.Is(err, cache.ErrForeign) || errors.Is(err, cache.ErrNewer) ||
		errors.Is(err, cache.ErrDamaged) || errors.Is(err, cache.ErrUnsafe)
}

// forPipeline is what a run is to ask and to tell.
func (m *digestCache) forPipeline() pipeline.Cache {
	switch {
	case m == nil || m.cache == nil:
		return nil
	case m.writeOnly:
		return writeOnlyCache{m.cache}
	}
	return m.cache
}

// A writeOnlyCache is told, but not asked.
type writeOnlyCache struct{ *cache.Cache }

// Find implements pipeline.Cache.
func (writeOnlyCache) Find(dst []byte, _ *hasher.Algorithm, _ *filestate.State, _ time.Time) ([]byte, bool) {
	return dst, false
}

// FindPart implements pipeline.Cache.
func (writeOnlyCache) FindPart(*hasher.Algorithm, *filestate.State, time.Time) (state []byte, begun time.Time, ok bool) {
	return nil, begun, false
}

// KeepPart implements pipeline.Cache: who verifies would begin anew, and what another
// run has kept may be more.
func (writeOnlyCache) KeepPart(*hasher.Algorithm, *filestate.State, time.Time, []byte) {}

// damage is what is to be said at the beginning, if it is damaged: that is a failure,
// although all is computed.
func (m *digestCache) damage() *report.Remark {
	if m == nil || m.cache != nil {
		return nil
	}
	return &report.Remark{About: m.name, Text: gnu.Strerror(cache.ErrDamaged), Failed: true}
}

// close ends it, and returns what went wrong with it, if anything did. Only if the
// file turned out to be damaged that is a failure: all has been computed.
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
