package cache_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"golang.org/x/sys/unix"
)

// TestCacheOfWriters checks a file that a process has open for writing. A write may have
// begun long ago without changing the timestamp yet, so nothing is stored for the file,
// and stored digests are believed until its timestamp changes.
func TestCacheOfWriters(t *testing.T) {
	t.Parallel()
	dir := agedTree(t)
	tree, cache := dir+"/tree", dir+"/cache"
	w := clitest.Open(t, tree+"/b", os.O_WRONLY)
	fill(t, tree, cache, agedInodes-1, "-r")
	wantCached(t, tree, cache, agedNames-1, 0, "-r")
	wantCached(t, tree, cache, 0, 0, "-a", "md5", "b")
	closeForAll(w)
	wantCached(t, tree, cache, agedNames-1, 1, "-r")
	w = clitest.Open(t, tree+"/b", os.O_WRONLY)
	defer w.Close()
	wantCached(t, tree, cache, agedNames, 0, "-r")
}

// closeForAll closes a file so that no descriptor for it remains: a child that another
// test starts has copies of all descriptors until it execs, and would hold the lock.
func closeForAll(f *os.File) {
	f.Close()
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
}

// TestCacheOfLongWrite hashes a file during a write that takes longer than a change time
// needs to be trusted, because the memory written from is not available yet.
func TestCacheOfLongWrite(t *testing.T) {
	t.Parallel()
	dir := agedTree(t)
	tree, cache := dir+"/tree", dir+"/cache"
	before := strings.Repeat("four", 80_000)
	missing := newMissingPage(t)
	f := clitest.Open(t, tree+"/d/deep/e", os.O_WRONLY)
	written := make(chan error, 1)
	go func() {
		_, err := f.WriteAt(missing.page, 0)
		closeForAll(f)
		written <- err
	}()
	missing.wait()
	waitAged()
	if got, _, stored := withCache(t, tree, cache, "d/deep/e"); stored != 0 || string(got.Stdout) != clitest.LineOf(before, "d/deep/e") {
		t.Errorf("%d stored of a file that is being written\n%s", stored, got)
	}
	missing.bring('x')
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	after := strings.Repeat("x", len(missing.page)) + before[len(missing.page):]
	for _, stored := range []int{1, 0} {
		wantCached(t, tree, cache, 1-stored, stored, "d/deep/e")
		if got, _, _ := withCache(t, tree, cache, "d/deep/e"); string(got.Stdout) != clitest.LineOf(after, "d/deep/e") {
			t.Errorf("%s", got)
		}
	}
}

// A missingPage is a page of memory whose readers block until it is filled: see
// userfaultfd(2).
type missingPage struct {
	t    *testing.T
	fd   int
	page []byte
}

func newMissingPage(t *testing.T) *missingPage {
	t.Helper()
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC, 0, 0)
	if errno != 0 {
		clitest.Lacks(t, "no userfaultfd(2): %v", errno)
	}
	m := &missingPage{t: t, fd: int(fd)}
	t.Cleanup(func() { unix.Close(m.fd) })
	var err error
	if m.page, err = unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS); err != nil {
		t.Fatal(err)
	}
	const api, register = 0xc018aa3f, 0xc020aa00
	m.control(api, 0xaa, 0, 0)
	m.control(register, m.address(), uint64(len(m.page)), 1, 0)
	return m
}

// wait waits until the page is accessed.
func (m *missingPage) wait() {
	var message [32]byte
	if n, err := unix.Read(m.fd, message[:]); err != nil || n != len(message) {
		m.t.Fatal(n, err)
	}
}

// bring fills the page.
func (m *missingPage) bring(with byte) {
	data, err := unix.Mmap(-1, 0, len(m.page), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		m.t.Fatal(err)
	}
	for i := range data {
		data[i] = with
	}
	const copyTo = 0xc028aa03
	m.control(copyTo, m.address(), addressOf(data), uint64(len(m.page)), 0, 0)
}

func (m *missingPage) address() uint64 { return addressOf(m.page) }

func addressOf(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&b[0]))) }

// control is ioctl(2) with an array of numbers.
func (m *missingPage) control(what uintptr, numbers ...uint64) {
	m.t.Helper()
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(m.fd), what, uintptr(unsafe.Pointer(&numbers[0]))); errno != 0 {
		m.t.Fatalf("userfaultfd, %#x: %v", what, errno)
	}
}

// TestCacheOfOthers checks that a file of another user is read each time, because its
// writers can't be detected.
func TestCacheOfOthers(t *testing.T) {
	t.Parallel()
	dir := agedTree(t)
	tree := dir + "/tree"
	if os.Geteuid() != 0 {
		clitest.NotMeant(t, "only the superuser gives files away")
	}
	clitest.Chmod(t, dir, 0o755)
	s := clitest.Unprivileged(t, tree)
	own := clitest.PublicDir(t)
	if err := errors.Join(os.Chown(own, int(s.As.Uid), int(s.As.Gid)), os.Chown(tree+"/b", int(s.As.Uid), int(s.As.Gid))); err != nil {
		t.Fatal(err)
	}
	waitAged()
	for _, want := range []string{"0 digests found, 1 stored", "1 digest found, 0 stored"} {
		got := clitest.Ours.Output(t, []string{"--debug", "--cache", own + "/cache", "a", "b"}, s)
		if got.Status != "exit 0" || !strings.Contains(string(got.Stderr), "cache: "+want+"\n") {
			t.Errorf("want %s, got\n%s", want, got)
		}
	}
}

