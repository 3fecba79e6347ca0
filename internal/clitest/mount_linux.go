package clitest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A FileSystem describes a kind of file system and how to create one in a file.
type FileSystem struct {
	Title   string
	Kind    string // as in /proc/filesystems
	Options string // for mount(2)
	// Make is the program that creates one in the file IMAGE, with its arguments. If they
	// include the directory TREE, it is created with these files and mounted read-only.
	Make []string
	// Prepare is run in the mounted directory before files are written.
	Prepare []string
	// Ring means that its files can be read through a ring.
	Ring bool
	// Perhaps means that a kernel which supports the kind may still reject this one.
	Perhaps bool
}

// WriteFiles writes files below dir. Files of zeros are holes, and some files have blocks
// allocated beyond their end if the file system supports that.
func WriteFiles(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, content := range files {
		if strings.HasPrefix(name, "all/zero/") {
			Write(t, dir, name, "")
			if err := os.Truncate(filepath.Join(dir, name), int64(len(content))); err != nil {
				t.Fatal(err)
			}
			continue
		}
		Write(t, dir, name, string(content))
		if strings.HasPrefix(name, "all/more/") {
			f := Open(t, filepath.Join(dir, name), os.O_WRONLY)
			unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, int64(len(content)), 300_000)
			f.Close()
		}
	}
}

// NeedMounts skips a test if it can't mount file systems.
func NeedMounts(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		NotMeant(t, "only the superuser mounts file systems")
	}
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, ""); err != nil {
		Lacks(t, "nothing can be mounted here: %v", err)
	}
	UnmountFree(t, dir)
}

// KernelHas reports whether the kernel supports a kind of file system, if necessary by
// loading a module. A lack of support is logged and no reason to skip, since it can't be
// installed.
func KernelHas(t *testing.T, kind string) bool {
	t.Helper()
	exec.Command("modprobe", "-q", kind).Run() // may be built in, or modprobe missing
	text, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		Lacks(t, "%v", err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[len(fields)-1] == kind {
			return true
		}
	}
	t.Logf("not tested: this kernel has no %s", kind)
	return false
}

// Mount creates and mounts a file system with files, none of which is in the page cache.
// It reports whether the kernel supports that.
func (fs *FileSystem) Mount(t *testing.T, dir string, files map[string][]byte) bool {
	t.Helper()
	if !KernelHas(t, fs.Kind) {
		return false
	}
	if fs.Make == nil {
		MountUntilEnd(t, fs.Kind, dir, fs.Options)
		WriteFiles(t, dir, files)
		return true
	}
	image, tree, readOnly := t.TempDir()+"/image", t.TempDir(), slices.Contains(fs.Make, "TREE")
	if readOnly {
		WriteFiles(t, tree, files)
	} else {
		// Sparse. XFS and Btrfs need a minimum size.
		Write(t, filepath.Dir(image), "image", "")
		if err := os.Truncate(image, 320<<20); err != nil {
			t.Fatal(err)
		}
	}
	runMaker(t, "", fs.Make, "IMAGE", image, "TREE", tree)
	if !readOnly {
		unmount, err := mountImage(t, image, dir, fs.Kind, fs.Options, false)
		if err != nil {
			return fs.refused(t, err)
		}
		if err := os.Mkdir(dir+"/all", 0o755); err != nil {
			t.Fatal(err)
		}
		if fs.Prepare != nil {
			runMaker(t, dir, fs.Prepare)
		}
		WriteFiles(t, dir, files)
		unmount()
	}
	if _, err := mountImage(t, image, dir, fs.Kind, fs.Options, readOnly); err != nil {
		return fs.refused(t, err)
	}
	return true
}

// refused fails the test unless the kernel may reject the file system.
func (fs *FileSystem) refused(t *testing.T, err error) bool {
	t.Helper()
	if !fs.Perhaps {
		t.Fatal(err)
	}
	t.Logf("not tested: this kernel refuses it: %v", err)
	return false
}

// runMaker runs a program that creates a file system, with words of its arguments
// replaced.
func runMaker(t *testing.T, dir string, line []string, replace ...string) {
	t.Helper()
	program, err := exec.LookPath(line[0])
	if err != nil { // it may not be in a user's PATH
		program = NeedProgram(t, "/usr/sbin/"+line[0])
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

// mountImage mounts the file system in a file until the test ends or unmount is called.
func mountImage(t *testing.T, image, dir, kind, options string, readOnly bool) (unmount func(), err error) {
	t.Helper()
	access, flags := os.O_RDWR, uint32(unix.LO_FLAGS_AUTOCLEAR)
	mountFlags := uintptr(0)
	if readOnly {
		access, flags, mountFlags = os.O_RDONLY, flags|unix.LO_FLAGS_READ_ONLY, unix.MS_RDONLY
	}
	file := Open(t, image, access)
	defer file.Close()
	device := loopDevice(t, file, flags)
	defer device.Close() // the mount keeps it
	if err := unix.Mount(device.Name(), dir, kind, mountFlags, options); err != nil {
		return nil, fmt.Errorf("mounting %s: %w", kind, err)
	}
	mounted := true
	unmount = func() {
		if !mounted {
			return
		}
		mounted = false
		UnmountFree(t, dir)
	}
	t.Cleanup(unmount)
	return unmount, nil
}

// MountUntilEnd mounts a file system without an image until the test ends.
func MountUntilEnd(t *testing.T, kind, dir, options string) {
	t.Helper()
	if err := unix.Mount(kind, dir, kind, 0, options); err != nil {
		t.Fatalf("%s can't be mounted: %v", kind, err)
	}
	t.Cleanup(func() { UnmountFree(t, dir) })
}

// UnmountFree unmounts a file system that is unused or soon will be: a child process
// being started holds copies of all descriptors until it execs.
func UnmountFree(t *testing.T, dir string) {
	t.Helper()
	for end := time.Now().Add(Limit); ; time.Sleep(5 * time.Millisecond) {
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

// loopDevice returns an open block device backed by a file. It is released when it is
// closed and not mounted.
func loopDevice(t *testing.T, file *os.File, flags uint32) *os.File {
	t.Helper()
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		Lacks(t, "no loop devices: %v", err)
	}
	defer control.Close()
	for range 100 {
		n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			Lacks(t, "no loop device is free: %v", err)
		}
		device, err := os.OpenFile(fmt.Sprint("/dev/loop", n), os.O_RDWR, 0)
		if err != nil {
			Lacks(t, "%v", err)
		}
		config := unix.LoopConfig{Fd: uint32(file.Fd()), Info: unix.LoopInfo64{Flags: flags}}
		err = unix.IoctlLoopConfigure(int(device.Fd()), &config)
		if err == nil {
			return device
		}
		device.Close()
		if !errors.Is(err, unix.EBUSY) { // another process took it first
			Lacks(t, "a loop device: %v", err)
		}
	}
	Lacks(t, "others take all loop devices")
	return nil
}
