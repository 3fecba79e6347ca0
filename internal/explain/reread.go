package explain

import (
	"bytes"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/reader"
)

// A rereadResult is the result of reading a failed file again.
type rereadResult struct {
	details   reader.Details
	known     bool  // details is valid
	err       error // why the file could not be read again
	special   bool  // it can't be read again
	changed   bool  // its digest has changed since the first time
	size      int64 // number of bytes read
	beginning []byte
	lines     []lineResult
}

// A lineResult is what was found out about a digest listed for a file.
type lineResult struct {
	other         *hasher.Algorithm // the algorithm by which it is the file's, or nil
	unix, windows bool              // it is the file's with line endings converted to LF, or to CR LF
	empty         bool              // it is that of an empty file
}

const (
	// beginningSize is the number of bytes kept to recognize the file's type.
	beginningSize = 8 << 10
	// growth is the number of bytes by which a file may exceed its reported size; files
	// in /proc report 0.
	growth = 1 << 20
)

// A pool is a hasher.Pool created on demand.
type pool struct {
	workers int
	sleep   func(time.Duration)
	*hasher.Pool
}

func (p *pool) open() {
	if p.Pool == nil {
		p.Pool = hasher.NewPool(p.workers)
		p.SetSleep(p.sleep)
	}
}

func (p *pool) close() {
	if p.Pool != nil {
		p.Pool.Close()
		p.Pool = nil
	}
}

// reread reads a file again, with all hashes that may explain the failure.
func (p *pool) reread(f *failedFile, descriptors *fdlimit.Budget, dropCache bool) (look rereadResult) {
	if f.at.Path == "" {
		look.special = true
		return look
	}
	var file reader.File
	look.err = descriptors.Retry(func() (err error) {
		file, err = look.open(f.at)
		return err
	})
	if look.err != nil {
		return look
	}
	defer descriptors.Release()
	if look.special {
		return look
	}
	defer file.Close()
	if dropCache {
		file.DropCache()
	}
	p.open()
	look.err = look.read(&file, p.Pool, f.lines)
	return look
}

// open opens a file if it is regular. Opening others has side effects: another process
// may be waiting for it.
func (look *rereadResult) open(at report.Location) (file reader.File, err error) {
	if look.details, err = at.In.Details(at.Path); err != nil {
		return file, err
	}
	look.known = true
	// A name that stands for a descriptor is Sequential, whatever it refers to.
	look.special = look.details.Type != reader.RegularFile || at.In.Stat(at.Path).Kind != reader.Plain
	if look.special {
		return file, nil
	}
	if file, err = at.In.Open(at.Path, reader.FromDirent()); err != nil {
		return file, err
	}
	if details, err := file.Details(); err == nil {
		look.details = details
	}
	return file, nil
}

// read hashes the file in every way that may explain the failure.
func (look *rereadResult) read(file *reader.File, pool *hasher.Pool, lines []failedLine) error {
	all := make([]candidateDigests, len(lines))
	for i := range lines {
		all[i] = newCandidateDigests(pool, &lines[i], look.details.Size)
	}
	err := look.feed(file, all)
	if err != nil || look.changed {
		for i := range all {
			all[i].abandon()
		}
		return err
	}
	for i := range all {
		found, same := all[i].end(&lines[i])
		look.lines = append(look.lines, found)
		look.changed = look.changed || !same
	}
	return nil
}

func (look *rereadResult) feed(file *reader.File, all []candidateDigests) error {
	buf := make([]byte, min(maxBuffer, (look.details.Size/bufferUnit+1)*bufferUnit))
	for end := false; !end; {
		var n int
		var err error
		if n, end, err = file.Fill(buf); err != nil {
			return err
		}
		part := buf[:n]
		look.size += int64(n)
		if look.size > look.details.Size+growth {
			look.changed = true // and may grow forever
			return nil
		}
		if room := beginningSize - len(look.beginning); room > 0 {
			look.beginning = append(look.beginning, part[:min(n, room)]...)
		}
		for i := range all {
			all[i].write(part)
		}
	}
	return nil
}

// candidateDigests are the hashes computed to explain one listed digest.
type candidateDigests struct {
	same      *hashInput // as the first time
	empty     *hashInput // of no data
	others    []*hashInput
	by        []*hasher.Algorithm // algorithms of others
	converted []conversion
}

func newCandidateDigests(pool *hasher.Pool, line *failedLine, size int64) (t candidateDigests) {
	t.same = newHashInput(pool, line.algorithm, size)
	if len(line.expected) < algorithm.MinProofBytes {
		return t
	}
	t.empty = newHashInput(pool, line.algorithm, 0)
	t.converted = []conversion{
		&toLF{hashInput: newHashInput(pool, line.algorithm, size)},
		&toCRLF{hashInput: newHashInput(pool, line.algorithm, size+size/16)},
	}
	for _, alg := range hasher.Algorithms {
		if alg = alg.Sized(len(line.expected)); alg != nil && alg != line.algorithm {
			t.by = append(t.by, alg)
			t.others = append(t.others, newHashInput(pool, alg, size))
		}
	}
	return t
}

func (t *candidateDigests) write(part []byte) {
	t.same.Write(part)
	for _, m := range t.others {
		m.Write(part)
	}
	for _, c := range t.converted {
		c.Write(part)
	}
}

// end returns what the digests reveal about a line, and whether the file is unchanged.
func (t *candidateDigests) end(line *failedLine) (found lineResult, same bool) {
	same = bytes.Equal(t.same.sum(), line.actual)
	for i, m := range t.others {
		if bytes.Equal(m.sum(), line.expected) {
			found.other = t.by[i]
		}
	}
	for i, is := range []*bool{&found.unix, &found.windows} {
		if i < len(t.converted) {
			changed := t.converted[i].end()
			*is = bytes.Equal(t.converted[i].sum(), line.expected) && changed
		}
	}
	if t.empty != nil {
		found.empty = bytes.Equal(t.empty.sum(), line.expected)
	}
	return found, same
}

func (t *candidateDigests) abandon() {
	t.same.abandon()
	for _, m := range t.others {
		m.abandon()
	}
	for _, c := range t.converted {
		c.abandon()
	}
	if t.empty != nil {
		t.empty.abandon()
	}
}
