//go:build unix

package gnu_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
)

// TestLinesComeInTurn checks that lines are printed while the work continues.
func TestLinesComeInTurn(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		dir := t.TempDir()
		clitest.Write(t, dir, "a", "one")
		clitest.Write(t, dir, "b", "two")
		s := tool.Session(t, []string{"a", "missing", "b", "-", "a"}, clitest.Settings{Dir: dir})
		s.Stdout.Want(clitest.LineOf("one", "a"))
		s.Stderr.Want("sha1sum: missing: No such file or directory\n")
		s.Stdout.Want(clitest.LineOf("two", "b"))
		s.Send("standard ")
		s.Send("input")
		s.Stdin.Close()
		s.Stdout.Want(clitest.LineOf("standard input", "-"), clitest.LineOf("one", "a"))
		s.WantEnd("exit 1", "", "")
	})
}

// TestSlowFirstOperand checks that nothing is printed out of order.
func TestSlowFirstOperand(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		dir := t.TempDir()
		clitest.MakeFIFO(t, dir+"/slow")
		clitest.Write(t, dir, "a", "one")
		s := tool.Session(t, []string{"slow", "a", "missing"}, clitest.Settings{Dir: dir})
		w := clitest.OpenWriter(t, dir+"/slow")
		s.Settle()
		clitest.Finish(t, w, "at last")
		s.WantEnd("exit 1", clitest.LineOf("at last", "slow")+clitest.LineOf("one", "a"), "sha1sum: missing: No such file or directory\n")
	})
}

// TestZeroHoldsLines checks that lines that end with NUL are written together, except
// after a newline in a name: stdout is line-buffered regardless of the line terminator.
func TestZeroHoldsLines(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		dir := t.TempDir()
		clitest.Write(t, dir, "a", "one")
		clitest.Write(t, dir, "new\nline", "two")
		s := tool.Session(t, []string{"-z", "a", "new\nline", "a", "-"}, clitest.Settings{Dir: dir})
		one := clitest.DigestOf("one") + "  a\x00"
		s.Stdout.Want(one + clitest.DigestOf("two") + "  new\n")
		s.Settle()
		s.Stdout.WantNothing()
		s.Send("three")
		s.WantEnd("exit 0", "line\x00"+one+clitest.DigestOf("three")+"  -\x00", "")
	})
}

// TestCoprocess checks that each line of a manifest on a pipe is answered before the next
// one is written, for a file that didn't exist before.
func TestCoprocess(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		dir := t.TempDir()
		s := tool.Session(t, []string{"-cw"}, clitest.Settings{Dir: dir})
		for n := range 50 {
			s.Settle()
			name := fmt.Sprintf("file%d", n)
			clitest.Write(t, dir, name, name)
			s.Send(clitest.LineOf(name, name))
			s.Stdout.Want(name + ": OK\n")
		}
		s.Send("junk\n")
		s.Stderr.Want("sha1sum: 'standard input': 51: improperly formatted SHA1 checksum line\n")
		s.Send(clitest.LineOf("", "missing"))
		s.Stderr.Want("sha1sum: missing: No such file or directory\n")
		s.Stdout.Want("missing: FAILED open or read\n")
		s.Send("# comment\n\n" + clitest.LineOf("", "file0"))
		s.Stdout.Want("file0: FAILED\n")
		s.Send(clitest.LineOf("file1", "file1") + clitest.LineOf("file2", "file2") + clitest.EmptyDigest + "  fi")
		s.Stdout.Want("file1: OK\n", "file2: OK\n")
		s.Send("le3\n")
		s.Stdout.Want("file3: FAILED\n")
		s.WantEnd("exit 1", "", "sha1sum: WARNING: 1 line is improperly formatted\n"+
			"sha1sum: WARNING: 1 listed file could not be read\nsha1sum: WARNING: 2 computed checksums did NOT match\n")
	})
}

