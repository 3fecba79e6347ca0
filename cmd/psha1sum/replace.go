package main

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
)

// close ends the writing, of which failed is the first error. If all went well the
// file is put in its place. Else, and if the run didn't end by itself, nothing is
// left of it. It returns what is to be said about the target, or "".
func (t *target) close(failed error) string {
	if t.path == "" {
		return writeError(cmp.Or(failed, t.file.Close()))
	}
	if failed == nil && t.ended {
		failed = fsync(t.file)
	}
	if failed != nil || !t.ended {
		t.discard()
		return writeError(failed)
	}
	return t.replace()
}

// writeError says that the new file could not be written.
func writeError(err error) string {
	if err == nil {
		return ""
	}
	return "write error: " + strerror(err)
}

// discard leaves everything as it was before.
func (t *target) discard() {
	t.file.Close()
	if t.temp != "" {
		os.Remove(t.temp)
	}
	if t.guard != nil {
		t.guard.release()
	}
}

// replace puts the file in its place. Whenever a signal comes, no name is left but
// the target's.
func (t *target) replace() string {
	if t.guard == nil {
		t.guard = newGuard(deadly)
	}
	err := t.giveName()
	if err == nil {
		err = t.file.Close()
	}
	if err != nil {
		t.discard()
		return writeError(err)
	}
	if t.guard.caught() {
		t.discard() // which lets the signal end the process
		return ""
	}
	if err := os.Rename(t.temp, t.path); err != nil {
		t.discard()
		return strerror(err)
	}
	t.guard.release()
	return writeError(syncFolder(t.path))
}

// giveName gives the temporary file a name, if it has none.
func (t *target) giveName() error {
	if t.temp != "" {
		return nil
	}
	for range maxNames {
		name := t.freshName()
		err := linkNameless(t.file, name)
		if err == nil {
			t.temp = name
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	// There may be no /proc, or nothing may be linked here. The run may have taken
	// hours, so what came of it isn't given up.
	return t.copyNamed()
}

// copyNamed makes a file with a name of one without.
func (t *target) copyNamed() error {
	from := t.file
	defer from.Close()
	like, err := from.Stat()
	if err != nil {
		return err
	}
	if err := t.openNamed(like.Mode().Perm()); err != nil {
		t.temp, t.file = "", from
		return err
	}
	resemble(t.file, like)
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(t.file, from); err != nil {
		return err
	}
	return fsync(t.file)
}
