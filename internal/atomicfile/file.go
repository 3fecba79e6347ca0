package atomicfile

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
	"sync/atomic"
	"syscall"

	"github.com/psha1sum/psha1sum/internal/descriptor"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/reader"
)

// A File is the file that --output or a report names. What is printed goes to a
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
type File struct {
	Name string      // as the command line has it
	Path string      // of the file that is replaced: links were followed; "" if none is
	old  reader.ID   // of that file; none if there is nothing yet
	IDs  []reader.ID // the file that is replaced, and the one that takes its place
	// place is the file that is to be replaced, open, if it is to be written to
	// where it is.
	place *os.File
	File  *os.File
	dir   string // where the temporary file is, with a slash at its end; or ""
	temp  string // name of the temporary file, if it has one
	// kept says that it has the name by which it is kept, if need be; unsynced that it
	// may not be whole on the disk.
	kept, unsynced bool
	// guard takes the signals while the temporary file has a name, if there are
	// threads for that: else a signal may leave it, for the next run to remove.
	guard *process.Guard
	ended bool // the run ended by itself
	Options
	// Foreign says that something else was there at the beginning, which is replaced with
	// consent only.
	Foreign bool
	// isInput says that the target was named as a file to read, so that nothing may
	// take its place.
	isInput atomic.Bool
	earlier earlier
}

// Options are what a target has to know of the run.
type Options struct {
	Force bool // replace whatever is there
	// IsOutput tells, of a file's beginning and its end, or all of it in begin, whether
	// it holds nothing but earlier output, which may be replaced.
	IsOutput  func(begin, end []byte) bool
	WasClosed func(fd int) bool // a standard stream, when the process began
	Threads   *threads.Budget   // nil: as many as are wanted
}

// Create makes what is to be written. If it fails, as it does without consent, it
// leaves nothing behind.
func Create(name string, o Options) (*File, error) {
	t := &File{Name: name, Options: o}
	old, err := t.locate()
	switch {
	case err != nil:
		return nil, err
	case t.File != nil:
		return t, nil
	case t.Path == "":
		t.File, err = openExisting(name)
		return t, err
	}
	dir, base := filepath.Split(t.Path)
	if base == "" { // no file can be made by this name: open(2) says the same
		return nil, syscall.EISDIR
	}
	t.dir = dir
	inPlace, err := obstacle(t.Path, old != nil)
	if err != nil {
		return nil, err
	}
	if err := t.openFiles(old, inPlace); err != nil {
		return nil, err
	}
	for _, id := range []reader.ID{t.old, identityOf(t.File)} {
		if id != (reader.ID{}) {
			t.IDs = append(t.IDs, id)
		}
	}
	return t, nil
}

func identityOf(f *os.File) reader.ID {
	id, _ := reader.Identity(int(f.Fd()))
	return id
}

// openFiles makes the temporary file, and opens what is written to where it is.
func (t *File) openFiles(old fs.FileInfo, inPlace bool) error {
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
		resemble(t.File, old)
	}
	return nil
}

// openTemporary makes the temporary file.
func (t *File) openTemporary(mode fs.FileMode) error {
	if t.File = openNameless(cmp.Or(t.dir, "."), mode); t.File != nil {
		lock(t.File)
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
func (t *File) openBoth() error {
	place, err := openInPlace(t.Path, t.old)
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

// Guards are the guard that watches over the target, if one does.
func (t *File) Guards() []*process.Guard {
	if t.guard == nil {
		return nil
	}
	return []*process.Guard{t.guard}
}

// End says that the run has ended by itself: the target is to be replaced.
func (t *File) End() { t.ended = true }

// Leave has the target be left as it is, since it was named as a file to read.
func (t *File) Leave() { t.isInput.Store(true) }

// IsInPlace reports whether it is written to where it is.
func (t *File) IsInPlace() bool { return t.place != nil }

// locate follows the name to the file that it stands for. It sets path, or file,
// or neither if the name is to be opened as it is. old is what will be replaced,
// nil if there is nothing yet.
func (t *File) locate() (old fs.FileInfo, err error) {
	name := t.Name
	for range maxLinks {
		if fd, ok := standardDescriptor(name); ok {
			t.File, err = t.duplicate(fd)
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
func (t *File) inspect(name string) (old fs.FileInfo, err error) {
	old, err = os.Stat(t.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && t.Name != "":
		t.Path = name
		return nil, nil
	case err != nil:
		return nil, err
	case old.IsDir():
		return nil, syscall.EISDIR
	}
	// A link in /proc says of some files what they were called once.
	now, err := os.Lstat(name)
	if err != nil || !os.SameFile(old, now) || !old.Mode().IsRegular() {
		return nil, t.consent(t.Name)
	}
	t.Path, t.old = name, reader.Stat(name).ID
	if err := writable(name); err != nil {
		return nil, err
	}
	if err := t.unforced(name); err != nil {
		t.Foreign = true
		if !t.Force {
			return old, err
		}
	}
	return old, nil
}

// standardDescriptor returns the descriptor of this process that a name stands
// for. It is written to where it is, as if there were no --output: opened by this
// name it would begin anew, and what the caller wrote there be lost.
func standardDescriptor(name string) (fd int, ok bool) {
	switch path.Clean(name) {
	case descriptor.Stdin:
		return 0, true
	case descriptor.Stdout:
		return 1, true
	case descriptor.Stderr:
		return 2, true
	}
	number, ok := descriptor.Below(name)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(number, 10, 31)
	return int(n), err == nil
}

// openNamed makes a temporary file by one of these names.
func (t *File) openNamed(mode fs.FileMode, name func(i int) string) error {
	var err error
	for i := range maxNames {
		t.temp = name(i)
		t.File, err = openNew(t.temp, mode)
		if err == nil && !lockNamed(t.File, t.temp) {
			t.File.Close() // somebody took it for a leftover
			err = fs.ErrExist
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		t.temp, t.File = "", nil
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
func (t *File) tempName(i int) string {
	mark := strconv.Itoa(i)
	if i >= numberedNames {
		mark = fmt.Sprintf("-%08x", rand.Uint32())
	}
	return t.dir + "." + t.shortBase() + ".psha1sum" + mark + ".tmp"
}

// keptName returns a name for what is to be found by a person, and never removed by
// us.
func (t *File) keptName(int) string {
	return fmt.Sprintf("%s%s.%08x.kept", t.dir, t.shortBase(), rand.Uint32())
}

// shortBase is the last part of the target's name, unless there is no room behind it.
func (t *File) shortBase() string {
	const most = 100 // some file systems take no more than 143 bytes in all
	if base := filepath.Base(t.Path); len(base) <= most {
		return base
	}
	return "psha1sum"
}

// removeLeftovers removes temporary files for this target that are nobody's: those of
// processes that were killed at the moment at which theirs had a name. What is in use
// is locked. It is called only where files can be without a name, which are a
// machine's own disks: of a lock that another machine has nothing may be known.
func (t *File) removeLeftovers() {
	for i := range numberedNames {
		removeAbandoned(t.tempName(i))
	}
}

// Identity returns what is called as the target is now, if there is anything.
func (t *File) Identity() reader.ID { return reader.Stat(t.Path).ID }
