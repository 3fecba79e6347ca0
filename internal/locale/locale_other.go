//go:build !linux

package locale

import "strings"

// utf8Locale uses the codeset in the locale's name, such as en_US.UTF-8. On macOS a
// locale may be just UTF-8, as its terminal sets it.
func utf8Locale(getenv func(string) string) bool {
	name, _, _ := strings.Cut(nameOf("LC_CTYPE", getenv), "@")
	codeset := name[strings.LastIndexByte(name, '.')+1:]
	return strings.EqualFold(codeset, "UTF-8") || strings.EqualFold(codeset, "UTF8")
}
