//go:build amd64 || arm64

package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A place is the location of a cache: a name in an open directory. All its files are
// accessed through that directory, so renaming or relinking ancestors has no effect.
type place struct {
	fd   int // of the directory
	base string
}

// findPlace resolves links in name and opens the directory. It fails if other users
// than the caller and root could tamper with the files there.
func findPlace(name string) (*place, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	fd, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	p := &place{fd, filepath.Base(path)}
	if err := p.inspect(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *place) close() { unix.Close(p.fd) }

// path returns a name of the cache's file that always leads to this directory. It
// requires /proc.
func (p *place) path() string { return fmt.Sprintf("/proc/self/fd/%d/%s", p.fd, p.base) }

// inspect checks the directory and those of the cache's files that exist.
func (p *place) inspect() error {
	var st unix.Stat_t
	if err := unix.Fstat(p.fd, &st); err != nil {
		return err
	}
	switch {
	case !isOurs(st.Uid):
		return refusal("its directory belongs to another user")
	case st.Mode&unix.S_IWOTH != 0 && st.Mode&unix.S_ISVTX == 0:
		return refusal("everybody may write to its directory")
	}
	var proc unix.Stat_t
	if err := unix.Stat(filepath.Dir(p.path()), &proc); err != nil || proc.Dev != st.Dev || proc.Ino != st.Ino {
		return errNoProc
	}
	for _, suffix := range []string{"", logSuffix, indexSuffix} {
		err := unix.Fstatat(p.fd, p.base+suffix, &st, unix.AT_SYMLINK_NOFOLLOW)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil:
			err = checkTrust(&st, suffix)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkTrust checks that a file can be trusted as part of a cache: a regular file that
// belongs to us or root and has no other name. suffix is its suffix to the cache's
// name.
func checkTrust(st *unix.Stat_t, suffix string) error {
	which := "it"
	if suffix != "" {
		which = "its file " + suffix
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG && suffix == "":
		return ErrForeign
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return refusal(which + " is no regular file")
	case !isOurs(st.Uid):
		return refusal(which + " belongs to another user")
	case st.Nlink > 1:
		return refusal(which + " has another name as well")
	}
	return nil
}

// isOurs reports whether files of a user are trusted.
func isOurs(uid uint32) bool { return uid == 0 || int(uid) == unix.Geteuid() }

// A refusal is an ErrUnsafe with a reason.
type refusal string

func (r refusal) Error() string { return string(r) }

func (refusal) Is(err error) bool { return err == ErrUnsafe }

var errNoProc = errors.New("no /proc is mounted")
