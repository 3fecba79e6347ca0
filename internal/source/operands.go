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

// Sources form a chain in which each knows only the one before it: operands or a list of
// names, then trees that replace directories by their files, then manifests that replace
// manifests by the files they list. Modes are sinks and know none of them.

// An Input turns names into items: files, or standard input. Standard input that the
// program also writes to is replaced.
type Input struct {
	Stdin   *process.Stdin
	Outputs *outputs.Files
	Quoting *gnu.Quoting
}

// An operandSource is the source of the operands.
type operandSource struct {
	Input
	rest []string
	in   *reader.Dir
}

// NewOperands returns the source of the operands. They are looked up in the directory in.
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

// Arrived is always true.
func (m *operandSource) Arrived() bool { return true }

// A severalSource requests several algorithms for each file.
type severalSource struct {
	from       pipeline.Source
	algorithms []*hasher.Algorithm
}

// NewSeveral returns a source that requests the algorithms for each file of from.
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

// Arrived is that of the underlying source.
func (m *severalSource) Arrived() bool { return pipeline.Arrived(m.from) }

// item returns the item for a name in an operand or a manifest. "-" is standard input
// even if a file has that name.
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

// retryWhenFree calls open. If that fails for lack of descriptors, it waits until all
// files are closed and tries again.
func retryWhenFree(run pipeline.RunControl, open func() error) error {
	err := open()
	if err != nil && fdlimit.Exhausted(err) {
		run.AwaitWritten()
		err = open()
	}
	return err
}

// openBase opens a directory that stays open while files in it are read. It must not take
// the last descriptor, since the files being read could then never finish; in that case
// it waits until they have.
func openBase(run pipeline.RunControl, in *reader.Dir, name string, rule reader.Rule) (directory *reader.Dir, err error) {
	err = retryWhenFree(run, func() error {
		run.Descriptors.Acquire() // a file that fails to open meanwhile waits for this descriptor
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
