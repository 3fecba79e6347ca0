package console

import (
	"os"

	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/quote"
)

// Messages writes the program's messages, "NAME: TEXT", to standard error, one write per
// line. NAME is the name by which the program was called.
type Messages struct {
	name     string
	file     *os.File  // standard output if messages are redirected there
	closed   bool      // standard error was closed when the process started
	out      *Output   // flushed before each message, to keep the order
	progress *Progress // erased while a message is written; may be nil

	gnu.Quoting
	failed bool // a message could not be written
	buf    []byte
}

// NewMessages returns the messages of the program called name. closed means that file,
// standard error, was closed when the process started. out is flushed before each
// message.
func NewMessages(name string, file *os.File, closed bool, out *Output) *Messages {
	return &Messages{name: name, file: file, closed: closed, out: out}
}

// Stream returns the file that messages go to; closed means that none can be written.
func (d *Messages) Stream() (file *os.File, closed bool) { return d.file, d.closed }

// Redirect sends messages to another file.
func (d *Messages) Redirect(file *os.File) { d.file = file }

// IsOnTerminal reports whether messages go to a terminal.
func (d *Messages) IsOnTerminal() bool { return !d.closed && isTerminal(d.file) }

// Fail records that a message could not be written.
func (d *Messages) Fail() { d.failed = true }

// HasFailed reports whether a message could not be written.
func (d *Messages) HasFailed() bool { return d.failed }

// Say writes "P: TEXT".
func (d *Messages) Say(text string) {
	d.begin()
	d.buf = append(d.buf, text...)
	d.end()
}

// About writes "P: NAME: TEXT", with the name quoted if necessary.
func (d *Messages) About(name, text string) {
	d.begin()
	d.buf = quote.PourShell(d.buf, name, d.UTF8, d.pour)
	d.buf = append(d.buf, ": "...)
	d.buf = append(d.buf, text...)
	d.end()
}

// pour writes the beginning of a line that is too long to buffer.
func (d *Messages) pour(beginning []byte) []byte {
	d.print(beginning)
	return beginning[:0]
}

// SayAsIs writes lines without the program's name.
func (d *Messages) SayAsIs(lines string) {
	d.out.Flush()
	d.print([]byte(lines))
}

// Block writes "P: TEXT" followed by indented lines. The lines must quote all text that
// comes from files, so that a name can't add a line.
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
