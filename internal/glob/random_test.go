package glob_test

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// patternPieces are the pieces of random patterns: everything that is treated
// specially, also invalid, some more likely.
var patternPieces = []string{
	"a", "b", "a", "b", "*", "*", "?", "/", "/", "**", "/**", "**/", "/**/", "/**/", "/*/", "***",
	"[ab]", "[!a]", "[^b]", "[a-b]", "[]a]", "[!]a]", "[--/]", "[.-0]", "[a/]", `[\]a]`, `[\a-\b]`, "[b-a]", "[a-]", "[-a]",
	"[[:alpha:]]", "[![:punct:]]", "[[:digit:]-b]", "[[:lower:]!]", "[[:]", "[[:a]", "[[::]]", "[[:foo:]]", "[[a]", "[a", "[", "[^",
	`\a`, `\*`, `\?`, `\[`, `\`, `\\`, `\/`, `**\/`, `\/**/`, `\ `, " ", "!", "#", "-", ".", "]", ":", "^",
}

// nameLetters are the pieces of random names.
var nameLetters = []string{"a", "b", "a", "b", "a", "b", "-", ".", "]", "[", "!", "#", " ", "*", `\`, ":", "1"}

func pick(rng *rand.Rand, list []string) string { return list[rng.IntN(len(list))] }

// randomPath returns a path of one to four names.
func randomPath(rng *rand.Rand, letters []string) string {
	var names []string
	for range 1 + rng.IntN(4) {
		name := ""
		for range 1 + rng.IntN(2) {
			name += pick(rng, letters)
		}
		if strings.Trim(name, ".") == "" {
			name += "a" // . and .. are not allowed
		}
		names = append(names, name)
	}
	return strings.Join(names, "/")
}

// randomPattern returns a pattern of a few pieces, or one derived from a path, so that
// it may match.
func randomPattern(rng *rand.Rand, pieces []string, path string) string {
	var pattern []string
	if rng.IntN(4) > 0 {
		if rng.IntN(3) == 0 {
			path = path[strings.LastIndexByte(path, '/')+1:]
		}
		pattern = strings.Split(path, "")
		for range 1 + rng.IntN(2) {
			at := rng.IntN(len(pattern) + 1)
			end := min(at+rng.IntN(3), len(pattern))
			pattern = slices.Replace(pattern, at, end, pick(rng, pieces))
		}
	} else {
		for range 1 + rng.IntN(5) {
			pattern = append(pattern, pick(rng, pieces))
		}
	}
	if rng.IntN(6) == 0 {
		pattern = slices.Insert(pattern, 0, "/")
	}
	if rng.IntN(6) == 0 {
		pattern = append(pattern, "/")
	}
	return strings.Join(pattern, "")
}
