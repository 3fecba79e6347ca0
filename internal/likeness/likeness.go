// Package likeness tells which names look the same to a person, or to a directory that
// folds names, and in what they differ.
//
// It knows text alone: what there is in a directory it is not told.
package likeness

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// blanks are what programs leave around names.
const blanks = " \t\r"

// Of is the same for names that look nearly the same.
func Of(name string) string {
	name = strings.Trim(name, blanks)
	if !utf8.ValidString(name) {
		return name // else all broken characters were the same
	}
	return norm.NFC.String(strings.ToLower(norm.NFC.String(name)))
}

// Difference says in what two names that are alike differ.
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
