//go:build unix

package main_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// before is what the file of --output holds before a run: the output of another.
const before = "da39a3ee5e6b4b0d3255bfef95601890afd80709  what was there before\n"

// foreign is what no run has written.
const foreign = "what was there before\n"

// outputDir returns a directory with files to hash, a FIFO to hang on, and a file to
// be replaced.
func outputDir(t *testing.T) string {
	t.Helper()
	needOwn(t)
	dir := publicDir(t)
	write(t, dir, "a", "one")
	write(t, dir, "b", "two")
	write(t, dir, "SUMS", before)
	mkfifo(t, dir+"/p")
	return dir
}

// wantFile wants a file to be a regular one that holds something.
func wantFile(t testing.TB, path, want string) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Error(err)
		return
	}
	if !info.Mode().IsRegular() {
		t.Errorf("%s is %v", path, info.Mode())
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
		return
	}
	wantText(t, string(got), want)
}

// entries lists a directory.
func entries(t testing.TB, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// wantEntries wants a directory to hold what it held.
func wantEntries(t testing.TB, dir string, want []string) {
	t.Helper()
	if got := entries(t, dir); !slices.Equal(got, want) {
		t.Errorf("the directory holds %q, want %q", got, want)
	}
}

// wantOutcome runs psha1sum to its end, and wants it to print nothing on standard
// output.
func wantOutcome(t testing.TB, args []string, s settings, status, stderr string) {
	t.Helper()
	got := ours.output(t, args, s)
	want := outcome{status: status, stderr: []byte(stderr), offset: -1}
	if got.status != want.status || len(got.stdout) > 0 || !bytes.Equal(got.stderr, want.stderr) {
		t.Errorf("%s:\nwant\n%sgot\n%s", clip(fmt.Appendf(nil, "%q", args)), want, got)
	}
}

// TestOutputMode has a new file made with the mode that a shell's redirection gives
// it, and one that is replaced keep its own.
func TestOutputMode(t *testing.T) {
	dir := outputDir(t)
	for _, umask := range []string{"022", "077", "0", "027", "0777"} {
		args := []string{"-o", "new", "a"}
		os.Remove(dir + "/new")
		wantOutcome(t, args, settings{dir: dir, shell: "umask " + umask + "; : > shells"}, "exit 0", "")
		got, want := modeOf(t, dir+"/new"), modeOf(t, dir+"/shells")
		if got != want {
			t.Errorf("umask %s: the mode is %v, a shell's is %v", umask, got, want)
		}
		os.Remove(dir + "/shells")
	}
	for _, mode := range []os.FileMode{0o600, 0o640, 0o644, 0o666, 0o755, 0o777, 0o200} {
		chmod(t, dir+"/SUMS", mode)
		// What may not be read is replaced only by force.
		wantOutcome(t, []string{"--force", "-o", "SUMS", "a"}, settings{dir: dir, shell: "umask 027"}, "exit 0", "")
		if got := modeOf(t, dir+"/SUMS"); got != mode {
			t.Errorf("the mode is %v, was %v", got, mode)
		}
	}
	chmod(t, dir+"/SUMS", 0o644)
	wantFile(t, dir+"/SUMS", lineOf("one", "a"))
}

func modeOf(t testing.TB, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// TestOutputOwner has the superuser replace others' files, which stay theirs.
func TestOutputOwner(t *testing.T) {
	dir := outputDir(t)
	if os.Geteuid() != 0 {
		notMeant(t, "only the superuser gives files away")
	}
	if err := os.Chown(dir+"/SUMS", 65534, 65533); err != nil {
		t.Fatal(err)
	}
	chmod(t, dir+"/SUMS", 0o460)
	wantOutcome(t, []string{"-o", "SUMS", "a"}, settings{dir: dir}, "exit 0", "")
	info, err := os.Stat(dir + "/SUMS")
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	if st.Uid != 65534 || st.Gid != 65533 || info.Mode() != 0o460 {
		t.Errorf("owner %d:%d, mode %v", st.Uid, st.Gid, info.Mode())
	}
}

// TestOutputLinks has links followed to the file that is replaced, or made.
func TestOutputLinks(t *testing.T) {
	for _, test := range []struct {
		title, link, leadsTo string
		file                 string
	}{
		{"a file", "link", "SUMS", "SUMS"},
		{"nothing", "link", "new", "new"},
		{"another directory", "link", "sub/new", "sub/new"},
		{"out of a directory", "sub/link", "../new", "new"},
		{"out of a directory by a link", "sub/link", "up/../new", "new"}, // not sub/new
		{"a link", "link", "sub/second", "sub/third"},
		{"an absolute name", "link", "/", "absolute"},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := outputDir(t)
			write(t, dir, "sub/deep/x", "")
			if test.leadsTo == "/" {
				test.leadsTo = dir + "/" + test.file
			}
			for link, leadsTo := range map[string]string{test.link: test.leadsTo, "sub/up": "deep/..", "sub/second": "third"} {
				if link == "sub/up" {
					leadsTo = dir + "/sub"
				}
				if err := os.Symlink(leadsTo, dir+"/"+link); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				wantOutcome(t, []string{"-o", test.link, "a"}, settings{dir: dir}, "exit 0", "")
				wantFile(t, dir+"/"+test.file, lineOf("one", "a"))
				if leadsTo, err := os.Readlink(dir + "/" + test.link); leadsTo != test.leadsTo {
					t.Errorf("the link leads to %q, %v", leadsTo, err)
				}
			}
		})
	}
}

