package report

import "sync/atomic"

// A FailureCount is a report that counts failures: files that could not be read or don't
// match their listed digests.
type FailureCount struct {
	Nop
	N atomic.Int64
}

func (c *FailureCount) Found(f *Finding) {
	switch f.Verdict {
	case Mismatch, Missing, Unreadable:
		if !f.Ignored {
			c.N.Add(1)
		}
	}
}