// TestCoprocessFIFO does the same with a FIFO as the manifest, followed by another
// manifest that doesn't exist yet.
func TestCoprocessFIFO(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		dir := t.TempDir()
		clitest.MakeFIFO(t, dir+"/first")
		clitest.Write(t, dir, "a", "one")
		s := tool.Session(t, []string{"--check", "first", "second"}, clitest.Settings{Dir: dir})
		w := clitest.OpenWriter(t, dir+"/first")
		for range 3 {
			if _, err := w.WriteString(clitest.LineOf("one", "a")); err != nil {
				t.Fatal(err)
			}
			s.Stdout.Want("a: OK\n")
		}
		s.Settle()
		clitest.Write(t, dir, "second", clitest.LineOf("two", "b"))
		clitest.Write(t, dir, "b", "two")
		w.Close()
		s.WantEnd("exit 0", "b: OK\n", "")
	})
}

// TestSuccessiveWriters checks that a FIFO that is listed again is read again, and never
// opened twice at once.
func TestSuccessiveWriters(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		dir := t.TempDir()
		clitest.MakeFIFO(t, dir+"/p")
		if err := os.Symlink("p", dir+"/link"); err != nil {
			t.Fatal(err)
		}
		clitest.Write(t, dir, "a", "between")
		s := tool.Session(t, []string{"p", "p", "./p", "a", "link", "p"}, clitest.Settings{Dir: dir})
		for n, as := range []string{"p", "p", "./p", "link", "p"} {
			if as == "link" {
				s.Stdout.Want(clitest.LineOf("between", "a"))
			}
			content := fmt.Sprintf("writer %d", n)
			w := clitest.OpenWriter(t, dir+"/p")
			s.Settle()
			clitest.Finish(t, w, content)
			s.Stdout.Want(clitest.LineOf(content, as))
		}
		s.WantEnd("exit 0", "", "")
	})
}

// A barrier is an operand after which nothing may be opened until it is finished: its
// writer may still be writing the next file.
type barrier struct {
	title   string
	operand string
	needs   string // a file that not every system has
	prepare func(t *testing.T, dir string)
	// feed returns the end to write to, once the tool is there.
	feed func(t *testing.T, dir string, s *clitest.Session, third *os.File) *os.File
}

var barriers = []barrier{
	{
		title: "FIFO", operand: "p",
		prepare: func(t *testing.T, dir string) { clitest.MakeFIFO(t, dir+"/p") },
		feed: func(t *testing.T, dir string, _ *clitest.Session, _ *os.File) *os.File {
			return clitest.OpenWriter(t, dir+"/p")
		},
	},
	{
		title: "link to a FIFO", operand: "link",
		prepare: func(t *testing.T, dir string) {
			clitest.MakeFIFO(t, dir+"/p")
			if err := os.Symlink("p", dir+"/link"); err != nil {
				t.Fatal(err)
			}
		},
		feed: func(t *testing.T, dir string, _ *clitest.Session, _ *os.File) *os.File {
			return clitest.OpenWriter(t, dir+"/p")
		},
	},
	{title: "stdin", operand: "-", feed: feedStdin},
	{title: "/dev/stdin", operand: "/dev/stdin", needs: "/dev/stdin", feed: feedStdin},
	{
		title: "/dev/fd/3", operand: "/dev/fd/3", needs: "/dev/fd",
		feed: func(_ *testing.T, _ string, _ *clitest.Session, third *os.File) *os.File { return third },
	},
}

func feedStdin(_ *testing.T, _ string, s *clitest.Session, _ *os.File) *os.File { return s.Stdin }

