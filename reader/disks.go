package reader

import (
	"sync"
	"sync/atomic"

	"github.com/psha1sum/psha1sum/internal/fsinfo"
)

// LocalDisks knows which devices hold local file systems, whose files end where their
// size says, can be read at any offset from the page cache, and are closed without an
// error: ext2 to ext4, XFS, Btrfs, F2FS and tmpfs, on Linux. There the end of a file
// needs no read of its own, and a Ring may read files.
//
// On all others, and on unknown ones, a file is read as GNU reads it, in order until
// read(2) returns 0: behind FUSE, on a network or on an overlay a file's size may be
// wrong, by mistake or because the file has just changed.
//
// A device number stands for a file system as long as that is mounted. LocalDisks is for
// one run. It may be used by several goroutines at once. The zero value knows none.
type LocalDisks struct {
	known atomic.Pointer[[]disk]
	mu    sync.Mutex // for add
}

// A disk is what is known about a device.
type disk struct {
	device uint64
	local  bool
}

// maxDisks is how many devices are remembered. Searching more of them for each file
// would take longer than one read more.
const maxDisks = 64

// Has reports whether a device is known to be such a disk.
func (l *LocalDisks) Has(device uint64) bool {
	local, _ := l.find(device)
	return local
}

// Learn finds out about the device of an open file that was not read yet. If it is a
// local disk, the file ends where its size says.
func (l *LocalDisks) Learn(f *File) {
	if f.reader != nil || f.device == 0 {
		return
	}
	local, known := l.find(f.device)
	if !known {
		local = f.onLocalDisk()
		l.add(disk{f.device, local})
	}
	f.exact = local
}

// OnLocalDisk reports whether d is on a local disk, and on the given device. Then files
// that it lists are on that disk too, unless they are mounted there, which a Ring notices.
func (d *Dir) OnLocalDisk(device uint64) bool {
	return d != nil && d.disk != 0 && d.disk == device
}

// onLocalDisk reports whether an open file is on a local disk.
func (f *File) onLocalDisk() bool {
	on, err := fsinfo.Of(f.Fd())
	return err == nil && on.Local
}

func (l *LocalDisks) find(device uint64) (local, known bool) {
	if all := l.known.Load(); all != nil {
		for _, d := range *all {
			if d.device == device {
				return d.local, true
			}
		}
	}
	return false, false
}

func (l *LocalDisks) add(d disk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []disk
	if old := l.known.Load(); old != nil {
		all = *old
	}
	if _, known := l.find(d.device); known || len(all) == maxDisks {
		return
	}
	all = append(all[:len(all):len(all)], d)
	l.known.Store(&all)
}
