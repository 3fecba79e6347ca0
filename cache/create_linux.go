//go:build amd64 || arm64

package cache

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
	"golang.org/x/sys/unix"
)

// create ensures that a cache of that name exists, or one that is damaged. SQLite never
// opens other files, because it might repair them.
//
// A new cache is created under another name and renamed when complete, so that killed
// processes and concurrent ones do no harm.
func create(path string) error {
	err := inspect(path)
	if err == nil && exists(path+journalSuffix) {
		return ErrForeign // SQLite would replay it as an unfinished transaction
	}
	if !isVacant(err) {
		return err
	}
	// Lock before anything is created, so that a process killed while it waits leaves
	// nothing behind.
	unlock, err := lockDirectory(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer unlock()
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	if err := guarded(func() error { return initialize(temp) }); err != nil {
		return err
	}
	return put(temp.Name(), path)
}

var errNone, errEmpty, errOld = errors.New("there is none"), errors.New("it is empty"), errors.New("it is of an earlier version")

// isVacant reports whether inspect found nothing of value: no file, an empty one, or a
// cache of an earlier version, which is not trusted any more.
func isVacant(err error) bool { return err == errNone || err == errEmpty || err == errOld }

// put gives a new cache its name, unless another process was faster. The directory is
// locked.
func put(temp, path string) error {
	err := inspect(path)
	if !isVacant(err) {
		return err
	}
	// SQLite would take the log of a cache that was removed for that of the new one.
	if err := remove(path+logSuffix, isLog); err != nil {
		return err
	}
	// Processes that still use the removed cache hold locks on its index, and would
	// share it with the new one.
	if err := remove(path+indexSuffix, isIndex); err != nil {
		return err
	}
	if exists(path + journalSuffix) {
		return fs.ErrExist
	}
	if err == errNone {
		return os.Link(temp, path)
	}
	return os.Rename(temp, path)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// remove removes a file if it is empty or begins with the right magic.
func remove(path string, isOurs func(magic [4]byte) bool) error {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return cmp.Or(err, fs.ErrExist)
	}
	var magic [4]byte
	n, err := io.ReadFull(f, magic[:])
	if n > 0 && (err != nil || !isOurs(magic)) {
		return fs.ErrExist
	}
	return os.Remove(path)
}

// isLog reports whether magic is that of a write-ahead log, whose last bit gives the
// byte order: https://www.sqlite.org/fileformat2.html#walformat
func isLog(magic [4]byte) bool { return binary.BigEndian.Uint32(magic[:])&^1 == 0x377f0682 }

// isIndex reports whether magic is the version of a log's index, in native byte order,
// or 0 if it is not initialised:
// https://www.sqlite.org/walformat.html#the_wal_index_file_format
func isIndex(magic [4]byte) bool {
	version := binary.NativeEndian.Uint32(magic[:])
	return version == 0 || version == 3007000
}

// lockDirectory keeps other processes from creating a cache in a directory.
func lockDirectory(name string) (unlock func(), err error) {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := lockPatiently(fd); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return func() { unix.Close(fd) }, nil
}

// lockPatiently locks a directory, but not indefinitely: our parent, such as flock(1),
// may hold that lock until we end.
func lockPatiently(fd int) error {
	const again = 10 * time.Millisecond
	for waited := time.Duration(0); ; waited += again {
		switch err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); {
		case err == unix.EWOULDBLOCK && waited >= busyTimeout:
			return errBusy
		case err != unix.EWOULDBLOCK && err != unix.EINTR:
			return err
		}
		time.Sleep(again)
	}
}

// The header of an SQLite file: https://www.sqlite.org/fileformat2.html#the_database_header
const (
	headerSize    = 100
	headerMagic   = "SQLite format 3\x00"
	headerVersion = 60
	headerID      = 68
)

// inspect checks the header of a file.
func inspect(path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return errNone
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := modeOf(f, ""); err != nil {
		return err
	}
	header := make([]byte, headerSize)
	n, err := io.ReadFull(f, header)
	switch {
	case n == 0 && err == io.EOF:
		return errEmpty
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		return ErrForeign
	case err != nil:
		return err
	}
	if string(header[:len(headerMagic)]) != headerMagic ||
		binary.BigEndian.Uint32(header[headerID:]) != applicationID {
		return ErrForeign
	}
	switch version := binary.BigEndian.Uint32(header[headerVersion:]); {
	case version < formatVersion:
		return errOld
	case version > formatVersion:
		return ErrNewer
	}
	return nil
}

// initialize creates a cache in an empty file that no other process knows, so a single
// sync at the end suffices.
func initialize(f *os.File) error {
	conn, err := sqlite3.OpenFlags(address(f.Name()), sqlite3.OPEN_READWRITE|sqlite3.OPEN_URI)
	if err != nil {
		return err
	}
	err = conn.Exec(`PRAGMA page_size=4096; PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; BEGIN; ` +
		`PRAGMA application_id=` + strconv.Itoa(applicationID) + `; PRAGMA user_version=` + strconv.Itoa(formatVersion) + `; ` +
		strings.Join(schema, `; `) + `; COMMIT; PRAGMA journal_mode=WAL`)
	return errors.Join(err, conn.Close(), f.Sync())
}
