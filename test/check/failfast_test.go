//go:build unix

package check_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// TestFailFastEndsAtOnce checks a failure followed by something that takes forever, or
// that would unblock a waiting process.
func TestFailFastEndsAtOnce(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	clitest.Write(t, dir, "huge", "")
	if err := os.Truncate(dir+"/huge", 1<<42); err != nil { // sparse
		clitest.Write(t, dir, "huge", "some file systems have a limit")
	}
	clitest.MakeFIFO(t, dir+"/fifo")
	bad := clitest.LineOf("b", "a")
	clitest.Write(t, dir, "bad", bad)
	clitest.Write(t, dir, "then huge", bad+strings.Repeat(clitest.LineOf("", "huge"), 50))
	clitest.Write(t, dir, "then fifo", bad+clitest.LineOf("", "fifo"))
	clitest.Write(t, dir, "then stdin", bad+clitest.LineOf("", "-"))
	clitest.Write(t, dir, "good", clitest.LineOf("a", "a"))
	clitest.Write(t, dir, "names", "bad\x00fifo\x00")
	for _, options := range [][]string{nil, {"--io=read"}, {"-j1"}, {"--json"}, {"--explain"}, {"--report=junit:junit.xml"}, {"-a", "sha1,md5"}} {
		for _, args := range [][]string{
			{"then huge"}, {"then fifo"}, {"then stdin"}, {"bad", "fifo"}, {"bad", "-"}, {"--files0-from=names"},
		} {
			t.Run(fmt.Sprint(options, args), func(t *testing.T) {
				t.Parallel()
				// Nobody ever writes to standard input, nor ends it.
				r, w := clitest.Pipe(t)
				defer w.Close()
				defer r.Close()
				began := time.Now()
				all := append(append([]string{"-c", "--fail-fast"}, options...), args...)
				out := clitest.Ours.Output(t, all, clitest.Settings{Dir: dir, Stdin: r})
				if out.Status != "exit 1" || time.Since(began) > clitest.Limit/2 {
					t.Errorf("%v:\n%s", time.Since(began), out)
				}
				if !strings.HasPrefix(string(out.Stderr), clitest.Name+": WARNING: 1 computed checksum did NOT match\n") {
					t.Errorf("%s", out)
				}
			})
		}
	}
}

// TestFailFastAmidLines sends the failing line through a pipe that stays open.
func TestFailFastAmidLines(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	s := clitest.Ours.Session(t, []string{"-c", "--fail-fast"}, clitest.Settings{Dir: dir})
	s.Send(clitest.LineOf("a", "a"))
	s.Stdout.Want("a: OK\n")
	s.Send(clitest.LineOf("b", "a"))
	s.Stdout.Want("a: FAILED\n")
	s.Stderr.Want(clitest.Name + ": WARNING: 1 computed checksum did NOT match\n")
	if got := s.End(); got != "exit 1" { // with standard input open
		t.Errorf("ended with %s", got)
	}
}

// TestFailFastInOrder checks failures in all places of a long manifest: the output is a
// prefix of the output without the option.
func TestFailFastInOrder(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	names := clitest.ManyFiles(t, dir, 1000)
	lines := strings.SplitAfter(string(clitest.Ours.Output(t, names, clitest.Settings{Dir: dir}).Stdout), "\n")[:len(names)]
	for _, first := range []int{0, 1, 500, 998, 999} {
		var sums strings.Builder
		for i, line := range lines {
			if i == first || i > first && i%3 == 0 {
				line = strings.Repeat("0", 40) + line[40:]
			}
			sums.WriteString(line)
		}
		clitest.Write(t, dir, "SUMS", sums.String())
		whole := clitest.Ours.Output(t, []string{"-c", "SUMS"}, clitest.Settings{Dir: dir})
		out := clitest.Ours.Output(t, []string{"-c", "--fail-fast", "SUMS"}, clitest.Settings{Dir: dir})
		want := strings.SplitAfter(string(whole.Stdout), "\n")[:first+1]
		clitest.WantText(t, string(out.Stdout), strings.Join(want, ""))
		if text := clitest.Name + ": WARNING: 1 computed checksum did NOT match\n"; out.Status != "exit 1" || string(out.Stderr) != text {
			t.Errorf("%s: %s", out.Status, out.Stderr)
		}
	}
}
