//go:build unix

package main_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// eachTool runs a scenario on GNU sha1sum, which proves it, and on psha1sum.
func eachTool(t *testing.T, scenario func(t *testing.T, tool *tool)) {
	for _, tool := range tools() {
		t.Run(tool.title, func(t *testing.T) { scenario(t, tool) })
	}
}

// TestLinesComeInTurn has lines printed while the work goes on.
func TestLinesComeInTurn(t *testing.T) {
	eachTool(t, func(t *testing.T, tool *tool) {
		dir := t.TempDir()
		write(t, dir, "a", "one")
		write(t, dir, "b", "two")
		s := tool.session(t, []string{"a", "missing", "b", "-", "a"}, settings{dir: dir})
		s.stdout.want(lineOf("one", "a"))
		s.stderr.want("sha1sum: missing: No such file or directory\n")
		s.stdout.want(lineOf("two", "b"))
		s.send("standard ")
		s.send("input")
		s.stdin.Close()
		s.stdout.want(lineOf("standard input", "-"), lineOf("one", "a"))
		s.wantEnd("exit 1", "", "")
	})
}

// TestSlowFirstOperand has nothing printed out of order.
func TestSlowFirstOperand(t *testing.T) {
	eachTool(t, func(t *testing.T, tool *tool) {
		dir := t.TempDir()
		mkfifo(t, dir+"/slow")
		write(t, dir, "a", "one")
		s := tool.session(t, []string{"slow", "a", "missing"}, settings{dir: dir})
		w := openWriter(t, dir+"/slow")
		s.settle()
		finish(t, w, "at last")
		s.wantEnd("exit 1", lineOf("at last", "slow")+lineOf("one", "a"), "sha1sum: missing: No such file or directory\n")
	})
}

// TestZeroHoldsLines has lines that end with NUL kept together, but for the
// newline of a name: stdout is line-buffered, whatever the line ends are for.
func TestZeroHoldsLines(t *testing.T) {
	eachTool(t, func(t *testing.T, tool *tool) {
		dir := t.TempDir()
		write(t, dir, "a", "one")
		write(t, dir, "new\nline", "two")
		s := tool.session(t, []string{"-z", "a", "new\nline", "a", "-"}, settings{dir: dir})
		one := digestOf("one") + "  a\x00"
		s.stdout.want(one + digestOf("two") + "  new\n")
		s.settle()
		s.stdout.wantNothing()
		s.send("three")
		s.wantEnd("exit 0", "line\x00"+one+digestOf("three")+"  -\x00", "")
	})
}

// TestCoprocess has each line of a manifest on a pipe answered before the next
// one is written, about a file that isn't there before.
func TestCoprocess(t *testing.T) {
	eachTool(t, func(t *testing.T, tool *tool) {
		dir := t.TempDir()
		s := tool.session(t, []string{"-cw"}, settings{dir: dir})
		for n := range 50 {
			s.settle()
			name := fmt.Sprintf("file%d", n)
			write(t, dir, name, name)
			s.send(lineOf(name, name))
			s.stdout.want(name + ": OK\n")
		}
		s.send("junk\n")
		s.stderr.want("sha1sum: 'standard input': 51: improperly formatted SHA1 checksum line\n")
		s.send(lineOf("", "missing"))
		s.stderr.want("sha1sum: missing: No such file or directory\n")
		s.stdout.want("missing: FAILED open or read\n")
		s.send("# comment\n\n" + lineOf("", "file0"))
		s.stdout.want("file0: FAILED\n")
		s.send(lineOf("file1", "file1") + lineOf("file2", "file2") + emptyDigest + "  fi")
		s.stdout.want("file1: OK\n", "file2: OK\n")
		s.send("le3\n")
		s.stdout.want("file3: FAILED\n")
		s.wantEnd("exit 1", "", "sha1sum: WARNING: 1 line is improperly formatted\n"+
			"sha1sum: WARNING: 1 listed file could not be read\nsha1sum: WARNING: 2 computed checksums did NOT match\n")
	})
}

// TestCoprocessFIFO does the same through a FIFO as the manifest, with another
// manifest after it that isn't there yet.
func TestCoprocessFIFO(t *testing.T) {
	eachTool(t, func(t *testing.T, tool *tool) {
		dir := t.TempDir()
		mkfifo(t, dir+"/first")
		write(t, dir, "a", "one")
		s := tool.session(t, []string{"--check", "first", "second"}, settings{dir: dir})
		w := openWriter(t, dir+"/first")
		for range 3 {
			if _, err := w.WriteString(lineOf("one", "a")); err != nil {
				t.Fatal(err)
			}
			s.stdout.want("a: OK\n")
		}
		s.settle()
		write(t, dir, "second", lineOf("two", "b"))
		write(t, dir, "b", "two")
		w.Close()
		s.wantEnd("exit 0", "b: OK\n", "")
	})
}

