package pipeline

import "sync/atomic"

// A Progress tells how far a run is, to anyone who asks while it goes on. The zero
// value is for one run, which gets it by its Options.
//
// The run keeps no clock and calls nobody: it adds to one counter for each buffer
// that was filled, 128 KiB, or small file that was read. All else is known to the
// run anyway, and is looked up by who asks.
type Progress struct {
	bytes  atomic.Int64
	window atomic.Pointer[window] // nil before the run begins
}

// A Position is how far a run is.
type Position struct {
	// Bytes were read, of files that failed later as well; those of a second pass
	// are left out.
	Bytes int64
	// Files are those of which it is known what became of them. Items that are
	// markers, or left out, are none.
	Files int64
	// Name is that of the first file of which it isn't known, or "" if all are.
	Name string
}

// Now returns the present position.
func (p *Progress) Now() Position {
	at := Position{Bytes: p.bytes.Load()}
	if w := p.window.Load(); w != nil {
		at.Files, at.Name = w.progress()
	}
	return at
}

// saw counts bytes that were read.
func (p *Progress) saw(n int) {
	if p != nil {
		p.bytes.Add(int64(n))
	}
}

// progress returns how many files are done, and the name of the first that isn't.
func (w *window) progress() (done int64, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := w.taken; i < w.next; i++ {
		if s := w.at(i); !s.done {
			// The item is as it was admitted, under w.mu, until it is retired.
			return w.files, s.result.Name
		}
	}
	return w.files, ""
}
