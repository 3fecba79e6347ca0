package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/filestate"
	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/large"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// A notebook is a Cache that trusts every entry.
type notebook struct {
	mu      sync.Mutex
	digests map[noted][]byte
	parts   map[noted]notedPart
	found   int
	kept    int
	onKeep  func()
	onFind  func() // called by FindPart
}

type notedPart struct {
	begun time.Time
	state []byte
}

type noted struct {
	algorithm *hasher.Algorithm
	version   filestate.State
}

func (b *notebook) Find(dst []byte, alg *hasher.Algorithm, v *filestate.State, now time.Time) ([]byte, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	digest, ok := b.digests[noted{alg, *v}]
	if ok {
		b.found++
	}
	return append(dst, digest...), ok
}

func (b *notebook) Keep(alg *hasher.Algorithm, v *filestate.State, begun time.Time, digest []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.digests == nil {
		b.digests = map[noted][]byte{}
	}
	b.kept++
	b.digests[noted{alg, *v}] = bytes.Clone(digest)
	if b.onKeep != nil {
		b.onKeep()
	}
}

func (b *notebook) FindPart(alg *hasher.Algorithm, v *filestate.State, now time.Time) ([]byte, time.Time, bool) {
	if b.onFind != nil {
		b.onFind()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.parts[noted{alg, *v}]
	return bytes.Clone(p.state), p.begun, ok
}

func (b *notebook) KeepPart(alg *hasher.Algorithm, v *filestate.State, begun time.Time, state []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.parts == nil {
		b.parts = map[noted]notedPart{}
	}
	b.parts[noted{alg, *v}] = notedPart{begun, state}
}

// forgetSome removes about a third of the digests.
func (b *notebook) forgetSome() {
	for k := range b.digests {
		if k.version.ID.Inode%3 == 0 {
			delete(b.digests, k)
		}
	}
}

// counts returns what happened since its last call.
func (b *notebook) counts() (found, kept int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found, kept = b.found, b.kept
	b.found, b.kept = 0, 0
	return found, kept
}

// emptyDirectory returns a new directory, open like a tree's.
func emptyDirectory(t *testing.T) (dir string, directory *reader.Dir) {
	t.Helper()
	dir = t.TempDir()
	return dir, filetest.OpenDir(t, nil, dir, reader.NoLinks)
}

// TestCacheLookup: hits and misses are delivered in order, however items are named and
// read.
func TestCacheLookup(t *testing.T) {
	guard(t)
	filetest.NeedTrustedTimes(t)
	dir, directory := emptyDirectory(t)
	var items []pipeline.Item
	var contents [][]byte
	for i := range 400 {
		data := filetest.Random(1 + i*i%5000)
		if i%50 == 7 {
			data = filetest.Random(2*buffer + i)
		}
		name := "d" + strconv.Itoa(i%7) + "/" + strconv.Itoa(i)
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700)
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		item := pipeline.Item{Name: filepath.Join(dir, name)}
		switch i % 3 {
		case 1:
			item = pipeline.Item{Name: name, In: directory, Listed: true}
		case 2:
			item = pipeline.Item{Name: name, In: directory}
		}
		items, contents = append(items, item), append(contents, data)
	}
	for _, opt := range []pipeline.Options{{}, {IO: pipeline.ReadIO}, {Files: 1}, {Files: 3, Workers: 1}, {DropCache: true}} {
		var book notebook
		opt.Cache = &book
		for _, test := range []struct {
			title      string
			hits, must int // kept: the misses
		}{{"empty", 0, len(items)}, {"full", len(items), 0}, {"some", -1, -1}} {
			if test.hits < 0 {
				book.forgetSome()
				test.hits = len(book.digests)
				test.must = len(items) - test.hits
			}
			var p pipeline.Progress
			opt.Progress = &p
			results := run(t, list(items...), opt)
			if len(results) != len(items) {
				t.Fatalf("%s: %d results", test.title, len(results))
			}
			total := int64(0)
			for i, r := range results {
				if r.Name != items[i].Name {
					t.Errorf("%s: result %d is %q", test.title, i, r.Name)
				}
				checkDigest(t, r, contents[i])
				total += int64(len(contents[i]))
			}
			if found, kept := book.counts(); found != test.hits || kept != test.must {
				t.Errorf("%s: %d found, %d kept, want %d and %d", test.title, found, kept, test.hits, test.must)
			}
			if at := p.Now(); at.Bytes != total || at.Files != int64(len(items)) {
				t.Errorf("%s: %+v, want %d bytes of %d files", test.title, at, total, len(items))
			}
		}
	}
}

