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
	"sync/atomic"
	"syscall"

	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/reader"
)

// A target is the file that --output or a report names. What is printed goes to a
// temporary file in the same directory, which takes the target's place when the run
// has ended by itself. Others see what was there before, or all of the new file; a
// run that is killed, or finds the disk full, changes nothing.
//
// The temporary file has no name where the system can do that: it is gone with the
// process then, whatever becomes of that. Else signals that end the process remove
// it.
//
// A target that no other file can take the place of (obstacle.go) is written to
// where it is, at the very end, while the temporary file has a name: one of the two
// is whole at any time. And whatever goes wrong at the end, when all is computed,
// what came of it is kept (replace.go).
//
// A target that is no regular file, such as a FIFO or /dev/null, is written to as
// it is.
type target struct {
	name string      // as the command line has it
	path string      // of the file that is replaced: links were followed; "" if none is
	old  reader.ID   // of that file; none if there is nothing yet
	ids  []reader.ID // the file that is replaced, and the one that takes its place
	// place is the file that is to be replaced, open, if it is to be written to
	// where it is.
	place *os.File
	file  *os.File
	dir   string // where the temporary file is, with a slash at its end; or ""
	temp  string // name of the temporary file, if it has one
	// kept says that it has the name by which it is kept, if need be; unsynced that it
	// may not be whole on the disk.
	kept, unsynced bool
	// guard takes the signals while the temporary file has a name, if there are
	// threads for that: else a signal may leave it, for the next run to remove.
	guard *process.Guard
	ended bool // the run ended by itself
	targetOptions
	// foreign says that something else was there at the beginning, which is replaced with
	// consent only.
	foreign bool
	// isInput says that the target was named as a file to read, so that nothing may
	// take its place.
	isInput atomic.Bool
	earlierOutput
}

// targetOptions are what a target has to know of the run.
type targetOptions struct {
	// consent tells, at the beginning and again at the end, whether what is there may be
	// replaced.
	consent   consent
	wasClosed func(fd int) bool // a standard stream, when the process began
	threads   *threads.Budget   // nil: as many as are wanted
}

// openTarget makes what is to be written. If it fails, as it does without consent, it
// leaves nothing behind.
func openTarget(name string, o targetOptions) (*target, error) {
	t := &target{name: name, targetOptions: o}
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
	t.dir = dir
	inPlace, err := obstacle(t.path, old != nil)
	if err != nil {
		return nil, err
	}
	if err := t.openFiles(old, inPlace); err != nil {
		return nil, err
	}
	for _, id := range []reader.ID{t.old, identityOf(t.file)} {
		if id != (reader.ID{}) {
			t.ids = append(t.ids, id)
		}
	}
	return t, nil
}

func identityOf(f *os.File) reader.ID {
	id, _ := reader.Identity(int(f.Fd()))
	return id
}

// openFiles makes the temporary file, and opens what is written to where it is.
func (t *target) openFiles(old fs.FileInfo, inPlace bool) error {
	if inPlace {
		return t.openBoth()
	}
	mode := fs.FileMode(0o666)
	if old != nil {
		mode = old.Mode().Perm()
	}
	if err := t.openTemporary(mode); err != nil {
		return err
	}
	if old != nil {
		resemble(t.file, old)
	}
	return nil
}

// openTemporary makes the temporary file.
func (t *target) openTemporary(mode fs.FileMode) error {
	if t.file = openNameless(cmp.Or(t.dir, "."), mode); t.file != nil {
		lock(t.file)
		t.removeLeftovers()
		return nil
	}
	t.guard = process.NewGuard(process.DeadlySignals)
	if err := t.openNamed(mode, t.tempName); err != nil {
		t.guard.Release()
		t.guard = nil
		return err
	}
	temp := t.temp
	t.guard.Watch(func() { os.Remove(temp) })
	return nil
}

// openBoth opens the target to be written to where it is, and makes the temporary
// file: beside it, or where such files are if none can be made there. Nobody else
// reads it, since the target's rights are no file's but its own.
func (t *target) openBoth() error {
	place, err := openInPlace(t.path, t.old)
	if err != nil {
		return err
	}
	const mode = 0o600
	if err = t.openTemporary(mode); err != nil {
		t.dir = temporaryDir()
		err = t.openTemporary(mode)
	}
	if err != nil {
		place.Close()
		return err
	}
	t.place = place
	return nil
}

// temporaryDir is where temporary files are, as target.dir.
func temporaryDir() string {
	dir := os.TempDir()
	if !os.IsPathSeparator(dir[len(dir)-1]) {
		dir += string(filepath.Separator)
	}
	return dir
}

// guardedBy appends the guard that watches over the target, if one does.
func (t *target) guardedBy(guards []*process.Guard) []*process.Guard {
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
			t.file, err = t.duplicate(fd)
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
		return nil, t.consent.to(t.name)
	}
	t.path, t.old = name, reader.Stat(name).ID
	if err := writable(name); err != nil {
		return nil, err
	}
	if err := t.consent.unforced(name); err != nil {
		t.foreign = true
		if !t.consent.forced {
			return old, err
		}
	}
	return old, nil
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

// openNamed makes a temporary file by one of these names.
func (t *target) openNamed(mode fs.FileMode, name func(i int) string) error {
	var err error
	for i := range maxNames {
		t.temp = name(i)
		t.file, err = openNew(t.temp, mode)
		if err == nil && !lockNamed(t.file, t.temp) {
			t.file.Close() // somebody took it for a leftover
			err = fs.ErrExist
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		t.temp, t.file = "", nil
	}
	return err
}

const (
	// maxNames is how many names are tried that are taken.
	maxNames = 100
	// numberedNames is how many of them everybody tries first, so that who comes
	// later finds what was left behind.
	numberedNames = 8
)

// tempName returns the i-th name for the temporary file.
func (t *target) tempName(i int) string {
	mark := strconv.Itoa(i)
	if i >= numberedNames {
		mark = fmt.Sprintf("-%08x", rand.Uint32())
	}
	return t.dir + "." + t.shortBase() + ".psha1sum" + mark + ".tmp"
}

// keptName returns a name for what is to be found by a person, and never removed by
// us.
func (t *target) keptName(int) string {
	return fmt.Sprintf("%s%s.%08x.kept", t.dir, t.shortBase(), rand.Uint32())
}

// shortBase is the last part of the target's name, unless there is no room behind it.
func (t *target) shortBase() string {
	const most = 100 // some file systems take no more than 143 bytes in all
	if base := filepath.Base(t.path); len(base) <= most {
		return base
	}
	return "psha1sum"
}

// removeLeftovers removes temporary files for this target that are nobody's: those of
// processes that were killed at the moment at which theirs had a name. What is in use
// is locked. It is called only where files can be without a name, which are a
// machine's own disks: of a lock that another machine has nothing may be known.
func (t *target) removeLeftovers() {
	for i := range numberedNames {
		removeAbandoned(t.tempName(i))
	}
}

// identity returns what is called as the target is now, if there is anything.
func (t *target) identity() reader.ID { return reader.Stat(t.path).ID }
