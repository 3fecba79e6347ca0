package verify

import (
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/reader"
)

// An inventory is what manifests list, by directory, however that is spelled.
//
// Which directory a spelling leads to is looked up by the rule by which the file is
// opened, and when the first line with it is judged: its files have been read from
// there. That holds for the lines that follow, as long as the spelling is remembered.
type inventory struct {
	files   *fdlimit.Budget
	known   map[reader.DirectoryID]*Directory
	lately  map[string]*Directory // of those, by their spellings
	unknown map[string]*Directory // the others
	last    reader.DirectoryID    // that was known
}

// maxLately is how many spellings are remembered.
const maxLately = 1 << 12

// A Directory is what manifests list in one.
type Directory struct {
	names nameSet
	alike *[]likeName // of the names, if that was asked for
}

// Has reports whether a name is listed.
func (d *Directory) Has(name string) bool { return d.names.has(name) }

// A directoryEntry is a name in a directory. What it leads to is another matter: a file
// has as many entries as it has names.
type directoryEntry struct {
	in   *Directory
	name string
}

func newInventory(files *fdlimit.Budget) *inventory {
	return &inventory{
		files: files, known: map[reader.DirectoryID]*Directory{},
		lately: map[string]*Directory{}, unknown: map[string]*Directory{},
	}
}

// entry returns that of a listed file. directory leads from the base to where its name was
// looked up.
func (l *inventory) entry(at report.Location, directory string, missing bool) directoryEntry {
	dir, name := splitName(at.Path)
	spelling := dir
	if directory != "" && !strings.HasPrefix(dir, "/") {
		spelling, _ = splitName(directory + dir + "/")
	}
	in := l.lately[spelling]
	if in == nil {
		in = l.enter(at.In, dir, spelling, missing)
	}
	return directoryEntry{in, name}
}

// enter returns a directory that was not entered lately.
func (l *inventory) enter(base *reader.Dir, dir, spelling string, missing bool) *Directory {
	unknown := l.unknown[spelling]
	if unknown != nil && missing {
		return unknown
	}
	id := l.identify(base, dir)
	if !id.Known() {
		if unknown == nil {
			unknown = &Directory{}
			l.unknown[spelling] = unknown
		}
		return unknown
	}
	in := l.known[id]
	if in == nil {
		in = &Directory{}
		l.known[id] = in
	}
	if len(l.lately) == maxLately {
		clear(l.lately)
	}
	l.lately[spelling], l.last = in, id
	return in
}

func (l *inventory) identify(in *reader.Dir, dir string) (id reader.DirectoryID) {
	err := l.files.Retry(func() (err error) {
		id, err = in.Identify(dir, l.last)
		return err
	})
	if err == nil {
		l.files.Release()
	}
	return id
}

// find returns what is listed in a directory. Spellings count only where it isn't known
// which directory it is, or which the listed one was.
func (l *inventory) find(spelling string, id reader.DirectoryID) (in []*Directory) {
	if d := l.known[id]; d != nil && id.Known() {
		in = append(in, d)
	}
	if d := l.unknown[spelling]; d != nil {
		in = append(in, d)
	}
	return in
}

// splitName takes the last part of a name off, and spells what leads to it without "./"
// and doubled slashes.
func splitName(name string) (dir, last string) {
	slash := strings.LastIndexByte(name, '/')
	if slash < 0 {
		return ".", name
	}
	dir = strings.TrimRight(name[:slash], "/")
	if dir == "" {
		return "/", name[slash+1:]
	}
	return cleanName(dir), name[slash+1:]
}

// A nameSet is a set of names, which takes little memory beside theirs.
type nameSet struct {
	all    []string
	sorted bool // and no name twice
}

func (s *nameSet) add(names ...string) {
	if len(names) == 0 {
		return
	}
	if len(s.all)+len(names) > cap(s.all) {
		s.sort() // before it grows: the same lines may come again and again
		if 2*len(s.all) > cap(s.all) {
			s.all = slices.Grow(s.all, len(s.all)+len(names))
		}
	}
	s.all = append(s.all, names...)
	s.sorted = false
}

func (s *nameSet) sort() {
	if s.sorted {
		return
	}
	slices.Sort(s.all)
	s.all = slices.Compact(s.all)
	s.sorted = true
}

func (s *nameSet) has(name string) bool {
	s.sort()
	_, found := slices.BinarySearch(s.all, name)
	return found
}