// TestCacheOfSwap checks that what looks like a swap area is read each time, because the
// kernel writes to active ones without a descriptor.
func TestCacheOfSwap(t *testing.T) {
	t.Parallel()
	dir := agedTree(t)
	area := make([]byte, 10*os.Getpagesize())
	copy(area[os.Getpagesize()-10:], "SWAPSPACE2")
	clitest.Write(t, dir, "swap", string(area))
	waitAged()
	for range 2 {
		wantCached(t, dir, dir+"/cache", 0, 0, "swap")
	}
}

// TestCacheAndWriters checks that a process that opens a file for writing while we check
// for writers only waits for a moment, and that we survive.
func TestCacheAndWriters(t *testing.T) {
	t.Parallel()
	strace := clitest.NeedProgram(t, "strace")
	dir := agedTree(t)
	slow := []string{strace, "-f", "-o", os.DevNull, "-e", "trace=fcntl", "-e", "inject=fcntl:delay_exit=100000"}
	if err := exec.Command(slow[0], append(slow[1:], "true")...).Run(); err != nil {
		clitest.Lacks(t, "strace can't delay calls: %v", err)
	}
	for try := range 20 {
		cache := fmt.Sprintf("%s/cache%d", dir, try) // in which it isn't known
		if refusedDuring(t, dir, []string{"--cache", cache, "tree/b"}, slow) {
			return
		}
	}
	t.Error("there was no such moment in 20 runs")
}

// refusedDuring runs psha1sum, and reports whether meanwhile tree/b couldn't be opened
// for writing without waiting.
func refusedDuring(t *testing.T, dir string, args, under []string) (refused bool) {
	t.Helper()
	ended := make(chan clitest.Outcome, 1)
	go func() { ended <- clitest.Ours.Output(t, args, clitest.Settings{Dir: dir, Under: under}) }()
	for {
		select {
		case got := <-ended:
			if got.Status != "exit 0" || string(got.Stdout) != clitest.LineOf(agedFiles["b"], "tree/b") {
				t.Errorf("%s", got)
			}
			return refused
		case <-time.After(time.Millisecond):
		}
		fd, err := unix.Open(dir+"/tree/b", unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err == nil {
			unix.Close(fd)
		}
		refused = refused || err == unix.EWOULDBLOCK
	}
}

// TestCacheOfImages mounts two editions of an image one after the other, which differ
// only in the contents of a file.
func TestCacheOfImages(t *testing.T) {
	t.Parallel()
	needStamps(t)
	if os.Geteuid() != 0 {
		clitest.NotMeant(t, "only the superuser mounts file systems")
	}
	for _, program := range []string{"mke2fs", "debugfs", "losetup", "mount"} {
		clitest.NeedProgram(t, program)
	}
	for _, nanoseconds := range []string{"0", "4000"} {
		t.Run(nanoseconds, func(t *testing.T) {
			dir := t.TempDir()
			os.Mkdir(dir+"/src", 0o755)
			os.Mkdir(dir+"/mnt", 0o755)
			for _, edition := range []string{"one", "two"} {
				image := dir + "/" + edition
				clitest.Write(t, dir, "src/file", edition)
				makeImage(t, image, dir+"/src", nanoseconds)
				device := attach(t, image)
				t.Run(edition, func(t *testing.T) {
					if err := unix.Mount(device, dir+"/mnt", "ext4", unix.MS_RDONLY, ""); err != nil {
						clitest.Lacks(t, "ext4 can't be mounted: %v", err)
					}
					defer unix.Unmount(dir+"/mnt", 0)
					for range 2 {
						got, _, _ := withCache(t, dir+"/mnt", dir+"/cache", "file")
						clitest.WantText(t, string(got.Stdout), clitest.LineOf(edition, "file"))
					}
					wantCached(t, dir+"/mnt", dir+"/cache", 0, 0, "file")
				})
				runTool(t, "losetup", "-d", device)
			}
		})
	}
}

// makeImage makes an image of a file system whose file has the same times in all
// editions.
func makeImage(t *testing.T, image, src, nanoseconds string) {
	t.Helper()
	const id = "00000000-1111-2222-3333-444444444444"
	runTool(t, "mke2fs", "-q", "-t", "ext4", "-I", "256", "-U", id, "-E", "hash_seed="+id, "-d", src, image, "8M")
	for _, field := range []string{"ctime", "mtime"} {
		runTool(t, "debugfs", "-w", "-R", "set_inode_field /file "+field+" @1230768000", image)
		runTool(t, "debugfs", "-w", "-R", "set_inode_field /file "+field+"_extra "+nanoseconds, image)
	}
}

// attach makes a file a device, until the end of the test at the latest.
func attach(t *testing.T, image string) (device string) {
	t.Helper()
	out, err := exec.Command("losetup", "-f", "--show", image).Output()
	if err != nil {
		clitest.Lacks(t, "no loop device: %v", err)
	}
	device = strings.TrimSpace(string(out))
	t.Cleanup(func() { exec.Command("losetup", "-d", device).Run() })
	return device
}

func runTool(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", args, err, out)
	}
}
