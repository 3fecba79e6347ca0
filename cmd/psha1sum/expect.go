package main

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/manifest"
	"github.com/psha1sum/psha1sum/pipeline"
)

// An expectSource lists one file with the digest that the command line gives, as a
// manifest of one line would.
type expectSource struct {
	from      pipeline.Source // names the file
	algorithm *hasher.Algorithm
	digest    []byte
	ended     bool
}

// Next implements pipeline.Source.
func (m *expectSource) Next(ctx context.Context, so pipeline.Sofar) (pipeline.Item, error) {
	item, err := m.from.Next(ctx, so)
	if err == io.EOF && !m.ended {
		m.ended = true
		return placeholder(&endOfManifest{given: true}), nil
	}
	if err != nil || item.Marker {
		return item, err
	}
	line := manifest.Line{Entry: manifest.Entry{Name: item.Name, Size: len(m.digest)}}
	copy(line.Sum[:], m.digest)
	item.Algorithms = []*hasher.Algorithm{m.algorithm}
	item.Data = &listed{line: line}
	return item, nil
}

// leastGuessed is how many bytes a digest has at the least that tells its algorithm
// by its length. Of BLAKE2b's any number of digits may be one, and two are those of
// one file in 256.
const leastGuessed = 8

// expected finds the algorithm, among several, of which text is a digest.
func expected(text string, among []*hasher.Algorithm) (alg *hasher.Algorithm, digest []byte, err error) {
	digest, hexErr := hex.DecodeString(text)
	reason := ""
	if hexErr == nil {
		for _, alg := range among {
			switch {
			case len(digest) == alg.Size:
				return alg, digest, nil
			case alg.MinSize == 0 || len(digest) < alg.MinSize || len(digest) > alg.Size:
			case len(among) > 1 && len(digest) < leastGuessed:
				reason = strconv.Itoa(8*len(digest)) + " bits are too few to tell the algorithm by; try -a " + alg.Name
			default:
				return alg.Sized(len(digest)), digest, nil
			}
		}
	}
	switch {
	case reason != "":
	case hexErr == nil || errors.Is(hexErr, hex.ErrLength):
		reason = digitsOf(among) + ", not " + strconv.Itoa(len(text)) + algorithmsOf(len(text))
	default:
		reason = "not hexadecimal"
	}
	return nil, nil, usageError("invalid argument " + quoteArgument(text) + " for " + quoteArgument("--expect") + ": " + reason)
}

// digitsOf says how many digits the digests of algorithms have.
func digitsOf(among []*hasher.Algorithm) string {
	var each []string
	for _, alg := range among {
		digits := strconv.Itoa(2 * alg.Size)
		switch {
		case alg.MinSize > 0 && len(among) > 1:
			digits = "an even number from " + strconv.Itoa(2*leastGuessed) + " to " + digits
		case alg.MinSize > 0:
			digits = "an even number up to " + digits
		}
		each = append(each, alg.Tag+" has "+digits)
	}
	return strings.Join(each, ", ") + " hexadecimal digits"
}

// algorithmsOf says which algorithms have digests of so many digits.
func algorithmsOf(digits int) string {
	var names []string
	for _, alg := range hasher.Algorithms {
		if 2*alg.Size == digits {
			names = append(names, alg.Name)
		}
	}
	if names == nil {
		return ""
	}
	return "; try -a " + strings.Join(names, " or -a ")
}
