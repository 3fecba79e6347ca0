package main_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A watched tool is one whose standard error is a terminal that a person looks at.
type watched struct {
	*process
	person *os.File
	done   chan struct{} // closed when the terminal is
	slow   time.Duration // to be waited before more is read

	mu     sync.Mutex
	screen *screen
	sent   []byte // all that was
}

// watching says how to start a watched tool. The streams are terminals, all the
// same one, unless given.
type watching struct {
	settings
	columns       int
	stdin, stdout *os.File
	slow          time.Duration
	under         string // a shell's command, which calls "$0" "$@"
}

// ownName returns the path of our tool by one of its names.
func ownName(t *testing.T, name string) string {
	t.Helper()
	needOwn(t)
	binary, err := filepath.EvalSymlinks(ours.path())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(binary, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// watchTool starts the tool by a name, in the foreground of a terminal.
func watchTool(t *testing.T, name string, args []string, w watching) *watched {
	t.Helper()
	path := ownName(t, name)
	if w.columns == 0 {
		w.columns = 80
	}
	person, terminalName := terminal(t)
	if err := unix.IoctlSetWinsize(int(person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(w.columns)}); err != nil {
		t.Fatal(err)
	}
	end := open(t, terminalName, os.O_RDWR|unix.O_NOCTTY)
	defer end.Close()
	files := []*os.File{end, end, end}
	if w.stdin != nil {
		files[0] = w.stdin
	}
	if w.stdout != nil {
		files[1] = w.stdout
	}
	program, argv := path, append([]string{name}, slices.Concat(forcedIO(w.settings), args)...)
	if w.under != "" {
		program, argv = "/bin/sh", slices.Concat([]string{"sh", "-c", w.under, path}, argv[1:])
	}
	p, err := os.StartProcess(program, argv, &os.ProcAttr{
		Dir: w.dir,
		// Of a variable that is there twice, the first counts.
		Env: append(slices.Clone(w.env),
			"PATH="+os.Getenv("PATH"), "TERM=xterm", "LC_ALL=C.UTF-8", "GORACE=atexit_sleep_ms=0"),
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := &watched{
		process: &process{t, p}, person: person, screen: newScreen(w.columns), slow: w.slow, done: make(chan struct{}),
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
		n, err := w.person.Read(buf)
		w.mu.Lock()
		w.sent = append(w.sent, buf[:n]...)
		w.screen.show(string(buf[:n]))
		w.mu.Unlock()
		if err != nil {
			return
		}
		time.Sleep(w.slow)
	}
}

// await waits until the line of the cursor is as pattern has it.
func (w *watched) await(pattern string) {
	w.t.Helper()
	want := regexp.MustCompile("^(?:" + pattern + ")$")
	deadline := time.Now().Add(limit)
	for {
		w.mu.Lock()
		line := w.screen.line()
		w.mu.Unlock()
		if want.MatchString(line) {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("the line is %q, want %s", line, pattern)
		}
		time.Sleep(time.Millisecond)
	}
}

// awaitSent waits until the terminal was sent something so many times.
func (w *watched) awaitSent(text string, times int) {
	w.t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		w.mu.Lock()
		n := strings.Count(string(w.sent), text)
		w.mu.Unlock()
		if n >= times {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%q was sent %d times, want %d", text, n, times)
		}
	}
}

// wantScreen waits for the end, and has the person see this and nothing else.
func (w *watched) wantScreen(status, want string) {
	w.t.Helper()
	if got := w.end(); got != status {
		w.t.Errorf("ended with %s, want %s", got, status)
	}
	select {
	case <-w.done:
	case <-time.After(limit):
		w.t.Fatal("somebody still has the terminal")
	}
	if got := w.screen.String(); got != want {
		w.t.Errorf("the screen is\n%.2000s\nwant\n%.2000s", got, want)
	}
	if len(w.screen.strange) > 0 {
		w.t.Errorf("the terminal was sent %q", w.screen.strange)
	}
}

// atOnce runs the cases of a test all at the same time. They wait for a second to
// pass, nearly all of the time, so it doesn't matter how many processors there are.
func atOnce[C any](t *testing.T, cases []C, title func(C) string, run func(*testing.T, C)) {
	var all sync.WaitGroup
	for _, c := range cases {
		all.Go(func() { t.Run(title(c), func(t *testing.T) { run(t, c) }) })
	}
	all.Wait()
}

const rate = `[0-9.]+ [kMG]?B/s`

// TestProgressWidths feeds a known amount and compares the line, for terminals of
// several widths, and what is left at the end.
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
		{80, "p", `1\.3 MB of more than 50\.0 MB, 0 files, ` + rate + `  p`},
		{80, strings.Repeat("name", 30), `1\.3 MB of more than 50\.0 MB, 0 files, ` + rate + `  [name]{6,8}\.\.\.[name]{14,20}`},
		{200, strings.Repeat("name", 30), `1\.3 MB of more than 50\.0 MB, 0 files, ` + rate + `  (name){30}`},
		{80, strings.Repeat("日本", 30), `1\.3 MB of more than 50\.0 MB, 0 files, ` + rate + `  [日本]{2,4}\.\.\.[日本]{7,9}`},
		{200, "a\x1b[2J\nb\x9b", `1\.3 MB of more than 50\.0 MB, 0 files, ` + rate + `  'a'\$'\\033''\[2J'\$'\\n''b'\$'\\233'`},
		{200, "a\u202eb\u2066\u200fc", `1\.3 MB of more than 50\.0 MB, 0 files, ` + rate + `  'a'\$'\\342\\200\\256''b'\$'\\342\\201\\246\\342\\200\\217''c'`},
	},
		func(test width) string { return fmt.Sprintf("%d %.10q", test.columns, test.name) },
		func(t *testing.T, test width) {
			dir := t.TempDir()
			mkfifo(t, dir+"/"+test.name)
			write(t, dir, "big", "")
			if err := os.Truncate(dir+"/big", 50e6); err != nil {
				t.Fatal(err)
			}
			stdout, stdoutEnd := pipe(t)
			printed := collect(stdout)
			w := watchTool(t, "psha1sum", []string{test.name, "big"}, watching{settings: settings{dir: dir}, columns: test.columns, stdout: stdoutEnd})
			stdoutEnd.Close()
			writer := openWriter(t, dir+"/"+test.name)
			fed := make([]byte, 10<<17)
			writer.Write(fed)
			if test.line == "" {
				time.Sleep(1500 * time.Millisecond)
			}
			w.await(test.line)
			w.mu.Lock()
			if rows := len(w.screen.rows); rows != 1 {
				t.Errorf("the line has %d rows", rows)
			}
			w.mu.Unlock()
			writer.Close()
			w.wantScreen("exit 0", "")
			if want := lineOf(fed, test.name) + lineOf(make([]byte, 50e6), "big"); string(printed()) != want {
				t.Errorf("printed %q, want %q", printed(), want)
			}
		})
}

