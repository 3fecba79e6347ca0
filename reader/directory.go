package reader

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/psha1sum/psha1sum/internal/fdlimit"
)

// A Dir is a directory in which files are looked up by name; nil stands for
// the working directory. A name that begins with a slash is looked up from the
// root, as ever, unless the directory's rule forbids it.
//
// A Dir holds a descriptor and may be used by any number of goroutines at once.
type Dir struct {
	handle dirHandle
	rule   Rule
	disk   uint64    // the device, if it is a local disk: see LocalDisks
	near   *DirCache // directories below it that were lately used; nil: none are kept
}

// A Rule says what may be opened in a Dir.
type Rule uint8

const (
	// Anything is opened that the system opens.
	Anything Rule = iota
	// NoLinks follows no symbolic link, wherever in a name it stands: what a walk
	// found below a directory is below it still when it is opened.
	NoLinks
	// Beneath is for names that aren't trusted: only a regular file below the
	// directory is opened. Links are followed as long as they stay below it. Absolute
	// names and those with a part ".." are refused, and so is whatever leads out of
	// the directory or is no regular file, before it is opened: a FIFO or a device
	// notices nothing. Nobody who changes what is in the directory meanwhile can have
	// another file opened. What is mounted below the directory counts as below it.
	Beneath
)

// ErrNotRegular says that a file is not a regular one, where only such a file may
// be read.
var ErrNotRegular = errors.New("not a regular file")

// Why a directory whose rule is Beneath doesn't open something, beside
// ErrNotRegular and the system's own reasons. None of them is fs.ErrNotExist:
// what is refused isn't missing.
var (
	ErrAbsolute = errors.New("refused: absolute name")
	ErrDotDot   = errors.New("refused: '..' in the name")
	ErrOutside  = errors.New("refused: leads out of the directory")
	ErrReplaced = errors.New("refused: replaced while it was opened")
)

// OpenDir opens the directory that is called name in a directory. Links are
// followed by the rules of that directory; rule is for what will be opened in the new
// one. It may be searched, and need not be listable.
func OpenDir(in *Dir, name string, rule Rule) (*Dir, error) {
	h, err := in.openDir(name, rule)
	if err != nil {
		return nil, err
	}
	return &Dir{handle: h, rule: rule, disk: h.localDisk(), near: newNear(rule)}, nil
}

// By is the same directory with another rule. It is closed with d.
func (d *Dir) By(rule Rule) *Dir {
	if d == nil {
		return nil
	}
	return &Dir{handle: d.handle, rule: rule, disk: d.disk}
}

// Close gives the descriptor back. Nobody may use the directory any more.
func (d *Dir) Close() error {
	if d.near != nil {
		d.near.forget()
	}
	return d.handle.closeDirectory()
}

// Room returns an error that is OutOfDescriptors if there are too few of them now
// to open a file in the directory.
func (d *Dir) Room() error {
	if d.isBeneath() || d.near != nil {
		return fdlimit.Room(2) // what is looked at or the file's directory, and the file
	}
	return fdlimit.Room(1)
}

// Open opens a file in the directory: see the function of that name.
//
// A file that a directory listed is checked: if it is no regular file any more,
// the error is ErrNotRegular. What the rule Beneath refuses is ErrNotRegular or
// one of its companions; of a directory it is what the system says of reading it.
func (d *Dir) Open(name string, info Info) (File, error) {
	f := File{size: info.Size, exact: info.Exact, device: info.ID.Device, unverified: info.Kind != Sequential && !info.mayBlock}
	f.nonblocking = f.unverified || d.isBeneath()
	var err error
	if info.Kind == Unknown {
		f.handle, err = d.openUnknown(name)
	} else {
		f.handle, err = d.open(name, f.unverified)
	}
	if err != nil {
		return f, err
	}
	if info.unstatted || d.isBeneath() {
		if err := f.verifyRegular(); err != nil {
			f.handle.close()
			return f, err
		}
	}
	f.advise()
	return f, nil
}

// Stat looks at a file in the directory: see the function of that name.
func (d *Dir) Stat(name string) Info {
	info, _ := d.Look(name)
	return info
}

// Look is Stat that also returns why a file can't be looked at. By the rule
// Beneath that is what Open would say of the file.
func (d *Dir) Look(name string) (Info, error) { return d.look(name) }

// Details are what a person wants to know of a file. Nothing is opened to learn
// them.
type Details struct {
	Type     Type
	Size     int64 // in bytes, of a regular file
	Modified time.Time
	// Mode is the permissions, with the bits of chmod(2) in front of them.
	Mode fs.FileMode
	// Owner is a user's number, or -1 where the system has none.
	Owner int
}

// Details looks at a file in the directory, by the directory's rule.
func (d *Dir) Details(name string) (Details, error) { return d.details(name) }

func (d *Dir) isBeneath() bool { return d != nil && d.rule == Beneath }

func (d *Dir) followsNoLinks() bool { return d != nil && d.rule == NoLinks }

// LooksByOpening reports whether Look needs a descriptor for a moment.
func (d *Dir) LooksByOpening() bool { return d.isBeneath() || d.followsNoLinks() }

// refusedName returns what is wrong with a name, whatever is behind it.
func refusedName(name string) error {
	if name == "" {
		return nil // it names nothing, as the system will say
	}
	if os.IsPathSeparator(name[0]) || filepath.IsAbs(name) || filepath.VolumeName(name) != "" {
		return ErrAbsolute
	}
	for part := range strings.FieldsFuncSeq(name, isSeparator) {
		if part == ".." {
			return ErrDotDot
		}
	}
	return nil
}

func isSeparator(r rune) bool { return r < utf8.RuneSelf && os.IsPathSeparator(uint8(r)) }
