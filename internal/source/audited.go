package source

import (
	"context"
	"io"
	"path/filepath"

	"github.com/psha1sum/psha1sum/internal/verify"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// An auditSource adds the files below a directory that no manifest lists. They are read
// only if they may be missing files.
type auditSource struct {
	audit     *verify.Audit
	manifests *Manifests
	tree      *treeSource
	walking   bool
}

// NewAudited returns the source of the files that manifests list, followed by the other
// files below dir. dir is looked up in the same directory as the listed files.
func NewAudited(a *verify.Audit, manifests *Manifests, dir string, o TreeOptions) pipeline.Source {
	// Manifests need not list themselves.
	ours := manifests.Outputs.Clone()
	manifests.opened = ours.Skip
	// "-" is a directory, too. The command line is trusted even if manifests are not.
	item := pipeline.Item{Name: dir, In: manifests.Base.By(reader.Anything)}
	tree := NewTrees(pipeline.Items(item), o, ours)
	tree.directories = true
	tree.opt.Identify = true
	return &auditSource{audit: a, manifests: manifests, tree: tree}
}

// Next implements pipeline.Source.
func (m *auditSource) Next(ctx context.Context, run pipeline.RunControl) (pipeline.Item, error) {
	if !m.walking {
		item, err := m.manifests.Next(ctx, run)
		if data, ok := item.Data.(*verify.Listed); ok && item.Reader == nil {
			data.Dir = m.manifests.place()
		}
		if err != io.EOF {
			return item, err
		}
		m.walking = true
		if !run.AwaitWritten() { // then the missing files are known
			return pipeline.Item{}, context.Canceled
		}
	}
	for {
		item, err := m.tree.Next(ctx, run)
		if err != nil {
			return item, err
		}
		if item.Marker {
			if note := verify.RemarkOf(&item); note != nil && !note.Failed && m.isListed(note.About, run) {
				continue // listed and read, although it is no regular file
			}
			return item, nil
		}
		if m.isListed(item.Name, run) {
			continue
		}
		verify.Attach(&item, verify.Unlisted{})
		item.Algorithms = m.audit.Digests()
		item.Marker = len(item.Algorithms) == 0
		return item, nil
	}
}

// Arrived is false during the walk, since the next unlisted file may be far away.
func (m *auditSource) Arrived() bool { return !m.walking && m.manifests.Arrived() }

// isListed reports whether a manifest lists the walker's last entry.
func (m *auditSource) isListed(path string, run pipeline.RunControl) bool {
	dirs, name := m.audit.In(path, m.tree.in)
	for _, in := range dirs {
		if in.Has(name) || m.tree.folds(in, path[m.tree.below:], run) {
			return true
		}
	}
	return false
}

// folds reports whether a name listed in the directory is another spelling of the
// walker's last entry, at path.
func (m *treeSource) folds(in *verify.Directory, path string, run pipeline.RunControl) bool {
	dir, name := filepath.Split(path)
	var id reader.ID
	for _, listed := range in.Like(name) {
		if id == (reader.ID{}) {
			if id = m.identity(path, run); id.Inode == 0 {
				return false
			}
		}
		if m.identity(dir+listed, run) == id && !m.walker.Lists(listed) {
			return true
		}
	}
	return false
}
