//go:build unix

package trees_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// TestListMessages compares messages about bad lists with those of wc --files0-from.
func TestListMessages(t *testing.T) {
	t.Parallel()
	clitest.NeedGNU(t)
	clitest.NeedOwn(t)
	wc := clitest.NeedProgram(t, "wc")
	if clitest.CoreutilsVersion(wc) == (clitest.Release{}) {
		clitest.Lacks(t, "wc is not GNU's")
	}
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "it's", "new\nline", "-x"} {
		clitest.Write(t, dir, name, name)
	}
	for i, list := range []string{
		"", "a", "a\x00", "a\x00b", "a\x00b\x00", "\x00", "\x00\x00", "\x00a", "a\x00\x00b\x00", "a\x00b\x00\x00", "\x00a\x00\x00b\x00\x00\x00",
		"-\x00a", "a\x00-\x00b\x00", "-", "missing\x00a\x00", "it's\x00new\nline\x00-x\x00", "a\nb\x00", "\n\x00", ".\x00a",
		strings.Repeat("a\x00", 1000) + "\x00" + strings.Repeat("b\x00", 1000), strings.Repeat("x", 5000) + "\x00a",
	} {
		name := "list" + strconv.Itoa(i)
		clitest.Write(t, dir, name, list)
		for _, from := range []string{name, "-"} {
			if from == name && strings.Contains("\x00"+list+"\x00", "\x00-\x00") {
				continue // it is standard input, of which wc says other things
			}
			t.Run(fmt.Sprintf("%d from %s", i, from), func(t *testing.T) { compareLists(t, wc, dir, from, name) })
		}
	}
	clitest.Write(t, dir, "odd name's list", "\x00a")
	for _, from := range []string{"missing", "missing dir/x", ".", "", "a/x", "odd name's list", "missing\nlist", strings.Repeat("x", 300)} {
		t.Run("from "+clipName(from), func(t *testing.T) { compareLists(t, wc, dir, from, os.DevNull) })
	}
	t.Run("operand", func(t *testing.T) { compareLists(t, wc, dir, "list1", os.DevNull, "a b") })
}

func clipName(name string) string { return name[:min(len(name), 20)] }

// compareLists compares messages and status with those of wc, whose lines on
// stdout are its own.
func compareLists(t *testing.T, wc, dir, from, stdin string, operands ...string) {
	t.Helper()
	if stdin != os.DevNull {
		stdin = dir + "/" + stdin
	}
	for _, locale := range []string{"C", "C.UTF-8"} {
		in := clitest.Open(t, stdin, os.O_RDONLY)
		command := exec.Command(wc, append([]string{"-c", "--files0-from=" + from}, operands...)...)
		command.Dir, command.Stdin, command.Env = dir, in, []string{"LC_ALL=" + locale}
		command.Args[0] = clitest.Name // which its messages begin with
		var want bytes.Buffer
		command.Stderr = &want
		err := command.Run()
		in.Close()

		in = clitest.Open(t, stdin, os.O_RDONLY)
		got := clitest.Ours.Output(t, append([]string{"--files0-from=" + from}, operands...), clitest.Settings{Dir: dir, Stdin: in, Env: []string{"LC_ALL=" + locale}})
		in.Close()
		clitest.WantText(t, withoutHints(string(got.Stderr)), want.String())
		if (got.Status == "exit 0") != (err == nil) {
			t.Errorf("%s, wc: %v", got, err)
		}
	}
}

