package pipeline

import "sync/atomic"

// A Progress reports how far a run has come. Now may be called at any time, by any
// goroutine. The zero value is ready to use in the Options of one run.
//
// The run has no timer and makes no callbacks. It adds to one counter for each buffer
// of 128 KiB that was filled, and for each small file that was read. Everything else is
// state that the run has anyway, which Now looks up.
type Progress struct {
	bytes  atomic.Int64
	window atomic.Pointer[window] // nil before the run begins
}

// A Position is how far a run has come.
type Position struct {
	// Bytes is how many bytes were read, including those of files that failed later. A
	// second pass doesn't count.
	Bytes int64
	// Files is how many files have a result. Markers and excluded items don't count.
	Files int64
	// Name is the name of the first item that has no result yet, or "" if all have one.
	Name string
}

// Now returns the current position.
func (p *Progress) Now() Position {
	at := Position{Bytes: p.bytes.Load()}
	if w := p.window.Load(); w != nil {
		at.Files, at.Name = w.progress()
	}
	return at
}

// saw adds n bytes read. p may be nil.
func (p *Progress) saw(n int) {
	if p != nil {
		p.bytes.Add(int64(n))
	}
}

// progress returns how many files are done, and the name of the first item that isn't.
func (w *window) progress() (done int64, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := w.taken; i < w.next; i++ {
		if s := w.at(i); !s.done {
			// Reading the item is safe: it was set under w.mu and doesn't change until it is
			// retired.
			return w.files, s.result.Name
		}
	}
	return w.files, ""
}
