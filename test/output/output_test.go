//go:build unix

package output_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// before is what the file of --output holds before a run: the output of another.
const before = "da39a3ee5e6b4b0d3255bfef95601890afd80709  what was there before\n"

// foreign is what no run has written.
const foreign = "what was there before\n"

// outputDir returns a directory with files to hash, a FIFO to hang on, and a file to
// be replaced.
func outputDir(t *testing.T) string {
	t.Helper()
	clitest.NeedOwn(t)
	dir := clitest.PublicDir(t)
	clitest.Write(t, dir, "a", "one")
	clitest.Write(t, dir, "b", "two")
	clitest.Write(t, dir, "SUMS", before)
	clitest.MakeFIFO(t, dir+"/p")
	return dir
}

// TestOutputMode checks that a new file gets the mode that a shell's redirection gives
// it, and that a replaced file keeps its own.
func TestOutputMode(t *testing.T) {
	dir := outputDir(t)
	for _, umask := range []string{"022", "077", "0", "027", "0777"} {
		args := []string{"-o", "new", "a"}
		os.Remove(dir + "/new")
		clitest.WantOutcome(t, args, clitest.Settings{Dir: dir, Shell: "umask " + umask + "; : > shells"}, "exit 0", "")
		got, want := modeOf(t, dir+"/new"), modeOf(t, dir+"/shells")
		if got != want {
			t.Errorf("umask %s: the mode is %v, a shell's is %v", umask, got, want)
		}
		os.Remove(dir + "/shells")
	}
	for _, mode := range []os.FileMode{0o600, 0o640, 0o644, 0o666, 0o755, 0o777, 0o200} {
		clitest.Chmod(t, dir+"/SUMS", mode)
		// What may not be read is replaced only by force.
		clitest.WantOutcome(t, []string{"--force", "-o", "SUMS", "a"}, clitest.Settings{Dir: dir, Shell: "umask 027"}, "exit 0", "")
		if got := modeOf(t, dir+"/SUMS"); got != mode {
			t.Errorf("the mode is %v, was %v", got, mode)
		}
	}
	clitest.Chmod(t, dir+"/SUMS", 0o644)
	clitest.WantFile(t, dir+"/SUMS", clitest.LineOf("one", "a"))
}

func modeOf(t testing.TB, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// TestOutputOwner checks that files of other users keep their owner when the superuser
// replaces them.
func TestOutputOwner(t *testing.T) {
	dir := outputDir(t)
	if os.Geteuid() != 0 {
		clitest.NotMeant(t, "only the superuser gives files away")
	}
	if err := os.Chown(dir+"/SUMS", 65534, 65533); err != nil {
		t.Fatal(err)
	}
	clitest.Chmod(t, dir+"/SUMS", 0o460)
	clitest.WantOutcome(t, []string{"-o", "SUMS", "a"}, clitest.Settings{Dir: dir}, "exit 0", "")
	info, err := os.Stat(dir + "/SUMS")
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	if st.Uid != 65534 || st.Gid != 65533 || info.Mode() != 0o460 {
		t.Errorf("owner %d:%d, mode %v", st.Uid, st.Gid, info.Mode())
	}
}

// TestOutputLinks checks that links are followed to the file that is replaced or created.
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
			clitest.Write(t, dir, "sub/deep/x", "")
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
				clitest.WantOutcome(t, []string{"-o", test.link, "a"}, clitest.Settings{Dir: dir}, "exit 0", "")
				clitest.WantFile(t, dir+"/"+test.file, clitest.LineOf("one", "a"))
				if leadsTo, err := os.Readlink(dir + "/" + test.link); leadsTo != test.leadsTo {
					t.Errorf("the link leads to %q, %v", leadsTo, err)
				}
			}
		})
	}
}

