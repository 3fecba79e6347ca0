//go:build unix

package clitest

import (
	"math/rand/v2"
	"strings"
)

// A Generator makes the parts of random cases. The results depend on its random numbers
// alone.
type Generator struct{ *rand.Rand }

// NewGenerator returns generator number n for a seed.
func NewGenerator(seed, n uint64) Generator {
	return Generator{rand.New(rand.NewPCG(seed, n))}
}

// Chance is true with the given probability in percent.
func (g Generator) Chance(percent int) bool { return g.IntN(100) < percent }

// Pick returns one of the choices.
func Pick[T any](g Generator, choices ...T) T { return choices[g.IntN(len(choices))] }

// Weighted returns one of the choices, with a probability proportional to its weight.
func Weighted[T any](g Generator, choices []Choice[T]) T {
	total := 0
	for _, c := range choices {
		total += c.Weight
	}
	n := g.IntN(total)
	for _, c := range choices {
		if n -= c.Weight; n < 0 {
			return c.Value
		}
	}
	panic("no weights")
}

// A Choice is a weighted choice.
type Choice[T any] struct {
	Weight int
	Value  T
}

// Bytes returns n random bytes.
func (g Generator) Bytes(n int) []byte {
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

// TrickyNames are file names that could be mistaken for an option, standard input, part
// of a checksum line, or shell syntax.
var TrickyNames = []string{
	"--", "---", "--check", "-c", "-b", "--tag", "-y", "--=", "help", "h", "*star", " blank", "\ttab",
	"two  blanks", "trailing ", "#comment", "~", "{", "}", "{}", "a{b", "(", ")", "a) = b", "=", "a = b",
	"SHA1 (x) = ", "SHA1", "MD5 (x) = 00", `\`, `\\`, `a\`, `\a`, `a\nb`, "a\nb", "\n", "a\r", "\r\n", "\r",
	"it's", `"quoted"`, `'`, "$HOME", "`id`", "a:b", ":", "a;b", "a&b", "!", "^", "|", "<", ">", "?", "[x]",
	"da39a3ee5e6b4b0d3255bfef95601890afd80709", "da39a3ee5e6b4b0d3255bfef95601890afd80709  x",
	"\xff", "a\xffb", "\xc3", "é", "日本語", "\u00ad", "\u0085", "\u2028", "\ufffe", "\ue000", "\U0001f600",
	"\x01", "a\x01", "\x1b[31m", "\x7f", "a\x80'b", "-\n", "::error::", "%0A", "\ufeff",
}

// nameUnits are the parts of random names.
var nameUnits = []string{
	"a", "b", "z", "0", "9", ".", "_", "-", ",", "+", "%", "@", " ", "\t", "\n", "\r", "\\", "'", `"`,
	"*", "?", "(", ")", "[", "]", "{", "}", "~", "#", "=", ":", ";", "&", "|", "<", ">", "!", "$", "`", "^",
	"\x01", "\x07", "\x0b", "\x1f", "\x7f", "\x80", "\xa0", "\xc3", "\xff", "é", "ß", "日", "😀", "\u00a0",
	"\u200b", "\u2029", "\u0301", "\ufffd", "\U0010ffff", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf",
}

// Name returns a random base name: not empty, without slashes and NULs.
func (g Generator) Name() string {
	const plain = "abcdefghijklmnopqrstuvwxyz0123456789._"
	var b strings.Builder
	switch n := g.IntN(100); {
	case n < 40:
		for range 1 + g.IntN(8) {
			b.WriteByte(plain[g.IntN(36)])
		}
	case n < 60:
		b.WriteString(Pick(g, TrickyNames...))
	case n < 98:
		for range 1 + g.IntN(10) {
			b.WriteString(Pick(g, nameUnits...))
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
