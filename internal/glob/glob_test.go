package glob_test

import (
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/glob"
)

// TestMatch lists paths that match a pattern and paths that don't, with a trailing
// slash for directories.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		yes, no       []string
	}{
		{"name", "a", []string{"a", "a/", "x/a", "x/y/a/"}, []string{"", "b", "ab", "ba", "a/x", "A"}},
		{"suffix", "*.iso", []string{"x.iso", ".iso", "d/x.iso", "x.iso/", "é.iso", "\xff.iso", "x.iso.iso"}, []string{"iso", "x.iso.gz", "x.iso/y", "x.ISO"}},
		{"star", "a*", []string{"a", "ab", "x/ab"}, []string{"ba", "ab/c"}},
		{"stars", "a*b*c", []string{"abc", "axbxc", "abbcc", "acbc"}, []string{"ab", "abcx", "acb", "xabc"}},
		{"stars side by side", "a**b", []string{"ab", "axb", "x/ab"}, []string{"a/b", "a"}},
		{"one", "a?c", []string{"abc", "aéc", "a\xffc", "a\u4e2dc", "a?c", "x/abc"}, []string{"ac", "abbc", "a/c", "a\xc3\xffc", "ae\u0301c"}},
		{"ones", "??", []string{"ab", "éé", "\xc3é"}, []string{"é", "\xc3", "abc"}},
		{"star and one", "*??", []string{"ab", "aéb", "éa"}, []string{"é", "a"}},

		{"directory", "a/", []string{"a/", "x/a/"}, []string{"a", "x/a", "ab/", "a/x", "a/x/"}},
		{"anchored", "/a", []string{"a", "a/"}, []string{"x/a", "a/a"}},
		{"anchored directory", "/a/", []string{"a/"}, []string{"a", "x/a/"}},
		{"anchored by its middle", "a/b", []string{"a/b", "a/b/"}, []string{"b", "x/a/b", "a/b/c", "a", "a/xb"}},
		{"star in a directory", "a/*", []string{"a/b", "a/.b", "a/b/"}, []string{"a", "a/b/c", "x/a/b"}},
		{"directory by a star", "*/b", []string{"a/b", "x/b/"}, []string{"b", "a/a/b"}},
		{"one is no slash", "a?b/c", []string{"axb/c"}, []string{"a/b/c"}},

		{"directories before", "**/a", []string{"a", "x/a", "x/y/a/"}, []string{"xa", "a/x"}},
		{"directories before a path", "**/a/b", []string{"a/b", "x/a/b", "a/a/b"}, []string{"xa/b", "a/x/b"}},
		{"everything inside", "a/**", []string{"a/b", "a/b/", "a/b/c"}, []string{"a", "a/", "x/a/b", "ab/c"}},
		{"directories inside", "a/**/", []string{"a/b/", "a/b/c/"}, []string{"a/", "a/b"}},
		{"directories between", "a/**/b", []string{"a/b", "a/x/b", "a/x/y/b", "a/b/b"}, []string{"b", "ab", "a/xb", "x/a/b", "a/b/x"}},
		{"directories twice", "**/a/**/b", []string{"a/b", "x/a/y/b", "a/a/b/b"}, []string{"b/a", "x/b"}},
		{"directories, directories", "a/**/**/b", []string{"a/b", "a/x/b"}, []string{"ab"}},
		{"more asterisks", "a/***/b", []string{"a/b", "a/x/y/b"}, []string{"ab"}},
		{"anchored directories", "/**/a", []string{"a", "x/a"}, []string{"xa"}},
		{"everything", "**", []string{"a", "a/b", "a/"}, []string{""}},
		{"everything, anchored", "/**", []string{"a", "a/b", "a/"}, []string{""}},
		{"all directories", "**/", []string{"a/", "a/b/"}, []string{"a", "a/b"}},
		{"directories and a part of a name", "**a/b", []string{"a/b", "xa/b"}, []string{"x/a/b"}},
		{"a part of a name and directories", "a**/b", []string{"a/b", "ax/b"}, []string{"ab", "a/x/b"}},
		{"two parts of a name", "x/a**", []string{"x/a", "x/ab"}, []string{"x/a/b"}},
		{"directories and an escaped slash", `a/**\/b`, []string{"a/x/b", "a/x/y/b"}, []string{"a/b", "ab"}},
		{"escaped slash and directories", `a\/**/b`, []string{"a/b", "a/x/b"}, nil},

		{"escapes", `\*\?\[\a\\`, []string{`*?[a\`}, []string{"xx[a\\", `\*\?\[\a\\`}},
		{"escaped character", "\\é?", []string{"éa"}, []string{"éé\xa9", "\xc3a"}},
		{"escaped slash", `a\/b`, []string{"a/b"}, []string{"x/a/b", "b"}},
		{"escaped slash first", `\/a`, nil, []string{"a", "x/a"}},
		{"exclamation mark", "!a", []string{"!a"}, []string{"a", "b"}},
		{"number sign", "#a", []string{"#a"}, []string{"a"}},
		{"blanks at the end", "a  ", []string{"a  ", "x/a  "}, []string{"a", "a "}},
		{"dot files are files", "*", []string{".a", "x/.a", "..."}, []string{""}},
		{"closing bracket", "a]", []string{"a]"}, []string{"a"}},
		{"byte that is no character", "\xc3*", []string{"\xc3", "\xc3a"}, []string{"é", "a"}},
		{"not UTF-8 throughout", "a\xff\xfeb", []string{"a\xff\xfeb"}, []string{"a\ufffd\ufffdb", "a\xffb"}},

		{"no dots", "./a", nil, []string{"a", "x/a"}},
		{"empty part", "a//b", nil, []string{"a/b", "a/x/b"}},
		{"empty part at the end", "a//", nil, []string{"a/", "a/b/"}},
	} {
		t.Run(c.name, func(t *testing.T) { try(t, c.pattern, c.yes, c.no) })
	}
}

func TestMatchClasses(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		yes, no       []string
	}{
		{"members", "[abc]", []string{"a", "c", "x/b"}, []string{"d", "ab", "["}},
		{"range", "x[a-cz]", []string{"xa", "xb", "xc", "xz"}, []string{"xd", "x-", "x"}},
		{"two ranges", "[0-9a-f]", []string{"0", "9", "c"}, []string{"g", "-"}},
		{"empty range", "[b-a]", []string{"b"}, []string{"a", "-"}}, // git compares with the first end before it sees a range
		{"negated", "[!a-c]", []string{"d", "!", "é", "\xff"}, []string{"a", "b", "c", "dd"}},
		{"negated otherwise", "[^a]", []string{"b", "^"}, []string{"a"}},
		{"negation later", "[a!^]", []string{"a", "!", "^"}, []string{"b"}},
		{"bracket first", "[]a]", []string{"]", "a"}, []string{"[", "a]"}},
		{"bracket first, negated", "[!]a]", []string{"b"}, []string{"]", "a"}},
		{"range from a bracket", "[]-a]", []string{"]", "^", "a"}, []string{"-", "b"}},
		{"hyphen first", "[-a]", []string{"-", "a"}, []string{"b"}},
		{"hyphen last", "[a-]", []string{"a", "-"}, []string{"b", "]"}},
		{"hyphen behind a range", "[a-c-e]", []string{"b", "-", "e"}, []string{"d"}},
		{"range from a hyphen", "[--/]", []string{"-", "."}, []string{",", "/"}},
		{"escapes", `[\]\-\\a]`, []string{"]", "-", `\`, "a"}, []string{"b"}},
		{"escaped ends", `[\a-\c]`, []string{"b"}, []string{"-", `\`}},
		{"escaped hyphen", `[a\-c]`, []string{"a", "-", "c"}, []string{"b"}},
		{"escaped exclamation mark", `[\!a]`, []string{"!", "a"}, []string{"b"}},
		{"opening bracket", "[[a]", []string{"[", "a"}, []string{"b"}},
		{"characters", "[é-ü€]", []string{"é", "ö", "€"}, []string{"\xc3", "a", "é\xa9"}},
		{"bytes", "[\x80-\xff]", []string{"\x80", "\xc3", "\xff"}, []string{"é", "a", "\ufffd"}},
		{"star before", "*[0-9]", []string{"1", "a1", "é1"}, []string{"a", "1a"}},

		{"named", "[[:digit:]]", []string{"0", "9"}, []string{"a", ":", "[", "\u0663"}},
		{"named and others", "[x[:digit:]_]", []string{"x", "5", "_"}, []string{"d", ":"}},
		{"named, negated", "[![:alpha:]]", []string{"0", "é", "\xff"}, []string{"a", "Z"}},
		{"hyphen behind a name", "[[:digit:]-a]", []string{"1", "-", "a"}, []string{":", "A"}},
		{"range to a bracket", "[Y-[:alpha:]]", []string{"Z]", ":]", "a]"}, []string{"b]", "Z"}},
		{"no name", "[[:alpha]", []string{"[", ":", "a", "p"}, []string{"b", "]"}},
		{"no name at all", "[[:]", []string{"[", ":"}, []string{"]"}},
		{"not inside", "[:alpha:]", []string{":", "a", "h"}, []string{"b", "A"}},

		{"slash inside anchors", "[a/]", []string{"a"}, []string{"/", "x/a"}},
		{"slash is no member", "a[/]b", nil, []string{"a/b", "a[/]b"}},
		{"slash in a range", "a[.-0]b/c", []string{"a.b/c", "a0b/c"}, []string{"a/b/c"}},
		{"slash is not the rest", "a[!x]b/c", []string{"ayb/c"}, []string{"a/b/c"}},
		{"star before a slash inside", "*[/]", nil, []string{"a/", "a/b"}},
	} {
		t.Run(c.name, func(t *testing.T) { try(t, c.pattern, c.yes, c.no) })
	}
}

// try matches a pattern with paths; a trailing slash marks a directory.
func try(t *testing.T, pattern string, yes, no []string) {
	t.Helper()
	p, err := glob.Parse(pattern)
	if err != nil {
		t.Fatalf("%q: %v", pattern, err)
	}
	for i, paths := range [][]string{no, yes} {
		for _, path := range paths {
			want := i == 1
			name, dir := strings.CutSuffix(path, "/")
			if got := p.Match(name, dir); got != want {
				t.Errorf("%q with %q: %v, want %v", pattern, path, got, want)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	for pattern, want := range map[string]string{
		"":             "empty pattern",
		"/":            "empty pattern",
		"//":           "empty pattern",
		`\`:            "trailing backslash",
		`a\`:           "trailing backslash",
		`a\/`:          "trailing backslash", // the trailing slash is removed first, as by git
		`a\\\`:         "trailing backslash",
		"[":            "unterminated [",
		"a[":           "unterminated [",
		"[]":           "unterminated [",
		"[!]":          "unterminated [",
		"[!":           "unterminated [",
		"[a":           "unterminated [",
		"[a-":          "unterminated [",
		"[a/":          "unterminated [",
		`[a\`:          "unterminated [",
		`[a\]`:         "unterminated [",
		`[a-\`:         "unterminated [",
		"[[:alpha:]":   "unterminated [",
		"[[:alpha":     "unterminated [",
		"x/[a/b":       "unterminated [",
		"[[:foo:]]":    "unknown character class",
		"[[::]]":       "unknown character class",
		"[[:ALPHA:]]":  "unknown character class",
		"[a[:word:]b]": "unknown character class",
	} {
		if _, err := glob.Parse(pattern); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", pattern, err, want)
		}
	}
}

// TestTries: comparisons are bounded by the product of the lengths, for patterns that
// take exponential time in matchers that backtrack beyond the last asterisk.
func TestTries(t *testing.T) {
	const many = 100
	as, directories := strings.Repeat("a", many), strings.Repeat("a/", many)
	for _, c := range []struct{ pattern, path string }{
		{"a*a*a*a*a*b", as},
		{"a*a*a*a*a*b*", as},
		{"*?*?*?*?*[b]", as},
		{"*aa*aa*aa*aab*", as},
		{"*[!b]*[!b]*[!b]*[b]", strings.Repeat("é", many)},
		{"**/a/**/a/**/a/**/b", directories + "a"},
		{"**/a/**/a/**/a/**/b/**", directories + "a"},
		{"**/*/**/*/**/*/**/b", directories + "a"},
		{"**/a*a*b/**/a*a*b/**/c", strings.Repeat(as+"/", 10) + "a"},
		{"**/*a*a*/**/*a*a*b/**", strings.Repeat(as+"/", 10) + "a"},
	} {
		p, err := glob.Parse(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if p.Match(c.path, false) {
			t.Errorf("%q matches %q", c.pattern, c.path)
		}
		checkTries(t, p, c.pattern, c.path, false)
	}
}

func checkTries(t *testing.T, p *glob.Pattern, pattern, path string, dir bool) {
	t.Helper()
	bound := (len(pattern) + 1) * (len(path) + 1)
	if tries := p.Tries(path, dir); tries > bound {
		t.Errorf("%q with %q: %d tries, want %d at most", pattern, path, tries, bound)
	}
}

func TestNoAllocation(t *testing.T) {
	var filter glob.Filter
	for _, c := range usual {
		p, err := glob.Parse(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		filter.Add(p, false)
	}
	for _, path := range []string{"README", usual[0].path, "é/\xff/[x]"} {
		if n := testing.AllocsPerRun(100, func() { filter.Includes(path, false) }); n != 0 {
			t.Errorf("%q: %v allocations, want none", path, n)
		}
	}
}

// usual are typical patterns.
var usual = []struct{ title, pattern, path string }{
	{"suffix", "*.iso", "images/2024/debian-12.7.0-amd64-netinst.iso.part"},
	{"name", "node_modules/", "src/web/frontend/node_modules"},
	{"anchored", "/build/out", "build/out"},
	{"directories", "src/**/*.o", "src/a/b/c/d/module.c"},
	{"inside", ".git/**", ".git/objects/00/1234567890"},
	{"class", "*.[ch]", "src/include/very-long-name-of-a-header.hpp"},
	{"middle", "*backup*", "home/user/documents/report-2024.odt"},
}

func BenchmarkMatch(b *testing.B) {
	for _, c := range usual {
		b.Run(c.title, func(b *testing.B) {
			p, err := glob.Parse(c.pattern)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				p.Match(c.path, true)
			}
		})
	}
}
