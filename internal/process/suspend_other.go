//go:build !unix

package process

// On these systems a terminal can't stop a process.

type Suspender struct{}

func NewSuspender(func(stop func())) *Suspender { return nil }

func (*Suspender) Release() {}
