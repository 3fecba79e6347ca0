package manifest

import "math/bits"

// parseNumber parses a number as strtoumax(3) with base 0: blanks, a plus sign, then
// hexadecimal (0x), octal (0) or decimal digits. It returns the number and the rest of
// s. n is 0 if there is no number, or if it is negative or too large.
func parseNumber(s []byte) (n uint64, rest []byte) {
	for len(s) > 0 && (s[0] == ' ' || '\t' <= s[0] && s[0] <= '\r') {
		s = s[1:]
	}
	s, _ = cutByte(s, '+')
	base := uint64(10)
	if len(s) > 0 && s[0] == '0' {
		base = 8
		if len(s) > 2 && s[1]|0x20 == 'x' && hexValue[s[2]] != 0 {
			base, s = 16, s[2:]
		}
	}
	overflow := false
	for len(s) > 0 {
		digit := hexValue[s[0]]
		if digit == 0 || uint64(digit-isDigit) >= base {
			break
		}
		high, low := bits.Mul64(n, base)
		sum, carry := bits.Add64(low, uint64(digit-isDigit), 0)
		overflow = overflow || high > 0 || carry > 0
		n, s = sum, s[1:]
	}
	if overflow {
		n = 0
	}
	return n, s
}