// TestOutputAsItIs checks that what is not a regular file is written to and not replaced.
func TestOutputAsItIs(t *testing.T) {
	t.Run("/dev/null", func(t *testing.T) {
		dir := outputDir(t)
		clitest.WantOutcome(t, []string{"-o", "/dev/null", "a"}, clitest.Settings{Dir: dir}, "exit 0", "")
		if mode := modeOf(t, "/dev/null"); mode&os.ModeCharDevice == 0 {
			t.Errorf("/dev/null is %v", mode)
		}
	})
	t.Run("FIFO", func(t *testing.T) {
		dir := outputDir(t)
		s := clitest.Ours.Session(t, []string{"-o", "p", "a", "b"}, clitest.Settings{Dir: dir})
		r := clitest.Open(t, dir+"/p", os.O_RDONLY)
		clitest.WantText(t, string(clitest.Collect(r)()), clitest.LineOf("one", "a")+clitest.LineOf("two", "b"))
		s.WantEnd("exit 0", "", "")
	})
	t.Run("FIFO, line by line", func(t *testing.T) {
		dir := outputDir(t)
		clitest.MakeFIFO(t, dir+"/q")
		s := clitest.Ours.Session(t, []string{"-o", "q", "a", "p"}, clitest.Settings{Dir: dir})
		r := clitest.NewLineReader(t, clitest.Open(t, dir+"/q", os.O_RDONLY))
		defer r.File.Close()
		r.Want(clitest.LineOf("one", "a"))
		clitest.Finish(t, clitest.OpenWriter(t, dir+"/p"), "fed")
		r.Want(clitest.LineOf("fed", "p"))
		s.WantEnd("exit 0", "", "")
	})
	t.Run("full", func(t *testing.T) {
		clitest.NeedFile(t, "/dev/full")
		dir := outputDir(t)
		const full = "sha1sum: /dev/full: write error: No space left on device\n"
		clitest.WantOutcome(t, []string{"-o", "/dev/full", "a", "b"}, clitest.Settings{Dir: dir}, "exit 1", full)
		clitest.WantOutcome(t, []string{"-o", "/dev/full", "a", "missing"}, clitest.Settings{Dir: dir}, "exit 1",
			"sha1sum: missing: No such file or directory\n"+full)
	})
	for _, name := range []string{"/dev/stdout", "/dev/fd/1", "link", "/proc/self/fd/1"} {
		t.Run(name, func(t *testing.T) {
			clitest.NeedFile(t, "/dev/stdout")
			if strings.HasPrefix(name, "/proc") {
				clitest.NeedFile(t, name)
			}
			dir := outputDir(t)
			if err := os.Symlink("/dev/stdout", dir+"/link"); err != nil {
				t.Fatal(err)
			}
			// What the shell writes before and after stays.
			shell := []string{"/bin/sh", "-c", `exec > out; echo begun; "$0" "$@"; echo done`}
			clitest.Ours.Output(t, []string{"-o", name, "a"}, clitest.Settings{Dir: dir, Under: shell})
			clitest.WantFile(t, dir+"/out", "begun\n"+clitest.LineOf("one", "a")+"done\n")
		})
	}
}

// TestOutputRefused checks that a file that can't be created is an error before anything
// is read: the FIFO would block the process.
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
		was := clitest.Entries(t, dir)
		clitest.WantOutcome(t, []string{"-o", name, "p"}, clitest.Settings{Dir: dir}, "exit 1", "sha1sum: "+want+"\n")
		clitest.WantEntries(t, dir, was)
	}
}

// TestOutputDenied checks that another user is denied what a shell would deny.
func TestOutputDenied(t *testing.T) {
	dir := outputDir(t)
	s := clitest.Unprivileged(t, dir)
	clitest.Write(t, dir, "open/SUMS", before)
	clitest.Write(t, dir, "unlisted/SUMS", before)
	clitest.Write(t, dir, "locked/SUMS", before)
	clitest.Chmod(t, dir+"/open", 0o777)
	clitest.Chmod(t, dir+"/open/SUMS", 0o444)
	clitest.Chmod(t, dir+"/unlisted", 0o333)
	clitest.Chmod(t, dir+"/unlisted/SUMS", 0o666)
	clitest.Chmod(t, dir+"/locked", 0o555)
	clitest.Chmod(t, dir+"/locked/SUMS", 0o666)
	t.Cleanup(func() { os.Chmod(dir+"/locked", 0o755); os.Chmod(dir+"/unlisted", 0o755) })

	for _, name := range []string{"open/SUMS", "locked/SUMS", "locked/new"} {
		clitest.WantOutcome(t, []string{"-o", name, "p"}, s, "exit 1", "sha1sum: "+name+": Permission denied\n")
	}
	clitest.WantFile(t, dir+"/locked/SUMS", before)
	clitest.WantEntries(t, dir+"/locked", []string{"SUMS"})
	// What may not be listed can be written to all the same.
	for _, name := range []string{"open/new", "unlisted/new", "unlisted/SUMS"} {
		clitest.WantOutcome(t, []string{"-o", name, "a"}, s, "exit 0", "")
		clitest.WantFile(t, dir+"/"+name, clitest.LineOf("one", "a"))
	}
	clitest.Chmod(t, dir+"/unlisted", 0o755)
	clitest.WantEntries(t, dir+"/unlisted", []string{"SUMS", "new"})
}