// TestSuccessiveWriters has a FIFO that is listed again read again, by a
// process that hasn't opened it twice at once.
func TestSuccessiveWriters(t *testing.T) {
	eachTool(t, func(t *testing.T, tool *tool) {
		dir := t.TempDir()
		mkfifo(t, dir+"/p")
		if err := os.Symlink("p", dir+"/link"); err != nil {
			t.Fatal(err)
		}
		write(t, dir, "a", "between")
		s := tool.session(t, []string{"p", "p", "./p", "a", "link", "p"}, settings{dir: dir})
		for n, as := range []string{"p", "p", "./p", "link", "p"} {
			if as == "link" {
				s.stdout.want(lineOf("between", "a"))
			}
			content := fmt.Sprintf("writer %d", n)
			w := openWriter(t, dir+"/p")
			s.settle()
			finish(t, w, content)
			s.stdout.want(lineOf(content, as))
		}
		s.wantEnd("exit 0", "", "")
	})
}

// barrier is an operand behind which nothing may be opened before it is
// finished: whoever feeds it may still be writing the next file.
type barrier struct {
	title   string
	operand string
	needs   string // a file that not every system has
	prepare func(t *testing.T, dir string)
	// feed returns the end to write to, once the tool is there.
	feed func(t *testing.T, dir string, s *session, third *os.File) *os.File
}

var barriers = []barrier{
	{
		title: "FIFO", operand: "p",
		prepare: func(t *testing.T, dir string) { mkfifo(t, dir+"/p") },
		feed:    func(t *testing.T, dir string, _ *session, _ *os.File) *os.File { return openWriter(t, dir+"/p") },
	},
	{
		title: "link to a FIFO", operand: "link",
		prepare: func(t *testing.T, dir string) {
			mkfifo(t, dir+"/p")
			if err := os.Symlink("p", dir+"/link"); err != nil {
				t.Fatal(err)
			}
		},
		feed: func(t *testing.T, dir string, _ *session, _ *os.File) *os.File { return openWriter(t, dir+"/p") },
	},
	{title: "stdin", operand: "-", feed: feedStdin},
	{title: "/dev/stdin", operand: "/dev/stdin", needs: "/dev/stdin", feed: feedStdin},
	{
		title: "/dev/fd/3", operand: "/dev/fd/3", needs: "/dev/fd",
		feed: func(_ *testing.T, _ string, _ *session, third *os.File) *os.File { return third },
	},
}

func feedStdin(_ *testing.T, _ string, s *session, _ *os.File) *os.File { return s.stdin }

// lateChange is what happens to a file while the operand before it is read.
type lateChange struct {
	title  string
	before func(t *testing.T, dir string) // makes "x"
	change func(t *testing.T, dir string)
	want   string // what is in "x" afterwards
	err    string // or why it can't be read
}

var lateChanges = []lateChange{
	{title: "grows", before: makeX("short"), change: makeX(longText), want: longText},
	{title: "shrinks", before: makeX(longText), change: makeX("short"), want: "short"},
	{title: "is emptied", before: makeX(longText), change: makeX(""), want: ""},
	{title: "changes", before: makeX("early"), change: makeX("later"), want: "later"},
	{title: "is created", before: func(*testing.T, string) {}, change: makeX("created"), want: "created"},
	{title: "is removed", before: makeX("gone"), change: removeX, err: "No such file or directory"},
	{
		title: "is replaced", before: makeX("early"), want: "other",
		change: func(t *testing.T, dir string) {
			write(t, dir, "other", "other")
			if err := os.Rename(dir+"/other", dir+"/x"); err != nil {
				t.Fatal(err)
			}
		},
	},
	{
		title: "becomes a directory", before: makeX("early"), err: "Is a directory",
		change: func(t *testing.T, dir string) {
			removeX(t, dir)
			if err := os.Mkdir(dir+"/x", 0o755); err != nil {
				t.Fatal(err)
			}
		},
	},
	{
		title: "becomes a FIFO", before: makeX("early"), want: "through a FIFO",
		change: func(t *testing.T, dir string) {
			removeX(t, dir)
			mkfifo(t, dir+"/x")
			t.Cleanup(fifo{dir + "/x", []byte("through a FIFO")}.serve())
		},
	},
	{
		title: "was a FIFO", want: "a file now",
		before: func(t *testing.T, dir string) { mkfifo(t, dir+"/x") },
		change: func(t *testing.T, dir string) {
			removeX(t, dir)
			write(t, dir, "x", "a file now")
		},
	},
	{
		title: "becomes a link", before: makeX("early"), want: "target",
		change: func(t *testing.T, dir string) {
			removeX(t, dir)
			write(t, dir, "target", "target")
			if err := os.Symlink("target", dir+"/x"); err != nil {
				t.Fatal(err)
			}
		},
	},
}

