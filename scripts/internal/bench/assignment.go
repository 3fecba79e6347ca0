package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// assignment is a row with its files on disk.
type assignment struct {
	row
	work
	lineup   []installed // tools that may take part, the reference and ours first
	dir      string      // working directory
	expected []byte      // output of the reference
}

// prepare creates the row's files, the lists of names that tools read, and the cache if
// psha1sum needs one.
func (b *bench) prepare(r row) (*assignment, error) {
	dir := filepath.Join(b.dir, r.data.name)
	a := &assignment{row: r, lineup: b.lineup(r), dir: dir, work: work{
		files:    r.data.paths(),
		list:     dir + ".list",
		manifest: filepath.Join(b.dir, r.name+".sha1"),
		cache:    filepath.Join(b.dir, r.name+".db"),
		xargs:    r.fed,
		repeated: r.lines > 0,
		cpus:     runtime.NumCPU(),
	}}
	if len(a.lineup) == 0 {
		return nil, fmt.Errorf("%w: no other tool for %s is installed", errSkipped, r.alg)
	}
	if err := b.makeFiles(a); err != nil {
		return nil, err
	}
	names := strings.Join(a.files, "\x00") + "\x00"
	if err := os.WriteFile(a.list, []byte(names), 0o666); err != nil {
		return nil, err
	}
	if err := b.learnSums(a); err != nil {
		return nil, err
	}
	if r.kind.isCached() {
		return a, b.fillCache(a)
	}
	if !r.check {
		return a, nil
	}
	return a, os.WriteFile(a.manifest, repeatLines(b.sums[a.digests()], r.lines), 0o666)
}

// makeFiles writes the files that an earlier run didn't leave.
func (b *bench) makeFiles(a *assignment) error {
	b.logf("%s: files in %s", a.name, a.dir)
	if err := os.MkdirAll(b.dir, 0o777); err != nil {
		return err
	}
	if err := a.data.fitsOnDisk(a.dir); err != nil {
		return err
	}
	written, err := a.data.make(a.dir)
	if err != nil || written == 0 {
		return err
	}
	b.logf("%s: wrote %d files", a.name, written)
	// Writeback would disturb the measurement.
	if err := exec.Command("sync").Run(); err != nil {
		b.logf("sync: %v", err)
	}
	return nil
}

// reference returns the tool whose output is correct by definition.
func (a *assignment) reference() installed { return a.lineup[0] }

// needs reports whether the row requires the tool.
func (a *assignment) needs(t installed) bool {
	return t.name == ours.name || t.name == a.reference().name
}

// digests returns the key of the row's digests in bench.sums.
func (r row) digests() string { return r.data.name + " " + r.alg }

// learnSums runs the reference to get the digests of the row's files, once per dataset
// and algorithm.
func (b *bench) learnSums(a *assignment) error {
	if b.sums[a.digests()] != nil {
		return nil
	}
	gnu := a.reference()
	_, sums, err := b.output(a, gnu, gnu.hash(gnu.program, a.work))
	if err != nil {
		return err
	}
	if b.sums == nil {
		b.sums = make(map[string][]byte)
	}
	b.sums[a.digests()] = sums
	return nil
}

// repeatLines repeats the lines of text up to the given number; 0 returns text
// unchanged.
func repeatLines(text []byte, lines int) []byte {
	if lines == 0 {
		return text
	}
	all := slices.Collect(bytes.Lines(text))
	var repeated []byte
	for i := range lines {
		repeated = append(repeated, all[i%len(all)]...)
	}
	return repeated
}

// temper puts the files into the state that the row requires. Warm files are read just
// before each turn: rclone drops what it has read from the page cache
// (POSIX_FADV_DONTNEED), and some virtual machines return memory that was idle for
// seconds. A cache to be filled is removed.
func (b *bench) temper(a *assignment) error {
	if a.kind.isFill() {
		if err := removeCache(a.cache); err != nil {
			return err
		}
	}
	if !a.kind.isCold() {
		return a.data.warm(a.dir)
	}
	_, err := b.chill(a)
	return err
}

// chill drops the files and their cache from the page cache, then all dentries and
// inodes. inodesWarm is the reason if the latter wasn't possible.
func (b *bench) chill(a *assignment) (inodesWarm string, err error) {
	if err := a.data.chill(a.dir); err != nil {
		return "", err
	}
	if a.kind.isHits() {
		if err := a.chillCache(); err != nil {
			return "", err
		}
	}
	if b.dropInodes == nil {
		return "", nil
	}
	if err := b.dropInodes(); err != nil {
		return err.Error(), nil
	}
	return "", nil
}
