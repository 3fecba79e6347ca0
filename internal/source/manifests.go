package source

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/outputs"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/internal/verify"
	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/pipeline"
	"github.com/psha1sum/psha1sum/reader"
)

// Manifests is the source of the files that manifests list, with *verify.Listed as their
// data. Everything else, such as malformed lines and the ends of manifests, is a marker,
// so that all results are reported in the order of the lines.
type Manifests struct {
	Input
	ManifestOptions
	from       pipeline.Source // names the manifests
	candidates *verify.Candidates
	opened     func(reader.ID) // called for each manifest, if not nil
	parser     *manifest.Parser
	name       string // of the open manifest, as in messages
	file       reader.File
	isStdin    bool             // the open manifest is standard input
	proven     *verify.Proven   // by lines of the open manifest
	lines      *manifest.Reader // of the open manifest; nil if none is
	directory  *reader.Dir      // the open manifest's own, with PerManifest; else nil
	ahead      *manifest.Line   // a line already read
}

// ManifestOptions are what a source of manifests needs to know about the command line.
type ManifestOptions struct {
	Algorithms  []*hasher.Algorithm
	Auto        bool               // tags of other tools are accepted as well
	Base        *reader.Dir        // where names in manifests are looked up
	PerManifest bool               // look names up in their manifest's directory instead
	Rule        reader.Rule        // for opening these directories
	Reserved    *reader.ReservedFD // for the open manifest; nil: use any descriptor
	// KeptLines is the number of malformed lines whose text is kept for each manifest,
	// and KeptText the number of bytes of each.
	KeptLines, KeptText int
	Outgrown            func() // called when a large buffer has been released
}

// NewManifests returns the source of the files listed in the manifests that from names.
func NewManifests(i Input, from pipeline.Source, o ManifestOptions) *Manifests {
	m := &Manifests{Input: i, ManifestOptions: o, from: from, candidates: verify.NewCandidates(o.Algorithms)}
	m.parser = manifest.NewParser(algorithm.InManifests(o.Algorithms, o.Auto)...)
	m.parser.Outgrown(o.Outgrown)
	if o.KeptLines > 0 {
		m.parser.KeepMalformed(o.KeptLines, o.KeptText)
	}
	return m
}

// Next implements pipeline.Source.
func (m *Manifests) Next(ctx context.Context, run pipeline.RunControl) (pipeline.Item, error) {
	if m.lines == nil {
		item, err := m.from.Next(ctx, run)
		if item.Marker || err != nil {
			return item, err
		}
		if err := m.open(item, run); err != nil {
			return m.end(gnu.Strerror(err), 0), nil
		}
	}
	for {
		line, err := m.nextLine()
		switch {
		case err == io.EOF:
			return m.close("", run), nil
		case err != nil:
			return m.close("read error", run), nil // GNU doesn't say why
		case line.Malformed:
			return verify.Malformed(report.Malformed{Manifest: m.name, Line: line.Number, Text: line.Text, Stdin: m.isStdin}), nil
		default:
			return m.listed(line), nil
		}
	}
}

// Arrived reports whether the next line is available without blocking.
func (m *Manifests) Arrived() bool { return m.ahead != nil || m.lines != nil && m.lines.Arrived() }

// place returns the path from the base to the directory in which names are looked up.
func (m *Manifests) place() string {
	if m.directory == nil {
		return ""
	}
	dir, _ := filepath.Split(m.name)
	return dir
}

func (m *Manifests) nextLine() (manifest.Line, error) {
	if m.ahead != nil {
		line := *m.ahead
		m.ahead = nil
		return line, nil
	}
	return m.lines.Next()
}

// listed returns the item of a line, together with the following lines that have arrived
// and list the same file, so that it is read only once.
func (m *Manifests) listed(line manifest.Line) pipeline.Item {
	data := m.candidates.List(m.name, line, m.proven)
	item := m.fileNamed(line.Name)
	verify.Attach(&item, data)
	if m.candidates.AreOnly(data) {
		return item
	}
	for m.candidates.Several() && item.Reader == nil { // but standard input is empty the second time
		next, ok := m.lines.NextArrived()
		if !ok {
			break
		}
		if next.Malformed || next.Name != line.Name || !m.candidates.Add(data, next) {
			m.ahead = &next
			break
		}
	}
	m.candidates.Ask(&item, data)
	return item
}

