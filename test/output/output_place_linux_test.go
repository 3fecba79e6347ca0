package output_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"golang.org/x/sys/unix"
)

// bind mounts one file or directory on another.
func bind(t *testing.T, from, on string) {
	t.Helper()
	if os.Geteuid() != 0 {
		clitest.NotMeant(t, "only the superuser mounts file systems")
	}
	if err := unix.Mount(from, on, "", unix.MS_BIND, ""); err != nil {
		clitest.Lacks(t, "nothing can be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(on, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// TestOutputMountPoint has a file be written to that is mounted where it is, as single
// files are in containers. At any time it or a copy is whole.
func TestOutputMountPoint(t *testing.T) {
	const kept = "; the results are in "
	manifest := clitest.LineOf("one", "a")
	old := strings.Repeat(before, 3)
	half := manifest + old[len(manifest):]
	for _, test := range []struct {
		title  string
		faults []string
		status string
		stderr string
		want   string
	}{
		{"no faults", nil, "exit 0", "", manifest},
		{"Linux before 5.8", []string{"statx:error=ENOSYS"}, "exit 0", "", manifest},
		{"no links", []string{"linkat:error=EPERM"}, "exit 0", "", manifest},
		{"truncate", []string{"ftruncate:error=EIO"}, "exit 1", "write error: Input/output error" + kept, half},
		{"SIGTERM before it is written to", []string{"linkat:signal=SIGTERM"}, "signal: terminated", "", old},
		{"SIGTERM while it is written to", []string{"ftruncate:signal=SIGTERM"}, "signal: terminated", "", manifest},
		{"SIGTERM, and it fails", []string{"ftruncate:error=EIO:signal=SIGTERM"}, "signal: terminated", "write error: Input/output error" + kept, half},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := outputDir(t)
			clitest.Write(t, dir, "src", old)
			bind(t, dir+"/src", dir+"/SUMS")
			was := clitest.Entries(t, dir)
			s := clitest.Settings{Dir: dir}
			if test.faults != nil {
				s.Under = clitest.Inject(t, test.faults...)
			}
			want := test.stderr
			if want != "" {
				want = "SUMS: " + want
			}
			if message := wantKept(t, []string{"-o", "SUMS", "a"}, s, test.status, manifest); message != want {
				t.Errorf("%q, want %q", message, want)
			}
			clitest.WantFile(t, dir+"/src", test.want)
			clitest.WantEntries(t, dir, was)
		})
	}
	t.Run("fsync", func(t *testing.T) { // of the file alone, not of the copy
		dir := outputDir(t)
		clitest.Write(t, dir, "src", old)
		bind(t, dir+"/src", dir+"/SUMS")
		was := clitest.Entries(t, dir)
		s := clitest.Settings{Dir: dir, Under: clitest.Strace(t, dir+"/SUMS", "fsync:error=ENOSPC")}
		want := "SUMS: write error: No space left on device" + kept
		if message := wantKept(t, []string{"-o", "SUMS", "a"}, s, "exit 1", manifest); message != want {
			t.Errorf("%q, want %q", message, want)
		}
		clitest.WantFile(t, dir+"/src", manifest)
		clitest.WantEntries(t, dir, was)
	})
	eachTemp(t, func(t *testing.T, dir string, args, under []string) {
		clitest.Write(t, dir, "src", old)
		bind(t, dir+"/src", dir+"/SUMS")
		was := clitest.Entries(t, dir)
		clitest.WantOutcome(t, append(args, "a"), clitest.Settings{Dir: dir, Under: under}, "exit 0", "")
		clitest.WantFile(t, dir+"/src", manifest)
		clitest.WantEntries(t, dir, was)

		// Whoever is killed in the middle of it leaves the copy.
		args = append(args, "a")
		if under != nil {
			return // strace takes the path for that of all faults
		}
		s := clitest.Settings{Dir: dir, Under: clitest.Inject(t, "ftruncate:signal=SIGKILL")}
		if got := clitest.Ours.Output(t, args, s); got.Status != "signal: killed" {
			t.Fatal(got)
		}
		left := clitest.Entries(t, dir)
		if len(left) != len(was)+1 || !strings.HasSuffix(left[1], ".kept") {
			t.Fatalf("%q is left", left)
		}
		clitest.WantOutcome(t, args, clitest.Settings{Dir: dir}, "exit 0", "")
		clitest.WantFile(t, dir+"/"+left[1], manifest)
		clitest.WantEntries(t, dir, left)
	})
}

// TestOutputMountPointInTree has all names of a file be passed over, with a word, that
// is to be written to in place.
func TestOutputMountPointInTree(t *testing.T) {
	dir := outputDir(t)
	clitest.Write(t, dir, "tree/SUMS", "")
	clitest.Write(t, dir, "tree/a", "one")
	clitest.Write(t, dir, "tree/src", before)
	if err := os.Link(dir+"/tree/src", dir+"/tree/src2"); err != nil {
		t.Fatal(err)
	}
	bind(t, dir+"/tree/src", dir+"/tree/SUMS")
	clitest.WantOutcome(t, []string{"-o", "tree/SUMS", "-r", "tree"}, clitest.Settings{Dir: dir}, "exit 0",
		"sha1sum: tree/src: output file skipped\nsha1sum: tree/src2: output file skipped\n")
	clitest.WantFile(t, dir+"/tree/src2", clitest.LineOf("one", "tree/a"))
}

// TestOutputMountPointAlone has the copy be where temporary files are, because none
// can be made beside the file; and the file not have room for all.
func TestOutputMountPointAlone(t *testing.T) {
	dir := outputDir(t)
	clitest.Write(t, dir, "src", before)
	clitest.Write(t, dir, "root/SUMS", "")
	clitest.Write(t, dir, "tmp/x", "")
	bind(t, dir+"/root", dir+"/root")
	bind(t, dir+"/src", dir+"/root/SUMS")
	if err := unix.Mount("", dir+"/root", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		clitest.Lacks(t, "nothing can be mounted read-only: %v", err)
	}
	s := clitest.Settings{Dir: dir, Env: []string{"TMPDIR=" + dir + "/tmp"}}
	args := []string{"-o", "root/SUMS", "a"}
	clitest.WantOutcome(t, args, s, "exit 0", "")
	clitest.WantFile(t, dir+"/src", clitest.LineOf("one", "a"))
	clitest.WantEntries(t, dir+"/tmp", []string{"x"})

	s.Under = clitest.Inject(t, "ftruncate:error=ENOSPC")
	message := wantKept(t, args, s, "exit 1", clitest.LineOf("one", "a"))
	if want := "root/SUMS: write error: No space left on device; the results are in " + dir + "/tmp/"; message != want {
		t.Errorf("%q, want %q", message, want)
	}
	clitest.WantEntries(t, dir+"/tmp", []string{"x"})
	s.Env = []string{"TMPDIR=" + dir + "/missing"}
	clitest.WantOutcome(t, []string{"-o", "root/SUMS", "p"}, s, "exit 1", "sha1sum: root/SUMS: No such file or directory\n")
}

// TestOutputSticky has a file be written to that belongs to another in a sticky
// directory, and one that doesn't be replaced.
func TestOutputSticky(t *testing.T) {
	dir := outputDir(t)
	s := clitest.Unprivileged(t, dir)
	if s.As == nil {
		clitest.NotMeant(t, "only the superuser gives files away")
	}
	clitest.Write(t, dir, "open/SUMS", before)
	clitest.Write(t, dir, "open/own", before)
	clitest.Chmod(t, dir+"/open", 0o777|os.ModeSticky)
	clitest.Chmod(t, dir+"/open/SUMS", 0o666)
	for name, user := range map[string]int{"SUMS": 65000, "own": int(s.As.Uid)} {
		if err := os.Chown(dir+"/open/"+name, user, user); err != nil {
			t.Fatal(err)
		}
	}
	was := clitest.Entries(t, dir+"/open")
	for _, test := range []struct {
		name string
		as   *syscall.Credential
		same bool // file as before
	}{{"SUMS", s.As, true}, {"own", s.As, false}, {"SUMS", nil, false}} {
		name := dir + "/open/" + test.name
		seen := inode(t, name)
		clitest.WantOutcome(t, []string{"-o", name, "a"}, clitest.Settings{Dir: dir, As: test.as}, "exit 0", "")
		clitest.WantFile(t, name, clitest.LineOf("one", "a"))
		if same := inode(t, name) == seen; same != test.same {
			t.Errorf("%s: the same file: %v, want %v", test.name, same, test.same)
		}
		clitest.WantEntries(t, dir+"/open", was)
	}
}

func inode(t *testing.T, name string) uint64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Ino
}

