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

// withCache is psha1sum told to keep digests in the row's cache, for rows of their
// own: they show what that saves once the files are known, and costs before.
func withCache() tool {
	t := ours.variant("--cache", nil)
	t.hash, t.check, t.walk = caching(t.hash), caching(t.check), caching(t.walk)
	return t
}

// caching makes command lines as build does, with the option.
func caching(build func(string, work) command) func(string, work) command {
	return func(program string, w work) command {
		return told(build, "--cache="+w.cache)(program, w)
	}
}

// cacheSuffixes are those of the files that a cache is made of: SQLite's own, its
// write-ahead log and the log's index. Only who was killed leaves the latter.
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

// cacheAge is how old a file must be for a cache to keep its digest: two seconds
// where the disk is the machine's own, which is where a bench belongs. A little more
// since the system's clock for files goes by ticks.
const cacheAge = 2100 * time.Millisecond

// versionSize is what a cache must know of a file beside its digest, in bytes: a size
// and two times in nanoseconds.
const versionSize = 24

// fillCache makes the row's cache anew, by a run that is not timed, and sees to it
// that it knows every file. Where psha1sum can have no cache the row is skipped, also
// that of a first run.
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
		return fmt.Errorf("%s knows not every file: it has %d bytes, less than %d", filepath.Base(a.cache), info.Size(), least)
	}
	return nil
}

// chillCache drops the row's cache from the page cache.
func (a *assignment) chillCache() error {
	left, _, err := dropFile(a.cache)
	if err == nil && left > 0 {
		err = fmt.Errorf("%d pages of %s stay", left, filepath.Base(a.cache))
	}
	if err != nil {
		return fmt.Errorf("%w: the page cache can't be dropped: %w", errSkipped, err)
	}
	return nil
}
