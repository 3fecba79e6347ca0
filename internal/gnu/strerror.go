package gnu

import (
	"errors"
	"strings"
	"syscall"
)

// Strerror is the C library's text for an error of the system. Go keeps the
// same texts, with a small first letter. Errors of our own are said as they are.
func Strerror(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := errno.Error()
	if number, ok := strings.CutPrefix(text, "errno "); ok { // Go has no text for it
		return "Unknown error " + number
	}
	if c := text[0]; 'a' <= c && c <= 'z' {
		text = string(c-'a'+'A') + text[1:]
	}
	return text
}
