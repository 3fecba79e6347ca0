//go:build amd64 || arm64

package cache

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
)

const (
	fuzzFiles = 300
	fuzzParts = 40
	fuzzEach  = 6 // bytes of the program per change
)

// wholeCache returns the bytes of a cache of some files, and those of a cache whose
// last commits are still in its log.
func wholeCache(f *testing.F) (whole, early, log []byte) {
	name := filepath.Join(f.TempDir(), "cache")
	c := openCache(f, name)
	for i := range fuzzFiles {
		keep(c, hasher.SHA1, versionOf(1+i, 0))
		keep(c, hasher.SHA256, versionOf(1+i, 0))
	}
	for i := range fuzzParts {
		keepPart(c, hasher.SHA512, versionOf(1000+i, 0))
	}
	waitForCommit(f, c)
	early, log = contents(f, name), contents(f, name+logSuffix)
	closeCache(f, c)
	return contents(f, name), early, log
}

func contents(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return data
}

// FuzzCacheFile damages a cache or its log by a program of changes: what, where and
// with which byte. There must be no panic and no wrong digest, and what can't be opened
// must not be changed.
func FuzzCacheFile(f *testing.F) {
	whole, early, log := wholeCache(f)
	step := func(what byte, where int, with byte) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{what}, uint32(where)), with)
	}
	f.Add([]byte{})
	f.Add(step(1, len(whole)/2, 1))
	for page := range len(whole) / 4096 {
		f.Add(step(2, page*4096, 0))                                           // cut off in front of it
		f.Add(step(0, page*4096, 0xff))                                        // another kind of page
		f.Add(step(0, page*4096+4, 0xff))                                      // too many cells
		f.Add(step(3, page*4096, byte(page+1)))                                // another page in its place
		f.Add(append(step(0, page*4096+8, 0xff), step(0, page*4096+9, 7)...))  // a cell out of the page
		f.Add(append(step(4, page*4096, 0), step(1, page*4096+2000, 0x10)...)) // in the log
	}
	for _, at := range []int{16, 18, 20, 28, 36, 40, 44, 52, 56, 60, 68, 92, 100, 103, 105} { // of the header
		f.Add(step(0, at, 0x55))
	}
	f.Add(append(step(4, 0, 0), step(2, len(log)/2, 0)...))
	f.Add(append(step(4, 0, 0), step(0, 0, 0)...))

	f.Fuzz(func(t *testing.T, program []byte) {
		name := filepath.Join(t.TempDir(), "cache")
		files := [][]byte{bytes.Clone(whole), nil}
		at := 0
		for ; len(program) >= fuzzEach; program = program[fuzzEach:] {
			where := int(binary.BigEndian.Uint32(program[1:]))
			if program[0]%5 == 4 && files[1] == nil { // from now on the log
				files, at = [][]byte{bytes.Clone(early), bytes.Clone(log)}, 1
				continue
			}
			files[at] = damaged(files[at], program[0]%5, where, program[fuzzEach-1])
		}
		for i, suffix := range []string{"", logSuffix} {
			if files[i] != nil {
				if err := os.WriteFile(name+suffix, files[i], 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		c, err := Open(name)
		if err != nil {
			if len(files[0]) > 0 && files[1] == nil {
				if !bytes.Equal(contents(t, name), files[0]) {
					t.Errorf("%v, but it was changed", err)
				}
				wantAlone(t, filepath.Dir(name), "cache")
			}
			return
		}
		n := found(t, c, hasher.SHA1, 1, fuzzFiles, 0)
		for i := range fuzzFiles {
			keep(c, hasher.SHA1, versionOf(1+i, i%2))
		}
		n += found(t, c, hasher.SHA256, 1, fuzzFiles, 0)
		n += foundParts(t, c, hasher.SHA512, 1000, fuzzParts, 0)
		if err := c.Close(); err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Logf("%d found, then %v", n, err)
			}
			return
		}
		// Damage that isn't detected may hide digests, but not change them.
		c, err = Open(name)
		if err != nil {
			t.Fatalf("nothing was wrong, but now: %v", err)
		}
		n = found(t, c, hasher.SHA1, 1, fuzzFiles, 0) + found(t, c, hasher.SHA1, 1, fuzzFiles, 1)
		if err := c.Close(); (err != nil || n != fuzzFiles) && at == 0 && bytes.Equal(files[0], whole) {
			t.Errorf("%d of %d digests are found that were stored, %v", n, fuzzFiles, err)
		}
	})
}

// damaged applies one change to a file.
func damaged(data []byte, what byte, where int, with byte) []byte {
	if len(data) == 0 {
		return data
	}
	where %= len(data)
	switch what {
	case 0:
		data[where] = with
	case 1:
		data[where] ^= with
	case 2:
		data = data[:where]
	case 3:
		const page = 4096
		from, to := int(with)*page%len(data), where/page*page
		copy(data[to:min(to+page, len(data))], bytes.Clone(data[from:]))
	}
	return data
}