// TestOutputAppendOnly has what can only grow be refused at the beginning.
func TestOutputAppendOnly(t *testing.T) {
	dir := outputDir(t)
	clitest.Write(t, dir, "sub/SUMS", before)
	for _, name := range []string{"SUMS", "sub"} {
		name := dir + "/" + name
		if out, err := exec.Command(clitest.NeedProgram(t, "chattr"), "+a", name).CombinedOutput(); err != nil {
			clitest.Lacks(t, "nothing can be made append-only: %v: %s", err, out)
		}
		t.Cleanup(func() {
			if out, err := exec.Command("chattr", "-a", name).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	for _, under := range [][]string{nil, clitest.Inject(t, "statx:error=ENOSYS")} {
		for name, want := range map[string]string{
			"SUMS":     "append-only, can't be replaced",
			"sub/SUMS": "in an append-only directory, where nothing can be replaced",
			"sub/new":  "in an append-only directory, where nothing can be replaced",
		} {
			was := clitest.Entries(t, dir)
			for _, args := range [][]string{{"-o", name, "p"}, {"--report=junit:" + name, "p"}} {
				clitest.WantOutcome(t, args, clitest.Settings{Dir: dir, Under: under}, "exit 1", "sha1sum: "+name+": "+want+"\n")
			}
			clitest.WantEntries(t, dir, was)
			clitest.WantEntries(t, dir+"/sub", []string{"SUMS"})
		}
	}
}

// TestOutputMeanwhile has the way to the file change while it is written. What came
// of the run is kept, beside the file or where temporary files are.
func TestOutputMeanwhile(t *testing.T) {
	move := func(from, to string) func(dir string) error {
		return func(dir string) error { return os.Rename(dir+"/"+from, dir+"/"+to) }
	}
	const gone = "No such file or directory; the results are in tmp/"
	for _, test := range []struct {
		title     string
		change    func(dir string) error
		nameless  string // what is said, up to the name of what is kept; "" if all is well
		withAName string
	}{
		{"file became a directory", func(dir string) error {
			os.Remove(dir + "/sub/SUMS")
			return os.Mkdir(dir+"/sub/SUMS", 0o755)
		}, "Is a directory; the results are in sub/", "Is a directory; the results are in sub/"},
		{"file removed", func(dir string) error { return os.Remove(dir + "/sub/SUMS") }, "", ""},
		{"directory renamed", move("sub", "aside"), "write error: " + gone, gone},
		{"directory removed", func(dir string) error { return os.RemoveAll(dir + "/sub") }, "write error: " + gone, gone},
		{"directory replaced", func(dir string) error {
			os.Rename(dir+"/sub", dir+"/aside")
			return os.Mkdir(dir+"/sub", 0o755)
		}, "", gone},
	} {
		for _, named := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, named: %v", test.title, named), func(t *testing.T) {
				dir := outputDir(t)
				clitest.Write(t, dir, "sub/SUMS", before)
				clitest.Write(t, dir, "tmp/x", "")
				s := clitest.Settings{Dir: dir, Env: []string{"TMPDIR=tmp"}}
				text := test.nameless
				if named {
					s.Under = append(clitest.Inject(t, "openat:error=EOPNOTSUPP"), "-P", "sub/")
					text = test.withAName
				}
				run := clitest.Ours.Session(t, []string{"-o", "sub/SUMS", "p"}, s)
				w := clitest.OpenWriter(t, dir+"/p")
				if n := len(clitest.Entries(t, dir+"/sub")); named != (n == 2) {
					t.Fatalf("%d files in the directory", n)
				}
				if err := test.change(dir); err != nil {
					t.Fatal(err)
				}
				clitest.Finish(t, w, "fed")
				stderr := run.Stderr.Rest()
				status, want := "exit 0", ""
				if text != "" {
					status, want = "exit 1", "sub/SUMS: "+text
				}
				if got := run.End(); got != status {
					t.Error(got)
				}
				if got := removeKept(t, dir, stderr, clitest.LineOf("fed", "p")); got != want {
					t.Errorf("%q, want %q", got, want)
				}
				if text == "" {
					clitest.WantFile(t, dir+"/sub/SUMS", clitest.LineOf("fed", "p"))
				}
				clitest.WantEntries(t, dir+"/tmp", []string{"x"})
			})
		}
	}
}

