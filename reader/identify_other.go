//go:build !unix

package reader

import (
	"path/filepath"
	"unique"
)

// identify goes by the path: there are no numbers. By the rule Beneath it tells nothing,
// since links would be followed to wherever they lead.
func (d *Dir) identify(name string, _ DirectoryID) (id DirectoryID, err error) {
	if d.isBeneath() {
		return id, nil
	}
	path, err := filepath.Abs(d.path(name))
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return id, unwrapPathError(err)
	}
	return DirectoryID{path: unique.Make(path)}, nil
}
