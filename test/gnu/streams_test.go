//go:build unix

package gnu_test

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// abcDigest is of the file "abc" below.
const abcDigest = "a9993e364706816aba3e25717850c26c9cd0d89d"

// streamDir returns a directory with a file and manifests.
func streamDir(t *testing.T) string {
	dir := t.TempDir()
	clitest.Write(t, dir, "abc", "abc")
	clitest.Write(t, dir, "good", abcDigest+"  abc\n")
	clitest.Write(t, dir, "odd", abcDigest+"  abc\njunk\n") // still verifies
	clitest.Write(t, dir, "bad", clitest.EmptyDigest+"  abc\n")
	return dir
}

// TestBrokenStreams checks each standard stream closed, full, of the wrong kind or
// without a reader. Zero streams are ordinary ones.
func TestBrokenStreams(t *testing.T) {
	const (
		abc          = abcDigest + "  abc\n"
		badStdin     = "sha1sum: -: Bad file descriptor\n"
		closingStdin = "sha1sum: standard input: Bad file descriptor\n"
		readError    = "sha1sum: 'standard input': read error\n"
		missing      = "sha1sum: missing: No such file or directory\n"
		writeError   = "sha1sum: write error\n"
		full         = "sha1sum: write error: No space left on device\n"
		notOpen      = "sha1sum: write error: Bad file descriptor\n"
	)
	for _, test := range []struct {
		title          string
		args           string // separated by blanks
		stdin          clitest.Input
		stdout, stderr clitest.Output
		shell          string
		status         string
		out, err       string
	}{
		{title: "stdin closed", stdin: clitest.InputClosed, status: "exit 1", err: badStdin + closingStdin},
		{title: "stdin closed, among files", args: "abc - abc", stdin: clitest.InputClosed, status: "exit 1", out: abc + abc, err: badStdin + closingStdin},
		{title: "stdin closed, named twice", args: "- -", stdin: clitest.InputClosed, status: "exit 1", err: badStdin + badStdin + closingStdin},
		{title: "stdin closed, check", args: "-c", stdin: clitest.InputClosed, status: "exit 1", err: readError + closingStdin},
		{title: "stdin closed, check after another", args: "-c good -", stdin: clitest.InputClosed, status: "exit 1", out: "abc: OK\n", err: readError + closingStdin},
		{title: "stdin closed, not used", args: "abc", stdin: clitest.InputClosed, status: "exit 0", out: abc},
		{title: "stdin closed, not used, check", args: "-c good", stdin: clitest.InputClosed, status: "exit 0", out: "abc: OK\n"},
		{title: "stdin closed, /dev/stdin", args: "/dev/stdin", stdin: clitest.InputClosed, status: "exit 1", err: "sha1sum: /dev/stdin: No such file or directory\n"},
		{title: "stdin write-only", stdin: clitest.InputWrite, status: "exit 1", err: badStdin},
		{title: "stdin write-only, check", args: "-c", stdin: clitest.InputWrite, status: "exit 1", err: readError},
		{title: "stdin a directory", args: "- abc", stdin: clitest.InputDirectory, status: "exit 1", out: abc, err: "sha1sum: -: Is a directory\n"},
		{title: "stdin a directory, check", args: "-c", stdin: clitest.InputDirectory, status: "exit 1", err: readError},
		{title: "stdin /dev/null for writing too", stdin: clitest.InputNullBoth, status: "exit 0", out: clitest.EmptyDigest + "  -\n"},

		{title: "stdout closed", args: "abc", stdout: clitest.OutputClosed, status: "exit 1", err: notOpen},
		{title: "stdout closed, every file is tried", args: "missing abc missing", stdout: clitest.OutputClosed, status: "exit 1", err: missing + missing + notOpen},
		{title: "stdout closed, check", args: "-c good", stdout: clitest.OutputClosed, status: "exit 1", err: notOpen},
		{title: "stdout closed, nothing to say", args: "-c --status good", stdout: clitest.OutputClosed, status: "exit 0"},
		{title: "stdout closed, all is well", args: "-c --quiet good", stdout: clitest.OutputClosed, status: "exit 0"},
		{title: "stdout closed, only errors", args: "missing", stdout: clitest.OutputClosed, status: "exit 1", err: missing},
		{title: "stdout closed, help", args: "--help", stdout: clitest.OutputClosed, status: "exit 1", err: notOpen},
		{title: "stdout closed, version", args: "--version", stdout: clitest.OutputClosed, status: "exit 1", err: notOpen},
		{title: "stdout closed, usage error", args: "-y", stdout: clitest.OutputClosed, status: "exit 1", err: "sha1sum: invalid option -- 'y'\nTry 'sha1sum --help' for more information.\n"},
		{title: "stdout /dev/null for writing too", args: "abc", stdout: clitest.OutputNullBoth, status: "exit 0"},
		{title: "stdout full", args: "abc missing abc", stdout: clitest.OutputFull, status: "exit 1", err: missing + writeError},
		{title: "stdout full, check", args: "-c good", stdout: clitest.OutputFull, status: "exit 1", err: writeError},
		{title: "stdout full, check of what fails", args: "-c bad", stdout: clitest.OutputFull, status: "exit 1", err: "sha1sum: WARNING: 1 computed checksum did NOT match\n" + writeError},
		{title: "stdout full, check --status", args: "-c --status good", stdout: clitest.OutputFull, status: "exit 0"},
		{title: "stdout full, -z", args: "-z abc", stdout: clitest.OutputFull, status: "exit 1", err: full},
		{title: "stdout full, help", args: "--help", stdout: clitest.OutputFull, status: "exit 1", err: writeError},
		{title: "stdout full, version", args: "--version", stdout: clitest.OutputFull, status: "exit 1", err: writeError},
		{title: "stdout read-only", args: "abc", stdout: clitest.OutputRead, status: "exit 1", err: writeError},
		{title: "stdout without a reader", args: "missing abc missing", stdout: clitest.OutputBroken, status: "signal: broken pipe", err: missing},
		{title: "stdout without a reader, check", args: "-c bad", stdout: clitest.OutputBroken, status: "signal: broken pipe"},
		{title: "stdout without a reader, nothing to say", args: "-c --quiet good", stdout: clitest.OutputBroken, status: "exit 0"},
		{title: "stdout without a reader, help", args: "--help", stdout: clitest.OutputBroken, status: "signal: broken pipe"},
		{title: "stdout without a reader, SIGPIPE ignored", args: "abc missing abc", stdout: clitest.OutputBroken, shell: `trap "" PIPE`, status: "exit 1", err: missing + writeError},

		{title: "stderr closed", args: "missing abc", stderr: clitest.OutputClosed, status: "exit 1", out: abc},
		{title: "stderr closed, nothing to say", args: "abc", stderr: clitest.OutputClosed, status: "exit 0", out: abc},
		{title: "stderr closed, a warning was due", args: "-c odd", stderr: clitest.OutputClosed, status: "exit 1", out: "abc: OK\n"},
		{title: "stderr full, a warning was due", args: "-cw odd", stderr: clitest.OutputFull, status: "exit 1", out: "abc: OK\n"},
		{title: "stderr full, no warning was due", args: "-c --status odd", stderr: clitest.OutputFull, status: "exit 0"},
		{title: "stderr read-only, usage error", args: "-y", stderr: clitest.OutputRead, status: "exit 1"},
		{title: "stderr /dev/null for writing too", args: "-cw odd", stderr: clitest.OutputNullBoth, status: "exit 0", out: "abc: OK\n"},
		{title: "stderr without a reader", args: "missing abc", stderr: clitest.OutputBroken, status: "signal: broken pipe"},
		{title: "stderr without a reader, SIGPIPE ignored", args: "-cw odd", stderr: clitest.OutputBroken, shell: `trap "" PIPE`, status: "exit 1", out: "abc: OK\n"},

		{title: "stdout and stderr closed", args: "abc", stdout: clitest.OutputClosed, stderr: clitest.OutputClosed, status: "exit 1"},
		{title: "stdout and stderr closed, nothing to say", args: "-c --status good", stdout: clitest.OutputClosed, stderr: clitest.OutputClosed, status: "exit 0"},
		{title: "stdout and stderr full", args: "abc missing", stdout: clitest.OutputFull, stderr: clitest.OutputFull, status: "exit 1"},
		{title: "all closed", args: "abc -", stdin: clitest.InputClosed, stdout: clitest.OutputClosed, stderr: clitest.OutputClosed, status: "exit 1"},
		{title: "all closed, nothing to say", args: "-c --status good", stdin: clitest.InputClosed, stdout: clitest.OutputClosed, stderr: clitest.OutputClosed, status: "exit 0"},
	} {
		t.Run(test.title, func(t *testing.T) {
			tr := &clitest.Trial{
				Dir: streamDir(t), Args: strings.Fields(test.args), Shell: test.shell,
				Stdin: cmp.Or(test.stdin, clitest.InputNull), Stdout: cmp.Or(test.stdout, clitest.OutputPipe), Stderr: cmp.Or(test.stderr, clitest.OutputPipe),
			}
			if tr.Stdin == clitest.InputClosed || tr.Stdout == clitest.OutputClosed || tr.Stderr == clitest.OutputClosed || tr.Shell != "" {
				clitest.NeedEarlyEntry(t)
			}
			if tr.Stdout == clitest.OutputFull || tr.Stderr == clitest.OutputFull {
				clitest.NeedFile(t, "/dev/full")
			}
			for _, tool := range clitest.Tools() {
				got := tr.Run(t, tool)
				want := clitest.Outcome{Status: test.status, Stdout: []byte(test.out), Stderr: []byte(test.err), Offset: got.Offset}
				if difference := clitest.Compare(got, want); difference != "" {
					t.Errorf("%s: %s differ\nwant\n%sgot\n%s", tool.Title, difference, want, got)
				}
			}
		})
	}
}

