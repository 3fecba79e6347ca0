package quote

import (
	"strconv"
	"strings"
)

// Visible is text in which every character can be seen and stands for itself, but
// for escapes: \n, \t and the like, \x1b for a byte (of a control character, or of
// what is no UTF-8), \u2028 for a character that doesn't show, and \\ for a
// backslash. These are strconv.Quote's, so no two texts become the same one, and
// strconv.Unquote reverses it when quotes are put around.
//
// Reports whose format can't hold every byte show names in this way. Nothing is
// left in it that XML 1.0 forbids, that ends a line for anybody, or that turns
// around what follows.
func Visible(text string) string {
	if isPlainASCII(text) {
		return text
	}
	quoted := strconv.Quote(text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// isPlainASCII reports whether text is plain ASCII, as most names are.
func isPlainASCII(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return true
}