// TestProgressTotals has the total be true wherever the names of files come from.
// All of them are read, and then standard output is full.
func TestProgressTotals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const count = 4000
	names := make([]string, count)
	var manifest, list strings.Builder
	for i := range names {
		names[i] = fmt.Sprintf("d/%d/%04d-%s", i%7, i, strings.Repeat("n", 50))
		content := strings.Repeat("x", i%500)
		write(t, dir, names[i], content)
		manifest.WriteString(lineOf(content, names[i]))
		list.WriteString(names[i] + "\x00")
	}
	write(t, dir, "SUMS", manifest.String())
	write(t, dir, "list", list.String())
	write(t, dir, "lists", "SUMS\x00SUMS\x00")
	amount, files := `998\.0 kB of 998\.0 kB, 100 %`, `4000 of 4000 files`
	unknown := `998\.0 kB, 4000 files, ` + rate
	type run struct {
		title, line string
		args        []string
	}
	atOnce(t, []run{
		{"operands", amount + ", " + files + ", " + rate, names},
		{"tree", amount + ", " + files + ", " + rate, []string{"-r", "d"}},
		{"tree in a folder", amount + ", " + files + ", " + rate, []string{"-rC", "d"}},
		{"list", amount + ", " + files + ", " + rate, []string{"--files0-from=list"}},
		{"manifest", amount + ", " + files + ", " + rate, []string{"--check", "SUMS"}},
		{"beneath", amount + ", " + files + ", " + rate, []string{"--check", "--relative-to=manifest", "--beneath", "../" + filepath.Base(dir) + "/SUMS"}},
		{"several algorithms", amount + ", " + files + ", " + rate, []string{"-a", "sha1,md5", "-r", "d"}},
		{"list of manifests", `2\.0 MB of 2\.0 MB, 100 %, 8000 of 8000 files, ` + rate, []string{"-c", "--files0-from=lists"}},
		{"manifest on standard input", unknown, []string{"--check"}},
		{"list on standard input", unknown, []string{"--files0-from=-"}},
	},
		func(test run) string { return test.title },
		func(t *testing.T, test run) {
			stdin := open(t, os.DevNull, os.O_RDONLY)
			defer stdin.Close()
			switch test.title {
			case "manifest on standard input":
				stdin = open(t, dir+"/SUMS", os.O_RDONLY)
			case "list on standard input":
				stdin = open(t, dir+"/list", os.O_RDONLY)
			}
			stdout, stdoutEnd := pipe(t)
			w := watchTool(t, "psha1sum", test.args, watching{settings: settings{dir: dir}, columns: 100, stdin: stdin, stdout: stdoutEnd})
			stdoutEnd.Close()
			w.await(test.line)
			printed := collect(stdout)
			w.wantScreen("exit 0", "")
			if n := countLines(printed()); n < count {
				t.Errorf("%d lines were printed", n)
			}
		})
}