// TestOutputSizeLimit exceeds the limit of a file's size: the error is reported if the
// signal is ignored.
func TestOutputSizeLimit(t *testing.T) {
	const limit = "ulimit -c 0; ulimit -f 1"
	dir := outputDir(t)
	names := clitest.ManyFiles(t, dir+"/many", 2000)
	was := clitest.Entries(t, dir)
	s := clitest.Settings{Dir: dir + "/many", Shell: limit}
	if clitest.SeesInherited() {
		s.Shell += `; trap "" XFSZ`
		clitest.WantOutcome(t, append([]string{"-o", "../SUMS"}, names...), s, "exit 1", "sha1sum: ../SUMS: write error: File too large\n")
		clitest.WantFile(t, dir+"/SUMS", before)
		clitest.WantEntries(t, dir, was)
	}
	s.Shell = limit
	got := clitest.Ours.Output(t, append([]string{"-o", "../SUMS"}, names...), s)
	if want := "signal: " + syscall.SIGXFSZ.String(); got.Status != want {
		t.Errorf("%s, want %s", got, want)
	}
	clitest.WantFile(t, dir+"/SUMS", before)
	clitest.WantEntries(t, dir, was)
}

// TestOutputIsWhole checks that other processes see the old file or the new one, never a
// part.
func TestOutputIsWhole(t *testing.T) {
	dir := outputDir(t)
	names := clitest.ManyFiles(t, dir+"/many", large.Or(1200, 3000))
	first := len(names) / 3
	var whole []string
	for _, half := range [][]string{names[:first], names[first:]} {
		whole = append(whole, string(clitest.Ours.Output(t, half, clitest.Settings{Dir: dir + "/many"}).Stdout))
	}
	clitest.Write(t, dir, "SUMS", whole[1])
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
	for range large.Or(8, 15) {
		clitest.WantOutcome(t, append([]string{"-o", "../SUMS"}, names[:first]...), clitest.Settings{Dir: dir + "/many"}, "exit 0", "")
		clitest.WantOutcome(t, append([]string{"-o", "../SUMS"}, names[first:]...), clitest.Settings{Dir: dir + "/many"}, "exit 0", "")
	}
	close(over)
	if n := <-reads; n == 0 && !t.Failed() {
		t.Error("it was never read")
	}
}

// TestOutputTogether checks several processes that write to one file at once.
func TestOutputTogether(t *testing.T) {
	dir := outputDir(t)
	names := clitest.ManyFiles(t, dir+"/many", 400)
	was := clitest.Entries(t, dir)
	var parts [][]string
	want := make(map[string]bool)
	for part := range slices.Chunk(names, 100) {
		parts = append(parts, part)
		want[string(clitest.Ours.Output(t, part, clitest.Settings{Dir: dir + "/many"}).Stdout)] = true
	}
	for range 10 {
		var running []*clitest.Session
		for _, part := range parts {
			running = append(running, clitest.Ours.Session(t, append([]string{"-o", "../SUMS"}, part...), clitest.Settings{Dir: dir + "/many"}))
		}
		for _, s := range running {
			s.WantEnd("exit 0", "", "")
		}
		text, err := os.ReadFile(dir + "/SUMS")
		if err != nil {
			t.Fatal(err)
		}
		if !want[string(text)] {
			t.Fatalf("the file holds\n%s", clitest.Clip(text))
		}
	}
	clitest.WantEntries(t, dir, was)
}