// TestClosedStdinNamesNothing checks that /dev/stdin doesn't exist if standard input was
// closed, although the next file that the process opens gets its descriptor.
func TestClosedStdinNamesNothing(t *testing.T) {
	clitest.NeedEarlyEntry(t)
	clitest.NeedFile(t, "/dev/stdin")
	const pairs = 300
	dir := streamDir(t)
	var args []string
	for range pairs {
		args = append(args, "abc", "/dev/stdin")
	}
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		tr := &clitest.Trial{Dir: dir, Args: args, Stdin: clitest.InputClosed, Stdout: clitest.OutputPipe, Stderr: clitest.OutputPipe}
		got := tr.Run(t, tool)
		clitest.WantText(t, string(got.Stdout), strings.Repeat(clitest.LineOf("abc", "abc"), pairs))
		clitest.WantText(t, string(got.Stderr), strings.Repeat("sha1sum: /dev/stdin: No such file or directory\n", pairs))
	})
}

// TestStdinOffset checks that standard input is read from its current offset and left at
// its end, so that commands can share it.
func TestStdinOffset(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 20000)
	for _, test := range []struct {
		title  string
		args   []string
		skip   int64
		offset int64 // afterwards
		want   [][]byte
	}{
		{"from the start", nil, 0, int64(len(content)), [][]byte{content}},
		{"from the middle", []string{"-"}, 12345, int64(len(content)), [][]byte{content[12345:]}},
		{"from the end", []string{"-"}, int64(len(content)), int64(len(content)), [][]byte{nil}},
		{"from behind the end", []string{"-"}, 1 << 30, 1 << 30, [][]byte{nil}},
		{"twice", []string{"-", "-"}, 5, int64(len(content)), [][]byte{content[5:], nil}},
		{"opened anew", []string{"/dev/stdin"}, 5, 5, [][]byte{content}},
		{"opened anew before and after", []string{"/dev/stdin", "-", "/dev/stdin"}, 5, int64(len(content)), [][]byte{content, content[5:], content}},
		{"not used", []string{os.DevNull}, 5, 5, [][]byte{nil}},
		{"usage error", []string{"-y"}, 5, 5, nil},
	} {
		t.Run(test.title, func(t *testing.T) {
			if slices.Contains(test.args, "/dev/stdin") {
				clitest.NeedFile(t, "/proc/self/fd") // elsewhere opening it shares the offset
			}
			for _, tool := range clitest.Tools() {
				stdin := clitest.Scratch(t, content, os.O_RDONLY)
				stdin.Seek(test.skip, io.SeekStart)
				out := tool.Output(t, test.args, clitest.Settings{Stdin: stdin})
				offset, _ := stdin.Seek(0, io.SeekCurrent)
				stdin.Close()
				if offset != test.offset {
					t.Errorf("%s: stdin is left at %d, want %d", tool.Title, offset, test.offset)
				}
				lines := strings.SplitAfter(string(out.Stdout), "\n")
				for i, data := range test.want {
					if i >= len(lines) || !strings.HasPrefix(lines[i], clitest.DigestOf(data)) {
						t.Fatalf("%s: line %d is not %s\n%s", tool.Title, i, clitest.DigestOf(data), out)
					}
				}
			}
		})
	}
}
