package reader

import (
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A Lookout looks at files that directories list as regular ones, by the rules of
// their directories: where those forbid links none is followed. It keeps the last few
// directories open, for a moment each, so that a name need not be followed from the
// directory for every file. It may be used by any number of goroutines at once. The zero
// value is ready.
type Lookout struct{ places }

// Look looks at a file in a directory. It may take a descriptor. now is the time.
func (l *Lookout) Look(d *Dir, name string, now time.Time) (Info, error) {
	slash := strings.LastIndexByte(name, '/')
	if d == nil || d.rule != NoLinks || slash <= 0 {
		return d.lookListed(name)
	}
	p, err := l.enter(d, name[:slash], now, d.openAt)
	if err != nil {
		return d.lookListed(name)
	}
	defer l.leave(p)
	var st unix.Stat_t
	err = ignoringEINTR(func() error {
		return unix.Fstatat(p.fd, name[slash+1:], &st, unix.AT_SYMLINK_NOFOLLOW)
	})
	switch {
	case err != nil:
		return Info{}, err
	case isLinkStat(&st):
		return Info{}, unix.ELOOP
	}
	return infoOf(&st), nil
}

// Close closes the directories. Nobody may use the lookout any more.
func (l *Lookout) Close() { l.forget() }
