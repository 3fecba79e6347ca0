// Package sniff detects from the first bytes of a file what is often found in place of
// the intended file: an HTML error page of a server, or a Git LFS pointer. A few
// kilobytes are enough. The bytes are untrusted.
package sniff

import (
	"bytes"
	"strconv"
)

// ByteOrderMark is the UTF-8 byte order mark that some editors write.
const ByteOrderMark = "\xef\xbb\xbf"

// HTML reports whether a file with this beginning is an HTML page, by its first tag
// after blanks, comments and an XML declaration.
func HTML(beginning []byte) bool {
	rest := bytes.TrimPrefix(beginning, []byte(ByteOrderMark))
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n\f")
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			_, after, ok := bytes.Cut(rest[len("<!--"):], []byte("-->"))
			if !ok {
				return false
			}
			rest = after
		case bytes.HasPrefix(rest, []byte("<?xml")):
			_, after, ok := bytes.Cut(rest, []byte("?>"))
			if !ok {
				return false
			}
			rest = after
		default:
			return isTag(rest, "<!doctype html") || isTag(rest, "<html") || isTag(rest, "<head")
		}
	}
}

// isTag reports whether text begins with a tag, ignoring case, and not with a longer
// one.
func isTag(text []byte, tag string) bool {
	if len(text) < len(tag) || !bytes.EqualFold(text[:len(tag)], []byte(tag)) {
		return false
	}
	return len(text) == len(tag) || bytes.IndexByte([]byte(" \t\r\n\f>/"), text[len(tag)]) >= 0
}

// Title returns the title of a page as written, or "" if it isn't in beginning. It may
// contain anything.
func Title(beginning []byte) string {
	for rest := beginning; ; {
		i := bytes.IndexByte(rest, '<')
		if i < 0 {
			return ""
		}
		rest = rest[i:]
		if !isTag(rest, "<title") {
			rest = rest[1:]
			continue
		}
		_, text, _ := bytes.Cut(rest, []byte(">"))
		title, _, ended := bytes.Cut(text, []byte("<"))
		if !ended {
			return ""
		}
		return string(bytes.TrimSpace(title))
	}
}

// A Pointer is what Git LFS stores in place of a file:
// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
type Pointer struct {
	OID  string // SHA-256 of the file: 64 lower-case hexadecimal digits
	Size uint64 // of the file, in bytes
}

// maxPointer is larger than any pointer, in bytes.
const maxPointer = 1024

// LFSPointer parses a complete file that is a pointer. Lines may end with a carriage
// return, because programs that convert line ends convert pointers too.
func LFSPointer(file []byte) (p Pointer, ok bool) {
	if len(file) >= maxPointer {
		return p, false
	}
	first := true
	for line := range bytes.Lines(file) {
		key, value, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(" "))
		switch string(key) {
		case "version":
			if !first || !bytes.Contains(value, []byte("git-lfs")) && !bytes.Contains(value, []byte("hawser")) {
				return Pointer{}, false
			}
		case "oid":
			digits, found := bytes.CutPrefix(value, []byte("sha256:"))
			if !found || !isOID(digits) {
				return Pointer{}, false
			}
			p.OID = string(digits)
		case "size":
			var err error
			if p.Size, err = strconv.ParseUint(string(value), 10, 63); err != nil {
				return Pointer{}, false
			}
		}
		if first && string(key) != "version" {
			return Pointer{}, false
		}
		first = false
	}
	return p, p.OID != ""
}

func isOID(digits []byte) bool {
	for _, c := range digits {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(digits) == 64
}
