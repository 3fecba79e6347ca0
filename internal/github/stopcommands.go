package github

import (
	"crypto/rand"
	"os"

	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/process"
)

// A StopCommands prevents GitHub's runner from executing commands in the program's
// output.
//
// The runner reads the lines of a step's standard output and standard error. A line that
// begins with "::NAME ARGUMENTS::", after optional white space, is a command, and so is
// one with "##[NAME ARGUMENTS]" anywhere in it, the older syntax. Commands set outputs,
// mask words, load problem matchers and make annotations. GNU's lines begin with a file's
// name, which may be ::error::; its messages quote names, but "##[error]" needs no
// quotes. After "::stop-commands::TOKEN" the runner executes no command of either syntax
// (its ActionCommandManager has one switch for both) until "::TOKEN::". The token is
// random, so no name can contain it.
//
// The two streams are two pipes, each read by a thread of the runner, with no order
// between them. If commands were stopped on one stream only, early lines of the other
// would be executed. Stopping them on both avoids that, but "::TOKEN::" can be written to
// only one, and late lines of the other would then be executed. Therefore only one stream
// is used, whose order the runner keeps: if both are pipes, messages go to standard
// output. The runner doesn't read a stream that is redirected to a file, so that is left
// alone: with standard output in a file, commands are stopped on standard error.
//
// With --json nothing on standard output can be a command (package jsonline ensures
// that), and its readers expect nothing but objects. Commands are then stopped on
// standard error, where messages stay.
//
// Commands are stopped before anything else is printed, including errors in the command
// line, and resumed after the last message that contains a name. In between the program
// prints no commands. If it is killed, commands stay stopped until the end of the step,
// since the runner has a switch for each step.
//
// Two things can't be prevented. Log viewers may colour lines that begin with "##[error]"
// or "##[group]"; that is cosmetic. Problem matchers loaded by an earlier step look at
// every line, whether commands are stopped or not.
type StopCommands struct {
	diag   *console.Messages
	file   *os.File
	closed bool // the stream was closed when the process started
	token  string
	// commands are written after the runner's commands are resumed.
	commands []byte
}

// Suspend stops the runner's commands. json means that standard output can contain none;
// closed means that standard output was closed when the process started.
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

// Resume resumes the runner's commands and writes s.commands. The previous line may lack
// a newline, because of a name or --zero.
func (s *StopCommands) Resume() {
	s.print("\n::" + s.token + "::\n" + string(s.commands))
}

// print writes to the stream. A failure counts like that of a message.
func (s *StopCommands) print(text string) {
	if s.closed || process.WriteAll(s.file, []byte(text)) != nil {
		s.diag.Fail()
	}
}
