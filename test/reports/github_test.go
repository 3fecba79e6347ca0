//go:build unix

package reports_test

import (
	"bytes"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// step is where a step of a workflow runs.
type step struct {
	clitest.Settings
	summary, outputs string // paths
}

func newStep(t *testing.T, dir string) step {
	t.Helper()
	files := t.TempDir()
	s := step{summary: files + "/summary", outputs: files + "/outputs"}
	for _, path := range []string{s.summary, s.outputs} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.Dir = dir
	s.Env = []string{
		"GITHUB_STEP_SUMMARY=" + s.summary, "GITHUB_OUTPUT=" + s.outputs, "GITHUB_WORKSPACE=" + dir,
	}
	return s
}

// merges returns the commands that the runner may execute, for each order of the two
// streams.
func merges(out clitest.Outcome) (all [][]command) {
	for _, streams := range [][][]byte{
		{out.Stdout, out.Stderr},
		{out.Stderr, out.Stdout},
		{bytes.Join(interleaved(out.Stdout, out.Stderr), nil)},
		{bytes.Join(interleaved(out.Stderr, out.Stdout), nil)},
	} {
		r := newRunner()
		for _, stream := range streams {
			r.lines(stream)
		}
		all = append(all, r.commands)
	}
	return all
}

// interleaved returns the lines of a and b by turns.
func interleaved(a, b []byte) (lines [][]byte) {
	as, bs := bytes.SplitAfter(a, []byte("\n")), bytes.SplitAfter(b, []byte("\n"))
	for i := range max(len(as), len(bs)) {
		if i < len(as) {
			lines = append(lines, as[i])
		}
		if i < len(bs) {
			lines = append(lines, bs[i])
		}
	}
	return lines
}

// TestGitHubHostileNames checks names that look like commands. Without a fence they are
// executed; with one only our own commands are.
func TestGitHubHostileNames(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir, listed := hostileTree(t)
	for _, args := range [][]string{
		{"--check", "SUMS"},
		{"-c", "--warn", "SUMS", "SUMS", "::error::forged", "##[error]forged"}, // manifests with such names
		{"-r", "."}, {"-rz", "."}, {"-rz", "-a", "sha1,md5", "."}, {"-r", "--files0-from=names"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			s := newStep(t, dir)
			var names []string
			for _, l := range listed {
				names = append(names, l.name+"\x00")
			}
			clitest.Write(t, dir, "names", strings.Join(names, ""))
			plain := clitest.Ours.Output(t, args, s.Settings)
			if len(merges(plain)[0]) == 0 {
				t.Errorf("without a fence no command is forged by\n%s", plain)
			}
			out := clitest.Ours.Output(t, append([]string{"--report=github"}, args...), s.Settings)
			if len(out.Stderr) > 0 {
				t.Errorf("on standard error: %s", out.Stderr)
			}
			if out.Status != plain.Status {
				t.Errorf("ended with %s, and with %s without the report", out.Status, plain.Status)
			}
			wantFenced(t, out, plain)
			for _, commands := range merges(out) {
				for _, c := range commands {
					known := []string{"error", "warning", "notice"}
					if !slices.Contains(known, c.name) || c.properties["title"] != "psha1sum" || strings.HasPrefix(c.data, "forged") {
						t.Errorf("a command was forged: %+v", c)
					}
				}
			}
		})
	}
}

// wantFenced checks that all that a run prints without the report is between the two
// ends of the fence of one with it.
func wantFenced(t *testing.T, out, plain clitest.Outcome) {
	t.Helper()
	lines := strings.SplitAfter(string(out.Stdout), "\n")
	token, ok := strings.CutPrefix(strings.TrimSuffix(lines[0], "\n"), "::stop-commands::")
	if !ok || len(token) < 20 {
		t.Fatalf("it begins with %q", lines[0])
	}
	text, after, ok := strings.Cut(strings.TrimPrefix(string(out.Stdout), lines[0]), "\n::"+token+"::\n")
	if !ok || strings.Contains(after, token) {
		t.Fatalf("no end of the fence in\n%s", out)
	}
	for line := range bytes.Lines(plain.Stderr) {
		if !strings.Contains(text, string(line)) {
			t.Errorf("%q is not inside of the fence", line)
		}
		text = strings.Replace(text, string(line), "", 1)
	}
	if text != string(plain.Stdout) {
		t.Errorf("inside of the fence is %.1000q, want %.1000q", text, plain.Stdout)
	}
}

