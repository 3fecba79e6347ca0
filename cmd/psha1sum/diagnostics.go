package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/psha1sum/psha1sum/internal/atomicfile"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/internal/quote"
)

// diagnostics is standard error. Everything that the program says there goes
// through this file: "NAME: TEXT", one write a line, NAME as the program was
// called.
type diagnostics struct {
	name   string
	file   *os.File  // standard output if a fence stands there (fence.go)
	closed bool      // standard error was closed when the process started
	out    *output   // written before anything is said, to keep the order
	line   *progress // makes room for it; or nil

	gnu.Quoting
	failed bool // something could not be said
	buf    []byte
}

// say prints "P: TEXT".
func (d *diagnostics) say(text string) {
	d.begin()
	d.buf = append(d.buf, text...)
	d.end()
}

// aboutFile prints "P: NAME: TEXT", with the name quoted if it needs to be.
func (d *diagnostics) aboutFile(name, text string) {
	d.begin()
	d.buf = quote.PourShell(d.buf, name, d.UTF8, d.pour)
	d.buf = append(d.buf, ": "...)
	d.buf = append(d.buf, text...)
	d.end()
}

// aboutTarget closes a target, to which the first error was failed, says what is to be
// said of that, and reports whether nothing is.
func (d *diagnostics) aboutTarget(t *atomicfile.File, failed error) (well bool) {
	text, kept := t.Close(failed)
	if kept != "" {
		text += "; the results are in " + d.Quoted(kept)
	}
	if text != "" {
		d.aboutFile(t.Name, text)
	}
	t.Release()
	return text == ""
}

// pour prints the beginning of a line that is too long to be kept.
func (d *diagnostics) pour(beginning []byte) []byte {
	d.print(beginning)
	return beginning[:0]
}

// block prints "P: TEXT" and lines that belong to it, which are indented. Nothing
// in them is a file's own word but in quotes, so that no name makes a line.
func (d *diagnostics) block(text string, lines []string) {
	d.begin()
	d.buf = append(d.buf, text...)
	for _, line := range lines {
		d.buf = append(append(d.buf, "\n    "...), line...)
	}
	d.end()
}

// usage prints what is wrong with the command line, a hint unless it is "", and where to
// find help.
func (d *diagnostics) usage(err error, hint string) exitStatus {
	var bad argumentError
	if errors.As(err, &bad) {
		d.LearnLocale()
		for _, line := range bad(d.QuotedByLocale) {
			d.say(line)
		}
		return failure
	}
	d.say(err.Error())
	if hint != "" {
		d.say(hint)
	}
	d.out.flush()
	d.print(fmt.Appendf(nil, "Try '%s --help' for more information.\n", d.name))
	return failure
}

func (d *diagnostics) begin() {
	d.out.flush()
	d.buf = append(append(d.buf[:0], d.name...), ": "...)
}

func (d *diagnostics) end() {
	d.buf = append(d.buf, '\n')
	d.print(d.buf)
	if cap(d.buf) > maxWrite {
		d.buf = nil // a very long name
	}
}

func (d *diagnostics) print(line []byte) {
	d.line.hold()
	defer d.line.release(line)
	if d.closed || process.WriteAll(d.file, line) != nil {
		d.failed = true
	}
}
