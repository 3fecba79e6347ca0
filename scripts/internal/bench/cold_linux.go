package main

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dropFile drops the file from the page cache and returns how many of its pages
// are there all the same.
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
	// Dirty pages stay. To sync first would cost each clean file a flush of the
	// disk's own cache.
	if err := file.Sync(); err != nil {
		return 0, 0, err
	}
	return dropClean(file, info.Size())
}

// dropClean drops what needs not be written first.
func dropClean(file *os.File, size int64) (resident, pages int64, err error) {
	if err := unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return 0, 0, os.NewSyscallError("fadvise", err)
	}
	return residentPages(file, size)
}

// residentPages asks mincore(2), not cachestat(2), which older kernels lack and
// which for a file on overlayfs (containers) always counts no page at all: the
// pages belong to the file below.
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
		resident += int64(bits & 1) // the others are reserved
	}
	return resident, int64(len(in)), nil
}

// dropInodes drops dentries and inodes, those of the whole system, so that files
// must be looked up on the disk again. Only root may.
func dropInodes() error {
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("2\n"), 0)
}
