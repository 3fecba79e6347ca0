package gnu

import (
	"errors"
	"strings"
	"syscall"
)

// Strerror returns the C library's text for a system error. Go has the same texts in
// lower case. The text of other errors is returned unchanged.
func Strerror(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := errno.Error()
	if number, ok := strings.CutPrefix(text, "errno "); ok { // no text in Go
		return "Unknown error " + number
	}
	if c := text[0]; 'a' <= c && c <= 'z' {
		text = string(c-'a'+'A') + text[1:]
	}
	return text
}
