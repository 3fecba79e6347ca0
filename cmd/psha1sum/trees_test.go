//go:build unix

package main_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/glob"
)

// grow makes a random tree below dir, of files, directories, links and FIFOs.
func (g generator) grow(t *testing.T, dir string, depth int) {
	t.Helper()
	var names []string
	for range g.IntN(8) {
		name := g.name()
		if g.chance(50) { // neighbours of each other, and of the slash
			name = pick(g, "a", "a-", "a.", "a0", "a\x01", "ab", "b", ".a", "a b", "-a")
		}
		path := dir + "/" + name
		if exists(path) {
			continue
		}
		var err error
		switch n := g.IntN(100); {
		case n < 30 && depth > 0:
			if err = os.Mkdir(path, 0o755); err == nil {
				g.grow(t, path, depth-1)
			}
		case n < 36:
			err = os.Symlink(pick(g, ".", "..", "nowhere", name, "/dev/null", g.older(names)), path)
		case n < 39:
			err = syscall.Mkfifo(path, 0o644)
		default:
			err = os.WriteFile(path, g.bytes(pick(g, 0, 1, 5, 100, 4096, 5000, 150_000)), 0o644)
		}
		if err == nil {
			names = append(names, name)
		}
	}
}

func (g generator) older(names []string) string {
	if len(names) == 0 {
		return "a"
	}
	return pick(g, names...)
}

// treeOperands returns operands for -r: directories, files, links, in many
// spellings, some of them missing. What would wait for somebody is none.
func (g generator) treeOperands(dir string) (operands []string) {
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
			name = pick(g, all...)
		}
		if g.chance(60) || strings.HasPrefix(name, "-") || name[0] == '!' || name[0] == '(' {
			name = pick(g, "./", ".//", "././", dir+"/") + name
		}
		if st, err := os.Stat(dir + "/" + name); err == nil && st.IsDir() && g.chance(40) {
			name += pick(g, "/", "//", "/.", "/./")
		}
		if g.chance(10) {
			name = pick(g, "./missing", "./missing/", "./a/missing")
		}
		operands = append(operands, name)
	}
	return operands
}

// found is a script that does what -r does: its arguments are options of find in
// front of the operands and behind, the tool and its options in one, operands.
const found = `first=$1 last=$2 tool=$3
shift 3
for operand; do
	find $first "$operand" $last -type f -print0 2>/dev/null | LC_ALL=C sort -z
done | xargs -0 -r -n 1000 $tool --`

// byFind returns what find, sort, xargs and a tool print.
func byFind(t *testing.T, dir, first, last, tool string, operands []string) []byte {
	t.Helper()
	if len(operands) == 0 {
		operands = []string{"."}
	}
	command := exec.CommandContext(t.Context(), "sh", append([]string{"-c", found, "sh", first, last, tool}, operands...)...)
	command.Dir = dir
	out, err := command.Output()
	if err != nil && len(out) == 0 && !strings.HasPrefix(err.Error(), "exit") {
		t.Fatal(err)
	}
	return out
}

// needFind skips a test for want of what the script uses.
func needFind(t *testing.T) {
	t.Helper()
	needGNU(t)
	needOwn(t)
	for _, program := range []string{"find", "sort", "xargs"} {
		needProgram(t, program)
	}
}

// TestTrees compares -r on random trees with find, sort, xargs and sha1sum.
func TestTrees(t *testing.T) {
	needFind(t)
	trees, cases := 30, 12
	if testing.Short() || raceEnabled {
		trees = 6
	}
	for number := range trees {
		t.Run(strconv.Itoa(number), func(t *testing.T) {
			t.Parallel()
			g := newGenerator(*diffSeed, uint64(number)+1<<32)
			dir := t.TempDir() + "/only/top" // links lead up, too
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			g.grow(t, dir, 4)
			for range cases {
				compareTree(t, g, dir)
			}
		})
	}
}