func countLines(text []byte) int { return bytes.Count(text, []byte{0x0a}) }

// TestProgressTearsNothing has thousands of results, and messages, on the terminal
// where the line is.
func TestProgressTearsNothing(t *testing.T) {
	t.Parallel()
	atOnce(t, []bool{false, true},
		func(zero bool) string { return fmt.Sprint("zero ", zero) },
		func(t *testing.T, zero bool) {
			dir := t.TempDir()
			mkfifo(t, dir+"/p")
			names, want := []string{"p"}, lineOf("fed", "p")
			for i := range 4000 {
				name := fmt.Sprintf("n%d", i)
				if i%10 == 0 {
					want += "psha1sum: " + name + ": No such file or directory\n"
				} else {
					write(t, dir, name, name)
					want += lineOf(name, name)
				}
				names = append(names, name)
			}
			if zero {
				names = append([]string{"-z", "p"}, slices.DeleteFunc(names[1:], func(name string) bool { return strings.HasSuffix(name, "0") })...)
			}
			w := watchTool(t, "psha1sum", names, watching{settings: settings{dir: dir}, slow: 3 * time.Millisecond})
			writer := openWriter(t, dir+"/p")
			w.await(`0 B of .*  p`)
			finish(t, writer, "fed")
			if !zero {
				w.wantScreen("exit 1", want)
				return
			}
			if status := w.end(); status != "exit 0" {
				t.Error(status)
			}
			<-w.done
			var lines strings.Builder
			for _, name := range names[2:] {
				lines.WriteString(lineOf(name, name))
			}
			plain := strings.ReplaceAll(strings.NewReplacer("\r\x1b[K", "").Replace(string(w.sent)), "\x00", "\n")
			if !strings.HasSuffix(plain, lineOf("fed", "p")+lines.String()) {
				t.Errorf("the terminal was sent %.3000q", w.sent)
			}
		})
}

// TestNoProgress has nothing be drawn where nothing should.
func TestNoProgress(t *testing.T) {
	t.Parallel()
	type run struct {
		title string
		name  string
		args  []string
		env   string
		under string
		soon  bool
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
		{title: "soon over", soon: true},
	},
		func(test run) string { return test.title },
		func(t *testing.T, test run) {
			dir := t.TempDir()
			mkfifo(t, dir+"/p")
			want := lineOf("fed", "p")
			if test.name == "sha256sum" {
				want = fmt.Sprintf("%x  p\n", sha256.Sum256([]byte("fed")))
			}
			write(t, dir, "SUMS", want)
			if test.name == "" {
				test.name = "psha1sum"
			}
			if len(test.args) < 3 {
				test.args = append(test.args, "p")
			} else {
				want = ""
			}
			w := watchTool(t, test.name, test.args, watching{settings: settings{dir: dir, env: []string{test.env}}, under: test.under})
			writer := openWriter(t, dir+"/p")
			if !test.soon {
				time.Sleep(1500 * time.Millisecond)
			}
			finish(t, writer, "fed")
			w.wantScreen("exit 0", want)
			if plain := strings.ReplaceAll(string(w.sent), "\r\n", "\n"); plain != want {
				t.Errorf("the terminal was sent %q", w.sent)
			}
		})
}

