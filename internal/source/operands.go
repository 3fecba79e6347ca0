package source

import (
	"context"
	"io"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/fdlimit"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/outputs"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// Where items come from is a chain of sources, each of which knows only the one
// before it: the operands or a list of names, then trees in place of their names,
// then the lines of manifests in place of the manifests. Modes are sinks and know
// none of them.

// An Input is what names stand for: files, or standard input, unless they are files that
// the program writes to.
type Input struct {
	Stdin   *process.Stdin
	Outputs *outputs.Files
	Quoting *gnu.Quoting
}

// An operandSource names the operands.
type operandSource struct {
	Input
	rest []string
	in   *reader.Dir
}

// NewOperands returns the source of the operands, which are looked up in a directory.
func NewOperands(i Input, operands []string, in *reader.Dir) pipeline.Source {
	return &operandSource{i, operands, in}
}

// Next implements pipeline.Source.
func (m *operandSource) Next(context.Context, pipeline.RunControl) (pipeline.Item, error) {
	if len(m.rest) == 0 {
		return pipeline.Item{}, io.EOF
	}
	name := m.rest[0]
	m.rest = m.rest[1:]
	return m.item(name, m.in), nil
}

// Arrived tells that the operands are all there.
func (m *operandSource) Arrived() bool { return true }

// A severalSource asks for several algorithms for each file.
type severalSource struct {
	from       pipeline.Source
	algorithms []*hasher.Algorithm
}

// NewSeveral returns the source.
func NewSeveral(from pipeline.Source, algorithms []*hasher.Algorithm) pipeline.Source {
	return &severalSource{from, algorithms}
}

// Next implements pipeline.Source.
func (m *severalSource) Next(ctx context.Context, run pipeline.RunControl) (pipeline.Item, error) {
	item, err := m.from.Next(ctx, run)
	if !item.Marker {
		item.Algorithms = m.algorithms
	}
	return item, err
}

// Arrived is that of the source behind it.
func (m *severalSource) Arrived() bool { return pipeline.Arrived(m.from) }

// item is what an operand or a manifest's entry of this name stands for: the
// file, or standard input even if there is a file called "-".
func (i *Input) item(name string, in *reader.Dir) pipeline.Item {
	if name == "-" {
		in := io.Reader(i.Stdin)
		if ours := i.Outputs.Input(); ours != nil && !i.Stdin.Closed {
			in = ours
		}
		return pipeline.Item{Name: name, Reader: in, Barrier: true}
	}
	return pipeline.Item{Name: name, In: in}
}

// retryWhenFree opens something of our own. If there is no descriptor left for it, it
// waits until there is: nothing else of ours is open then.
func retryWhenFree(run pipeline.RunControl, open func() error) error {
	err := open()
	if err != nil && fdlimit.Exhausted(err) {
		run.AwaitWritten()
		err = open()
	}
	return err
}

// openBase opens a directory in which files are to be read, and which stays open
// until they have been. If that left no descriptor to them, those that are being
// read would wait for one in vain: it waits for them instead.
func openBase(run pipeline.RunControl, in *reader.Dir, name string, rule reader.Rule) (directory *reader.Dir, err error) {
	err = retryWhenFree(run, func() error {
		run.Descriptors.Acquire() // a file that comes short now does so for a moment
		defer run.Descriptors.Release()
		if directory, err = reader.OpenDir(in, name, rule); err != nil {
			return err
		}
		if err = directory.Room(); err != nil {
			directory.Close()
		}
		return err
	})
	return directory, err
}
