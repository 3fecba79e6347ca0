package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// withCache is psha1sum with --cache and the row's cache, in rows of its own, to show
// what it saves with a full cache and costs with an empty one.
func withCache() tool {
	t := ours.variant("--cache", nil)
	t.hash, t.check, t.walk = caching(t.hash), caching(t.check), caching(t.walk)
	return t
}

// caching returns build with the option added.
func caching(build func(string, work) command) func(string, work) command {
	return func(program string, w work) command {
		return told(build, "--cache="+w.cache)(program, w)
	}
}

// cacheSuffixes are the suffixes of a cache's files: the database, its write-ahead log
// and the log's index. The latter two remain only after a kill.
var cacheSuffixes = []string{"", "-wal", "-shm"}

// removeCache removes the cache at path, if there is one.
func removeCache(path string) error {
	for _, suffix := range cacheSuffixes {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// cacheAge is how old a file must be to be cached: two seconds on local disks, plus a
// margin for the resolution of the file system's clock.
const cacheAge = 2100 * time.Millisecond

// versionSize is what a cache stores for a file besides its digest, in bytes: a size
// and two times in nanoseconds.
const versionSize = 24

// fillCache fills a new cache for the row in an untimed run, and checks that it knows
// every file. The row is skipped if psha1sum can't have a cache here; so are rows of
// the first run.
func (b *bench) fillCache(a *assignment) error {
	if err := removeCache(a.cache); err != nil {
		return err
	}
	youngest, err := a.data.youngest(a.dir)
	if err != nil {
		return err
	}
	time.Sleep(time.Until(youngest.Add(cacheAge)))
	t := b.cached[len(b.cached)-1]
	c, _ := t.command(a.row, a.work)
	if _, err := execute(c, a.dir, b.outputPath(t)); err != nil {
		return err
	}
	if said, err := os.ReadFile(b.outputPath(t) + ".stderr"); err != nil || len(said) > 0 {
		return errors.Join(err, fmt.Errorf("%w: %s", errSkipped, strings.TrimSpace(string(said))))
	}
	info, err := os.Stat(a.cache)
	if err != nil {
		return err
	}
	if least := int64(a.data.filled()) * versionSize; info.Size() < least {
		return fmt.Errorf("%s does not know every file: it has %d bytes, less than %d", filepath.Base(a.cache), info.Size(), least)
	}
	return nil
}

// chillCache drops the row's cache from the page cache.
func (a *assignment) chillCache() error {
	left, _, err := dropFile(a.cache)
	if err == nil && left > 0 {
		err = fmt.Errorf("%d pages of %s remain", left, filepath.Base(a.cache))
	}
	if err != nil {
		return fmt.Errorf("%w: the page cache can't be dropped: %w", errSkipped, err)
	}
	return nil
}
