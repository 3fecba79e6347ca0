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

// Messages are where it is said what went wrong.
type Messages interface {
	// About says something of a file.
	About(name, text string)
	// Quoted is a file's name with quotes if it needs them.
	Quoted(name string) string
}

// Conclude ends the writing, of which failed is the first error, says what is to be said
// of that, and reports whether nothing is.
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

// Abandon ends the writing and leaves everything as it was.
func (t *File) Abandon() {
	t.close(nil)
	t.release()
}

// close ends the writing, of which failed is the first error. If all went well the
// file is put in its place. Else, and if the run didn't end by itself, nothing is
// left of it; unless it was whole and is kept, by a name that is returned. text is
// what is to be said about the target, or "". The caller says it and calls release.
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
		t.discard() // and release lets the signal end the process
	case text != "":
		kept = t.keep()
	}
	if kept == "" && t.isInput.Load() {
		text = "" // all has been said
	}
	return text, kept
}

// newGuard guards against deadly signals, or against none where the threads that this
// takes might end the process instead.
func (t *File) newGuard() *process.Guard {
	if !t.Threads.Spare(threads.Signals) {
		return process.NewGuard(nil)
	}
	return process.NewGuard(process.DeadlySignals)
}

// release lets a signal that came meanwhile end the process.
func (t *File) release() {
	if t.guard != nil {
		t.guard.Release()
	}
}

// writeError says that the new file could not be written.
func writeError(err error) string {
	if err == nil {
		return ""
	}
	return "write error: " + gnu.Strerror(err)
}

// discard removes what has a name, and so leaves everything as it was before.
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

// finish puts the whole file in its place, and returns what went wrong, if anything
// did. If a signal came before it was too late, it returns "" and the temporary file
// still has a name.
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
	// What is put there from here on is lost: no call replaces a file only if it is the
	// one that was looked at.
	if err := t.consent(t.Path); err != nil {
		return err.Error()
	}
	if err := os.Rename(t.temp, t.Path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = syscall.EISDIR // which it has come to be
		}
		return gnu.Strerror(err)
	}
	t.temp = ""
	return writeError(syncDirectory(t.Path))
}

// isInputText says why a target is left as it is: see target.isInput.
const isInputText = "left as it was"

// linkNew gives the temporary file the target's name, if nothing has that name, and
// reports whether it did. A process that is killed leaves no other name behind then.
func (t *File) linkNew() bool {
	return t.old == (reader.ID{}) && t.temp == "" && !t.guard.Caught() && linkNameless(t.File, t.Path) == nil
}

// overwrite writes to the target where it is. The temporary file has a name before,
// and until all is on the disk.
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

// nameKept gives the temporary file the name by which it is kept.
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

// keep sees to it that what came of the run, if anything did, can be found, and
// returns where. That may be another directory, if this one is gone, or full.
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
	err := t.copyNamed(0o600, t.keptName) // everybody may look there
	switch {
	case err != nil && !t.unsynced:
		return was
	case was != "":
		os.Remove(was)
	}
	return t.temp
}

// isEmpty reports whether nothing was printed.
func (t *File) isEmpty() bool {
	info, err := t.File.Stat()
	if t.temp != "" {
		info, err = os.Lstat(t.temp) // the file may be closed
	}
	return err == nil && info.Size() == 0
}

// copyOver has a file hold what another does, on the disk.
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
	// There may be no /proc, or nothing may be linked here.
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

// copyNamed makes a file with a name of one without. If that fails, all is as it was.
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
