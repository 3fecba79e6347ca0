package verify

import (
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/pipeline"
)

// A hashMode is the mode without --check: it reports the digest, or several, of each
// file.
type hashMode struct{ judge }

// NewHashMode returns the mode without --check.
func NewHashMode(o Options) Mode { return &hashMode{judge{Options: o}} }

// Result implements pipeline.Sink.
func (m *hashMode) Result(r *pipeline.Result) error {
	switch {
	case r.Marker:
		r.Data.(Item).tell(r, m)
	case r.Err == pipeline.ErrExcluded:
		m.excluded(r)
	case r.Err != nil:
		m.failed = true
		m.tell(report.Finding{Verdict: notRead(r), Name: r.Name, Err: r.Err})
	case len(r.Algorithms) == 0:
		m.tell(report.Finding{Name: r.Name, Algorithm: m.Algorithm, Digest: r.Digest})
	default:
		for i, digest := range r.Digests {
			m.tell(report.Finding{Name: r.Name, Algorithm: r.Algorithms[i], Digest: digest, Again: i > 0})
		}
	}
	return nil
}
