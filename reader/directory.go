package reader

import (
	"errors"

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
	disk   uint64  // the device, if it is a local disk: see LocalDisks
	near   *places // directories below it that were lately used; nil: none are kept
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

// OpenDir opens the directory that is called name in a directory. Links are
// followed by the rules of that directory; rule is for what will be opened in the new
// one. It may be searched, and need not be listable.
func OpenDir(in *Dir, name string, rule Rule) (*Dir, error) {
	h, err := in.openDir(name, rule)
	if err != nil {
		return nil, err
	}
	return &Dir{handle: h, rule: rule, disk: h.localDisk(), near: placesFor(rule)}, nil
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
	f := File{size: info.Size, exact: info.Exact, device: info.ID.Device, unproven: info.Kind != Sequential && !info.waits}
	f.nonblocking = f.unproven || d.isBeneath()
	var err error
	if info.Kind == Unknown {
		f.handle, err = d.openUnseen(name)
	} else {
		f.handle, err = d.open(name, f.unproven)
	}
	if err != nil {
		return f, err
	}
	if info.listed || d.isBeneath() {
		if err := f.prove(); err != nil {
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

// advise tells the system what will become of the file.
func (f *File) advise() {
	if f.size >= adviseFrom {
		f.handle.adviseSequential()
	}
}

// adviseFrom is how large a file is of which the system is told that it will be
// read from beginning to end: reading further ahead pays for the call.
const adviseFrom = 1 << 20

// Listed is what is known of a file that a directory lists as a regular one.
func Listed() Info { return Info{Kind: Plain, listed: true} }

// Unseen reports whether the info is that of Listed.
func (i Info) Unseen() bool { return i.listed }

// ForRing reports whether a file is one for Ring.Begin: there is room for more
// than its size, as far as that is known. A ring doesn't know the rule Beneath.
func (d *Dir) ForRing(info Info, room int) bool {
	return !d.isBeneath() && info.Kind == Plain && !info.waits && (info.listed || info.Size > 0 && info.Size < int64(room))
}
