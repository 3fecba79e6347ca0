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

// FileSystem is a kind of file system, and how one is made in a file.
type FileSystem struct {
	Title   string
	Kind    string // as /proc/filesystems has it
	Options string // of mount(2)
	// make is the program that makes one in the file IMAGE, and its arguments. If it is
	// to hold the files of the directory TREE from the beginning, it can't be written to.
	Make []string
	// prepare is run in the directory where it is mounted, before there are files.
	Prepare []string
	// ring is that its files are read through one if there is one.
	Ring bool
	// perhaps is that a kernel which has the kind may still refuse this one.
	Perhaps bool
}

// WriteFiles writes files below dir. Those of zeros are holes, and some have blocks behind
// their end where the file system can do that.
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

// NeedMounts skips a test where nothing can be mounted.
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

// KernelHas reports whether the kernel has a kind of file system, or can load it. What a kernel
// lacks can't be installed: it is no reason to skip, only to say so.
func KernelHas(t *testing.T, kind string) bool {
	t.Helper()
	exec.Command("modprobe", "-q", kind).Run() // it may be there, or there may be no such program
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

// Mount makes and mounts a file system with files, of which none is in the page cache, and reports
// whether the kernel does that.
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
		// Sparse. XFS is never smaller, and Btrfs hardly.
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

// refused fails the test unless the kernel may refuse the file system.
func (fs *FileSystem) refused(t *testing.T, err error) bool {
	t.Helper()
	if !fs.Perhaps {
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

// mountImage mounts a file system in a file, until the test ends or unmount is called.
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
		UnmountFree(t, dir)
	}
	t.Cleanup(unmount)
	return unmount, nil
}

// MountUntilEnd mounts a file system that is in no file until the test ends.
func MountUntilEnd(t *testing.T, kind, dir, options string) {
	t.Helper()
	if err := unix.Mount(kind, dir, kind, 0, options); err != nil {
		t.Fatalf("%s can't be mounted: %v", kind, err)
	}
	t.Cleanup(func() { UnmountFree(t, dir) })
}

// UnmountFree unmounts what nobody uses any more, or will soon: a child that is being
// started elsewhere has copies of all descriptors until it is another program.
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

// loopDevice returns an open block device that is a file, until it is closed and not mounted.
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
		if !errors.Is(err, unix.EBUSY) { // somebody else took it first
			Lacks(t, "a loop device: %v", err)
		}
	}
	Lacks(t, "others take all loop devices")
	return nil
}
