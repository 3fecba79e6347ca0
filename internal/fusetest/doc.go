// Package fusetest is a FUSE server for tests. It can answer with wrong sizes, in
// pieces, late, or with errors. Its files are read-only. It is available on Linux, and
// mounting requires root.
//
//	files := map[string]*fusetest.File{
//		"a":     {Content: data, Flags: fusetest.DirectIO, Piece: 4096},
//		"dir/b": {Content: data, Size: new(int64(0))},
//	}
//	s := fusetest.Mount(t, t.TempDir(), files)
//
// It speaks version 7.31 of the protocol (Linux 5.4) over /dev/fuse. Names are those of
// include/uapi/linux/fuse.h without their prefixes. Documentation/filesystems/fuse in
// the kernel explains the rest, such as interrupts.
//
// # Caching
//
// A File without DirectIO is read through the page cache, which is dropped at each
// open. The kernel requests whole pages, never beyond the size that it was told, and
// takes a short answer for the end of the file. Answers must therefore not be split,
// and Piece is ignored; MaxRead limits the requests instead. If the size was too large,
// reads may end in zeros.
//
// With DirectIO each read(2) becomes one request, whose answer is the result. But a
// read by other means, such as a ring, at or beyond the size that the kernel was told
// is not requested at all: fuse_direct_IO in fs/fuse/file.c returns 0.
//
// # Serving one's own process
//
// A process may read files that it serves itself, in system calls that Go's scheduler
// knows of, such as those of package os and golang.org/x/sys/unix. It must not access a
// mapping of such a file, nor start a process whose working directory, program or PATH
// is below the mount: until that process runs, the server's goroutines may be blocked.
// The mount point itself may be a working directory.
package fusetest
