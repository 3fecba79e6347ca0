//go:build linux

package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"hash"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A stream is the data of a file that changes: the file is always a prefix of it.
type stream struct {
	data []byte

	mu    sync.Mutex
	known map[string]bool // digests of prefixes that the file is known to have had
}

// add records that the file had the given size.
func (s *stream) add(h hash.Hash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = make(map[string]bool)
	}
	s.known[hex.EncodeToString(h.Sum(nil))] = true
}

// begins reports whether a digest is that of a prefix: a known one, one that ends at a
// page, or any.
func (s *stream) begins(digest string) bool {
	s.mu.Lock()
	known := s.known[digest]
	s.mu.Unlock()
	return known || s.beginsBy(4096, digest) || s.beginsBy(1, digest)
}

// beginsBy tries prefixes of step bytes, twice as many, and so on.
func (s *stream) beginsBy(step int, digest string) bool {
	want, err := hex.DecodeString(digest)
	if err != nil {
		return false
	}
	h := sha1.New()
	var sum [sha1.Size]byte
	for at := 0; !bytes.Equal(h.Sum(sum[:0]), want); at += step {
		if at >= len(s.data) {
			return false
		}
		h.Write(s.data[at:min(at+step, len(s.data))])
	}
	return true
}

// zeroed reports whether a digest is that of a stream truncated at cut while it was
// read: the kernel zeroes the rest of the page, or of several pages, and a concurrent
// reader may see the zeros, even with plain read(2). What follows may still be the old
// data.
func (s *stream) zeroed(digest string, cut int) bool {
	const page = 4096
	raw, err := hex.DecodeString(digest)
	if err != nil {
		return false
	}
	head := sha1.New()
	head.Write(s.data[:cut])
	for end := cut/page*page + page; end-page < len(s.data); end += page {
		end := min(end, len(s.data))
		h := cloneHash(head)
		h.Write(make([]byte, end-cut))
		if bytes.Equal(h.Sum(nil), raw) {
			return true
		}
		for at := end; at < len(s.data); at += page {
			h.Write(s.data[at:min(at+page, len(s.data))])
			if bytes.Equal(h.Sum(nil), raw) {
				return true
			}
		}
	}
	return false
}

func cloneHash(h hash.Hash) hash.Hash {
	clone, err := h.(hash.Cloner).Clone()
	if err != nil {
		panic(err) // SHA-1 can be cloned
	}
	return clone
}

// A moving file changes in one way while it is hashed.
type moving struct {
	path    string
	streams []*stream // the file is always a prefix of one
	cut     int       // where it is truncated; 0: nowhere
	hash    hash.Hash // of what has been appended
}

// A move changes a file a little. It is called repeatedly.
type move func(r *rand.Rand, m *moving) error

// attackMoving hashes files that change. Each digest must be that of the file's
// contents at some time, or a prefix of it.
func attackMoving(t *trial) {
	kind := pick(t.Rand, "append", "append", "replace", "exchange", "truncate")
	for range 3 {
		if t.over() {
			return
		}
		t.hashMoving(kind)
	}
}

// newMoving creates a file that will change.
func (t *trial) newMoving(kind, path string) (*moving, error) {
	m := &moving{path: path}
	streams := 1
	if kind == "replace" || kind == "exchange" {
		streams = 3
	}
	for range streams {
		m.streams = append(m.streams, &stream{data: randomBytes(t.Rand, pick(t.Rand, 1+t.IntN(5000), 1+t.IntN(200_000), 100_000+t.IntN(400_000)))})
	}
	first := m.streams[0].data
	switch kind {
	case "append":
		first = first[:t.IntN(len(first))]
		m.hash = sha1.New()
		m.hash.Write(first)
		m.streams[0].add(m.hash)
	case "truncate":
		m.cut = 1 + t.IntN(len(first))
	case "exchange":
		if err := os.WriteFile(path+".other", m.streams[1].data, 0o644); err != nil {
			return nil, err
		}
	}
	return m, os.WriteFile(path, first, 0o644)
}

