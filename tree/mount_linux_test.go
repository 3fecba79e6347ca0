package tree_test

import (
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/tree"
	"golang.org/x/sys/unix"
)

// TestOneFileSystem excludes what is on another file system, whether it is reached by a
// link or mounted.
func TestOneFileSystem(t *testing.T) {
	dir := t.TempDir()
	touch(t, dir+"/a/x", dir+"/z")
	mkdir(t, dir+"/mnt")
	filetest.Symlink(t, "/proc/self/fdinfo", dir+"/a/proc")
	filetest.Symlink(t, "/proc/version", dir+"/a/version")
	want(t, walk(t, "top", dir, tree.Options{OneFileSystem: true, Follow: true}), []string{"top/a/version", "top/a/x", "top/z"})

	if err := unix.Mount("none", dir+"/mnt", "tmpfs", 0, "size=64k"); err != nil {
		t.Log("nothing is mounted here:", err)
		return
	}
	t.Cleanup(func() { unix.Unmount(dir+"/mnt", unix.MNT_DETACH) })
	touch(t, dir+"/mnt/b/y")
	want(t, walk(t, "top", dir, tree.Options{}), []string{"top/a/proc", "top/a/version", "top/a/x", "top/mnt/b/y", "top/z"})
	want(t, walk(t, "top", dir, tree.Options{OneFileSystem: true}), []string{"top/a/proc", "top/a/version", "top/a/x", "top/z"})
	// Only the root's file system counts.
	want(t, walk(t, "m", dir+"/mnt", tree.Options{OneFileSystem: true}), []string{"m/b/y"})
	if err := unix.Mount(dir, dir+"/mnt/b", "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(dir+"/mnt/b", unix.MNT_DETACH) })
	want(t, walk(t, "top", dir, tree.Options{}), []string{
		"top/a/proc", "top/a/version", "top/a/x", "top/mnt/b: " + tree.ErrLoop.Error(), "top/z",
	})
}