// TestProgressNames has progress be the default under the names that are ours, and
// there to be asked for under others.
func TestProgressNames(t *testing.T) {
	t.Parallel()
	atOnce(t, [][]string{
		{"psha1sum"}, {"psha256sum"}, {"pb2sum", "--progress=auto"}, {"sha1sum", "--progress=auto"}, {"md5sum", "--progress=always"},
	},
		func(argv []string) string { return argv[0] },
		func(t *testing.T, argv []string) {
			dir := t.TempDir()
			mkfifo(t, dir+"/p")
			w := watchTool(t, argv[0], append(argv[1:], "p"), watching{settings: settings{dir: dir}, columns: 200})
			writer := openWriter(t, dir+"/p")
			w.await(`0 B, 0 files, 0 B/s  p`)
			finish(t, writer, "fed")
			w.end()
			<-w.done
			if got := w.screen.String(); strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "  p\n") {
				t.Errorf("the screen is %q", got)
			}
		})
}

// TestProgressDescriptors has nothing be looked at ahead where descriptors are few,
// and the line drawn all the same.
func TestProgressDescriptors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mkfifo(t, dir+"/p")
	write(t, dir, "a", "12345")
	w := watchTool(t, "psha1sum", []string{"p", "a"}, watching{
		settings: settings{dir: dir, shell: "ulimit -n"}, under: `ulimit -n 10; exec "$0" "$@"`,
	})
	writer := openWriter(t, dir+"/p")
	w.await(`0 B, 0 files, 0 B/s  p`)
	finish(t, writer, "fed")
	w.wantScreen("exit 0", lineOf("fed", "p")+lineOf("12345", "a"))
}

// TestProgressAudit has an audit's total be what its manifests list, at least.
func TestProgressAudit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mkfifo(t, dir+"/p")
	write(t, dir, "d/a", "12345")
	write(t, dir, "d/b", "new")
	write(t, dir, "SUMS", lineOf("fed", "p")+lineOf("12345", "d/a"))
	w := watchTool(t, "psha1sum", []string{"--check", "--audit=d", "SUMS"}, watching{settings: settings{dir: dir}, columns: 100})
	writer := openWriter(t, dir+"/p")
	w.await(`0 B of more than 5 B, 0 files, 0 B/s  p`)
	finish(t, writer, "fed")
	w.wantScreen("exit 1", "p: OK\nd/a: OK\nd/b: NEW\n"+
		"psha1sum: audit: 2 verified, 0 mismatched, 0 unreadable, 1 new, 0 moved, 0 missing\n")
}

// TestProgressTyped has nothing be drawn where somebody types what is hashed.
func TestProgressTyped(t *testing.T) {
	t.Parallel()
	w := watchTool(t, "psha1sum", nil, watching{settings: settings{dir: t.TempDir()}})
	w.person.WriteString("typed\n")
	time.Sleep(1500 * time.Millisecond)
	w.person.WriteString(endOfFile)
	w.wantScreen("exit 0", "typed\n"+lineOf("typed\n", "-"))
}

// TestProgressResized has the line fit when the terminal gets narrower, or wider, and
// nothing be left of the one that didn't.
func TestProgressResized(t *testing.T) {
	t.Parallel()
	atOnce(t, []bool{false, true}, func(reflows bool) string { return fmt.Sprint("reflows ", reflows) }, resizeProgress)
}

func resizeProgress(t *testing.T, reflows bool) {
	dir := t.TempDir()
	mkfifo(t, dir+"/p")
	write(t, dir, "a", "12345")
	w := watchTool(t, "psha1sum", []string{"p", "a"}, watching{settings: settings{dir: dir}})
	w.mu.Lock()
	w.screen.reflows = reflows
	w.mu.Unlock()
	writer := openWriter(t, dir+"/p")
	for _, test := range []struct {
		columns int
		line    string
	}{
		{80, `0 B of more than 5 B, 0 files, 0 B/s  p`},
		{50, `0 B of more than 5 B, 0 files, 0 B/s`},
		{30, `0 B of more than 5 B, 0 B/s`},
		{22, `0 B of more than 5 B`},
		{21, `0 B of more than 5 B`},
		{20, `0 B  p`},
		{4, `0 B`},
		{3, ``},
		{200, `0 B of more than 5 B, 0 files, 0 B/s  p`},
	} {
		w.mu.Lock()
		w.screen.resize(test.columns)
		unix.IoctlSetWinsize(int(w.person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(test.columns)})
		w.mu.Unlock()
		w.await(test.line)
	}
	finish(t, writer, "fed")
	w.wantScreen("exit 0", lineOf("fed", "p")+lineOf("12345", "a"))
}

