package hasher

import (
	"fmt"
	"hash"
	"sync/atomic"

	"github.com/zeebo/blake3"

	"github.com/psha1sum/psha1sum/hasher/internal/blake2blanes"
	"github.com/psha1sum/psha1sum/hasher/internal/md5lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha1lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha256lanes"
	"github.com/psha1sum/psha1sum/hasher/internal/sha512lanes"
)

//go:generate go run ../scripts/internal/lists

// Algorithms lists all algorithms in the order in which users see them. Whatever depends
// on which there are is made from this table, at run time or, as the lists of completions
// and of the manual page, by go generate.
var Algorithms = []*Algorithm{
	SHA1,
	MD5,
	SHA224,
	SHA256,
	SHA384,
	SHA512,
	SHA512_256,
	BLAKE2b,
	BLAKE3,
}

var (
	// SHA1 is SHA-1 (FIPS 180-4). It is broken: two files with the same digest can be
	// constructed. It still detects accidental changes.
	SHA1 = &Algorithm{
		Name: "sha1", Command: "sha1sum", Tag: "SHA1",
		Size: 20, BlockSize: 64,
		method: &inLanes[uint32]{&sha1lanes.Algorithm, &sha1lanes.Initial, 20},
	}

	// MD5 is MD5 (RFC 1321). Files with the same digest can be constructed in seconds.
	MD5 = &Algorithm{
		Name: "md5", Command: "md5sum", Tag: "MD5",
		Size: 16, BlockSize: 64,
		method: &inLanes[uint32]{&md5lanes.Algorithm, &md5lanes.Initial, 16},
	}

	// SHA224 and SHA256 are the SHA-2 functions with 32-bit words (FIPS 180-4).
	SHA224 = &Algorithm{
		Name: "sha224", Command: "sha224sum", Tag: "SHA224", OtherTags: []string{"SHA2-224", "SHA-224"},
		Size: 28, BlockSize: 64,
		method: &inLanes[uint32]{&sha256lanes.Algorithm, &sha256lanes.Initial224, 28},
	}
	SHA256 = &Algorithm{
		Name: "sha256", Command: "sha256sum", Tag: "SHA256", OtherTags: []string{"SHA2-256", "SHA-256"},
		Size: 32, BlockSize: 64,
		method: &inLanes[uint32]{&sha256lanes.Algorithm, &sha256lanes.Initial256, 32},
	}

	// SHA384, SHA512 and SHA512_256 are the SHA-2 functions with 64-bit words (FIPS
	// 180-4). The tag of SHA-512/256 is the one that FreeBSD's sha512t256 writes and
	// reads; versions of OpenSSL write two others.
	SHA384 = &Algorithm{
		Name: "sha384", Command: "sha384sum", Tag: "SHA384", OtherTags: []string{"SHA2-384", "SHA-384"},
		Size: 48, BlockSize: 128,
		method: &inLanes[uint64]{&sha512lanes.Algorithm, &sha512lanes.Initial384, 48},
	}
	SHA512 = &Algorithm{
		Name: "sha512", Command: "sha512sum", Tag: "SHA512", OtherTags: []string{"SHA2-512", "SHA-512"},
		Size: 64, BlockSize: 128,
		method: &inLanes[uint64]{&sha512lanes.Algorithm, &sha512lanes.Initial512, 64},
	}
	SHA512_256 = &Algorithm{
		Name: "sha512-256", Command: "sha512-256sum", Tag: "SHA512t256", OtherTags: []string{"SHA2-512/256", "SHA512-256", "SHA512/256"},
		Size: 32, BlockSize: 128,
		method: &inLanes[uint64]{&sha512lanes.Algorithm, &sha512lanes.Initial512_256, 32},
	}

	// BLAKE2b is unkeyed BLAKE2b (RFC 7693).
	BLAKE2b = &Algorithm{
		Name: "blake2b", Command: "b2sum", Tag: "BLAKE2b", OtherTags: []string{"BLAKE2B-512", "BLAKE2B"},
		Size: 64, MinSize: 1, BlockSize: 128,
		method: &inLanes[uint64]{&blake2blanes.Algorithm, &blake2blanes.Initial512, 64},
	}

	// BLAKE3 is BLAKE3 in hash mode (https://github.com/BLAKE3-team/BLAKE3-specs).
	// It is a tree, so the library already fills the vector lanes with chunks of a single
	// message. It chooses among its own kernels, and doesn't expose which one ran.
	BLAKE3 = &Algorithm{
		Name: "blake3", Command: "b3sum", Tag: "BLAKE3",
		Size: 32, BlockSize: 64,
		method: &library{"zeebo/blake3", func() hash.Hash { return blake3.New() }},
	}
)

// Lookup returns the algorithm with this Name, or nil.
func Lookup(name string) *Algorithm {
	for _, a := range Algorithms {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// blake2bs caches BLAKE2b of other sizes than the default, by size in bytes.
var blake2bs [blake2blanes.MaxSize]atomic.Pointer[Algorithm]

// sizedBLAKE2b returns BLAKE2b with digests of size bytes, the same value on every
// call. Its tag has the size in bits, as GNU's.
func sizedBLAKE2b(size int) *Algorithm {
	switch {
	case size > blake2blanes.MaxSize:
		return nil
	case size == blake2blanes.MaxSize:
		return BLAKE2b
	}
	alg, initial := *BLAKE2b, blake2blanes.Initial(size)
	alg.Size = size
	alg.Tag = fmt.Sprintf("BLAKE2b-%d", 8*size)
	alg.OtherTags = []string{fmt.Sprintf("BLAKE2B-%d", 8*size)}
	alg.method = &inLanes[uint64]{&blake2blanes.Algorithm, &initial, size}
	blake2bs[size].CompareAndSwap(nil, &alg)
	return blake2bs[size].Load()
}
