//go:build unix

package trees_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/glob"
	"github.com/psha1sum/psha1sum/internal/large"
)

// growTree makes a random tree below dir, of files, directories, links and FIFOs.
func growTree(t *testing.T, g clitest.Generator, dir string, depth int) {
	t.Helper()
	var names []string
	for range g.IntN(8) {
		name := g.Name()
		if g.Chance(50) { // neighbours of each other, and of the slash
			name = clitest.Pick(g, "a", "a-", "a.", "a0", "a\x01", "ab", "b", ".a", "a b", "-a")
		}
		path := dir + "/" + name
		if clitest.Exists(path) {
			continue
		}
		var err error
		switch n := g.IntN(100); {
		case n < 30 && depth > 0:
			if err = os.Mkdir(path, 0o755); err == nil {
				growTree(t, g, path, depth-1)
			}
		case n < 36:
			err = os.Symlink(clitest.Pick(g, ".", "..", "nowhere", name, "/dev/null", olderOf(g, names)), path)
		case n < 39:
			err = syscall.Mkfifo(path, 0o644)
		default:
			err = os.WriteFile(path, g.Bytes(clitest.Pick(g, 0, 1, 5, 100, 4096, 5000, 150_000)), 0o644)
		}
		if err == nil {
			names = append(names, name)
		}
	}
}

func olderOf(g clitest.Generator, names []string) string {
	if len(names) == 0 {
		return "a"
	}
	return clitest.Pick(g, names...)
}

// treeOperands returns operands for -r: directories, files and links in many spellings,
// some of them missing. None would block.
func treeOperands(g clitest.Generator, dir string) (operands []string) {
	var all []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		st, serr := os.Stat(path)
		if err == nil && path != dir && (serr != nil || st.Mode().IsRegular() || st.IsDir()) {
			all = append(all, path[len(dir)+1:])
		}
		return nil
	})
	for range g.IntN(4) {
		name := "."
		if len(all) > 0 {
			name = clitest.Pick(g, all...)
		}
		if g.Chance(60) || strings.HasPrefix(name, "-") || name[0] == '!' || name[0] == '(' {
			name = clitest.Pick(g, "./", ".//", "././", dir+"/") + name
		}
		if st, err := os.Stat(dir + "/" + name); err == nil && st.IsDir() && g.Chance(40) {
			name += clitest.Pick(g, "/", "//", "/.", "/./")
		}
		if g.Chance(10) {
			name = clitest.Pick(g, "./missing", "./missing/", "./a/missing")
		}
		operands = append(operands, name)
	}
	return operands
}

// TestTrees compares -r on random trees with find, sort, xargs and sha1sum.
func TestTrees(t *testing.T) {
	clitest.NeedFind(t)
	trees, cases := large.Or(12, 30), 12
	if testing.Short() || clitest.RaceEnabled {
		trees = 6
	}
	for number := range trees {
		t.Run(strconv.Itoa(number), func(t *testing.T) {
			t.Parallel()
			g := clitest.NewGenerator(*clitest.Seed, uint64(number)+1<<32)
			dir := t.TempDir() + "/only/top" // links lead up, too
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			growTree(t, g, dir, 4)
			for range cases {
				compareTree(t, g, dir)
			}
		})
	}
}

func compareTree(t *testing.T, g clitest.Generator, dir string) {
	t.Helper()
	operands := treeOperands(g, dir)
	first, last, options := "-H", "", []string{"-r"}
	if g.Chance(40) {
		first, options = "-L", append(options, "-L")
	}
	if g.Chance(20) {
		last, options = "-xdev", append(options, "-x")
	}
	form := clitest.Pick(g, "", "", "", "--tag", "-z", "-b", "-a sha256", "-a md5,sha1 --tag", "-a sha512,sha256 -z")
	tool := clitest.GNU.Path() + " " + form
	switch {
	case form == "-a sha256":
		tool = "sha256sum"
	case strings.HasPrefix(form, "-a"):
		tool = clitest.Ours.Path() + " " + form
	}
	options = append(options, strings.Fields(form)...)
	options = append(options, strings.Fields(clitest.Pick(g, "", "", "--io=read", "--io-jobs=1", "-j1", "--io-jobs=3 -j2", "--drop-cache"))...)
	want := clitest.ByFind(t, dir, first, last, tool, operands)
	got := clitest.Ours.Output(t, slices.Concat(options, []string{"--"}, operands), clitest.Settings{Dir: dir})
	if !bytes.Equal(got.Stdout, want) {
		t.Errorf("%q %q\n%s\nwant %q", options, operands, got, clitest.Clip(want))
	}
	// There is a message for whatever isn't on stdout, and status 1 if it should be.
	said := string(got.Stderr)
	bad := strings.Contains(said, ": No such file or directory\n") || strings.Contains(said, "Too many levels") ||
		strings.Contains(said, "Not a directory\n")
	if (got.Status == "exit 1") != bad || got.Status != "exit 0" && got.Status != "exit 1" {
		t.Errorf("%q %q\n%s", options, operands, got)
	}
}

