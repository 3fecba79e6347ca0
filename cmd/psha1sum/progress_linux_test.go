// Package main_test tests that --progress shows the right things on a terminal and in a
// log: progress_linux_test.go with the whole command and an accelerated clock,
// progress_time_linux_test.go with the line alone.
package main_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	psha1sum "github.com/psha1sum/psha1sum/cmd/psha1sum"
	"github.com/psha1sum/psha1sum/internal/clitest"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if os.Getenv(inHaste) != "" {
		os.Exit(psha1sum.RunHastily(os.Args))
	}
	clitest.Main(m)
}

// inHaste is the environment variable that makes this test binary run as psha1sum with an
// accelerated clock for its progress.
const inHaste = "PSHA1SUM_TEST_IN_HASTE"

// A watched tool is one whose standard error is a terminal that a person looks at.
type watched struct {
	*clitest.Process
	master *os.File
	done   chan struct{} // closed when the terminal is
	slow   time.Duration // to be waited before more is read

	mu     sync.Mutex
	screen *clitest.Screen
	sent   []byte // all that was
}

// watching says how to start a watched tool. The streams are terminals, all the
// same one, unless given.
type watching struct {
	clitest.Settings
	columns       int
	stdin, stdout *os.File
	slow          time.Duration
	under         string // a shell's command, which calls "$0" "$@"
	released      bool   // the tool is the real one, not one in haste
}

