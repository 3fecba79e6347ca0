package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// bind mounts one file or directory on another.
func bind(t *testing.T, from, on string) {
	t.Helper()
	if os.Geteuid() != 0 {
		notMeant(t, "only the superuser mounts file systems")
	}
	if err := unix.Mount(from, on, "", unix.MS_BIND, ""); err != nil {
		lacks(t, "nothing can be mounted: %v", err)
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
	manifest := lineOf("one", "a")
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
			write(t, dir, "src", old)
			bind(t, dir+"/src", dir+"/SUMS")
			was := entries(t, dir)
			s := settings{dir: dir}
			if test.faults != nil {
				s.under = inject(t, test.faults...)
			}
			want := test.stderr
			if want != "" {
				want = "SUMS: " + want
			}
			if message := wantKept(t, []string{"-o", "SUMS", "a"}, s, test.status, manifest); message != want {
				t.Errorf("%q, want %q", message, want)
			}
			wantFile(t, dir+"/src", test.want)
			wantEntries(t, dir, was)
		})
	}
	t.Run("fsync", func(t *testing.T) { // of the file alone, not of the copy
		dir := outputDir(t)
		write(t, dir, "src", old)
		bind(t, dir+"/src", dir+"/SUMS")
		was := entries(t, dir)
		s := settings{dir: dir, under: strace(t, dir+"/SUMS", "fsync:error=ENOSPC")}
		want := "SUMS: write error: No space left on device" + kept
		if message := wantKept(t, []string{"-o", "SUMS", "a"}, s, "exit 1", manifest); message != want {
			t.Errorf("%q, want %q", message, want)
		}
		wantFile(t, dir+"/src", manifest)
		wantEntries(t, dir, was)
	})
	eachTemp(t, func(t *testing.T, dir string, args, under []string) {
		write(t, dir, "src", old)
		bind(t, dir+"/src", dir+"/SUMS")
		was := entries(t, dir)
		wantOutcome(t, append(args, "a"), settings{dir: dir, under: under}, "exit 0", "")
		wantFile(t, dir+"/src", manifest)
		wantEntries(t, dir, was)

		// Whoever is killed in the middle of it leaves the copy.
		args = append(args, "a")
		if under != nil {
			return // strace takes the path for that of all faults
		}
		s := settings{dir: dir, under: inject(t, "ftruncate:signal=SIGKILL")}
		if got := ours.output(t, args, s); got.status != "signal: killed" {
			t.Fatal(got)
		}
		left := entries(t, dir)
		if len(left) != len(was)+1 || !strings.HasSuffix(left[1], ".kept") {
			t.Fatalf("%q is left", left)
		}
		wantOutcome(t, args, settings{dir: dir}, "exit 0", "")
		wantFile(t, dir+"/"+left[1], manifest)
		wantEntries(t, dir, left)
	})
}

// TestOutputMountPointInTree has all names of a file be passed over, with a word, that
// is to be written to in place.
func TestOutputMountPointInTree(t *testing.T) {
	dir := outputDir(t)
	write(t, dir, "tree/SUMS", "")
	write(t, dir, "tree/a", "one")
	write(t, dir, "tree/src", before)
	if err := os.Link(dir+"/tree/src", dir+"/tree/src2"); err != nil {
		t.Fatal(err)
	}
	bind(t, dir+"/tree/src", dir+"/tree/SUMS")
	wantOutcome(t, []string{"-o", "tree/SUMS", "-r", "tree"}, settings{dir: dir}, "exit 0",
		"sha1sum: tree/src: output file skipped\nsha1sum: tree/src2: output file skipped\n")
	wantFile(t, dir+"/tree/src2", lineOf("one", "tree/a"))
}

// TestOutputMountPointAlone has the copy be where temporary files are, because none
// can be made beside the file; and the file not have room for all.
func TestOutputMountPointAlone(t *testing.T) {
	dir := outputDir(t)
	write(t, dir, "src", before)
	write(t, dir, "root/SUMS", "")
	write(t, dir, "tmp/x", "")
	bind(t, dir+"/root", dir+"/root")
	bind(t, dir+"/src", dir+"/root/SUMS")
	if err := unix.Mount("", dir+"/root", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		lacks(t, "nothing can be mounted read-only: %v", err)
	}
	s := settings{dir: dir, env: []string{"TMPDIR=" + dir + "/tmp"}}
	args := []string{"-o", "root/SUMS", "a"}
	wantOutcome(t, args, s, "exit 0", "")
	wantFile(t, dir+"/src", lineOf("one", "a"))
	wantEntries(t, dir+"/tmp", []string{"x"})

	s.under = inject(t, "ftruncate:error=ENOSPC")
	message := wantKept(t, args, s, "exit 1", lineOf("one", "a"))
	if want := "root/SUMS: write error: No space left on device; the results are in " + dir + "/tmp/"; message != want {
		t.Errorf("%q, want %q", message, want)
	}
	wantEntries(t, dir+"/tmp", []string{"x"})
	s.env = []string{"TMPDIR=" + dir + "/missing"}
	wantOutcome(t, []string{"-o", "root/SUMS", "p"}, s, "exit 1", "sha1sum: root/SUMS: No such file or directory\n")
}

