package reader

import (
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Lookout looks at files that directories list as regular ones, by the rules of
// their folders: where those forbid links none is followed. It keeps the last few
// directories open, for a moment each, so that a name need not be followed from the
// folder for every file. It may be used by any number of goroutines at once. The zero
// value is ready.
type Lookout struct {
	mu     sync.Mutex
	places [4]*place // the last one that was used first
}

// A place is a directory below a folder, as it was found at some time.
type place struct {
	folder *Folder
	path   string
	fd     int
	found  time.Time
	users  int
	gone   bool // from the lookout; the last user closes it
}

// maxPlaceAge is how long a directory is believed to be what its name leads to: not
// longer than a program may be held up between any two steps.
const maxPlaceAge = 20 * time.Millisecond

// Look looks at a file in a folder. It may take a descriptor. now is the time.
func (l *Lookout) Look(d *Folder, name string, now time.Time) (Info, error) {
	slash := strings.LastIndexByte(name, '/')
	if d == nil || d.rule != NoLinks || slash <= 0 {
		return d.lookListed(name)
	}
	p, err := l.enter(d, name[:slash], now)
	if err != nil {
		return d.lookListed(name)
	}
	defer l.leave(p)
	var st unix.Stat_t
	err = ignoringEINTR(func() error {
		return unix.Fstatat(p.fd, name[slash+1:], &st, unix.AT_SYMLINK_NOFOLLOW)
	})
	if err != nil {
		return Info{}, err
	}
	return infoOf(&st), nil
}

// Close closes the directories. Nobody may use the lookout any more.
func (l *Lookout) Close() {
	for _, p := range l.places {
		if p != nil {
			unix.Close(p.fd)
		}
	}
	l.places = [len(l.places)]*place{}
}

// enter returns a directory, open, for the caller to leave.
func (l *Lookout) enter(d *Folder, path string, now time.Time) (*place, error) {
	l.mu.Lock()
	for i, p := range l.places {
		if p == nil || p.folder != d || p.path != path {
			continue
		}
		if now.Sub(p.found) > maxPlaceAge {
			l.remove(i)
			break
		}
		copy(l.places[1:i+1], l.places[:i])
		l.places[0] = p
		p.users++
		l.mu.Unlock()
		return p, nil
	}
	l.mu.Unlock()

	fd, err := d.openAt(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return nil, err
	}
	p := &place{folder: d, path: path, fd: fd, found: now, users: 1}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(len(l.places) - 1)
	copy(l.places[1:], l.places[:])
	l.places[0] = p
	return p, nil
}

// remove forgets a place. l.mu is held.
func (l *Lookout) remove(i int) {
	p := l.places[i]
	if p == nil {
		return
	}
	l.places[i] = nil
	p.gone = true
	if p.users == 0 {
		unix.Close(p.fd)
	}
}

func (l *Lookout) leave(p *place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p.users--
	if p.gone && p.users == 0 {
		unix.Close(p.fd)
	}
}