// TestCacheBelieves: a file in the cache is not read.
func TestCacheBelieves(t *testing.T) {
	guard(t)
	filetest.NeedTrustedTimes(t)
	name := filetest.Write(t, filetest.Random(1000))
	book := &notebook{}
	run(t, list(pipeline.Item{Name: name}), pipeline.Options{Cache: book})
	lie := bytes.Repeat([]byte{1}, hasher.SHA1.Size)
	for k := range book.digests {
		book.digests[k] = lie
	}
	for _, item := range []pipeline.Item{{Name: name}, {Name: name, Listed: true}} {
		if r := run(t, list(item), pipeline.Options{Cache: book})[0]; r.Err != nil || !bytes.Equal(r.Digest, lie) {
			t.Errorf("%+v: %x, %v", item, r.Digest, r.Err)
		}
	}
	// The cache isn't used for a Reader, whatever its name.
	r := run(t, list(pipeline.Item{Name: name, Reader: bytes.NewReader(filetest.Random(1000))}), pipeline.Options{Cache: book})[0]
	checkDigest(t, r, filetest.Random(1000))
}

// TestCacheAlgorithms: an item is a hit if all of its digests are known.
func TestCacheAlgorithms(t *testing.T) {
	guard(t)
	filetest.NeedTrustedTimes(t)
	data := filetest.Random(3 * buffer)
	name := filetest.Write(t, data)
	book := &notebook{}
	short := hasher.BLAKE2b.Sized(20)
	for _, test := range []struct {
		algorithms  []*hasher.Algorithm
		found, kept int
	}{
		{nil, 0, 1}, // SHA-1
		{[]*hasher.Algorithm{hasher.SHA1}, 1, 0},
		{[]*hasher.Algorithm{hasher.SHA256}, 0, 1},
		{[]*hasher.Algorithm{hasher.SHA256, hasher.SHA1}, 2, 0},
		{[]*hasher.Algorithm{hasher.SHA1, hasher.BLAKE2b, hasher.MD5}, 1, 3}, // all are computed
		{[]*hasher.Algorithm{short}, 0, 1},
		{[]*hasher.Algorithm{hasher.MD5, short, hasher.BLAKE2b}, 3, 0},
	} {
		want := run(t, list(pipeline.Item{Name: name, Algorithms: test.algorithms}), pipeline.Options{})[0]
		got := run(t, list(pipeline.Item{Name: name, Algorithms: test.algorithms}), pipeline.Options{Cache: book})[0]
		if !bytes.Equal(got.Digest, want.Digest) || !slices.EqualFunc(got.Digests, want.Digests, bytes.Equal) {
			t.Errorf("%v: %x, %x, want %x, %x", test.algorithms, got.Digest, got.Digests, want.Digest, want.Digests)
		}
		if found, kept := book.counts(); found != test.found || kept != test.kept {
			t.Errorf("%d algorithms: %d found, %d kept, want %d, %d", len(test.algorithms), found, kept, test.found, test.kept)
		}
	}
}