func compareTree(t *testing.T, g generator, dir string) {
	t.Helper()
	operands := g.treeOperands(dir)
	first, last, options := "-H", "", []string{"-r"}
	if g.chance(40) {
		first, options = "-L", append(options, "-L")
	}
	if g.chance(20) {
		last, options = "-xdev", append(options, "-x")
	}
	form := pick(g, "", "", "", "--tag", "-z", "-b", "-a sha256", "-a md5,sha1 --tag", "-a sha512,sha256 -z")
	tool := gnu.path() + " " + form
	switch {
	case form == "-a sha256":
		tool = "sha256sum"
	case strings.HasPrefix(form, "-a"):
		tool = ours.path() + " " + form
	}
	options = append(options, strings.Fields(form)...)
	options = append(options, strings.Fields(pick(g, "", "", "--io=read", "--io-jobs=1", "-j1", "--io-jobs=3 -j2", "--drop-cache"))...)
	want := byFind(t, dir, first, last, tool, operands)
	got := ours.output(t, slices.Concat(options, []string{"--"}, operands), settings{dir: dir})
	if !bytes.Equal(got.stdout, want) {
		t.Errorf("%q %q\n%s\nwant %q", options, operands, got, clip(want))
	}
	// There is a message for whatever isn't on stdout, and status 1 if it should be.
	said := string(got.stderr)
	bad := strings.Contains(said, ": No such file or directory\n") || strings.Contains(said, "Too many levels") ||
		strings.Contains(said, "Not a directory\n")
	if (got.status == "exit 1") != bad || got.status != "exit 0" && got.status != "exit 1" {
		t.Errorf("%q %q\n%s", options, operands, got)
	}
}

// TestTreesByRing is TestTrees where it matters how files are read: more small
// ones than it takes to have a ring.
func TestTreesByRing(t *testing.T) {
	t.Parallel()
	needFind(t)
	dir := t.TempDir()
	g := newGenerator(*diffSeed, 1<<33)
	for i, size := range []int{0, 1, 4095, 4096, 4097, 131071, 131072, 131073, 147455, 147456, 147457, 300_000} {
		for j := range 20 {
			write(t, dir, fmt.Sprintf("%d/%d/%d", j%7, i, j), string(g.bytes(size)))
		}
	}
	want := byFind(t, dir, "-H", "", gnu.path(), nil)
	for _, options := range []string{"", "--io=read", "--io=auto", "--io-jobs=1", "-j1", "--drop-cache", "--io=uring"} {
		got := ours.output(t, append([]string{"-r"}, strings.Fields(options)...), settings{dir: dir})
		if options == "--io=uring" && got.status != "exit 0" {
			t.Logf("no ring here: %s", got.stderr)
			continue
		}
		if got.status != "exit 0" || len(got.stderr) > 0 {
			t.Errorf("%s: %s", options, got)
		}
		wantText(t, string(got.stdout), string(want))
	}
}

// TestTreeOfSystemFiles: files of /proc and /sys have no sizes, and some can't be
// read.
func TestTreeOfSystemFiles(t *testing.T) {
	t.Parallel()
	needFind(t)
	for _, dir := range []string{"/proc/sys/kernel/random", "/sys/devices/system/cpu/cpu0", "/sys/kernel/mm"} {
		if !exists(dir) {
			continue
		}
		// Only what is the same each time.
		for _, options := range []string{"", "--io=read"} {
			args := append([]string{"-r", dir, "--exclude", "uuid", "--exclude", "entropy_avail", "--exclude", "cpufreq", "--exclude", "cpuidle",
				"--exclude", "cache", "--exclude", "power", "--exclude", "acpi_cppc", "--exclude", "thermal_throttle", "--exclude", "stats", "--exclude", "full_scans", "--exclude", "pages_*", "--exclude", "ksm"}, strings.Fields(options)...)
			got := ours.output(t, args, settings{})
			lines := strings.SplitAfter(string(got.stdout), "\n")
			for _, line := range lines[:len(lines)-1] {
				name := strings.TrimSuffix(line[42:], "\n")
				if want := gnu.output(t, []string{name}, settings{}); string(want.stdout) != line {
					t.Errorf("%s: %q, want %q", options, line, want.stdout)
				}
			}
			if dir == "/proc/sys/kernel/random" && len(lines) < 3 {
				t.Errorf("%s has %d files", dir, len(lines)-1)
			}
		}
	}
}