// TestProgressDeath has signals that end the process take the line away first.
func TestProgressDeath(t *testing.T) {
	t.Parallel()
	atOnce(t, []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT},
		syscall.Signal.String,
		func(t *testing.T, signal syscall.Signal) {
			dir := t.TempDir()
			mkfifo(t, dir+"/p")
			w := watchTool(t, "psha1sum", []string{"p"}, watching{settings: settings{dir: dir}, under: noCore + `; exec "$0" "$@"`})
			writer := openWriter(t, dir+"/p")
			defer writer.Close()
			w.await(`0 B, 0 files, 0 B/s  p`)
			if signal == syscall.SIGINT {
				w.person.WriteString("\x03")
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
	mkfifo(t, dir+"/p")
	under := strings.Join(named(t, dir), " ") + ` "$0" "$@"`
	w := watchTool(t, "psha1sum", []string{"-o", dir + "/SUMS", "p"}, watching{settings: settings{dir: dir}, under: under})
	writer := openWriter(t, dir+"/p")
	defer writer.Close()
	w.await(`0 B, 0 files, 0 B/s  p`)
	if names := temporary(t, dir); len(names) != 1 {
		t.Errorf("there are %q: nothing is proved", names)
	}
	w.person.WriteString("\x03")
	w.wantScreen("signal: interrupt", "")
	wantEntries(t, dir, []string{"p"})
}

// TestProgressScoutHangs has a run end while a look at what is to come doesn't, as
// where a server is gone. The run itself needs no more of it: it fails fast.
func TestProgressScoutHangs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mkfifo(t, dir+"/p")
	write(t, dir, "gone", "")
	write(t, dir, "SUMS", lineOf("other", "p")+lineOf("", dir+"/gone"))
	under := "exec " + strings.Join(strace(t, dir+"/gone", "%%stat:delay_enter=600000000"), " ") + ` "$0" "$@"`
	w := watchTool(t, "psha1sum", []string{"--check", "--fail-fast", "--json", "SUMS"}, watching{settings: settings{dir: dir}, under: under})
	writer := openWriter(t, dir+"/p")
	w.await(`0 B, 0 files, 0 B/s  p`)
	time.Sleep(300 * time.Millisecond) // for the look to begin
	finish(t, writer, "fed")
	w.awaitSent(`"type":"total"`, 1) // said behind the end of the run
	w.Kill()                         // strace would have even a process that exits wait
	w.end()
}

// TestProgressTee has results that come on the terminal by way of another program not
// be torn either.
func TestProgressTee(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mkfifo(t, dir+"/p")
	mkfifo(t, dir+"/q")
	write(t, dir, "SUMS", lineOf("fed", "p")+lineOf("fed", "q"))
	w := watchTool(t, "psha1sum", []string{"--check", "SUMS"}, watching{settings: settings{dir: dir}, under: `"$0" "$@" | tee log`})
	p := openWriter(t, dir+"/p")
	w.await(`0 B, 0 files, 0 B/s  p`)
	finish(t, p, "fed")
	q := openWriter(t, dir+"/q")
	w.await(`3 B, 1 file, .*  q`)
	time.Sleep(300 * time.Millisecond) // or results would come all the time
	finish(t, q, "fed")
	w.wantScreen("exit 0", "p: OK\nq: OK\n")
}

// TestProgressOverwritten has the line come back where something else was written
// over it, though nothing has changed.
func TestProgressOverwritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mkfifo(t, dir+"/p")
	w := watchTool(t, "psha1sum", []string{"p"}, watching{settings: settings{dir: dir}})
	writer := openWriter(t, dir+"/p")
	w.await(`0 B, 0 files, 0 B/s  p`)
	w.person.WriteString("typed\n")
	w.await(``)
	w.await(`0 B, 0 files, 0 B/s  p`)
	finish(t, writer, "fed")
	w.wantScreen("exit 0", "typed0 files, 0 B/s  p\n"+lineOf("fed", "p"))
}