// TestTreesByRing is TestTrees with enough small files to use a ring.
func TestTreesByRing(t *testing.T) {
	t.Parallel()
	clitest.NeedFind(t)
	dir := t.TempDir()
	g := clitest.NewGenerator(*clitest.Seed, 1<<33)
	for i, size := range []int{0, 1, 4095, 4096, 4097, 131071, 131072, 131073, 147455, 147456, 147457, 300_000} {
		for j := range 20 {
			clitest.Write(t, dir, fmt.Sprintf("%d/%d/%d", j%7, i, j), string(g.Bytes(size)))
		}
	}
	want := clitest.ByFind(t, dir, "-H", "", clitest.GNU.Path(), nil)
	for _, options := range []string{"", "--io=read", "--io=auto", "--io-jobs=1", "-j1", "--drop-cache", "--io=uring"} {
		got := clitest.Ours.Output(t, append([]string{"-r"}, strings.Fields(options)...), clitest.Settings{Dir: dir})
		if options == "--io=uring" && got.Status != "exit 0" {
			t.Logf("no ring here: %s", got.Stderr)
			continue
		}
		if got.Status != "exit 0" || len(got.Stderr) > 0 {
			t.Errorf("%s: %s", options, got)
		}
		clitest.WantText(t, string(got.Stdout), string(want))
	}
}

// TestTreeOfSystemFiles checks files of /proc and /sys, which have no sizes and may be
// unreadable.
func TestTreeOfSystemFiles(t *testing.T) {
	t.Parallel()
	clitest.NeedFind(t)
	for _, dir := range []string{"/proc/sys/kernel/random", "/sys/devices/system/cpu/cpu0", "/sys/kernel/mm"} {
		if !clitest.Exists(dir) {
			continue
		}
		// Only what is the same each time.
		for _, options := range []string{"", "--io=read"} {
			args := append([]string{"-r", dir, "--exclude", "uuid", "--exclude", "entropy_avail", "--exclude", "cpufreq", "--exclude", "cpuidle",
				"--exclude", "cache", "--exclude", "power", "--exclude", "acpi_cppc", "--exclude", "thermal_throttle", "--exclude", "stats", "--exclude", "full_scans", "--exclude", "pages_*", "--exclude", "ksm"}, strings.Fields(options)...)
			got := clitest.Ours.Output(t, args, clitest.Settings{})
			lines := strings.SplitAfter(string(got.Stdout), "\n")
			for _, line := range lines[:len(lines)-1] {
				name := strings.TrimSuffix(line[42:], "\n")
				if want := clitest.GNU.Output(t, []string{name}, clitest.Settings{}); string(want.Stdout) != line {
					t.Errorf("%s: %q, want %q", options, line, want.Stdout)
				}
			}
			if dir == "/proc/sys/kernel/random" && len(lines) < 3 {
				t.Errorf("%s has %d files", dir, len(lines)-1)
			}
		}
	}
}

// TestTreeGlobs compares --exclude and --include with a walk that tests each path.
func TestTreeGlobs(t *testing.T) {
	clitest.NeedOwn(t)
	trees, cases := large.Or(8, 20), 25
	if testing.Short() || clitest.RaceEnabled {
		trees = 5
	}
	for number := range trees {
		t.Run(strconv.Itoa(number), func(t *testing.T) {
			t.Parallel()
			g := clitest.NewGenerator(*clitest.Seed, uint64(number)+1<<34)
			dir := t.TempDir()
			for range 3 {
				growTree(t, g, dir, 4)
			}
			for range cases {
				compareGlobs(t, g, dir)
			}
		})
	}
}

