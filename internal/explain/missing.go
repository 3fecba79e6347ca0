package explain

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/psha1sum/psha1sum/internal/likeness"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/reader"
)

// A nameFinder finds out why a file could not be opened. It caches the directory that it
// listed last, since a directory with one missing file often has others.
type nameFinder struct {
	in        *reader.Dir
	directory string
	looked    bool
	entries   map[string]reader.Type
	alike     map[string]string // maps likenesses to names
	listed    int               // entries listed so far, in all directories
}

const (
	// maxListed is the maximum number of entries listed in a directory, and
	// maxListedInAll in all directories for a manifest.
	maxListed      = 20_000
	maxListedInAll = 200_000
	// maxDepth is the number of directories of a path that are looked at.
	maxDepth = 64
)

// find returns what is known about a file that could not be opened or read. The error
// says why it could not be looked up.
func (l *nameFinder) find(f *failedFile, quoted func(string) string) (d reader.Details, known bool, reasons []string, err error) {
	if f.at.Path == "" {
		return d, false, nil, nil
	}
	d, err = f.at.In.Details(f.at.Path)
	switch {
	case err == nil:
		return d, true, present(f, &d), nil
	case errors.Is(err, fs.ErrPermission):
		return d, false, forbidden(f.at, quoted), nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return d, false, l.absent(f.at, quoted), nil
	}
	return d, false, nil, err
}

// present returns the reasons for a file that exists.
func present(f *failedFile, d *reader.Details) []string {
	switch {
	case errors.Is(f.err, fs.ErrNotExist):
		return []string{"it is there now"}
	case d.Type != reader.RegularFile:
		return []string{"it is " + kindOf(d.Type)}
	case errors.Is(f.err, fs.ErrPermission):
		return []string{"its " + access(d)}
	}
	return nil
}

// access describes the permissions, the owner and the current user.
func access(d *reader.Details) string {
	text := fmt.Sprintf("permissions are %04o", uint32(d.Mode))
	if d.Owner >= 0 {
		text += fmt.Sprintf(" and its owner is user %d; this is user %d", d.Owner, os.Geteuid())
	}
	return text
}

// forbidden finds the directory without search permission.
func forbidden(at report.Location, quoted func(string) string) []string {
	for directory := range directoriesOf(at.Path) {
		if _, err := at.In.Details(directory + "/."); errors.Is(err, fs.ErrPermission) {
			if d, err := at.In.Details(directory); err == nil {
				return []string{"the directory " + quoted(directory) + " may not be searched: its " + access(&d)}
			}
			return nil
		}
	}
	return nil
}

// directoriesOf yields the directories of a path, outermost first.
func directoriesOf(path string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		depth := 0
		for i := 1; i < len(path) && depth < maxDepth; i++ {
			if path[i] == '/' && path[i-1] != '/' {
				depth++
				if !yield(path[:i]) {
					return
				}
			}
		}
	}
}

// absent returns which part of a path doesn't exist, and what exists instead.
func (l *nameFinder) absent(at report.Location, quoted func(string) string) []string {
	parent := ""
	for directory := range directoriesOf(at.Path) {
		d, err := at.In.Details(directory)
		if errors.Is(err, fs.ErrNotExist) {
			reasons := []string{"there is no directory " + quoted(directory)}
			return append(reasons, l.instead(at.In, parent, strings.Trim(directory[len(parent):], "/"), quoted)...)
		}
		if err != nil {
			return nil
		}
		if d.Type != reader.Directory {
			return []string{quoted(directory) + " is " + notDirectory(d.Type)}
		}
		parent = directory
	}
	name := strings.TrimLeft(at.Path[len(parent):], "/")
	if parent == "" && strings.HasPrefix(at.Path, "/") {
		parent = "/"
	}
	reasons := l.instead(at.In, parent, name, quoted)
	if reasons == nil && strings.Contains(name, `\`) {
		other := strings.ReplaceAll(at.Path, `\`, "/")
		if _, err := at.In.Details(other); err == nil {
			return []string{"there is " + quoted(other) + ": the name has backslashes for slashes"}
		}
	}
	return reasons
}

func notDirectory(t reader.Type) string {
	if t == reader.RegularFile {
		return "a file, not a directory"
	}
	return kindOf(t) + ", not a directory"
}

// instead looks for a similar name in a directory.
func (l *nameFinder) instead(in *reader.Dir, directory, name string, quoted func(string) string) []string {
	if !l.list(in, directory) {
		return nil
	}
	if t, ok := l.entries[name]; ok {
		if t == reader.Link {
			return []string{"it is a symbolic link to what isn't there"}
		}
		return nil
	}
	other, ok := l.alike[likeness.Of(name)]
	if !ok {
		return nil
	}
	return []string{"there is " + quoted(inDirectory(directory, other)) + ", whose name differs only in " + likeness.Difference(name, other)}
}

func inDirectory(directory, name string) string {
	switch {
	case directory == "":
		return name
	case strings.HasSuffix(directory, "/"):
		return directory + name
	}
	return directory + "/" + name
}

// list lists a directory, unless it is the cached one or a limit is exceeded.
func (l *nameFinder) list(in *reader.Dir, directory string) bool {
	if l.looked && l.in == in && l.directory == directory {
		return l.entries != nil
	}
	l.looked, l.in, l.directory, l.entries, l.alike = true, in, directory, nil, nil
	most := min(maxListed, maxListedInAll-l.listed)
	if most <= 0 {
		return false
	}
	entries, _, err := in.List(directory, reader.Listing{Most: most})
	if err == reader.ErrTooMany {
		l.listed += most
	}
	if err != nil {
		return false
	}
	l.listed += len(entries)
	l.entries, l.alike = map[string]reader.Type{}, map[string]string{}
	for _, entry := range entries {
		l.entries[entry.Name] = entry.Type
		like := likeness.Of(entry.Name)
		if first, ok := l.alike[like]; !ok || entry.Name < first {
			l.alike[like] = entry.Name
		}
	}
	return true
}
