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

// An expectation is the parsed argument of --expect: a digest and, if given, its
// algorithm.
type expectation struct {
	arg       string
	digits    string            // in hexadecimal
	algorithm *hasher.Algorithm // nil: not given
}

// parseExpected parses the argument, which may be copied from a web page, a lockfile or a
// manifest:
//
//	HEX, HEX  NAME, HEX *NAME, ALGORITHM:HEX, ALGORITHM-BASE64, TAG (NAME) = HEX
//
// Surrounding blanks are ignored. So is a name in it: the operand selects the file.
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
		return e, e.nothingBehind(rest)
	}
	if e.algorithm, e.digits = algorithm.FromBase64(first); e.algorithm != nil {
		if e.digits == "" {
			return e, e.invalid("not the base64 of a digest of " + e.algorithm.Name)
		}
		return e, e.nothingBehind(rest)
	}
	e.digits = first
	if rest != "" { // a manifest line, in which a leading backslash means an escaped name
		e.digits = strings.TrimPrefix(first, `\`)
	}
	return e, nil
}

// nothingBehind returns an error if rest, the text after a digest that no name follows,
// is not empty.
func (e *expectation) nothingBehind(rest string) error {
	if rest == "" {
		return nil
	}
	return e.invalid("more than one digest, or something behind it")
}

// isTagged reports whether text is a tagged line, and parses it if so.
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

// agree returns an error if --algorithm selected algorithms other than the digest's.
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

// among returns which of several algorithms the digest may belong to, the usual one
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
	case named != nil && !slices.Contains(hasher.Algorithms, named) && len(digest) != named.Size: // the algorithm's name includes its length
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

// digitsOf describes the numbers of digits that the algorithms' digests have.
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

// algorithmsOf lists the algorithms whose digests have that many digits.
func algorithmsOf(digits int) string {
	names := algorithm.WithDigits(digits)
	if names == nil {
		return ""
	}
	return "; " + algorithm.Try(names...)
}
