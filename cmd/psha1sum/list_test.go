//go:build unix

package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestListMessages compares what is said of bad lists with wc --files0-from.
func TestListMessages(t *testing.T) {
	t.Parallel()
	needGNU(t)
	needOwn(t)
	wc := needProgram(t, "wc")
	if coreutilsVersion(wc) == (release{}) {
		lacks(t, "wc is not GNU's")
	}
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "it's", "new\nline", "-x"} {
		write(t, dir, name, name)
	}
	for i, list := range []string{
		"", "a", "a\x00", "a\x00b", "a\x00b\x00", "\x00", "\x00\x00", "\x00a", "a\x00\x00b\x00", "a\x00b\x00\x00", "\x00a\x00\x00b\x00\x00\x00",
		"-\x00a", "a\x00-\x00b\x00", "-", "missing\x00a\x00", "it's\x00new\nline\x00-x\x00", "a\nb\x00", "\n\x00", ".\x00a",
		strings.Repeat("a\x00", 1000) + "\x00" + strings.Repeat("b\x00", 1000), strings.Repeat("x", 5000) + "\x00a",
	} {
		name := "list" + strconv.Itoa(i)
		write(t, dir, name, list)
		for _, from := range []string{name, "-"} {
			if from == name && strings.Contains("\x00"+list+"\x00", "\x00-\x00") {
				continue // it is standard input, of which wc says other things
			}
			t.Run(fmt.Sprintf("%d from %s", i, from), func(t *testing.T) { compareLists(t, wc, dir, from, name) })
		}
	}
	write(t, dir, "odd name's list", "\x00a")
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
		in := open(t, stdin, os.O_RDONLY)
		command := exec.Command(wc, append([]string{"-c", "--files0-from=" + from}, operands...)...)
		command.Dir, command.Stdin, command.Env = dir, in, []string{"LC_ALL=" + locale}
		command.Args[0] = name // which its messages begin with
		var want bytes.Buffer
		command.Stderr = &want
		err := command.Run()
		in.Close()

		in = open(t, stdin, os.O_RDONLY)
		got := ours.output(t, append([]string{"--files0-from=" + from}, operands...), settings{dir: dir, stdin: in, env: []string{"LC_ALL=" + locale}})
		in.Close()
		wantText(t, withoutHints(string(got.stderr)), want.String())
		if (got.status == "exit 0") != (err == nil) {
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

// TestListOfLines has a hint follow if there is no NUL in a list and what it holds is no
// file's name, however long it is.
func TestListOfLines(t *testing.T) {
	t.Parallel()
	needOwn(t)
	dir := t.TempDir()
	write(t, dir, "a", "a")
	write(t, dir, "x\ny", "x")
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
			write(t, dir, "list", test.list)
			for _, how := range [][]string{nil, {"-r"}, {"-a", "md5,sha1"}, {"--check"}, {"-C", "."}} {
				got := ours.output(t, append(how, "--files0-from=list"), settings{dir: dir})
				hint := "\nsha1sum: list: is this a list of lines? Names must end with a NUL, as find -print0 writes them\n"
				if n := strings.Count(string(got.stderr), "list of lines"); n != test.hints || n > 0 && !strings.Contains(string(got.stderr), hint) {
					t.Errorf("%q: %.300s", how, got.stderr)
				}
			}
		})
	}
}

// TestListUnreadable: a list that may not be read.
func TestListUnreadable(t *testing.T) {
	needGNU(t)
	needOwn(t)
	dir := publicDir(t)
	s := unprivileged(t, dir)
	write(t, dir, "list", "list")
	chmod(t, dir+"/list", 0)
	got := ours.output(t, []string{"--files0-from=list"}, s)
	wantText(t, string(got.stderr), "sha1sum: cannot open 'list' for reading: Permission denied\n")
	if got.status != "exit 1" || len(got.stdout) > 0 {
		t.Errorf("%s", got)
	}
}