// TestOutputSticky has a file be written to that belongs to another in a sticky
// directory, and one that doesn't be replaced.
func TestOutputSticky(t *testing.T) {
	dir := outputDir(t)
	s := unprivileged(t, dir)
	if s.as == nil {
		notMeant(t, "only the superuser gives files away")
	}
	write(t, dir, "open/SUMS", before)
	write(t, dir, "open/own", before)
	chmod(t, dir+"/open", 0o777|os.ModeSticky)
	chmod(t, dir+"/open/SUMS", 0o666)
	for name, user := range map[string]int{"SUMS": 65000, "own": int(s.as.Uid)} {
		if err := os.Chown(dir+"/open/"+name, user, user); err != nil {
			t.Fatal(err)
		}
	}
	was := entries(t, dir+"/open")
	for _, test := range []struct {
		name string
		as   *syscall.Credential
		same bool // file as before
	}{{"SUMS", s.as, true}, {"own", s.as, false}, {"SUMS", nil, false}} {
		name := dir + "/open/" + test.name
		seen := inode(t, name)
		wantOutcome(t, []string{"-o", name, "a"}, settings{dir: dir, as: test.as}, "exit 0", "")
		wantFile(t, name, lineOf("one", "a"))
		if same := inode(t, name) == seen; same != test.same {
			t.Errorf("%s: the same file: %v, want %v", test.name, same, test.same)
		}
		wantEntries(t, dir+"/open", was)
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
	write(t, dir, "sub/SUMS", before)
	for _, name := range []string{"SUMS", "sub"} {
		name := dir + "/" + name
		if out, err := exec.Command(needProgram(t, "chattr"), "+a", name).CombinedOutput(); err != nil {
			lacks(t, "nothing can be made append-only: %v: %s", err, out)
		}
		t.Cleanup(func() {
			if out, err := exec.Command("chattr", "-a", name).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	for _, under := range [][]string{nil, inject(t, "statx:error=ENOSYS")} {
		for name, want := range map[string]string{
			"SUMS":     "append-only, can't be replaced",
			"sub/SUMS": "in an append-only directory, where nothing can be replaced",
			"sub/new":  "in an append-only directory, where nothing can be replaced",
		} {
			was := entries(t, dir)
			for _, args := range [][]string{{"-o", name, "p"}, {"--report=junit:" + name, "p"}} {
				wantOutcome(t, args, settings{dir: dir, under: under}, "exit 1", "sha1sum: "+name+": "+want+"\n")
			}
			wantEntries(t, dir, was)
			wantEntries(t, dir+"/sub", []string{"SUMS"})
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
				write(t, dir, "sub/SUMS", before)
				write(t, dir, "tmp/x", "")
				s := settings{dir: dir, env: []string{"TMPDIR=tmp"}}
				text := test.nameless
				if named {
					s.under = append(inject(t, "openat:error=EOPNOTSUPP"), "-P", "sub/")
					text = test.withAName
				}
				run := ours.session(t, []string{"-o", "sub/SUMS", "p"}, s)
				w := openWriter(t, dir+"/p")
				if n := len(entries(t, dir+"/sub")); named != (n == 2) {
					t.Fatalf("%d files in the directory", n)
				}
				if err := test.change(dir); err != nil {
					t.Fatal(err)
				}
				finish(t, w, "fed")
				stderr := run.stderr.rest()
				status, want := "exit 0", ""
				if text != "" {
					status, want = "exit 1", "sub/SUMS: "+text
				}
				if got := run.end(); got != status {
					t.Error(got)
				}
				if got := removeKept(t, dir, stderr, lineOf("fed", "p")); got != want {
					t.Errorf("%q, want %q", got, want)
				}
				if text == "" {
					wantFile(t, dir+"/sub/SUMS", lineOf("fed", "p"))
				}
				wantEntries(t, dir+"/tmp", []string{"x"})
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
	s := settings{dir: dir, under: inject(t, "linkat:signal=SIGKILL:when=1")}
	was := entries(t, dir)
	for ours.output(t, []string{"-o", "SUMS", "a"}, s).status != "signal: killed" {
		t.Fatal("it wasn't killed")
	}
	for _, i := range []int{0, 2, 4} {
		write(t, dir, leftover(i), "half a li")
	}
	wantOutcome(t, []string{"-o", "SUMS", "a"}, settings{dir: dir}, "exit 0", "")
	wantEntries(t, dir, was)

	// These are somebody's.
	for i, make := range []func(name string) error{
		func(name string) error { // in use
			f := open(t, name, os.O_RDWR|os.O_CREATE)
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
	was = entries(t, dir)
	wantOutcome(t, []string{"-o", "SUMS", "b"}, settings{dir: dir}, "exit 0", "")
	wantFile(t, dir+"/SUMS", lineOf("two", "b"))
	wantEntries(t, dir, was)
}

// TestReportInPlace has reports be as safe as output.
func TestReportInPlace(t *testing.T) {
	dir := outputDir(t)
	write(t, dir, "src", before)
	bind(t, dir+"/src", dir+"/SUMS")
	was := entries(t, dir)
	args := []string{"--report=junit:SUMS", "--status", "-c", "/dev/null"}
	s := settings{dir: dir, under: inject(t, "ftruncate:error=EIO")}
	ours.output(t, args, settings{dir: dir})
	report, err := os.ReadFile(dir + "/src")
	if err != nil || !strings.Contains(string(report), "</testsuites>") {
		t.Fatalf("%q, %v", report, err)
	}
	wantEntries(t, dir, was)
	message := wantKept(t, args, s, "exit 1", string(report))
	_, message, _ = strings.Cut(message, "sha1sum: ") // behind what is said of the manifest
	if want := "SUMS: write error: Input/output error; the results are in "; message != want {
		t.Errorf("%q, want %q", message, want)
	}
}
