package algorithm

import (
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
)

// Try is the advice to ask for one of some algorithms, by their names.
func Try(names ...string) string { return "try -a " + strings.Join(names, " or -a ") }

// WithDigits are the names of the algorithms whose longest digests, or only ones, have so
// many hexadecimal digits.
func WithDigits(digits int) (names []string) {
	for _, alg := range hasher.Algorithms {
		if 2*alg.Size == digits {
			names = append(names, alg.Name)
		}
	}
	return names
}

// Digits says how many hexadecimal digits digests of so many bytes have, or shorter ones
// if they vary: from least bytes on, if that isn't 0.
func Digits(size int, vary bool, least int) string {
	digits := strconv.Itoa(2 * size)
	switch {
	case !vary:
		return digits
	case least > 0:
		return "an even number from " + strconv.Itoa(2*least) + " to " + digits
	}
	return "an even number up to " + digits
}
