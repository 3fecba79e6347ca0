package quote

import (
	"strconv"
	"strings"
)

// Visible returns text with everything escaped that isn't visible: \n, \t and so on,
// \x1b for a byte of a control character or of invalid UTF-8, \u2028 for an invisible
// character, and \\ for a backslash. The escapes are strconv.Quote's, so different
// texts have different results, and strconv.Unquote reverses it when quotes are added.
//
// Reports use it for names if their format can't represent all bytes. The result
// contains nothing that XML 1.0 forbids, no line ends of any kind, and nothing that
// changes text direction.
func Visible(text string) string {
	if isPlainASCII(text) {
		return text
	}
	quoted := strconv.Quote(text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// isPlainASCII reports whether text is printable ASCII without backslashes, as most
// names are.
func isPlainASCII(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return true
}
