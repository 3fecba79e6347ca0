package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fileSystem is a kind of file system, and how one is made in a file.
type fileSystem struct {
	title   string
	kind    string // as /proc/filesystems has it
	options string // of mount(2)
	// make is the program that makes one in the file IMAGE, and its arguments. If it is
	// to hold the files of the directory TREE from the beginning, it can't be written to.
	make []string
	// prepare is run in the directory where it is mounted, before there are files.
	prepare []string
	// ring is that its files are read through one if there is one.
	ring bool
	// perhaps is that a kernel which has the kind may still refuse this one.
	perhaps bool
}

var fileSystems = []fileSystem{
	{title: "ext4", kind: "ext4", make: []string{"mkfs.ext4", "-q", "IMAGE"}, ring: true},
	{title: "ext4, small files in inodes", kind: "ext4", make: []string{"mkfs.ext4", "-q", "-I", "1024", "-O", "inline_data", "IMAGE"}, ring: true},
	{title: "ext4, blocks of 1 KiB", kind: "ext4", make: []string{"mkfs.ext4", "-q", "-b", "1024", "IMAGE"}, options: "data=journal", ring: true},
	{title: "ext4, case folded", kind: "ext4", make: []string{"mkfs.ext4", "-q", "-O", "casefold", "IMAGE"},
		prepare: []string{"chattr", "+F", "all"}, ring: true, perhaps: true},
	{title: "ext2", kind: "ext2", make: []string{"mkfs.ext2", "-q", "IMAGE"}, ring: true},
	{title: "XFS", kind: "xfs", make: []string{"mkfs.xfs", "-q", "IMAGE"}, ring: true},
	{title: "Btrfs", kind: "btrfs", make: []string{"mkfs.btrfs", "-q", "IMAGE"}, ring: true},
	{title: "Btrfs, compressed, with a subvolume", kind: "btrfs", make: []string{"mkfs.btrfs", "-q", "IMAGE"}, options: "compress-force=zstd",
		prepare: []string{"btrfs", "-q", "subvolume", "create", "all/even"}, ring: true},
	{title: "F2FS", kind: "f2fs", make: []string{"mkfs.f2fs", "-q", "IMAGE"}, ring: true},
	{title: "FAT", kind: "vfat", make: []string{"mkfs.vfat", "-F", "32", "IMAGE"}},
	{title: "squashfs", kind: "squashfs", make: []string{"mksquashfs", "TREE", "IMAGE", "-quiet", "-no-progress", "-noappend"}},
	{title: "squashfs, not compressed", kind: "squashfs", make: []string{"mksquashfs", "TREE", "IMAGE", "-quiet", "-no-progress", "-noappend", "-noI", "-noD", "-noF"}},
	{title: "EROFS", kind: "erofs", make: []string{"mkfs.erofs", "--quiet", "IMAGE", "TREE"}},
	{title: "EROFS, compressed", kind: "erofs", make: []string{"mkfs.erofs", "--quiet", "-zlz4", "IMAGE", "TREE"}, perhaps: true},
	{title: "tmpfs", kind: "tmpfs", ring: true},
	{title: "ramfs", kind: "ramfs"},
}

// TestFileSystems reads files of all edge sizes on many file systems, in every way, and has the
// digests be those of what was written, as GNU has them. doc/filesystems.md lists them.
func TestFileSystems(t *testing.T) {
	needGNU(t)
	needOwn(t)
	needMounts(t)
	files := edgeFiles()
	for _, fs := range fileSystems {
		t.Run(fs.title, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if !fs.mount(t, dir, files) {
				return
			}
			m := &mounted{settings: settings{dir: dir}, names: slices.Sorted(maps.Keys(files)), sums: t.TempDir() + "/sums"}
			m.compareWritten(t, files, fs.ring)
		})
	}
}

