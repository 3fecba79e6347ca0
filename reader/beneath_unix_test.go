//go:build unix

package reader_test

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/reader"
	"golang.org/x/sys/unix"
)

// A way is one in which names are looked up beneath a directory. A test that forces
// it ends it.
type way struct {
	title string
	force func(*testing.T)
}

func eachWay(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	for _, way := range ways {
		t.Run(way.title, func(t *testing.T) {
			filetest.NoDescriptorLeft(t)
			way.force(t)
			test(t)
		})
	}
}

func beneath(t testing.TB, name string) *reader.Dir {
	t.Helper()
	return filetest.OpenDir(t, nil, name, reader.Beneath)
}

// content reads a file in a directory as the pipeline does.
func content(directory *reader.Dir, name string) (string, error) {
	f, err := directory.Open(name, directory.Stat(name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(&f)
	return string(data), err
}

// TestBeneath looks names up, one rule after the other.
func TestBeneath(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "base")
	for name, data := range map[string]string{
		"secret": "secret", "base/f": "f", "base/empty": "", "base/-": "minus", "base/a/x": "x", "base/a/b/y": "y",
		"base/...": "dots", "base/..f": "dots", "base/new\nline": "n",
	} {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{
		"to-f": "f", "to-a": "a", "to-a/": "", "a/up": "../f", "a/around": "../a/../a/b/../x", "to-to-a": "to-a/",
		"a/b/base": "../..", "a/b/out": "../../..", "out": "../secret", "in-again": "../base/f",
		"absolute": filepath.Join(dir, "f"), "passwd": "/etc/passwd", "root": "/", "nowhere": "nothing",
		"out-nowhere": "../nothing", "loop": "loop", "loop1": "loop2", "loop2": "./loop1", "self": ".",
		"through-file": "f/../f", "through-nothing": "nothing/../f", "file/": "", "slash-f": "f/", "dot-f": "f/.",
	} {
		if to != "" {
			filetest.Symlink(t, to, filepath.Join(dir, name))
		}
	}
	for i := range 45 {
		to := "f"
		if i > 0 {
			to = chain(i - 1)
		}
		filetest.Symlink(t, to, filepath.Join(dir, chain(i)))
	}
	filetest.MakeFIFO(t, filepath.Join(dir, "fifo"))
	filetest.Symlink(t, "fifo", filepath.Join(dir, "to-fifo"))
	s := socket(t)
	if err := os.Rename(s, filepath.Join(dir, "socket")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		want string // content
		err  error
	}{
		{"f", "f", nil},
		{"empty", "", nil},
		{"-", "minus", nil}, // that this is standard input is another's business
		{"./f", "f", nil},
		{".//.///f", "f", nil},
		{"a/x", "x", nil},
		{"a//b/./y", "y", nil},
		{"...", "dots", nil},
		{"..f", "dots", nil},
		{"new\nline", "n", nil},
		{"to-f", "f", nil},
		{"to-a/x", "x", nil},
		{"to-to-a/x", "x", nil},
		{"a/up", "f", nil},
		{"a/around", "x", nil},
		{"a/b/base/f", "f", nil},
		{"a/b/base/a/b/base/a/x", "x", nil},
		{strings.Repeat("self/", 30) + "f", "f", nil},
		{chain(39), "f", nil},
		{strings.Repeat("./", 2000) + "f", "f", nil},

		{"", "", unix.ENOENT},
		{"nothing", "", unix.ENOENT},
		{"nothing/x", "", unix.ENOENT},
		{"nowhere", "", unix.ENOENT},
		{"through-nothing", "", unix.ENOENT},
		{"F\x00", "", unix.EINVAL},
		{"f/", "", unix.ENOTDIR},
		{"f/.", "", unix.ENOTDIR},
		{"f/x", "", unix.ENOTDIR},
		{"to-f/", "", unix.ENOTDIR},
		{"slash-f", "", unix.ENOTDIR},
		{"dot-f", "", unix.ENOTDIR},
		{"through-file", "", unix.ENOTDIR},
		{"fifo/x", "", unix.ENOTDIR},
		{strings.Repeat("x", 256), "", unix.ENAMETOOLONG},
		{strings.Repeat("./", 1<<15) + "f", "", unix.ENAMETOOLONG},
		{strings.Repeat("/", 1<<15), "", reader.ErrAbsolute},
		{"loop", "", unix.ELOOP},
		{"loop1", "", unix.ELOOP},
		{"loop/x", "", unix.ELOOP},
		{chain(40), "", unix.ELOOP},
		{strings.Repeat("self/", 41) + "f", "", unix.ELOOP},

		{".", "", unix.EISDIR},
		{"./", "", unix.EISDIR},
		{"a", "", unix.EISDIR},
		{"a/", "", unix.EISDIR},
		{"a/b/.", "", unix.EISDIR},
		{"self", "", unix.EISDIR},
		{"a/b/base", "", unix.EISDIR},
		{"fifo", "", reader.ErrNotRegular},
		{"./a/../fifo", "", reader.ErrDotDot},
		{"to-fifo", "", reader.ErrNotRegular},
		{"socket", "", reader.ErrNotRegular},

		{"/", "", reader.ErrAbsolute},
		{"/etc/passwd", "", reader.ErrAbsolute},
		{"//etc/passwd", "", reader.ErrAbsolute},
		{"/../etc/passwd", "", reader.ErrAbsolute},
		{"/dev/stdin", "", reader.ErrAbsolute},
		{"/proc/self/fd/0", "", reader.ErrAbsolute},
		{filepath.Join(dir, "f"), "", reader.ErrAbsolute},
		{"..", "", reader.ErrDotDot},
		{"../secret", "", reader.ErrDotDot},
		{"../base/f", "", reader.ErrDotDot},
		{"a/..", "", reader.ErrDotDot},
		{"a/../f", "", reader.ErrDotDot},
		{"a/../../secret", "", reader.ErrDotDot},
		{"f/..", "", reader.ErrDotDot},
		{"nothing/..", "", reader.ErrDotDot},
		{".//..//secret", "", reader.ErrDotDot},
		{strings.Repeat("../", 100) + "etc/passwd", "", reader.ErrDotDot},
		{"out", "", reader.ErrOutside},
		{"in-again", "", reader.ErrOutside},
		{"out-nowhere", "", reader.ErrOutside},
		{"a/b/out", "", reader.ErrOutside},
		{"a/b/out/secret", "", reader.ErrOutside},
		{"a/b/out/base/f", "", reader.ErrOutside},
		{"absolute", "", reader.ErrOutside},
		{"passwd", "", reader.ErrOutside},
		{"root", "", reader.ErrOutside},
		{"root/", "", reader.ErrOutside},
		{"root/etc/passwd", "", reader.ErrOutside},
	}
	eachWay(t, func(t *testing.T) {
		directory := beneath(t, dir)
		for _, test := range tests {
			got, err := content(directory, test.name)
			if got != test.want || err != test.err {
				t.Errorf("%.60q: got %q, %v, want %q, %v", test.name, got, err, test.want, test.err)
			}
			info, err := directory.Look(test.name)
			if err != test.err || info != directory.Stat(test.name) {
				t.Errorf("%.60q: Look = %v, %v, want %v", test.name, info, err, test.err)
			}
			if st := reader.Stat(filepath.Join(dir, test.name)); test.err == nil && (info != st || info.Kind != reader.Plain) {
				t.Errorf("%.60q: Look = %v, want %v", test.name, info, st)
			}
			if test.err != nil && info != (reader.Info{}) {
				t.Errorf("%.60q: Look tells %v of what is refused", test.name, info)
			}
			if directory.ForRing(info, 1<<20) {
				t.Errorf("%.60q is for a ring", test.name)
			}
		}
	})
}

func chain(n int) string { return "chain" + strings.Repeat("n", n) }

// TestBeneathMissing: a refusal is none that a caller takes for a missing file.
func TestBeneathMissing(t *testing.T) {
	for _, err := range []error{reader.ErrAbsolute, reader.ErrDotDot, reader.ErrOutside, reader.ErrReplaced, reader.ErrNotRegular} {
		if os.IsNotExist(err) || reader.OutOfDescriptors(err) {
			t.Errorf("%v counts as something else", err)
		}
	}
}

// TestBeneathDevices: a terminal, a disk, a drive that closes its tray: all are
// left alone, also where the directory is the devices' own.
func TestBeneathDevices(t *testing.T) {
	leftAlone := func(t *testing.T, names ...string) {
		eachWay(t, func(t *testing.T) {
			directory := beneath(t, "/dev")
			for _, name := range names {
				if _, err := content(directory, name); err != reader.ErrNotRegular {
					t.Errorf("%s: %v, want ErrNotRegular", name, err)
				}
			}
		})
	}
	leftAlone(t, "null", "tty", "zero")
	leftAlone(t, filepath.Base(device(t)))
}

// TestBeneathDirectories: directories are opened and listed by the rule as well.
func TestBeneathDirectories(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "f"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	filetest.Symlink(t, "..", filepath.Join(dir, "a", "up"))
	filetest.Symlink(t, "/", filepath.Join(dir, "root"))
	eachWay(t, func(t *testing.T) {
		directory := beneath(t, dir)
		for _, test := range []struct {
			name string
			err  error
		}{
			{"a", nil}, {".", nil}, {"a/up/a", nil}, {"root", reader.ErrOutside}, {"root/etc", reader.ErrOutside},
			{"..", reader.ErrDotDot}, {"/", reader.ErrAbsolute}, {"a/f", unix.ENOTDIR}, {"b", fs.ErrNotExist},
		} {
			in, err := reader.OpenDir(directory, test.name, reader.Beneath)
			if err == nil {
				in.Close()
			}
			if !is(err, test.err) {
				t.Errorf("OpenDir(%s): %v, want %v", test.name, err, test.err)
			}
			if _, _, err := directory.List(test.name, reader.Listing{}); !is(err, test.err) {
				t.Errorf("List(%s): %v, want %v", test.name, err, test.err)
			}
		}
		inner, err := reader.OpenDir(directory, "a", reader.Beneath)
		if err != nil {
			t.Fatal(err)
		}
		defer inner.Close()
		if _, err := content(inner, "up/a/f"); err != reader.ErrOutside {
			t.Errorf("up/a/f: %v, want ErrOutside", err)
		}
	})
}

func is(err, want error) bool {
	if want == fs.ErrNotExist {
		return os.IsNotExist(err)
	}
	return err == want
}
