package github

import (
	"crypto/rand"
	"os"

	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/process"
)

// A StopCommands keeps GitHub's runner from taking what is printed for commands.
//
// The runner reads the lines of a step's standard output and standard error alike.
// A line that begins with "::NAME ARGUMENTS::", behind any white space, is a command
// to it, and so is one with "##[NAME ARGUMENTS]" anywhere in it, the older syntax:
// they set outputs, mask words, load problem matchers, make annotations. GNU's lines
// begin with a file's name, which may be ::error::, and its messages quote names,
// but "##[error]" needs no quotes. After "::stop-commands::TOKEN" the runner follows
// no command, of either syntax (one switch in its ActionCommandManager is for both),
// until "::TOKEN::" comes. The token is random, so no name can hold it.
//
// The two streams are two pipes with a thread of the runner for each. What we write
// to one may be dealt with before what we wrote to the other earlier, by any length
// of time. Were commands stopped on one stream, early lines of the other would be
// followed. If they are stopped on both, that is in time; but "::TOKEN::" can be written
// only to one, and then late lines of the other are followed: no word on one stream waits
// for the other. Therefore there is one stream only, whose order the runner keeps: if
// both are pipes, messages go to standard output. A stream that is redirected to a
// file is nothing that the runner reads, and left as it is: with standard output in
// a file, commands are stopped on standard error.
//
// With --json nothing on standard output can be a command (package jsonline sees to
// that), so it doesn't matter whether they are stopped there. Its readers expect objects
// and nothing else. They are stopped on standard error then, where messages stay.
//
// They are suspended before anything else is printed, also before what is said about
// a bad command line, and resumed when nothing more will be said that has a name in
// it. In between nobody prints a command. A process that is killed leaves them stopped
// to the end of the step: the runner has a switch for each.
//
// Two things are beyond that. Viewers of the log may colour lines that begin with
// "##[error]" or "##[group]"; that is cosmetic. Problem matchers that an earlier step has
// loaded look at every line, whether commands are stopped or not.
type StopCommands struct {
	diag   *console.Messages
	file   *os.File
	closed bool // the stream was closed when the process started
	token  string
	// commands are for the runner, when it follows them again.
	commands []byte
}

// Suspend tells the runner to take nothing for a command from now on. json says
// that there are none on standard output, which may have been closed.
func Suspend(diag *console.Messages, closed, json bool) *StopCommands {
	s := &StopCommands{diag: diag, file: os.Stdout, token: rand.Text()}
	switch {
	case json || !console.MayBeRead(os.Stdout, closed):
		s.file, s.closed = diag.Stream()
	case console.MayBeRead(diag.Stream()):
		diag.Redirect(os.Stdout)
	}
	s.print("::stop-commands::" + s.token + "\n")
	return s
}

// Resume lets the runner follow commands again, and gives it ours. The line before may
// have no end, if a name or --zero had its way.
func (s *StopCommands) Resume() {
	s.print("\n::" + s.token + "::\n" + string(s.commands))
}

// print writes to the stream. That it can't be is like a message that can't be
// written.
func (s *StopCommands) print(text string) {
	if s.closed || process.WriteAll(s.file, []byte(text)) != nil {
		s.diag.Fail()
	}
}
