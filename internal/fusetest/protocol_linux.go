package fusetest

import "encoding/binary"

// The protocol version. Structures are those of 7.9 and later; Go doesn't run on
// kernels with older versions.
const (
	major = 7
	minor = 31
)

const rootID = 1

// Operations: enum fuse_opcode.
const (
	opLookup      = 1
	opForget      = 2
	opGetattr     = 3
	opOpen        = 14
	opRead        = 15
	opStatfs      = 17
	opRelease     = 18
	opInit        = 26
	opOpendir     = 27
	opReaddir     = 28
	opReleasedir  = 29
	opInterrupt   = 36
	opBatchForget = 42
)

// Flags of a File: FOPEN_* in the kernel.
const (
	DirectIO    = 1 << 0 // bypass the page cache
	KeepCache   = 1 << 1 // keep the page cache at open
	NonSeekable = 1 << 2 // no pread(2), no lseek(2)
	Stream      = 1 << 4 // no position: an open file returns each byte once
)

// Flags of INIT.
const (
	initAsyncRead      = 1 << 0
	initParallelDirops = 1 << 18
	initMaxPages       = 1 << 22
	initAsyncDIO       = 1 << 15
)

// The structures, named fuse_* in the kernel. Numbers are in native byte order.
type (
	inHeader struct {
		Len, Op             uint32
		Unique, Node        uint64
		UID, GID, PID, Rest uint32
	}
	outHeader struct {
		Len    uint32
		Error  int32
		Unique uint64
	}
	initIn struct {
		Major, Minor, MaxReadahead, Flags uint32
	}
	initOut struct {
		Major, Minor, MaxReadahead, Flags  uint32
		MaxBackground, CongestionThreshold uint16
		MaxWrite, TimeGran                 uint32
		MaxPages, _                        uint16
		_                                  [8]uint32
	}
	attributes struct {
		Ino, Size, Blocks, Atime, Mtime, Ctime uint64
		Atimensec, Mtimensec, Ctimensec        uint32
		Mode, Nlink, UID, GID, Rdev            uint32
		Blksize, _                             uint32
	}
	entryOut struct {
		Node, Generation, EntryValid, AttrValid uint64
		EntryValidNsec, AttrValidNsec           uint32
		Attr                                    attributes
	}
	attrOut struct {
		Valid        uint64
		ValidNsec, _ uint32
		Attr         attributes
	}
	openOut struct {
		Handle   uint64
		Flags, _ uint32
	}
	readIn struct { // READ and READDIR
		Handle, Offset  uint64
		Size, ReadFlags uint32
		LockOwner       uint64
		Flags, _        uint32
	}
	releaseIn struct {
		Handle       uint64
		Flags, Flush uint32
		LockOwner    uint64
	}
	interruptIn struct {
		Unique uint64
	}
	statfsOut struct {
		Blocks, Free, Available, Files, FilesFree uint64
		Bsize, Namelen, Frsize                    uint32
		_                                         [7]uint32
	}
	direntHead struct {
		Ino, Off      uint64
		Namelen, Type uint32
	}
)

// decode decodes a structure at the beginning of b. The kernel's messages have the
// right length.
func decode[T any](b []byte) (v T) {
	if _, err := binary.Decode(b, binary.NativeEndian, &v); err != nil {
		panic(err)
	}
	return v
}

// encode appends a structure.
func encode(b []byte, v any) []byte {
	b, err := binary.Append(b, binary.NativeEndian, v)
	if err != nil {
		panic(err)
	}
	return b
}
