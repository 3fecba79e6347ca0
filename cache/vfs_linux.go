//go:build amd64 || arm64

package cache

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
	"golang.org/x/sys/unix"
)

// vfsName is the name of our SQLite VFS.
const vfsName = "psha1sum"

// registerVFS registers it.
var registerVFS = sync.OnceFunc(func() {
	vfs.Register(vfsName, files{vfs.Find("").(vfs.VFSFilename)})
})

// files is SQLite's own VFS, with two changes: names are not resolved, and each file is
// checked after it was opened, before it is read or written. The log and its index are
// created with the database's mode, because they hold the same data.
type files struct{ vfs.VFSFilename }

// FullPathname implements vfs.VFS. A place's path must not be resolved, or it would
// depend on the directory's current name.
func (files) FullPathname(name string) (string, error) { return name, nil }

// OpenFilename implements vfs.VFSFilename.
func (v files) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	const known = vfs.OPEN_MAIN_DB | vfs.OPEN_WAL
	if name == nil || flags&known == 0 {
		return v.VFSFilename.OpenFilename(name, flags)
	}
	suffix := ""
	if flags&vfs.OPEN_WAL != 0 {
		suffix = logSuffix
		db, err := unwrapped(name.DatabaseFile())
		if err != nil {
			return nil, 0, err
		}
		if err := prepare(name.String(), suffix, db.mode); err != nil {
			return nil, 0, vfs.SystemError(err, sqlite3.CANTOPEN)
		}
	}
	opened, flags, err := v.VFSFilename.OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	f := &file{osFile: opened.(osFile), path: name.String()}
	if f.mode, err = modeOf(f.osFile, suffix); err != nil {
		f.Close()
		return nil, flags, vfs.SystemError(err, sqlite3.CANTOPEN)
	}
	return f, flags, nil
}

// unwrapped returns the file of a database that OpenFilename returned.
func unwrapped(db vfs.File) (*file, error) {
	for {
		switch f := db.(type) {
		case *file:
			return f, nil
		case vfs.FileUnwrap:
			db = f.Unwrap()
		default:
			return nil, sqlite3.CANTOPEN
		}
	}
}

// An osFile is a file of SQLite's own VFS.
type osFile interface {
	vfs.FileLockState
	vfs.FileHasMoved
	vfs.FileSizeHint
	vfs.FilePersistWAL
	vfs.FilePowersafeOverwrite
	vfs.FileSharedMemory
	openFile
}

// An openFile can be inspected independently of its name.
type openFile interface {
	Stat() (fs.FileInfo, error)
	Chmod(fs.FileMode) error
}

// A file is a database or its log.
type file struct {
	osFile
	path string
	mode fs.FileMode
	// asked says that SQLite has called SharedMemory once, checked that the index was
	// open and trusted.
	asked, checked bool
}

// SharedMemory implements vfs.FileSharedMemory. SQLite calls it first to learn whether
// shared memory is supported, then before each use; the first use opens the index.
func (f *file) SharedMemory() vfs.SharedMemory {
	shm := f.osFile.SharedMemory()
	if shm == nil || f.checked || !f.asked {
		f.asked = true
		return shm
	}
	index := shm.(openFile)
	err := setMode(index, indexSuffix, f.mode)
	f.checked = err == nil
	if errors.Is(err, fs.ErrInvalid) { // not open yet
		err = prepare(f.path+indexSuffix, indexSuffix, f.mode)
	}
	if err != nil {
		panic(err) // there is no error result; guarded recovers it
	}
	return shm
}

// prepare creates a file of a cache for SQLite to open, if it doesn't exist, and checks
// it otherwise.
func prepare(path, suffix string, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	return setMode(f, suffix, mode)
}

// setMode checks an open file and sets its mode. It ignores errors of chmod, which we
// may not use on files of root.
func setMode(f openFile, suffix string, mode fs.FileMode) error {
	was, err := modeOf(f, suffix)
	if err == nil && was != mode {
		_ = f.Chmod(mode)
	}
	return err
}

// modeOf checks an open file and returns its mode.
func modeOf(f openFile, suffix string) (fs.FileMode, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	st := info.Sys().(*syscall.Stat_t)
	return info.Mode().Perm(), checkTrust(&unix.Stat_t{Mode: st.Mode, Uid: st.Uid, Nlink: st.Nlink}, suffix)
}
