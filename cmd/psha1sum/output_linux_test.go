package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inject returns the command that injects faults into all system calls of a tool,
// which stays our own child (-D).
func inject(t *testing.T, faults ...string) []string {
	t.Helper()
	program := needProgram(t, "strace")
	if out, err := exec.Command(program, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		lacks(t, "strace doesn't work here: %v: %s", err, out)
	}
	command := []string{program, "-D", "-f", "-e", "quiet=all", "-o", os.DevNull}
	for _, fault := range faults {
		command = append(command, "-e", "inject="+fault)
	}
	return command
}

// named has a tool find that no file without a name can be made in dir.
func named(t *testing.T, dir string) []string {
	command := inject(t, "openat:error=EOPNOTSUPP")
	return append(command, "-P", dir+"/")
}

// eachTemp runs a scenario with a temporary file that has no name, and with one
// that has, by what the tool runs under. args have psha1sum write to SUMS in dir.
func eachTemp(t *testing.T, scenario func(t *testing.T, dir string, args []string, under []string)) {
	t.Run("nameless", func(t *testing.T) {
		dir := outputDir(t)
		scenario(t, dir, []string{"-o", dir + "/SUMS"}, nil)
	})
	t.Run("named", func(t *testing.T) {
		dir := outputDir(t)
		scenario(t, dir, []string{"-o", dir + "/SUMS"}, named(t, dir))
	})
}

// temporary returns the names of temporary files in a directory.
func temporary(t *testing.T, dir string) []string {
	t.Helper()
	return slices.DeleteFunc(entries(t, dir), func(name string) bool {
		return !strings.HasPrefix(name, ".SUMS.") || !strings.HasSuffix(name, ".tmp")
	})
}

// TestOutputTemporary has the temporary file have a name only where it must, and be
// no more open to others than what it replaces.
func TestOutputTemporary(t *testing.T) {
	eachTemp(t, func(t *testing.T, dir string, args, under []string) {
		chmod(t, dir+"/SUMS", 0o600)
		was := entries(t, dir)
		s := ours.session(t, append(args, "a", "p"), settings{dir: dir, under: under})
		w := openWriter(t, dir+"/p")
		names := temporary(t, dir)
		if want := min(len(under), 1); len(names) != want {
			t.Errorf("there are %q, want %d", names, want)
		}
		for _, name := range names {
			if mode := modeOf(t, dir+"/"+name); mode != 0o600 {
				t.Errorf("%s has mode %v", name, mode)
			}
		}
		finish(t, w, "fed")
		s.wantEnd("exit 0", "", "")
		wantFile(t, dir+"/SUMS", lineOf("one", "a")+lineOf("fed", "p"))
		wantEntries(t, dir, was)
		if mode := modeOf(t, dir+"/SUMS"); mode != 0o600 {
			t.Errorf("the mode is %v", mode)
		}
	})
}

// TestOutputDeath has a process that a signal ends in the middle of a run leave
// everything as it was. SIGKILL leaves no time to remove what has a name.
func TestOutputDeath(t *testing.T) {
	for _, signal := range deadly {
		t.Run(signal.name, func(t *testing.T) {
			eachTemp(t, func(t *testing.T, dir string, args, under []string) {
				was := entries(t, dir)
				coreless := []string{"/bin/sh", "-c", noCore + `; exec "$0" "$@"`}
				s := ours.session(t, append(args, "a", "p", "b"), settings{dir: dir, under: slices.Concat(under, coreless)})
				w := openWriter(t, dir+"/p")
				defer w.Close()
				s.settle()
				s.signal(signal)
				s.wantDeath(signal)
				wantFile(t, dir+"/SUMS", before)
				if under == nil || signal.Signal != syscall.SIGKILL {
					wantEntries(t, dir, was)
				}
			})
		})
	}
}

// TestOutputNotBegun has a run that can't begin leave everything as it was.
func TestOutputNotBegun(t *testing.T) {
	eachTemp(t, func(t *testing.T, dir string, args, under []string) {
		was := entries(t, dir)
		const missing = "sha1sum: cannot change directory to 'missing': No such file or directory\n"
		wantOutcome(t, append(args, "-C", "missing", "a"), settings{dir: dir, under: under}, "exit 1", missing)
		wantFile(t, dir+"/SUMS", before)
		wantEntries(t, dir, was)
	})
	dir := outputDir(t)
	under := inject(t, "io_uring_setup:error=ENOSYS")
	const noRing = "sha1sum: cannot set up io_uring: Function not implemented\n"
	wantOutcome(t, []string{"-o", "SUMS", "--io=uring", "a"}, settings{dir: dir, under: under}, "exit 1", noRing)
	wantFile(t, dir+"/SUMS", before)
}

