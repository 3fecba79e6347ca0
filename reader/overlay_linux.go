package reader

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// overlayInodes is how many inodes of an overlay are of the file system of its upper
// layer. Those of other layers have a layer's number in front, if they are not on
// devices of their own: https://docs.kernel.org/filesystems/overlayfs.html#inode-properties.
const overlayInodes = 1 << 32

// isWritableOverlay reports whether a device is an overlay with an upper layer. That
// is on a file system that can be written to and keeps its times, and so are the lower
// ones that share its inodes, as a container's do. Other lower layers may be archives,
// and be replaced by other editions with equal inodes and times.
func isWritableOverlay(device uint64) bool {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	return err == nil && hasWritableOverlay(mounts, device)
}

// hasWritableOverlay looks for a device in a table of mounts: see proc(5).
func hasWritableOverlay(mounts []byte, device uint64) bool {
	number := fmt.Appendf(nil, "%d:%d", unix.Major(device), unix.Minor(device))
	for line := range bytes.Lines(mounts) {
		mount, system, _ := bytes.Cut(line, []byte(" - "))
		fields, of := bytes.Fields(mount), bytes.Fields(system)
		if len(fields) < 3 || !bytes.Equal(fields[2], number) || len(of) < 3 || string(of[0]) != "overlay" {
			continue
		}
		for option := range bytes.SplitSeq(of[2], []byte(",")) {
			if bytes.HasPrefix(option, []byte("upperdir=")) {
				return true
			}
		}
	}
	return false
}
