//go:build unix

package check_test

import (
	"bytes"

	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// explain checks a manifest with --explain and returns the explanations on standard
// error. All other output and the status must be the same as without it.
func explain(t *testing.T, s clitest.Settings, args ...string) string {
	t.Helper()
	clitest.NeedOwn(t)
	args = append([]string{"--check"}, args...)
	plain := clitest.Ours.Output(t, args, s)
	out := clitest.Ours.Output(t, append([]string{"--explain"}, args...), s)
	if out.Status != plain.Status || !bytes.Equal(out.Stdout, plain.Stdout) || !bytes.HasPrefix(out.Stderr, plain.Stderr) {
		t.Errorf("%q: without --explain\n%swith it\n%s", args, plain, out)
	}
	return strings.TrimPrefix(string(out.Stderr), string(plain.Stderr))
}

// A block is what is said of one line.
type block struct {
	head    string
	rows    map[string]string
	reasons []string
}

var (
	blockHead = regexp.MustCompile(`^sha1sum: .+: \d+: .+: FAILED( open or read: [A-Z].*)?$`)
	blockRow  = regexp.MustCompile(`^    (expected|actual|size|modified|reason|also): +(.+)$`)
	plainText = regexp.MustCompile(`^[ -~]*$`)
)

// blocks parses explanations. Whatever names and contents are, each line must be one of
// ours, and ASCII in the C locale.
func blocks(t *testing.T, text string) (all []block) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if !plainText.MatchString(line) {
			t.Errorf("%q holds what a terminal must not see", line)
		}
		row := blockRow.FindStringSubmatch(line)
		switch {
		case blockHead.MatchString(line):
			all = append(all, block{head: line, rows: map[string]string{}})
		case row == nil || len(all) == 0:
			t.Errorf("%q is no line of an explanation", line)
		case row[1] == "reason" || row[1] == "also":
			last := &all[len(all)-1]
			last.reasons = append(last.reasons, row[2])
		default:
			all[len(all)-1].rows[row[1]] = row[2]
		}
	}
	return all
}

// TestExplainHostile checks names and page titles that try to add lines of their own.
func TestExplainHostile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const page = "<html><title>\x1b]0;owned\a\nsha1sum: x: FAILED\n    reason:   none\xff</title>"
	names := []string{
		"a\nsha1sum: forged: 1: x: FAILED", "a\n    reason:   forged", "\x1b[2J", "\xff\xfe", "caf\xc3\xa9", "a\rb", "a b", "it's", "`id`",
		"\u202e", "\u0085", "a: FAILED", ": ", "'", "-n", "\t",
	}
	var manifest strings.Builder
	for _, name := range names {
		clitest.Write(t, dir, name, page)
		manifest.WriteString(clitest.LineOf("other", name) + clitest.LineOf("other", strings.ToUpper(name)+"x\r"))
	}
	clitest.Write(t, dir, "SUMS\n    reason:   forged", manifest.String())
	got := blocks(t, explain(t, clitest.Settings{Dir: dir}, "SUMS\n    reason:   forged"))
	if len(got) != 2*len(names) {
		t.Errorf("%d explanations of %d lines", len(got), 2*len(names))
	}
	for _, b := range got {
		if b.rows["expected"] != clitest.DigestOf("other") {
			t.Errorf("%+v", b)
		}
		if b.rows["actual"] != "" && (len(b.reasons) != 1 || !strings.HasPrefix(b.reasons[0], "it is an HTML page titled ''$'\\033'']0;owned'$'\\a\\n'")) {
			t.Errorf("%+v", b)
		}
	}
}

// TestExplainEnds checks texts converted in both directions, with carriage returns and
// line feeds at the borders of buffers.
func TestExplainEnds(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{0, 1, 2, 3, 10, 100, 4095, 4096, 4097, 256<<10 - 1, 256 << 10, 256<<10 + 1, 1 << 20, 1<<20 + 77} {
		dir := t.TempDir()
		var manifest strings.Builder
		var want []string
		for i := range 6 {
			text := make([]byte, size)
			for j := range text {
				text[j] = "\r\n\n\r\nab"[rng.IntN(7)]
			}
			name := fmt.Sprint("f", i)
			clitest.Write(t, dir, name, string(text))
			lf := bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
			crlf := withCRLF(text)
			converted, reason := lf, "the lines were converted to end in CR LF: with LF alone the digest is the expected one"
			if i%2 == 1 {
				converted, reason = crlf, "the lines were converted to end in LF alone: with CR LF the digest is the expected one"
			}
			if !bytes.Equal(converted, text) {
				manifest.WriteString(clitest.LineOf(converted, name))
				want = append(want, reason)
			}
		}
		if want == nil {
			continue
		}
		clitest.Write(t, dir, "SUMS", manifest.String())
		for i, b := range blocks(t, explain(t, clitest.Settings{Dir: dir}, "SUMS")) {
			if !strings.Contains(strings.Join(b.reasons, "\n"), want[i]) {
				t.Errorf("%d bytes: %q, want %q", size, b, want[i])
			}
		}
	}
}

