//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// A target is a file for -o, in a directory of its own.
type target struct {
	title   string
	prepare func(t *trial, dir string) error // creates dir/SUMS, or not
	refused bool                             // writing must fail with status 1 and change nothing
	unread  bool                             // its contents can't be read
	root    bool                             // requires root
	as      int                              // run psha1sum as this user
}

var targets = []target{
	{title: "nothing yet", prepare: func(*trial, string) error { return nil }},
	{title: "a file", prepare: func(_ *trial, dir string) error { return writeOld(dir + "/SUMS") }},
	{title: "a link to a file", prepare: func(_ *trial, dir string) error {
		return errors.Join(writeOld(dir+"/real"), os.Symlink("real", dir+"/SUMS"))
	}},
	{title: "a link to nothing yet", prepare: func(_ *trial, dir string) error { return os.Symlink("real", dir+"/SUMS") }},
	{title: "a link to itself", refused: true, unread: true, prepare: func(_ *trial, dir string) error { return os.Symlink("SUMS", dir+"/SUMS") }},
	{title: "one of two links", prepare: func(_ *trial, dir string) error {
		return errors.Join(writeOld(dir+"/other"), os.Link(dir+"/other", dir+"/SUMS"))
	}},
	{title: "/dev/null", unread: true, prepare: func(_ *trial, dir string) error { return os.Symlink(os.DevNull, dir+"/SUMS") }},
	{title: "/dev/full", refused: true, unread: true, prepare: func(_ *trial, dir string) error { return os.Symlink("/dev/full", dir+"/SUMS") }},
	{title: "a directory", refused: true, unread: true, prepare: func(_ *trial, dir string) error { return os.Mkdir(dir+"/SUMS", 0o755) }},
	{title: "a FIFO", unread: true, prepare: serveFIFO},
	{title: "a mounted file", root: true, prepare: func(t *trial, dir string) error {
		return errors.Join(writeOld(dir+"/SUMS"), writeOld(dir+"/real"), t.mount(dir+"/real", dir+"/SUMS", "", unix.MS_BIND, ""))
	}},
	{title: "another's file in a sticky directory", root: true, as: nobody, prepare: func(_ *trial, dir string) error {
		return errors.Join(writeOld(dir+"/SUMS"), os.Chmod(dir+"/SUMS", 0o666), os.Chown(dir+"/SUMS", 1, 1), os.Chown(dir, 2, 2), os.Chmod(dir, 0o777|os.ModeSticky))
	}},
	{title: "a directory in which nobody may write", root: true, refused: true, as: nobody, prepare: func(_ *trial, dir string) error {
		return errors.Join(os.Chmod(dir, 0o755), writeOld(dir+"/SUMS"))
	}},
	{title: "a file that may only grow", root: true, refused: true, prepare: withFlag(appendOnly)},
	{title: "a file that may not change", root: true, refused: true, prepare: withFlag(immutable)},
	{title: "a full file system", root: true, refused: true, prepare: func(t *trial, dir string) error {
		if err := t.mount("tmpfs", dir, "tmpfs", 0, "size=16k"); err != nil {
			return err
		}
		os.WriteFile(dir+"/ballast", make([]byte, 12<<10), 0o644)
		return writeOld(dir + "/SUMS")
	}},
	{title: "a small file system", root: true, prepare: func(t *trial, dir string) error {
		return errors.Join(t.mount("tmpfs", dir, "tmpfs", 0, "size=1m"), writeOld(dir+"/SUMS"))
	}},
	{title: "a read-only file system", root: true, refused: true, prepare: func(t *trial, dir string) error {
		if err := t.mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
			return err
		}
		return errors.Join(writeOld(dir+"/SUMS"), unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	}},
}

func writeOld(path string) error { return os.WriteFile(path, []byte(old), 0o644) }

// serveFIFO creates a FIFO with a reader.
func serveFIFO(t *trial, dir string) error {
	path := dir + "/SUMS"
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0) // opening doesn't block
	if err != nil {
		return err
	}
	go io.Copy(io.Discard, f)
	t.cleanup(func() { f.Close() })
	return nil
}

// Flags in linux/fs.h.
const (
	immutable  = 0x10
	appendOnly = 0x20
)

// withFlag sets a flag of chattr(1) on the target.
func withFlag(flag int) func(*trial, string) error {
	return func(t *trial, dir string) error {
		path := dir + "/SUMS"
		if err := writeOld(path); err != nil {
			return err
		}
		set := func(flag int) error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			flags, err := unix.IoctlGetInt(int(f.Fd()), unix.FS_IOC_GETFLAGS)
			if err != nil {
				return err
			}
			return unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flags&^(appendOnly|immutable)|flag)
		}
		t.cleanup(func() { set(0) })
		return set(flag)
	}
}

// strangeTargets writes to each of the targets.
func (t *trial) strangeTargets(r *result) {
	for i, target := range shuffled(t.Rand, targets) {
		if t.over() {
			return
		}
		if target.root && !t.machine.root {
			t.note("not root, so some targets are not tried")
			continue
		}
		dir := filepath.Join(r.out, fmt.Sprint(i))
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.note("%v", err)
			return
		}
		if err := target.prepare(t, dir); err != nil {
			t.note("target not tried: %s: %v", target.title, err)
			continue
		}
		t.writeTo(r, target, dir+"/SUMS")
	}
	t.linkedTarget(r)
}

// writeTo writes to a target and checks the result.
func (t *trial) writeTo(r *result, target target, path string) {
	c := r.command(path)
	c.uid = target.as
	c.args = append([]string{pick(t.Rand, "--io=read", "--io=auto")}, c.args...)
	o := t.run(c)
	if t.ended() {
		return
	}
	t.count("targets", 1)
	want, status := r.want, "exit 0"
	if target.refused {
		want, status = old, "exit 1"
	}
	if o.status != status || (o.stderr == "") == target.refused {
		t.find("-o %s: %s, want %s\n%s\n%s", target.title, o.status, status, c.words(), o)
		return
	}
	if target.unread {
		return
	}
	if text, err := os.ReadFile(path); string(text) != want {
		t.find("-o %s, %s: %v, %s\n%s", target.title, o.status, err, firstDifference(string(text), want), c.words())
	}
}

// linkedTarget hashes files of which one is a hard link to the target: it must be
// listed, or reported.
func (t *trial) linkedTarget(r *result) {
	first := filepath.Join(r.tree, r.names[0])
	to := filepath.Join(r.out, "linked")
	if err := os.Link(first, to); err != nil {
		t.note("no links: %v", err)
		return
	}
	c := command{dir: r.tree, args: []string{"-o", to, "-r"}}
	if t.chance(50) {
		c = r.command(to)
	}
	if t.chance(50) {
		c.args = append([]string{"--force"}, c.args...) // otherwise it is refused
	}
	o := t.run(c)
	text, _ := os.ReadFile(to)
	listed := strings.Contains(string(text), "  "+r.names[0]+"\n") || strings.Contains(string(text), "  ./"+r.names[0]+"\n")
	if !listed && o.stderr == "" && !t.ended() {
		t.find("a hard link to the file of -o is silently left out\n%s\n%s", c.words(), o)
	}
}