// earlier is what the file of --output holds after an earlier run.
var earlier = clitest.LineOf("something", "of an earlier run")

// itselfDir returns a directory with files, some of which are called SUMS or lead to it.
func itselfDir(t *testing.T, content string) string {
	t.Helper()
	dir := outputDir(t)
	clitest.Write(t, dir, "list", "a\x00SUMS\x00b\x00./SUMS\x00")
	clitest.Write(t, dir, "sub/x", "x")
	clitest.Write(t, dir, "tree/a", "one")
	for _, name := range []string{"SUMS", "sub/SUMS", "tree/SUMS"} {
		clitest.Write(t, dir, name, content)
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

// TestOutputNeverItself checks that the file, which holds earlier output, is skipped
// under every name, with a message except in a tree under its own name. Names that keep
// the old file after the replacement are hashed.
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
				clitest.WantOutcome(t, append([]string{"-o"}, test.args...), clitest.Settings{Dir: dir}, "exit 0", stderr.String())
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
	clitest.WantOutcome(t, []string{"-r", "-o", "SUMS", "sub", "tree/a"}, clitest.Settings{Dir: dir}, "exit 0", "")
	clitest.WantFile(t, dir+"/SUMS", clitest.LineOf(earlier, "sub/SUMS")+clitest.LineOf(earlier, "sub/hard")+clitest.LineOf("x", "sub/x")+clitest.LineOf("one", "tree/a"))
	clitest.WantFile(t, dir+"/sub/hard", earlier)
}

// TestOutputIsInput checks that an input that is also the file of --output or of a report
// is never destroyed, whatever names it, even with --force.
func TestOutputIsInput(t *testing.T) {
	const both = ": input file is output file"
	manifest := clitest.LineOf("one", "a") + clitest.LineOf(foreign, "SUMS")
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
			[]string{"SUMS" + both, "missing: No such file or directory"}, clitest.LineOf("one", "a") + clitest.LineOf("two", "b")},
		{"links", []string{"--force", "-o", "soft", "a", "hard", "soft"}, "", "", "", []string{"hard" + both, "soft" + both}, clitest.LineOf("one", "a")},
		{"list", []string{"--force", "-o", "SUMS", "--files0-from=list"}, "", "", "", []string{"SUMS" + both, "./SUMS" + both}, clitest.LineOf("one", "a") + clitest.LineOf("two", "b")},
		{"the list", []string{"--force", "-o", "SUMS", "--files0-from=SUMS"}, "", "a\x00", "", []string{"cannot open 'SUMS' for reading" + both}, ""},
		{"the list on standard input", []string{"--force", "-o", "SUMS", "--files0-from=-"}, "SUMS", "a\x00", "", []string{"cannot open '-' for reading" + both}, ""},
		{"standard input", []string{"--force", "-o", "SUMS"}, "SUMS", "", "", []string{"-" + both}, ""},
		{"standard input, named", []string{"--force", "-o", "SUMS", "a", "-"}, "SUMS", "", "", []string{"-" + both}, clitest.LineOf("one", "a")},
		{"tree", []string{"--force", "-o", "SUMS", "-r", "sub", "SUMS"}, "", "", "", []string{"SUMS" + both},
			clitest.LineOf(foreign, "sub/SUMS") + clitest.LineOf(foreign, "sub/hard") + clitest.LineOf("x", "sub/x")},
		{"listed", []string{"--force", "--report=junit:SUMS", "-c", "manifest"}, "", "", "a: OK\nSUMS: FAILED open or read\n",
			[]string{"SUMS" + both, "WARNING: 1 listed file could not be read"}, "<"},
		{"expected", []string{"--force", "--report=junit:SUMS", "--expect=" + clitest.DigestOf("x"), "SUMS"}, "", "", "SUMS: FAILED open or read\n",
			[]string{"SUMS" + both, "WARNING: 1 listed file could not be read"}, "<"},
		{"report", []string{"--force", "--report=junit:SUMS", "SUMS"}, "", "", "", []string{"SUMS" + both}, "<"},
		{"manifest", []string{"--force", "--report=junit:SUMS", "-c", "SUMS"}, "", clitest.LineOf("one", "a"), "", []string{"SUMS" + both}, "<"},
		{"manifest on standard input", []string{"--force", "--report=junit:SUMS", "-c"}, "SUMS", clitest.LineOf("one", "a"), "", []string{"'standard input'" + both}, "<"},
	} {
		t.Run(test.title, func(t *testing.T) {
			content := cmp.Or(test.content, foreign)
			dir := itselfDir(t, content)
			hardLinks(t, dir)
			clitest.Write(t, dir, "manifest", manifest)
			was := clitest.Entries(t, dir)
			s := clitest.Settings{Dir: dir}
			if test.stdin != "" {
				s.Stdin = clitest.Open(t, dir+"/"+test.stdin, os.O_RDONLY)
				defer s.Stdin.Close()
			}
			got := clitest.Ours.Output(t, test.args, s)
			if got.Status != "exit 1" || string(got.Stdout) != test.stdout {
				t.Errorf("%s", got)
			}
			var want strings.Builder
			for _, said := range test.said {
				fmt.Fprintf(&want, "sha1sum: %s\n", said)
			}
			said := string(got.Stderr)
			if i := strings.Index(said, "sha1sum: SUMS: left as it was"); i >= 0 && test.kept != "" {
				wantResults(t, dir, said[i:], test.kept)
				said = said[:i]
			} else if i = strings.Index(said, "sha1sum: soft: left as it was"); i >= 0 {
				wantResults(t, dir, said[i:], test.kept)
				said = said[:i]
			} else if test.kept != "" {
				t.Error("nothing was kept")
			}
			clitest.WantText(t, said, want.String())
			clitest.WantFile(t, dir+"/SUMS", content)
			clitest.WantEntries(t, dir, was)
		})
	}
}