// TestTreeGlobs compares --exclude and --include with a walk that asks for each
// path whether it is wanted.
func TestTreeGlobs(t *testing.T) {
	needOwn(t)
	trees, cases := 20, 25
	if testing.Short() || raceEnabled {
		trees = 5
	}
	for number := range trees {
		t.Run(strconv.Itoa(number), func(t *testing.T) {
			t.Parallel()
			g := newGenerator(*diffSeed, uint64(number)+1<<34)
			dir := t.TempDir()
			for range 3 {
				g.grow(t, dir, 4)
			}
			for range cases {
				compareGlobs(t, g, dir)
			}
		})
	}
}

func compareGlobs(t *testing.T, g generator, dir string) {
	t.Helper()
	args := []string{"-rz"}
	var filter glob.Filter
	for range 1 + g.IntN(4) {
		text := pick(g, "a", "a*", "*a", "/a", "*/a", "a/", "?", "[a-b]", "**/a", "a/**", "*.*", "b", "a-", "*", "/*/", "!a", "[!a]*", `\a`)
		pattern, err := glob.Parse(text)
		if err != nil {
			continue
		}
		include := g.chance(40)
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
		want.WriteString(digestOf(content) + "  ./" + path + "\x00")
	}
	if got := ours.output(t, args, settings{dir: dir}); string(got.stdout) != want.String() || got.status != "exit 0" {
		t.Errorf("%q\n%s\nwant %q", args, got, clip([]byte(want.String())))
	}
}

// TestTreePermissions: directories that can't be listed or searched are said and
// the others are done.
func TestTreePermissions(t *testing.T) {
	needFind(t)
	dir := publicDir(t)
	s := unprivileged(t, dir)
	for name, mode := range map[string]os.FileMode{"t/no list": 0o111, "t/no search": 0o444, "t/locked": 0, "t/open": 0o755} {
		write(t, dir, name+"/x", "x")
		chmod(t, dir+"/"+name, mode)
		t.Cleanup(func() { os.Chmod(dir+"/"+name, 0o755) })
	}
	write(t, dir, "t/secret", "x")
	chmod(t, dir+"/t/secret", 0)
	got := ours.output(t, []string{"-r", "t"}, s)
	wantText(t, string(got.stdout), lineOf("x", "t/open/x"))
	wantText(t, string(got.stderr), "sha1sum: t/locked: Permission denied\nsha1sum: 't/no list': Permission denied\n"+
		"sha1sum: 't/no search/x': Permission denied\nsha1sum: t/secret: Permission denied\n")
	if got.status != "exit 1" {
		t.Errorf("%s", got)
	}
	// An operand may be searched and not listed.
	got = ours.output(t, []string{"-r", "t/no list", "t/no list/x", "t/open"}, s)
	wantText(t, string(got.stdout), lineOf("x", "t/no list/x")+lineOf("x", "t/open/x"))
	wantText(t, string(got.stderr), "sha1sum: 't/no list': Permission denied\n")
}

// TestTreeOutputInside: what is being written is not among the files, whatever
// it is called and however it is opened.
func TestTreeOutputInside(t *testing.T) {
	t.Parallel()
	needOwn(t)
	for _, options := range []string{"", "--io=read", "-L", "--tag"} {
		dir := t.TempDir()
		for i := range 200 {
			write(t, dir, fmt.Sprintf("%d/%d", i%7, i), strconv.Itoa(i))
		}
		sums, errs := open(t, dir+"/3/SUMS", os.O_CREATE|os.O_WRONLY), open(t, dir+"/errors", os.O_CREATE|os.O_WRONLY)
		if err := os.Link(dir+"/3/SUMS", dir+"/again"); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"-r"}, strings.Fields(options)...)
		status := ours.start(t, args, []*os.File{nil, sums, errs}, settings{dir: dir}).end()
		sums.Close()
		errs.Close()
		text, _ := os.ReadFile(dir + "/3/SUMS")
		said, _ := os.ReadFile(dir + "/errors")
		if status != "exit 0" || bytes.Count(text, []byte("\n")) != 200 {
			t.Errorf("%s: %s, %d lines", options, status, bytes.Count(text, []byte("\n")))
		}
		wantText(t, string(said), "sha1sum: ./3/SUMS: output file skipped\nsha1sum: ./again: output file skipped\nsha1sum: ./errors: output file skipped\n")
		if got := ours.output(t, []string{"--check", "--quiet", "3/SUMS"}, settings{dir: dir}); got.status != "exit 0" || len(got.stdout) > 0 {
			t.Errorf("%s: %s", options, got)
		}
	}
}