// A lateChange is a change of a file while the operand before it is read.
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
			clitest.Write(t, dir, "other", "other")
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
			clitest.MakeFIFO(t, dir+"/x")
			t.Cleanup(clitest.FIFO{Path: dir + "/x", Data: []byte("through a FIFO")}.Serve())
		},
	},
	{
		title: "was a FIFO", want: "a file now",
		before: func(t *testing.T, dir string) { clitest.MakeFIFO(t, dir+"/x") },
		change: func(t *testing.T, dir string) {
			removeX(t, dir)
			clitest.Write(t, dir, "x", "a file now")
		},
	},
	{
		title: "becomes a link", before: makeX("early"), want: "target",
		change: func(t *testing.T, dir string) {
			removeX(t, dir)
			clitest.Write(t, dir, "target", "target")
			if err := os.Symlink("target", dir+"/x"); err != nil {
				t.Fatal(err)
			}
		},
	},
}

// longText is longer than any buffer.
var longText = strings.Repeat("long text ", 100_000)

func makeX(content string) func(*testing.T, string) {
	return func(t *testing.T, dir string) { clitest.Write(t, dir, "x", content) }
}

func removeX(t *testing.T, dir string) {
	if err := os.Remove(dir + "/x"); err != nil {
		t.Fatal(err)
	}
}

// TestLateFiles checks that a file after a FIFO, a pipe or standard input is opened only
// when that is finished.
func TestLateFiles(t *testing.T) {
	for i, barrier := range barriers {
		for j, late := range lateChanges {
			for _, check := range []bool{false, true} {
				if check == ((i+j)%2 == 0) && !*large.Flag {
					continue
				}
				title := barrier.title + ", then a file that " + late.title
				if check {
					title += ", check"
				}
				t.Run(title, func(t *testing.T) {
					if barrier.needs != "" {
						clitest.NeedFile(t, barrier.needs)
					}
					clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) { lateFile(t, tool, barrier, late, check) })
				})
			}
		}
	}
}

// lateFile has a barrier between two files, and the second changed meanwhile.
func lateFile(t *testing.T, tool *clitest.Tool, barrier barrier, late lateChange, check bool) {
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "first")
	clitest.Write(t, dir, "z", "last")
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
				stdout[i] = clitest.LineOf(f.content, f.name)
			}
		case failed:
			stdout[i] = f.name + ": FAILED open or read\n"
		default:
			stdout[i] = f.name + ": OK\n"
		}
		if check {
			args = []string{"-c", "manifest"}
			appendTo(t, dir+"/manifest", clitest.LineOf(f.content, f.name))
		}
	}
	status := "exit 0"
	if stderr != "" {
		status = "exit 1"
		if check {
			stderr += "sha1sum: WARNING: 1 listed file could not be read\n"
		}
	}

	third, thirdEnd := clitest.Pipe(t)
	s := tool.Session(t, args, clitest.Settings{Dir: dir}, third)
	s.Stdout.Want(stdout[0])
	w := barrier.feed(t, dir, s, thirdEnd)
	s.Settle()
	late.change(t, dir)
	clitest.Finish(t, w, "fed")
	s.WantEnd(status, strings.Join(stdout[1:], ""), stderr)
	thirdEnd.Close()
}

// TestLateBarrier checks that a file that has become a FIFO is a barrier, too: the same
// writer may provide what follows it.
func TestLateBarrier(t *testing.T) {
	for _, check := range []bool{false, true} {
		t.Run(map[bool]string{false: "hash", true: "check"}[check], func(t *testing.T) {
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				dir := t.TempDir()
				clitest.MakeFIFO(t, dir+"/p")
				clitest.Write(t, dir, "x", "early")
				clitest.Write(t, dir, "z", "early")
				clitest.Write(t, dir, "manifest", clitest.LineOf("fed", "p")+clitest.LineOf("through a FIFO", "x")+clitest.LineOf("later", "z"))
				args := []string{"p", "x", "z"}
				want := []string{clitest.LineOf("fed", "p"), clitest.LineOf("through a FIFO", "x"), clitest.LineOf("later", "z")}
				if check {
					args = []string{"-c", "manifest"}
					want = []string{"p: OK\n", "x: OK\n", "z: OK\n"}
				}
				s := tool.Session(t, args, clitest.Settings{Dir: dir})
				w := clitest.OpenWriter(t, dir+"/p")
				s.Settle()
				removeX(t, dir)
				clitest.MakeFIFO(t, dir+"/x")
				clitest.Finish(t, w, "fed")
				s.Stdout.Want(want[0])
				w = clitest.OpenWriter(t, dir+"/x")
				s.Settle()
				clitest.Write(t, dir, "z", "later")
				clitest.Finish(t, w, "through a FIFO")
				s.WantEnd("exit 0", want[1]+want[2], "")
			})
		})
	}
}