// linkTo returns a link to a program, by one of our names.
func linkTo(t *testing.T, program, name string) string {
	t.Helper()
	program, err := filepath.EvalSymlinks(program)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(program, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// ownTool returns the path of our tool by one of its names, and the environment that
// makes it one. It is in haste: what it says of time is twenty times as much. A binary
// that was given can't be, so tests with it take longer.
func ownTool(t *testing.T, name string, released bool) (path string, env []string) {
	t.Helper()
	clitest.NeedOwn(t)
	if released || clitest.Ours.Given {
		return linkTo(t, clitest.Ours.Path(), name), nil
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return linkTo(t, self, name), []string{inHaste + "=1"}
}

// letPass lets some of the tool's time pass.
func letPass(d time.Duration) {
	if !clitest.Ours.Given {
		d /= psha1sum.Haste
	}
	time.Sleep(d)
}

// watchTool starts the tool by a name, in the foreground of a terminal.
func watchTool(t *testing.T, name string, args []string, w watching) *watched {
	t.Helper()
	path, env := ownTool(t, name, w.released)
	if w.columns == 0 {
		w.columns = 80
	}
	master, terminalName := clitest.Terminal(t)
	clitest.SetColumns(t, master, w.columns)
	end := clitest.Open(t, terminalName, os.O_RDWR|unix.O_NOCTTY)
	defer end.Close()
	files := []*os.File{end, end, end}
	if w.stdin != nil {
		files[0] = w.stdin
	}
	if w.stdout != nil {
		files[1] = w.stdout
	}
	program, argv := path, append([]string{name}, slices.Concat(clitest.ForcedIO(w.Settings), args)...)
	if w.under != "" {
		program, argv = "/bin/sh", slices.Concat([]string{"sh", "-c", w.under, path}, argv[1:])
	}
	p, err := os.StartProcess(program, argv, &os.ProcAttr{
		Dir: w.Dir,
		// Of a variable that is there twice, the first counts.
		Env: append(slices.Concat(w.Env, env),
			"PATH="+os.Getenv("PATH"), "TERM=xterm", "LC_ALL=C.UTF-8", "GORACE=atexit_sleep_ms=0"),
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := &watched{
		Process: &clitest.Process{T: t, Process: p}, master: master, screen: clitest.NewScreen(w.columns), slow: w.slow, done: make(chan struct{}),
	}
	t.Cleanup(func() { p.Kill() })
	go seen.look()
	return seen
}

// look reads the terminal until nobody has it any more.
func (w *watched) look() {
	defer close(w.done)
	buf := make([]byte, 1024)
	for {
		n, err := w.master.Read(buf)
		w.mu.Lock()
		w.sent = append(w.sent, buf[:n]...)
		w.screen.Show(string(buf[:n]))
		w.mu.Unlock()
		if err != nil {
			return
		}
		time.Sleep(w.slow)
	}
}

// await waits until the line of the cursor is as pattern has it.
func (w *watched) await(pattern string) {
	w.T.Helper()
	want := regexp.MustCompile("^(?:" + pattern + ")$")
	deadline := time.Now().Add(clitest.Limit)
	for {
		w.mu.Lock()
		line := w.screen.Line()
		w.mu.Unlock()
		if want.MatchString(line) {
			return
		}
		if time.Now().After(deadline) {
			w.T.Fatalf("the line is %q, want %s", line, pattern)
		}
		time.Sleep(time.Millisecond)
	}
}

// awaitSent waits until the terminal was sent something so many times.
func (w *watched) awaitSent(text string, times int) {
	w.T.Helper()
	for deadline := time.Now().Add(clitest.Limit); ; time.Sleep(time.Millisecond) {
		w.mu.Lock()
		n := strings.Count(string(w.sent), text)
		w.mu.Unlock()
		if n >= times {
			return
		}
		if time.Now().After(deadline) {
			w.T.Fatalf("%q was sent %d times, want %d", text, n, times)
		}
	}
}

// wantScreen waits for the end, and has the person see this and nothing else.
func (w *watched) wantScreen(status, want string) {
	w.T.Helper()
	if got := w.End(); got != status {
		w.T.Errorf("ended with %s, want %s", got, status)
	}
	select {
	case <-w.done:
	case <-time.After(clitest.Limit):
		w.T.Fatal("somebody still has the terminal")
	}
	if got := w.remains(); got != want {
		w.T.Errorf("the screen is\n%.2000s\nwant\n%.2000s", got, want)
	}
	if len(w.screen.Strange) > 0 {
		w.T.Errorf("the terminal was sent %q", w.screen.Strange)
	}
}

// concluded is what a run of more than ten seconds says at its end.
const concluded = `[^ \n]+: [0-9.]+ [kMGT]?B in (?:[0-9]+ s|[0-9:]+), ` + rate + `(?:, [0-9]+ FAILED)?\r?\n`

var conclusion = regexp.MustCompile(concluded + `\z`)

// remains is what there is on the screen at the end, without what a run says that took
// longer than it should, on a machine where others work.
func (w *watched) remains() string {
	alone := clitest.NewScreen(w.screen.Columns)
	alone.Show(conclusion.FindString(string(w.sent)))
	return strings.TrimSuffix(w.screen.String(), alone.String())
}

// atOnce runs the cases of a test all at the same time. They wait, nearly all of the
// time, so it doesn't matter how many processors there are.
func atOnce[C any](t *testing.T, cases []C, title func(C) string, run func(*testing.T, C)) {
	var all sync.WaitGroup
	for _, c := range cases {
		all.Go(func() { t.Run(title(c), func(t *testing.T) { run(t, c) }) })
	}
	all.Wait()
}

// What a line says of rates and times.
const (
	rate  = `[0-9.]+ [kMGT]?B/s`
	soFar = `(?:[0-9]+ s|[0-9:]+) so far`
	// waiting is that of a run that waits for a FIFO, of which nothing is known.
	waiting = `0 B, 0 B/s, ` + soFar + `  p`
)

// TestProgressWidths feeds a known amount and compares the line on terminals of several
// widths, and what is left at the end.
func TestProgressWidths(t *testing.T) {
	t.Parallel()
	type width struct {
		columns int
		name    string
		line    string
	}
	atOnce(t, []width{
		{1, "p", ""},
		{5, "p", ""},
		{20, "p", `1\.3 MB`},
		{40, "p", `1\.3 MB of more than 50\.0 MB(, ` + rate + `)?`},
		{80, "p", `1\.3 MB of more than 50\.0 MB, ` + rate + `, ` + soFar + `  p`},
		{80, strings.Repeat("name", 30), `1\.3 MB of more than 50\.0 MB, ` + rate + `, ` + soFar + `  [name]{5,9}\.\.\.[name]{12,20}`},
		{200, strings.Repeat("name", 30), `1\.3 MB of more than 50\.0 MB, ` + rate + `, ` + soFar + `  (name){30}`},
		{80, strings.Repeat("日本", 30), `1\.3 MB of more than 50\.0 MB, ` + rate + `, ` + soFar + `  [日本]{2,4}\.\.\.[日本]{6,9}`},
		{200, "a\x1b[2J\nb\x9b", `1\.3 MB of more than 50\.0 MB, ` + rate + `, ` + soFar + `  'a'\$'\\033''\[2J'\$'\\n''b'\$'\\233'`},
		{200, "a\u202eb\u2066\u200fc", `1\.3 MB of more than 50\.0 MB, ` + rate + `, ` + soFar + `  'a'\$'\\342\\200\\256''b'\$'\\342\\201\\246\\342\\200\\217''c'`},
	},
		func(test width) string { return fmt.Sprintf("%d %.10q", test.columns, test.name) },
		func(t *testing.T, test width) {
			dir := t.TempDir()
			clitest.MakeFIFO(t, dir+"/"+test.name)
			clitest.Write(t, dir, "big", "")
			if err := os.Truncate(dir+"/big", 50e6); err != nil {
				t.Fatal(err)
			}
			stdout, stdoutEnd := clitest.Pipe(t)
			printed := clitest.Collect(stdout)
			w := watchTool(t, "psha1sum", []string{test.name, "big"}, watching{Settings: clitest.Settings{Dir: dir}, columns: test.columns, stdout: stdoutEnd})
			stdoutEnd.Close()
			writer := clitest.OpenWriter(t, dir+"/"+test.name)
			fed := make([]byte, 10<<17)
			writer.Write(fed)
			if test.line == "" {
				letPass(3 * time.Second)
			}
			w.await(test.line)
			w.mu.Lock()
			if rows := len(w.screen.Rows); rows != 1 {
				t.Errorf("the line has %d rows", rows)
			}
			w.mu.Unlock()
			writer.Close()
			w.wantScreen("exit 0", "")
			if want := clitest.LineOf(fed, test.name) + clitest.LineOf(make([]byte, 50e6), "big"); string(printed()) != want {
				t.Errorf("printed %q, want %q", printed(), want)
			}
		})
}

// TestProgressTotals has the total be true wherever the names of files come from.
// All of them are read, and then standard output is full.
func TestProgressTotals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const count = 1000
	names := make([]string, count)
	var manifest, list strings.Builder
	for i := range names {
		names[i] = fmt.Sprintf("d/%d/%04d-%s", i%7, i, strings.Repeat("n", 100))
		content := strings.Repeat("x", i%500)
		clitest.Write(t, dir, names[i], content)
		manifest.WriteString(clitest.LineOf(content, names[i]))
		list.WriteString(names[i] + "\x00")
	}
	clitest.Write(t, dir, "SUMS", manifest.String())
	clitest.Write(t, dir, "list", list.String())
	clitest.Write(t, dir, "lists", "SUMS\x00SUMS\x00")
	clitest.Write(t, dir, "input", "read"+strings.Repeat("i", 1000))
	files := `249\.5 kB of 249\.5 kB, 100 %, 1000 of 1000 files, ` + rate + `, ` + soFar
	unknown := `249\.5 kB, 1000 files, ` + rate + `, ` + soFar
	type run struct {
		title, line string
		args        []string
		input       string // on standard input
		through     bool   // a pipe
	}
	atOnce(t, []run{
		{title: "operands", line: files, args: names},
		{title: "tree", line: files, args: []string{"-r", "d"}},
		{title: "tree in a directory", line: files, args: []string{"-rC", "d"}},
		{title: "list", line: files, args: []string{"--files0-from=list"}},
		{title: "manifest", line: files, args: []string{"--check", "SUMS"}},
		{title: "beneath", line: files, args: []string{"--check", "--relative-to=manifest", "--beneath", "../" + filepath.Base(dir) + "/SUMS"}},
		{title: "several algorithms", line: files, args: []string{"-a", "sha1,md5", "-r", "d"}},
		{title: "list of manifests", line: `499\.0 kB of 499\.0 kB, 100 %, 2000 of 2000 files, ` + rate + `, ` + soFar, args: []string{"-c", "--files0-from=lists"}},
		{title: "manifest on standard input", line: unknown, args: []string{"--check"}, input: "SUMS"},
		{title: "list on standard input", line: unknown, args: []string{"--files0-from=-"}, input: "list"},
		{title: "standard input, read first", args: append([]string{"-"}, names...), input: "input",
			line: `250\.5 kB of 250\.5 kB, 100 %, 1001 of 1001 files, ` + rate + `, ` + soFar},
		// It is opened when all other results have been written, which they can't be.
		{title: "standard input, read last", args: append(slices.Clone(names), "-", "-"), input: "input",
			line: `249\.5 kB of 250\.5 kB, 99 %, 1000 of 1002 files, ` + rate + `, ` + soFar + `(, .* left)?`},
		{title: "a pipe", args: append([]string{"-"}, names...), input: "input", through: true,
			line: `250\.5 kB, 1001 files, ` + rate + `, ` + soFar},
	},
		func(test run) string { return test.title },
		func(t *testing.T, test run) {
			stdin := clitest.Open(t, os.DevNull, os.O_RDONLY)
			defer stdin.Close()
			if test.input != "" {
				stdin = clitest.Open(t, dir+"/"+test.input, os.O_RDONLY)
				defer stdin.Close()
			}
			if test.input == "input" {
				io.CopyN(io.Discard, stdin, int64(len("read")))
			}
			if test.through {
				r, w := clitest.Pipe(t)
				defer r.Close()
				io.Copy(w, stdin) // it is little
				w.Close()
				stdin = r
			}
			stdout, stdoutEnd := clitest.Pipe(t)
			w := watchTool(t, "psha1sum", test.args, watching{Settings: clitest.Settings{Dir: dir}, columns: 100, stdin: stdin, stdout: stdoutEnd})
			stdoutEnd.Close()
			w.await(test.line)
			printed := clitest.Collect(stdout)
			w.wantScreen("exit 0", "")
			if n := countLines(printed()); n < count {
				t.Errorf("%d lines were printed", n)
			}
		})
}

// TestProgressInput checks that the total of standard input is what a file has left, and
// that its name is not shown; for a pipe nothing is known.
func TestProgressInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := clitest.Open(t, dir+"/file", os.O_CREATE|os.O_RDWR)
	defer file.Close()
	if err := file.Truncate(2e12); err != nil { // minutes of work, of which none is awaited
		t.Fatal(err)
	}
	if _, err := file.Seek(5e11, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	w := watchTool(t, "psha1sum", nil, watching{Settings: clitest.Settings{Dir: dir}, stdin: file})
	w.await(`[0-9.]+ [kMGT]?B of 1\.5 TB, [0-9]+ %, ` + rate + `, ` + soFar + `, .* left`)
	w.Kill()
	w.End()

	r, fed := clitest.Pipe(t)
	defer r.Close()
	w = watchTool(t, "psha1sum", []string{"-"}, watching{Settings: clitest.Settings{Dir: dir}, stdin: r})
	fed.Write(make([]byte, 1<<17))
	w.await(`131\.1 kB, ` + rate + `, ` + soFar + `  -`)
	fed.Close()
	w.wantScreen("exit 0", clitest.LineOf(make([]byte, 1<<17), "-"))
}

// TestProgressFailures checks that the failure count is that of the files that can't be
// read and the lines that don't match.
func TestProgressFailures(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clitest.MakeFIFO(t, dir+"/p")
	clitest.Write(t, dir, "a", "12345")
	clitest.Write(t, dir, "SUMS", clitest.LineOf("12345", "a")+clitest.LineOf("other", "a")+clitest.LineOf("", "missing")+clitest.LineOf("fed", "p"))
	for _, test := range []struct {
		args               []string
		failed, conclusion string
	}{
		{[]string{"a", "missing", "p"}, `1 FAILED`, "8 B in TIME, 1 FAILED\n"},
		{[]string{"--check", "SUMS"}, `2 FAILED`, "13 B in TIME, 2 FAILED\n"},
		{[]string{"--check", "--ignore-missing", "SUMS"}, `1 FAILED`, "13 B in TIME, 1 FAILED\n"},
	} {
		log := clitest.Open(t, dir+"/log", os.O_CREATE|os.O_TRUNC|os.O_WRONLY)
		null := clitest.Open(t, os.DevNull, os.O_WRONLY)
		w := watchTool(t, "psha1sum", test.args, watching{Settings: clitest.Settings{Dir: dir}, columns: 100, stdout: null})
		p := clitest.OpenWriter(t, dir+"/p")
		w.await(`.*files, ` + test.failed + `, ` + rate + `, ` + soFar + `  p`)
		clitest.Finish(t, p, "fed")
		w.End()

		s := clitest.Settings{Dir: dir, Shell: "exec 2>log"}
		logged := clitest.Ours.Start(t, append([]string{"--progress=always"}, test.args...), []*os.File{null, null, null}, s)
		clitest.Finish(t, clitest.OpenWriter(t, dir+"/p"), "fed")
		logged.End()
		text, err := os.ReadFile(log.Name())
		if err != nil {
			t.Fatal(err)
		}
		took := regexp.MustCompile(`(?m)in (less than 0\.1 s|[0-9.]+ s, ` + rate + `)`)
		if !strings.HasSuffix(took.ReplaceAllString(string(text), "in TIME"), "\nsha1sum: "+test.conclusion) {
			t.Errorf("%q: logged %q", test.args, text)
		}
		log.Close()
		null.Close()
	}
}

func countLines(text []byte) int { return bytes.Count(text, []byte{0x0a}) }

// TestProgressTearsNothing prints hundreds of results and messages on the terminal with
// the line.
func TestProgressTearsNothing(t *testing.T) {
	t.Parallel()
	atOnce(t, []bool{false, true},
		func(zero bool) string { return fmt.Sprint("zero ", zero) },
		func(t *testing.T, zero bool) {
			dir := t.TempDir()
			clitest.MakeFIFO(t, dir+"/p")
			names, want := []string{"p"}, clitest.LineOf("fed", "p")
			for i := range 500 {
				name := fmt.Sprintf("n%d", i)
				if i%10 == 0 {
					want += "psha1sum: " + name + ": No such file or directory\n"
				} else {
					clitest.Write(t, dir, name, name)
					want += clitest.LineOf(name, name)
				}
				names = append(names, name)
			}
			if zero {
				names = append([]string{"-z", "p"}, slices.DeleteFunc(names[1:], func(name string) bool { return strings.HasSuffix(name, "0") })...)
			}
			w := watchTool(t, "psha1sum", names, watching{Settings: clitest.Settings{Dir: dir}, slow: time.Millisecond})
			writer := clitest.OpenWriter(t, dir+"/p")
			w.await(`0 B of .*  p`)
			clitest.Finish(t, writer, "fed")
			if !zero {
				w.wantScreen("exit 1", want)
				return
			}
			if status := w.End(); status != "exit 0" {
				t.Error(status)
			}
			<-w.done
			var lines strings.Builder
			for _, name := range names[2:] {
				lines.WriteString(clitest.LineOf(name, name))
			}
			plain := strings.ReplaceAll(strings.NewReplacer("\r\x1b[K", "").Replace(string(w.sent)), "\x00", "\n")
			plain = strings.TrimSuffix(conclusion.ReplaceAllString(plain, ""), "\r\n")
			if !strings.HasSuffix(plain, clitest.LineOf("fed", "p")+lines.String()) {
				t.Errorf("the terminal was sent %.3000q", w.sent)
			}
		})
}

// TestNoProgress checks where no line is drawn.
func TestNoProgress(t *testing.T) {
	t.Parallel()
	type run struct {
		title string
		name  string
		args  []string
		env   string
		under string
	}
	atOnce(t, []run{
		{title: "GNU's name", name: "sha1sum"},
		{title: "GNU's name of another", name: "sha256sum"},
		{title: "some name", name: "sum"},
		{title: "never", args: []string{"--progress=never"}},
		{title: "the last counts", args: []string{"--progress=always", "--progress=never"}},
		{title: "dumb", env: "TERM=dumb"},
		{title: "no TERM", env: "TERM="},
		{title: "in the background", under: `set -m; "$0" "$@" & wait $!`},
		{title: "always, but in the background", args: []string{"--progress=always"}, under: `set -m; "$0" "$@" & wait $!`},
		{title: "of a file", under: `"$0" "$@" 2>err; test ! -s err`},
		{title: "of a pipe", under: `{ "$0" "$@" 2>&1 >out; cat out; } | cat`},
		{title: "of a closed stream", under: `"$0" "$@" 2>&-`},
		{title: "status", args: []string{"--status", "--check", "SUMS"}},
		{title: "a pager has the screen", under: `stty -icanon; "$0" "$@"`},
	},
		func(test run) string { return test.title },
		func(t *testing.T, test run) {
			dir := t.TempDir()
			clitest.MakeFIFO(t, dir+"/p")
			want := clitest.LineOf("fed", "p")
			if test.name == "sha256sum" {
				want = fmt.Sprintf("%x  p\n", sha256.Sum256([]byte("fed")))
			}
			clitest.Write(t, dir, "SUMS", want)
			if test.name == "" {
				test.name = "psha1sum"
			}
			if len(test.args) < 3 {
				test.args = append(test.args, "p")
			} else {
				want = ""
			}
			w := watchTool(t, test.name, test.args, watching{Settings: clitest.Settings{Dir: dir, Env: []string{test.env}}, under: test.under})
			writer := clitest.OpenWriter(t, dir+"/p")
			letPass(3 * time.Second)
			clitest.Finish(t, writer, "fed")
			w.wantScreen("exit 0", want)
			if plain := strings.ReplaceAll(string(w.sent), "\r\n", "\n"); plain != want {
				t.Errorf("the terminal was sent %q", w.sent)
			}
		})
}

// TestProgressNames checks that progress is the default under our own names and must be
// requested under others.
func TestProgressNames(t *testing.T) {
	t.Parallel()
	atOnce(t, [][]string{
		{"psha1sum"}, {"psha256sum"}, {"pb2sum", "--progress=auto"}, {"sha1sum", "--progress=auto"}, {"md5sum", "--progress=always"},
	},
		func(argv []string) string { return argv[0] },
		func(t *testing.T, argv []string) {
			dir := t.TempDir()
			clitest.MakeFIFO(t, dir+"/p")
			w := watchTool(t, argv[0], append(argv[1:], "p"), watching{Settings: clitest.Settings{Dir: dir}, columns: 200})
			writer := clitest.OpenWriter(t, dir+"/p")
			w.await(waiting)
			clitest.Finish(t, writer, "fed")
			w.End()
			<-w.done
			if got := w.remains(); strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "  p\n") {
				t.Errorf("the screen is %q", got)
			}
		})
}

// TestProgressDescriptors has nothing be looked at ahead where descriptors are few,
// and the line drawn all the same, without Go's poller, which takes some for good.
func TestProgressDescriptors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clitest.MakeFIFO(t, dir+"/p")
	clitest.Write(t, dir, "a", "12345")
	// Few to psha1sum, and enough for whatever else may want one.
	w := watchTool(t, "psha1sum", []string{"p", "a"}, watching{
		Settings: clitest.Settings{Dir: dir}, under: `ulimit -n 100; exec "$0" "$@"`, released: true,
	})
	writer := clitest.OpenWriter(t, dir+"/p")
	w.await(waiting)
	for _, fd := range clitest.Entries(t, fmt.Sprintf("/proc/%d/fd", w.Pid)) {
		link, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", w.Pid, fd))
		if strings.Contains(link, "eventpoll") && !clitest.RaceEnabled { // whose runtime starts it
			t.Errorf("descriptor %s is the poller's", fd)
		}
	}
	clitest.Finish(t, writer, "fed")
	w.wantScreen("exit 0", clitest.LineOf("fed", "p")+clitest.LineOf("12345", "a"))
}

// TestProgressAudit checks that an audit's total is at least that of its manifests.
func TestProgressAudit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clitest.MakeFIFO(t, dir+"/p")
	clitest.Write(t, dir, "d/a", "12345")
	clitest.Write(t, dir, "d/b", "new")
	clitest.Write(t, dir, "SUMS", clitest.LineOf("fed", "p")+clitest.LineOf("12345", "d/a"))
	w := watchTool(t, "psha1sum", []string{"--check", "--audit=d", "SUMS"}, watching{Settings: clitest.Settings{Dir: dir}, columns: 100})
	writer := clitest.OpenWriter(t, dir+"/p")
	w.await(`0 B of more than 5 B, 0 B/s, ` + soFar + `  p`)
	clitest.Finish(t, writer, "fed")
	w.wantScreen("exit 1", "p: OK\nd/a: OK\nd/b: NEW\n"+
		"psha1sum: audit: 2 verified, 0 mismatched, 0 unreadable, 1 new, 0 moved, 0 missing\n")
}

// TestProgressTyped checks that nothing is drawn while standard input is typed.
func TestProgressTyped(t *testing.T) {
	t.Parallel()
	w := watchTool(t, "psha1sum", nil, watching{Settings: clitest.Settings{Dir: t.TempDir()}})
	w.master.WriteString("typed\n")
	letPass(3 * time.Second)
	w.master.WriteString(clitest.EndOfFile)
	w.wantScreen("exit 0", "typed\n"+clitest.LineOf("typed\n", "-"))
}

// TestProgressDeath checks that signals that end the process erase the line first.
func TestProgressDeath(t *testing.T) {
	t.Parallel()
	atOnce(t, []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT},
		syscall.Signal.String,
		func(t *testing.T, signal syscall.Signal) {
			dir := t.TempDir()
			clitest.MakeFIFO(t, dir+"/p")
			w := watchTool(t, "psha1sum", []string{"p"}, watching{Settings: clitest.Settings{Dir: dir}, under: clitest.NoCore + `; exec "$0" "$@"`, released: true})
			writer := clitest.OpenWriter(t, dir+"/p")
			defer writer.Close()
			w.await(waiting)
			if signal == syscall.SIGINT {
				w.master.WriteString("\x03")
				w.wantScreen("signal: interrupt", "")
				return
			}
			w.Signal(signal)
			w.wantScreen("signal: "+signal.String(), "")
		})
}

