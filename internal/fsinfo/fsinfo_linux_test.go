package fsinfo

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOf: of what the kernel makes up nothing is believed.
func TestOf(t *testing.T) {
	f, err := os.Open("/proc/version")
	if err != nil {
		t.Skip(err)
	}
	info, err := Of(int(f.Fd()))
	if err != nil || info.Local || info.TrustedTimes || info.LastingNumbers {
		t.Errorf("/proc: %+v, %v", info, err)
	}
	f.Close()
	if _, err := Of(-1); err != unix.EBADF {
		t.Errorf("no descriptor: %v", err)
	}
}

// TestKnown has those with something that isn't as with the rest.
func TestKnown(t *testing.T) {
	for name, test := range map[string]struct {
		magic          uint32
		local, trusted bool
	}{
		"ext4":      {unix.EXT4_SUPER_MAGIC, true, true},
		"tmpfs":     {unix.TMPFS_MAGIC, true, false},
		"ZFS":       {0x2fc12fc1, false, true},
		"overlayfs": {unix.OVERLAYFS_SUPER_MAGIC, false, false},
		"FUSE":      {unix.FUSE_SUPER_MAGIC, false, false},
		"NFS":       {unix.NFS_SUPER_MAGIC, false, false},
		"FAT":       {unix.MSDOS_SUPER_MAGIC, false, false},
	} {
		if local, trusted := known(test.magic); local != test.local || trusted != test.trusted {
			t.Errorf("%s: local %v, trusted times %v", name, local, trusted)
		}
	}
}