// TestListAsItComes talks to the command: each name's line comes before the next
// name is sent, whether the list is a pipe or a FIFO.
func TestListAsItComes(t *testing.T) {
	t.Parallel()
	needOwn(t)
	dir := t.TempDir()
	write(t, dir, "a", "a")
	write(t, dir, "d/b", "b")
	write(t, dir, "d/c", "c")
	mkfifo(t, dir+"/fifo")
	for _, from := range []string{"-", "fifo"} {
		s := ours.session(t, []string{"-r", "--files0-from=" + from}, settings{dir: dir})
		w := s.stdin
		if from == "fifo" {
			w = openWriter(t, dir+"/fifo")
		}
		send := func(text string) {
			if _, err := w.WriteString(text); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			send("a\x00")
			s.stdout.want(lineOf("a", "a"))
			send("d")
			s.stdout.wantNothing()
			send("\x00")
			s.stdout.want(lineOf("b", "d/b"), lineOf("c", "d/c"))
			send("\x00")
			if got := s.stderr.next(); !strings.Contains(got, ": invalid zero-length file name\n") {
				t.Errorf("%q", got)
			}
			send("a\x00missing\x00")
			s.stdout.want(lineOf("a", "a"))
			s.stderr.want("sha1sum: missing: No such file or directory\n")
		}
		send("a")
		w.Close()
		s.wantEnd("exit 1", lineOf("a", "a"), "")
	}
}

// TestListOfManifests: with --check it names manifests, and with --directory the
// names in these are elsewhere.
func TestListOfManifests(t *testing.T) {
	t.Parallel()
	needOwn(t)
	dir := t.TempDir()
	write(t, dir, "top/a", "a")
	write(t, dir, "one", lineOf("a", "a"))
	write(t, dir, "two", lineOf("b", "a"))
	write(t, dir, "list", "one\x00\x00two\x00missing")
	got := ours.output(t, []string{"-C", "top", "--check", "--files0-from=list"}, settings{dir: dir})
	wantText(t, string(got.stdout), "a: OK\na: FAILED\n")
	wantText(t, string(got.stderr), "sha1sum: list:2: invalid zero-length file name\n"+
		"sha1sum: WARNING: 1 computed checksum did NOT match\nsha1sum: missing: No such file or directory\n")
	if got.status != "exit 1" {
		t.Errorf("%s", got)
	}
}

// TestLongList: a list may be of any length, and takes no memory.
func TestLongList(t *testing.T) {
	needOwn(t)
	names := 100_000
	if *largeFlag {
		names = 1_000_000
	}
	dir := t.TempDir()
	write(t, dir, "a", "a")
	write(t, dir, "list", strings.Repeat("a\x00./a\x00", names/2))
	args := []string{"--files0-from=list"}
	status, sum, peak := peakOf(t, dir, args...)
	if want := digestOf(strings.Repeat(lineOf("a", "a")+lineOf("a", "./a"), names/2)); status != "exit 0" || sum != want {
		t.Errorf("%s, other lines", status)
	}
	wantPeak(t, peak, reportedMore, peakAgain(t, dir, args))
}

// peakOf runs psha1sum and returns its status, the digest of its stdout, and its
// peak memory in KiB, or 0 where that can't be had.
func peakOf(t *testing.T, dir string, args ...string) (status, sum string, peak int) {
	t.Helper()
	out, peak := measured(t, dir, args...)
	if len(out.stderr) > 0 {
		t.Errorf("%s", clip(out.stderr))
	}
	return out.status, digestOf(out.stdout), peak
}

// peakAgain returns what measures the peak of a run once more.
func peakAgain(t *testing.T, dir string, args []string) func() int {
	return func() int {
		_, peak := measured(t, dir, args...)
		return peak
	}
}

// measured runs psha1sum and returns its peak memory in KiB, or 0 where that can't be
// told.
func measured(t *testing.T, dir string, args ...string) (out outcome, peak int) {
	t.Helper()
	s := settings{dir: dir}
	report := filepath.Join(t.TempDir(), "report")
	if program, err := exec.LookPath("time"); err == nil && runtime.GOOS == "linux" && !raceEnabled {
		s.under = []string{program, "-f", "%M", "-o", report}
		s.env = []string{twoProcessors}
	}
	out = ours.output(t, args, s)
	if text, err := os.ReadFile(report); err == nil {
		peak, _ = reportedPeak(text)
	}
	return out, peak
}
