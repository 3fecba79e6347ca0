package cli

import (
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/manifest"
)

// An expectation is the argument of --expect: a digest, and what it says of its
// algorithm.
type expectation struct {
	arg       string
	digits    string            // in hexadecimal
	algorithm *hasher.Algorithm // nil: it doesn't say
}

// parseExpected takes the argument apart, which may be copied from a page, a lockfile
// or a manifest:
//
//	HEX, HEX  NAME, HEX *NAME, ALGORITHM:HEX, ALGORITHM-BASE64, TAG (NAME) = HEX
//
// with blanks around it. A name in it is ignored: it is the operand that tells which
// file is meant.
func parseExpected(arg string) (expectation, error) {
	e := expectation{arg: arg}
	text := strings.Trim(arg, " \t\r\n")
	switch {
	case strings.ContainsAny(text, "\r\n"):
		return e, e.invalid("more than one line")
	case e.isTagged(text):
		return e, nil
	}
	first, rest := text, ""
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		first, rest = text[:i], strings.TrimLeft(text[i:], " \t")
	}
	if name, digits, ok := strings.Cut(first, ":"); ok {
		e.algorithm, e.digits = algorithm.LookupSized(name), digits
		if e.algorithm == nil {
			return e, e.invalid("unknown algorithm " + gnu.QuoteArgument(name))
		}
		return e, e.alone(rest)
	}
	if e.algorithm, e.digits = algorithm.FromBase64(first); e.algorithm != nil {
		if e.digits == "" {
			return e, e.invalid("not the base64 of a digest of " + e.algorithm.Name)
		}
		return e, e.alone(rest)
	}
	e.digits = first
	if rest != "" { // a line, in which a backslash says that the name is escaped
		e.digits = strings.TrimPrefix(first, `\`)
	}
	return e, nil
}

// alone returns what is wrong if there is a rest behind a digest that no name follows.
func (e *expectation) alone(rest string) error {
	if rest == "" {
		return nil
	}
	return e.invalid("more than one digest, or something behind it")
}

// isTagged reports whether the text is a tagged line, and takes it apart if so.
func (e *expectation) isTagged(text string) bool {
	lines := manifest.NewParser(algorithm.InManifests(hasher.Algorithms, true)...).NewReader(strings.NewReader(text), false)
	line, err := lines.Next()
	if err != nil || line.Malformed || !line.Tagged {
		return false
	}
	e.algorithm = hasher.Algorithms[line.Algorithm].Sized(line.Size)
	e.digits = hex.EncodeToString(line.Digest())
	return true
}

// agree returns what is wrong if --algorithm has chosen others than the digest says.
func (e *expectation) agree(among []*hasher.Algorithm, chosen bool) error {
	if !chosen || e.algorithm == nil {
		return nil
	}
	if slices.ContainsFunc(among, func(alg *hasher.Algorithm) bool { return alg.Sized(e.algorithm.Size) == e.algorithm }) {
		return nil
	}
	var names []string
	for _, alg := range among {
		names = append(names, alg.Name)
	}
	return e.invalid("it is of " + algorithm.DisplayName(e.algorithm) + ", and --algorithm says " + strings.Join(names, ","))
}

// among finds the algorithms, among several, of which it is a digest, the usual one
// first.
func (e *expectation) among(among []*hasher.Algorithm) (of []*hasher.Algorithm, digest []byte, err error) {
	digest, err = hex.DecodeString(e.digits)
	switch {
	case errors.Is(err, hex.ErrLength):
	case err != nil:
		return nil, nil, e.invalid("not hexadecimal")
	default:
		of = algorithm.OfSize(len(digest), among)
	}
	named := e.algorithm
	switch {
	case named != nil && !slices.Contains(hasher.Algorithms, named) && len(digest) != named.Size: // it has its length in its name
		return nil, nil, e.invalid(named.Tag + " has " + strconv.Itoa(2*named.Size) + " hexadecimal digits, not " + strconv.Itoa(len(e.digits)))
	case len(of) == 0 && named != nil:
		return nil, nil, e.invalid(digitsOf(among) + ", not " + strconv.Itoa(len(e.digits)))
	case len(of) == 0:
		return nil, nil, e.invalid(digitsOf(among) + ", not " + strconv.Itoa(len(e.digits)) + algorithmsOf(len(e.digits)))
	case len(among) > 1 && len(digest) < algorithm.MinGuessBytes:
		return nil, nil, e.invalid(strconv.Itoa(8*len(digest)) + " bits are too few to tell the algorithm by; " + algorithm.Try(of[0].Name))
	}
	return of, digest, nil
}

func (e *expectation) invalid(reason string) error {
	return invalid("expect", e.arg, reason)
}

// digitsOf says how many digits the digests of algorithms have.
func digitsOf(among []*hasher.Algorithm) string {
	var each []string
	for _, alg := range among {
		least := 0
		if len(among) > 1 {
			least = algorithm.MinGuessBytes
		}
		each = append(each, alg.Tag+" has "+algorithm.Digits(alg.Size, alg.MinSize > 0, least))
	}
	return strings.Join(each, ", ") + " hexadecimal digits"
}

// algorithmsOf says which algorithms have digests of so many digits.
func algorithmsOf(digits int) string {
	names := algorithm.WithDigits(digits)
	if names == nil {
		return ""
	}
	return "; " + algorithm.Try(names...)
}