// TestGitHubAnnotations reads annotations back: as many names in a run as get one.
func TestGitHubAnnotations(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/sub", 0o755); err != nil {
		t.Fatal(err)
	}
	names := slices.DeleteFunc(slices.Concat(forgingNames, clitest.TrickyNames), func(name string) bool {
		return os.WriteFile(dir+"/sub/"+name, []byte("content"), 0o644) != nil
	})
	for names := range slices.Chunk(names, 9) {
		sums := "odd\n"
		for _, name := range names {
			sums += clitest.LineOf("other", name)
		}
		clitest.Write(t, dir, "SUMS", sums)
		out := clitest.Ours.Output(t, []string{"--check", "--report=github", "-C", "sub", "SUMS"}, newStep(t, dir).Settings)
		commands := merges(out)[0]
		if out.Status != "exit 1" || len(commands) != 1+len(names) {
			t.Fatalf("%q: %+v of\n%s", names, commands, out)
		}
		odd := commands[0]
		if odd.name != "warning" || odd.properties["file"] != "SUMS" || odd.properties["line"] != "1" {
			t.Errorf("%+v", odd)
		}
		for i, name := range names {
			c := commands[1+i]
			shown, _, _ := strings.Cut(c.data, ": computed checksum did NOT match: expected SHA1 ")
			if c.name != "error" || unescape(t, shown) != name {
				t.Errorf("%q: %+v", name, c)
			}
			want := "sub/" + name
			if !utf8.ValidString(name) {
				want = ""
			}
			if c.properties["file"] != want {
				t.Errorf("%q: the file is %q", name, c.properties["file"])
			}
		}
	}
}

var summaryCell = regexp.MustCompile(`^(?:<code>([A-Za-z0-9 /]|[^\x00-\x7f]|&#[0-9]+;)*</code>)?$`)

