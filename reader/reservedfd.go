package reader

// A ReservedFD keeps a descriptor's number for one file after the other: the lowest that
// was free when it was reserved, but for those of the standard streams. A program that
// opens one file at a time has it there, and a name such as /dev/fd/3 tells its number.
// Between two files, and before the first, a directory is there. nil keeps none, for
// files that may have any number, as on systems other than Unix.
type ReservedFD struct {
	number int // none if negative
}

// ReserveFD reserves a number, or none if there are too few.
func ReserveFD() *ReservedFD { return reserveFD() }

// IsLost reports whether the number had to be given up.
func (r *ReservedFD) IsLost() bool { return r != nil && r.number < 0 }

func (r *ReservedFD) isTaken() bool { return r != nil && r.number >= 0 }

// Release gives the number up, with nothing in its place. It is to be called when no
// file is there.
func (r *ReservedFD) Release() {
	if r.isTaken() {
		r.release()
	}
}

// Open opens a file, as the function of that name does, and puts it there. If there
// are too few descriptors for both, the file takes the place of the number.
//
// A Sequential file may be named by the very number. It, and one that is opened when
// the number IsLost, has the lowest number that is free then, which is kept from then
// on: nothing else that is free later should be open.
func (r *ReservedFD) Open(name string, info Info) (File, error) { return r.open(name, info) }

// Close closes a file, and keeps its number if there are descriptors enough.
func (r *ReservedFD) Close(f *File) error { return r.close(f) }
