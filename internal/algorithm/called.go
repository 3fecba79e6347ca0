package algorithm

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
)

// Lookup returns the algorithm that somebody may call so, or nil: as we do, by
// its tag in a manifest, or as standards write it ("SHA-256", "SHA-512/256"), in letters
// of any size and with blanks around it.
func Lookup(word string) *hasher.Algorithm {
	name := strings.ToLower(strings.TrimSpace(word))
	for _, alg := range hasher.Algorithms {
		for _, tag := range append([]string{alg.Tag}, alg.OtherTags...) {
			if strings.EqualFold(name, tag) {
				return alg
			}
		}
	}
	if bits, ok := strings.CutPrefix(name, "sha-"); ok {
		name = "sha" + strings.Replace(bits, "/", "-", 1)
	}
	return hasher.Lookup(name)
}

// LookupSized is Lookup that knows lengths as well: "blake2b-256".
func LookupSized(word string) *hasher.Algorithm {
	if alg := Lookup(word); alg != nil {
		return alg
	}
	base, length, _ := strings.Cut(word, "-")
	bits, err := strconv.ParseUint(length, 10, 16)
	if err != nil || bits%8 != 0 || bits > 8*hasher.MaxSize {
		return nil
	}
	if alg := Lookup(base); alg != nil && alg.MinSize > 0 {
		return alg.Sized(int(bits / 8))
	}
	return nil
}

// FromBase64 takes a digest apart as lockfiles and web pages have it, which is called
// subresource integrity: "sha512-" and the digest in base64. Options may follow behind
// a question mark, and say nothing of the digest. If the rest is no digest of the
// algorithm, digits is "".
func FromBase64(text string) (alg *hasher.Algorithm, digits string) {
	text, _, _ = strings.Cut(text, "?")
	for _, known := range hasher.Algorithms {
		encoded, found := strings.CutPrefix(text, known.Name+"-")
		if !found {
			continue
		}
		alg = known
		digest, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err == nil && len(digest) == alg.Size {
			return alg, hex.EncodeToString(digest)
		}
	}
	return alg, ""
}