// TestGitHubSummary reads the step's summary and its outputs back.
func TestGitHubSummary(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir, listed := hostileTree(t)
	listed = slices.DeleteFunc(listed, func(l listedName) bool { return len(l.name) > 150 })
	listed = listed[:150] // as many as there is room for
	var sums strings.Builder
	count := map[string]int{}
	for _, l := range listed {
		sums.WriteString(clitest.LineOf(map[string]string{"mismatch": "other"}[l.verdict]+strings.Repeat("content", strings.Count(l.verdict, "verified")), l.name))
		count[l.verdict]++
	}
	clitest.Write(t, dir, "SUMS", sums.String())
	s := newStep(t, dir)
	if err := os.WriteFile(s.summary, []byte("before\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := clitest.Ours.Output(t, []string{"--check", "--report=github", "SUMS"}, s.Settings)
	text, err := os.ReadFile(s.summary)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "before\n### psha1sum: failed\n") {
		t.Errorf("the summary begins with %.100q", text)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "|")
		if len(cells) != 7 || strings.Contains(line, "---") || strings.Contains(line, "| file |") {
			continue
		}
		for _, cell := range cells[1:6] {
			if !summaryCell.MatchString(strings.TrimSpace(cell)) {
				t.Errorf("a cell is %q", cell)
			}
		}
		cell := strings.TrimSuffix(strings.TrimPrefix(cells[1], " <code>"), "</code> ")
		names = append(names, unescape(t, html.UnescapeString(cell)))
	}
	var want []string
	for _, l := range listed {
		if l.verdict != "verified" {
			want = append(want, l.name)
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("the summary names %q, want %q", names, want)
	}
	outputs, err := os.ReadFile(s.outputs)
	wantOutputs := "computed=0\nverified=" + strconv.Itoa(count["verified"]) + "\nmismatch=" + strconv.Itoa(count["mismatch"]) +
		"\nmissing=" + strconv.Itoa(count["missing"]) + "\nunreadable=0\nnew=0\nmoved=0\nignored=0\nmalformed=0\n" +
		"mismatched=" + strconv.Itoa(count["mismatch"]) + "\nforgiven=0\n"
	if err != nil || string(outputs) != wantOutputs {
		t.Errorf("the outputs are %q, %v, want %q", outputs, err, wantOutputs)
	}
	commands := merges(out)[0]
	if len(commands) != 10 || commands[9].name != "notice" || !strings.HasPrefix(commands[9].data, strconv.Itoa(len(want)-9)+" more") {
		t.Errorf("got %+v", commands)
	}
}

// TestGitHubSummaryIsSmall has more failures than a summary may tell.
func TestGitHubSummaryIsSmall(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	sums := clitest.LineOf("a", strings.Repeat("|", 10_000)) + strings.Repeat(clitest.LineOf("a", strings.Repeat("\x01", 200)), 300)
	clitest.Write(t, dir, "SUMS", sums)
	s := newStep(t, dir)
	out := clitest.Ours.Output(t, []string{"--check", "--report=github", "SUMS"}, s.Settings)
	text, err := os.ReadFile(s.summary)
	if out.Status != "exit 1" || err != nil || len(text) > 70<<10 {
		t.Errorf("%d bytes, %v\n%s", len(text), err, out)
	}
	rows := bytes.Count(text, []byte("<code>SUMS</code>"))
	if want := strconv.Itoa(301-rows) + " more failures have no room here."; !bytes.Contains(text, []byte(want)) {
		t.Errorf("%q is missing from\n%.2000s", want, text)
	}
	for _, c := range merges(out)[0] {
		if len(c.data) > 2000 {
			t.Errorf("a message has %d bytes", len(c.data))
		}
	}
}

// TestGitHubFilesThatCannotBeWritten has files of the runner's that can't be opened, or
// find no room. The message is inside of the fence.
func TestGitHubFilesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	clitest.NeedFile(t, "/dev/full")
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	for _, variable := range []string{"GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"} {
		for path, want := range map[string]string{
			"/dev/full":         clitest.LineOf("a", "a") + clitest.Name + ": /dev/full: write error: No space left on device\n",
			"none/##[error]foo": clitest.Name + ": 'none/##[error]foo': No such file or directory\n",
		} {
			out := clitest.Ours.Output(t, []string{"--report=github", "a"}, clitest.Settings{Dir: dir, Env: []string{variable + "=" + path}})
			if out.Status != "exit 1" || len(merges(out)[0]) > 0 {
				t.Errorf("%s=%s: %+v of\n%s", variable, path, merges(out)[0], out)
			}
			wantFenced(t, out, clitest.Outcome{Stdout: []byte(want)})
		}
	}
}

// TestFenceIsLast checks a message about a name at the very end of a run.
func TestFenceIsLast(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	clitest.NeedFile(t, "/dev/full")
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	if err := os.Symlink("/dev/full", dir+"/##[error]forged"); err != nil {
		t.Fatal(err)
	}
	out := clitest.Ours.Output(t, []string{"--report=github", "-o", "##[error]forged", "a"}, clitest.Settings{Dir: dir})
	if out.Status != "exit 1" || len(merges(out)[0]) > 0 {
		t.Errorf("%s", out)
	}
	want := clitest.Name + ": '##[error]forged': write error: No space left on device\n"
	wantFenced(t, out, clitest.Outcome{Stdout: []byte(want)})
}