// TestOutputAsItIs has what is no regular file written to, and not replaced.
func TestOutputAsItIs(t *testing.T) {
	t.Run("/dev/null", func(t *testing.T) {
		dir := outputDir(t)
		wantOutcome(t, []string{"-o", "/dev/null", "a"}, settings{dir: dir}, "exit 0", "")
		if mode := modeOf(t, "/dev/null"); mode&os.ModeCharDevice == 0 {
			t.Errorf("/dev/null is %v", mode)
		}
	})
	t.Run("FIFO", func(t *testing.T) {
		dir := outputDir(t)
		s := ours.session(t, []string{"-o", "p", "a", "b"}, settings{dir: dir})
		r := open(t, dir+"/p", os.O_RDONLY)
		wantText(t, string(collect(r)()), lineOf("one", "a")+lineOf("two", "b"))
		s.wantEnd("exit 0", "", "")
	})
	t.Run("FIFO, line by line", func(t *testing.T) {
		dir := outputDir(t)
		mkfifo(t, dir+"/q")
		s := ours.session(t, []string{"-o", "q", "a", "p"}, settings{dir: dir})
		r := newLineReader(t, open(t, dir+"/q", os.O_RDONLY))
		defer r.f.Close()
		r.want(lineOf("one", "a"))
		finish(t, openWriter(t, dir+"/p"), "fed")
		r.want(lineOf("fed", "p"))
		s.wantEnd("exit 0", "", "")
	})
	t.Run("full", func(t *testing.T) {
		needFile(t, "/dev/full")
		dir := outputDir(t)
		const full = "sha1sum: /dev/full: write error: No space left on device\n"
		wantOutcome(t, []string{"-o", "/dev/full", "a", "b"}, settings{dir: dir}, "exit 1", full)
		wantOutcome(t, []string{"-o", "/dev/full", "a", "missing"}, settings{dir: dir}, "exit 1",
			"sha1sum: missing: No such file or directory\n"+full)
	})
	for _, name := range []string{"/dev/stdout", "/dev/fd/1", "link", "/proc/self/fd/1"} {
		t.Run(name, func(t *testing.T) {
			needFile(t, "/dev/stdout")
			if strings.HasPrefix(name, "/proc") {
				needFile(t, name)
			}
			dir := outputDir(t)
			if err := os.Symlink("/dev/stdout", dir+"/link"); err != nil {
				t.Fatal(err)
			}
			// What the shell writes before and after stays.
			shell := []string{"/bin/sh", "-c", `exec > out; echo begun; "$0" "$@"; echo done`}
			ours.output(t, []string{"-o", name, "a"}, settings{dir: dir, under: shell})
			wantFile(t, dir+"/out", "begun\n"+lineOf("one", "a")+"done\n")
		})
	}
}

// TestOutputRefused has a file that can't be made be an error before anything is
// read: the FIFO would hold the process up.
func TestOutputRefused(t *testing.T) {
	dir := outputDir(t)
	if err := os.Symlink("loop", dir+"/loop"); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("n", 300)
	for name, want := range map[string]string{
		"":               "'': No such file or directory",
		".":              ".: Is a directory",
		"new/":           "new/: Is a directory",
		"missing/new":    "missing/new: No such file or directory",
		"a/new":          "a/new: Not a directory",
		"a/":             "a/: Not a directory",
		"loop":           "loop: Too many levels of symbolic links",
		"it's\nnew/file": `'it'\''s'$'\n''new/file': No such file or directory`,
		long:             long + ": File name too long",
	} {
		was := entries(t, dir)
		wantOutcome(t, []string{"-o", name, "p"}, settings{dir: dir}, "exit 1", "sha1sum: "+want+"\n")
		wantEntries(t, dir, was)
	}
}

