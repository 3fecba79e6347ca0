package process

// An Inherited is the state in which the process started. The zero value is for
// platforms where it is unknown.
type Inherited struct {
	ClosedStreams uint32 // bit N is set if descriptor N was closed, N = 0, 1, 2
	SignalsLeft   bool   // the Go runtime has not changed signal handlers
}

// WasClosed reports whether a standard stream was closed when the process started.
func (i Inherited) WasClosed(fd int) bool { return i.ClosedStreams&(1<<fd) != 0 }