// TestFenceIsFirst checks messages that repeat words of the command line.
func TestFenceIsFirst(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	for _, args := range [][]string{
		{"--##[error]forged"}, {"--algorithm=##[error]forged"}, {"-C", "##[error]forged"},
		{"--report=##[error]forged"}, {"--report=junit:##[error]forged/x"}, {"##[error]forged"},
		{"--check", "##[error]forged"}, {"--files0-from=##[error]forged"},
	} {
		for _, option := range [][]string{{"--report=github"}, {"--report", "github"}} {
			out := clitest.Ours.Output(t, slices.Concat(option, args), newStep(t, dir).Settings)
			if len(out.Stderr) > 0 || !bytes.HasPrefix(out.Stdout, []byte("::stop-commands::")) || out.Status != "exit 1" {
				t.Errorf("%q:\n%s", args, out)
			}
			for _, c := range merges(out)[0] {
				if c.properties["title"] != "psha1sum" || strings.HasPrefix(c.data, "forged") {
					t.Errorf("%q: %+v", args, c)
				}
			}
		}
	}
	// Nor need the words be what they look like.
	forged := "--bad\n::error::forged\n##[error]forged"
	for _, args := range [][]string{
		{"-C", "--", "--report=github", forged}, {"--directory", "--", "--report", "github", forged}, {"-rC", "--", forged, "--report=github"},
		{"-o--", "--report=github", forged}, {"--require", "--", "-C", "--json", "--report=github", forged}, {forged, "-C", "--", "--report=github"},
		{"--expect", "--", "-a", "--", "--report=github", forged}, {"a", "--bad", "--report", "github", forged},
	} {
		out := clitest.Ours.Output(t, args, newStep(t, dir).Settings)
		if len(out.Stderr) > 0 || len(merges(out)[0]) > 0 || !bytes.HasPrefix(out.Stdout, []byte("::stop-commands::")) || out.Status != "exit 1" {
			t.Errorf("%q: %+v of\n%s", args, merges(out)[0], out)
		}
	}
	// An operand or an argument of such a name asks for nothing.
	for _, args := range [][]string{
		{"--bad", "--", "--report=github"}, {"--bad", "-C", "--report=github"}, {"--bad", "--require", "--report", "github"},
	} {
		out := clitest.Ours.Output(t, args, clitest.Settings{Dir: dir})
		if len(out.Stdout) > 0 || bytes.Contains(out.Stderr, []byte("::")) {
			t.Errorf("%q:\n%s", args, out)
		}
	}
	out := clitest.Ours.Output(t, []string{"--bad", "a", "--report=github"}, clitest.Settings{Dir: dir, Env: []string{"POSIXLY_CORRECT="}})
	if len(out.Stdout) > 0 || bytes.Contains(out.Stderr, []byte("::")) {
		t.Errorf("%s", out)
	}
}

// TestFenceBesideJSON checks that standard output has nothing but objects, none of which
// is a command, and that the fence and its contents go to standard error.
func TestFenceBesideJSON(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir, listed := hostileTree(t)
	schema := clitest.JSONSchema(t)
	for _, args := range [][]string{
		{"-c", "SUMS"}, {"-c", "SUMS", "::error::forged", "##[error]forged"}, {"-r", "."}, {"-c", "--audit=.", "SUMS"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			s := newStep(t, dir)
			plain := clitest.Ours.Output(t, append([]string{"--json"}, args...), s.Settings)
			out := clitest.Ours.Output(t, append([]string{"--json", "--report=github"}, args...), s.Settings)
			clitest.WantText(t, string(out.Stdout), string(plain.Stdout))
			clitest.JSONObjects(t, schema, out)
			r := newRunner()
			if r.lines(out.Stdout); len(r.commands) > 0 {
				t.Errorf("objects are commands: %+v", r.commands)
			}
			wantFenced(t, clitest.Outcome{Stdout: out.Stderr}, clitest.Outcome{Stdout: plain.Stderr})
			for _, commands := range merges(out) {
				for _, c := range commands {
					known := []string{"error", "warning", "notice"}
					if !slices.Contains(known, c.name) || c.properties["title"] != "psha1sum" || strings.HasPrefix(c.data, "forged") {
						t.Errorf("a command was forged: %+v", c)
					}
				}
				if args[0] == "-c" && len(commands) < 9 && len(listed) > 20 {
					t.Errorf("only %d annotations", len(commands))
				}
			}
		})
	}
	for _, args := range [][]string{{"--bad"}, {"-C", "##[error]forged"}, {"--report=junit:none/x"}} {
		out := clitest.Ours.Output(t, slices.Concat([]string{"--json", "--report=github"}, args), newStep(t, dir).Settings)
		if bytes.Contains(out.Stdout, []byte("::")) || !bytes.HasPrefix(out.Stderr, []byte("::stop-commands::")) || out.Status != "exit 1" {
			t.Errorf("%q:\n%s", args, out)
		}
		if len(args[0]) != len("--bad") {
			clitest.JSONObjects(t, schema, out)
		}
	}
}