// fileNamed returns the item for a name in the manifest.
func (m *Manifests) fileNamed(name string) pipeline.Item {
	in := m.Base
	if m.directory != nil {
		in = m.directory
	}
	if name == "-" && m.Rule == reader.Beneath {
		return pipeline.Item{Name: name, Reader: refusedInput{}}
	}
	return m.item(name, in)
}

// refusedInput replaces standard input where manifests must not read it.
type refusedInput struct{}

func (refusedInput) Read([]byte) (int, error) { return 0, errRefusedInput }

var errRefusedInput = errors.New("refused: standard input")

// open opens a manifest. Like the opening of any file, it waits until no barrier is open.
// If the manifest is a pipe, it also waits until the results of all earlier lines have
// been written.
func (m *Manifests) open(item pipeline.Item, run pipeline.RunControl) error {
	m.name, m.isStdin, m.proven = item.Name, item.Reader != nil, m.candidates.NothingProven()
	if m.isStdin {
		if !run.AwaitWritten() {
			return context.Canceled
		}
		m.Reserved.Release() // a line that names the descriptor must not find ours
		m.name = "standard input"
		if outputs.IsTargetInput(item.Reader) && m.Outputs.RefuseInput() {
			return outputs.ErrIsOutput
		}
		if id, ok := reader.Identity(0); ok && m.opened != nil {
			m.opened(id)
		}
		m.lines = m.parser.NewReader(m.Stdin, true)
		m.file = reader.From(m.Stdin)
		return nil
	}
	if !run.AwaitOpenable() {
		return context.Canceled
	}
	info := reader.Stat(item.Name)
	// The pipe's writer may be waiting for earlier results; or, if the reserved
	// descriptor is lost, no other file may get its number.
	if (info.Kind == reader.Sequential || m.Reserved.IsLost()) && !run.AwaitWritten() {
		return context.Canceled
	}
	if m.Outputs.Refuse(info.ID) {
		return outputs.ErrIsOutput
	}
	if m.opened != nil {
		m.opened(info.ID)
	}
	err := retryWhenFree(run, func() (err error) {
		run.Descriptors.Acquire() // one more descriptor, until the file has its number
		defer run.Descriptors.Release()
		m.file, err = m.Reserved.Open(item.Name, info)
		return err
	})
	if err != nil {
		return err
	}
	if err := m.enter(item.Name, run); err != nil {
		m.leave(run)
		return err
	}
	m.lines = m.parser.NewReader(&m.file, false)
	return nil
}

// enter opens the directory of a manifest, if names are looked up there. It stays open
// until the manifest's last line has been processed.
func (m *Manifests) enter(name string, run pipeline.RunControl) (err error) {
	dir, _ := filepath.Split(name)
	if !m.PerManifest || dir == "" {
		return nil // the base is the working directory
	}
	m.directory, err = openBase(run, nil, dir, m.Rule)
	return err
}

// close closes the open manifest and returns the marker of its end. It waits for the
// files of earlier lines to be opened, because a line may name the manifest's descriptor,
// which GNU keeps open until all lines are checked.
func (m *Manifests) close(readError string, run pipeline.RunControl) pipeline.Item {
	lines := m.lines.Lines()
	m.lines = nil
	run.AwaitOpenable()
	if err := m.leave(run); err != nil && readError == "" {
		readError = gnu.Strerror(err)
	}
	return m.end(readError, lines)
}

// leave closes the manifest's file. Keeping its descriptor's number reserved takes
// another descriptor for a moment.
func (m *Manifests) leave(run pipeline.RunControl) error {
	run.Descriptors.Acquire()
	defer run.Descriptors.Release()
	return m.Reserved.Close(&m.file)
}

func (m *Manifests) end(readError string, lines uint64) pipeline.Item {
	directory := m.directory
	m.directory = nil
	return verify.Marker(&verify.EndOfManifest{Manifest: m.name, ReadError: readError, Dir: directory, Lines: lines})
}