// TestOutputKnowsItself checks that a file is replaced, or skipped if named, if its
// contents are output of psha1sum or of a GNU tool in any form, even without its end, and
// that a file with anything else is rejected.
func TestOutputKnowsItself(t *testing.T) {
	dir := outputDir(t)
	clitest.Write(t, dir, "new\nline", "x")
	clitest.Write(t, dir, `back\slash`, "x")
	names := []string{"a", "new\nline", `back\slash`, "missing"}
	forms := make(map[string]string)
	for _, how := range [][]string{
		{}, {"-b"}, {"--tag"}, {"-z"}, {"-z", "--tag"}, {"-a", "sha1,md5,blake3"}, {"-a", "blake2b", "-l", "256"}, {"-a", "blake2b", "-l", "8", "--tag"},
		{"-a", "blake2b", "-l", "64"}, {"-a", "blake2b", "-l", "504", "-bz"},
		{"-a", "sha224"}, {"-a", "sha512", "-z"}, {"-a", "sha512-256", "--tag"}, {"--json"}, {"--json", "-a", "sha256,md5"},
	} {
		forms[fmt.Sprint(how)] = string(clitest.Ours.Output(t, append(how, names...), clitest.Settings{Dir: dir}).Stdout)
	}
	for title, args := range map[string][]string{
		"JUnit":        append([]string{"--report=junit:report", "-o", "list"}, names...),
		"JUnit, check": {"--report=junit:report", "--status", "-c", "list"},
	} {
		clitest.Write(t, dir, "list", clitest.LineOf("one", "b"))
		os.Remove(dir + "/report")
		clitest.Ours.Output(t, args, clitest.Settings{Dir: dir})
		text, err := os.ReadFile(dir + "/report")
		if err != nil {
			t.Fatal(err)
		}
		forms[title] = string(text)
	}
	known := func(content string) bool {
		t.Helper()
		clitest.Write(t, dir, "SUMS", content)
		got := clitest.Ours.Output(t, []string{"-o", "SUMS", "SUMS"}, clitest.Settings{Dir: dir})
		switch outcome := got.Status + " " + string(got.Stderr); outcome {
		case "exit 0 sha1sum: SUMS: output file skipped\n":
			clitest.WantFile(t, dir+"/SUMS", "")
			return true
		case "exit 1 sha1sum: SUMS: " + notOutput:
			clitest.WantFile(t, dir+"/SUMS", content)
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
				t.Errorf("%s, %d bytes of %d: not known:\n%s", title, end, len(form), clitest.Clip([]byte(form[:end])))
			}
		}
		for change, form := range map[string]string{
			"digits": form[:7], "more": form + "and more\n", "in front": "more\n" + form, "NULs": form + "\x00\x00",
			"begins otherwise": form[:first] + "and",
		} {
			if known(form) {
				t.Errorf("%s, %s: taken for ours:\n%s", title, change, clitest.Clip([]byte(form)))
			}
		}
	}
	for _, text := range []string{
		"\n", " ", "# a comment\n", clitest.LineOf("", "x") + "# a comment\n", "a: OK\n", strings.Repeat("x", 200<<10),
		clitest.LineOf("", "x") + strings.Repeat("x", 200<<10) + "\n", clitest.LineOf("", strings.Repeat("x", 200<<10)),
		strings.Repeat("\x00", 40<<10) + "CD001", "{}\n", `{"type":"start"}` + "\n", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
		"20240101  1200\n20240102  1300\n", "be  careful\n", "1234567890123456 1\n1234567890123456 2\n",
	} {
		if known(text) {
			t.Errorf("taken for ours:\n%s", clitest.Clip([]byte(text)))
		}
	}
}

