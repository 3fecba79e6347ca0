package threads

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A groupLimit is the limit of a control group: pids.max in cgroups(7), version 1 or 2,
// which counts threads.
type groupLimit struct {
	path string // of its directory
	max  int
}

func (g groupLimit) room(most int) int {
	var buf [64]byte
	// The limit may have changed.
	if text, err := read(g.path+"/pids.max", buf[:]); err != nil {
		return 0
	} else if n, ok := number(text); ok {
		g.max = n
	}
	text, err := read(g.path+"/pids.current", buf[:])
	if err != nil {
		return 0
	}
	current, ok := number(text)
	if !ok {
		return most
	}
	return min(most, max(g.max-current, 0))
}

// groupLimits returns the limits of the process's group and its parents, as far as they
// are visible. The usual mount points are tried first, because searching many mounts
// takes long.
func groupLimits(proc, usual string) (all, error) {
	text, err := readAll(proc + "/cgroup")
	if err != nil || len(text) == 0 {
		return nil, err
	}
	one, two := groupsIn(text)
	for _, place := range []struct {
		dir, group string
		kind       int64
	}{
		{usual + "/pids", one, unix.CGROUP_SUPER_MAGIC}, // if it exists, version 2 doesn't count threads
		{usual, two, unix.CGROUP2_SUPER_MAGIC},
	} {
		if place.group == "" || !isFileSystem(place.dir, place.kind) {
			continue
		}
		// The root group has no limit.
		if found, counted, err := limitsBelow(place.dir, place.group); counted || err != nil || place.group == "/" {
			return found, err
		}
	}
	mounts, err := readAll(proc + "/mountinfo")
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(mounts) {
		m, ok := mountIn(string(line))
		if !ok {
			continue
		}
		group := two
		if m.one {
			group = one
		}
		below, ok := m.groupBelow(group)
		if !ok {
			continue
		}
		if found, counted, err := limitsBelow(m.point, below); counted || err != nil {
			return found, err
		}
	}
	return nil, nil
}

func isFileSystem(path string, kind int64) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && int64(fs.Type) == kind
}

// groupsIn returns the process's groups, which begin with a slash: the version 1 group
// that counts threads, if there is one, and the version 2 group.
func groupsIn(text []byte) (one, two string) {
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		switch {
		case len(fields) < 3:
		case fields[0] == "0" && fields[1] == "":
			two = fields[2]
		case hasWord(fields[1], "pids"):
			one = fields[2]
		}
	}
	return one, two
}

// hasWord reports whether a comma-separated list contains a word.
func hasWord(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}

// A mount is a mounted hierarchy of control groups.
type mount struct {
	root  string // group that is mounted
	point string
	one   bool // version 1, with the pids controller
}

// mountIn parses a line of /proc/PID/mountinfo and returns the mount if it is of a
// hierarchy that may count threads.
//
//	36 35 0:30 /root /point rw,noatime shared:1 - cgroup2 source rw,nsdelegate
func mountIn(line string) (m mount, ok bool) {
	front, back, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
	fields, kinds := strings.Fields(front), strings.Fields(back)
	if !ok || len(fields) < 5 || len(kinds) < 3 {
		return m, false
	}
	m = mount{root: unescape(fields[3]), point: unescape(fields[4]), one: kinds[0] == "cgroup"}
	return m, kinds[0] == "cgroup2" || m.one && hasWord(kinds[2], "pids")
}

// unescape decodes \040 and other octal escapes.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// groupBelow returns a group's path relative to what is mounted, if it is inside.
func (m *mount) groupBelow(group string) (below string, ok bool) {
	if group == "" {
		return "", false
	}
	below, ok = strings.CutPrefix(group, strings.TrimSuffix(m.root, "/"))
	return below, ok && (below == "" || below[0] == '/')
}

// limitsBelow returns the limits of a group and its parents, up to the mount point.
// counted says that threads are counted there.
func limitsBelow(point, group string) (found all, counted bool, err error) {
	if strings.Contains(group+"/", "/../") {
		return nil, false, nil // outside of what is mounted
	}
	group = strings.TrimSuffix(group, "/")
	var buf [64]byte
	for {
		text, err := read(point+group+"/pids.max", buf[:])
		if err != nil {
			return nil, false, err
		}
		counted = counted || len(text) > 0
		if n, ok := number(text); ok {
			found = append(found, groupLimit{point + group, n})
		}
		if group == "" {
			return found, counted, nil
		}
		group = group[:strings.LastIndexByte(group, '/')]
	}
}
