//go:build unix

package lanestest

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
)

// guardPages crashes if a kernel reads a byte outside the data or the tail of a lane.
func (s Suite[W]) guardPages(t *testing.T) {
	block := s.Algorithm.BlockSize
	var data, tails [lanes.MaxLanes][]byte
	for i := range data {
		data[i], tails[i] = guardedPage(t), guardedPage(t)
		copy(data[i], noise(len(data[i]), uint64(i)))
	}
	s.eachSet(t, func(t *testing.T, set lanes.Set[W]) {
		h := lanes.New(set)
		for busy := 1; busy <= set.Lanes(); busy++ {
			for n := range 4 * block {
				for _, end := range []func(page []byte, n int) []byte{head, foot} {
					messages := make([]message[W], busy)
					for i := range messages {
						messages[i].data = end(data[i], n+i%3*block)
					}
					batch := s.lanes(messages)
					for i := range batch {
						tail := end(tails[i], len(batch[i].Tail))
						copy(tail, batch[i].Tail)
						batch[i].Tail = tail
					}
					h.Blocks(batch)
					s.check(t, messages)
				}
			}
		}
	})
}

func head(page []byte, n int) []byte { return page[:n:n] }
func foot(page []byte, n int) []byte { return page[len(page)-n:] }

// guardedPage returns a page between two inaccessible pages.
func guardedPage(t *testing.T) []byte {
	size := unix.Getpagesize()
	m, err := unix.Mmap(-1, 0, 3*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(m) })
	for _, guard := range [][]byte{m[:size], m[2*size:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return m[size : 2*size]
}
