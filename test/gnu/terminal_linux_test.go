package gnu_test

import (
	"os"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"golang.org/x/sys/unix"
)

// TestTerminal checks that typed input is hashed up to the first end-of-file character,
// which is never needed twice, and that what follows is read only when its turn comes.
func TestTerminal(t *testing.T) {
	for _, test := range []struct {
		title string
		args  func(terminal string) []string
	}{
		{"stdin", func(string) []string { return []string{"-", "a", "-", "-"} }},
		{"by name", func(terminal string) []string { return []string{terminal, "a", terminal, terminal} }},
	} {
		t.Run(test.title, func(t *testing.T) {
			clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
				dir := t.TempDir()
				clitest.Write(t, dir, "a", "early")
				master, terminalName := clitest.Terminal(t)
				stdin := clitest.Open(t, terminalName, os.O_RDWR|unix.O_NOCTTY)
				defer stdin.Close()
				stdout, stdoutEnd := clitest.Pipe(t)
				defer stdout.Close()
				args := test.args(terminalName)
				p := tool.Start(t, args, []*os.File{stdin, stdoutEnd, stdoutEnd}, clitest.Settings{Dir: dir})
				defer p.Kill()
				stdoutEnd.Close()
				lines := clitest.NewLineReader(t, stdout)

				p.Settle()
				clitest.Write(t, dir, "a", "later")
				master.WriteString("typed\n" + clitest.EndOfFile)
				lines.Want(clitest.LineOf("typed\n", args[0]), clitest.LineOf("later", "a"))
				p.Settle()
				master.WriteString(clitest.EndOfFile)
				lines.Want(clitest.LineOf("", args[0]))
				p.Settle()
				master.WriteString("half a line" + clitest.EndOfFile + clitest.EndOfFile)
				lines.Want(clitest.LineOf("half a line", args[0]))
				if rest, status := lines.Rest(), p.End(); rest != "" || status != "exit 0" {
					t.Errorf("%q, %s", rest, status)
				}
			})
		})
	}
}

// TestTerminalManifest checks that lines are checked as they are typed.
func TestTerminalManifest(t *testing.T) {
	clitest.EachTool(t, func(t *testing.T, tool *clitest.Tool) {
		dir := t.TempDir()
		master, terminalName := clitest.Terminal(t)
		stdin := clitest.Open(t, terminalName, os.O_RDWR|unix.O_NOCTTY)
		defer stdin.Close()
		stdout, stdoutEnd := clitest.Pipe(t)
		defer stdout.Close()
		p := tool.Start(t, []string{"-c"}, []*os.File{stdin, stdoutEnd, stdoutEnd}, clitest.Settings{Dir: dir})
		defer p.Kill()
		stdoutEnd.Close()
		lines := clitest.NewLineReader(t, stdout)
		for _, name := range []string{"a", "b"} {
			p.Settle()
			clitest.Write(t, dir, name, name)
			master.WriteString(clitest.LineOf(name, name))
			lines.Want(name + ": OK\n")
		}
		master.WriteString(clitest.EndOfFile)
		if rest, status := lines.Rest(), p.End(); rest != "" || status != "exit 0" {
			t.Errorf("%q, %s", rest, status)
		}
	})
}
