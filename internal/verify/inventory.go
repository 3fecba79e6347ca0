package verify

import (
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/reader"
)

// An inventory records the names that manifests list, by directory, however the directory
// is spelled.
//
// A spelling's directory is looked up when the first line with it is judged, by the same
// rule by which the file is opened, so it is the directory that the file was read from.
// The result is used for later lines as long as the spelling is cached.
type inventory struct {
	files   *fdlimit.Budget
	known   map[reader.DirectoryID]*Directory
	lately  map[string]*Directory // values of known, by spelling; a cache
	unknown map[string]*Directory // directories that could not be identified, by spelling
	last    reader.DirectoryID    // the most recent key of known
}

// maxLately is the maximum number of cached spellings.
const maxLately = 1 << 12

// A Directory holds the names listed in a directory.
type Directory struct {
	names nameSet
	alike *[]likeName // the likenesses of names; nil until needed
}

// Has reports whether a name is listed.
func (d *Directory) Has(name string) bool { return d.names.has(name) }

// A directoryEntry is a name in a directory. Several entries may lead to the same file.
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

// entry returns the entry of a listed file. directory is the path from the base to the
// directory in which its name was looked up.
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

// enter returns a directory whose spelling is not cached.
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

// find returns what is listed in a directory. It uses the spelling for listed directories
// that could not be identified.
func (l *inventory) find(spelling string, id reader.DirectoryID) (in []*Directory) {
	if d := l.known[id]; d != nil && id.Known() {
		in = append(in, d)
	}
	if d := l.unknown[spelling]; d != nil {
		in = append(in, d)
	}
	return in
}

// splitName splits name into its directory, without "./" and repeated slashes, and its
// last element.
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

// A nameSet is a compact set of names.
type nameSet struct {
	all    []string
	sorted bool // and without duplicates
}

func (s *nameSet) add(names ...string) {
	if len(names) == 0 {
		return
	}
	if len(s.all)+len(names) > cap(s.all) {
		s.sort() // compact before growing: lines may be repeated many times
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
