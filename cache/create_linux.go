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

// create sees to it that there is a cache of that name, or something that has been
// one: what is foreign SQLite doesn't get to see, since it might want to mend it.
//
// A new cache is made under another name, and whole when it gets its own: whoever is
// killed meanwhile, or comes second, does no harm.
func create(path string) error {
	err := inspect(path)
	if err == nil && exists(path+journalSuffix) {
		return ErrForeign // what SQLite would take for the end of an unfinished change
	}
	if !isVacant(err) {
		return err
	}
	// First of all: whoever is killed while it waits leaves nothing behind.
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

// isVacant reports whether there is nothing to lose where a cache is to be made, by
// what inspect said: what an earlier version has kept is not believed any more.
func isVacant(err error) bool { return err == errNone || err == errEmpty || err == errOld }

// put gives a new cache its name, unless somebody else was quicker. The directory is
// locked.
func put(temp, path string) error {
	err := inspect(path)
	if !isVacant(err) {
		return err
	}
	// The log of a cache that was removed, of which SQLite would think that it is
	// the new one's.
	if err := remove(path+logSuffix, isLog); err != nil {
		return err
	}
	// Whoever still uses the cache that was removed has locks on its index, and
	// would share it with the new one.
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

// remove removes a file that is empty or begins as it should, and nothing else.
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

// isLog knows what a write-ahead log begins with; the last bit tells the order of
// bytes: https://www.sqlite.org/fileformat2.html#walformat
func isLog(magic [4]byte) bool { return binary.BigEndian.Uint32(magic[:])&^1 == 0x377f0682 }

// isIndex knows what the log's index begins with, in this machine's order, or with
// nothing yet: https://www.sqlite.org/walformat.html#the_wal_index_file_format
func isIndex(magic [4]byte) bool {
	version := binary.NativeEndian.Uint32(magic[:])
	return version == 0 || version == 3007000
}

// lockDirectory keeps others from making a cache in a directory.
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

// lockPatiently locks a directory, but doesn't wait for ever: whoever started us may hold
// that very lock, as flock(1) does, until we end.
func lockPatiently(fd int) error {
	const again = 10 * time.Millisecond
	for waited := time.Duration(0); ; waited += again {
		switch err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); {
		case err == unix.EWOULDBLOCK && waited >= patience:
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

// inspect looks at a file's header.
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

// initialize makes a cache of an empty file that nobody else knows. So it needs to be
// on the disk only when it is whole.
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
