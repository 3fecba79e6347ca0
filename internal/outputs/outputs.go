// Package outputs has the files that the program writes to, which may be among those that
// it is to read: it tells whether something is one of them, and what becomes of it then.
//
// It knows identities of files. It reads none of them, and says nothing.
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

// Files are the files that the program writes to, which may be among those that
// it is to read.
type Files struct {
	// Streams are behind standard output and standard error. One that is named is
	// read as it is when its turn comes; below a directory it is passed over, with
	// a word.
	Streams []reader.ID
	// targets are the files of --output and reports that are replaced. One that is
	// named is not read, and not replaced either, unless all that it holds is earlier
	// output: then it is passed over, with a word. Below a directory it is passed over.
	// Other names of it there stand for the old file, which they will be.
	targets []*atomicfile.File
	// Replaced is those files, as they are and as they will be. They are never read.
	Replaced []reader.ID
	// Cache are the files of --cache. They are never read either, and that is said.
	Cache []reader.ID
}

// New returns the files that the program writes to from now on: what is behind
// descriptors, and what is replaced.
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

// Skip has another file not be read.
func (o *Files) Skip(id reader.ID) { o.Replaced = append(o.Replaced, id) }

// Clone returns a copy, for some more to be skipped.
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

// AddCache adds files of --cache, those that there are.
func (o *Files) AddCache(names []string) {
	for _, name := range names {
		if id := reader.Stat(name).ID; id != (reader.ID{}) {
			o.Cache = append(o.Cache, id)
		}
	}
}

// Target returns the target that a file is, or nil.
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

// ErrIsOutput is said of what is named to be read and is a target.
var ErrIsOutput = errors.New("input file is output file")

// Refuse reports whether a file is a target. It is not replaced then.
func (o *Files) Refuse(id reader.ID) (isTarget bool) {
	t := o.Target(id)
	if t == nil {
		return false
	}
	t.Leave()
	return true
}

// A targetInput is in the place of standard input that is a target.
type targetInput struct{ id reader.ID }

// Input returns what is in the place of standard input, or nil if that isn't a target.
func (o *Files) Input() io.Reader {
	if id, ok := reader.Identity(0); ok && o.Target(id) != nil {
		return targetInput{id}
	}
	return nil
}

// RefuseInput reports whether standard input is a target, which is not replaced then.
func (o *Files) RefuseInput() bool {
	id, ok := reader.Identity(0)
	return ok && o.Refuse(id)
}

// IsTargetInput reports whether a reader is in the place of standard input that is a
// target.
func IsTargetInput(in io.Reader) bool {
	_, ours := in.(targetInput)
	return ours
}

func (targetInput) Read([]byte) (int, error) { return 0, pipeline.ErrExcluded }

// Excluded returns which file it is that was left out.
func Excluded(r *pipeline.Result) reader.ID {
	if in, ok := r.Reader.(targetInput); ok {
		return in.id
	}
	return r.Excluded
}

// A Kind tells what becomes of something in a tree that may be ours.
type Kind int

const (
	NotOurs Kind = iota
	PassedOver
	Skipped
	OfCache
)

// A Sight is what something in a tree was seen to be.
type Sight struct {
	Directory reader.ID // that it is in
	Link      bool
}

// Classify tells whose something in a tree is. look returns its identity, and lookClosely
// more. To look at everything would take as long as the rest of the walk, so that is
// done only where the number that the directory has, or the name, says that it may be
// ours.
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
		// Another process may have replaced it.
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

// kindOfTarget tells whose an entry of a directory is that leads to the target as it is
// now.
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
	return NotOurs // another name, which the old file keeps
}