// withoutHints is what wc says as well.
func withoutHints(said string) string {
	var kept strings.Builder
	for line := range strings.Lines(said) {
		if !strings.Contains(line, ": is this a list of lines? ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// TestListOfLines checks that a hint is printed if a list has no NUL and its content is
// not the name of a file, however long it is.
func TestListOfLines(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	clitest.Write(t, dir, "x\ny", "x")
	for _, test := range []struct {
		title, list string
		hints       int
	}{
		{"lines", "a\nb\n", 1},
		{"long", strings.Repeat("name\n", 10_000), 1},
		{"a name", "x\ny", 0},
		{"names", "x\ny\x00a\x00missing\x00new\nline", 0},
		{"missing", "new\nline\x00", 0},
	} {
		t.Run(test.title, func(t *testing.T) {
			dir := dir
			clitest.Write(t, dir, "list", test.list)
			for _, how := range [][]string{nil, {"-r"}, {"-a", "md5,sha1"}, {"--check"}, {"-C", "."}} {
				got := clitest.Ours.Output(t, append(how, "--files0-from=list"), clitest.Settings{Dir: dir})
				hint := "\nsha1sum: list: is this a list of lines? Names must end with a NUL, as find -print0 writes them\n"
				if n := strings.Count(string(got.Stderr), "list of lines"); n != test.hints || n > 0 && !strings.Contains(string(got.Stderr), hint) {
					t.Errorf("%q: %.300s", how, got.Stderr)
				}
			}
		})
	}
}

// TestListUnreadable checks a list without read permission.
func TestListUnreadable(t *testing.T) {
	clitest.NeedGNU(t)
	clitest.NeedOwn(t)
	dir := clitest.PublicDir(t)
	s := clitest.Unprivileged(t, dir)
	clitest.Write(t, dir, "list", "list")
	clitest.Chmod(t, dir+"/list", 0)
	got := clitest.Ours.Output(t, []string{"--files0-from=list"}, s)
	clitest.WantText(t, string(got.Stderr), "sha1sum: cannot open 'list' for reading: Permission denied\n")
	if got.Status != "exit 1" || len(got.Stdout) > 0 {
		t.Errorf("%s", got)
	}
}

// TestListAsItComes checks that each name's line is printed before the next name is sent,
// whether the list is a pipe or a FIFO.
func TestListAsItComes(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	clitest.Write(t, dir, "d/b", "b")
	clitest.Write(t, dir, "d/c", "c")
	clitest.MakeFIFO(t, dir+"/fifo")
	for _, from := range []string{"-", "fifo"} {
		s := clitest.Ours.Session(t, []string{"-r", "--files0-from=" + from}, clitest.Settings{Dir: dir})
		w := s.Stdin
		if from == "fifo" {
			w = clitest.OpenWriter(t, dir+"/fifo")
		}
		send := func(text string) {
			if _, err := w.WriteString(text); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			send("a\x00")
			s.Stdout.Want(clitest.LineOf("a", "a"))
			send("d")
			s.Stdout.WantNothing()
			send("\x00")
			s.Stdout.Want(clitest.LineOf("b", "d/b"), clitest.LineOf("c", "d/c"))
			send("\x00")
			if got := s.Stderr.Next(); !strings.Contains(got, ": invalid zero-length file name\n") {
				t.Errorf("%q", got)
			}
			send("a\x00missing\x00")
			s.Stdout.Want(clitest.LineOf("a", "a"))
			s.Stderr.Want("sha1sum: missing: No such file or directory\n")
		}
		send("a")
		w.Close()
		s.WantEnd("exit 1", clitest.LineOf("a", "a"), "")
	}
}

// TestListOfManifests checks that with --check the list names manifests, and that
// --directory affects the names in these.
func TestListOfManifests(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "top/a", "a")
	clitest.Write(t, dir, "one", clitest.LineOf("a", "a"))
	clitest.Write(t, dir, "two", clitest.LineOf("b", "a"))
	clitest.Write(t, dir, "list", "one\x00\x00two\x00missing")
	got := clitest.Ours.Output(t, []string{"-C", "top", "--check", "--files0-from=list"}, clitest.Settings{Dir: dir})
	clitest.WantText(t, string(got.Stdout), "a: OK\na: FAILED\n")
	clitest.WantText(t, string(got.Stderr), "sha1sum: list:2: invalid zero-length file name\n"+
		"sha1sum: WARNING: 1 computed checksum did NOT match\nsha1sum: missing: No such file or directory\n")
	if got.Status != "exit 1" {
		t.Errorf("%s", got)
	}
}

// TestLongList checks that a list may have any length without using memory.
func TestLongList(t *testing.T) {
	clitest.NeedOwn(t)
	names := 100_000
	if *large.Flag {
		names = 1_000_000
	}
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	clitest.Write(t, dir, "list", strings.Repeat("a\x00./a\x00", names/2))
	args := []string{"--files0-from=list"}
	status, sum, peak := peakOf(t, dir, args...)
	if want := clitest.DigestOf(strings.Repeat(clitest.LineOf("a", "a")+clitest.LineOf("a", "./a"), names/2)); status != "exit 0" || sum != want {
		t.Errorf("%s, other lines", status)
	}
	clitest.WantPeak(t, peak, clitest.ReportedMore, clitest.PeakAgain(t, dir, args))
}

// peakOf runs psha1sum and returns its status, the digest of its stdout, and its peak
// memory in KiB, or 0 if it can't be measured.
func peakOf(t *testing.T, dir string, args ...string) (status, sum string, peak int) {
	t.Helper()
	out, peak := clitest.Measured(t, dir, args...)
	if len(out.Stderr) > 0 {
		t.Errorf("%s", clitest.Clip(out.Stderr))
	}
	return out.Status, clitest.DigestOf(out.Stdout), peak
}
