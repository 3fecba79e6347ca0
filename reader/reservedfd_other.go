//go:build !unix

package reader

// A ReservedFD would be a descriptor's number: these systems have no names for those.
type ReservedFD struct{}

// ReserveFD takes none.
func ReserveFD() *ReservedFD { return &ReservedFD{} }

// IsLost reports whether a number had to be given up.
func (s *ReservedFD) IsLost() bool { return false }

// Release has nothing to give up.
func (s *ReservedFD) Release() {}

// Open is the function of that name.
func (s *ReservedFD) Open(name string, info Info) (File, error) { return Open(name, info) }

// Close closes a file.
func (s *ReservedFD) Close(f *File) error { return f.Close() }
