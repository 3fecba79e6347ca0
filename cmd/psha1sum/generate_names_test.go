//go:build unix

package main_test

import (
	"math/rand/v2"
	"strings"
)

// generator makes the parts of random cases. Everything it makes follows from
// its random numbers alone.
type generator struct{ *rand.Rand }

// newGenerator returns the generator number n of a seed.
func newGenerator(seed, n uint64) generator {
	return generator{rand.New(rand.NewPCG(seed, n))}
}

// chance is true in percent cases of a hundred.
func (g generator) chance(percent int) bool { return g.IntN(100) < percent }

// pick returns one of the choices.
func pick[T any](g generator, choices ...T) T { return choices[g.IntN(len(choices))] }

// weighted returns one of the choices, each as often as its weight says.
func weighted[T any](g generator, choices []choice[T]) T {
	total := 0
	for _, c := range choices {
		total += c.weight
	}
	n := g.IntN(total)
	for _, c := range choices {
		if n -= c.weight; n < 0 {
			return c.value
		}
	}
	panic("no weights")
}

type choice[T any] struct {
	weight int
	value  T
}

// bytes returns n random bytes.
func (g generator) bytes(n int) []byte {
	b := make([]byte, n)
	for i := 0; i < n; i += 8 {
		v := g.Uint64()
		for j := i; j < min(i+8, n); j++ {
			b[j] = byte(v)
			v >>= 8
		}
	}
	return b
}

// trickyNames are file names that something might read as something else: an
// option, standard input, part of a checksum line, shell syntax.
var trickyNames = []string{
	"--", "---", "--check", "-c", "-b", "--tag", "-y", "--=", "help", "h", "*star", " blank", "\ttab",
	"two  blanks", "trailing ", "#comment", "~", "{", "}", "{}", "a{b", "(", ")", "a) = b", "=", "a = b",
	"SHA1 (x) = ", "SHA1", "MD5 (x) = 00", `\`, `\\`, `a\`, `\a`, `a\nb`, "a\nb", "\n", "a\r", "\r\n", "\r",
	"it's", `"quoted"`, `'`, "$HOME", "`id`", "a:b", ":", "a;b", "a&b", "!", "^", "|", "<", ">", "?", "[x]",
	"da39a3ee5e6b4b0d3255bfef95601890afd80709", "da39a3ee5e6b4b0d3255bfef95601890afd80709  x",
	"\xff", "a\xffb", "\xc3", "é", "日本語", "\u00ad", "\u0085", "\u2028", "\ufffe", "\ue000", "\U0001f600",
	"\x01", "a\x01", "\x1b[31m", "\x7f", "a\x80'b", "-\n", "::error::", "%0A", "\ufeff",
}

// nameUnits are what random names are put together from.
var nameUnits = []string{
	"a", "b", "z", "0", "9", ".", "_", "-", ",", "+", "%", "@", " ", "\t", "\n", "\r", "\\", "'", `"`,
	"*", "?", "(", ")", "[", "]", "{", "}", "~", "#", "=", ":", ";", "&", "|", "<", ">", "!", "$", "`", "^",
	"\x01", "\x07", "\x0b", "\x1f", "\x7f", "\x80", "\xa0", "\xc3", "\xff", "é", "ß", "日", "😀", "\u00a0",
	"\u200b", "\u2029", "\u0301", "\ufffd", "\U0010ffff", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf",
}

// name returns the name of a file in a directory: no slash, no NUL, not empty.
func (g generator) name() string {
	const plain = "abcdefghijklmnopqrstuvwxyz0123456789._"
	var b strings.Builder
	switch n := g.IntN(100); {
	case n < 40:
		for range 1 + g.IntN(8) {
			b.WriteByte(plain[g.IntN(36)])
		}
	case n < 60:
		b.WriteString(pick(g, trickyNames...))
	case n < 98:
		for range 1 + g.IntN(10) {
			b.WriteString(pick(g, nameUnits...))
		}
	default:
		for range 200 + g.IntN(56) {
			b.WriteByte(plain[g.IntN(len(plain))])
		}
	}
	switch b.String() {
	case "", ".", "..":
		return "x"
	}
	return b.String()
}