// TestOutputDenied has another user be refused what a shell would refuse.
func TestOutputDenied(t *testing.T) {
	dir := outputDir(t)
	s := unprivileged(t, dir)
	write(t, dir, "open/SUMS", before)
	write(t, dir, "unlisted/SUMS", before)
	write(t, dir, "locked/SUMS", before)
	chmod(t, dir+"/open", 0o777)
	chmod(t, dir+"/open/SUMS", 0o444)
	chmod(t, dir+"/unlisted", 0o333)
	chmod(t, dir+"/unlisted/SUMS", 0o666)
	chmod(t, dir+"/locked", 0o555)
	chmod(t, dir+"/locked/SUMS", 0o666)
	t.Cleanup(func() { os.Chmod(dir+"/locked", 0o755); os.Chmod(dir+"/unlisted", 0o755) })

	for _, name := range []string{"open/SUMS", "locked/SUMS", "locked/new"} {
		wantOutcome(t, []string{"-o", name, "p"}, s, "exit 1", "sha1sum: "+name+": Permission denied\n")
	}
	wantFile(t, dir+"/locked/SUMS", before)
	wantEntries(t, dir+"/locked", []string{"SUMS"})
	// What may not be listed can be written to all the same.
	for _, name := range []string{"open/new", "unlisted/new", "unlisted/SUMS"} {
		wantOutcome(t, []string{"-o", name, "a"}, s, "exit 0", "")
		wantFile(t, dir+"/"+name, lineOf("one", "a"))
	}
	chmod(t, dir+"/unlisted", 0o755)
	wantEntries(t, dir+"/unlisted", []string{"SUMS", "new"})
}

// TestOutputSizeLimit has the file grow over a limit: the error is told if the
// signal is ignored.
func TestOutputSizeLimit(t *testing.T) {
	const limit = "ulimit -c 0; ulimit -f 1"
	dir := outputDir(t)
	names := manyFiles(t, dir+"/many", 2000)
	was := entries(t, dir)
	s := settings{dir: dir + "/many", shell: limit}
	if seesInherited() {
		s.shell += `; trap "" XFSZ`
		wantOutcome(t, append([]string{"-o", "../SUMS"}, names...), s, "exit 1", "sha1sum: ../SUMS: write error: File too large\n")
		wantFile(t, dir+"/SUMS", before)
		wantEntries(t, dir, was)
	}
	s.shell = limit
	got := ours.output(t, append([]string{"-o", "../SUMS"}, names...), s)
	if want := "signal: " + syscall.SIGXFSZ.String(); got.status != want {
		t.Errorf("%s, want %s", got, want)
	}
	wantFile(t, dir+"/SUMS", before)
	wantEntries(t, dir, was)
}

// TestOutputIsWhole has others see the file as it was or as it is, and never a
// part.
func TestOutputIsWhole(t *testing.T) {
	dir := outputDir(t)
	names := manyFiles(t, dir+"/many", 3000)
	var whole []string
	for _, half := range [][]string{names[:1000], names[1000:]} {
		whole = append(whole, string(ours.output(t, half, settings{dir: dir + "/many"}).stdout))
	}
	write(t, dir, "SUMS", whole[1])
	over := make(chan struct{})
	reads := make(chan int)
	go func() {
		n := 0
		defer func() { reads <- n }()
		for ; ; n++ {
			text, err := os.ReadFile(dir + "/SUMS")
			if err != nil || string(text) != whole[0] && string(text) != whole[1] {
				t.Errorf("%d bytes were seen, not %d or %d: %v", len(text), len(whole[0]), len(whole[1]), err)
				<-over
				return
			}
			select {
			case <-over:
				return
			default:
			}
		}
	}()
	for range 15 {
		wantOutcome(t, append([]string{"-o", "../SUMS"}, names[:1000]...), settings{dir: dir + "/many"}, "exit 0", "")
		wantOutcome(t, append([]string{"-o", "../SUMS"}, names[1000:]...), settings{dir: dir + "/many"}, "exit 0", "")
	}
	close(over)
	if n := <-reads; n == 0 && !t.Failed() {
		t.Error("it was never read")
	}
}

// TestOutputTogether has several processes write to one file at once.
func TestOutputTogether(t *testing.T) {
	dir := outputDir(t)
	names := manyFiles(t, dir+"/many", 400)
	was := entries(t, dir)
	var parts [][]string
	want := make(map[string]bool)
	for part := range slices.Chunk(names, 100) {
		parts = append(parts, part)
		want[string(ours.output(t, part, settings{dir: dir + "/many"}).stdout)] = true
	}
	for range 10 {
		var running []*session
		for _, part := range parts {
			running = append(running, ours.session(t, append([]string{"-o", "../SUMS"}, part...), settings{dir: dir + "/many"}))
		}
		for _, s := range running {
			s.wantEnd("exit 0", "", "")
		}
		text, err := os.ReadFile(dir + "/SUMS")
		if err != nil {
			t.Fatal(err)
		}
		if !want[string(text)] {
			t.Fatalf("the file holds\n%s", clip(text))
		}
	}
	wantEntries(t, dir, was)
}

// earlier is what the file of --output holds after an earlier run.
var earlier = lineOf("something", "of an earlier run")

