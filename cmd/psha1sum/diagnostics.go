package main

import (
	"errors"
	"os"
	"syscall"

	"github.com/psha1sum/psha1sum/internal/locale"
	"github.com/psha1sum/psha1sum/internal/quote"
)

// diagnostics is standard error. Everything that the program says there goes
// through this file: "NAME: TEXT", one write a line, NAME as the program was
// called.
type diagnostics struct {
	name   string
	file   *os.File
	closed bool    // standard error was closed when the process started
	out    *output // written before anything is said, to keep the order

	failed bool // something could not be said
	locale charset
	buf    []byte
}

type charset int8

const (
	charsetUnknown charset = iota
	charsetASCII
	charsetUTF8
)

// say prints "P: TEXT".
func (d *diagnostics) say(text string) {
	d.begin()
	d.buf = append(d.buf, text...)
	d.end()
}

// aboutFile prints "P: NAME: TEXT", with the name quoted if it needs to be.
func (d *diagnostics) aboutFile(name, text string) {
	d.begin()
	d.buf = quote.AppendShell(d.buf, name, d.utf8(name))
	d.buf = append(d.buf, ": "...)
	d.buf = append(d.buf, text...)
	d.end()
}

// usage prints what is wrong with the command line, and where to find help.
func (d *diagnostics) usage(err error) exitStatus {
	d.say(err.Error())
	d.out.flush()
	d.print("Try '" + d.name + " --help' for more information.\n")
	return failure
}

func (d *diagnostics) begin() {
	d.out.flush()
	d.buf = append(append(d.buf[:0], d.name...), ": "...)
}

func (d *diagnostics) end() {
	d.buf = append(d.buf, '\n')
	d.print(string(d.buf))
}

func (d *diagnostics) print(line string) {
	if d.closed || writeAll(d.file, []byte(line)) != nil {
		d.failed = true
	}
}

// utf8 reports whether name is to be read as UTF-8. The locale is looked up
// when the first name comes for which it matters.
func (d *diagnostics) utf8(name string) bool {
	if d.locale == charsetUnknown && !isASCII(name) {
		d.locale = charsetASCII
		if locale.UTF8(os.Getenv) {
			d.locale = charsetUTF8
		}
	}
	return d.locale == charsetUTF8
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// quoteArgument quotes an option's argument, whatever it holds.
func quoteArgument(arg string) string {
	q := string(quote.AppendShell(nil, arg, false))
	if q == arg {
		q = "'" + q + "'"
	}
	return q
}

// strerror is the C library's text for an error of the system. Go keeps the
// same texts, with a small first letter.
func strerror(err error) string {
	var errno syscall.Errno
	text := err.Error()
	if errors.As(err, &errno) {
		text = errno.Error()
	}
	if c := text[0]; 'a' <= c && c <= 'z' {
		text = string(c-'a'+'A') + text[1:]
	}
	return text
}
