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

// A Dir is a directory in which files are looked up by name; nil is the working
// directory. A name that begins with a slash is looked up from the root, unless the
// directory's rule forbids it.
//
// A Dir holds a descriptor. It may be used by several goroutines at once.
type Dir struct {
	handle dirHandle
	rule   Rule
	disk   uint64    // the device, if it is a local disk: see LocalDisks
	near   *DirCache // recently used directories below it; nil: none are kept
}

// A Rule says what may be opened in a Dir.
type Rule uint8

const (
	// Anything that the system opens is opened.
	Anything Rule = iota
	// NoLinks follows no symbolic link in any part of a name: what a walk found below
	// a directory is still below it when it is opened.
	NoLinks
	// Beneath is for untrusted names: only regular files below the directory are
	// opened. Links are followed as long as they stay below it. Absolute names, names
	// with a part "..", what leads out of the directory and what is no regular file
	// are refused before anything is opened, so a FIFO or a device notices nothing.
	// Changing the directory meanwhile can't have another file opened. What is mounted
	// below the directory counts as below it.
	Beneath
)

// ErrNotRegular says that a file is not a regular one where only regular files may be
// read.
var ErrNotRegular = errors.New("not a regular file")

// Why the rule Beneath refuses a name, besides ErrNotRegular and the system's errors.
// None of them is fs.ErrNotExist: what is refused isn't missing.
var (
	ErrAbsolute = errors.New("refused: absolute name")
	ErrDotDot   = errors.New("refused: '..' in the name")
	ErrOutside  = errors.New("refused: leads out of the directory")
	ErrReplaced = errors.New("refused: replaced while it was opened")
)

// OpenDir opens the directory called name in another one, whose rule says which links
// are followed; rule is for what will be opened in the new one. The directory must be
// searchable, but need not be readable.
func OpenDir(in *Dir, name string, rule Rule) (*Dir, error) {
	h, err := in.openDir(name, rule)
	if err != nil {
		return nil, err
	}
	return &Dir{handle: h, rule: rule, disk: h.localDisk(), near: newNear(rule)}, nil
}

// By returns the same directory with another rule. It is closed with d.
func (d *Dir) By(rule Rule) *Dir {
	if d == nil {
		return nil
	}
	return &Dir{handle: d.handle, rule: rule, disk: d.disk}
}

// Close closes the directory, which must not be used any more.
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

// Open opens a file in the directory, as the function of that name does.
//
// A file with the info of FromDirent is checked: if it is no regular file any more, the
// error is ErrNotRegular. By the rule Beneath the error may also be ErrAbsolute,
// ErrDotDot, ErrOutside or ErrReplaced; for a directory it is what the system says about
// reading one.
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

// Stat looks at a file in the directory, as the function of that name does.
func (d *Dir) Stat(name string) Info {
	info, _ := d.Look(name)
	return info
}

// Look is Stat that also returns why a file can't be looked at. By the rule Beneath the
// error is the one that Open would return.
func (d *Dir) Look(name string) (Info, error) { return d.look(name) }

// Details are what a person wants to know about a file.
type Details struct {
	Type     Type
	Size     int64 // in bytes, of a regular file
	Modified time.Time
	// Mode is the permissions, with the bits of chmod(2) in front of them.
	Mode fs.FileMode
	// Owner is a user's number, or -1 where the system has none.
	Owner int
}

// Details looks at a file in the directory by its rule, without opening the file.
func (d *Dir) Details(name string) (Details, error) { return d.details(name) }

func (d *Dir) isBeneath() bool { return d != nil && d.rule == Beneath }

func (d *Dir) followsNoLinks() bool { return d != nil && d.rule == NoLinks }

// LooksByOpening reports whether Look needs a descriptor for a moment.
func (d *Dir) LooksByOpening() bool { return d.isBeneath() || d.followsNoLinks() }

// refusedName returns why the rule Beneath refuses a name, whatever is behind it.
func refusedName(name string) error {
	if name == "" {
		return nil // the system will say that it names nothing
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
