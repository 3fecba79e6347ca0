//go:build amd64 || arm64

package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A place is where a cache is: a name in a directory that is open. All that is done to
// the cache's files is done there, so it makes no difference who moves directories or
// links above it.
type place struct {
	fd   int // of the directory
	base string
}

// findPlace follows the links to a file and opens its directory, unless others than
// those whom it is to be trusted to may do what they like there.
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

// path is a name of the cache's file that leads to this directory and no other. It
// needs a /proc.
func (p *place) path() string { return fmt.Sprintf("/proc/self/fd/%d/%s", p.fd, p.base) }

// inspect looks at the directory, and at each of the cache's files that is there.
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
			err = vouch(&st, suffix)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// vouch looks whether a file is one that a cache may be in or write to: nobody but we
// and root has made it, and it isn't another file as well. suffix is what its name has
// behind that of the cache.
func vouch(st *unix.Stat_t, suffix string) error {
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

// isOurs reports whether what a user owns may be trusted.
func isOurs(uid uint32) bool { return uid == 0 || int(uid) == unix.Geteuid() }

// A refusal is an ErrUnsafe, and why.
type refusal string

func (r refusal) Error() string { return string(r) }

func (refusal) Is(err error) bool { return err == ErrUnsafe }

var errNoProc = errors.New("no /proc is mounted")