// itselfDir returns a directory with files, some of which are called SUMS or lead to it.
func itselfDir(t *testing.T, content string) string {
	t.Helper()
	dir := outputDir(t)
	write(t, dir, "list", "a\x00SUMS\x00b\x00./SUMS\x00")
	write(t, dir, "sub/x", "x")
	write(t, dir, "tree/a", "one")
	for _, name := range []string{"SUMS", "sub/SUMS", "tree/SUMS"} {
		write(t, dir, name, content)
	}
	for link, leadsTo := range map[string]string{"soft": "SUMS", "tree/itself": "SUMS", "tree/link": "../a", "up": "tree"} {
		if err := os.Symlink(leadsTo, dir+"/"+link); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// hardLinks makes other names of SUMS.
func hardLinks(t *testing.T, dir string) {
	t.Helper()
	for _, hard := range []string{"hard", "sub/hard", "tree/hard"} {
		os.Remove(dir + "/" + hard)
		if err := os.Link(dir+"/SUMS", dir+"/"+hard); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOutputNeverItself has the file, which holds earlier output, be passed over under
// every name, with a word but where it is found in a tree under its own. What is
// another file when it has been replaced is hashed.
func TestOutputNeverItself(t *testing.T) {
	for _, test := range []struct {
		title   string
		args    []string // the first is for -o
		want    []string // names
		skipped []string
	}{
		{"operand", []string{"SUMS", "a", "SUMS", "b"}, []string{"a", "b"}, []string{"SUMS"}},
		{"operand, other names", []string{"sub/../SUMS", "a", "./SUMS", "hard", "soft", "sub/hard"}, []string{"a"}, []string{"./SUMS", "hard", "soft", "sub/hard"}},
		{"by a link", []string{"soft", "a", "SUMS", "hard", "soft"}, []string{"a"}, []string{"SUMS", "hard", "soft"}},
		{"alone", []string{"SUMS", "SUMS"}, nil, []string{"SUMS"}},
		{"list", []string{"SUMS", "--files0-from=list"}, []string{"a", "b"}, []string{"SUMS", "./SUMS"}},
		{"directory", []string{"sub/SUMS", "-C", "sub", "SUMS", "../sub/SUMS", "x", "../SUMS"}, []string{"x", "../SUMS"}, []string{"SUMS", "../sub/SUMS"}},
		{"several algorithms", []string{"SUMS", "-a", "md5,sha1", "a", "SUMS"}, []string{"MD5 (a) =", "SHA1 (a) ="}, []string{"SUMS"}},
		{"tree", []string{"SUMS", "-r", "tree"}, []string{"tree/SUMS", "tree/a", "tree/hard"}, nil},
		{"tree with a link to it", []string{"SUMS", "-r", "sub"}, []string{"sub/SUMS", "sub/hard", "sub/x"}, nil},
		{"tree, itself in it", []string{"tree/SUMS", "-r", "tree"}, []string{"tree/a", "tree/hard"}, nil},
		{"tree, links followed", []string{"tree/SUMS", "-rL", "tree"}, []string{"tree/a", "tree/hard", "tree/link"}, []string{"tree/itself"}},
		{"tree by a link", []string{"up/SUMS", "-r", "tree"}, []string{"tree/a", "tree/hard"}, nil},
		{"tree with a link, by a link", []string{"tree/SUMS", "-r", "up"}, []string{"up/a", "up/hard"}, nil},
		{"tree, from elsewhere", []string{"tree/SUMS", "-r", "-C", "tree"}, []string{"./a", "./hard"}, nil},
		{"tree and operand", []string{"tree/SUMS", "-r", "tree", "tree/SUMS", "tree/link"}, []string{"tree/a", "tree/hard", "tree/link"}, []string{"tree/SUMS"}},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := itselfDir(t, earlier)
			for range 3 {
				hardLinks(t, dir)
				var stderr strings.Builder
				for _, name := range test.skipped {
					fmt.Fprintf(&stderr, "sha1sum: %s: output file skipped\n", name)
				}
				wantOutcome(t, append([]string{"-o"}, test.args...), settings{dir: dir}, "exit 0", stderr.String())
				text, err := os.ReadFile(dir + "/" + test.args[0])
				if err != nil {
					t.Fatal(err)
				}
				if got := namesIn(string(text)); !slices.Equal(got, test.want) {
					t.Errorf("it names %q, want %q", got, test.want)
				}
			}
		})
	}
	// The old contents are what other names have.
	dir := itselfDir(t, earlier)
	hardLinks(t, dir)
	wantOutcome(t, []string{"-r", "-o", "SUMS", "sub", "tree/a"}, settings{dir: dir}, "exit 0", "")
	wantFile(t, dir+"/SUMS", lineOf(earlier, "sub/SUMS")+lineOf(earlier, "sub/hard")+lineOf("x", "sub/x")+lineOf("one", "tree/a"))
	wantFile(t, dir+"/sub/hard", earlier)
}

// TestOutputIsInput has an input that is the file of --output, or of a report, never
// be destroyed, whatever is said to be read, and also by force.
func TestOutputIsInput(t *testing.T) {
	const both = ": input file is output file"
	manifest := lineOf("one", "a") + lineOf(foreign, "SUMS")
	for _, test := range []struct {
		title   string
		args    []string
		stdin   string
		content string // of SUMS; "" is foreign
		stdout  string
		said    []string
		kept    string // what the file would have held
	}{
		{"operand", []string{"--force", "-o", "SUMS", "SUMS"}, "", "", "", []string{"SUMS" + both}, ""},
		{"operands", []string{"--force", "-o", "SUMS", "a", "SUMS", "missing", "b"}, "", "", "",
			[]string{"SUMS" + both, "missing: No such file or directory"}, lineOf("one", "a") + lineOf("two", "b")},
		{"links", []string{"--force", "-o", "soft", "a", "hard", "soft"}, "", "", "", []string{"hard" + both, "soft" + both}, lineOf("one", "a")},
		{"list", []string{"--force", "-o", "SUMS", "--files0-from=list"}, "", "", "", []string{"SUMS" + both, "./SUMS" + both}, lineOf("one", "a") + lineOf("two", "b")},
		{"the list", []string{"--force", "-o", "SUMS", "--files0-from=SUMS"}, "", "a\x00", "", []string{"cannot open 'SUMS' for reading" + both}, ""},
		{"the list on standard input", []string{"--force", "-o", "SUMS", "--files0-from=-"}, "SUMS", "a\x00", "", []string{"cannot open '-' for reading" + both}, ""},
		{"standard input", []string{"--force", "-o", "SUMS"}, "SUMS", "", "", []string{"-" + both}, ""},
		{"standard input, named", []string{"--force", "-o", "SUMS", "a", "-"}, "SUMS", "", "", []string{"-" + both}, lineOf("one", "a")},
		{"tree", []string{"--force", "-o", "SUMS", "-r", "sub", "SUMS"}, "", "", "", []string{"SUMS" + both},
			lineOf(foreign, "sub/SUMS") + lineOf(foreign, "sub/hard") + lineOf("x", "sub/x")},
		{"listed", []string{"--force", "--report=junit:SUMS", "-c", "manifest"}, "", "", "a: OK\nSUMS: FAILED open or read\n",
			[]string{"SUMS" + both, "WARNING: 1 listed file could not be read"}, "<"},
		{"expected", []string{"--force", "--report=junit:SUMS", "--expect=" + digestOf("x"), "SUMS"}, "", "", "SUMS: FAILED open or read\n",
			[]string{"SUMS" + both, "WARNING: 1 listed file could not be read"}, "<"},
		{"report", []string{"--force", "--report=junit:SUMS", "SUMS"}, "", "", "", []string{"SUMS" + both}, "<"},
		{"manifest", []string{"--force", "--report=junit:SUMS", "-c", "SUMS"}, "", lineOf("one", "a"), "", []string{"SUMS" + both}, "<"},
		{"manifest on standard input", []string{"--force", "--report=junit:SUMS", "-c"}, "SUMS", lineOf("one", "a"), "", []string{"'standard input'" + both}, "<"},
	} {
		t.Run(test.title, func(t *testing.T) {
			content := cmp.Or(test.content, foreign)
			dir := itselfDir(t, content)
			hardLinks(t, dir)
			write(t, dir, "manifest", manifest)
			was := entries(t, dir)
			s := settings{dir: dir}
			if test.stdin != "" {
				s.stdin = open(t, dir+"/"+test.stdin, os.O_RDONLY)
				defer s.stdin.Close()
			}
			got := ours.output(t, test.args, s)
			if got.status != "exit 1" || string(got.stdout) != test.stdout {
				t.Errorf("%s", got)
			}
			var want strings.Builder
			for _, said := range test.said {
				fmt.Fprintf(&want, "sha1sum: %s\n", said)
			}
			said := string(got.stderr)
			if i := strings.Index(said, "sha1sum: SUMS: left as it was"); i >= 0 && test.kept != "" {
				wantResults(t, dir, said[i:], test.kept)
				said = said[:i]
			} else if i = strings.Index(said, "sha1sum: soft: left as it was"); i >= 0 {
				wantResults(t, dir, said[i:], test.kept)
				said = said[:i]
			} else if test.kept != "" {
				t.Error("nothing was kept")
			}
			wantText(t, said, want.String())
			wantFile(t, dir+"/SUMS", content)
			wantEntries(t, dir, was)
		})
	}
}

// TestOutputKnowsItself has a file be replaced, and be passed over if it is named, whose
// contents are what psha1sum or a tool of GNU's writes, in each form, also if the end is
// missing. If anything else is in it it is refused.
func TestOutputKnowsItself(t *testing.T) {
	dir := outputDir(t)
	write(t, dir, "new\nline", "x")
	write(t, dir, `back\slash`, "x")
	names := []string{"a", "new\nline", `back\slash`, "missing"}
	forms := make(map[string]string)
	for _, how := range [][]string{
		{}, {"-b"}, {"--tag"}, {"-z"}, {"-z", "--tag"}, {"-a", "sha1,md5,blake3"}, {"-a", "blake2b", "-l", "256"}, {"-a", "blake2b", "-l", "8", "--tag"},
		{"-a", "blake2b", "-l", "64"}, {"-a", "blake2b", "-l", "504", "-bz"},
		{"-a", "sha224"}, {"-a", "sha512", "-z"}, {"-a", "sha512-256", "--tag"}, {"--json"}, {"--json", "-a", "sha256,md5"},
	} {
		forms[fmt.Sprint(how)] = string(ours.output(t, append(how, names...), settings{dir: dir}).stdout)
	}
	for title, args := range map[string][]string{
		"JUnit":        append([]string{"--report=junit:report", "-o", "list"}, names...),
		"JUnit, check": {"--report=junit:report", "--status", "-c", "list"},
	} {
		write(t, dir, "list", lineOf("one", "b"))
		os.Remove(dir + "/report")
		ours.output(t, args, settings{dir: dir})
		text, err := os.ReadFile(dir + "/report")
		if err != nil {
			t.Fatal(err)
		}
		forms[title] = string(text)
	}
	known := func(content string) bool {
		t.Helper()
		write(t, dir, "SUMS", content)
		got := ours.output(t, []string{"-o", "SUMS", "SUMS"}, settings{dir: dir})
		switch outcome := got.status + " " + string(got.stderr); outcome {
		case "exit 0 sha1sum: SUMS: output file skipped\n":
			wantFile(t, dir+"/SUMS", "")
			return true
		case "exit 1 sha1sum: SUMS: " + notOutput:
			wantFile(t, dir+"/SUMS", content)
		default:
			t.Error(outcome)
		}
		return false
	}
	if !known("") {
		t.Error("an empty file is refused")
	}
	for title, form := range forms {
		// A report has a line behind the first that says what it is.
		first := strings.IndexAny(form, "\n\x00") + 1
		if strings.HasPrefix(form, "<") {
			first += strings.Index(form[first:], "\n") + 1
		}
		for _, end := range []int{len(form), len(form) - 1, first, first + 1, first + 7, (first + len(form)) / 2} {
			if !known(form[:end]) {
				t.Errorf("%s, %d bytes of %d: not known:\n%s", title, end, len(form), clip([]byte(form[:end])))
			}
		}
		for change, form := range map[string]string{
			"digits": form[:7], "more": form + "and more\n", "in front": "more\n" + form, "NULs": form + "\x00\x00",
			"begins otherwise": form[:first] + "and",
		} {
			if known(form) {
				t.Errorf("%s, %s: taken for ours:\n%s", title, change, clip([]byte(form)))
			}
		}
	}
	for _, text := range []string{
		"\n", " ", "# a comment\n", lineOf("", "x") + "# a comment\n", "a: OK\n", strings.Repeat("x", 200<<10),
		lineOf("", "x") + strings.Repeat("x", 200<<10) + "\n", lineOf("", strings.Repeat("x", 200<<10)),
		strings.Repeat("\x00", 40<<10) + "CD001", "{}\n", `{"type":"start"}` + "\n", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
		"20240101  1200\n20240102  1300\n", "be  careful\n", "1234567890123456 1\n1234567890123456 2\n",
	} {
		if known(text) {
			t.Errorf("taken for ours:\n%s", clip([]byte(text)))
		}
	}
}

// notOutput is what is said of a file that is replaced only by force.
const notOutput = "file exists and doesn't look like earlier output; --force replaces it\n"

// TestOutputKnowsShort has digests be known again that are so short that they could be
// anything, if the run prints as short ones, and no others.
func TestOutputKnowsShort(t *testing.T) {
	dir := outputDir(t)
	for _, length := range []string{"8", "16", "56"} {
		os.Remove(dir + "/SUMS")
		args := []string{"-a", "blake2b", "-l", length, "-o", "SUMS", "a"}
		for range 2 {
			wantOutcome(t, args, settings{dir: dir}, "exit 0", "")
		}
		wantOutcome(t, []string{"-a", "blake2b", "-l", "24", "-o", "SUMS", "a"}, settings{dir: dir}, "exit 1", "sha1sum: SUMS: "+notOutput)
		wantOutcome(t, []string{"-o", "SUMS", "a"}, settings{dir: dir}, "exit 1", "sha1sum: SUMS: "+notOutput)
	}
}

// TestOutputKnowsLong has a file be looked at that is longer than what is read of it: by
// its beginning and its end, in no time.
func TestOutputKnowsLong(t *testing.T) {
	dir := outputDir(t)
	line := lineOf("one", "some name")
	const lines = 30_000 // 1.5 MB
	for _, test := range []struct {
		title, begin, middle, end string
		known                     bool
	}{
		{"all of it", line, line, line, true},
		{"NULs", strings.ReplaceAll(line, "\n", "\x00"), strings.ReplaceAll(line, "\n", "\x00"), "da39", true},
		{"cut off", line, line, line[:13], true},
		{"a beginning", line, line, "and something else\n", false},
		{"an end", "something else\n", line, line, false},
		{"a line at its end", line, line, strings.Repeat("x", 1<<20), false},
	} {
		t.Run(test.title, func(t *testing.T) {
			content := test.begin + strings.Repeat(test.middle, lines) + test.end
			write(t, dir, "SUMS", content)
			if test.known {
				wantOutcome(t, []string{"-o", "SUMS", "a"}, settings{dir: dir}, "exit 0", "")
				wantFile(t, dir+"/SUMS", lineOf("one", "a"))
				return
			}
			wantOutcome(t, []string{"-o", "SUMS", "p"}, settings{dir: dir}, "exit 1", "sha1sum: SUMS: "+notOutput)
			wantFile(t, dir+"/SUMS", content)
		})
	}
	// A huge file of nothing: all of it would take long to read.
	write(t, dir, "huge", "")
	if err := os.Truncate(dir+"/huge", 1<<40); err != nil {
		notMeant(t, "no file is that large here")
	}
	wantOutcome(t, []string{"-o", "huge", "p"}, settings{dir: dir}, "exit 1", "sha1sum: huge: "+notOutput)
}

// TestOutputForced has a file of somebody else's refused before anything is read (the
// FIFO would hold the process up), and be replaced by force.
func TestOutputForced(t *testing.T) {
	for _, test := range []struct {
		title, name string
		args        []string
		stdin       string
		said        string // by force
	}{
		{"an operand is missing", "SUMS", []string{"-o", "SUMS"}, os.DevNull, ""},
		{"a report", "SUMS", []string{"--report=junit:SUMS", "-o", "new"}, os.DevNull, ""},
		{"a link", "soft", []string{"-o", "soft"}, os.DevNull, ""},
		{"another link", "hard", []string{"-o", "hard", "a"}, "", ""},
		{"a list", "SUMS", []string{"-o", "SUMS", "--files0-from=list"}, "", ""},
		{"a tree", "tree/SUMS", []string{"-o", "tree/SUMS", "-r", "tree"}, "", "tree/SUMS: output file skipped\n"},
		{"a link into a tree", "up/SUMS", []string{"-o", "up/SUMS", "-r", "tree"}, "", "tree/SUMS: output file skipped\n"},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := itselfDir(t, foreign)
			hardLinks(t, dir)
			write(t, dir, "list", "a\x00")
			was := entries(t, dir)
			run := func(args []string) outcome {
				s := settings{dir: dir}
				if test.stdin != "" {
					s.stdin = open(t, test.stdin, os.O_RDONLY)
					defer s.stdin.Close()
				}
				return ours.output(t, args, s)
			}
			got := run(append(slices.Clone(test.args), "--io=read"))
			if want := "sha1sum: " + test.name + ": " + notOutput; got.status != "exit 1" || len(got.stdout) > 0 || string(got.stderr) != want {
				t.Errorf("%s", got)
			}
			wantEntries(t, dir, was)
			wantFile(t, dir+"/SUMS", foreign)
			if text, err := os.ReadFile(dir + "/" + test.name); string(text) != foreign {
				t.Errorf("%q, %v", text, err)
			}
			got = run(append([]string{"--force"}, test.args...))
			want := ""
			if test.said != "" {
				want = "sha1sum: " + test.said
			}
			if got.status != "exit 0" || len(got.stdout) > 0 || string(got.stderr) != want {
				t.Errorf("%s", got)
			}
			if text, err := os.ReadFile(dir + "/" + test.name); err != nil || string(text) == foreign || strings.Contains(string(text), "tree/SUMS") {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}

// TestOutputUnseen has a file that can't be read be replaced only by force, unless it is
// empty.
func TestOutputUnseen(t *testing.T) {
	dir := outputDir(t)
	s := unprivileged(t, dir)
	write(t, dir, "open/SUMS", before)
	write(t, dir, "open/empty", "")
	chmod(t, dir+"/open", 0o777)
	chmod(t, dir+"/open/SUMS", 0o222)
	chmod(t, dir+"/open/empty", 0o222)
	wantOutcome(t, []string{"-o", "open/SUMS", "p"}, s, "exit 1",
		"sha1sum: open/SUMS: file exists and can't be looked into: Permission denied; --force replaces it\n")
	wantOutcome(t, []string{"-o", "open/empty", "a"}, s, "exit 0", "")
	wantOutcome(t, []string{"--force", "-o", "open/SUMS", "a"}, s, "exit 0", "")
	chmod(t, dir+"/open/SUMS", 0o644)
	wantFile(t, dir+"/open/SUMS", lineOf("one", "a"))
}

// TestOutputChangedMeanwhile has what somebody writes during the run not be replaced at its end,
// and the results be kept.
func TestOutputChangedMeanwhile(t *testing.T) {
	for _, test := range []struct {
		title, was string
		change     func(t *testing.T, dir string)
		force      []string
		want       string // "" if it is left as it is
	}{
		{"made", "", func(t *testing.T, dir string) { write(t, dir, "SUMS", foreign) }, nil, ""},
		{"changed", before, func(t *testing.T, dir string) { write(t, dir, "SUMS", foreign) }, nil, ""},
		{"appended to", before, func(t *testing.T, dir string) { write(t, dir, "SUMS", before+foreign) }, nil, ""},
		{"replaced", before, func(t *testing.T, dir string) {
			write(t, dir, "another", foreign)
			if err := os.Rename(dir+"/another", dir+"/SUMS"); err != nil {
				t.Fatal(err)
			}
		}, nil, ""},
		{"by another run", before, func(t *testing.T, dir string) { write(t, dir, "SUMS", earlier) }, nil, "results"},
		{"by force", before, func(t *testing.T, dir string) { write(t, dir, "SUMS", foreign) }, []string{"--force"}, "results"},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := outputDir(t)
			write(t, dir, "SUMS", test.was)
			if test.was == "" {
				os.Remove(dir + "/SUMS")
			}
			s := ours.session(t, append(test.force, "-o", "SUMS", "a", "p"), settings{dir: dir})
			w := openWriter(t, dir+"/p")
			test.change(t, dir)
			content, err := os.ReadFile(dir + "/SUMS")
			if err != nil {
				t.Fatal(err)
			}
			finish(t, w, "fed")
			results := lineOf("one", "a") + lineOf("fed", "p")
			if test.want != "" {
				s.wantEnd("exit 0", "", "")
				wantFile(t, dir+"/SUMS", results)
				return
			}
			if status := s.end(); status != "exit 1" {
				t.Error(status)
			}
			said := s.stderr.rest()
			if !strings.HasPrefix(said, "sha1sum: SUMS: "+strings.TrimSuffix(notOutput, "\n")+"; the results are in ") {
				t.Errorf("%q", said)
			}
			wantResults(t, dir, said, results)
			wantFile(t, dir+"/SUMS", string(content))
		})
	}
}

// wantResults looks after what was kept, and removes it.
func wantResults(t *testing.T, dir, said, want string) {
	t.Helper()
	_, name, _ := strings.Cut(strings.TrimSuffix(said, "\n"), "; the results are in ")
	text, err := os.ReadFile(dir + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != want && (want != "<" || !strings.Contains(string(text), "input file is output file")) {
		t.Errorf("%q is kept, want %q", text, want)
	}
	os.Remove(dir + "/" + name)
}

// namesIn returns the names in a manifest, or of tagged lines all but the digest.
func namesIn(text string) (names []string) {
	for line := range strings.Lines(text) {
		name, _, tagged := cutLast(line, " ")
		if !tagged || !strings.HasSuffix(name, "=") {
			_, name, _ = strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		}
		names = append(names, name)
	}
	return names
}

// TestOutputOfAnother has a tree leave out what another process put in the file's
// place in the meantime.
func TestOutputOfAnother(t *testing.T) {
	dir := outputDir(t)
	write(t, dir, "tree/a", "one")
	write(t, dir, "tree/SUMS", before)
	write(t, dir, "tree/sub/SUMS", "not it")
	args := []string{"-r", "-o", "tree/SUMS", "p", "tree"}
	s := ours.session(t, args, settings{dir: dir})
	w := openWriter(t, dir+"/p")
	wantOutcome(t, []string{"-o", "tree/SUMS", "b"}, settings{dir: dir}, "exit 0", "")
	finish(t, w, "fed")
	s.wantEnd("exit 0", "", "")
	wantFile(t, dir+"/tree/SUMS", lineOf("fed", "p")+lineOf("one", "tree/a")+lineOf("not it", "tree/sub/SUMS"))
}

// TestOutputWithoutStreams needs no standard stream, and puts nothing in the place
// of one that is closed.
func TestOutputWithoutStreams(t *testing.T) {
	needEarlyEntry(t)
	dir := outputDir(t)
	p := ours.start(t, []string{"-o", "SUMS", "a", "/dev/stdin", "/dev/stdout", "/dev/stderr", "b"}, []*os.File{nil, nil, nil}, settings{dir: dir})
	if status := p.end(); status != "exit 1" { // nothing can be said of the three
		t.Error(status)
	}
	wantFile(t, dir+"/SUMS", lineOf("one", "a")+lineOf("two", "b"))
	p = ours.start(t, []string{"-o", "SUMS", "b"}, []*os.File{nil, nil, nil}, settings{dir: dir})
	if status := p.end(); status != "exit 0" {
		t.Error(status)
	}
	wantFile(t, dir+"/SUMS", lineOf("two", "b"))
	p = ours.start(t, []string{"-o", "/dev/stdout", "b"}, []*os.File{nil, nil, nil}, settings{dir: dir})
	if status := p.end(); status != "exit 1" {
		t.Error(status)
	}
}

// TestOutputLong has a long manifest be what standard output would get, in a file
// with a long name.
func TestOutputLong(t *testing.T) {
	dir := outputDir(t)
	names := manyFiles(t, dir+"/many", 5000)
	name := "../" + strings.Repeat("s", 250)
	for _, how := range [][]string{nil, {"-z"}, {"--tag"}, {"-a", "sha1,md5"}} {
		want := ours.output(t, append(slices.Clone(how), names...), settings{dir: dir + "/many"}).stdout
		wantOutcome(t, slices.Concat(how, []string{"-o", name}, names), settings{dir: dir + "/many"}, "exit 0", "")
		wantFile(t, dir+"/many/"+name, string(want))
	}
	wantEntries(t, dir, []string{"SUMS", "a", "b", "many", "p", strings.Repeat("s", 250)})
}