// withCRLF puts a carriage return in front of each line feed that has none.
func withCRLF(text []byte) (converted []byte) {
	for i, c := range text {
		if c == '\n' && (i == 0 || text[i-1] != '\r') {
			converted = append(converted, '\r')
		}
		converted = append(converted, c)
	}
	return converted
}

// TestExplainMany checks that the number of explained lines is limited and the rest are
// counted.
func TestExplainMany(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clitest.Write(t, dir, "file", "file")
	clitest.Write(t, dir, "SUMS", strings.Repeat(clitest.LineOf("other", "file"), 1003)+strings.Repeat("odd\n", 12))
	text := explain(t, clitest.Settings{Dir: dir}, "SUMS")
	odd := strings.Count(text, ": this is no checksum line\n")
	if !strings.Contains(text, "\nsha1sum: SUMS: 2 more malformed lines are not explained\n") || odd != 10 {
		t.Errorf("%d malformed lines, in %.2000s", odd, text)
	}
	failed := strings.Count(text, ": file: FAILED\n")
	if !strings.HasSuffix(text, "\nsha1sum: SUMS: 3 more failed lines are not explained\n") || failed != 1000 {
		t.Errorf("%d failed lines, and at last %q", failed, text[max(0, len(text)-100):])
	}
}

// TestExplainSpecial checks that what can be read only once is not read again.
func TestExplainSpecial(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := clitest.FIFO{Path: dir + "/fifo", Data: []byte("from the FIFO")}
	clitest.MakeFIFO(t, pipe.Path)
	clitest.Write(t, dir, "stdin", "from standard input")
	clitest.Write(t, dir, "SUMS", clitest.LineOf("other", "fifo")+clitest.LineOf("other", "-")+clitest.LineOf("other", "/dev/null")+clitest.LineOf("other", "/dev/stdin"))
	clitest.NeedOwn(t)
	end := pipe.Serve()
	stdin := clitest.Open(t, dir+"/stdin", os.O_RDONLY)
	defer stdin.Close()
	out := clitest.Ours.Output(t, []string{"-c", "--explain", "SUMS"}, clitest.Settings{Dir: dir, Stdin: stdin})
	end()
	_, text, _ := strings.Cut(string(out.Stderr), "NOT match\n")
	got := blocks(t, text)
	for i, want := range []struct{ actual, is string }{
		{clitest.DigestOf("from the FIFO"), "a FIFO"}, {clitest.DigestOf("from standard input"), "standard input"},
		{clitest.EmptyDigest, "a device"}, {"", "a descriptor of this process"},
	} {
		reason := "unknown: it is " + want.is + ", which is not read twice"
		if len(got) != 4 || want.actual != "" && got[i].rows["actual"] != want.actual || strings.Join(got[i].reasons, "") != reason {
			t.Errorf("%s\nline %d: want %q", out, i+1, reason)
		}
	}
}

// TestExplainChanges changes files between the line with FAILED and the explanation.
func TestExplainChanges(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	for _, test := range []struct {
		title  string
		change func(path string) error
		want   string
	}{
		{"other contents", func(path string) error { return os.WriteFile(path, []byte("new"), 0o644) }, "unknown: the file has changed since it was hashed"},
		{"the right contents", func(path string) error { return os.WriteFile(path, []byte("right"), 0o644) }, "unknown: the file has changed since it was hashed"},
		{"gone", os.Remove, "unknown: the file could not be read again: No such file or directory"},
		{"a FIFO", func(path string) error {
			os.Remove(path)
			return syscall.Mkfifo(path, 0o644)
		}, "unknown: it is a FIFO, which is not read twice"},
		{"a directory", func(path string) error {
			os.Remove(path)
			return os.Mkdir(path, 0o755)
		}, "unknown: it is a directory, which is not read twice"},
		{"the same", func(string) error { return nil }, "the file is empty"},
		{"larger", func(path string) error { return os.Truncate(path, 10<<20) }, "unknown: the file has changed since it was hashed"},
	} {
		t.Run(test.title, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			clitest.Write(t, dir, "file", "")
			s := clitest.Ours.Session(t, []string{"-c", "--explain"}, clitest.Settings{Dir: dir})
			s.Send(clitest.LineOf("right", "file"))
			s.Stdout.Want("file: FAILED\n")
			if err := test.change(dir + "/file"); err != nil {
				t.Fatal(err)
			}
			s.Stdin.Close()
			_, text, _ := strings.Cut(s.Stderr.Rest(), "NOT match\n")
			got := blocks(t, text)
			if len(got) != 1 || got[0].rows["actual"] != clitest.EmptyDigest || strings.Join(got[0].reasons, "\n") != test.want {
				t.Errorf("%+v, want %q", got, test.want)
			}
			if status := s.End(); status != "exit 1" {
				t.Error(status)
			}
		})
	}
}

