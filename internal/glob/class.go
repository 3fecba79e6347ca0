package glob

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A class is a [...] in a pattern.
type class struct {
	spans   []span
	negated bool
}

// A span is an inclusive range of characters; it may be empty.
type span struct{ first, last rune }

func (c *class) has(r rune) bool {
	for _, s := range c.spans {
		if s.first <= r && r <= s.last {
			return !c.negated
		}
	}
	return c.negated
}

// lastRune is the last character. Invalid bytes are represented by numbers above it.
const lastRune = unicode.MaxRune

// character returns the first character of s, which must not be empty, and its width in
// bytes.
func character(s string) (rune, int) {
	r, width := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && width == 1 {
		return lastRune + 1 + rune(s[0]), 1
	}
	return r, width
}

// parseClass parses a class after its [, and returns what follows its ].
func parseClass(s string) (c class, rest string, err error) {
	if s != "" && (s[0] == '!' || s[0] == '^') {
		c.negated = true
		s = s[1:]
	}
	const none = -1
	previous := rune(none) // the character that may begin a range
	for first := true; ; first = false {
		if strings.HasPrefix(s, "]") && !first {
			return c, s[1:], nil
		}
		if strings.HasPrefix(s, "[:") {
			name, behind, ok := strings.Cut(s[len("[:"):], "]")
			if !ok {
				return class{}, "", errUnterminated
			}
			if name, ok = strings.CutSuffix(name, ":"); ok {
				named := namedClass(name)
				if named == nil {
					return class{}, "", errUnknownClass
				}
				c.spans = append(c.spans, named...)
				previous, s = none, behind
				continue
			} // otherwise [ is an ordinary character, as in git
		}
		if previous != none && len(s) > 1 && s[0] == '-' && s[1] != ']' {
			var last rune
			if last, s, err = member(s[1:]); err != nil {
				return class{}, "", err
			}
			c.spans = append(c.spans, span{previous, last})
			previous = none
			continue
		}
		if previous, s, err = member(s); err != nil {
			return class{}, "", err
		}
		c.spans = append(c.spans, span{previous, previous})
	}
}

// member parses one character of a class.
func member(s string) (c rune, rest string, err error) {
	s = strings.TrimPrefix(s, `\`)
	if s == "" {
		return 0, "", errUnterminated
	}
	c, width := character(s)
	return c, s[width:], nil
}

// namedClass returns the characters of a named class such as alpha, or nil if it
// doesn't exist. They are those of git's ctype.h.
func namedClass(name string) []span {
	switch name {
	case "alnum":
		return []span{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}
	case "alpha":
		return []span{{'A', 'Z'}, {'a', 'z'}}
	case "blank":
		return []span{{'\t', '\t'}, {' ', ' '}}
	case "cntrl":
		return []span{{0, 0x1f}, {0x7f, 0x7f}}
	case "digit":
		return []span{{'0', '9'}}
	case "graph":
		return []span{{'!', '~'}}
	case "lower":
		return []span{{'a', 'z'}}
	case "print":
		return []span{{' ', '~'}}
	case "punct":
		return []span{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}
	case "space":
		return []span{{'\t', '\n'}, {'\r', '\r'}, {' ', ' '}}
	case "upper":
		return []span{{'A', 'Z'}}
	case "xdigit":
		return []span{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}
	}
	return nil
}