// TestProgressDeathOutput has the line taken away where a signal also has a file of
// our own removed.
func TestProgressDeathOutput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clitest.MakeFIFO(t, dir+"/p")
	under := strings.Join(clitest.NoTmpfile(t, dir), " ") + ` "$0" "$@"`
	w := watchTool(t, "psha1sum", []string{"-o", dir + "/SUMS", "p"}, watching{Settings: clitest.Settings{Dir: dir}, under: under})
	writer := clitest.OpenWriter(t, dir+"/p")
	defer writer.Close()
	w.await(waiting)
	if names := clitest.Temporary(t, dir); len(names) != 1 {
		t.Errorf("there are %q: nothing is proved", names)
	}
	w.master.WriteString("\x03")
	w.wantScreen("signal: interrupt", "")
	clitest.WantEntries(t, dir, []string{"p"})
}

// TestProgressScoutHangs has a run end while a look at what is to come doesn't, as
// where a server is gone. The run itself needs no more of it: it fails fast.
func TestProgressScoutHangs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clitest.MakeFIFO(t, dir+"/p")
	clitest.Write(t, dir, "gone", "")
	clitest.Write(t, dir, "SUMS", clitest.LineOf("other", "p")+clitest.LineOf("", dir+"/gone"))
	under := "exec " + strings.Join(clitest.Strace(t, dir+"/gone", "%%stat:delay_enter=600000000"), " ") + ` "$0" "$@"`
	w := watchTool(t, "psha1sum", []string{"--check", "--fail-fast", "--json", "SUMS"}, watching{Settings: clitest.Settings{Dir: dir}, under: under})
	writer := clitest.OpenWriter(t, dir+"/p")
	w.await(waiting)
	w.awaitHeld()
	clitest.Finish(t, writer, "fed")
	w.awaitSent(`"type":"total"`, 1) // said behind the end of the run
	w.Kill()                         // strace would have even a process that exits wait
	w.End()
}

