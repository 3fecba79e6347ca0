// Package outputs identifies the files that the program writes to, which may also be
// among its inputs, and decides what to do with them.
//
// It compares identities of files. It reads no files and prints nothing.
package outputs

import (
	"cmp"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/internal/atomicfile"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
	"github.com/psha1sum/psha1sum/tree"
)

// Files are the files that the program writes to, which may also be among its inputs.
type Files struct {
	// Streams are the files behind standard output and standard error. If named as an
	// input, such a file is read as it is at that time; below a directory it is skipped
	// with a message.
	Streams []reader.ID
	// targets are the files of --output and reports that are replaced. If named as an
	// input, such a file is skipped with a message if it contains only earlier output;
	// otherwise it is neither read nor replaced. Below a directory it is skipped. Other
	// links to it there are read, since they keep the old file.
	targets []*atomicfile.File
	// Replaced are these files, before and after the replacement. They are never read.
	Replaced []reader.ID
	// Cache are the files of --cache. They are never read; skipping one is reported.
	Cache []reader.ID
}

// New returns the program's output files: streams are open descriptors, targets are files
// to be replaced.
func New(streams []int, targets []*atomicfile.File) *Files {
	files := &Files{}
	for _, fd := range streams {
		files.addStream(fd)
	}
	for _, t := range targets {
		if t != nil && t.Path != "" {
			files.targets = append(files.targets, t)
			files.Replaced = append(files.Replaced, t.IDs...)
		}
	}
	return files
}

// Skip adds a file that must not be read.
func (o *Files) Skip(id reader.ID) { o.Replaced = append(o.Replaced, id) }

// Clone returns a copy to which more files can be added with Skip.
func (o *Files) Clone() *Files {
	files := *o
	files.Replaced = slices.Clone(o.Replaced)
	return &files
}

func (o *Files) addStream(fd int) {
	if id, ok := reader.Identity(fd); ok {
		o.Streams = append(o.Streams, id)
	}
}

// AddCache adds those files of --cache that exist.
func (o *Files) AddCache(names []string) {
	for _, name := range names {
		if id := reader.Stat(name).ID; id != (reader.ID{}) {
			o.Cache = append(o.Cache, id)
		}
	}
}

// Target returns the target with this identity, or nil.
func (o *Files) Target(id reader.ID) *atomicfile.File {
	if o == nil || id == (reader.ID{}) {
		return nil
	}
	for _, t := range o.targets {
		if slices.Contains(t.IDs, id) {
			return t
		}
	}
	return nil
}

// ErrIsOutput is the error for an input that is a target.
var ErrIsOutput = errors.New("input file is output file")

// Refuse reports whether a file is a target. If so, it will not be replaced.
func (o *Files) Refuse(id reader.ID) (isTarget bool) {
	t := o.Target(id)
	if t == nil {
		return false
	}
	t.Leave()
	return true
}

// A targetInput replaces standard input that is a target.
type targetInput struct{ id reader.ID }

// Input returns the replacement for standard input, or nil if that isn't a target.
func (o *Files) Input() io.Reader {
	if id, ok := reader.Identity(0); ok && o.Target(id) != nil {
		return targetInput{id}
	}
	return nil
}

// RefuseInput reports whether standard input is a target. If so, it will not be replaced.
func (o *Files) RefuseInput() bool {
	id, ok := reader.Identity(0)
	return ok && o.Refuse(id)
}

// IsTargetInput reports whether in replaces standard input that is a target.
func IsTargetInput(in io.Reader) bool {
	_, ours := in.(targetInput)
	return ours
}

func (targetInput) Read([]byte) (int, error) { return 0, pipeline.ErrExcluded }

// Excluded returns the identity of the file that was excluded.
func Excluded(r *pipeline.Result) reader.ID {
	if in, ok := r.Reader.(targetInput); ok {
		return in.id
	}
	return r.Excluded
}

// A Kind says how to treat an entry of a tree that may be one of our own files.
type Kind int

const (
	NotOurs Kind = iota
	PassedOver
	Skipped
	OfCache
)

// A Sight is the result of examining an entry of a tree.
type Sight struct {
	Directory reader.ID // the directory that contains the entry
	Link      bool
}

// Classify reports whether a tree entry is one of our own files. look returns its
// identity, and lookClosely more. Examining every entry would double the time of the
// walk, so look is called only if the inode number in the directory or the base name
// matches.
func (o *Files) Classify(e *tree.Entry, look func() reader.ID, lookClosely func() Sight) Kind {
	name := filepath.Base(e.Path)
	named := slices.ContainsFunc(o.targets, func(t *atomicfile.File) bool { return filepath.Base(t.Path) == name })
	maybe := func(id reader.ID) bool { return e.Inode == id.Inode || e.Inode == 0 }
	if !named && !slices.ContainsFunc(o.Replaced, maybe) && !slices.ContainsFunc(o.Streams, maybe) && !slices.ContainsFunc(o.Cache, maybe) {
		return NotOurs
	}
	id := look()
	if id == (reader.ID{}) {
		return NotOurs
	}
	for _, t := range o.targets {
		// Another process may have replaced the target.
		if slices.Contains(t.IDs, id) || named && t.Identity() == id {
			return kindOfTarget(t, name, lookClosely())
		}
	}
	switch {
	case slices.Contains(o.Replaced, id):
		return PassedOver
	case slices.Contains(o.Streams, id):
		return Skipped
	case slices.Contains(o.Cache, id):
		return OfCache
	}
	return NotOurs
}

// kindOfTarget classifies a directory entry that leads to the current target.
func kindOfTarget(t *atomicfile.File, name string, at Sight) Kind {
	dir, base := filepath.Split(t.Path)
	here := at.Directory == reader.Stat(cmp.Or(dir, ".")).ID
	switch {
	case here && name == base && !at.Link && !t.Foreign:
		return PassedOver
	case here && name == base:
		return Skipped
	case at.Link, t.IsInPlace(), here && strings.EqualFold(name, base):
		return Skipped
	}
	return NotOurs // another link, which keeps the old file
}
