package cli

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/gnu"
)

// invalid returns the error for an invalid argument, with the reason.
func invalid(option, arg, reason string) error {
	return UsageError("invalid argument " + gnu.QuoteArgument(arg) + " for " + gnu.QuoteArgument("--"+option) + ": " + reason)
}

// invalidArgument returns GNU's error for an argument that is not one of words.
func invalidArgument(option, arg string, words []string) error {
	text := "invalid argument " + gnu.QuoteArgument(arg) + " for " + gnu.QuoteArgument("--"+option) + "\nValid arguments are:"
	for _, word := range words {
		text += "\n  - " + gnu.QuoteArgument(word)
	}
	return UsageError(text)
}

// maxNumber is far above what any machine can use; a larger number is a typing error.
const maxNumber = 4096

// number parses a count.
func number(to *int) value {
	return func(arg string) error {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 || n > maxNumber {
			return UsageError("invalid number of jobs: " + gnu.QuoteArgument(arg) + ": want 1 to " + strconv.Itoa(maxNumber))
		}
		*to = n
		return nil
	}
}

// parseAlgorithms parses the argument of --algorithm: auto, or a list of distinct names.
// The error is a message for the user.
func parseAlgorithms(arg string) (algorithms []*hasher.Algorithm, auto bool, err error) {
	if strings.EqualFold(strings.TrimSpace(arg), algorithm.Auto) {
		return slices.Clone(hasher.Algorithms), true, nil
	}
	for word := range strings.SplitSeq(arg, ",") {
		alg := algorithm.Lookup(word)
		switch {
		case alg == nil:
			return nil, false, invalidArgument("algorithm", arg, algorithmNames())
		case slices.Contains(algorithms, alg):
			return nil, false, invalid("algorithm", arg, alg.Name+" is there twice")
		}
		algorithms = append(algorithms, alg)
	}
	return algorithms, false, nil
}

// algorithmNames returns the valid words for --algorithm.
func algorithmNames() []string {
	names := []string{algorithm.Auto}
	for _, alg := range hasher.Algorithms {
		names = append(names, alg.Name)
	}
	return names
}

// maxBits is the length of the longest digest in bits.
const maxBits = 8 * hasher.MaxSize

// parseLength parses the argument of --length as b2sum does: a decimal number, optionally
// preceded by blanks and a plus sign.
func parseLength(arg string) (bits int, err error) {
	digits := strings.TrimLeft(arg, " \t\n\v\f\r")
	digits = strings.TrimPrefix(digits, "+")
	n, parseErr := strconv.ParseUint(digits, 10, 64)
	switch {
	case digits == "" || strings.Trim(digits, "0123456789") != "":
		return 0, invalidLength(arg, "")
	case parseErr != nil:
		return 0, invalidLength(arg, ": Value too large for defined data type")
	case n%8 != 0:
		return 0, invalidLength(arg, "", "length is not a multiple of 8")
	}
	return int(min(n, math.MaxInt32)), nil
}

// invalidLength returns b2sum's error for a bad argument of --length.
func invalidLength(arg, after string, reason ...string) error {
	return ArgumentError(func(quote func(string) string) []string {
		return append([]string{"invalid length: " + quote(arg) + after}, reason...)
	})
}

// tooLong returns b2sum's error for a length that exceeds every digest.
func tooLong(arg string) error {
	return ArgumentError(func(quote func(string) string) []string {
		return []string{
			"invalid length: " + quote(arg),
			"maximum digest length for " + quote("BLAKE2b") + " is " + strconv.Itoa(maxBits) + " bits",
		}
	})
}

// The arguments of --progress.
const (
	ProgressAuto   = "auto"
	ProgressAlways = "always"
	ProgressNever  = "never"
)
