//go:build unix

package clitest

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
)

// DigestOf returns the SHA-1 digest of data in hexadecimal.
func DigestOf[T ~string | ~[]byte](data T) string {
	digest := sha1.Sum([]byte(data))
	return hex.EncodeToString(digest[:])
}

// LineOf returns the line that sha1sum prints for a file with that content and name.
func LineOf[T ~string | ~[]byte](content T, name string) string {
	return FormatLine("-t", []byte(content), name) + "\n"
}

// FormatLine returns the line in one of the Styles, without its newline.
func FormatLine(style string, content []byte, name string) string {
	escaped := Escaper.Replace(name)
	var mark string
	if escaped != name {
		mark = `\`
	}
	switch digest := DigestOf(content); style {
	case "--tag":
		return fmt.Sprintf("%sSHA1 (%s) = %s", mark, escaped, digest)
	case "-b":
		return fmt.Sprintf("%s%s *%s", mark, digest, escaped)
	default:
		return fmt.Sprintf("%s%s  %s", mark, digest, escaped)
	}
}

// Escaper escapes the bytes that are not allowed in a line.
var Escaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)

// Styles are the options of sha1sum that change the format of a line.
var Styles = []string{"-t", "-b", "--tag"}

// EmptyDigest is the digest of an empty file.
const EmptyDigest = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
