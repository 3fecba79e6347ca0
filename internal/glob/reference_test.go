package glob_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/psha1sum/psha1sum/internal/glob"
)

// FuzzMatch compares with the exhaustive reference below, and counts comparisons.
func FuzzMatch(f *testing.F) {
	for _, pattern := range []string{
		"a", "*.a", "a*b?c", "a/", "/a", "**/a", "a/**", "a/**/b", "**/a/**/b", "a**/b", "**", `**\/a`, `\**\/\a`, "a//b",
		"[a-c]", "[!]a]", `[\]-é]`, "[[:alpha:]-z]", "[[:]a", "[[:x:]]", "[a", `a\`, "\xc3*\xa9", "[/]", "*a*b*/*?", "[b-a]",
	} {
		f.Add(pattern, "a", false)
		f.Add(pattern, "é/a/b", false)
		f.Add(pattern, "a/xbc/\xc3/b", true)
	}
	f.Fuzz(func(t *testing.T, pattern, path string, dir bool) {
		p, err := glob.Parse(pattern)
		if err == nil {
			checkTries(t, p, pattern, path, dir)
		}
		// The reference takes exponential time.
		if len(pattern) > 40 || len(path) > 24 || strings.Count(pattern, "*") > 6 || !isPath(path) {
			return
		}
		compareWithReference(t, pattern, path, dir)
	})
}

func TestReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	pieces, letters := slices.Concat(patternPieces, []string{"é", "\xc3", "[é-ü]", "[!\xa9]", `\é`}), []string{"a", "b", "c", "é", "\xc3", "\xa9"}
	matched := 0
	for range 50_000 {
		path := randomPath(rng, letters)
		if compareWithReference(t, randomPattern(rng, pieces, path), path, rng.IntN(2) == 0) {
			matched++
		}
	}
	t.Logf("%d matched", matched)
}

func compareWithReference(t *testing.T, pattern, path string, dir bool) (matched bool) {
	t.Helper()
	p, err := glob.Parse(pattern)
	match, ok := reference(pattern)
	if ok != (err == nil) {
		t.Fatalf("%q: error %v, want one: %v", pattern, err, !ok)
	}
	if !ok {
		return false
	}
	got, want := p.Match(path, dir), match(path, dir)
	if got != want {
		t.Errorf("%q with %q, directory %v: %v, want %v", pattern, path, dir, got, want)
	}
	return got
}

// isPath reports whether a path has the form that Match requires.
func isPath(path string) bool { return !slices.Contains(strings.Split(path, "/"), "") }

// reference implements the package comment literally, without regard to speed. ok is
// false if the pattern is invalid.
func reference(pattern string) (match func(path string, dir bool) bool, ok bool) {
	text, dirOnly := strings.CutSuffix(pattern, "/")
	anchored := strings.Contains(text, "/")
	text = strings.TrimPrefix(text, "/")
	if text == "" || !wellFormed(characters(text)) {
		return nil, false
	}
	return func(path string, dir bool) bool {
		if !anchored {
			path = path[strings.LastIndex(path, "/")+1:]
		}
		return path != "" && (dir || !dirOnly) && matches(characters(text), characters(path), true)
	}, true
}

// characters returns the characters of s, with a separate number for each invalid byte.
func characters(s string) []int {
	var list []int
	for s != "" {
		r, width := utf8.DecodeRuneInString(s)
		c := int(r)
		if width == 1 {
			c = int(s[0])
			if c >= utf8.RuneSelf {
				c += 1 << 24
			}
		}
		list = append(list, c)
		s = s[width:]
	}
	return list
}

func wellFormed(p []int) bool {
	for len(p) > 0 {
		switch p[0] {
		case '\\':
			if len(p) < 2 {
				return false
			}
			p = p[2:]
		case '[':
			_, width := bracket(p, 'x')
			if width == 0 {
				return false
			}
			p = p[width:]
		default:
			p = p[1:]
		}
	}
	return true
}

// matches matches the rest of a pattern with the rest of a path; begins says that p is
// at the beginning of a part.
func matches(p, s []int, begins bool) bool {
	if len(p) == 0 {
		return len(s) == 0
	}
	if p[0] == '*' {
		behind := p
		for len(behind) > 0 && behind[0] == '*' {
			behind = behind[1:]
		}
		several := len(p)-len(behind) > 1
		switch {
		case begins && several && len(behind) == 0:
			return len(s) > 0
		case begins && several && behind[0] == '/':
			return matchesBehindDirectories(behind[1:], s)
		case begins && several && behind[0] == '\\' && len(behind) > 1 && behind[1] == '/':
			slash := slices.Index(s, '/')
			return slash > 0 && matchesBehindDirectories(behind[2:], s[slash+1:])
		}
		for i := 0; i <= len(s); i++ {
			if matches(behind, s[i:], false) {
				return true
			}
			if i < len(s) && s[i] == '/' {
				break
			}
		}
		return false
	}
	if len(s) == 0 {
		return false
	}
	switch p[0] {
	case '?':
		return s[0] != '/' && matches(p[1:], s[1:], false)
	case '[':
		member, width := bracket(p, s[0])
		return member && s[0] != '/' && matches(p[width:], s[1:], false)
	case '\\':
		p = p[1:]
	}
	return p[0] == s[0] && matches(p[1:], s[1:], p[0] == '/')
}

// matchesBehindDirectories matches after any number of directories.
func matchesBehindDirectories(p, s []int) bool {
	if matches(p, s, true) {
		return true
	}
	for i, c := range s {
		if c == '/' && matches(p, s[i+1:], true) {
			return true
		}
	}
	return false
}

// bracket reports whether the class at the beginning of p contains c, and its length, 0
// if it is invalid.
func bracket(p []int, c int) (member bool, width int) {
	i := 1
	negated := i < len(p) && (p[i] == '!' || p[i] == '^')
	if negated {
		i++
	}
	start := i
	var low int // the character that a range would begin with, if allowed
	may := false
	for ; i < len(p); i++ {
		if p[i] == ']' && i > start {
			return member != negated, i + 1
		}
		if p[i] == '[' && i+1 < len(p) && p[i+1] == ':' {
			end := slices.Index(p[i+2:], ']')
			if end < 0 {
				return false, 0
			}
			if name := p[i+2 : i+2+end]; len(name) > 0 && name[len(name)-1] == ':' {
				test := ctype(name[:len(name)-1])
				if test == nil {
					return false, 0
				}
				member = member || c < utf8.RuneSelf && test(byte(c))
				may = false
				i += 2 + end
				continue
			}
		}
		ranges := may && p[i] == '-' && i+1 < len(p) && p[i+1] != ']'
		if ranges {
			i++
		}
		if p[i] == '\\' {
			if i++; i == len(p) {
				return false, 0
			}
		}
		if !ranges {
			low = p[i]
		}
		member = member || low <= c && c <= p[i]
		may = !ranges
	}
	return false, 0
}

// ctype returns git's isalpha and so on.
func ctype(name []int) func(c byte) bool {
	var text strings.Builder
	for _, c := range name {
		text.WriteRune(rune(c))
	}
	lower := func(c byte) bool { return 'a' <= c && c <= 'z' }
	upper := func(c byte) bool { return 'A' <= c && c <= 'Z' }
	digit := func(c byte) bool { return '0' <= c && c <= '9' }
	alpha := func(c byte) bool { return lower(c) || upper(c) }
	alnum := func(c byte) bool { return alpha(c) || digit(c) }
	graph := func(c byte) bool { return ' ' < c && c < 0x7f }
	switch text.String() {
	case "lower":
		return lower
	case "upper":
		return upper
	case "digit":
		return digit
	case "alpha":
		return alpha
	case "alnum":
		return alnum
	case "graph":
		return graph
	case "print":
		return func(c byte) bool { return graph(c) || c == ' ' }
	case "punct":
		return func(c byte) bool { return graph(c) && !alnum(c) }
	case "cntrl":
		return func(c byte) bool { return c < ' ' || c == 0x7f }
	case "blank":
		return func(c byte) bool { return c == ' ' || c == '\t' }
	case "space":
		return func(c byte) bool { return strings.IndexByte(" \t\n\r", c) >= 0 }
	case "xdigit":
		return func(c byte) bool { return digit(c) || lower(c|0x20) && c|0x20 <= 'f' }
	}
	return nil
}
