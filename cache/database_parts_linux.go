//go:build amd64 || arm64

package cache

import (
	"errors"

	"github.com/ncruces/go-sqlite3"
)

// part returns the part of a file.
func (db *database) part(k key) (p part, ok bool, err error) {
	err = guarded(func() (err error) {
		s := db.selectPart
		if err := bindPart(s, k); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Reset()) }()
		if !s.Step() {
			return s.Err()
		}
		if p, ok = partOf(s.ColumnBlob(0, nil), k); !ok {
			return ErrDamaged
		}
		return nil
	})
	return p, ok, err
}

// storeParts commits parts.
func (db *database) storeParts(parts map[key]part) error {
	return db.transact(func() error {
		for k, p := range parts {
			if err := bindPart(db.insertPart, k); err != nil {
				return err
			}
			if err := db.insertPart.BindBlob(5, p.row(k)); err != nil {
				return err
			}
			if err := db.insertPart.Exec(); err != nil {
				return err
			}
		}
		return nil
	})
}

// deleteParts deletes the parts with these keys. Usually there are no parts at all.
func (db *database) deleteParts(keys []key) error {
	if some, err := db.hasParts(); err != nil || !some {
		return err
	}
	for _, k := range keys {
		if err := bindPart(db.deletePart, k); err != nil {
			return err
		}
		if err := db.deletePart.Exec(); err != nil {
			return err
		}
	}
	return nil
}

func (db *database) hasParts() (some bool, err error) {
	some = db.anyPart.Step()
	return some, errors.Join(db.anyPart.Err(), db.anyPart.Reset())
}

// bindPart binds the parameters of a statement: the key of a file.
func bindPart(s *sqlite3.Stmt, k key) error { return bindPlace(s, k.kind, k.device, k.system, k.inode) }
