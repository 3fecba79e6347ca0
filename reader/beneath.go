package reader

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Why a directory whose rule is Beneath doesn't open something, beside
// ErrNotRegular and the system's own reasons. None of them is fs.ErrNotExist:
// what is refused isn't missing.
var (
	ErrAbsolute = errors.New("refused: absolute name")
	ErrDotDot   = errors.New("refused: '..' in the name")
	ErrOutside  = errors.New("refused: leads out of the directory")
	ErrReplaced = errors.New("refused: replaced while it was opened")
)

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