// TestCacheNotAsked: the cache is neither asked for nor given what is not a regular
// file, is empty or fails.
func TestCacheNotAsked(t *testing.T) {
	guard(t)
	filetest.NeedTrustedTimes(t)
	dir := t.TempDir()
	os.WriteFile(dir+"/secret", filetest.Random(9), 0)
	items := []pipeline.Item{
		{Name: filetest.Write(t, nil)}, {Name: dir}, {Name: dir + "/missing"}, {Name: dir + "/missing", Listed: true},
		{Name: os.DevNull}, {Name: "/proc/self/stat"}, {Name: "/proc/version"}, {Name: filetest.Write(t, filetest.Random(5)), Barrier: true},
		{Name: "reader", Reader: bytes.NewReader(filetest.Random(5))}, {Marker: true}, {Name: dir, Listed: true},
	}
	book := &notebook{}
	for range 2 {
		run(t, list(items...), pipeline.Options{Cache: book})
	}
	if found, kept := book.counts(); found != 0 || kept != 0 {
		t.Errorf("%d found, %d kept: %+v", found, kept, book.digests)
	}
}

// TestCacheAndFIFO: a FIFO between cached files is read in its turn, and no file behind
// it is looked up before.
func TestCacheAndFIFO(t *testing.T) {
	guard(t)
	filetest.NeedTrustedTimes(t)
	fifo := filetest.NewFIFO(t)
	first, last := filetest.Write(t, filetest.Random(10)), filetest.Write(t, filetest.Random(20))
	book := &notebook{}
	src := func() ready {
		return list(pipeline.Item{Name: first}, pipeline.Item{Name: fifo}, pipeline.Item{Name: last}, pipeline.Item{Name: first, Barrier: true})
	}
	for round := range 3 {
		go func() {
			w, err := os.OpenFile(fifo, os.O_WRONLY, 0)
			if err != nil {
				t.Error(err)
				return
			}
			defer w.Close()
			// The FIFO's writer may change the files behind it.
			if err := os.WriteFile(last, filetest.Random(100+round), 0o600); err != nil {
				t.Error(err)
			}
			w.Write(filetest.Random(30))
		}()
		results := run(t, src(), pipeline.Options{Cache: book})
		for i, want := range [][]byte{filetest.Random(10), filetest.Random(30), filetest.Random(100 + round), filetest.Random(10)} {
			checkDigest(t, results[i], want)
		}
	}
}

