package main

import (
	"path/filepath"
	"slices"

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
	// target is the file of --output, as it is and as it will be, and those of
	// reports. They are never read.
	target []reader.ID
	// cache are the files of --cache. They are never read either, and that is said.
	cache []reader.ID
	// now returns what the file of --output is by now, which another process may
	// have replaced. base is the last part of its name; "" if there is no such file.
	now  func() reader.ID
	base string
}

// ownFiles returns the files that the program writes to from now on.
func (p *program) ownFiles() *ownFiles {
	own := &ownFiles{}
	switch {
	case p.target == nil && !p.out.closed:
		own.addStream(1)
	case p.target != nil && p.target.path != "":
		own.target = p.target.identities()
		own.now, own.base = p.target.identity, filepath.Base(p.target.path)
	case p.target != nil:
		own.addStream(int(p.target.file.Fd()))
	}
	if !p.diag.closed {
		own.addStream(2)
	}
	own.target = append(own.target, p.kept...)
	return own
}

func (o *ownFiles) addStream(fd int) {
	if id, ok := reader.Identity(fd); ok {
		o.streams = append(o.streams, id)
	}
}

// An ownership tells which of our own files something is.
type ownership int

const (
	notOurs ownership = iota
	ofOutput
	ofStream
	ofCache
)

// among tells whose something in a tree is. look returns its identity. To look at
// everything would take as long as the rest of the walk, so that is done only where
// the number that the directory has, or the name, says that it may be ours.
func (o *ownFiles) among(e *tree.Entry, look func() reader.ID) ownership {
	named := o.base != "" && filepath.Base(e.Path) == o.base
	maybe := func(id reader.ID) bool { return e.Inode == id.Inode || e.Inode == 0 }
	if !named && !slices.ContainsFunc(o.target, maybe) && !slices.ContainsFunc(o.streams, maybe) && !slices.ContainsFunc(o.cache, maybe) {
		return notOurs
	}
	id := look()
	switch {
	case id == reader.ID{}:
		return notOurs
	case slices.Contains(o.target, id), named && o.now() == id:
		return ofOutput
	case slices.Contains(o.streams, id):
		return ofStream
	case slices.Contains(o.cache, id):
		return ofCache
	}
	return notOurs
}
