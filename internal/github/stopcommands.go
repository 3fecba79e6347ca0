package github

import (
	"crypto/rand"
	"os"

	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/process"
)

// A Fence keeps GitHub's runner from taking what is printed for commands.
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
// of time. Were the fence raised on one stream, early lines of the other would be
// outside. Raised on both, it is closed in time; but "::TOKEN::" can be written only
// to one, and then late lines of the other are outside: no word on one stream waits
// for the other. Therefore there is one stream only, whose order the runner keeps: if
// both are pipes, messages go to standard output. A stream that is redirected to a
// file is nothing that the runner reads, and left as it is: with standard output in
// a file, the fence stands on standard error.
//
// With --json nothing on standard output can be a command (package jsonline sees to
// that), so it doesn't matter on which side of a fence it is. Its readers expect objects
// and nothing else. The fence stands on standard error then, where messages stay.
//
// The fence is raised before anything else is printed, also before what is said about
// a bad command line, and lifted when nothing more will be said that has a name in
// it. In between nobody prints a command. A process that is killed leaves it closed,
// to the end of the step: the runner has a switch for each.
//
// Two things are beyond it. What a viewer of the log makes of a line that begins with
// "##[error]" or "##[group]" is paint. Problem matchers that an earlier step has
// loaded look at every line, fenced or not.
type Fence struct {
	diag   *console.Messages
	file   *os.File
	closed bool // the stream was closed when the process started
	token  string
	// commands are for the runner, when the fence is lifted.
	commands []byte
}

// Raise tells the runner to take nothing for a command from now on. json says
// that there are none on standard output, which may have been closed.
func Raise(diag *console.Messages, closed, json bool) *Fence {
	f := &Fence{diag: diag, file: os.Stdout, token: rand.Text()}
	switch {
	case json || !console.MayBeRead(os.Stdout, closed):
		f.file, f.closed = diag.Stream()
	case console.MayBeRead(diag.Stream()):
		diag.Redirect(os.Stdout)
	}
	f.print("::stop-commands::" + f.token + "\n")
	return f
}

// Lift lets the runner follow commands again, and gives it ours. The line before may
// have no end, if a name or --zero had its way.
func (f *Fence) Lift() {
	f.print("\n::" + f.token + "::\n" + string(f.commands))
}

// print writes to the stream. That it can't be is like a message that can't be
// written.
func (f *Fence) print(text string) {
	if f.closed || process.WriteAll(f.file, []byte(text)) != nil {
		f.diag.Fail()
	}
}
