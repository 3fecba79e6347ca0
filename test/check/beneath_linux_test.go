package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/filetest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// TestBeneathWithoutOpenat2 checks that the same names are rejected with the same
// messages where openat2(2) is missing or forbidden.
func TestBeneathWithoutOpenat2(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	l := newHostileDir(t)
	names := slices.Concat(l.names, l.hostile())
	if clitest.Exists("/proc/self/fd") { // a link that must be told from another
		names = append(names, "root/proc/self/exe")
	}
	want := l.check(t, l.manifest(names), clitest.Settings{}, "--beneath")
	for _, fault := range []string{"ENOSYS", "EPERM"} {
		t.Run(fault, func(t *testing.T) {
			under := clitest.StraceAll(t, "openat2:error="+fault)
			got := l.check(t, l.manifest(names), clitest.Settings{Under: under}, "--beneath")
			l.wantRefusals(t, got, names)
			if difference := clitest.Compare(got, want); difference != "" {
				t.Errorf("%s differ\nwant\n%sgot\n%s", difference, want, got)
			}
		})
	}
}

// TestBeneathRace exchanges files and directories for links to a secret, as fast as
// possible, while a manifest is checked that lists the secret's digest thousands of
// times: an OK is a leak. Without --beneath there are leaks.
func TestBeneathRace(t *testing.T) {
	clitest.NeedOwn(t)
	lines, rounds := 5000, large.Or(1, 3)
	if testing.Short() || clitest.RaceEnabled {
		lines, rounds = 2000, 1
	}
	for _, race := range []struct{ title, x, y, to string }{
		{"file", "d/f", "link", "../../secret/f"},
		{"file, absolute", "d/f", "link", "/"},
		{"directory", "d", "link", "../secret"},
		{"directory, absolute", "d", "link", "/"},
	} {
		t.Run(race.title, func(t *testing.T) {
			top := t.TempDir()
			clitest.Write(t, top, "secret/f", secret)
			clitest.Write(t, top, "base/d/f", "harmless")
			clitest.Write(t, top, "manifest", strings.Repeat(clitest.LineOf(secret, "d/f"), lines))
			base, to := filepath.Join(top, "base"), race.to
			if to == "/" {
				to = filepath.Join(top, strings.Replace(race.x, "d", "secret", 1))
			}
			x, y := filepath.Join(base, race.x), filepath.Join(base, race.y)
			if err := os.Symlink(to, y); err != nil {
				t.Fatal(err)
			}
			filetest.ExchangeAlways(t, x, y)
			deadline := time.Now().Add(2 * clitest.Limit)
			nothing := func(why string) {
				if time.Now().After(deadline) {
					clitest.Lacks(t, "%s: nothing is proved", why)
				}
			}
			refused, harmless := 0, 0
			for _, io := range []string{"read", "auto"} {
				for round := 0; round < rounds || refused == 0 || harmless == 0; round++ {
					nothing("all was refused, or nothing")
					args := []string{"-c", "--io=" + io, "../manifest"}
					for leaks(clitest.Ours.Output(t, args, clitest.Settings{Dir: base})) == 0 {
						nothing("there is no leak without --beneath")
					}
					got := clitest.Ours.Output(t, append(args, "--beneath"), clitest.Settings{Dir: base})
					if n := leaks(got); n > 0 {
						t.Fatalf("%d leaks with --io=%s", n, io)
					}
					r, h := strings.Count(string(got.Stdout), "FAILED open or read\n"), strings.Count(string(got.Stdout), "FAILED\n")
					if r+h != lines {
						t.Errorf("%d refused and %d harmless of %d", r, h, lines)
					}
					refused, harmless = refused+r, harmless+h
					for line := range strings.Lines(string(got.Stderr)) {
						if !strings.HasPrefix(line, "sha1sum: WARNING: ") && line != "sha1sum: d/f: refused: leads out of the directory\n" {
							t.Fatalf("%q", line)
						}
					}
				}
			}
		})
	}
}

// TestBeneathOpens checks that rejected names are opened only in ways without side
// effects, and that no file is read through a ring.
func TestBeneathOpens(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	l := newHostileDir(t) // with enough small files for a ring, if they were for one
	clitest.Write(t, l.top, "manifest", l.manifest(slices.Concat(l.names, l.hostile())))
	log := filepath.Join(t.TempDir(), "log")
	program := clitest.NeedProgram(t, "strace")
	under := []string{program, "-f", "-qq", "-o", log, "-e", "trace=openat,openat2,io_uring_setup"}
	clitest.Ours.Output(t, []string{"-c", "--beneath", "--io=auto", "../manifest"}, clitest.Settings{Dir: l.base, Under: under})
	text, err := os.ReadFile(log)
	if err != nil {
		clitest.Lacks(t, "strace doesn't work here: %v", err)
	}
	calls := string(text)
	if strings.Contains(calls, "io_uring_setup") {
		t.Error("a ring was made")
	}
	beneath := 0
	for call := range strings.Lines(calls) {
		switch {
		case strings.Contains(call, "RESOLVE_BENEATH"):
			beneath++
			if !strings.Contains(call, "O_PATH") {
				t.Errorf("opened at once: %s", call)
			}
		case strings.Contains(call, "secret"), strings.Contains(call, "fifo"), strings.Contains(call, "/dev/"), strings.Contains(call, "passwd"):
			t.Errorf("opened: %s", call)
		}
	}
	if beneath == 0 {
		clitest.Lacks(t, "there is no openat2(2) here")
	}
}

// TestOwnDirectoryFault checks that a manifest whose directory can't be opened is treated
// like one that can't be opened itself.
func TestOwnDirectoryFault(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "bad/SUMS", clitest.LineOf("a", "a"))
	clitest.Write(t, dir, "bad/a", "a")
	clitest.Write(t, dir, "good/SUMS", clitest.LineOf("b", "b"))
	clitest.Write(t, dir, "good/b", "b")
	for _, option := range []string{"--beneath", "--strict"} {
		under := clitest.Strace(t, dir, "openat:error=EACCES")
		under[slices.Index(under, "-P")+1] = dir + "/bad/"
		args := []string{"-c", "--relative-to=manifest", option, "good/SUMS", dir + "/bad/SUMS", "good/SUMS"}
		got := clitest.Ours.Output(t, args, clitest.Settings{Dir: dir, Under: under})
		// What strace says of the path comes first.
		said := strings.HasSuffix(string(got.Stderr), "sha1sum: "+dir+"/bad/SUMS: Permission denied\n")
		if got.Status != "exit 1" || string(got.Stdout) != "b: OK\nb: OK\n" || !said {
			t.Errorf("%s\n%s", option, got)
		}
	}
}
