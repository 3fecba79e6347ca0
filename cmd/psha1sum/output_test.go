//go:build unix

package main_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// before is what the file of --output holds before a run.
const before = "what was there before\n"

// outputDir returns a folder with files to hash, a FIFO to hang on, and a file to
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

// entries lists a folder.
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

// wantEntries wants a folder to hold what it held.
func wantEntries(t testing.TB, dir string, want []string) {
	t.Helper()
	if got := entries(t, dir); !slices.Equal(got, want) {
		t.Errorf("the folder holds %q, want %q", got, want)
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
		wantOutcome(t, []string{"-o", "SUMS", "a"}, settings{dir: dir, shell: "umask 027"}, "exit 0", "")
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
		{"another folder", "link", "sub/new", "sub/new"},
		{"out of a folder", "sub/link", "../new", "new"},
		{"out of a folder by a link", "sub/link", "up/../new", "new"}, // not sub/new
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

// TestOutputNeverItself has the file left out under every name.
func TestOutputNeverItself(t *testing.T) {
	for _, test := range []struct {
		title string
		args  []string // the first is for -o
		want  []string // names
	}{
		{"operand", []string{"SUMS", "a", "SUMS", "b"}, []string{"a", "b"}},
		{"operand, other names", []string{"sub/../SUMS", "a", "./SUMS", "hard", "soft", "sub/hard"}, []string{"a"}},
		{"by a link", []string{"soft", "a", "SUMS", "hard", "soft"}, []string{"a"}},
		{"alone", []string{"SUMS", "SUMS"}, nil},
		{"list", []string{"SUMS", "--files0-from=list"}, []string{"a", "b"}},
		{"folder", []string{"sub/SUMS", "-C", "sub", "SUMS", "../sub/SUMS", "x", "../SUMS"}, []string{"x", "../SUMS"}},
		{"several algorithms", []string{"SUMS", "-a", "md5,sha1", "a", "SUMS"}, []string{"MD5 (a) =", "SHA1 (a) ="}},
		{"tree", []string{"SUMS", "-r", "tree"}, []string{"tree/SUMS", "tree/a"}},
		{"tree with a link to it", []string{"SUMS", "-r", "sub"}, []string{"sub/SUMS", "sub/x"}},
		{"tree, itself in it", []string{"tree/SUMS", "-r", "tree"}, []string{"tree/a"}},
		{"tree, links followed", []string{"tree/SUMS", "-rL", "tree"}, []string{"tree/a", "tree/link"}},
		{"tree, from elsewhere", []string{"tree/SUMS", "-r", "-C", "tree"}, []string{"./a"}},
		{"tree and operand", []string{"tree/SUMS", "-r", "tree", "tree/SUMS", "tree/link"}, []string{"tree/a", "tree/link"}},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := outputDir(t)
			write(t, dir, "list", "a\x00SUMS\x00b\x00./SUMS\x00")
			write(t, dir, "sub/x", "x")
			write(t, dir, "sub/SUMS", before)
			write(t, dir, "tree/a", "one")
			write(t, dir, "tree/SUMS", before)
			for link, leadsTo := range map[string]string{"soft": "SUMS", "tree/itself": "SUMS", "tree/link": "../a"} {
				if err := os.Symlink(leadsTo, dir+"/"+link); err != nil {
					t.Fatal(err)
				}
			}
			for range 3 {
				for _, hard := range []string{"hard", "sub/hard"} { // until SUMS is replaced
					os.Remove(dir + "/" + hard)
					if err := os.Link(dir+"/SUMS", dir+"/"+hard); err != nil {
						t.Fatal(err)
					}
				}
				wantOutcome(t, append([]string{"-o"}, test.args...), settings{dir: dir}, "exit 0", "")
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
