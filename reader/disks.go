package reader

import (
	"sync"
	"sync/atomic"

	"github.com/psha1sum/psha1sum/internal/fsinfo"
)

// LocalDisks knows which devices hold file systems of this machine whose files end
// where their size says, are read from the page cache at whatever offset, and are
// closed without fail: ext2 to ext4, XFS, Btrfs, F2FS and tmpfs, on Linux. Of these
// a file's end needs no read of its own to be seen, and a Ring may read them.
//
// On any other, and on any that isn't known, a file is read as GNU reads it, in
// order until nothing comes: what is behind FUSE or on a network may have another
// size than it says, by mistake or because it has just changed, and so may what an
// overlay is made of.
//
// A device stands for a file system as long as that is mounted. LocalDisks is for
// one run, and may be used by any number of goroutines at once. The zero value knows
// none.
type LocalDisks struct {
	known atomic.Pointer[[]disk]
	mu    sync.Mutex // for who makes it longer
}

// A disk is what is known of a device.
type disk struct {
	device uint64
	local  bool
}

// maxDisks is how many devices are remembered. To look through more of them for
// each file would take longer than to read on.
const maxDisks = 64

// Has reports whether a device is known to be such a disk.
func (l *LocalDisks) Has(device uint64) bool {
	local, _ := l.find(device)
	return local
}

// Learn finds out about the device of an open file of which nothing has been read, and
// if it is such a disk lets the file end where its size says.
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

// OnLocalDisk reports whether the files that a directory on a device lists can be
// kept apart from those that are mounted there, and are on a local disk.
func (d *Dir) OnLocalDisk(device uint64) bool {
	return d != nil && d.disk != 0 && d.disk == device
}

// onLocalDisk reports whether an open file is on one of the disks that LocalDisks is
// about.
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
