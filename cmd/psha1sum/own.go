package main

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/internal/atomicfile"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
	"github.com/psha1sum/psha1sum/tree"
)

// ownFiles are the files that the program writes to, which may be among those that
// it is to read.
type ownFiles struct {
	// streams are behind standard output and standard error. One that is named is
	// read as it is when its turn comes; below a directory it is passed over, with
	// a word.
	streams []reader.ID
	// targets are the files of --output and reports that are replaced. One that is
	// named is not read, and not replaced either, unless all that it holds is earlier
	// output: then it is passed over, with a word. Below a directory it is passed over.
	// Other names of it there stand for the old file, which they will be.
	targets []*atomicfile.File
	// target is those files, as they are and as they will be. They are never read.
	target []reader.ID
	// cache are the files of --cache. They are never read either, and that is said.
	cache []reader.ID
}

// ownFiles returns the files that the program writes to from now on.
func (p *program) ownFiles() *ownFiles {
	own := &ownFiles{}
	switch {
	case p.target == nil && !p.out.IsClosed():
		own.addStream(1)
	case p.target != nil && p.target.Path == "":
		own.addStream(int(p.target.File.Fd()))
	}
	if _, closed := p.diag.Stream(); !closed {
		own.addStream(2)
	}
	for _, t := range append([]*atomicfile.File{p.target}, p.reported...) {
		if t != nil && t.Path != "" {
			own.targets = append(own.targets, t)
			own.target = append(own.target, t.IDs...)
		}
	}
	return own
}

func (o *ownFiles) addStream(fd int) {
	if id, ok := reader.Identity(fd); ok {
		o.streams = append(o.streams, id)
	}
}

// addCache adds files of --cache, those that there are.
func (o *ownFiles) addCache(names []string) {
	for _, name := range names {
		if id := reader.Stat(name).ID; id != (reader.ID{}) {
			o.cache = append(o.cache, id)
		}
	}
}

// targetOf returns the target that a file is, or nil.
func (o *ownFiles) targetOf(id reader.ID) *atomicfile.File {
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

// errIsOutput is said of what is named to be read and is a target.
var errIsOutput = errors.New("input file is output file")

// refuse reports whether a file is a target. It is not replaced then.
func (o *ownFiles) refuse(id reader.ID) (isTarget bool) {
	t := o.targetOf(id)
	if t == nil {
		return false
	}
	t.Leave()
	return true
}

// An ownInput is in the place of standard input that is a target.
type ownInput struct{ id reader.ID }

func (ownInput) Read([]byte) (int, error) { return 0, pipeline.ErrExcluded }

// excludedID returns which file it is that was left out.
func excludedID(r *pipeline.Result) reader.ID {
	if in, ok := r.Reader.(ownInput); ok {
		return in.id
	}
	return r.Excluded
}

// An ownership tells what becomes of something in a tree that may be ours.
type ownership int

const (
	notOurs ownership = iota
	passedOver
	skippedWithWord
	ofCache
)

// A sight is what something in a tree was seen to be.
type sight struct {
	directory reader.ID // that it is in
	link      bool
}

// among tells whose something in a tree is. look returns its identity, and lookClosely
// more. To look at everything would take as long as the rest of the walk, so that is
// done only where the number that the directory has, or the name, says that it may be
// ours.
func (o *ownFiles) among(e *tree.Entry, look func() reader.ID, lookClosely func() sight) ownership {
	name := filepath.Base(e.Path)
	named := slices.ContainsFunc(o.targets, func(t *atomicfile.File) bool { return filepath.Base(t.Path) == name })
	maybe := func(id reader.ID) bool { return e.Inode == id.Inode || e.Inode == 0 }
	if !named && !slices.ContainsFunc(o.target, maybe) && !slices.ContainsFunc(o.streams, maybe) && !slices.ContainsFunc(o.cache, maybe) {
		return notOurs
	}
	id := look()
	if id == (reader.ID{}) {
		return notOurs
	}
	for _, t := range o.targets {
		// Another process may have replaced it.
		if slices.Contains(t.IDs, id) || named && t.Identity() == id {
			return ownershipOf(t, name, lookClosely())
		}
	}
	switch {
	case slices.Contains(o.target, id):
		return passedOver
	case slices.Contains(o.streams, id):
		return skippedWithWord
	case slices.Contains(o.cache, id):
		return ofCache
	}
	return notOurs
}

// ownershipOf tells whose an entry of a directory is that leads to the target as it is
// now.
func ownershipOf(t *atomicfile.File, name string, at sight) ownership {
	dir, base := filepath.Split(t.Path)
	here := at.directory == reader.Stat(cmp.Or(dir, ".")).ID
	switch {
	case here && name == base && !at.link && !t.Foreign:
		return passedOver
	case here && name == base:
		return skippedWithWord
	case at.link, t.IsInPlace(), here && strings.EqualFold(name, base):
		return skippedWithWord
	}
	return notOurs // another name, which the old file keeps
}