// TestOutputBrokenPipe has a process that can't say what is wrong die of it, and
// put nothing in the file's place.
func TestOutputBrokenPipe(t *testing.T) {
	eachTemp(t, func(t *testing.T, dir string, args, under []string) {
		was := entries(t, dir)
		for range 10 {
			stdin := open(t, os.DevNull, os.O_RDONLY)
			stderr := brokenPipe(t)
			p := ours.start(t, append(args, "a", "missing"), []*os.File{stdin, stdin, stderr}, settings{dir: dir, under: under})
			stdin.Close()
			stderr.Close()
			if status := p.end(); status != "signal: broken pipe" {
				t.Fatal(status)
			}
			wantFile(t, dir+"/SUMS", before)
			wantEntries(t, dir, was)
		}
	})
}

// TestOutputInheritedIgnore has signals that were ignored stay so.
func TestOutputInheritedIgnore(t *testing.T) {
	for _, signal := range []namedSignal{{"HUP", syscall.SIGHUP}, {"INT", syscall.SIGINT}, {"TERM", syscall.SIGTERM}} {
		t.Run(signal.name, func(t *testing.T) {
			eachTemp(t, func(t *testing.T, dir string, args, under []string) {
				if signal.Signal == syscall.SIGTERM {
					needEarlyEntry(t)
				}
				args = append(args, "p", "a")
				ignoring := []string{"/bin/sh", "-c", `trap "" ` + signal.name + `; exec "$0" "$@"`}
				s := ours.session(t, args, settings{dir: dir, under: slices.Concat(under, ignoring)})
				w := openWriter(t, dir+"/p")
				s.settle()
				s.signal(signal)
				s.settle()
				finish(t, w, "fed")
				s.wantEnd("exit 0", "", "")
				wantFile(t, dir+"/SUMS", lineOf("fed", "p")+lineOf("one", "a"))
			})
		})
	}
}

// TestOutputFaults has what may go wrong at the end go wrong. What is whole is kept.
func TestOutputFaults(t *testing.T) {
	manifest := lineOf("one", "a")
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
			write(t, dir, "tmp/x", "")
			chmod(t, dir+"/SUMS", 0o640)
			was := entries(t, dir)
			s := settings{dir: dir, under: inject(t, test.faults...), env: []string{"TMPDIR=tmp"}}
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
			wantFile(t, dir+"/SUMS", test.want)
			wantEntries(t, dir, was)
			wantEntries(t, dir+"/tmp", []string{"x"})
			if mode := modeOf(t, dir+"/SUMS"); mode != 0o640 {
				t.Errorf("the mode is %v", mode)
			}
		})
	}
}

// wantKept runs psha1sum, which has one thing to say at the most, and returns that
// without the program's name. If it is where the results are, the last part of that
// name is left out, and the file, which is to hold the manifest, removed.
func wantKept(t *testing.T, args []string, s settings, status, manifest string) (message string) {
	t.Helper()
	got := ours.output(t, args, s)
	if got.status != status || len(got.stdout) > 0 {
		t.Errorf("%q: %s, want %s", args, got, status)
	}
	return removeKept(t, s.dir, string(got.stderr), manifest)
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
	wantFile(t, kept, manifest)
	if base := filepath.Base(kept); !strings.HasPrefix(base, "SUMS.") || !strings.HasSuffix(base, ".kept") {
		t.Errorf("it is called %q", base)
	}
	if err := os.Remove(kept); err != nil {
		t.Error(err)
	}
	return strings.TrimSuffix(message, filepath.Base(kept))
}

// TestOutputNoSpace has the file system of the file be full.
func TestOutputNoSpace(t *testing.T) {
	dir := outputDir(t)
	if os.Geteuid() != 0 {
		notMeant(t, "only the superuser mounts file systems")
	}
	names := manyFiles(t, dir+"/many", 2000)
	small := filepath.Join(dir, "small")
	write(t, small, "x", "")
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=64k"); err != nil {
		lacks(t, "a tmpfs can't be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	})
	write(t, small, "SUMS", before)
	for _, under := range [][]string{nil, named(t, small)} {
		wantOutcome(t, append([]string{"-o", small + "/SUMS", "missing"}, names...), settings{dir: dir + "/many", under: under}, "exit 1",
			"sha1sum: missing: No such file or directory\n"+
				"sha1sum: "+small+"/SUMS: write error: No space left on device\n")
		wantFile(t, small+"/SUMS", before)
		wantEntries(t, small, []string{"SUMS"})
	}
	wantOutcome(t, append([]string{"-o", small + "/SUMS"}, names[:100]...), settings{dir: dir + "/many"}, "exit 0", "")
}
