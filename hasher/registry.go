package hasher

import (
	"github.com/psha1sum/psha1sum/hasher/internal/lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/md5lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha1lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha256lanes"
)

// Algorithms are all there are, in the order in which they are listed for
// users. Whatever depends on which there are is made from this table.
var Algorithms = []*Algorithm{SHA1, MD5, SHA224, SHA256}

var (
	// SHA1 is FIPS 180-4's SHA-1. It is broken for collisions: two different
	// files with one digest can be made on purpose. It still detects accidents.
	SHA1 = &Algorithm{
		Name: "sha1", Tag: "SHA1",
		Size: 20, BlockSize: sha1lanes.Algorithm.BlockSize,
		method: inLanes(sha1lanes.Algorithm, &sha1lanes.Initial, lanes.Digest, 20),
	}

	// MD5 is RFC 1321's. Different files with one digest are made in seconds.
	MD5 = &Algorithm{
		Name: "md5", Tag: "MD5",
		Size: 16, BlockSize: md5lanes.Algorithm.BlockSize,
		method: inLanes(md5lanes.Algorithm, &md5lanes.Initial, lanes.DigestLittle, 16),
	}

	// SHA224 and SHA256 are FIPS 180-4's, of the SHA-2 family with words of 32
	// bits.
	SHA224 = &Algorithm{
		Name: "sha224", Tag: "SHA224", OtherTags: []string{"SHA2-224"},
		Size: 28, BlockSize: sha256lanes.Algorithm.BlockSize,
		method: inLanes(sha256lanes.Algorithm, &sha256lanes.Initial224, lanes.Digest, 28),
	}
	SHA256 = &Algorithm{
		Name: "sha256", Tag: "SHA256", OtherTags: []string{"SHA2-256"},
		Size: 32, BlockSize: sha256lanes.Algorithm.BlockSize,
		method: inLanes(sha256lanes.Algorithm, &sha256lanes.Initial256, lanes.Digest, 32),
	}
)

// Lookup returns the algorithm of that name, or nil.
func Lookup(name string) *Algorithm {
	for _, a := range Algorithms {
		if a.Name == name {
			return a
		}
	}
	return nil
}
