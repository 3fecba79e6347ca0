//go:build !linux

package locale

import "strings"

// utf8Locale goes by the codeset in the locale's name, en_US.UTF-8. macOS has
// a locale UTF-8 without anything in front, which its terminal asks for.
func utf8Locale(getenv func(string) string) bool {
	name, _, _ := strings.Cut(nameOf("LC_CTYPE", getenv), "@")
	codeset := name[strings.LastIndexByte(name, '.')+1:]
	return strings.EqualFold(codeset, "UTF-8") || strings.EqualFold(codeset, "UTF8")
}
