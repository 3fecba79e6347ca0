//go:build linux

package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// writeSlowly lets one write(2) continue while the cache stores the file's digest. The
// file's time of change is that of the beginning of the call: long ago when the run
// begins, and still the same after the last byte is read. The call blocks on a page of
// its buffer that is provided later.
func writeSlowly(t *trial, c *cached) {
	path := c.path(t.Rand)
	for range 20 {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			break
		}
		path = c.path(t.Rand)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 {
		return
	}
	data := randomBytes(t.Rand, int(info.Size()))
	page, err := newLatePage(len(data))
	if err != nil {
		t.note("no userfaultfd, so no slow write(2): %v", err)
		return
	}
	defer page.close()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.note("%v", err)
		return
	}
	written := make(chan error)
	go func() {
		defer f.Close()
		_, err := unix.Pwrite(int(f.Fd()), page.memory[:len(data)], 0)
		written <- err
	}()
	t.do("one long write(2) to %s begins", path)
	t.sleep(settles)
	t.run(c.command(t))
	if t.chance(50) {
		t.run(c.command(t))
	}
	for err := page.fill(data); err != nil; err = page.fill(data) {
		t.note("userfaultfd: %v", err)
		time.Sleep(10 * time.Millisecond)
	}
	if err := <-written; err != nil {
		t.note("slow write(2): %v", err)
	}
	t.do("it is done")
	t.count("slow writes", 1)
}

// A latePage is memory that blocks system calls that access it until it is filled:
// userfaultfd(2).
type latePage struct {
	memory []byte
	fd     int
}

// From linux/userfaultfd.h.
const (
	uffdAPI             = 0xaa
	uffdioAPI           = 0xc018aa3f
	uffdioRegister      = 0xc020aa00
	uffdioCopy          = 0xc028aa03
	uffdRegisterMissing = 1
)

func newLatePage(size int) (*latePage, error) {
	pageSize := os.Getpagesize()
	size = (size + pageSize - 1) / pageSize * pageSize
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK, 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("userfaultfd: %w", errno)
	}
	api := struct{ api, features, ioctls uint64 }{api: uffdAPI}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, uffdioAPI, uintptr(unsafe.Pointer(&api))); errno != 0 {
		unix.Close(int(fd))
		return nil, fmt.Errorf("UFFDIO_API: %w", errno)
	}
	memory, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		unix.Close(int(fd))
		return nil, err
	}
	p := &latePage{memory, int(fd)}
	register := struct{ start, length, mode, ioctls uint64 }{
		start: uint64(uintptr(unsafe.Pointer(&memory[0]))), length: uint64(size), mode: uffdRegisterMissing,
	}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, uffdioRegister, uintptr(unsafe.Pointer(&register))); errno != 0 {
		p.close()
		return nil, fmt.Errorf("UFFDIO_REGISTER: %w", errno)
	}
	return p, nil
}

// fill fills the memory with the data.
func (p *latePage) fill(data []byte) error {
	from := make([]byte, len(p.memory))
	copy(from, data)
	arg := struct {
		to, from, length, mode uint64
		copied                 int64
	}{
		to: uint64(uintptr(unsafe.Pointer(&p.memory[0]))), from: uint64(uintptr(unsafe.Pointer(&from[0]))), length: uint64(len(from)),
	}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(p.fd), uffdioCopy, uintptr(unsafe.Pointer(&arg))); errno != 0 && errno != unix.EEXIST {
		return errno
	}
	runtime.KeepAlive(from)
	return nil
}

func (p *latePage) close() {
	unix.Close(p.fd) // blocked system calls get zeros
	unix.Munmap(p.memory)
}

// writeMapped changes a file through a mapping. Only the first write to a page sets the
// time of change.
func writeMapped(t *trial, c *cached) {
	path := c.path(t.Rand)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.note("%v", err)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return
	}
	memory, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.note("mmap: %v", err)
		return
	}
	defer unix.Munmap(memory)
	if t.chance(50) {
		f.Close()
	}
	change := func() { copy(memory, randomBytes(t.Rand, len(memory))) }
	change()
	t.do("%s is mapped and changed, now and during the next runs", path)
	t.sleep(settles)
	for range 1 + t.IntN(3) {
		run := t.start(c.command(t))
		t.sleep(time.Duration(t.IntN(10_000)) * time.Microsecond)
		change()
		t.count("runs", 1)
		t.sane(run.c, run.wait())
		change()
	}
	t.count("mapped writes", 1)
}
