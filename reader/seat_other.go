//go:build !unix

package reader

// A Seat would be a descriptor's number: these systems have no names for those.
type Seat struct{}

// TakeSeat takes none.
func TakeSeat() *Seat { return &Seat{} }

// IsLost reports whether a number had to be given up.
func (s *Seat) IsLost() bool { return false }

// Vacate has nothing to give up.
func (s *Seat) Vacate() {}

// Open is the function of that name.
func (s *Seat) Open(name string, info Info) (File, error) { return Open(name, info) }

// Close closes a file.
func (s *Seat) Close(f *File) error { return f.Close() }
