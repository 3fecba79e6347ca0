//go:build amd64 || arm64

package cache

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filestate"
)

// consumed is a Client that signals each piece.
type consumed chan struct{}

func (c consumed) Consumed(*hasher.Stream, []byte) { c <- struct{}{} }

func (c consumed) Finished(*hasher.Stream, []byte) {}

// stateOf returns the state of an algorithm after some bytes that begin with a
// version's numbers. Versions here are at least as long.
func stateOf(alg *hasher.Algorithm, v *filestate.State) []byte {
	data := make([]byte, alg.BlockSize)
	binary.LittleEndian.PutUint64(data, v.ID.Inode)
	binary.LittleEndian.PutUint64(data[8:], uint64(v.Changed))
	pool := hasher.NewPool(1)
	defer pool.Close()
	done := make(consumed)
	s := pool.NewStream(alg, done)
	s.Write(data)
	<-done
	s.Abandon()
	return s.Save(nil)
}

func keepPart(c *Cache, alg *hasher.Algorithm, v *filestate.State) {
	c.KeepPart(alg, v, ago.Add(time.Minute), stateOf(alg, v))
}

// foundParts counts the parts that are found, and fails on wrong ones.
func foundParts(t testing.TB, c *Cache, alg *hasher.Algorithm, first, files, times int) (n int) {
	t.Helper()
	for i := range files {
		v := versionOf(first+i, times)
		got, begun, ok := c.FindPart(alg, v, time.Now())
		if !ok {
			continue
		}
		n++
		if want := stateOf(alg, v); !bytes.Equal(got, want) || !begun.Equal(ago.Add(time.Minute)) {
			t.Fatalf("file %d, %s: %x, begun at %v, want %x", first+i, alg.Tag, got, begun, want)
		}
	}
	return n
}

func wantParts(t testing.TB, c *Cache, alg *hasher.Algorithm, files, times, want int) {
	t.Helper()
	if n := foundParts(t, c, alg, 1000, files, times); n != want {
		t.Errorf("%d of %d parts (%s, version %d) were found, want %d", n, files, alg.Tag, times, want)
	}
}

// TestParts: parts are found when the cache is opened again, until another version or
// the digest is kept.
func TestParts(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "cache")
	algs := []*hasher.Algorithm{hasher.SHA1, hasher.BLAKE2b, hasher.BLAKE2b.Sized(20), hasher.SHA512_256}
	const files = 30
	for round := range 3 {
		c := openCache(t, name)
		for _, alg := range algs {
			wantParts(t, c, alg, files, round-1, min(round, 1)*files)
			wantParts(t, c, alg, files, round, 0)
			for i := range files {
				keepPart(c, alg, versionOf(1000+i, round))
			}
		}
		wantParts(t, c, hasher.BLAKE2b.Sized(21), files, round, 0)
		closeCache(t, c)
		if c.Stats() != (Stats{}) {
			t.Errorf("%+v of parts alone", c.Stats())
		}
	}
	c := openCache(t, name)
	for i := range files / 2 {
		keep(c, hasher.SHA1, versionOf(1000+i, 2))
	}
	// A part that was kept before the digest is deleted with it, committed or not.
	keepPart(c, hasher.MD5, versionOf(1000, 0))
	keep(c, hasher.MD5, versionOf(1000, 0))
	closeCache(t, c)
	c = openCache(t, name)
	wantParts(t, c, hasher.SHA1, files, 2, files/2)
	wantParts(t, c, hasher.MD5, 1, 0, 0)
	wantParts(t, c, hasher.BLAKE2b, files, 2, files)
	for i := range files {
		for _, alg := range algs {
			keep(c, alg, versionOf(1000+i, 3)) // also of another version
		}
	}
	closeCache(t, c)
	db := openAgain(t, name)
	if err := db.prepareToStore(); err != nil {
		t.Fatal(err)
	}
	if some, err := db.hasParts(); some || err != nil {
		t.Errorf("there are parts left, %v", err)
	}
	if err := db.close(); err != nil {
		t.Fatal(err)
	}
	wantAlone(t, filepath.Dir(name), "cache")
}

// TestPartsOfOthers: if anything of a version differs, or it is not settled now, its
// part is not found.
func TestPartsOfOthers(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "cache")
	c := openCache(t, name)
	v := versionOf(1000, 0)
	keepPart(c, hasher.SHA1, v)
	closeCache(t, c)
	c = openCache(t, name)
	defer closeCache(t, c)
	for title, change := range otherVersions {
		other := *v
		change(&other)
		if state, _, ok := c.FindPart(hasher.SHA1, &other, time.Now()); ok || state != nil {
			t.Errorf("with another %s: %x", title, state)
		}
	}
	if _, _, ok := c.FindPart(hasher.SHA1, v, ago); ok {
		t.Error("it is found by a clock by which it has just changed")
	}
	wantParts(t, c, hasher.SHA1, 1, 0, 1)
}

