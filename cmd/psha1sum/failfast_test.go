//go:build unix

package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestFailFastEndsAtOnce has a failure with something behind it that takes for ever, or
// would release somebody who waits.
func TestFailFastEndsAtOnce(t *testing.T) {
	t.Parallel()
	needOwn(t)
	dir := t.TempDir()
	write(t, dir, "a", "a")
	write(t, dir, "huge", "")
	if err := os.Truncate(dir+"/huge", 1<<42); err != nil { // sparse
		write(t, dir, "huge", "some file systems have a limit")
	}
	mkfifo(t, dir+"/fifo")
	bad := lineOf("b", "a")
	write(t, dir, "bad", bad)
	write(t, dir, "then huge", bad+strings.Repeat(lineOf("", "huge"), 50))
	write(t, dir, "then fifo", bad+lineOf("", "fifo"))
	write(t, dir, "then stdin", bad+lineOf("", "-"))
	write(t, dir, "good", lineOf("a", "a"))
	write(t, dir, "names", "bad\x00fifo\x00")
	for _, options := range [][]string{nil, {"--io=read"}, {"-j1"}, {"--json"}, {"--explain"}, {"--report=junit:junit.xml"}, {"-a", "sha1,md5"}} {
		for _, args := range [][]string{
			{"then huge"}, {"then fifo"}, {"then stdin"}, {"bad", "fifo"}, {"bad", "-"}, {"--files0-from=names"},
		} {
			t.Run(fmt.Sprint(options, args), func(t *testing.T) {
				t.Parallel()
				// Nobody ever writes to standard input, nor ends it.
				r, w := pipe(t)
				defer w.Close()
				defer r.Close()
				began := time.Now()
				all := append(append([]string{"-c", "--fail-fast"}, options...), args...)
				out := ours.output(t, all, settings{dir: dir, stdin: r})
				if out.status != "exit 1" || time.Since(began) > limit/2 {
					t.Errorf("%v:\n%s", time.Since(began), out)
				}
				if !strings.HasPrefix(string(out.stderr), name+": WARNING: 1 computed checksum did NOT match\n") {
					t.Errorf("%s", out)
				}
			})
		}
	}
}

// TestFailFastAmidLines has the failing line come by a pipe on which no more comes.
func TestFailFastAmidLines(t *testing.T) {
	t.Parallel()
	needOwn(t)
	dir := t.TempDir()
	write(t, dir, "a", "a")
	s := ours.session(t, []string{"-c", "--fail-fast"}, settings{dir: dir})
	s.send(lineOf("a", "a"))
	s.stdout.want("a: OK\n")
	s.send(lineOf("b", "a"))
	s.stdout.want("a: FAILED\n")
	s.stderr.want(name + ": WARNING: 1 computed checksum did NOT match\n")
	if got := s.end(); got != "exit 1" { // with standard input open
		t.Errorf("ended with %s", got)
	}
}

// TestFailFastInOrder has failures in all places of a long manifest: what is printed is
// the beginning of what is printed without the option.
func TestFailFastInOrder(t *testing.T) {
	t.Parallel()
	needOwn(t)
	dir := t.TempDir()
	names := manyFiles(t, dir, 1000)
	lines := strings.SplitAfter(string(ours.output(t, names, settings{dir: dir}).stdout), "\n")[:len(names)]
	for _, first := range []int{0, 1, 500, 998, 999} {
		var sums strings.Builder
		for i, line := range lines {
			if i == first || i > first && i%3 == 0 {
				line = strings.Repeat("0", 40) + line[40:]
			}
			sums.WriteString(line)
		}
		write(t, dir, "SUMS", sums.String())
		whole := ours.output(t, []string{"-c", "SUMS"}, settings{dir: dir})
		out := ours.output(t, []string{"-c", "--fail-fast", "SUMS"}, settings{dir: dir})
		want := strings.SplitAfter(string(whole.stdout), "\n")[:first+1]
		wantText(t, string(out.stdout), strings.Join(want, ""))
		if text := name + ": WARNING: 1 computed checksum did NOT match\n"; out.status != "exit 1" || string(out.stderr) != text {
			t.Errorf("%s: %s", out.status, out.stderr)
		}
	}
}
