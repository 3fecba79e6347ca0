package output_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"golang.org/x/sys/unix"
)

// eachTemp runs a scenario with a temporary file that has no name, and with one
// that has, by what the tool runs under. args have psha1sum write to SUMS in dir.
func eachTemp(t *testing.T, scenario func(t *testing.T, dir string, args []string, under []string)) {
	t.Run("nameless", func(t *testing.T) {
		dir := outputDir(t)
		scenario(t, dir, []string{"-o", dir + "/SUMS"}, nil)
	})
	t.Run("named", func(t *testing.T) {
		dir := outputDir(t)
		scenario(t, dir, []string{"-o", dir + "/SUMS"}, clitest.NoTmpfile(t, dir))
	})
}

// TestOutputTemporary checks that the temporary file has a name only if necessary, and no
// more permissions than the file it replaces.
func TestOutputTemporary(t *testing.T) {
	eachTemp(t, func(t *testing.T, dir string, args, under []string) {
		clitest.Chmod(t, dir+"/SUMS", 0o600)
		was := clitest.Entries(t, dir)
		s := clitest.Ours.Session(t, append(args, "a", "p"), clitest.Settings{Dir: dir, Under: under})
		w := clitest.OpenWriter(t, dir+"/p")
		names := clitest.Temporary(t, dir)
		if want := min(len(under), 1); len(names) != want {
			t.Errorf("there are %q, want %d", names, want)
		}
		for _, name := range names {
			if mode := modeOf(t, dir+"/"+name); mode != 0o600 {
				t.Errorf("%s has mode %v", name, mode)
			}
		}
		clitest.Finish(t, w, "fed")
		s.WantEnd("exit 0", "", "")
		clitest.WantFile(t, dir+"/SUMS", clitest.LineOf("one", "a")+clitest.LineOf("fed", "p"))
		clitest.WantEntries(t, dir, was)
		if mode := modeOf(t, dir+"/SUMS"); mode != 0o600 {
			t.Errorf("the mode is %v", mode)
		}
	})
}

// TestOutputDeath checks that a run ended by a signal leaves everything unchanged.
// SIGKILL leaves a named temporary file behind.
func TestOutputDeath(t *testing.T) {
	for _, signal := range clitest.Deadly {
		t.Run(signal.Name, func(t *testing.T) {
			eachTemp(t, func(t *testing.T, dir string, args, under []string) {
				was := clitest.Entries(t, dir)
				coreless := []string{"/bin/sh", "-c", clitest.NoCore + `; exec "$0" "$@"`}
				s := clitest.Ours.Session(t, append(args, "a", "p", "b"), clitest.Settings{Dir: dir, Under: slices.Concat(under, coreless)})
				w := clitest.OpenWriter(t, dir+"/p")
				defer w.Close()
				s.Settle()
				s.SendSignal(signal)
				s.WantDeath(signal)
				clitest.WantFile(t, dir+"/SUMS", before)
				if under == nil || signal.Signal != syscall.SIGKILL {
					clitest.WantEntries(t, dir, was)
				}
			})
		})
	}
}

// TestOutputNotBegun checks that a run that can't begin leaves everything unchanged.
func TestOutputNotBegun(t *testing.T) {
	eachTemp(t, func(t *testing.T, dir string, args, under []string) {
		was := clitest.Entries(t, dir)
		const missing = "sha1sum: cannot change directory to 'missing': No such file or directory\n"
		clitest.WantOutcome(t, append(args, "-C", "missing", "a"), clitest.Settings{Dir: dir, Under: under}, "exit 1", missing)
		clitest.WantFile(t, dir+"/SUMS", before)
		clitest.WantEntries(t, dir, was)
	})
	dir := outputDir(t)
	under := clitest.Inject(t, "io_uring_setup:error=ENOSYS")
	const noRing = "sha1sum: cannot set up io_uring: Function not implemented\n"
	clitest.WantOutcome(t, []string{"-o", "SUMS", "--io=uring", "a"}, clitest.Settings{Dir: dir, Under: under}, "exit 1", noRing)
	clitest.WantFile(t, dir+"/SUMS", before)
}