// TestLateManifest checks that a manifest is opened only when the files listed in the one
// before are finished: the writer of a FIFO may still be writing the next manifest.
func TestLateManifest(t *testing.T) {
	for _, kind := range []string{"file", "FIFO"} {
		t.Run(kind, func(t *testing.T) {
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				dir := t.TempDir()
				clitest.MakeFIFO(t, dir+"/p")
				clitest.Write(t, dir, "a", "one")
				clitest.Write(t, dir, "first", clitest.LineOf("one", "a")+clitest.LineOf("fed", "p"))
				clitest.Write(t, dir, "second", clitest.LineOf("early", "a"))
				s := tool.Session(t, []string{"-c", "first", "second"}, clitest.Settings{Dir: dir})
				s.Stdout.Want("a: OK\n")
				w := clitest.OpenWriter(t, dir+"/p")
				s.Settle()
				second := clitest.FIFO{Path: dir + "/second", Data: []byte(clitest.LineOf("one", "a") + clitest.LineOf("one", "./a"))}
				if err := os.Remove(second.Path); err != nil {
					t.Fatal(err)
				}
				if kind == "FIFO" {
					clitest.MakeFIFO(t, second.Path)
					defer second.Serve()()
				} else {
					clitest.Write(t, dir, "second", string(second.Data))
				}
				clitest.Finish(t, w, "fed")
				s.WantEnd("exit 0", "p: OK\na: OK\n./a: OK\n", "")
			})
		})
	}
}

// TestLinesBeforeBarrier checks that all earlier lines are written before a FIFO is
// opened, since its writer may wait for them.
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
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				dir := t.TempDir()
				clitest.MakeFIFO(t, dir+"/p")
				clitest.Write(t, dir, "big", "")
				if err := os.Truncate(dir+"/big", 64<<20); err != nil { // sparse, and takes a while
					t.Fatal(err)
				}
				clitest.Write(t, dir, "one", clitest.LineOf("", "big"))
				clitest.Write(t, dir, "both", clitest.LineOf("", "big")+clitest.LineOf("", "p"))
				s := tool.Session(t, test.args, clitest.Settings{Dir: dir})
				w := clitest.OpenWriter(t, dir+"/p")
				defer w.Close()
				if !s.Stdout.Waits() {
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

// TestWholeLines checks that each write to standard output consists of whole lines and is
// no larger than what a pipe takes at once, so that processes can share a pipe.
func TestWholeLines(t *testing.T) {
	dir := t.TempDir()
	names := clitest.ManyFiles(t, dir, 2000)
	var manifest strings.Builder
	for i, name := range names {
		if i%7 == 0 {
			name = "missing" + name
		}
		manifest.WriteString(clitest.LineOf("", name))
	}
	clitest.Write(t, dir, "manifest", manifest.String())
	for _, test := range []struct {
		title string
		args  []string
	}{
		{"hash", names},
		{"check", []string{"-c", "manifest"}},
	} {
		t.Run(test.title, func(t *testing.T) {
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				// Such a socket keeps the bounds between writes.
				stdout, stdoutEnd := clitest.SocketPair(t, syscall.SOCK_SEQPACKET)
				defer stdout.Close()
				null := clitest.Open(t, os.DevNull, os.O_RDWR)
				defer null.Close()
				p := tool.Start(t, test.args, []*os.File{null, stdoutEnd, null}, clitest.Settings{Dir: dir})
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
				p.End()
				clitest.WantText(t, string(all), string(tool.Output(t, test.args, clitest.Settings{Dir: dir}).Stdout))
			})
		})
	}
}

