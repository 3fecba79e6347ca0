package source

import (
	"cmp"
	"context"
	"io"
	"path/filepath"

	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/glob"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/outputs"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/internal/verify"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
	"github.com/psha1sum/psha1sum/tree"
)

// A treeSource replaces a directory by the files below it, in the order of their paths.
type treeSource struct {
	from    pipeline.Source
	rule    reader.Rule
	opt     tree.Options
	outputs *outputs.Files // skipped
	// directories means that all names from from are directories.
	directories bool

	// The current walk.
	walker *tree.Walker
	root   *reader.Dir
	below  int                // length of the prefix of paths that leads to root
	in     reader.DirectoryID // with opt.Identify: the directory of the last item
}

// TreeOptions select how to walk trees.
type TreeOptions struct {
	Follow, OneFileSystem bool
	Globs                 *glob.Filter // nil: none
}

// NewTrees returns the source of the files that from names, with directories replaced by
// the files below them. ours are the program's own files.
func NewTrees(from pipeline.Source, o TreeOptions, ours *outputs.Files) *treeSource {
	m := &treeSource{from: from, rule: reader.NoLinks, outputs: ours}
	m.opt.Follow, m.opt.OneFileSystem = o.Follow, o.OneFileSystem
	if o.Follow {
		m.rule = reader.Anything
	}
	if o.Globs != nil {
		m.opt.Skip = skipBy(o.Globs)
	}
	return m
}

func skipBy(globs *glob.Filter) func(path string, dir bool) bool {
	return func(path string, dir bool) bool { return !globs.Includes(path, dir) }
}

// Next implements pipeline.Source.
func (m *treeSource) Next(ctx context.Context, run pipeline.RunControl) (pipeline.Item, error) {
	for {
		if m.walker == nil {
			item, err := m.from.Next(ctx, run)
			if err != nil || item.Marker || item.Reader != nil || !m.directories && !m.isDirectory(item, run) {
				return item, err
			}
			if err := m.enter(item, run); err != nil {
				return verify.Remark(report.Remark{About: item.Name, Text: gnu.Strerror(err), Failed: true}), nil
			}
		}
		e, err := m.walker.Next()
		if err == io.EOF {
			return m.leave(), nil
		}
		m.in = e.In
		if item, ok := m.item(&e, run); ok {
			return item, nil
		}
	}
}

// Arrived reports whether the next file is known. After the end of a tree the next
// operand must be examined first.
func (m *treeSource) Arrived() bool {
	if m.walker == nil {
		return false
	}
	next, ok := m.walker.Upcoming()
	return ok && next != reader.Link
}

// isDirectory reports whether an operand is a directory. It waits for earlier items,
// because the operand may have been created while they were read.
func (m *treeSource) isDirectory(item pipeline.Item, run pipeline.RunControl) bool {
	run.AwaitOpenable()
	return item.In.Stat(item.Name).Directory
}

// enter starts walking a directory.
func (m *treeSource) enter(item pipeline.Item, run pipeline.RunControl) error {
	root, err := openBase(run, item.In, item.Name, m.rule)
	if err != nil {
		return err
	}
	m.root = root
	m.opt.Opening, m.opt.Closed = run.Descriptors.Acquire, run.Descriptors.Release
	m.opt.Another = func() bool { return run.Threads.Take(1) }
	m.opt.Ended = func() { run.Threads.Give(1) }
	m.opt.Retry = func(err error) bool { return fdlimit.Exhausted(err) && run.AwaitWritten() }
	m.walker = tree.New(item.Name, m.root, m.opt)
	m.below = len(m.walker.Prefix())
	return nil
}

// leave ends the walk. The directory is closed when its last file has been processed.
func (m *treeSource) leave() pipeline.Item {
	m.walker.Close()
	m.walker = nil
	root := m.root
	return verify.Marker(verify.Callback(func() { root.Close() }))
}

// item returns the item for an entry of the tree, if it needs one.
func (m *treeSource) item(e *tree.Entry, run pipeline.RunControl) (item pipeline.Item, ok bool) {
	switch {
	case e.Err == tree.ErrLoop:
		return verify.Remark(report.Remark{About: e.Path, Text: "recursive directory loop, skipped"}), true
	case e.Err != nil:
		return verify.Remark(report.Remark{About: e.Path, Text: gnu.Strerror(e.Err), Failed: true}), true
	}
	switch e.Type {
	case reader.RegularFile, reader.Dangling:
		path := e.Path[m.below:]
		look := func() reader.ID { return m.identity(path, run) }
		switch m.outputs.Classify(e, look, func() outputs.Sight { return m.sight(path, run) }) {
		case outputs.PassedOver:
			return pipeline.Item{}, false
		case outputs.Skipped:
			return verify.Remark(report.Remark{About: e.Path, Text: "output file skipped"}), true
		case outputs.OfCache:
			return verify.Remark(report.Remark{About: e.Path, Text: "cache file skipped"}), true
		}
		return pipeline.Item{Name: e.Path, In: m.root, Below: m.below, Listed: true, Device: e.Device}, true
	case reader.FIFO:
		return verify.Remark(report.Remark{About: e.Path, Text: "FIFO skipped"}), true
	case reader.Socket:
		return verify.Remark(report.Remark{About: e.Path, Text: "socket skipped"}), true
	case reader.CharacterDevice, reader.BlockDevice:
		return verify.Remark(report.Remark{About: e.Path, Text: "device skipped"}), true
	}
	return pipeline.Item{}, false // a symbolic link
}

// identity returns the current identity of an entry, waiting for a descriptor if
// necessary.
func (m *treeSource) identity(path string, run pipeline.RunControl) reader.ID {
	var info reader.Info
	err := run.Descriptors.Retry(func() (err error) {
		info, err = m.root.Look(path)
		return err
	})
	if err == nil {
		run.Descriptors.Release()
	}
	return info.ID
}

// sight examines an entry and its directory.
func (m *treeSource) sight(path string, run pipeline.RunControl) (at outputs.Sight) {
	dir, name := filepath.Split(path)
	var in *reader.Dir
	err := run.Descriptors.Retry(func() (err error) {
		in, err = reader.OpenDir(m.root, cmp.Or(dir, "."), reader.NoLinks)
		return err
	})
	if err != nil {
		return at
	}
	defer run.Descriptors.Release()
	defer in.Close()
	at.Directory = in.Stat(".").ID
	at.Link = in.Stat(name).ID == (reader.ID{}) // the rule doesn't follow links
	return at
}