// TestExplainPermissions checks that the owner of an unreadable file and the directory
// without search permission are named.
func TestExplainPermissions(t *testing.T) {
	t.Parallel()
	dir := clitest.PublicDir(t)
	s, me := clitest.Unprivileged(t, dir), os.Geteuid()
	if s.As != nil {
		me = int(s.As.Uid)
	}
	clitest.Write(t, dir, "secret", "secret")
	clitest.Chmod(t, dir+"/secret", 0o200)
	clitest.Write(t, dir, "locked/directory/inside", "inside")
	clitest.Chmod(t, dir+"/locked", 0o600)
	t.Cleanup(func() { os.Chmod(dir+"/locked", 0o755) })
	clitest.Write(t, dir, "SUMS", clitest.LineOf("x", "secret")+clitest.LineOf("x", "locked/directory/inside"))
	got := blocks(t, explain(t, s, "SUMS"))
	owner := fmt.Sprintf("its owner is user %d; this is user %d", os.Geteuid(), me)
	for i, want := range []string{
		"its permissions are 0200 and " + owner,
		"the directory locked may not be searched: its permissions are 0600 and " + owner,
	} {
		if len(got) != 2 || strings.Join(got[i].reasons, "") != want {
			t.Errorf("%+v, want %q", got, want)
		}
	}
}

// TestExplainNames checks that names with differences that are hard to see are found, and
// that names with other differences are not.
func TestExplainNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"caf\u00e9", "cafe\u0301s", "\u00c9tude", "r\xe9sum\xe9", "READ me", "trailing ", "plain", "Sub/Dir/file", "caf\xe8"} {
		clitest.Write(t, dir, name, name)
	}
	s := clitest.Settings{Dir: dir, Env: []string{"LC_ALL=C.UTF-8"}}
	for _, test := range []struct{ listed, want string }{
		{"cafe\u0301", "there is caf\u00e9, whose name differs only in its Unicode normalization"},
		{"caf\u00e9s", "there is cafe\u0301s, whose name differs only in its Unicode normalization"},
		{"e\u0301tude", "there is \u00c9tude, whose name differs only in case, blanks around it or its Unicode normalization"},
		{"\u00e9tude", "there is \u00c9tude, whose name differs only in upper and lower case"},
		{"read ME", "there is 'READ me', whose name differs only in upper and lower case"},
		{"trailing", "there is 'trailing ', whose name differs only in blanks around it"},
		{"plain\r\r", "there is plain, whose name differs only in a carriage return at the end"},
		{" Plain", "there is plain, whose name differs only in case, blanks around it or its Unicode normalization"},
		{"Sub/Dir/File", "there is Sub/Dir/file, whose name differs only in upper and lower case"},
		{"Sub/dir/file", "there is no directory Sub/dir|there is Sub/Dir, whose name differs only in upper and lower case"},
		{"./sub/Dir/file", "there is no directory ./sub|there is ./Sub, whose name differs only in upper and lower case"},
		{dir + "/PLAIN", "there is " + dir + "/plain, whose name differs only in upper and lower case"},
		{"plain/x", "plain is a file, not a directory"},
		{`Sub\Dir\file`, "there is Sub/Dir/file: the name has backslashes for slashes"},
		{"caf\xe9", ""}, // not UTF-8, as another is that differs in what it says
		{"r\xc3\xa9sum\xc3\xa9", ""},
		{"plan", ""},
		{"", ""},
		{strings.Repeat("n/", 500) + "n", "there is no directory n"},
	} {
		clitest.Write(t, dir, "SUMS", "SHA1 ("+test.listed+") = "+clitest.DigestOf("other")+"\n")
		if escaped := clitest.Escaper.Replace(test.listed); escaped != test.listed {
			clitest.Write(t, dir, "SUMS", `\SHA1 (`+escaped+") = "+clitest.DigestOf("other")+"\n")
		}
		text := explain(t, s, "SUMS")
		var got []string
		for _, row := range regexp.MustCompile(`(?m)^    (?:reason|also): +(.*)$`).FindAllStringSubmatch(text, -1) {
			got = append(got, row[1])
		}
		if strings.Join(got, "|") != test.want || !strings.Contains(text, ": FAILED open or read: ") {
			t.Errorf("%q: %q, want %q, in\n%s", test.listed, got, test.want, text)
		}
	}
}

