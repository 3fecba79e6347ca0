//go:build unix

package reader

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// places are directories below directories that are kept open, the last few that were
// used, for a moment each. They may be used by any number of goroutines at once. The
// zero value is ready.
type places struct {
	mu   sync.Mutex
	last [4]*place // the last one that was used first
}

// A place is a directory below a directory, as it was found at some time.
type place struct {
	directory *Dir
	path      string
	fd        int
	found     time.Time
	users     int
	gone      bool // from the places; the last user closes it
}

// maxPlaceAge is how long a directory is believed to be what its name leads to: not
// longer than a program may be held up between any two steps.
const maxPlaceAge = 20 * time.Millisecond

// enter returns a directory, open, for the caller to leave. If need be it is opened
// by open, which is openat(2) by the directory's rule.
func (l *places) enter(d *Dir, path string, now time.Time, open func(name string, flags int) (int, error)) (*place, error) {
	l.mu.Lock()
	for i, p := range l.last {
		if p == nil || p.directory != d || p.path != path {
			continue
		}
		if now.Sub(p.found) > maxPlaceAge {
			l.remove(i)
			break
		}
		copy(l.last[1:i+1], l.last[:i])
		l.last[0] = p
		p.users++
		l.mu.Unlock()
		return p, nil
	}
	l.mu.Unlock()

	fd, err := open(path, searchOnly|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return nil, err
	}
	p := &place{directory: d, path: path, fd: fd, found: now, users: 1}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(len(l.last) - 1)
	copy(l.last[1:], l.last[:])
	l.last[0] = p
	return p, nil
}

// remove forgets a place. l.mu is held.
func (l *places) remove(i int) {
	p := l.last[i]
	if p == nil {
		return
	}
	l.last[i] = nil
	p.gone = true
	if p.users == 0 {
		unix.Close(p.fd)
	}
}

// forget forgets all of them.
func (l *places) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.last {
		l.remove(i)
	}
}

func (l *places) leave(p *place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p.users--
	if p.gone && p.users == 0 {
		unix.Close(p.fd)
	}
}