// TestProgressHeld has a run not wait for a terminal that somebody holds with ^S.
func TestProgressHeld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mkfifo(t, dir+"/p")
	w := watchTool(t, "psha1sum", []string{"p"}, watching{settings: settings{dir: dir}, stdout: open(t, os.DevNull, os.O_WRONLY)})
	writer := openWriter(t, dir+"/p")
	w.await(`0 B, 0 files, 0 B/s  p`)
	w.person.WriteString("\x13")
	writer.Write(make([]byte, 1<<17))
	time.Sleep(300 * time.Millisecond)
	w.await(`0 B, 0 files, 0 B/s  p`)
	finish(t, writer, "")
	if status := w.end(); status != "exit 0" {
		t.Error(status)
	}
}

// TestProgressStopped has a process be stopped, twice, and go on, and the line with
// it.
func TestProgressStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mkfifo(t, dir+"/p")
	// A shell that knows jobs is the foreground's parent, so that it can be stopped.
	w := watchTool(t, "psha1sum", []string{"p"}, watching{settings: settings{dir: dir}, under: `set -m; "$0" "$@"; echo stopped; fg >/dev/null; echo stopped; fg >/dev/null`})
	writer := openWriter(t, dir+"/p")
	w.await(`0 B, 0 files, 0 B/s  p`)
	w.person.WriteString("\x1a")
	w.awaitSent("stopped", 1)
	writer.Write(make([]byte, 1<<17))
	w.await(`131\.1 kB, 0 files, .*  p`)
	w.person.WriteString("\x1a")
	w.awaitSent("stopped", 2)
	w.await(`131\.1 kB, 0 files, .*  p`)
	finish(t, writer, "")
	<-w.done
	if got, want := w.screen.String(), "stopped\nstopped\n"+lineOf(make([]byte, 1<<17), "p"); got != want {
		t.Errorf("the screen is %q, want %q", got, want)
	}
}

// TestProgressConcluded has a run of more than ten seconds say what it was, on the
// terminal, and --progress=always print lines in a log.
func TestProgressConcluded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mkfifo(t, dir+"/p")
	mkfifo(t, dir+"/q")
	mkfifo(t, dir+"/z")
	write(t, dir, "a", "12345")
	path := ownName(t, "psha1sum")
	stderr, stderrEnd := pipe(t)
	defer stderr.Close()
	logged, err := os.StartProcess(path, []string{"psha1sum", "--progress=always", "q", "a"}, &os.ProcAttr{
		Dir: dir, Files: []*os.File{nil, open(t, os.DevNull, os.O_WRONLY), stderrEnd},
	})
	if err != nil {
		t.Fatal(err)
	}
	stderrEnd.Close()
	w := watchTool(t, "psha1sum", []string{"p"}, watching{settings: settings{dir: dir}})
	zero := watchTool(t, "psha1sum", []string{"-z", "z"}, watching{settings: settings{dir: dir}})
	p, q, z := openWriter(t, dir+"/p"), openWriter(t, dir+"/q"), openWriter(t, dir+"/z")
	q.Write(make([]byte, 1<<18))
	lines := newLineReader(t, stderr)
	if got := lines.next(); !regexp.MustCompile(`^psha1sum: 262\.1 kB, 0 files, ` + rate + `  q\n$`).MatchString(got) {
		t.Errorf("logged %q", got)
	}
	time.Sleep(500 * time.Millisecond)
	q.Close()
	if rest := lines.rest(); rest != "" {
		t.Errorf("then %q", rest)
	}
	logged.Wait()
	finish(t, p, "fed")
	finish(t, z, "fed")
	w.wantConclusion(lineOf("fed", "p"))
	zero.wantConclusion(lineOf("fed", "z")) // the model ignores NUL, as terminals do
}

// wantConclusion waits for the end, and has the person see this and what the run was.
func (w *watched) wantConclusion(before string) {
	w.t.Helper()
	w.end()
	<-w.done
	text := w.screen.String()
	rest, ok := strings.CutPrefix(text, before)
	if !ok || !regexp.MustCompile(`^psha1sum: 3 B in 1[0-9] s, 0 B/s\n$`).MatchString(rest) {
		w.t.Errorf("the screen is %q", text)
	}
}
