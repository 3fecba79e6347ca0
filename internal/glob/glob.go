// Package glob tells which paths below an operand a person means by patterns
// such as *.iso, build/ or /src/**/*.o, as readers of .gitignore expect it.
//
// A Pattern is one line of a .gitignore(5) that lies in the operand's directory:
//
//   - * is any number of characters, ? is one, and [...] one of a class. None of
//     them is ever a slash.
//   - Without a slash, but for one at its end, a pattern means the base name, at
//     any depth. With one at its beginning or in its middle it means the whole
//     path from the operand on; the slash at the beginning is then dropped.
//   - A slash at the end means directories only.
//   - **/ at the beginning is any number of directories, also none, and so is /**/ in
//     the middle. /** at the end is everything inside, but not the directory itself.
//     Asterisks that stand side by side anywhere else are like one.
//   - A backslash takes the next character as it is.
//   - A class lists characters and ranges, as in [abc] and [a-z], and names such
//     as [:alpha:], which are git's: ASCII alone, and [:space:] without vertical
//     tab and form feed. After a ! or ^ it is any other character. A ] that comes
//     first is a member; so is any character behind a backslash.
//
// What else a .gitignore has is not here: # begins no comment, blanks at the end
// count, and a ! at the beginning is a character like others, because a Filter
// is told beside the pattern what it is for. What git reads without complaint
// and never matches with, such as [a, is an error here.
//
// Names are bytes. ? and classes take one character of UTF-8 where the bytes are
// one, and else one byte. git takes one byte always.
//
// A path is relative to the operand, its parts are separated by one slash each,
// and it has no . or .. among them. A pattern that asks for something else, such
// as ./a or a//b, is as in git: it matches nothing.
//
// The time to match is bounded by the product of the two lengths, whatever
// pattern and path are, and nothing is allocated.
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

// A Pattern is a parsed pattern. It never changes, so any number of goroutines
// may match with it.
type Pattern struct {
	parts    []part
	baseName bool // is about the last part of a path alone
	dirOnly  bool
}

// A part is what stands between two slashes of a pattern.
type part struct {
	directories bool // **, any number of directories: there are no elements, and another part follows
	elements    []element
}

// Match reports whether the pattern matches a path, which dir says is a
// directory's. The operand itself, whose path is empty, is never matched.
func (p *Pattern) Match(path string, dir bool) bool {
	matched, _ := p.match(path, dir)
	return matched
}

// match is Match, and says how often a part or an element was compared with a
// place in the path, which is what the time to match is made of: no such pair
// comes twice.
//
// When something doesn't match it is enough to have the last ** take one more
// directory: whatever an earlier one could take more leaves less of the path to the
// parts that were found already.
func (p *Pattern) match(path string, dir bool) (matched bool, tries int) {
	if p.dirOnly && !dir {
		return false, 0
	}
	if p.baseName {
		path = path[strings.LastIndexByte(path, '/')+1:]
	}
	next, rest := 0, path // the part that is due, and where
	retry, from := -1, "" // the part behind the last **, and where it was tried
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

// match matches a part with one name of a path. * is treated as ** is above.
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
	text  string // of a literal: whole characters of UTF-8
	class class  // of a bracket
}

// width returns how many bytes at the beginning of s, which is not empty and
// begins with a whole character, the element matches. It never matches none; 0
// says that it doesn't match. It is not called for a star.
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