// TestSharedPipe checks that lines of processes that write to one pipe don't interleave.
func TestSharedPipe(t *testing.T) {
	const processes = 4
	dir := t.TempDir()
	names := clitest.ManyFiles(t, dir, 500)
	stdout, stdoutEnd := clitest.Pipe(t)
	null := clitest.Open(t, os.DevNull, os.O_RDWR)
	defer null.Close()
	all := clitest.Collect(stdout)
	var running []*clitest.Process
	for range processes {
		running = append(running, clitest.Ours.Start(t, names, []*os.File{null, stdoutEnd, null}, clitest.Settings{Dir: dir}))
	}
	stdoutEnd.Close()
	for _, p := range running {
		if status := p.End(); status != "exit 0" {
			t.Error(status)
		}
	}
	alone := clitest.Ours.Output(t, names, clitest.Settings{Dir: dir})
	got, want := sortedLines(all()), sortedLines(bytes.Repeat(alone.Stdout, processes))
	if !slices.Equal(got, want) {
		t.Error("lines are torn")
	}
}

func sortedLines(data []byte) []string {
	return slices.Sorted(strings.SplitAfterSeq(string(data), "\n"))
}

// TestSlowReader checks that nothing is lost or blocked if a pipe isn't read for a while.
func TestSlowReader(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		dir := t.TempDir()
		names := clitest.ManyFiles(t, dir, 3000) // more than a pipe holds
		s := tool.Session(t, names, clitest.Settings{Dir: dir})
		s.Settle()
		s.Stdout.File.SetReadDeadline(time.Now().Add(clitest.Limit))
		if got := strings.Count(s.Stdout.Rest(), "\n"); got != len(names) {
			t.Errorf("%d lines, want %d", got, len(names))
		}
		s.WantEnd("exit 0", "", "")
	})
}

// TestInterleaving checks that with both streams in one pipe the order is that of the
// work.
func TestInterleaving(t *testing.T) {
	dir := t.TempDir()
	clitest.Write(t, dir, "a", "one")
	clitest.Write(t, dir, "b", longText)
	if err := os.Mkdir(dir+"/dir", 0o755); err != nil {
		t.Fatal(err)
	}
	var args, want, manifest, checked []string
	for n := range 200 {
		switch name := []string{"a", "missing", "b", "dir", "a", "b"}[n%6]; name {
		case "a", "b":
			content := map[string]string{"a": "one", "b": longText}[name]
			args, want = append(args, name), append(want, clitest.LineOf(content, name))
			manifest, checked = append(manifest, clitest.LineOf(content, name)), append(checked, name+": OK\n")
		default:
			reason := map[string]string{"missing": "No such file or directory", "dir": "Is a directory"}[name]
			line := "sha1sum: " + name + ": " + reason + "\n"
			args, want = append(args, name), append(want, line)
			manifest, checked = append(manifest, clitest.LineOf("", name)), append(checked, line+name+": FAILED open or read\n")
		}
		if n%10 == 9 {
			manifest = append(manifest, "junk\n")
			checked = append(checked, fmt.Sprintf("sha1sum: manifest: %d: improperly formatted SHA1 checksum line\n", len(manifest)))
		}
	}
	clitest.Write(t, dir, "manifest", strings.Join(manifest, ""))
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
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				tr := &clitest.Trial{Dir: dir, Args: test.args, Stdin: clitest.InputNull, Stdout: clitest.OutputPipe, Stderr: clitest.OutputShared}
				clitest.WantText(t, string(tr.Run(t, tool).Stdout), strings.Join(test.want, ""))
			})
		})
	}
}
