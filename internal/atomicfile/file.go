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

// A File is the target of --output or a report. Output goes to a temporary file in the
// same directory, which replaces the target when the run has completed. Other processes
// see the old contents or the complete new ones; if the run is killed or the disk is
// full, nothing changes.
//
// The temporary file has no name where the system supports that, and so vanishes with
// the process. Otherwise deadly signals remove it.
//
// A target that can't be replaced (obstacle.go) is overwritten in place at the very
// end. Meanwhile the temporary file has a name, so one of the two is always complete.
// If the last step fails, the results are kept (replace.go).
//
// A target that is not a regular file, such as a FIFO or /dev/null, is written to
// directly.
type File struct {
	Name string      // as on the command line
	Path string      // file that is replaced, with links resolved; "" if none is
	old  reader.ID   // of that file; zero if it doesn't exist
	IDs  []reader.ID // of the file that is replaced, and of the one that replaces it
	// place is the open target, if it is overwritten in place.
	place *os.File
	File  *os.File
	dir   string // directory of the temporary file, with a slash at the end, or ""
	temp  string // name of the temporary file, if it has one
	// kept: the temporary file has the name under which it is kept. unsynced: it may
	// not be completely on disk.
	kept, unsynced bool
	// guard handles signals while the temporary file has a name, if enough threads are
	// available. Otherwise a signal may leave the file behind, for the next run to
	// remove.
	guard *process.Guard
	ended bool // the run completed
	Options
	// Foreign: the target existed and may be replaced only with Force.
	Foreign bool
	// isInput: the target was also named as an input, so it must not be replaced.
	isInput atomic.Bool
	earlier earlier
}

// Options are settings of the run.
type Options struct {
	Force bool // replace any file
	// IsOutput reports whether a file contains only earlier output, given both its
	// ends, or all of it in begin.
	IsOutput  func(begin, end []byte) bool
	WasClosed func(fd int) bool // reports whether a standard stream was closed when the process started
	Threads   *threads.Budget   // nil for no limit
}

// Create prepares to write the file called name. If it fails, also because the target
// may not be replaced, it leaves nothing behind.
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
	if base == "" { // open(2) gives the same error for such a name
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

// openFiles creates the temporary file, and opens the target if it is overwritten in
// place.
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

// openTemporary creates the temporary file.
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

// openBoth opens the target to be overwritten in place, and creates the temporary file
// beside it or, if that fails, in the system's directory for such files. Its mode is
// private, because the target's permissions can't be copied to it.
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

// temporaryDir returns the system's directory for temporary files, with a slash at the
// end.
func temporaryDir() string {
	dir := os.TempDir()
	if !os.IsPathSeparator(dir[len(dir)-1]) {
		dir += string(filepath.Separator)
	}
	return dir
}

// Guards returns the signal guard of the target, if it has one.
func (t *File) Guards() []*process.Guard {
	if t.guard == nil {
		return nil
	}
	return []*process.Guard{t.guard}
}

// End marks the run as completed, so that Conclude replaces the target.
func (t *File) End() { t.ended = true }

// Leave keeps the target from being replaced, because it was named as an input.
func (t *File) Leave() { t.isInput.Store(true) }

// IsInPlace reports whether the target is overwritten in place.
func (t *File) IsInPlace() bool { return t.place != nil }

// locate resolves links in the name. It sets Path, or File, or neither if the name is
// to be opened as it is. old is the file that will be replaced, nil if there is none.
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
			link = dir + link // not cleaned: what precedes ".." may be a link
		}
		name = link
	}
	return nil, syscall.ELOOP
}

// maxLinks is the maximum number of links that the system follows.
const maxLinks = 40

// inspect checks the target, whose name without links is name.
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
	// Some links in /proc contain a name that the file no longer has.
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

// standardDescriptor returns the descriptor of this process that a name such as
// /dev/stdout refers to. It is written to directly: opening the name again would start
// at offset 0 and overwrite what the caller has written.
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

// openNamed creates a temporary file under the first free name.
func (t *File) openNamed(mode fs.FileMode, name func(i int) string) error {
	var err error
	for i := range maxNames {
		t.temp = name(i)
		t.File, err = openNew(t.temp, mode)
		if err == nil && !lockNamed(t.File, t.temp) {
			t.File.Close() // another process took it for a leftover
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
	// maxNames is the maximum number of names to try.
	maxNames = 100
	// numberedNames is how many fixed names are tried first, so that later runs can
	// find leftovers.
	numberedNames = 8
)

// tempName returns the i-th candidate name of the temporary file.
func (t *File) tempName(i int) string {
	mark := strconv.Itoa(i)
	if i >= numberedNames {
		mark = fmt.Sprintf("-%08x", rand.Uint32())
	}
	return t.dir + "." + t.shortBase() + ".psha1sum" + mark + ".tmp"
}

// keptName returns a name for results that the user must find, which is never removed
// automatically.
func (t *File) keptName(int) string {
	return fmt.Sprintf("%s%s.%08x.kept", t.dir, t.shortBase(), rand.Uint32())
}

// shortBase returns the last element of the target's path, shortened if suffixes would
// not fit.
func (t *File) shortBase() string {
	const most = 100 // some file systems allow only 143 bytes in total
	if base := filepath.Base(t.Path); len(base) <= most {
		return base
	}
	return "psha1sum"
}

// removeLeftovers removes temporary files for this target that killed processes left.
// Files in use are locked. It is called only where files without a name are supported,
// which are local file systems, because locks of other machines may not be visible.
func (t *File) removeLeftovers() {
	for i := range numberedNames {
		removeAbandoned(t.tempName(i))
	}
}

// Identity returns the identity of the file that has the target's name now, if any.
func (t *File) Identity() reader.ID { return reader.Stat(t.Path).ID }
