package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/psha1sum/psha1sum/reader"
)

// A target is the file that --output names. What is printed goes to a temporary
// file in the same folder, which takes the target's place when the run has ended
// by itself. Others see what was there before, or all of the new file; a run that
// is killed, or finds the disk full, changes nothing.
//
// The temporary file has no name where the system can do that: it is gone with the
// process then, whatever becomes of that. Else signals that end the process remove
// it.
//
// A target that is no regular file, such as a FIFO or /dev/null, is written to as
// it is.
type target struct {
	name string // as the command line has it
	path string // of the file that is replaced: links were followed; "" if none is
	file *os.File
	temp string // name of the temporary file, if it has one
	// guard takes the signals while the temporary file has a name.
	guard *guard
	ended bool // the run ended by itself
}

// openTarget makes what is to be written. If it fails it leaves nothing behind.
func openTarget(name string) (*target, error) {
	t := &target{name: name}
	old, err := t.locate()
	switch {
	case err != nil:
		return nil, err
	case t.file != nil:
		return t, nil
	case t.path == "":
		t.file, err = openExisting(name)
		return t, err
	}
	dir, base := filepath.Split(t.path)
	if base == "" { // no file can be made by this name: open(2) says the same
		return nil, syscall.EISDIR
	}
	mode := fs.FileMode(0o666)
	if old != nil {
		mode = old.Mode().Perm()
	}
	if t.file = openNameless(cmp.Or(dir, "."), mode); t.file == nil {
		t.guard = newGuard(deadly)
		if err := t.openNamed(mode); err != nil {
			t.guard.release()
			return nil, err
		}
		t.guard.watch(func() { os.Remove(t.temp) })
	}
	if old != nil {
		resemble(t.file, old)
	}
	return t, nil
}

// guardedBy appends the guard that watches over the target, if one does.
func (t *target) guardedBy(guards []*guard) []*guard {
	if t.guard == nil {
		return guards
	}
	return append(guards, t.guard)
}

// locate follows the name to the file that it stands for. It sets path, or file,
// or neither if the name is to be opened as it is. old is what will be replaced,
// nil if there is nothing yet.
func (t *target) locate() (old fs.FileInfo, err error) {
	name := t.name
	for range maxLinks {
		if fd, ok := standardDescriptor(name); ok {
			t.file, err = duplicate(fd)
			return nil, err
		}
		link, err := os.Readlink(name)
		if err != nil {
			return t.inspect(name)
		}
		if !filepath.IsAbs(link) {
			dir, _ := filepath.Split(name)
			link = dir + link // not cleaned: what is in front of ".." may be a link
		}
		name = link
	}
	return nil, syscall.ELOOP
}

// maxLinks is how many links the system follows, at most.
const maxLinks = 40

// inspect looks at the target, which is called name when no link is left.
func (t *target) inspect(name string) (old fs.FileInfo, err error) {
	old, err = os.Stat(t.name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && t.name != "":
		t.path = name
		return nil, nil
	case err != nil:
		return nil, err
	case old.IsDir():
		return nil, syscall.EISDIR
	}
	// A link in /proc says of some files what they were called once.
	now, err := os.Lstat(name)
	if err != nil || !os.SameFile(old, now) || !old.Mode().IsRegular() {
		return nil, nil
	}
	t.path = name
	return old, writable(name)
}

// standardDescriptor returns the descriptor of this process that a name stands
// for. It is written to where it is, as if there were no --output: opened by this
// name it would begin anew, and what the caller wrote there be lost.
func standardDescriptor(name string) (fd int, ok bool) {
	if !strings.HasPrefix(name, "/") {
		return 0, false
	}
	name = path.Clean(name)
	switch name {
	case "/dev/stdin":
		return 0, true
	case "/dev/stdout":
		return 1, true
	case "/dev/stderr":
		return 2, true
	}
	for _, folder := range []string{"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"} {
		if number, ok := strings.CutPrefix(name, folder); ok {
			fd, err := strconv.ParseUint(number, 10, 31)
			return int(fd), err == nil
		}
	}
	return 0, false
}

// openNamed makes a temporary file.
func (t *target) openNamed(mode fs.FileMode) error {
	var err error
	for range maxNames {
		t.temp = t.freshName()
		t.file, err = openNew(t.temp, mode)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return err
}

// maxNames is how many names are tried that are taken.
const maxNames = 100

// freshName returns a name that nothing is likely to have.
func (t *target) freshName() string {
	dir, base := filepath.Split(t.path)
	const most = 100 // some file systems take no more than 143 bytes in all
	if len(base) > most {
		base = "psha1sum"
	}
	return fmt.Sprintf("%s.%s.%08x.tmp", dir, base, rand.Uint32())
}

// identities returns the files that are never to be hashed: what is replaced, and
// what takes its place.
func (t *target) identities() (files []reader.ID) {
	if t.path == "" {
		return nil
	}
	if id, ok := reader.Identity(int(t.file.Fd())); ok {
		files = append(files, id)
	}
	if id := t.identity(); id != (reader.ID{}) {
		files = append(files, id)
	}
	return files
}

// identity returns what is called as the target is now, if there is anything.
func (t *target) identity() reader.ID { return reader.Stat(t.path).ID }