func compareGlobs(t *testing.T, g clitest.Generator, dir string) {
	t.Helper()
	args := []string{"-rz"}
	var filter glob.Filter
	for range 1 + g.IntN(4) {
		text := clitest.Pick(g, "a", "a*", "*a", "/a", "*/a", "a/", "?", "[a-b]", "**/a", "a/**", "*.*", "b", "a-", "*", "/*/", "!a", "[!a]*", `\a`)
		pattern, err := glob.Parse(text)
		if err != nil {
			continue
		}
		include := g.Chance(40)
		filter.Add(pattern, include)
		if include {
			args = append(args, "--include="+text)
		} else {
			args = append(args, "--exclude="+text)
		}
	}
	var paths []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case path == dir:
		case !filter.Includes(path[len(dir)+1:], d.IsDir()):
			if d.IsDir() {
				return filepath.SkipDir
			}
		case d.Type().IsRegular():
			paths = append(paths, path[len(dir)+1:])
		}
		return err
	})
	slices.Sort(paths)
	var want strings.Builder
	for _, path := range paths {
		content, err := os.ReadFile(dir + "/" + path)
		if err != nil {
			t.Fatal(err)
		}
		want.WriteString(clitest.DigestOf(content) + "  ./" + path + "\x00")
	}
	if got := clitest.Ours.Output(t, args, clitest.Settings{Dir: dir}); string(got.Stdout) != want.String() || got.Status != "exit 0" {
		t.Errorf("%q\n%s\nwant %q", args, got, clitest.Clip([]byte(want.String())))
	}
}

// TestTreePermissions checks that directories without read or search permission are
// reported and the others are walked.
func TestTreePermissions(t *testing.T) {
	clitest.NeedFind(t)
	dir := clitest.PublicDir(t)
	s := clitest.Unprivileged(t, dir)
	for name, mode := range map[string]os.FileMode{"t/no list": 0o111, "t/no search": 0o444, "t/locked": 0, "t/open": 0o755} {
		clitest.Write(t, dir, name+"/x", "x")
		clitest.Chmod(t, dir+"/"+name, mode)
		t.Cleanup(func() { os.Chmod(dir+"/"+name, 0o755) })
	}
	clitest.Write(t, dir, "t/secret", "x")
	clitest.Chmod(t, dir+"/t/secret", 0)
	got := clitest.Ours.Output(t, []string{"-r", "t"}, s)
	clitest.WantText(t, string(got.Stdout), clitest.LineOf("x", "t/open/x"))
	clitest.WantText(t, string(got.Stderr), "sha1sum: t/locked: Permission denied\nsha1sum: 't/no list': Permission denied\n"+
		"sha1sum: 't/no search/x': Permission denied\nsha1sum: t/secret: Permission denied\n")
	if got.Status != "exit 1" {
		t.Errorf("%s", got)
	}
	// An operand may be searched and not listed.
	got = clitest.Ours.Output(t, []string{"-r", "t/no list", "t/no list/x", "t/open"}, s)
	clitest.WantText(t, string(got.Stdout), clitest.LineOf("x", "t/no list/x")+clitest.LineOf("x", "t/open/x"))
	clitest.WantText(t, string(got.Stderr), "sha1sum: 't/no list': Permission denied\n")
}

// TestTreeOutputInside checks that the file being written is not hashed, whatever its
// name and however it was opened.
func TestTreeOutputInside(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	for _, options := range []string{"", "--io=read", "-L", "--tag"} {
		dir := t.TempDir()
		for i := range 200 {
			clitest.Write(t, dir, fmt.Sprintf("%d/%d", i%7, i), strconv.Itoa(i))
		}
		sums, errs := clitest.Open(t, dir+"/3/SUMS", os.O_CREATE|os.O_WRONLY), clitest.Open(t, dir+"/errors", os.O_CREATE|os.O_WRONLY)
		if err := os.Link(dir+"/3/SUMS", dir+"/again"); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"-r"}, strings.Fields(options)...)
		status := clitest.Ours.Start(t, args, []*os.File{nil, sums, errs}, clitest.Settings{Dir: dir}).End()
		sums.Close()
		errs.Close()
		text, _ := os.ReadFile(dir + "/3/SUMS")
		said, _ := os.ReadFile(dir + "/errors")
		if status != "exit 0" || bytes.Count(text, []byte("\n")) != 200 {
			t.Errorf("%s: %s, %d lines", options, status, bytes.Count(text, []byte("\n")))
		}
		clitest.WantText(t, string(said), "sha1sum: ./3/SUMS: output file skipped\nsha1sum: ./again: output file skipped\nsha1sum: ./errors: output file skipped\n")
		if got := clitest.Ours.Output(t, []string{"--check", "--quiet", "3/SUMS"}, clitest.Settings{Dir: dir}); got.Status != "exit 0" || len(got.Stdout) > 0 {
			t.Errorf("%s: %s", options, got)
		}
	}
}