// hashMoving creates files and hashes them while they change in one way.
func (t *trial) hashMoving(kind string) {
	dir, err := os.MkdirTemp(t.dir, kind)
	if err != nil {
		t.note("%v", err)
		return
	}
	defer os.RemoveAll(dir)
	files := make(map[string]*moving)
	var names []string
	for i := range 20 + t.IntN(200) {
		name := fmt.Sprintf("f%03d", i)
		m, err := t.newMoving(kind, filepath.Join(dir, name))
		if err != nil {
			t.note("%v", err)
			return
		}
		files[name], names = m, append(names, name)
	}
	var stop atomic.Bool
	moved := make(chan error)
	go func(r *rand.Rand) { moved <- moveAll(r, kind, files, names, &stop) }(t.fork())
	runs := 4
	if kind == "truncate" {
		runs = 1 // each file is truncated only once
	}
	for range runs {
		c := command{dir: dir}
		c.args = randomSettings(t, &c)
		if t.chance(30) {
			// Without -r, all names; with it, also temporary names.
			c.args = append(c.args, "-r", "--exclude=*.*", ".")
		} else {
			c.args = append(append(c.args, "--"), names...)
		}
		t.judgeMoving(kind, c, files)
	}
	stop.Store(true)
	if err := <-moved; err != nil {
		t.note("%s: %v", kind, err)
	}
}

// moveAll changes files until stop is set.
func moveAll(r *rand.Rand, kind string, files map[string]*moving, names []string, stop *atomic.Bool) error {
	moves := map[string]move{"append": grow, "replace": replaceFile, "exchange": exchangeFile, "truncate": cutFile}
	for !stop.Load() {
		if kind == "truncate" && len(names) == 0 {
			return nil
		}
		i := r.IntN(len(names))
		if err := moves[kind](r, files[names[i]]); err != nil {
			return err
		}
		if kind == "truncate" {
			names = slices.Delete(slices.Clone(names), i, i+1)
		}
	}
	return nil
}

// grow appends more of the stream.
func grow(r *rand.Rand, m *moving) error {
	f, err := os.OpenFile(m.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	rest := m.streams[0].data[info.Size():]
	rest = rest[:min(len(rest), 1+r.IntN(1+r.IntN(70_000)))]
	if len(rest) == 0 {
		return nil
	}
	m.hash.Write(rest)
	m.streams[0].add(m.hash) // before it can be read
	_, err = f.Write(rest)
	return err
}

// replaceFile replaces the file with another.
func replaceFile(r *rand.Rand, m *moving) error {
	if err := os.WriteFile(m.path+".new", pick(r, m.streams...).data, 0o644); err != nil {
		return err
	}
	return os.Rename(m.path+".new", m.path)
}

// exchangeFile exchanges two files.
func exchangeFile(_ *rand.Rand, m *moving) error {
	return unix.Renameat2(unix.AT_FDCWD, m.path, unix.AT_FDCWD, m.path+".other", unix.RENAME_EXCHANGE)
}

// cutFile truncates the file at cut.
func cutFile(_ *rand.Rand, m *moving) error { return os.Truncate(m.path, int64(m.cut)) }

// judgeMoving runs a command on files that change and checks each digest.
func (t *trial) judgeMoving(kind string, c command, files map[string]*moving) {
	o := t.run(c)
	if t.ended() {
		return
	}
	lines := 0
	for line := range strings.Lines(o.stdout) {
		digest, name, found := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		m := files[strings.TrimPrefix(name, "./")]
		if !found || m == nil {
			t.find("a line about an unknown file: %q\n%s\n%s", line, c.words(), o)
			return
		}
		lines++
		t.count("moving files", 1)
		if m.has(digest, kind) {
			continue
		}
		if kind == "truncate" {
			// The kernel decides when and how far to zero, so this is no find even if
			// it can't be explained.
			if m.streams[0].zeroed(digest, m.cut) {
				t.count("zeroed tails of truncated files (the kernel's)", 1)
			} else {
				t.count("truncated files with unexplained digests", 1)
			}
			continue
		}
		t.find("%s: %s is not the digest of anything that was in the file (%s)\n%s", name, digest, kind, c.words())
		return
	}
	if lines != len(files) || o.status != "exit 0" {
		t.find("%d lines about %d files that always existed (%s)\n%s\n%s", lines, len(files), kind, c.words(), o)
	}
}

// has reports whether a digest is correct.
func (m *moving) has(digest, kind string) bool {
	for _, s := range m.streams {
		whole := sha1.Sum(s.data)
		switch {
		case digest == hex.EncodeToString(whole[:]):
			return true
		case (kind == "append" || kind == "truncate") && s.begins(digest):
			return true
		}
	}
	return false
}
