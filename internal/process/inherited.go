package process

// An Inherited is what a process was when it began. That of a process of which nothing
// is known is zero.
type Inherited struct {
	ClosedStreams uint32 // bit N: descriptor N was closed, N = 0, 1, 2
	SignalsLeft   bool   // the Go runtime has left signals as they were
}

// WasClosed reports whether a standard stream was closed when the process started.
func (i Inherited) WasClosed(fd int) bool { return i.ClosedStreams&(1<<fd) != 0 }