// TestOutputLeftovers has what a process left behind that was killed be removed by the
// next, and nothing else.
func TestOutputLeftovers(t *testing.T) {
	dir := outputDir(t)
	leftover := func(i int) string { return fmt.Sprintf(".SUMS.psha1sum%d.tmp", i) }
	// One process is killed when its file has a name.
	s := clitest.Settings{Dir: dir, Under: clitest.Inject(t, "linkat:signal=SIGKILL:when=1")}
	was := clitest.Entries(t, dir)
	for clitest.Ours.Output(t, []string{"-o", "SUMS", "a"}, s).Status != "signal: killed" {
		t.Fatal("it wasn't killed")
	}
	for _, i := range []int{0, 2, 4} {
		clitest.Write(t, dir, leftover(i), "half a li")
	}
	clitest.WantOutcome(t, []string{"-o", "SUMS", "a"}, clitest.Settings{Dir: dir}, "exit 0", "")
	clitest.WantEntries(t, dir, was)

	// These are somebody's.
	for i, make := range []func(name string) error{
		func(name string) error { // in use
			f := clitest.Open(t, name, os.O_RDWR|os.O_CREATE)
			t.Cleanup(func() { f.Close() })
			return unix.Flock(int(f.Fd()), unix.LOCK_EX)
		},
		func(name string) error { return os.Symlink("a", name) },
		func(name string) error { return os.Link(dir+"/a", name) },
		func(name string) error { return os.Mkdir(name, 0o755) },
		func(name string) error { return unix.Mkfifo(name, 0o644) },
		func(name string) error { return os.WriteFile(dir+"/SUMS.12345678.kept", []byte("results"), 0o644) },
		func(name string) error { return os.WriteFile(dir+"/.SUMS.1.tmp", nil, 0o644) },
	} {
		if err := make(dir + "/" + leftover(i)); err != nil {
			t.Fatal(err)
		}
	}
	was = clitest.Entries(t, dir)
	clitest.WantOutcome(t, []string{"-o", "SUMS", "b"}, clitest.Settings{Dir: dir}, "exit 0", "")
	clitest.WantFile(t, dir+"/SUMS", clitest.LineOf("two", "b"))
	clitest.WantEntries(t, dir, was)
}

// TestReportInPlace has reports be as safe as output.
func TestReportInPlace(t *testing.T) {
	dir := outputDir(t)
	clitest.Write(t, dir, "src", before)
	bind(t, dir+"/src", dir+"/SUMS")
	was := clitest.Entries(t, dir)
	args := []string{"--report=junit:SUMS", "--status", "-c", "/dev/null"}
	s := clitest.Settings{Dir: dir, Under: clitest.Inject(t, "ftruncate:error=EIO")}
	clitest.Ours.Output(t, args, clitest.Settings{Dir: dir})
	report, err := os.ReadFile(dir + "/src")
	if err != nil || !strings.Contains(string(report), "</testsuites>") {
		t.Fatalf("%q, %v", report, err)
	}
	clitest.WantEntries(t, dir, was)
	message := wantKept(t, args, s, "exit 1", string(report))
	_, message, _ = strings.Cut(message, "sha1sum: ") // behind what is said of the manifest
	if want := "SUMS: write error: Input/output error; the results are in "; message != want {
		t.Errorf("%q, want %q", message, want)
	}
}
