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

// vfsName is what SQLite knows files by that belong to a cache.
const vfsName = "psha1sum"

// registerVFS has SQLite know it.
var registerVFS = sync.OnceFunc(func() {
	vfs.Register(vfsName, files{vfs.Find("").(vfs.VFSFilename)})
})

// files is the file system as SQLite gets to see it: its own way to it, but names are
// taken as they are, and each file is vouched for when it is open, before anything is
// read or written. What the log and its index hold is as secret as the database, so
// they are made with its mode.
type files struct{ vfs.VFSFilename }

// FullPathname implements vfs.VFS. The name that a place has for itself doesn't change
// its meaning, as the one would to which its links lead.
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

// unwrapped is the file of a database as it was opened.
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

// An osFile is what files of SQLite's own way to the file system can do.
type osFile interface {
	vfs.FileLockState
	vfs.FileHasMoved
	vfs.FileSizeHint
	vfs.FilePersistWAL
	vfs.FilePowersafeOverwrite
	vfs.FileSharedMemory
	openFile
}

// An openFile is one of which it is known what it is, whatever its name leads to now.
type openFile interface {
	Stat() (fs.FileInfo, error)
	Chmod(fs.FileMode) error
}

// A file is a database, or its log.
type file struct {
	osFile
	path string
	mode fs.FileMode
	// asked says that SQLite has asked whether there is an index, vouched that it is
	// open and what it should be.
	asked, vouched bool
}

// SharedMemory implements vfs.FileSharedMemory. SQLite asks for it to know whether there
// is any, and then each time before it does something to it: first of all, to open it.
func (f *file) SharedMemory() vfs.SharedMemory {
	shm := f.osFile.SharedMemory()
	if shm == nil || f.vouched || !f.asked {
		f.asked = true
		return shm
	}
	index := shm.(openFile)
	err := setMode(index, indexSuffix, f.mode)
	f.vouched = err == nil
	if errors.Is(err, fs.ErrInvalid) { // it isn't open
		err = prepare(f.path+indexSuffix, indexSuffix, f.mode)
	}
	if err != nil {
		panic(err) // there is no other way to say it: see guarded
	}
	return shm
}

// prepare makes a file of a cache, if there is none, for SQLite to open, and looks at
// the one that is there.
func prepare(path, suffix string, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	return setMode(f, suffix, mode)
}

// setMode vouches for an open file and gives it a mode, which those of root may not need.
func setMode(f openFile, suffix string, mode fs.FileMode) error {
	was, err := modeOf(f, suffix)
	if err == nil && was != mode {
		_ = f.Chmod(mode)
	}
	return err
}

// modeOf vouches for an open file and returns its mode.
func modeOf(f openFile, suffix string) (fs.FileMode, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	st := info.Sys().(*syscall.Stat_t)
	return info.Mode().Perm(), vouch(&unix.Stat_t{Mode: st.Mode, Uid: st.Uid, Nlink: st.Nlink}, suffix)
}