// TestOutputBrokenPipe checks that a process that can't write its error message dies of
// it and doesn't replace the file.
func TestOutputBrokenPipe(t *testing.T) {
	eachTemp(t, func(t *testing.T, dir string, args, under []string) {
		was := clitest.Entries(t, dir)
		for range 10 {
			stdin := clitest.Open(t, os.DevNull, os.O_RDONLY)
			stderr := clitest.BrokenPipe(t)
			p := clitest.Ours.Start(t, append(args, "a", "missing"), []*os.File{stdin, stdin, stderr}, clitest.Settings{Dir: dir, Under: under})
			stdin.Close()
			stderr.Close()
			if status := p.End(); status != "signal: broken pipe" {
				t.Fatal(status)
			}
			clitest.WantFile(t, dir+"/SUMS", before)
			clitest.WantEntries(t, dir, was)
		}
	})
}

// TestOutputInheritedIgnore checks that ignored signals stay ignored.
func TestOutputInheritedIgnore(t *testing.T) {
	for _, signal := range []clitest.Signal{{Name: "HUP", Signal: syscall.SIGHUP}, {Name: "INT", Signal: syscall.SIGINT}, {Name: "TERM", Signal: syscall.SIGTERM}} {
		t.Run(signal.Name, func(t *testing.T) {
			eachTemp(t, func(t *testing.T, dir string, args, under []string) {
				if signal.Signal == syscall.SIGTERM {
					clitest.NeedEarlyEntry(t)
				}
				args = append(args, "p", "a")
				ignoring := []string{"/bin/sh", "-c", `trap "" ` + signal.Name + `; exec "$0" "$@"`}
				s := clitest.Ours.Session(t, args, clitest.Settings{Dir: dir, Under: slices.Concat(under, ignoring)})
				w := clitest.OpenWriter(t, dir+"/p")
				s.Settle()
				s.SendSignal(signal)
				s.Settle()
				clitest.Finish(t, w, "fed")
				s.WantEnd("exit 0", "", "")
				clitest.WantFile(t, dir+"/SUMS", clitest.LineOf("fed", "p")+clitest.LineOf("one", "a"))
			})
		})
	}
}

// TestOutputFaults injects faults at the end of a run. Complete results are kept.
func TestOutputFaults(t *testing.T) {
	manifest := clitest.LineOf("one", "a")
	const kept = "; the results are in "
	for _, test := range []struct {
		title  string
		faults []string
		status string
		stderr string
		want   string
	}{
		{"fsync", []string{"fsync:error=EIO"}, "exit 1", "write error: Input/output error", before},
		{"fsync, out of space", []string{"fsync:error=EDQUOT"}, "exit 1", "write error: Disk quota exceeded", before},
		{"fsync once", []string{"fsync:error=EIO:when=1"}, "exit 1", "write error: Input/output error" + kept + "tmp/", before},
		{"fsync unknown", []string{"fsync:error=EINVAL"}, "exit 0", "", manifest},
		{"rename", []string{"/^renameat:error=EPERM"}, "exit 1", "Operation not permitted" + kept, before},
		{"name taken", []string{"linkat:error=EEXIST:when=1"}, "exit 0", "", manifest},
		{"no links", []string{"linkat:error=EPERM"}, "exit 0", "", manifest},
		{"no links, rename", []string{"linkat:error=EPERM", "/^renameat:error=EACCES"}, "exit 1", "Permission denied" + kept + "tmp/", before},
		{"no fchown", []string{"fchown:error=EPERM"}, "exit 0", "", manifest},
		{"SIGTERM before the file has a name", []string{"fsync:signal=SIGTERM"}, "signal: terminated", "", before},
		{"SIGTERM before the rename", []string{"linkat:signal=SIGTERM"}, "signal: terminated", "", before},
		{"SIGTERM when it is too late", []string{"/^renameat:signal=SIGTERM"}, "signal: terminated", "", manifest},
		{"SIGTERM, and the rename fails", []string{"/^renameat:error=EPERM:signal=SIGTERM"}, "signal: terminated", "Operation not permitted" + kept, before},
		{"SIGINT before the rename, no links", []string{"linkat:error=EPERM:signal=SIGINT"}, "signal: interrupt", "", before},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := outputDir(t)
			clitest.Write(t, dir, "tmp/x", "")
			clitest.Chmod(t, dir+"/SUMS", 0o640)
			was := clitest.Entries(t, dir)
			s := clitest.Settings{Dir: dir, Under: clitest.Inject(t, test.faults...), Env: []string{"TMPDIR=tmp"}}
			want := test.stderr
			if want != "" {
				want = "SUMS: " + want
			}
			message := wantKept(t, []string{"-o", "SUMS", "a"}, s, test.status, manifest)
			// strace counts the calls of each thread, and Go may have another make the next.
			once := strings.HasSuffix(test.faults[0], ":when=1")
			for range 20 {
				if !once || message == want {
					break
				}
				message = wantKept(t, []string{"-o", "SUMS", "a"}, s, test.status, manifest)
			}
			if message != want {
				t.Errorf("%q, want %q", message, want)
			}
			clitest.WantFile(t, dir+"/SUMS", test.want)
			clitest.WantEntries(t, dir, was)
			clitest.WantEntries(t, dir+"/tmp", []string{"x"})
			if mode := modeOf(t, dir+"/SUMS"); mode != 0o640 {
				t.Errorf("the mode is %v", mode)
			}
		})
	}
}

