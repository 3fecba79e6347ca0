package main

import "sync/atomic"

// A failureCount is a report that counts failures: files that can't be read, and
// those that are not as they are listed.
type failureCount struct {
	silence
	n atomic.Int64
}

func (c *failureCount) found(f *finding) {
	switch f.verdict {
	case mismatched, missing, unreadable:
		if !f.forgiven {
			c.n.Add(1)
		}
	}
}