// longText is longer than any buffer.
var longText = strings.Repeat("long text ", 100_000)

func makeX(content string) func(*testing.T, string) {
	return func(t *testing.T, dir string) { write(t, dir, "x", content) }
}

func removeX(t *testing.T, dir string) {
	if err := os.Remove(dir + "/x"); err != nil {
		t.Fatal(err)
	}
}

// TestLateFiles has a file that follows a FIFO, a pipe or standard input
// looked at only when that is finished.
func TestLateFiles(t *testing.T) {
	for _, barrier := range barriers {
		for _, late := range lateChanges {
			for _, check := range []bool{false, true} {
				title := barrier.title + ", then a file that " + late.title
				if check {
					title += ", check"
				}
				t.Run(title, func(t *testing.T) {
					if barrier.needs != "" {
						needFile(t, barrier.needs)
					}
					eachTool(t, func(t *testing.T, tool *tool) { lateFile(t, tool, barrier, late, check) })
				})
			}
		}
	}
}

// lateFile has a barrier between two files, and the second changed meanwhile.
func lateFile(t *testing.T, tool *tool, barrier barrier, late lateChange, check bool) {
	dir := t.TempDir()
	write(t, dir, "a", "first")
	write(t, dir, "z", "last")
	if barrier.prepare != nil {
		barrier.prepare(t, dir)
	}
	late.before(t, dir)

	var args []string
	var stdout [4]string // a, the barrier, x, z
	var stderr string
	for i, f := range []struct{ name, content string }{{"a", "first"}, {barrier.operand, "fed"}, {"x", late.want}, {"z", "last"}} {
		failed := f.name == "x" && late.err != ""
		if failed {
			stderr = "sha1sum: x: " + late.err + "\n"
		}
		switch {
		case !check:
			args = append(args, f.name)
			if !failed {
				stdout[i] = lineOf(f.content, f.name)
			}
		case failed:
			stdout[i] = f.name + ": FAILED open or read\n"
		default:
			stdout[i] = f.name + ": OK\n"
		}
		if check {
			args = []string{"-c", "manifest"}
			appendTo(t, dir+"/manifest", lineOf(f.content, f.name))
		}
	}
	status := "exit 0"
	if stderr != "" {
		status = "exit 1"
		if check {
			stderr += "sha1sum: WARNING: 1 listed file could not be read\n"
		}
	}

	third, thirdEnd := pipe(t)
	s := tool.session(t, args, settings{dir: dir}, third)
	s.stdout.want(stdout[0])
	w := barrier.feed(t, dir, s, thirdEnd)
	s.settle()
	late.change(t, dir)
	finish(t, w, "fed")
	s.wantEnd(status, strings.Join(stdout[1:], ""), stderr)
	thirdEnd.Close()
}

// TestLateBarrier has a file that became a FIFO behind a FIFO be waited for as
// one: what follows it may come out of the same hands.
func TestLateBarrier(t *testing.T) {
	for _, check := range []bool{false, true} {
		t.Run(map[bool]string{false: "hash", true: "check"}[check], func(t *testing.T) {
			eachTool(t, func(t *testing.T, tool *tool) {
				dir := t.TempDir()
				mkfifo(t, dir+"/p")
				write(t, dir, "x", "early")
				write(t, dir, "z", "early")
				write(t, dir, "manifest", lineOf("fed", "p")+lineOf("through a FIFO", "x")+lineOf("later", "z"))
				args := []string{"p", "x", "z"}
				want := []string{lineOf("fed", "p"), lineOf("through a FIFO", "x"), lineOf("later", "z")}
				if check {
					args = []string{"-c", "manifest"}
					want = []string{"p: OK\n", "x: OK\n", "z: OK\n"}
				}
				s := tool.session(t, args, settings{dir: dir})
				w := openWriter(t, dir+"/p")
				s.settle()
				removeX(t, dir)
				mkfifo(t, dir+"/x")
				finish(t, w, "fed")
				s.stdout.want(want[0])
				w = openWriter(t, dir+"/x")
				s.settle()
				write(t, dir, "z", "later")
				finish(t, w, "through a FIFO")
				s.wantEnd("exit 0", want[1]+want[2], "")
			})
		})
	}
}

