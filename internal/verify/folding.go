package verify

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/psha1sum/psha1sum/internal/likeness"
)

// Some directories fold names: upper and lower case are equivalent, or a letter and its
// decomposition. No system call tells what a directory folds, and two names that lead to
// the same file may be two links. A listed name is therefore considered another spelling
// of a name in a directory if it looks alike, leads to the same file, and is not itself
// in the directory. In doubt it is not.

// A likeName is a listed name of a directory with its likeness.
type likeName struct {
	like uint64
	at   int // index in the names
}

var likeSeed = sync.OnceValue(maphash.MakeSeed)

func likenessOf(name string) uint64 { return maphash.String(likeSeed(), likeness.Of(name)) }

// maxAlike is the maximum number of listed names compared with a name in the directory.
const maxAlike = 16

// Like returns the listed names that may equal name in a directory that folds names.
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