// TestExplainRotation checks files whose contents are permuted in a ring, and two that
// are exchanged among many lines.
func TestExplainRotation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var manifest strings.Builder
	const ring, lines = 5, 10_000
	for i := range ring {
		clitest.Write(t, dir, fmt.Sprint("ring", i), fmt.Sprint("content ", (i+1)%ring))
		manifest.WriteString(clitest.LineOf(fmt.Sprint("content ", i), fmt.Sprint("ring", i)))
	}
	clitest.Write(t, dir, "same", "same")
	clitest.Write(t, dir, "left", "right")
	clitest.Write(t, dir, "right", "left")
	clitest.Write(t, dir, "copy", "same")
	clitest.Write(t, dir, "twice", "now")
	manifest.WriteString(clitest.LineOf("left", "left") + strings.Repeat(clitest.LineOf("same", "same"), lines) + clitest.LineOf("right", "right") +
		clitest.LineOf("was", "copy") + clitest.LineOf("was", "twice") + clitest.LineOf("now", "./twice"))
	clitest.Write(t, dir, "SUMS", manifest.String())
	last := ring + lines
	for i, b := range blocks(t, explain(t, clitest.Settings{Dir: dir}, "--quiet", "SUMS")) {
		want := fmt.Sprintf("it has the contents of another file: line %d lists the actual digest for ring%d", (i+1)%ring+1, (i+1)%ring)
		if i >= ring {
			want = []string{
				fmt.Sprintf("exchanged with right of line %d: each has the other's digest", last+2),
				fmt.Sprintf("exchanged with left of line %d: each has the other's digest", ring+1),
				fmt.Sprintf("it has the contents of another file: line %d lists the actual digest", ring+2),
				fmt.Sprintf("the manifest contradicts itself: line %d lists the actual digest for the same file", last+5),
			}[i-ring]
		}
		if strings.Join(b.reasons, "|") != want {
			t.Errorf("%s: %q, want %q", b.head, b.reasons, want)
		}
	}
}

// TestExplainFewDescriptors reads files again while those of the next manifest need every
// descriptor. They are hashed all the same.
func TestExplainFewDescriptors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var manifest strings.Builder
	for i := range 200 {
		clitest.Write(t, dir, fmt.Sprint(i), strings.Repeat("x", i*1000))
		manifest.WriteString(clitest.LineOf("other", fmt.Sprint(i)))
	}
	clitest.Write(t, dir, "SUMS", manifest.String())
	clitest.NeedOwn(t)
	for _, limit := range []int{clitest.DescriptorLimit(2), clitest.DescriptorLimit(4), clitest.DescriptorLimit(10)} {
		s := clitest.Settings{Dir: dir, Shell: fmt.Sprintf("ulimit -n %d", limit)}
		out := clitest.Ours.Output(t, []string{"-c", "--explain", "SUMS", "SUMS", "SUMS"}, s)
		text := strings.ReplaceAll(string(out.Stderr), "sha1sum: WARNING: 200 computed checksums did NOT match\n", "")
		got := blocks(t, text)
		if failed := bytes.Count(out.Stdout, []byte(": FAILED\n")); len(got) != 600 || failed != 600 {
			t.Errorf("%d descriptors: %d explanations of %d lines", limit, len(got), failed)
		}
		for _, b := range got {
			if b.rows["size"] == "" && strings.Join(b.reasons, "") != "unknown: the file could not be read again: Too many open files" {
				t.Errorf("%d descriptors: %+v", limit, b)
			}
		}
	}
}

// TestExplainShortDigests checks that equal digests of one byte, which are frequent,
// prove nothing.
func TestExplainShortDigests(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var manifest strings.Builder
	for i := range 300 {
		clitest.Write(t, dir, fmt.Sprint(i), fmt.Sprint("content\n", i))
		manifest.WriteString(fmt.Sprintf("BLAKE2b-8 (%d) = %02x\n", i, i%256))
	}
	clitest.Write(t, dir, "SUMS", manifest.String())
	clitest.NeedOwn(t)
	out := clitest.Ours.Output(t, []string{"-a", "blake2b", "-c", "--explain", "SUMS"}, clitest.Settings{Dir: dir})
	_, text, _ := strings.Cut(string(out.Stderr), "NOT match\n")
	got := blocks(t, text)
	if len(got) < 250 {
		t.Fatalf("%d explanations", len(got))
	}
	for _, b := range got {
		if b.reasons != nil {
			t.Errorf("%+v", b)
		}
	}
}
