package reader

import "golang.org/x/sys/unix"

// adviseSequential has the system read further ahead.
func (h handle) adviseSequential() { _ = unix.Fadvise(int(h), 0, 0, unix.FADV_SEQUENTIAL) }

// dropCache has the system forget what it keeps of the file's first n bytes.
// Nothing that wasn't written back is lost.
func (h handle) dropCache(n int64) { _ = unix.Fadvise(int(h), 0, n, unix.FADV_DONTNEED) }
