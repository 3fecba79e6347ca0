package verify

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/psha1sum/psha1sum/internal/likeness"
)

// Some directories fold names: upper and lower case are the same to them, or a letter
// and its decomposition. No system call says what a directory folds, and that two names
// lead to one file proves nothing: they may be two links to it. So a listed name is
// another spelling of a name that a directory has if it looks alike, leads to the same
// file, and is not in the directory itself. In doubt it is none.

// A likeName is one of a directory's listed names, by its likeness.
type likeName struct {
	like uint64
	at   int // in the names
}

var likeSeed = sync.OnceValue(maphash.MakeSeed)

func likenessOf(name string) uint64 { return maphash.String(likeSeed(), likeness.Of(name)) }

// maxAlike is how many listed names are compared with one that a directory has.
const maxAlike = 16

// Like returns listed names that may be the same as another one to a directory that
// folds names.
func (d *Directory) Like(name string) (names []string) {
	if d.alike == nil {
		alike := make([]likeName, 0, len(d.names.all))
		for at, listed := range d.names.all {
			alike = append(alike, likeName{likenessOf(listed), at})
		}
		slices.SortFunc(alike, func(a, b likeName) int { return cmp.Compare(a.like, b.like) })
		d.alike = &alike
	}
	alike, like := *d.alike, likenessOf(name)
	i, _ := slices.BinarySearchFunc(alike, like, func(a likeName, like uint64) int { return cmp.Compare(a.like, like) })
	for ; i < len(alike) && alike[i].like == like && len(names) < maxAlike; i++ {
		names = append(names, d.names.all[alike[i].at])
	}
	return names
}
