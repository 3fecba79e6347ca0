package source

import (
	"context"
	"io"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/verify"
	"github.com/psha1sum/psha1sum/pipeline"
)

// An expectSource lists one file with the digest from the command line, like a manifest
// of one line.
type expectSource struct {
	from   pipeline.Source // names the file
	of     []*hasher.Algorithm
	digest []byte
	ended  bool
}

// NewExpected returns the source of the file that from names.
func NewExpected(from pipeline.Source, of []*hasher.Algorithm, digest []byte) pipeline.Source {
	return &expectSource{from: from, of: of, digest: digest}
}

// Next implements pipeline.Source.
func (m *expectSource) Next(ctx context.Context, run pipeline.RunControl) (pipeline.Item, error) {
	item, err := m.from.Next(ctx, run)
	if err == io.EOF && !m.ended {
		m.ended = true
		return verify.Marker(&verify.EndOfManifest{FromExpect: true}), nil
	}
	if err != nil || item.Marker {
		return item, err
	}
	verify.Expect(&item, m.digest, m.of)
	return item, nil
}
