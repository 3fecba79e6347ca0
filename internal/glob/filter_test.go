package glob_test

import (
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/glob"
)

// TestFilter writes rules as words, with + for include and - for exclude, and
// directories with a trailing slash.
func TestFilter(t *testing.T) {
	for _, c := range []struct{ name, rules, in, out string }{
		{"no rules", "", "a d/", ""},
		{"exclude", "-*.o", "a.c d/", "a.o d/a.o d.o/"},
		{"include", "+*.iso", "a.iso d/ d/a.iso", "a.gz d/a"},
		{"include several", "+*.iso +*.img", "a.iso a.img", "a.gz"},
		{"exclude, include", "-*.o +keep.o", "keep.o a.c d/keep.o", "a.o"},
		{"include, exclude", "+*.c -test.c", "a.c d/", "test.c a.o"},
		{"the last decides", "-*.o +*.o -a.o", "b.o c", "a.o"},
		{"the same both ways", "-a +a", "a b", ""},
		{"the same the other way", "+a -a", "b/", "a b a/"},
		{"files of one directory", "+/src/** -*.o", "src/a.c src/d/ doc/", "doc/a src/a.o a.c"},
		{"directory", "-build/", "build d/", "build/ d/build/"},
		{"only one directory", "-/*/ +/src/", "src/ a src/d/", "doc/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var filter glob.Filter
			for word := range strings.FieldsSeq(c.rules) {
				p, err := glob.Parse(word[1:])
				if err != nil {
					t.Fatal(err)
				}
				filter.Add(p, word[0] == '+')
			}
			for paths, want := range map[string]bool{c.in: true, c.out: false} {
				for path := range strings.FieldsSeq(paths) {
					name, dir := strings.CutSuffix(path, "/")
					if got := filter.Includes(name, dir); got != want {
						t.Errorf("%q with %q: %v, want %v", c.rules, path, got, want)
					}
				}
			}
		})
	}
}

func TestNoFilter(t *testing.T) {
	var none *glob.Filter
	if !none.Includes("a", false) || !none.Includes("a", true) {
		t.Error("a nil Filter excludes something")
	}
}
