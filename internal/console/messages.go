package console

import (
	"os"

	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/quote"
)

// Messages is standard error. Everything that the program says there goes
// through this file: "NAME: TEXT", one write a line, NAME as the program was
// called.
type Messages struct {
	name     string
	file     *os.File  // standard output if all goes there
	closed   bool      // standard error was closed when the process started
	out      *Output   // written before anything is said, to keep the order
	progress *Progress // makes room for it; or nil

	gnu.Quoting
	failed bool // something could not be said
	buf    []byte
}

// NewMessages returns standard error for a program of that name. closed says that it
// was closed when the process started. What waits in out is written before.
func NewMessages(name string, file *os.File, closed bool, out *Output) *Messages {
	return &Messages{name: name, file: file, closed: closed, out: out}
}

// Stream is where messages go; closed says that they can't.
func (d *Messages) Stream() (file *os.File, closed bool) { return d.file, d.closed }

// Redirect has messages go to another stream.
func (d *Messages) Redirect(file *os.File) { d.file = file }

// IsOnTerminal reports whether a person may see messages as they come.
func (d *Messages) IsOnTerminal() bool { return !d.closed && isTerminal(d.file) }

// Fail notes that something could not be said.
func (d *Messages) Fail() { d.failed = true }

// HasFailed reports whether something could not be said.
func (d *Messages) HasFailed() bool { return d.failed }

// Say prints "P: TEXT".
func (d *Messages) Say(text string) {
	d.begin()
	d.buf = append(d.buf, text...)
	d.end()
}

// About prints "P: NAME: TEXT", with the name quoted if it needs to be.
func (d *Messages) About(name, text string) {
	d.begin()
	d.buf = quote.PourShell(d.buf, name, d.UTF8, d.pour)
	d.buf = append(d.buf, ": "...)
	d.buf = append(d.buf, text...)
	d.end()
}

// pour prints the beginning of a line that is too long to be kept.
func (d *Messages) pour(beginning []byte) []byte {
	d.print(beginning)
	return beginning[:0]
}

// SayAsIs prints lines without the program's name.
func (d *Messages) SayAsIs(lines string) {
	d.out.Flush()
	d.print([]byte(lines))
}

// Block prints "P: TEXT" and lines that belong to it, which are indented. Nothing
// in them is a file's own word but in quotes, so that no name makes a line.
func (d *Messages) Block(text string, lines []string) {
	d.begin()
	d.buf = append(d.buf, text...)
	for _, line := range lines {
		d.buf = append(append(d.buf, "\n    "...), line...)
	}
	d.end()
}

func (d *Messages) begin() {
	d.out.Flush()
	d.buf = append(append(d.buf[:0], d.name...), ": "...)
}

func (d *Messages) end() {
	d.buf = append(d.buf, '\n')
	d.print(d.buf)
	if cap(d.buf) > MaxWrite {
		d.buf = nil // a very long name
	}
}

func (d *Messages) print(line []byte) {
	d.progress.hold()
	defer d.progress.release(line)
	if d.closed || process.WriteAll(d.file, line) != nil {
		d.failed = true
	}
}
