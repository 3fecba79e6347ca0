package atomicfile

import (
	"cmp"
	"os"
	"path/filepath"

	"github.com/psha1sum/psha1sum/reader"
)

// SameFile reports whether two names refer to the same file, or would if it existed.
func SameFile(a, b string) bool {
	if id := reader.Stat(a).ID; id != (reader.ID{}) {
		return id == reader.Stat(b).ID
	}
	dirA, baseA := filepath.Split(behindLinks(a))
	dirB, baseB := filepath.Split(behindLinks(b))
	id := reader.Stat(cmp.Or(dirA, ".")).ID
	return baseA != "" && baseA == baseB && id != (reader.ID{}) && id == reader.Stat(cmp.Or(dirB, ".")).ID
}

// behindLinks returns the name of the file that creating name would create, if it is a
// dangling link.
func behindLinks(name string) string {
	for range maxLinks {
		link, err := os.Readlink(name)
		if err != nil {
			break
		}
		if !filepath.IsAbs(link) {
			dir, _ := filepath.Split(name)
			link = dir + link
		}
		name = link
	}
	return name
}
