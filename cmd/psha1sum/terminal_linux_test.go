package main_test

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo-terminal: the end that a person holds, and the name
// of the other.
func terminal(t *testing.T) (person *os.File, name string) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		lacks(t, "a pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		lacks(t, "a pseudo-terminal: %v", err)
	}
	return person, fmt.Sprintf("/dev/pts/%d", number)
}

// setColumns makes a terminal so wide.
func setColumns(t *testing.T, person *os.File, columns int) {
	t.Helper()
	size := &unix.Winsize{Row: 24, Col: uint16(columns)}
	if err := unix.IoctlSetWinsize(int(person.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
}

// endOfFile is what ^D sends: what was typed goes to the reader, as the end of
// the file if that is nothing.
const endOfFile = "\x04"

// TestTerminal has what is typed hashed up to the first end-of-file mark, which
// is never asked for twice, and what follows read only when its turn comes.
func TestTerminal(t *testing.T) {
	for _, test := range []struct {
		title string
		args  func(terminal string) []string
	}{
		{"stdin", func(string) []string { return []string{"-", "a", "-", "-"} }},
		{"by name", func(terminal string) []string { return []string{terminal, "a", terminal, terminal} }},
	} {
		t.Run(test.title, func(t *testing.T) {
			eachTool(t, func(t *testing.T, tool *tool) {
				dir := t.TempDir()
				write(t, dir, "a", "early")
				person, terminalName := terminal(t)
				stdin := open(t, terminalName, os.O_RDWR|unix.O_NOCTTY)
				defer stdin.Close()
				stdout, stdoutEnd := pipe(t)
				defer stdout.Close()
				args := test.args(terminalName)
				p := tool.start(t, args, []*os.File{stdin, stdoutEnd, stdoutEnd}, settings{dir: dir})
				defer p.Kill()
				stdoutEnd.Close()
				lines := newLineReader(t, stdout)

				p.settle()
				write(t, dir, "a", "later")
				person.WriteString("typed\n" + endOfFile)
				lines.want(lineOf("typed\n", args[0]), lineOf("later", "a"))
				p.settle()
				person.WriteString(endOfFile)
				lines.want(lineOf("", args[0]))
				p.settle()
				person.WriteString("half a line" + endOfFile + endOfFile)
				lines.want(lineOf("half a line", args[0]))
				if rest, status := lines.rest(), p.end(); rest != "" || status != "exit 0" {
					t.Errorf("%q, %s", rest, status)
				}
			})
		})
	}
}

// TestTerminalManifest has lines checked as they are typed.
func TestTerminalManifest(t *testing.T) {
	eachTool(t, func(t *testing.T, tool *tool) {
		dir := t.TempDir()
		person, terminalName := terminal(t)
		stdin := open(t, terminalName, os.O_RDWR|unix.O_NOCTTY)
		defer stdin.Close()
		stdout, stdoutEnd := pipe(t)
		defer stdout.Close()
		p := tool.start(t, []string{"-c"}, []*os.File{stdin, stdoutEnd, stdoutEnd}, settings{dir: dir})
		defer p.Kill()
		stdoutEnd.Close()
		lines := newLineReader(t, stdout)
		for _, name := range []string{"a", "b"} {
			p.settle()
			write(t, dir, name, name)
			person.WriteString(lineOf(name, name))
			lines.want(name + ": OK\n")
		}
		person.WriteString(endOfFile)
		if rest, status := lines.rest(), p.end(); rest != "" || status != "exit 0" {
			t.Errorf("%q, %s", rest, status)
		}
	})
}
