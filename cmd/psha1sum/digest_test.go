//go:build unix

package main_test

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
)

// digestOf returns the SHA-1 of data in hexadecimal.
func digestOf[T ~string | ~[]byte](data T) string {
	digest := sha1.Sum([]byte(data))
	return hex.EncodeToString(digest[:])
}

// lineOf returns the line that sha1sum prints for content under a name.
func lineOf[T ~string | ~[]byte](content T, name string) string {
	return formatLine("-t", []byte(content), name) + "\n"
}

// formatLine is the line for content in one of the styles, without its end.
func formatLine(style string, content []byte, name string) string {
	escaped := escaper.Replace(name)
	var mark string
	if escaped != name {
		mark = `\`
	}
	switch digest := digestOf(content); style {
	case "--tag":
		return fmt.Sprintf("%sSHA1 (%s) = %s", mark, escaped, digest)
	case "-b":
		return fmt.Sprintf("%s%s *%s", mark, digest, escaped)
	default:
		return fmt.Sprintf("%s%s  %s", mark, digest, escaped)
	}
}

// escaper writes the bytes that can't stand in a line.
var escaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)

// styles are the options of sha1sum that change how a line looks.
var styles = []string{"-t", "-b", "--tag"}
