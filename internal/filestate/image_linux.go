package filestate

import (
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// inImage reports whether a device is a loop device, a partition of one, or built on one:
// its contents are an image, and programs that create images set arbitrary timestamps. It
// is also true if that is unknown. It is false for Btrfs and others whose device number
// is not that of a block device, about which nothing is known.
func inImage(device uint64) bool { return inImageBy("/sys", device) }

// inImageBy is inImage with sysfs mounted at sys:
// https://docs.kernel.org/admin-guide/sysfs-rules.html.
func inImageBy(sys string, device uint64) bool {
	if unix.Major(device) == 0 {
		return false
	}
	const deepest = 8
	return fromLoop(sys, fmt.Sprintf("%d:%d", unix.Major(device), unix.Minor(device)), deepest)
}

// fromLoop is inImageBy for a device number and, down to the given depth, the devices
// that it is built on.
func fromLoop(sys, number string, depth int) bool {
	here := sys + "/dev/block/" + number
	link, err := os.Readlink(here) // ../../devices/virtual/block/loop0/loop0p1
	if err != nil || depth == 0 || strings.Contains(link, "/block/loop") {
		return true
	}
	if exists(here + "/partition") {
		here = path.Join(sys, "dev/block", link, "..")
	}
	parts, _ := os.ReadDir(here + "/slaves")
	for _, part := range parts {
		number, err := os.ReadFile(here + "/slaves/" + part.Name() + "/dev")
		if err != nil || fromLoop(sys, strings.TrimSpace(string(number)), depth-1) {
			return true
		}
	}
	return false
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
