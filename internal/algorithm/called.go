package algorithm

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
)

// Lookup returns the algorithm with this name, or nil. word may be our name, a tag in
// manifests, or a standard's spelling ("SHA-256", "SHA-512/256"), in upper or lower
// case, with blanks around it.
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

// LookupSized is Lookup that also accepts digest lengths in bits: "blake2b-256".
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

// FromBase64 parses a digest in the format of lockfiles and web pages (subresource
// integrity): "sha512-" and the digest in base64, optionally followed by a question
// mark and options. digits is the digest in hexadecimal, or "" if it is malformed or
// has the wrong length; alg is nil if the algorithm is unknown.
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
