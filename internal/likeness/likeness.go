// Package likeness tells which file names look the same to people, or are the same to a
// case-insensitive file system, and how they differ. It compares strings only and reads
// no directories.
package likeness

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// blanks are characters that programs may leave around names.
const blanks = " \t\r"

// Of returns a key that is equal for names that look nearly the same.
func Of(name string) string {
	name = strings.Trim(name, blanks)
	if !utf8.ValidString(name) {
		return name // or all invalid bytes would be equal
	}
	return norm.NFC.String(strings.ToLower(norm.NFC.String(name)))
}

// Difference describes how two names with the same key differ.
func Difference(name, other string) string {
	valid := utf8.ValidString(name)
	switch {
	case strings.Trim(name, blanks) == strings.Trim(other, blanks):
		if strings.HasSuffix(name, "\r") != strings.HasSuffix(other, "\r") {
			return "a carriage return at the end"
		}
		return "blanks around it"
	case valid && norm.NFC.String(name) == norm.NFC.String(other):
		return "its Unicode normalization"
	case strings.EqualFold(name, other):
		return "upper and lower case"
	}
	return "case, blanks around it or its Unicode normalization"
}
