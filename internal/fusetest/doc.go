// Package fusetest is a FUSE server for tests, which answers as the test wants:
// with sizes that are wrong, in pieces, late, or with errors. Its files can only
// be read. It is there on Linux only, and mounting takes the superuser.
//
//	files := map[string]*fusetest.File{
//		"a":     {Content: data, Flags: fusetest.DirectIO, Piece: 4096},
//		"dir/b": {Content: data, Size: new(int64(0))},
//	}
//	s := fusetest.Mount(t, t.TempDir(), files)
//
// It speaks version 7.31 of the protocol, that of Linux 5.4, over /dev/fuse as
// include/uapi/linux/fuse.h of the kernel has it, whose names are used here
// without their prefixes. Documentation/filesystems/fuse tells the rest, such as
// what an interrupt is.
//
// # What is cached
//
// A File without DirectIO is read through the page cache, forgotten at each open.
// There the kernel asks for whole pages, never behind the size that it was told,
// and takes an answer that is shorter than what it asked for as the end of the
// file: a server must not answer in pieces, and Piece is ignored. MaxRead has the
// kernel ask for little. If it was told of a larger size than there is, what it
// reads may end in zeros.
//
// With DirectIO each read(2) is asked for as it is, and what is answered is what
// read(2) returns. But a read that isn't read(2)'s, by a ring for one, of an offset at
// or behind the size that the kernel was told, isn't asked for at all:
// fuse_direct_IO in fs/fuse/file.c returns 0.
//
// # Waiting for one's own server
//
// A process may read what it serves itself, in any system call that tells Go's
// scheduler of it: those of package os and golang.org/x/sys/unix do. It must not touch
// a file of the mount by a mapping, nor start a process whose working directory, program or
// PATH is below the mount: until that runs, the server's goroutines may not go on.
// The mounted directory itself is good for a working directory.
package fusetest