// TestJSONEndsLast has another report fail at its end: the last object knows.
func TestJSONEndsLast(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	clitest.NeedFile(t, "/dev/full")
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "a")
	s := clitest.Settings{Dir: dir, Env: []string{"GITHUB_OUTPUT=/dev/full"}}
	for _, report := range []string{"junit:/dev/full", "github"} {
		out := clitest.Ours.Output(t, []string{"--json", "--report=" + report, "a"}, s)
		if clitest.JSONObjects(t, clitest.JSONSchema(t), out); out.Status != "exit 1" {
			t.Errorf("%s:\n%s", report, out)
		}
	}
}

// TestFenceBesideFiles checks that streams that the runner doesn't read are the same as
// without a report.
func TestFenceBesideFiles(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "::error::a", "a")
	args := []string{"--report=github", "::error::a", "none"}
	none := clitest.Open(t, os.DevNull, os.O_RDONLY)
	defer none.Close()
	message := clitest.Name + ": none: No such file or directory\n"
	line := clitest.LineOf("a", "::error::a")

	t.Run("stdout", func(t *testing.T) {
		file := clitest.Open(t, filepath.Join(t.TempDir(), "out"), os.O_RDWR|os.O_CREATE)
		defer file.Close()
		r, w := clitest.Pipe(t)
		p := clitest.Ours.Start(t, args, []*os.File{none, file, w}, clitest.Settings{Dir: dir})
		w.Close()
		errs := clitest.Collect(r)
		status := p.End()
		text, _ := os.ReadFile(file.Name())
		run := newRunner()
		run.lines(errs())
		if status != "exit 1" || string(text) != line || len(run.commands) != 1 || !bytes.Contains(errs(), []byte(message)) {
			t.Errorf("%s: %q and %q", status, text, errs())
		}
	})
	t.Run("stderr", func(t *testing.T) {
		file := clitest.Open(t, filepath.Join(t.TempDir(), "err"), os.O_RDWR|os.O_CREATE)
		defer file.Close()
		r, w := clitest.Pipe(t)
		p := clitest.Ours.Start(t, args, []*os.File{none, w, file}, clitest.Settings{Dir: dir})
		w.Close()
		out := clitest.Collect(r)
		status := p.End()
		text, _ := os.ReadFile(file.Name())
		run := newRunner()
		run.lines(out())
		if status != "exit 1" || string(text) != message || len(run.commands) != 1 || !bytes.Contains(out(), []byte(line)) {
			t.Errorf("%s: %q and %q", status, out(), text)
		}
	})
	t.Run("none", func(t *testing.T) {
		p := clitest.Ours.Start(t, args, []*os.File{none, nil, nil}, clitest.Settings{Dir: dir})
		if status := p.End(); status != "exit 1" {
			t.Errorf("ended with %s", status)
		}
	})
}

// TestFenceStaysClosed checks a process that dies inside its fence.
func TestFenceStaysClosed(t *testing.T) {
	t.Parallel()
	clitest.NeedOwn(t)
	dir := t.TempDir()
	clitest.Write(t, dir, "::error::a", "a")
	s := clitest.Ours.Session(t, []string{"--check", "--report=github", "-"}, newStep(t, dir).Settings)
	s.Send(clitest.LineOf("a", "::error::a"))
	r := newRunner()
	r.line(strings.TrimSuffix(s.Stdout.Next(), "\n"))
	s.Stdout.Want("::error::a: OK\n")
	s.SendSignal(clitest.Signal{Name: "TERM", Signal: syscall.SIGTERM})
	s.WantDeath(clitest.Signal{Name: "TERM", Signal: syscall.SIGTERM})
	if r.stopped == "" || len(r.commands) > 0 {
		t.Errorf("%+v", r)
	}
}
