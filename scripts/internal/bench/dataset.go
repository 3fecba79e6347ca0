package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A dataset is a directory of files. Names, sizes and contents are fully determined by
// the table below, so every machine measures the same bytes. Files of the right size
// from an earlier run are reused.
type dataset struct {
	name  string // of the directory
	title string // for the report
	files int
	size  func(i int) int64  // of file i, in bytes
	path  func(i int) string // of file i, relative to the directory, with slashes
}

// datasets are hashed and checked, one row each.
var datasets = []dataset{
	{"32x64M", "32 x 64 MiB", 32, always(64 << 20), flat},
	{"6x256M", "6 x 256 MiB", 6, always(256 << 20), flat},
	{"1x1G", "1 x 1 GiB", 1, always(1 << 30), flat},
	{"2000x256K", "2,000 x 256 KiB", 2000, always(256 << 10), flat},
	{"30000-tiny", "30,000 x 0 to 8 KiB", 30_000, upTo(8 << 10), tree},
}

// formsDatasets are checked with each output format.
var formsDatasets = []string{"30000-tiny", "32x64M"}

// waysDatasets are hashed with each way of reading.
var waysDatasets = []string{"30000-tiny", "2000x256K", "32x64M", "1x1G"}

// coldDatasets are also hashed with a cold page cache.
var coldDatasets = []string{"32x64M", "30000-tiny"}

// walkDatasets are also given to tools as a directory.
var walkDatasets = []string{"32x64M", "30000-tiny"}

// coldWalkDatasets are also walked with a cold page cache, which matters only with many
// directories.
var coldWalkDatasets = []string{"30000-tiny"}

// cachedDatasets are also hashed with a cache, and cachedWalkDatasets walked.
var (
	cachedDatasets     = []string{"32x64M"}
	cachedWalkDatasets = []string{"30000-tiny"}
)

// algorithmDatasets are also hashed with other algorithms: tiny files, with which GNU
// is hardest to beat.
var algorithmDatasets = []string{"30000-tiny"}

// otherAlgorithms are those of GNU's other tools, and BLAKE3 for comparison with b3sum.
var otherAlgorithms = []string{"md5", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake3"}

// few is the files that the manifest of a million lines repeats.
var few = dataset{"few", "16 x 0 to 1 KiB", 16, upTo(1 << 10), flat}

// empty measures start-up.
var empty = dataset{"empty", "one empty file", 1, always(0), flat}

// lots has more files than fit on a command line, and more blocks than bytes.
var lots = dataset{"300000-tiny", "300,000 x 0 to 1 KiB", 300_000, upTo(1 << 10), wide}

// many has even more.
var many = dataset{"many", "1,000,000 x 0 to 1 KiB", 1_000_000, upTo(1 << 10), wide}

func always(size int64) func(int) int64 {
	return func(int) int64 { return size }
}

// upTo gives each file its own size from 0 to most bytes.
func upTo(most int64) func(int) int64 {
	return func(i int) int64 {
		return rand.New(rand.NewPCG(0x5a1, uint64(i))).Int64N(most + 1)
	}
}

func flat(i int) string { return fmt.Sprintf("f%04d", i) }

// tree puts a hundred files in a directory and ten directories in each parent. Names
// are short, so that 30,000 fit on a command line.
func tree(i int) string {
	return fmt.Sprintf("d%02d/e%d/f%02d", i/1000, i/100%10, i%100)
}

// wide puts a thousand files in each directory, for any number of files.
func wide(i int) string { return fmt.Sprintf("d%03d/f%03d", i/1000, i%1000) }

// -quick divides the sizes of files by quickFactor, or if there are more than
// quickFiles, their number.
const (
	quickSize   = 32
	quickFactor = 16
	quickFiles  = 2500
)

// quick returns the dataset for -quick.
func (d dataset) quick() dataset {
	if d.files > quickFiles {
		factor := quickFactor
		for d.files/factor > quickFiles {
			factor *= 2
		}
		d.files /= factor
		d.title += fmt.Sprintf(", files / %d", factor)
		return d
	}
	size := d.size
	d.size = func(i int) int64 { return size(i) / quickSize }
	d.title += fmt.Sprintf(", sizes / %d", quickSize)
	return d
}

// paths returns the files' names relative to the directory, in order.
func (d dataset) paths() []string {
	paths := make([]string, d.files)
	for i := range paths {
		paths[i] = d.path(i)
	}
	return paths
}

// bytes returns the total size of the files.
func (d dataset) bytes() int64 {
	var sum int64
	for i := range d.files {
		sum += d.size(i)
	}
	return sum
}

// filled returns the number of files that are not empty.
func (d dataset) filled() (files int) {
	for i := range d.files {
		if d.size(i) > 0 {
			files++
		}
	}
	return files
}

// blockBytes is the block size of file systems and the page cache.
const blockBytes = 4 << 10

// space returns the space of file i on disk and in the page cache.
func (d dataset) space(i int) int64 {
	return (d.size(i) + blockBytes - 1) / blockBytes * blockBytes
}

// missing returns how many files are not in dir with their right size, and their space.
func (d dataset) missing(dir string) (files, space int64, err error) {
	var count, sum atomic.Int64
	err = d.each(dir, func(i int, path string) error {
		there, err := d.there(i, path)
		if err == nil && !there {
			count.Add(1)
			sum.Add(d.space(i))
		}
		return err
	})
	return count.Load(), sum.Load(), err
}

// make writes the missing files and returns their number.
func (d dataset) make(dir string) (written int, err error) {
	var count atomic.Int64
	err = d.each(dir, func(i int, path string) error {
		wrote, err := d.makeFile(i, path)
		if wrote {
			count.Add(1)
		}
		return err
	})
	return int(count.Load()), err
}

// youngest returns the latest modification time of the files.
func (d dataset) youngest(dir string) (time.Time, error) {
	var last atomic.Int64 // nanoseconds since 1970
	err := d.each(dir, func(_ int, path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		for at := info.ModTime().UnixNano(); ; {
			if seen := last.Load(); at <= seen || last.CompareAndSwap(seen, at) {
				return nil
			}
		}
	})
	return time.Unix(0, last.Load()), err
}

// warm reads the files into the page cache.
func (d dataset) warm(dir string) error {
	return d.each(dir, func(_ int, path string) error {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = io.Copy(io.Discard, file)
		return err
	})
}

// each calls do for every file, on all cores. A core stops after an error.
func (d dataset) each(dir string, do func(i int, path string) error) error {
	var (
		next atomic.Int64
		wg   sync.WaitGroup
		errs = make([]error, runtime.GOMAXPROCS(0))
	)
	for core := range errs {
		wg.Go(func() {
			for errs[core] == nil {
				i := int(next.Add(1)) - 1
				if i >= d.files {
					return
				}
				errs[core] = do(i, filepath.Join(dir, filepath.FromSlash(d.path(i))))
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// there reports whether file i exists at path with its right size.
func (d dataset) there(i int, path string) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return info.Mode().IsRegular() && info.Size() == d.size(i), nil
}

// makeFile writes file i at path unless it exists with its right size.
func (d dataset) makeFile(i int, path string) (wrote bool, err error) {
	if there, err := d.there(i, path); there || err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return false, err
	}
	file, err := os.Create(path)
	if err != nil {
		return false, err
	}
	_, err = io.CopyN(file, d.content(i), d.size(i))
	return true, errors.Join(err, file.Close())
}

// content returns the endless stream of random bytes that file i begins with.
func (d dataset) content(i int) io.Reader {
	return rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%s %d", d.name, i)))
}
