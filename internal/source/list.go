package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"syscall"

	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/outputs"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/internal/verify"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// A listSource reads names from a list in which each ends with a NUL, as written by find
// -print0. Its messages about bad lists are those of wc --files0-from. It returns each
// name as soon as it has arrived, before reading more of the list.
type listSource struct {
	Input
	name    string // of the list
	in      *reader.Dir
	started bool
	file    reader.File
	names   *bufio.Reader
	number  uint64         // of the last name read
	hint    *report.Remark // to be reported after that name
}

// NewList returns the source of the names in a list. They are looked up in the directory
// in.
func NewList(i Input, name string, in *reader.Dir) *listSource {
	return &listSource{Input: i, name: name, in: in}
}

// Next implements pipeline.Source.
func (m *listSource) Next(_ context.Context, run pipeline.RunControl) (pipeline.Item, error) {
	if !m.started {
		m.started = true
		if err := m.open(); err != nil {
			text := "cannot open " + m.Quoting.QuotedAlways(m.name) + " for reading: " + gnu.Strerror(err)
			return verify.Remark(report.Remark{Text: text, Failed: true}), nil
		}
	}
	if hint := m.hint; hint != nil {
		m.hint = nil
		return verify.Remark(*hint), nil
	}
	if m.names == nil {
		return pipeline.Item{}, io.EOF
	}
	name, err := m.names.ReadString(0)
	if err != nil {
		// Don't read again: on a terminal one end-of-file character must be enough.
		m.names = nil
		m.file.Close()
	}
	switch {
	case err == nil:
		name = name[:len(name)-1]
	case err != io.EOF:
		return verify.Remark(report.Remark{About: m.name, Text: "read error: " + gnu.Strerror(err), Failed: true}), nil
	case name == "":
		return pipeline.Item{}, io.EOF
	}
	m.number++
	if bad, ok := m.bad(name); ok {
		return verify.Remark(bad), nil
	}
	if m.number == 1 && m.names == nil {
		m.look(name)
	}
	return m.item(name, m.in), nil
}

// Arrived reports whether the next name is available without blocking.
func (m *listSource) Arrived() bool {
	if m.names == nil || m.hint != nil {
		return false
	}
	buffered, _ := m.names.Peek(m.names.Buffered())
	return bytes.IndexByte(buffered, 0) >= 0
}

// look prepares a hint if the list is a single name without a NUL that is no file and
// looks like lines.
func (m *listSource) look(name string) {
	if !strings.Contains(name, "\n") {
		return
	}
	_, err := m.in.Look(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENAMETOOLONG) {
		m.hint = &report.Remark{Text: m.Quoting.Quoted(m.name) + ": is this a list of lines? Names must end with a NUL, as find -print0 writes them"}
	}
}

// open opens the list. This is before the first item, so it need not wait for earlier
// ones.
func (m *listSource) open() error {
	if m.name == "-" {
		if !m.Stdin.Closed && m.Outputs.RefuseInput() {
			return outputs.ErrIsOutput
		}
		m.read(reader.From(m.Stdin))
		return nil
	}
	info := reader.Stat(m.name)
	if m.Outputs.Refuse(info.ID) {
		return outputs.ErrIsOutput
	}
	f, err := reader.Open(m.name, info)
	if err == nil {
		m.read(f)
	}
	return err
}

// read starts reading names from an open file.
func (m *listSource) read(f reader.File) {
	m.file = f
	m.names = bufio.NewReaderSize(&m.file, listBuffer)
}

// listBuffer is the number of bytes of a list read at a time.
const listBuffer = 64 << 10

// bad returns the remark about an invalid name.
func (m *listSource) bad(name string) (report.Remark, bool) {
	switch {
	case m.name == "-" && name == "-":
		text := "when reading file names from stdin, no file name of " + m.Quoting.QuotedAlways(name) + " allowed"
		return report.Remark{Text: text, Failed: true}, true
	case name == "":
		about := m.Quoting.Quoted(m.name) + ":" + strconv.FormatUint(m.number, 10)
		return report.Remark{Text: about + ": invalid zero-length file name", Failed: true}, true
	}
	return report.Remark{}, false
}