// TestPartsOfTheYoung: parts follow the rules for digests, at the time when the file's
// first byte was read.
func TestPartsOfTheYoung(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "cache")
	c := openCache(t, name)
	v := versionOf(1000, 0)
	c.KeepPart(hasher.SHA1, v, ago.Add(grain-1), stateOf(hasher.SHA1, v))
	whole := *versionOf(1001, 0)
	whole.Changed -= whole.Changed % int64(time.Second)
	c.KeepPart(hasher.SHA1, &whole, time.Now(), stateOf(hasher.SHA1, &whole))
	// These are for this boot only, if it is known.
	young := versionOf(1002, 0)
	c.KeepPart(hasher.SHA1, young, ago.Add(writtenBack-1), stateOf(hasher.SHA1, young))
	closeCache(t, c)
	c = openCache(t, name)
	boot := c.boot
	for _, test := range []struct {
		version *filestate.State
		boot    uint32
		want    bool
	}{{v, boot, false}, {&whole, boot, false}, {young, boot, true}, {young, boot + 1, false}, {young, anyBoot, false}} {
		c.boot = test.boot
		if _, _, ok := c.FindPart(hasher.SHA1, test.version, time.Now()); ok != test.want {
			t.Errorf("inode %d, boot %d: found is %v", test.version.ID.Inode, test.boot, ok)
		}
	}
	c.KeepPart(hasher.SHA256, young, ago.Add(writtenBack-1), stateOf(hasher.SHA256, young)) // c.boot is unknown
	closeCache(t, c)
	c = openCache(t, name)
	if _, _, ok := c.FindPart(hasher.SHA256, young, time.Now()); ok {
		t.Error("it was kept for a boot that isn't known")
	}
	closeCache(t, c)
}

// TestDamagedParts: a part that was changed, or that the algorithm can't have written,
// is damage.
func TestDamagedParts(t *testing.T) {
	t.Parallel()
	v := versionOf(1000, 0)
	good := part{stamp: stampOf(v), boot: anyBoot, begun: ago.UnixNano() + int64(time.Minute), state: stateOf(hasher.SHA1, v)}
	k := keyOf(hasher.SHA1, v)
	short, other, small := good, good, good
	short.state = good.state[:len(good.state)-1]
	other.state = stateOf(hasher.MD5, v)
	small.size = int64(hasher.SHA1.BlockSize) - 1 // less than was hashed
	row := good.row(k)
	for title, bad := range map[string][]byte{
		"":                     row,
		"a flipped bit":        append(bytes.Clone(row[:40]), append([]byte{row[40] ^ 1}, row[41:]...)...),
		"another checksum":     append([]byte{row[0] ^ 1}, row[1:]...),
		"cut off":              row[:len(row)-1],
		"a head alone":         row[:beforeState],
		"nothing":              {},
		"a longer one":         append(bytes.Clone(row), 0),
		"another's place":      good.row(keyOf(hasher.SHA1, versionOf(1001, 0))),
		"another's algorithm":  good.row(keyOf(hasher.MD5, v)),
		"a short state":        short.row(k),
		"another's state":      other.row(k),
		"a state behind a end": small.row(k),
	} {
		t.Run(title, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "cache")
			c := openCache(t, name)
			keepPart(c, hasher.SHA1, v)
			closeCache(t, c)
			db := openAgain(t, name)
			if err := db.conn.Exec(fmt.Sprintf(`UPDATE parts SET part = x'%x'`, bad)); err != nil {
				t.Fatal(err)
			}
			if err := db.close(); err != nil {
				t.Fatal(err)
			}
			c = openCache(t, name)
			_, _, ok := c.FindPart(hasher.SHA1, v, time.Now())
			want := ErrDamaged
			if title == "" {
				want = nil
			}
			if ok != (want == nil) {
				t.Error("found is", ok)
			}
			if err := c.Close(); err != want {
				t.Errorf("Close = %v, want %v", err, want)
			}
		})
	}
}

// FuzzPart: a row that is accepted is the one that would be written.
func FuzzPart(f *testing.F) {
	v := versionOf(1000, 0)
	for _, alg := range hasher.Algorithms {
		if !alg.Saves() {
			continue
		}
		p := part{stamp: stampOf(v), boot: 7, begun: 8, state: stateOf(alg, v)}
		f.Add(p.row(keyOf(alg, v))[blockSum:])
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, rest []byte) {
		k := keyOf(hasher.SHA1, v)
		row := append(binary.LittleEndian.AppendUint64(nil, sumOfPart(k, rest)), rest...)
		p, ok := partOf(bytes.Clone(row), k)
		if !ok {
			return
		}
		if again := p.row(k); !bytes.Equal(again, row) {
			t.Errorf("%x becomes %x", row, again)
		}
		if p.isOf(hasher.SHA1) && p.size < int64(hasher.SHA1.BlockSize) {
			t.Errorf("a state behind the end is taken: %+v", p)
		}
		row[0] ^= 1
		if _, ok := partOf(row, k); ok {
			t.Error("with another checksum it is taken as well")
		}
	})
}