// TestOverlays does so with overlays: the files of lower layers, those that were copied up, and both
// at once, on one file system and on several.
func TestOverlays(t *testing.T) {
	needGNU(t)
	needOwn(t)
	needMounts(t)
	needLocalDisk(t)
	if !kernelHas(t, "overlay") {
		return
	}
	files := edgeFiles()
	for _, test := range []struct{ title, lower, upper, options string }{
		{"one file system", "", "", ""},
		{"contents not copied up", "", "", ",metacopy=on"},
		{"upper layer elsewhere", "", "tmpfs", ""},
		{"both elsewhere", "tmpfs", "tmpfs", ""},
		{"lower layer elsewhere", "tmpfs", "", ""},
	} {
		t.Run(test.title, func(t *testing.T) {
			t.Parallel()
			lower, upper, dir := t.TempDir(), t.TempDir(), t.TempDir()
			for path, kind := range map[string]string{lower: test.lower, upper: test.upper} {
				if kind != "" {
					mountUntilEnd(t, kind, path, "")
				}
			}
			writeFiles(t, lower, files)
			for _, name := range []string{"upper", "work"} {
				if err := os.Mkdir(filepath.Join(upper, name), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			mountUntilEnd(t, "overlay", dir, fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%[2]s/work%s", lower, upper, test.options))
			changed := maps.Clone(files)
			for i, name := range slices.Sorted(maps.Keys(files)) {
				switch i % 4 {
				case 0: // is copied up
					changed[name] = append(slices.Clone(files[name]), "appended"...)
					if err := os.WriteFile(filepath.Join(dir, name), changed[name], 0o644); err != nil {
						t.Fatal(err)
					}
				case 1: // or all of it but the contents
					if err := os.Chmod(filepath.Join(dir, name), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			m := &mounted{settings: settings{dir: dir}, names: slices.Sorted(maps.Keys(changed)), sums: t.TempDir() + "/sums"}
			m.compareWritten(t, changed, false)
		})
	}
}

// edgeFiles are contents by their names: random ones of all edge sizes, such as compress
// well, and small ones enough for a ring.
func edgeFiles() map[string][]byte {
	g := newGenerator(14, 6)
	files := map[string][]byte{}
	for _, size := range edgeSizes {
		files[fmt.Sprintf("all/%d", size)] = g.bytes(size)
		files[fmt.Sprintf("all/even/%d", size)] = bytes.Repeat([]byte("even"), size/4+1)[:size]
		files[fmt.Sprintf("all/zero/%d", size)] = make([]byte, size)
		files[fmt.Sprintf("all/more/%d", size)] = g.bytes(size)
	}
	for i := range 200 {
		files[fmt.Sprintf("all/small/%d", i)] = g.bytes(i)
	}
	return files
}

// writeFiles writes files below dir. Those of zeros are holes, and some have blocks behind
// their end where the file system can do that.
func writeFiles(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, content := range files {
		if strings.HasPrefix(name, "all/zero/") {
			write(t, dir, name, "")
			if err := os.Truncate(filepath.Join(dir, name), int64(len(content))); err != nil {
				t.Fatal(err)
			}
			continue
		}
		write(t, dir, name, string(content))
		if strings.HasPrefix(name, "all/more/") {
			f := open(t, filepath.Join(dir, name), os.O_WRONLY)
			unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, int64(len(content)), 300_000)
			f.Close()
		}
	}
}

// compareWritten has psha1sum print what GNU prints of files, which is seen to be right, by
// each way in several modes.
func (m *mounted) compareWritten(t *testing.T, files map[string][]byte, ring bool) {
	t.Helper()
	var lines, verified strings.Builder
	for _, name := range m.names {
		lines.WriteString(lineOf(files[name], name))
		verified.WriteString(name + ": OK\n")
	}
	want := lines.String()
	write(t, filepath.Dir(m.sums), filepath.Base(m.sums), want)
	wantText(t, string(gnu.output(t, m.names, m.settings).stdout), want)
	modes := [][]string{{"-r", "--drop-cache", "all"}, m.names, {"-c", m.sums}, {"-r", "all"}, {"-c", "--drop-cache", m.sums}}
	if testing.Short() {
		modes = modes[:2]
	}
	for _, way := range readingWays(t) {
		for _, args := range modes {
			want := want
			if args[0] == "-c" {
				want = verified.String()
			}
			got := ours.output(t, append([]string{way, "--debug"}, args...), m.settings)
			ways, _, rest := debuggedWays(t, got)
			if string(got.stdout) != want || rest != "" || got.status != "exit 0" {
				t.Errorf("%s %.60q: %s, %s", way, args, got.status, clip(got.stderr))
				wantText(t, string(got.stdout), want)
			}
			mayRing := ring && !slices.Contains(args, "--drop-cache")
			if through := slices.Contains(ways, "io_uring"); through && !mayRing || !through && mayRing && way == "--io=uring" {
				t.Errorf("%s %.60q: read with %q", way, args, ways)
			}
		}
	}
}

// needMounts skips a test where nothing can be mounted.
func needMounts(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		notMeant(t, "only the superuser mounts file systems")
	}
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, ""); err != nil {
		lacks(t, "nothing can be mounted here: %v", err)
	}
	unmountFree(t, dir)
}

// kernelHas reports whether the kernel has a kind of file system, or can load it. What a kernel
// lacks can't be installed: it is no reason to skip, only to say so.
func kernelHas(t *testing.T, kind string) bool {
	t.Helper()
	exec.Command("modprobe", "-q", kind).Run() // it may be there, or there may be no such program
	text, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		lacks(t, "%v", err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[len(fields)-1] == kind {
			return true
		}
	}
	t.Logf("not tested: this kernel has no %s", kind)
	return false
}

// mount makes and mounts a file system with files, of which none is in the page cache, and reports
// whether the kernel does that.
func (fs *fileSystem) mount(t *testing.T, dir string, files map[string][]byte) bool {
	t.Helper()
	if !kernelHas(t, fs.kind) {
		return false
	}
	if fs.make == nil {
		mountUntilEnd(t, fs.kind, dir, fs.options)
		writeFiles(t, dir, files)
		return true
	}
	image, tree, readOnly := t.TempDir()+"/image", t.TempDir(), slices.Contains(fs.make, "TREE")
	if readOnly {
		writeFiles(t, tree, files)
	} else {
		// Sparse. XFS is never smaller, and Btrfs hardly.
		write(t, filepath.Dir(image), "image", "")
		if err := os.Truncate(image, 320<<20); err != nil {
			t.Fatal(err)
		}
	}
	runMaker(t, "", fs.make, "IMAGE", image, "TREE", tree)
	if !readOnly {
		unmount, err := mountImage(t, image, dir, fs.kind, fs.options, false)
		if err != nil {
			return fs.refused(t, err)
		}
		if err := os.Mkdir(dir+"/all", 0o755); err != nil {
			t.Fatal(err)
		}
		if fs.prepare != nil {
			runMaker(t, dir, fs.prepare)
		}
		writeFiles(t, dir, files)
		unmount()
	}
	if _, err := mountImage(t, image, dir, fs.kind, fs.options, readOnly); err != nil {
		return fs.refused(t, err)
	}
	return true
}

// refused fails the test unless the kernel may refuse the file system.
func (fs *fileSystem) refused(t *testing.T, err error) bool {
	t.Helper()
	if !fs.perhaps {
		t.Fatal(err)
	}
	t.Logf("not tested: this kernel refuses it: %v", err)
	return false
}

// runMaker runs a program for a file system, with words of its arguments replaced.
func runMaker(t *testing.T, dir string, line []string, replace ...string) {
	t.Helper()
	program, err := exec.LookPath(line[0])
	if err != nil { // a user's PATH needn't have them
		program = needProgram(t, "/usr/sbin/"+line[0])
	}
	args := slices.Clone(line[1:])
	for i, arg := range args {
		if at := slices.Index(replace, arg); at >= 0 {
			args[i] = replace[at+1]
		}
	}
	command := exec.Command(program, args...)
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v: %s", line, err, out)
	}
}

// mountImage mounts a file system in a file, until the test ends or unmount is called.
func mountImage(t *testing.T, image, dir, kind, options string, readOnly bool) (unmount func(), err error) {
	t.Helper()
	access, flags := os.O_RDWR, uint32(unix.LO_FLAGS_AUTOCLEAR)
	mountFlags := uintptr(0)
	if readOnly {
		access, flags, mountFlags = os.O_RDONLY, flags|unix.LO_FLAGS_READ_ONLY, unix.MS_RDONLY
	}
	file := open(t, image, access)
	defer file.Close()
	device := loopDevice(t, file, flags)
	defer device.Close() // once it is mounted it has gone with the mount
	if err := unix.Mount(device.Name(), dir, kind, mountFlags, options); err != nil {
		return nil, fmt.Errorf("mounting %s: %w", kind, err)
	}
	mounted := true
	unmount = func() {
		if !mounted {
			return
		}
		mounted = false
		unmountFree(t, dir)
	}
	t.Cleanup(unmount)
	return unmount, nil
}

// mountUntilEnd mounts a file system that is in no file until the test ends.
func mountUntilEnd(t *testing.T, kind, dir, options string) {
	t.Helper()
	if err := unix.Mount(kind, dir, kind, 0, options); err != nil {
		t.Fatalf("%s can't be mounted: %v", kind, err)
	}
	t.Cleanup(func() { unmountFree(t, dir) })
}

// unmountFree unmounts what nobody uses any more, or will soon: a child that is being
// started elsewhere has copies of all descriptors until it is another program.
func unmountFree(t *testing.T, dir string) {
	t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) {
		err := unix.Unmount(dir, 0)
		if err == nil {
			return
		}
		if err != unix.EBUSY || time.Now().After(end) {
			t.Errorf("unmounting %s: %v", dir, err)
			unix.Unmount(dir, unix.MNT_DETACH)
			return
		}
	}
}

// loopDevice returns an open block device that is a file, until it is closed and not mounted.
func loopDevice(t *testing.T, file *os.File, flags uint32) *os.File {
	t.Helper()
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		lacks(t, "no loop devices: %v", err)
	}
	defer control.Close()
	for range 100 {
		n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			lacks(t, "no loop device is free: %v", err)
		}
		device, err := os.OpenFile(fmt.Sprint("/dev/loop", n), os.O_RDWR, 0)
		if err != nil {
			lacks(t, "%v", err)
		}
		config := unix.LoopConfig{Fd: uint32(file.Fd()), Info: unix.LoopInfo64{Flags: flags}}
		err = unix.IoctlLoopConfigure(int(device.Fd()), &config)
		if err == nil {
			return device
		}
		device.Close()
		if !errors.Is(err, unix.EBUSY) { // somebody else took it first
			lacks(t, "a loop device: %v", err)
		}
	}
	lacks(t, "others take all loop devices")
	return nil
}