// TestLateManifest has a manifest looked at only when what the one before lists
// is finished: whoever feeds a FIFO may still be writing the next manifest.
func TestLateManifest(t *testing.T) {
	for _, kind := range []string{"file", "FIFO"} {
		t.Run(kind, func(t *testing.T) {
			eachTool(t, func(t *testing.T, tool *tool) {
				dir := t.TempDir()
				mkfifo(t, dir+"/p")
				write(t, dir, "a", "one")
				write(t, dir, "first", lineOf("one", "a")+lineOf("fed", "p"))
				write(t, dir, "second", lineOf("early", "a"))
				s := tool.session(t, []string{"-c", "first", "second"}, settings{dir: dir})
				s.stdout.want("a: OK\n")
				w := openWriter(t, dir+"/p")
				s.settle()
				second := fifo{dir + "/second", []byte(lineOf("one", "a") + lineOf("one", "./a"))}
				if err := os.Remove(second.path); err != nil {
					t.Fatal(err)
				}
				if kind == "FIFO" {
					mkfifo(t, second.path)
					defer second.serve()()
				} else {
					write(t, dir, "second", string(second.data))
				}
				finish(t, w, "fed")
				s.wantEnd("exit 0", "p: OK\na: OK\n./a: OK\n", "")
			})
		})
	}
}

// TestLinesBeforeBarrier has all earlier lines written before a FIFO is opened,
// whose writer may wait to see them.
func TestLinesBeforeBarrier(t *testing.T) {
	for _, test := range []struct {
		title string
		args  []string
	}{
		{"hash", []string{"big", "p"}},
		{"check", []string{"-c", "both"}},
		{"manifest", []string{"-c", "one", "p"}},
	} {
		t.Run(test.title, func(t *testing.T) {
			eachTool(t, func(t *testing.T, tool *tool) {
				dir := t.TempDir()
				mkfifo(t, dir+"/p")
				write(t, dir, "big", "")
				if err := os.Truncate(dir+"/big", 64<<20); err != nil { // sparse, and takes a while
					t.Fatal(err)
				}
				write(t, dir, "one", lineOf("", "big"))
				write(t, dir, "both", lineOf("", "big")+lineOf("", "p"))
				s := tool.session(t, test.args, settings{dir: dir})
				w := openWriter(t, dir+"/p")
				defer w.Close()
				if !s.stdout.waits() {
					t.Error("the FIFO was opened before the line about the file before it was written")
				}
			})
		})
	}
}

// appendTo adds to a file.
func appendTo(t *testing.T, path, text string) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// manyFiles makes files in dir, small but for some, and returns their names. They are
// links to files that other tests have as well: to make so many takes much longer.
func manyFiles(t testing.TB, dir string, count int) []string {
	t.Helper()
	pool := manyShared(t, count)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d", strings.Repeat("n", i%97), i)
		if os.Link(filepath.Join(pool, strconv.Itoa(i)), dir+"/"+names[i]) != nil {
			write(t, dir, names[i], contentOfMany(i))
		}
	}
	return names
}

// sharedFiles is how many files there are to be linked.
var sharedFiles struct {
	sync.Mutex
	made int
}

// manyShared returns the directory of the files that manyFiles links, with as many as are
// asked for.
func manyShared(t testing.TB, count int) (pool string) {
	t.Helper()
	sharedFiles.Lock()
	defer sharedFiles.Unlock()
	pool = filepath.Join(filepath.Dir(ours.dir), "many")
	for ; sharedFiles.made < count; sharedFiles.made++ {
		write(t, pool, strconv.Itoa(sharedFiles.made), contentOfMany(sharedFiles.made))
	}
	return pool
}

func contentOfMany(i int) string {
	size := i % 300
	if i%500 == 0 {
		size = 300_000
	}
	return strings.Repeat("c", size)
}

