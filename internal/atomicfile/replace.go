package atomicfile

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/threads"
	"github.com/psha1sum/psha1sum/reader"
)

// Messages reports errors to the user.
type Messages interface {
	// About reports text about a file.
	About(name, text string)
	// Quoted returns a file's name, quoted if necessary.
	Quoted(name string) string
}

// Conclude ends the writing. failed is the first write error. It replaces the target,
// reports errors to say, and returns whether there were none.
func (t *File) Conclude(failed error, say Messages) (well bool) {
	text, kept := t.close(failed)
	if kept != "" {
		text += "; the results are in " + say.Quoted(kept)
	}
	if text != "" {
		say.About(t.Name, text)
	}
	t.release()
	return text == ""
}

// Abandon ends the writing and leaves the target unchanged.
func (t *File) Abandon() {
	t.close(nil)
	t.release()
}

// close ends the writing and replaces the target if failed is nil and the run
// completed; otherwise it removes the temporary file. If replacing fails, the results
// are kept under the name that is returned. text is the error message, or "". The
// caller must call release.
func (t *File) close(failed error) (text, kept string) {
	if t.Path == "" {
		return writeError(cmp.Or(failed, t.File.Close())), ""
	}
	defer t.closeFiles()
	if failed != nil || !t.ended {
		t.discard()
		return writeError(failed), ""
	}
	if t.guard == nil {
		t.guard = t.newGuard()
	}
	switch text = t.finish(); {
	case t.guard.Caught() && text == "" && t.temp != "":
		t.discard() // release lets the signal end the process
	case text != "":
		kept = t.keep()
	}
	if kept == "" && t.isInput.Load() {
		text = "" // it has been reported already
	}
	return text, kept
}

// newGuard guards against deadly signals if enough threads are available: without them,
// catching signals might crash the process.
func (t *File) newGuard() *process.Guard {
	if !t.Threads.Spare(threads.Signals) {
		return process.NewGuard(nil)
	}
	return process.NewGuard(process.DeadlySignals)
}

// release lets a pending signal end the process.
func (t *File) release() {
	if t.guard != nil {
		t.guard.Release()
	}
}

// writeError returns the message for a failed write.
func writeError(err error) string {
	if err == nil {
		return ""
	}
	return "write error: " + gnu.Strerror(err)
}

// discard removes the temporary file if it has a name.
func (t *File) discard() {
	if t.guard != nil {
		t.guard.Unwatch()
	}
	if t.temp != "" {
		os.Remove(t.temp)
		t.temp = ""
	}
}

func (t *File) closeFiles() {
	t.File.Close()
	if t.place != nil {
		t.place.Close()
	}
}

// finish replaces the target with the complete file and returns an error message, or
// "". If a signal came in time, it returns "" and the temporary file still has a name.
func (t *File) finish() string {
	if t.isInput.Load() {
		return isInputText
	}
	if err := fsync(t.File); err != nil {
		t.unsynced = true
		return writeError(err)
	}
	switch {
	case t.place != nil:
		return t.overwrite()
	case t.linkNew():
		return writeError(syncDirectory(t.Path))
	}
	err := t.giveName(t.tempName)
	if err == nil {
		err = flushed(t.File)
	}
	if err != nil {
		return writeError(err)
	}
	if t.guard.Caught() {
		return ""
	}
	// A file that is put there from here on is lost: no system call replaces a file
	// only if it is a given one.
	if err := t.consent(t.Path); err != nil {
		return err.Error()
	}
	if err := os.Rename(t.temp, t.Path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = syscall.EISDIR // it has become a directory
		}
		return gnu.Strerror(err)
	}
	t.temp = ""
	return writeError(syncDirectory(t.Path))
}

// isInputText is the message about a target that was named as an input.
const isInputText = "left as it was"

// linkNew links the temporary file to the target's name if that doesn't exist, and
// reports whether it did. Then a killed process leaves no other name behind.
func (t *File) linkNew() bool {
	return t.old == (reader.ID{}) && t.temp == "" && !t.guard.Caught() && linkNameless(t.File, t.Path) == nil
}

// overwrite overwrites the target in place. The temporary file gets a name before and
// keeps it until everything is on disk.
func (t *File) overwrite() string {
	if err := t.nameKept(); err != nil {
		return writeError(err)
	}
	if err := syncDirectory(t.temp); err != nil {
		return writeError(err)
	}
	if t.guard.Caught() {
		return ""
	}
	if t.Identity() != t.old {
		return "replaced by another file meanwhile"
	}
	if err := t.consent(t.Path); err != nil {
		return err.Error()
	}
	if err := copyOver(t.place, t.File); err != nil {
		return writeError(err)
	}
	os.Remove(t.temp)
	t.temp = ""
	return ""
}

// nameKept gives the temporary file the name under which it is kept.
func (t *File) nameKept() error {
	was := t.temp
	switch {
	case t.kept:
		return nil
	case was == "":
		if err := t.giveName(t.keptName); err != nil {
			return err
		}
	default:
		now := t.keptName(0)
		err := os.Link(was, now)
		if err == nil {
			os.Remove(was)
		} else if err = os.Rename(was, now); err != nil {
			return err
		}
		t.temp = now
	}
	t.kept = true
	return nil
}

// keep keeps the results of the run, if there are any, and returns their file name. It
// uses another directory if this one is removed or full.
func (t *File) keep() string {
	if t.isEmpty() {
		t.discard()
		return ""
	}
	if !t.unsynced && t.nameKept() == nil {
		syncDirectory(t.temp)
		return t.temp
	}
	was := t.temp
	t.temp, t.dir = "", temporaryDir()
	err := t.copyNamed(0o600, t.keptName) // other users can read the directory
	switch {
	case err != nil && !t.unsynced:
		return was
	case was != "":
		os.Remove(was)
	}
	return t.temp
}

// isEmpty reports whether nothing was written.
func (t *File) isEmpty() bool {
	info, err := t.File.Stat()
	if t.temp != "" {
		info, err = os.Lstat(t.temp) // t.File may be closed
	}
	return err == nil && info.Size() == 0
}

// copyOver overwrites a file with the contents of another, and syncs it.
func copyOver(to, from *os.File) error {
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(to, from)
	if err == nil {
		err = to.Truncate(n)
	}
	if err == nil {
		err = fsync(to)
	}
	return err
}

// giveName gives the temporary file a name, if it has none.
func (t *File) giveName(name func(i int) string) error {
	if t.temp != "" {
		return nil
	}
	for i := range maxNames {
		t.temp = name(i)
		err := linkNameless(t.File, t.temp)
		if err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	t.temp = ""
	// /proc may be missing, or links may not be supported.
	like, err := t.File.Stat()
	if err != nil {
		return err
	}
	if err := t.copyNamed(like.Mode().Perm(), name); err != nil {
		return err
	}
	resemble(t.File, like)
	return nil
}

// copyNamed copies the temporary file to one with a name. If that fails, nothing
// changes.
func (t *File) copyNamed(mode fs.FileMode, name func(i int) string) error {
	from := t.File
	err := t.openNamed(mode, name)
	if err == nil {
		err = copyOver(t.File, from)
		if err == nil {
			from.Close()
			return nil
		}
		t.File.Close()
		t.discard()
	}
	t.File = from
	return err
}
