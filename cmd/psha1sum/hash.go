package main

import "github.com/psha1sum/psha1sum/pipeline"

// A printer is the mode without --check: the digest of each file, or several.
type printer struct{ judge }

// Result implements pipeline.Sink.
func (m *printer) Result(r *pipeline.Result) error {
	switch {
	case r.Marker:
		m.mark(r.Data)
	case r.Err == pipeline.ErrExcluded:
		m.leftOut(r)
	case r.Err != nil:
		m.status = failure
		m.tell(finding{verdict: notRead(r), name: r.Name, err: r.Err})
	case len(r.Algorithms) == 0:
		m.tell(finding{name: r.Name, algorithm: m.algorithm, digest: r.Digest})
	default:
		for i, digest := range r.Digests {
			m.tell(finding{name: r.Name, algorithm: r.Algorithms[i], digest: digest, again: i > 0})
		}
	}
	return nil
}
