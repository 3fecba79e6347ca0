package main

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/psha1sum/psha1sum/reader"
)

// A replacement is what a file is going to hold: all of it or, if the run doesn't
// end by itself or a write fails, what it held before. It is gathered in a file
// without a name, so that nothing is left behind by a run that is killed, and gets
// one only to take the other's place at once.
//
// What is no regular file, such as a FIFO, is written to as it is.
type replacement struct {
	path   string // of what is replaced: links were followed
	mode   fs.FileMode
	exact  bool     // the mode is another file's, not subject to the umask
	stream *os.File // what is not replaced but written to
	spool  *os.File
}

// newReplacement begins what takes the place of the file called name. It fails if
// nothing can.
func newReplacement(name string) (*replacement, error) {
	r := &replacement{path: name, mode: 0o666}
	dir := filepath.Dir(name)
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && name != "":
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, syscall.EISDIR
	default:
		if err := r.resemble(name, info); err != nil {
			return nil, err
		}
		dir = filepath.Dir(r.path)
	}
	if r.stream != nil {
		dir = os.TempDir()
	}
	if r.spool, err = openTemporary(dir, 0o600); err != nil {
		return nil, err
	}
	os.Remove(r.spool.Name()) // fails where open files have to have names
	return r, nil
}

// resemble takes over what the file is that there is already. One that may not be
// written to is not replaced either.
func (r *replacement) resemble(name string, info fs.FileInfo) error {
	old, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		r.stream = old
		return nil
	}
	r.mode, r.exact = info.Mode().Perm(), true
	r.path, err = filepath.EvalSymlinks(name)
	return errors.Join(err, old.Close())
}

// openTemporary makes a file with a name that nobody knows. Unlike os.CreateTemp's
// its mode is subject to the umask.
func openTemporary(dir string, mode fs.FileMode) (*os.File, error) {
	name := filepath.Join(dir, ".psha1sum."+rand.Text()+".tmp")
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
}

// identities returns the files that are not to be hashed.
func (r *replacement) identities() (files []reader.ID) {
	if id := reader.Stat(r.path).ID; r.stream == nil && id != (reader.ID{}) {
		files = append(files, id)
	}
	return files
}

// discard leaves everything as it was before.
func (r *replacement) discard() {
	r.spool.Close()
	os.Remove(r.spool.Name()) // where that wasn't possible before
	if r.stream != nil {
		r.stream.Close()
	}
}

// put has write make the file, which may read from the spool, and puts it in its
// place.
func (r *replacement) put(write func(io.Writer) error) error {
	defer r.discard()
	if r.stream != nil {
		return write(r.stream)
	}
	f, err := openTemporary(filepath.Dir(r.path), r.mode)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil && r.exact {
		err = f.Chmod(r.mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), r.path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