// wantKept runs psha1sum, which has one thing to say at the most, and returns that
// without the program's name. If it is where the results are, the last part of that
// name is left out, and the file, which is to hold the manifest, removed.
func wantKept(t *testing.T, args []string, s clitest.Settings, status, manifest string) (message string) {
	t.Helper()
	got := clitest.Ours.Output(t, args, s)
	if got.Status != status || len(got.Stdout) > 0 {
		t.Errorf("%q: %s, want %s", args, got, status)
	}
	return removeKept(t, s.Dir, string(got.Stderr), manifest)
}

// removeKept looks after what is kept by a message of psha1sum's.
func removeKept(t *testing.T, dir, stderr, manifest string) (message string) {
	t.Helper()
	message = strings.TrimSuffix(strings.TrimPrefix(stderr, "sha1sum: "), "\n")
	_, kept, ok := strings.Cut(message, "; the results are in ")
	if !ok {
		return message
	}
	if !filepath.IsAbs(kept) {
		kept = dir + "/" + kept
	}
	clitest.WantFile(t, kept, manifest)
	if base := filepath.Base(kept); !strings.HasPrefix(base, "SUMS.") || !strings.HasSuffix(base, ".kept") {
		t.Errorf("it is called %q", base)
	}
	if err := os.Remove(kept); err != nil {
		t.Error(err)
	}
	return strings.TrimSuffix(message, filepath.Base(kept))
}

// TestOutputNoSpace checks a full file system.
func TestOutputNoSpace(t *testing.T) {
	dir := outputDir(t)
	if os.Geteuid() != 0 {
		clitest.NotMeant(t, "only the superuser mounts file systems")
	}
	names := clitest.ManyFiles(t, dir+"/many", 2000)
	small := filepath.Join(dir, "small")
	clitest.Write(t, small, "x", "")
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=64k"); err != nil {
		clitest.Lacks(t, "a tmpfs can't be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	})
	clitest.Write(t, small, "SUMS", before)
	for _, under := range [][]string{nil, clitest.NoTmpfile(t, small)} {
		clitest.WantOutcome(t, append([]string{"-o", small + "/SUMS", "missing"}, names...), clitest.Settings{Dir: dir + "/many", Under: under}, "exit 1",
			"sha1sum: missing: No such file or directory\n"+
				"sha1sum: "+small+"/SUMS: write error: No space left on device\n")
		clitest.WantFile(t, small+"/SUMS", before)
		clitest.WantEntries(t, small, []string{"SUMS"})
	}
	clitest.WantOutcome(t, append([]string{"-o", small + "/SUMS"}, names[:100]...), clitest.Settings{Dir: dir + "/many"}, "exit 0", "")
}