// TestCacheOfChanges: the digest of a file that changes while it is read is not kept.
func TestCacheOfChanges(t *testing.T) {
	guard(t)
	filetest.NeedTrustedTimes(t)
	for title, change := range map[string]func(name string) error{
		"grown":     func(name string) error { return appendTo(name, filetest.Random(1)) },
		"truncated": func(name string) error { return os.Truncate(name, 100*buffer-1) },
		"written": func(name string) error {
			f, err := os.OpenFile(name, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteAt([]byte{0xff}, 50*buffer)
			return err
		},
		"mode":     func(name string) error { return os.Chmod(name, 0o400) },
		"replaced": func(name string) error { os.Remove(name); return os.WriteFile(name, filetest.Random(7), 0o600) },
	} {
		t.Run(title, func(t *testing.T) {
			// The file may have been read before it was changed; the next one is larger.
			for buffers := 100; buffers < 100<<9; buffers += buffers / 4 {
				name := filepath.Join(t.TempDir(), "file")
				book, amidst := changedAmidst(t, name, buffers, change)
				if !amidst {
					continue
				}
				if len(book.digests) > 0 {
					t.Errorf("kept was %+v", book.digests)
				}
				return
			}
			t.Skip("files are always read before they can be changed: nothing is proved")
		})
	}
}

// TestCacheOfWriters: the digest of a file that is open for writing when its first byte
// is read is not kept, even if it has been closed when the last one is.
func TestCacheOfWriters(t *testing.T) {
	guard(t)
	filetest.NeedTrustedTimes(t)
	name := filetest.Write(t, make([]byte, 100*buffer))
	w, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var p pipeline.Progress
	var book notebook
	closed := make(chan error, 1)
	go func() {
		for p.Now().Bytes == 0 {
			time.Sleep(10 * time.Microsecond)
		}
		closed <- w.Close()
	}()
	run(t, list(pipeline.Item{Name: name}), pipeline.Options{Cache: &book, Progress: &p})
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if _, kept := book.counts(); kept != 0 {
		t.Error("it was kept")
	}
	run(t, list(pipeline.Item{Name: name}), pipeline.Options{Cache: &book})
	if _, kept := book.counts(); kept != 1 {
		t.Error("it was not kept when nobody had it")
	}
}

// changedAmidst hashes a file of a number of buffers, which is changed meanwhile. It
// reports whether the last byte was read after the change.
func changedAmidst(t *testing.T, name string, buffers int, change func(name string) error) (book *notebook, amidst bool) {
	t.Helper()
	size := int64(buffers * buffer)
	if err := errors.Join(os.WriteFile(name, nil, 0o600), os.Truncate(name, size)); err != nil { // sparse
		t.Fatal(err)
	}
	// Wait until the file system's clock has ticked before the file is changed.
	tick, was := filetest.Write(t, nil), reader.Stat(name)
	for reader.Stat(tick).Changed <= was.Changed {
		if err := os.Chmod(tick, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var p pipeline.Progress
	book = &notebook{}
	changed := make(chan error, 1)
	go func() {
		for p.Now().Bytes < 10*buffer {
			time.Sleep(10 * time.Microsecond)
		}
		err := change(name)
		amidst = p.Now().Bytes < size-buffer
		changed <- err
	}()
	run(t, list(pipeline.Item{Name: name}), pipeline.Options{Cache: book, Progress: &p})
	if err := <-changed; err != nil {
		t.Fatal(err)
	}
	return book, amidst
}

func appendTo(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(data)
	return err
}

// TestCacheCancelled: a run that is cancelled or fails keeps only the digests of whole
// files, and leaves nothing behind.
func TestCacheCancelled(t *testing.T) {
	guard(t)
	filetest.NeedTrustedTimes(t)
	dir, directory := emptyDirectory(t)
	const files = 200
	for i := range files {
		os.MkdirAll(dir+"/"+strconv.Itoa(i%9), 0o700)
		os.WriteFile(dir+"/"+strconv.Itoa(i%9)+"/"+strconv.Itoa(i), filetest.Random(1+i*1000), 0o600)
	}
	item := func(i int) pipeline.Item {
		return pipeline.Item{Name: strconv.Itoa(i%9) + "/" + strconv.Itoa(i), In: directory, Listed: true}
	}
	book := &notebook{}
	for n := 0; n < 40; n += large.Or(3, 1) {
		ctx, cancel := context.WithCancel(context.Background())
		full := errors.New("full")
		sink := &keeper{onResult: func(r *pipeline.Result) error {
			if i, _ := strconv.Atoi(filepath.Base(r.Name)); i == n*5 {
				if n%2 == 0 {
					return full
				}
				cancel()
			}
			return nil
		}}
		err := start(ctx, count(files, item), sink, pipeline.Options{Cache: book})
		cancel()
		if n%2 == 0 && err != full {
			t.Errorf("round %d: %v", n, err)
		}
		for i, r := range sink.results {
			checkDigest(t, r, filetest.Random(1+i*1000))
		}
	}
	results := run(t, count(files, item), pipeline.Options{Cache: book})
	for i, r := range results {
		checkDigest(t, r, filetest.Random(1+i*1000))
	}
	if found, _ := book.counts(); found == 0 {
		t.Error("nothing was found")
	}
}

// TestCacheIsToldByMany: several goroutines use a cache concurrently, also while one of
// them waits in it.
func TestCacheIsToldByMany(t *testing.T) {
	guard(t)
	filetest.NeedTrustedTimes(t)
	name := filetest.Write(t, filetest.Random(100))
	var waits sync.Once
	book := &notebook{onKeep: func() { waits.Do(func() { time.Sleep(10 * time.Millisecond) }) }}
	results := run(t, count(500, func(i int) pipeline.Item {
		if i%10 == 3 {
			return pipeline.Item{Name: strconv.Itoa(i), Reader: io.LimitReader(bytes.NewReader(filetest.Random(100)), 100)}
		}
		return pipeline.Item{Name: name}
	}), pipeline.Options{Cache: book})
	for _, r := range results {
		checkDigest(t, r, filetest.Random(100))
	}
	if found, kept := book.counts(); found+kept != 450 || len(book.digests) != 1 {
		t.Errorf("%d found, %d kept", found, kept)
	}
}
