// Package sniff tells from the first bytes of a file what it is, if it is one of
// the things that are often found in the place of another: an HTML page, which a
// server sent along with an error, or the pointer that Git LFS keeps in a
// repository. A few kilobytes are enough; the bytes are nobody's friends.
package sniff

import (
	"bytes"
	"strconv"
)

// ByteOrderMark is what some editors put in front of UTF-8.
const ByteOrderMark = "\xef\xbb\xbf"

// HTML reports whether a file that begins so is an HTML page: its first tag says
// so, behind blanks, comments and an XML declaration.
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

// isTag reports whether text begins with a tag, in whatever case, and not with a
// longer one.
func isTag(text []byte, tag string) bool {
	if len(text) < len(tag) || !bytes.EqualFold(text[:len(tag)], []byte(tag)) {
		return false
	}
	return len(text) == len(tag) || bytes.IndexByte([]byte(" \t\r\n\f>/"), text[len(tag)]) >= 0
}

// Title returns the title of a page, as it stands there; "" if it isn't among
// these bytes. Nothing can be said of what it holds.
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

// A Pointer is what Git LFS keeps in the place of a file:
// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
type Pointer struct {
	OID  string // the SHA-256 of the file: 64 digits in lower case
	Size uint64 // of the file, in bytes
}

// maxPointer is more bytes than a pointer has.
const maxPointer = 1024

// LFSPointer parses a file that is a pointer, all of it. Lines may end with a
// carriage return: what converts text converts pointers.
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