// notOutput is what is said of a file that is replaced only by force.
const notOutput = "file exists and doesn't look like earlier output; --force replaces it\n"

// TestOutputKnowsShort checks that digests so short that they could be anything are
// recognized only if the run prints digests as short.
func TestOutputKnowsShort(t *testing.T) {
	dir := outputDir(t)
	for _, length := range []string{"8", "16", "56"} {
		os.Remove(dir + "/SUMS")
		args := []string{"-a", "blake2b", "-l", length, "-o", "SUMS", "a"}
		for range 2 {
			clitest.WantOutcome(t, args, clitest.Settings{Dir: dir}, "exit 0", "")
		}
		clitest.WantOutcome(t, []string{"-a", "blake2b", "-l", "24", "-o", "SUMS", "a"}, clitest.Settings{Dir: dir}, "exit 1", "sha1sum: SUMS: "+notOutput)
		clitest.WantOutcome(t, []string{"-o", "SUMS", "a"}, clitest.Settings{Dir: dir}, "exit 1", "sha1sum: SUMS: "+notOutput)
	}
}

// TestOutputKnowsLong checks that a file too long to be read completely is recognized by
// its beginning and its end.
func TestOutputKnowsLong(t *testing.T) {
	dir := outputDir(t)
	line := clitest.LineOf("one", "some name")
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
			clitest.Write(t, dir, "SUMS", content)
			if test.known {
				clitest.WantOutcome(t, []string{"-o", "SUMS", "a"}, clitest.Settings{Dir: dir}, "exit 0", "")
				clitest.WantFile(t, dir+"/SUMS", clitest.LineOf("one", "a"))
				return
			}
			clitest.WantOutcome(t, []string{"-o", "SUMS", "p"}, clitest.Settings{Dir: dir}, "exit 1", "sha1sum: SUMS: "+notOutput)
			clitest.WantFile(t, dir+"/SUMS", content)
		})
	}
	// A huge file of nothing: all of it would take long to read.
	clitest.Write(t, dir, "huge", "")
	if err := os.Truncate(dir+"/huge", 1<<40); err != nil {
		clitest.NotMeant(t, "no file is that large here")
	}
	clitest.WantOutcome(t, []string{"-o", "huge", "p"}, clitest.Settings{Dir: dir}, "exit 1", "sha1sum: huge: "+notOutput)
}

