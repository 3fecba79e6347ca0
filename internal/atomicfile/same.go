package atomicfile

import (
	"cmp"
	"os"
	"path/filepath"

	"github.com/psha1sum/psha1sum/reader"
)

func SameFile(a, b string) bool {
	if id := reader.Stat(a).ID; id != (reader.ID{}) {
		return id == reader.Stat(b).ID
	}
	dirA, baseA := filepath.Split(behindLinks(a))
	dirB, baseB := filepath.Split(behindLinks(b))
	id := reader.Stat(cmp.Or(dirA, ".")).ID
	return baseA != "" && baseA == baseB && id != (reader.ID{}) && id == reader.Stat(cmp.Or(dirB, ".")).ID
}

// behindLinks is what a file will be called that is made by way of a link to nothing.
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
