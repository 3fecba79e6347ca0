// Package glob matches paths against patterns such as *.iso, build/ or /src/**/*.o,
// with the syntax of gitignore(5).
//
// A Pattern is like a line of a .gitignore in the operand's directory:
//   - * matches any number of characters, ? matches one, and [...] one of a class.
//     None of them matches a slash.
//   - A pattern without a slash, except at its end, matches the base name at any
//     depth. Otherwise it matches the whole path relative to the operand; a leading
//     slash is removed.
//   - A trailing slash restricts it to directories.
//   - A leading **/ matches any number of directories, including none, and so does
//     /**/ in the middle. A trailing /** matches everything inside, but not the
//     directory itself. Elsewhere, consecutive asterisks are like one.
//   - A backslash quotes the next character.
//   - A class lists characters and ranges, as in [abc] and [a-z], and named classes
//     such as [:alpha:], which are git's: ASCII only, and [:space:] without vertical
//     tab and form feed. A leading ! or ^ negates it. A ] is a member if it comes
//     first, and so is any character after a backslash.
//
// Other features of .gitignore are not supported: # begins no comment, trailing blanks
// count, and a leading ! is an ordinary character, because a Filter is told whether a
// pattern includes. Patterns that git accepts but that can never match, such as [a, are
// errors.
//
// Names are bytes. ? and classes match one UTF-8 character, or one byte if the bytes
// are not valid UTF-8. git always matches one byte.
//
// Paths are relative to the operand, with elements separated by single slashes and
// without . and .. elements. Patterns for other paths, such as ./a or a//b, match
// nothing, as in git.
//
// Matching takes time proportional to the product of the two lengths at most, and
// allocates nothing.
//
//	isos, err := glob.Parse("*.iso")
//	if err != nil {
//		return err // e.g. unterminated [
//	}
//	var filter glob.Filter
//	filter.Add(isos, true)
//	filter.Includes("debian/12.7.0.iso", false) // true
//	filter.Includes("debian/SHA1SUMS", false)   // false
package glob

import "strings"

// A Pattern is a parsed pattern. It is immutable and may be used concurrently.
type Pattern struct {
	parts    []part
	baseName bool // matches the last element of a path
	dirOnly  bool
}

// A part is the text between two slashes of a pattern.
type part struct {
	directories bool // **, any number of directories; elements is empty, and another part follows
	elements    []element
}

// Match reports whether the pattern matches a path. dir says that the path is a
// directory. The operand itself, whose path is empty, never matches.
func (p *Pattern) Match(path string, dir bool) bool {
	matched, _ := p.match(path, dir)
	return matched
}

// match is Match, and counts the comparisons of a part or element with a position in
// the path, which determine the running time; no such pair is compared twice.
//
// On a mismatch it is enough to let the last ** match one more directory: if an earlier
// one matched more, less of the path would be left for the parts after it.
func (p *Pattern) match(path string, dir bool) (matched bool, tries int) {
	if p.dirOnly && !dir {
		return false, 0
	}
	if p.baseName {
		path = path[strings.LastIndexByte(path, '/')+1:]
	}
	next, rest := 0, path // next part, and the path from there
	retry, from := -1, "" // the part after the last **, and where it was tried
	for {
		if next < len(p.parts) && p.parts[next].directories {
			next++
			retry, from = next, rest
			continue
		}
		if rest == "" {
			return next == len(p.parts), tries
		}
		if next < len(p.parts) {
			name, behind, _ := strings.Cut(rest, "/")
			ok, n := p.parts[next].match(name)
			tries += n
			if ok {
				next++
				rest = behind
				continue
			}
		}
		if retry < 0 {
			return false, tries
		}
		_, from, _ = strings.Cut(from, "/")
		next, rest = retry, from
	}
}

// match matches a part with one element of a path. It handles * as the function above
// handles **.
func (p *part) match(name string) (matched bool, tries int) {
	tries = 1
	next, rest := 0, name
	retry, from := -1, ""
	for {
		if next < len(p.elements) && p.elements[next].kind == star {
			next++
			if next == len(p.elements) {
				return true, tries
			}
			if last := &p.elements[next]; next == len(p.elements)-1 && last.kind == literal {
				return strings.HasSuffix(rest, last.text), tries + 1
			}
			retry, from = next, rest
			continue
		}
		if rest == "" {
			return next == len(p.elements), tries
		}
		if next < len(p.elements) {
			tries++
			if width := p.elements[next].width(rest); width > 0 {
				next++
				rest = rest[width:]
				continue
			}
		}
		if retry < 0 {
			return false, tries
		}
		_, width := character(from)
		from = from[width:]
		next, rest = retry, from
	}
}

type kind byte

const (
	literal kind = iota
	anyOne       // ?
	star
	bracket // [...]
)

// An element of a part.
type element struct {
	kind  kind
	text  string // of a literal: complete UTF-8 characters
	class class  // of a bracket
}

// width returns how many bytes at the beginning of s the element matches, or 0 if it
// doesn't match. s must not be empty and must begin with a complete character. It is
// not called for a star.
func (e *element) width(s string) int {
	switch e.kind {
	case literal:
		if strings.HasPrefix(s, e.text) {
			return len(e.text)
		}
		return 0
	case anyOne:
		_, width := character(s)
		return width
	default:
		c, width := character(s)
		if e.class.has(c) {
			return width
		}
		return 0
	}
}