// TestOutputForced checks that a file without earlier output is rejected before anything
// is read (the FIFO would block the process), and replaced with --force.
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
			clitest.Write(t, dir, "list", "a\x00")
			was := clitest.Entries(t, dir)
			run := func(args []string) clitest.Outcome {
				s := clitest.Settings{Dir: dir}
				if test.stdin != "" {
					s.Stdin = clitest.Open(t, test.stdin, os.O_RDONLY)
					defer s.Stdin.Close()
				}
				return clitest.Ours.Output(t, args, s)
			}
			got := run(append(slices.Clone(test.args), "--io=read"))
			if want := "sha1sum: " + test.name + ": " + notOutput; got.Status != "exit 1" || len(got.Stdout) > 0 || string(got.Stderr) != want {
				t.Errorf("%s", got)
			}
			clitest.WantEntries(t, dir, was)
			clitest.WantFile(t, dir+"/SUMS", foreign)
			if text, err := os.ReadFile(dir + "/" + test.name); string(text) != foreign {
				t.Errorf("%q, %v", text, err)
			}
			got = run(append([]string{"--force"}, test.args...))
			want := ""
			if test.said != "" {
				want = "sha1sum: " + test.said
			}
			if got.Status != "exit 0" || len(got.Stdout) > 0 || string(got.Stderr) != want {
				t.Errorf("%s", got)
			}
			if text, err := os.ReadFile(dir + "/" + test.name); err != nil || string(text) == foreign || strings.Contains(string(text), "tree/SUMS") {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}

// TestOutputUnseen checks that an unreadable file is replaced only with --force, unless
// it is empty.
func TestOutputUnseen(t *testing.T) {
	dir := outputDir(t)
	s := clitest.Unprivileged(t, dir)
	clitest.Write(t, dir, "open/SUMS", before)
	clitest.Write(t, dir, "open/empty", "")
	clitest.Chmod(t, dir+"/open", 0o777)
	clitest.Chmod(t, dir+"/open/SUMS", 0o222)
	clitest.Chmod(t, dir+"/open/empty", 0o222)
	clitest.WantOutcome(t, []string{"-o", "open/SUMS", "p"}, s, "exit 1",
		"sha1sum: open/SUMS: file exists and can't be looked into: Permission denied; --force replaces it\n")
	clitest.WantOutcome(t, []string{"-o", "open/empty", "a"}, s, "exit 0", "")
	clitest.WantOutcome(t, []string{"--force", "-o", "open/SUMS", "a"}, s, "exit 0", "")
	clitest.Chmod(t, dir+"/open/SUMS", 0o644)
	clitest.WantFile(t, dir+"/open/SUMS", clitest.LineOf("one", "a"))
}

// TestOutputChangedMeanwhile checks that a file that changes during the run is not
// replaced, and that the results are kept.
func TestOutputChangedMeanwhile(t *testing.T) {
	for _, test := range []struct {
		title, was string
		change     func(t *testing.T, dir string)
		force      []string
		want       string // "" if it is left as it is
	}{
		{"made", "", func(t *testing.T, dir string) { clitest.Write(t, dir, "SUMS", foreign) }, nil, ""},
		{"changed", before, func(t *testing.T, dir string) { clitest.Write(t, dir, "SUMS", foreign) }, nil, ""},
		{"appended to", before, func(t *testing.T, dir string) { clitest.Write(t, dir, "SUMS", before+foreign) }, nil, ""},
		{"replaced", before, func(t *testing.T, dir string) {
			clitest.Write(t, dir, "another", foreign)
			if err := os.Rename(dir+"/another", dir+"/SUMS"); err != nil {
				t.Fatal(err)
			}
		}, nil, ""},
		{"by another run", before, func(t *testing.T, dir string) { clitest.Write(t, dir, "SUMS", earlier) }, nil, "results"},
		{"by force", before, func(t *testing.T, dir string) { clitest.Write(t, dir, "SUMS", foreign) }, []string{"--force"}, "results"},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := outputDir(t)
			clitest.Write(t, dir, "SUMS", test.was)
			if test.was == "" {
				os.Remove(dir + "/SUMS")
			}
			s := clitest.Ours.Session(t, append(test.force, "-o", "SUMS", "a", "p"), clitest.Settings{Dir: dir})
			w := clitest.OpenWriter(t, dir+"/p")
			test.change(t, dir)
			content, err := os.ReadFile(dir + "/SUMS")
			if err != nil {
				t.Fatal(err)
			}
			clitest.Finish(t, w, "fed")
			results := clitest.LineOf("one", "a") + clitest.LineOf("fed", "p")
			if test.want != "" {
				s.WantEnd("exit 0", "", "")
				clitest.WantFile(t, dir+"/SUMS", results)
				return
			}
			if status := s.End(); status != "exit 1" {
				t.Error(status)
			}
			said := s.Stderr.Rest()
			if !strings.HasPrefix(said, "sha1sum: SUMS: "+strings.TrimSuffix(notOutput, "\n")+"; the results are in ") {
				t.Errorf("%q", said)
			}
			wantResults(t, dir, said, results)
			clitest.WantFile(t, dir+"/SUMS", string(content))
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
		name, _, tagged := clitest.CutLast(line, " ")
		if !tagged || !strings.HasSuffix(name, "=") {
			_, name, _ = strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		}
		names = append(names, name)
	}
	return names
}

