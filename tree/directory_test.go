package tree

import (
	"testing"

	"github.com/psha1sum/psha1sum/reader"
)

// TestWithin: a directory is within its ancestors, unless its file system has no inode
// numbers.
func TestWithin(t *testing.T) {
	for _, test := range []struct {
		up, id reader.ID
		want   bool
	}{
		{reader.ID{Device: 1, Inode: 2}, reader.ID{Device: 1, Inode: 2}, true},
		{reader.ID{Device: 1, Inode: 2}, reader.ID{Device: 2, Inode: 2}, false},
		{reader.ID{Device: 1, Inode: 2}, reader.ID{Device: 1, Inode: 3}, false},
		{reader.ID{Device: 1}, reader.ID{Device: 1}, false},
		{reader.ID{}, reader.ID{}, false},
	} {
		root := &directory{id: test.up}
		d := &directory{parent: &directory{parent: root, id: reader.ID{Device: 9, Inode: 9}}}
		if got := d.within(test.id); got != test.want {
			t.Errorf("%v below %v: %v, want %v", test.id, test.up, got, test.want)
		}
	}
}