// awaitHeld waits until strace, which the tool is below, holds one of its threads.
func (w *watched) awaitHeld() {
	w.T.Helper()
	const sure = 20 // looks: for a moment it holds each that makes a call
	looks := map[string]int{}
	for deadline := time.Now().Add(clitest.Limit); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%s/task/*/stat", w.child()))
		for _, thread := range threads {
			text, _ := os.ReadFile(thread)
			if _, state, _ := clitest.CutLast(string(text), ") "); !strings.HasPrefix(state, "t") {
				looks[thread] = 0
			} else if looks[thread]++; looks[thread] == sure {
				return
			}
		}
	}
	w.T.Fatal("no look has begun")
}

// child is the process that the tool's first one started.
func (w *watched) child() string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", w.Pid, w.Pid))
	if err != nil {
		clitest.Lacks(w.T, "who is whose child: %v", err)
	}
	return strings.TrimSpace(string(text))
}

// TestProgressBeside has results that go into a pipe make room for the line, as who
// reads it may print them on the terminal.
func TestProgressBeside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clitest.MakeFIFO(t, dir+"/p")
	clitest.MakeFIFO(t, dir+"/q")
	clitest.Write(t, dir, "SUMS", clitest.LineOf("fed", "p")+clitest.LineOf("fed", "q"))
	stdout, stdoutEnd := clitest.Pipe(t)
	w := watchTool(t, "psha1sum", []string{"--check", "SUMS"}, watching{Settings: clitest.Settings{Dir: dir}, stdout: stdoutEnd})
	stdoutEnd.Close()
	lines := clitest.NewLineReader(t, stdout)
	p := clitest.OpenWriter(t, dir+"/p")
	w.await(waiting)
	clitest.Finish(t, p, "fed")
	q := clitest.OpenWriter(t, dir+"/q")
	lines.Want("p: OK\n")
	w.awaitSent("\r\r\x1b[K", 1) // the end of what was drawn last, and erased at once
	w.await(`3 B, 1 file, .*  q`)
	clitest.Finish(t, q, "fed")
	w.wantScreen("exit 0", "")
	lines.Want("q: OK\n")
}

// TestProgressHeld checks that a run doesn't wait for a terminal stopped with ^S.
func TestProgressHeld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clitest.MakeFIFO(t, dir+"/p")
	null := clitest.Open(t, os.DevNull, os.O_WRONLY)
	defer null.Close()
	w := watchTool(t, "psha1sum", []string{"p"}, watching{Settings: clitest.Settings{Dir: dir}, stdout: null})
	writer := clitest.OpenWriter(t, dir+"/p")
	w.await(waiting)
	w.master.WriteString("\x13")
	clitest.Finish(t, writer, strings.Repeat("fed", 1<<17))
	if status := w.End(); status != "exit 0" {
		t.Error(status)
	}
}

// TestProgressStopped stops a process twice and checks that it continues, and the line
// with it.
func TestProgressStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clitest.MakeFIFO(t, dir+"/p")
	// A shell that knows jobs is the foreground's parent, so that it can be stopped.
	w := watchTool(t, "psha1sum", []string{"p"}, watching{
		Settings: clitest.Settings{Dir: dir}, released: true,
		under: `set -m; "$0" "$@"; echo stopped; fg >/dev/null; echo stopped; fg >/dev/null`,
	})
	writer := clitest.OpenWriter(t, dir+"/p")
	w.await(waiting)
	w.master.WriteString("\x1a")
	w.awaitSent("stopped", 1)
	writer.Write(make([]byte, 1<<17))
	w.await(`131\.1 kB, .*  p`)
	w.awaitCatching(syscall.SIGTSTP) // again
	w.master.WriteString("\x1a")
	w.awaitSent("stopped", 2)
	w.await(`131\.1 kB, .*  p`)
	clitest.Finish(t, writer, "")
	<-w.done
	if got, want := w.remains(), "stopped\nstopped\n"+clitest.LineOf(make([]byte, 1<<17), "p"); got != want {
		t.Errorf("the screen is %q, want %q", got, want)
	}
}

// awaitCatching waits until what is in the foreground of the terminal catches a signal.
func (w *watched) awaitCatching(signal syscall.Signal) {
	w.T.Helper()
	for deadline := time.Now().Add(clitest.Limit); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		group, err := unix.IoctlGetUint32(int(w.master.Fd()), unix.TIOCGPGRP)
		if err != nil {
			w.T.Fatal(err)
		}
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", group))
		_, mask, _ := strings.Cut(string(text), "\nSigCgt:\t")
		mask, _, _ = strings.Cut(mask, "\n")
		caught, _ := strconv.ParseUint(mask, 16, 64)
		if caught&(1<<(signal-1)) != 0 {
			return
		}
	}
	w.T.Fatalf("%v isn't caught", signal)
}

// longSoFar is what a line says after more than ten seconds.
const longSoFar = `(?:1[1-9] s|[2-9][0-9] s|[0-9:]{4,}) so far`

// TestProgressConcluded has a long run say what it was: on the terminal below its
// results, and in a log, which has lines all the while.
func TestProgressConcluded(t *testing.T) {
	t.Parallel()
	type run struct {
		title string
		args  []string
	}
	atOnce(t, []run{{"lines", []string{"p"}}, {"no ends of lines", []string{"-z", "p"}}},
		func(r run) string { return r.title },
		func(t *testing.T, r run) {
			dir := t.TempDir()
			clitest.MakeFIFO(t, dir+"/p")
			w := watchTool(t, "psha1sum", r.args, watching{Settings: clitest.Settings{Dir: dir}})
			p := clitest.OpenWriter(t, dir+"/p")
			w.await(`0 B, 0 B/s, ` + longSoFar + `  p`)
			clitest.Finish(t, p, "fed")
			w.End()
			<-w.done
			// The model ignores NUL, as terminals do.
			if got := w.screen.String(); !regexp.MustCompile(`^` + clitest.LineOf("fed", "p") + concluded + `$`).MatchString(got) {
				t.Errorf("the screen is %q", got)
			}
		})
	t.Run("log", func(t *testing.T) {
		dir := t.TempDir()
		clitest.MakeFIFO(t, dir+"/p")
		stderr, stderrEnd := clitest.Pipe(t)
		defer stderr.Close()
		null := clitest.Open(t, os.DevNull, os.O_RDWR)
		defer null.Close()
		path, env := ownTool(t, "psha1sum", false)
		tool, err := os.StartProcess(path, []string{"psha1sum", "--progress=always", "p"}, &os.ProcAttr{
			Dir: dir, Env: append(os.Environ(), env...), Files: []*os.File{null, null, stderrEnd},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer tool.Kill()
		stderrEnd.Close()
		p := clitest.OpenWriter(t, dir+"/p")
		lines := clitest.NewLineReader(t, stderr)
		line := regexp.MustCompile(`^psha1sum: 0 B, 0 B/s, ` + soFar + `  p\n$`)
		if got := lines.Next(); !line.MatchString(got) {
			t.Errorf("logged %q", got)
		}
		clitest.Finish(t, p, "fed")
		last := ""
		for got := range strings.Lines(lines.Rest()) {
			if last != "" && !line.MatchString(last) {
				t.Errorf("logged %q before the end", last)
			}
			last = got
		}
		if !regexp.MustCompile(`^` + concluded + `$`).MatchString(last) {
			t.Errorf("the log ends in %q", last)
		}
		if _, err := tool.Wait(); err != nil {
			t.Error(err)
		}
	})
}