// TestOutputOfAnother checks that a tree leaves out a file that another process put in
// the place of the output.
func TestOutputOfAnother(t *testing.T) {
	dir := outputDir(t)
	clitest.Write(t, dir, "tree/a", "one")
	clitest.Write(t, dir, "tree/SUMS", before)
	clitest.Write(t, dir, "tree/sub/SUMS", "not it")
	args := []string{"-r", "-o", "tree/SUMS", "p", "tree"}
	s := clitest.Ours.Session(t, args, clitest.Settings{Dir: dir})
	w := clitest.OpenWriter(t, dir+"/p")
	clitest.WantOutcome(t, []string{"-o", "tree/SUMS", "b"}, clitest.Settings{Dir: dir}, "exit 0", "")
	clitest.Finish(t, w, "fed")
	s.WantEnd("exit 0", "", "")
	clitest.WantFile(t, dir+"/tree/SUMS", clitest.LineOf("fed", "p")+clitest.LineOf("one", "tree/a")+clitest.LineOf("not it", "tree/sub/SUMS"))
}

// TestOutputWithoutStreams checks that no standard stream is needed, and that nothing
// takes the place of a closed one.
func TestOutputWithoutStreams(t *testing.T) {
	clitest.NeedEarlyEntry(t)
	dir := outputDir(t)
	p := clitest.Ours.Start(t, []string{"-o", "SUMS", "a", "/dev/stdin", "/dev/stdout", "/dev/stderr", "b"}, []*os.File{nil, nil, nil}, clitest.Settings{Dir: dir})
	if status := p.End(); status != "exit 1" { // nothing can be said of the three
		t.Error(status)
	}
	clitest.WantFile(t, dir+"/SUMS", clitest.LineOf("one", "a")+clitest.LineOf("two", "b"))
	p = clitest.Ours.Start(t, []string{"-o", "SUMS", "b"}, []*os.File{nil, nil, nil}, clitest.Settings{Dir: dir})
	if status := p.End(); status != "exit 0" {
		t.Error(status)
	}
	clitest.WantFile(t, dir+"/SUMS", clitest.LineOf("two", "b"))
	p = clitest.Ours.Start(t, []string{"-o", "/dev/stdout", "b"}, []*os.File{nil, nil, nil}, clitest.Settings{Dir: dir})
	if status := p.End(); status != "exit 1" {
		t.Error(status)
	}
}

// TestOutputLong has a long manifest be what standard output would get, in a file
// with a long name.
func TestOutputLong(t *testing.T) {
	dir := outputDir(t)
	names := clitest.ManyFiles(t, dir+"/many", large.Or(2000, 5000))
	name := "../" + strings.Repeat("s", 250)
	for _, how := range [][]string{nil, {"-z"}, {"--tag"}, {"-a", "sha1,md5"}} {
		want := clitest.Ours.Output(t, append(slices.Clone(how), names...), clitest.Settings{Dir: dir + "/many"}).Stdout
		clitest.WantOutcome(t, slices.Concat(how, []string{"-o", name}, names), clitest.Settings{Dir: dir + "/many"}, "exit 0", "")
		clitest.WantFile(t, dir+"/many/"+name, string(want))
	}
	clitest.WantEntries(t, dir, []string{"SUMS", "a", "b", "many", "p", strings.Repeat("s", 250)})
}
