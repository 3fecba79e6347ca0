package reader

// A ReservedFD keeps a descriptor's number for one file after another: the lowest number
// above the standard streams that was free when it was reserved. That is the number that
// a program which opens one file at a time would use, and names such as /dev/fd/3 show it.
// Between files, and before the first, an open directory keeps the number. nil reserves
// nothing, as on systems other than Unix: files have any number.
type ReservedFD struct {
	number int // negative: none
}

// ReserveFD reserves a number, or none if there are too few descriptors.
func ReserveFD() *ReservedFD { return reserveFD() }

// IsLost reports whether the number had to be released.
func (r *ReservedFD) IsLost() bool { return r != nil && r.number < 0 }

func (r *ReservedFD) isTaken() bool { return r != nil && r.number >= 0 }

// Release releases the number. No file may be open there.
func (r *ReservedFD) Release() {
	if r.isTaken() {
		r.release()
	}
}

// Open opens a file, as the function of that name does, with the reserved number. If
// there are too few descriptors for that, the number is released, and the file may have
// any.
//
// For a Sequential file, which may be named by that very number, the number is released
// first. A file that is opened when the number IsLost has the lowest free number, which is
// reserved from then on.
func (r *ReservedFD) Open(name string, info Info) (File, error) { return r.open(name, info) }

// Close closes a file and keeps its number, if there are enough descriptors.
func (r *ReservedFD) Close(f *File) error { return r.close(f) }