// TestWholeLines has each write to standard output hold whole lines, and no
// more than what a pipe takes at once, so that processes can share a pipe.
func TestWholeLines(t *testing.T) {
	dir := t.TempDir()
	names := manyFiles(t, dir, 2000)
	var manifest strings.Builder
	for i, name := range names {
		if i%7 == 0 {
			name = "missing" + name
		}
		manifest.WriteString(lineOf("", name))
	}
	write(t, dir, "manifest", manifest.String())
	for _, test := range []struct {
		title string
		args  []string
	}{
		{"hash", names},
		{"check", []string{"-c", "manifest"}},
	} {
		t.Run(test.title, func(t *testing.T) {
			eachTool(t, func(t *testing.T, tool *tool) {
				// Such a socket keeps the bounds between writes.
				stdout, stdoutEnd := socketPair(t, syscall.SOCK_SEQPACKET)
				defer stdout.Close()
				null := open(t, os.DevNull, os.O_RDWR)
				defer null.Close()
				p := tool.start(t, test.args, []*os.File{null, stdoutEnd, null}, settings{dir: dir})
				stdoutEnd.Close()
				var all []byte
				for buffer := make([]byte, 1<<20); ; {
					n, err := stdout.Read(buffer)
					if n == 0 || err != nil {
						break
					}
					if n > 4096 || buffer[n-1] != '\n' {
						t.Errorf("a write of %d bytes that ends in %q", n, buffer[max(0, n-20):n])
					}
					all = append(all, buffer[:n]...)
				}
				p.end()
				wantText(t, string(all), string(tool.output(t, test.args, settings{dir: dir}).stdout))
			})
		})
	}
}

// TestSharedPipe has several processes write to one pipe, none of whose lines
// is torn.
func TestSharedPipe(t *testing.T) {
	const processes = 4
	dir := t.TempDir()
	names := manyFiles(t, dir, 500)
	stdout, stdoutEnd := pipe(t)
	null := open(t, os.DevNull, os.O_RDWR)
	defer null.Close()
	all := collect(stdout)
	var running []*process
	for range processes {
		running = append(running, ours.start(t, names, []*os.File{null, stdoutEnd, null}, settings{dir: dir}))
	}
	stdoutEnd.Close()
	for _, p := range running {
		if status := p.end(); status != "exit 0" {
			t.Error(status)
		}
	}
	alone := ours.output(t, names, settings{dir: dir})
	got, want := sortedLines(all()), sortedLines(bytes.Repeat(alone.stdout, processes))
	if !slices.Equal(got, want) {
		t.Error("lines are torn")
	}
}

func sortedLines(data []byte) []string {
	return slices.Sorted(strings.SplitAfterSeq(string(data), "\n"))
}

// TestSlowReader has a pipe that nobody reads for a while: nothing is lost, and
// nothing hangs.
func TestSlowReader(t *testing.T) {
	eachTool(t, func(t *testing.T, tool *tool) {
		dir := t.TempDir()
		names := manyFiles(t, dir, 3000) // more than a pipe holds
		s := tool.session(t, names, settings{dir: dir})
		s.settle()
		s.stdout.f.SetReadDeadline(time.Now().Add(limit))
		if got := strings.Count(s.stdout.rest(), "\n"); got != len(names) {
			t.Errorf("%d lines, want %d", got, len(names))
		}
		s.wantEnd("exit 0", "", "")
	})
}

// TestInterleaving has both streams in one pipe: the order is that of the work.
func TestInterleaving(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a", "one")
	write(t, dir, "b", longText)
	if err := os.Mkdir(dir+"/dir", 0o755); err != nil {
		t.Fatal(err)
	}
	var args, want, manifest, checked []string
	for n := range 200 {
		switch name := []string{"a", "missing", "b", "dir", "a", "b"}[n%6]; name {
		case "a", "b":
			content := map[string]string{"a": "one", "b": longText}[name]
			args, want = append(args, name), append(want, lineOf(content, name))
			manifest, checked = append(manifest, lineOf(content, name)), append(checked, name+": OK\n")
		default:
			reason := map[string]string{"missing": "No such file or directory", "dir": "Is a directory"}[name]
			line := "sha1sum: " + name + ": " + reason + "\n"
			args, want = append(args, name), append(want, line)
			manifest, checked = append(manifest, lineOf("", name)), append(checked, line+name+": FAILED open or read\n")
		}
		if n%10 == 9 {
			manifest = append(manifest, "junk\n")
			checked = append(checked, fmt.Sprintf("sha1sum: manifest: %d: improperly formatted SHA1 checksum line\n", len(manifest)))
		}
	}
	write(t, dir, "manifest", strings.Join(manifest, ""))
	checked = append(checked, "sha1sum: WARNING: 20 lines are improperly formatted\n", "sha1sum: WARNING: 67 listed files could not be read\n")
	for _, test := range []struct {
		title string
		args  []string
		want  []string
	}{
		{"hash", args, want},
		{"check", []string{"-cw", "manifest"}, checked},
	} {
		t.Run(test.title, func(t *testing.T) {
			eachTool(t, func(t *testing.T, tool *tool) {
				tr := &trial{dir: dir, args: test.args, stdin: inputNull, stdout: outputPipe, stderr: outputShared}
				wantText(t, string(tr.run(t, tool).stdout), strings.Join(test.want, ""))
			})
		})
	}
}
