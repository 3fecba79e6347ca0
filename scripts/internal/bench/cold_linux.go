package main

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dropFile drops the file from the page cache and returns how many of its pages remain.
func dropFile(path string) (resident, pages int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return 0, 0, err
	}
	resident, pages, err = dropClean(file, info.Size())
	if err != nil || resident == 0 {
		return resident, pages, err
	}
	// Dirty pages can't be dropped. Syncing first would flush the disk's own cache for
	// each clean file.
	if err := file.Sync(); err != nil {
		return 0, 0, err
	}
	return dropClean(file, info.Size())
}

// dropClean drops the clean pages.
func dropClean(file *os.File, size int64) (resident, pages int64, err error) {
	if err := unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return 0, 0, os.NewSyscallError("fadvise", err)
	}
	return residentPages(file, size)
}

// residentPages uses mincore(2), not cachestat(2), which older kernels lack and which
// counts no pages for files on overlayfs (containers), where the pages belong to the
// underlying file.
func residentPages(file *os.File, size int64) (resident, pages int64, err error) {
	memory, err := unix.Mmap(int(file.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return 0, 0, os.NewSyscallError("mmap", err)
	}
	defer unix.Munmap(memory)
	page := os.Getpagesize()
	in := make([]byte, (len(memory)+page-1)/page)
	_, _, errno := unix.Syscall(unix.SYS_MINCORE,
		uintptr(unsafe.Pointer(&memory[0])), uintptr(len(memory)), uintptr(unsafe.Pointer(&in[0])))
	if errno != 0 {
		return 0, 0, os.NewSyscallError("mincore", errno)
	}
	for _, bits := range in {
		resident += int64(bits & 1) // other bits are reserved
	}
	return resident, int64(len(in)), nil
}

// dropInodes drops the system's dentries and inodes, so that files must be looked up on
// disk. It requires root.
func dropInodes() error {
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("2\n"), 0)
}
