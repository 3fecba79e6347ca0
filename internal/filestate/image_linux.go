package filestate

import (
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// inImage reports whether a device is a loop device, a partition of one, or made from
// one: its contents are an image, and programs that make images set any times. It is
// also true if that isn't known. It is false for the devices of Btrfs and others that are
// no block devices, because nothing is known about them.
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

// fromLoop is inImageBy for a device by its number, and for what it is made from, down to
// a depth.
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
