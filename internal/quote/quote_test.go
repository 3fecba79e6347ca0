package quote_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/psha1sum/psha1sum/internal/large"
	"github.com/psha1sum/psha1sum/internal/quote"
)

func TestAppendShell(t *testing.T) {
	tests := []struct {
		name  string
		input string
		c     string // expected in the C locale
		utf8  string // expected in a UTF-8 locale, if different
	}{
		{name: "plain", input: "dir/file-1.0_a+b,c%d@e]f", c: "dir/file-1.0_a+b,c%d@e]f"},
		{name: "empty", input: "", c: `''`},
		{name: "stdin as a manifest", input: "standard input", c: `'standard input'`},
		{name: "leading dash", input: "-rf", c: "-rf"},
		{name: "colon", input: "a:b", c: `'a:b'`},
		{name: "backslash", input: `a\b`, c: `'a\b'`},
		{name: "double quote", input: `a"b`, c: `'a"b'`},
		{name: "special", input: "$(x)", c: `'$(x)'`},
		{name: "number sign first", input: "#a", c: `'#a'`},
		{name: "number sign later", input: "a#", c: "a#"},
		{name: "tilde first", input: "~", c: `'~'`},
		{name: "tilde later", input: "a~", c: "a~"},
		{name: "lone brace", input: "{", c: `'{'`},
		{name: "braces", input: "{a,b}", c: "{a,b}"},
		{name: "apostrophe", input: "it's", c: `"it's"`},
		{name: "apostrophe and space", input: "it's a: b", c: `"it's a: b"`},
		{name: "apostrophe and number sign first", input: "#'", c: `"#'"`},
		{name: "apostrophe and number sign later", input: "'#", c: `''\''#'`},
		{name: "apostrophe and brace", input: "'}", c: `''\''}'`},
		{name: "apostrophe and double quote", input: `a'b c"`, c: `'a'\''b c"'`},
		{name: "line feed", input: "a\nb", c: `'a'$'\n''b'`},
		{name: "line feed last", input: "a\n", c: `'a'$'\n'`},
		{name: "escape first", input: "\xffa", c: `''$'\377''a'`},
		{name: "run of escapes", input: "\a\b\t\n\v\f\r\x01\x1b\x7f", c: `''$'\a\b\t\n\v\f\r\001\033\177'`},
		{name: "escape and apostrophe", input: "\n'b", c: `''$'\n'\''b'`},
		{name: "apostrophe and escape", input: "'\nb", c: `''\'''$'\n''b'`},
		// 9.1 writes '''x'\'''$'\001' here.
		{name: "apostrophe, escape last", input: "x'\x01", c: `'x'\'''$'\001'`},
		{name: "character", input: "caf\u00e9", c: `'caf'$'\303\251'`, utf8: "caf\u00e9"},
		{name: "character and apostrophe", input: "l'\u00e9t", c: `'l'\'''$'\303\251''t'`, utf8: "\"l'\u00e9t\""},
		{name: "character and space", input: "\u20ac 5", c: `''$'\342\202\254'' 5'`, utf8: "'\u20ac 5'"},
		{name: "soft hyphen", input: "\u00ad", c: `''$'\302\255'`, utf8: "\u00ad"},
		{name: "private use", input: "\ue000", c: `''$'\356\200\200'`, utf8: "\ue000"},
		{name: "replacement character", input: "\ufffd", c: `''$'\357\277\275'`, utf8: "\ufffd"},
		{name: "C1 control", input: "\u0085", c: `''$'\302\205'`},
		{name: "line separator", input: "\u2028", c: `''$'\342\200\250'`},
		{name: "noncharacter", input: "\uffff", c: `''$'\357\277\277'`},
		{name: "surrogate", input: "\xed\xa0\x80", c: `''$'\355\240\200'`},
		{name: "beyond Unicode", input: "\xf4\x90\x80\x80", c: `''$'\364\220\200\200'`},
		{name: "overlong", input: "\xc0\xaf", c: `''$'\300\257'`},
		{name: "cut short", input: "a\xe2\x82", c: `'a'$'\342\202'`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.utf8 == "" {
				test.utf8 = test.c
			}
			if got := shell(test.input, false); got != test.c {
				t.Errorf("%q in C: %s, want %s", test.input, got, test.c)
			}
			if got := shell(test.input, true); got != test.utf8 {
				t.Errorf("%q in UTF-8: %s, want %s", test.input, got, test.utf8)
			}
		})
	}
}

func shell(name string, utf8Locale bool) string {
	return string(quote.AppendShell(nil, name, utf8Locale))
}

// TestAppendVisible: every character is escaped that is invisible or changes text
// direction, and different names stay different.
func TestAppendVisible(t *testing.T) {
	for name, want := range map[string]string{
		"": "''", "a": "a", "a b": "'a b'", "it's": `"it's"`, "日本": "日本", "e\u0301": "e\u0301", "\u05d0": "\u05d0", "\ue000": "\ue000",
		"a\u202eb": `'a'$'\342\200\256''b'`, "\u061c": `''$'\330\234'`, "\u2028\u2029": `''$'\342\200\250\342\200\251'`,
		"\u0085": `''$'\302\205'`, "\xff": `''$'\377'`, "\u3164": `''$'\343\205\244'`,
	} {
		if got := string(quote.AppendVisible(nil, name, true)); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	hidden := []*unicode.RangeTable{
		unicode.Bidi_Control, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Join_Control,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point,
	}
	for r := rune(utf8.RuneSelf); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		// Planes 4 to 13 have no characters, except two noncharacters at the end of each.
		if plane := r >> 16; !*large.Flag && 4 <= plane && plane <= 13 && r&0xfff0 != 0xfff0 {
			continue
		}
		name := string(r)
		got := string(quote.AppendVisible(nil, name, true))
		if seen := got == name; seen && unicode.In(r, hidden...) || !seen && unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !unicode.In(r, hidden...) {
			t.Errorf("%U is written as %q", r, got)
		}
		if back, err := unquote(got); err != nil || back != name {
			t.Errorf("%U: %q is read back as %q, %v", r, got, back, err)
		}
		if c := string(quote.AppendVisible(nil, name, false)); c != string(quote.AppendShell(nil, name, false)) {
			t.Errorf("%U in the C locale: %s", r, c)
		}
	}
}

// TestPourShell tests all kinds of names that are longer than a piece.
func TestPourShell(t *testing.T) {
	for _, part := range []string{"a", "it's", "a b", "\x01", "\x01a", "日本", "'\n"} {
		name := strings.Repeat(part, 200_000/len(part))
		var poured []byte
		pieces, longest := 0, 0
		rest := quote.PourShell([]byte("P: "), name, true, func(piece []byte) []byte {
			poured = append(poured, piece...)
			pieces++
			longest = max(longest, len(piece))
			return piece[:0]
		})
		got := string(append(poured, rest...))
		if want := "P: " + shell(name, true); got != want || pieces < 3 || longest > 64<<10 {
			t.Errorf("%q: %d pieces of %d bytes at the most, which differ: %v", part, pieces, longest, got != want)
		}
	}
}

func TestAppendShellAppends(t *testing.T) {
	dst := make([]byte, 0, 64)
	allocations := testing.AllocsPerRun(100, func() {
		dst = quote.AppendShell(append(dst[:0], "sha1sum: "...), "a\nb'\u00e9", true)
	})
	if got, want := string(dst), "sha1sum: 'a'$'\\n''b'\\''\u00e9'"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if allocations != 0 {
		t.Errorf("%v allocations, want none", allocations)
	}
}

// FuzzAppendShell: a shell reads the quoted text as the name, it is printable, and it
// doesn't depend on what precedes it.
func FuzzAppendShell(f *testing.F) {
	for _, name := range pieces {
		f.Add(name, true)
		f.Add("x'"+name+"'", false)
	}
	f.Fuzz(func(t *testing.T, name string, utf8Locale bool) {
		quoted := shell(name, utf8Locale)
		back, err := unquote(quoted)
		if err != nil || back != name {
			t.Errorf("%q quoted as %s reads %q, %v", name, quoted, back, err)
		}
		for i := range len(quoted) {
			if c := quoted[i]; c < ' ' || c == 0x7f || c >= 0x80 && !utf8Locale {
				t.Errorf("%q quoted as %q shows the byte %#x", name, quoted, c)
			}
		}
		if utf8Locale && strings.ToValidUTF8(quoted, "") != quoted {
			t.Errorf("%q quoted as %q is not UTF-8", name, quoted)
		}
		if got := string(quote.AppendShell([]byte("'"), name, utf8Locale)); got != "'"+quoted {
			t.Errorf("%q appended is %s, want '%s", name, got, quoted)
		}
	})
}

// pieces are the pieces of test names: every kind of byte and character that is treated
// specially, some twice as likely.
var pieces = []string{
	"a", "Z", "0", "'", "'", "\n", "\x01", "\x7f", "\x80", "\xc3", "\xff", "\r", "\a", "\b", "\t", "\v", "\f", "\x1b", "\x1f",
	" ", "!", "\"", "#", "$", "%", "&", "(", ")", "*", "+", ",", "-", ".", "/", ":", ";", "<", "=", ">", "?", "@",
	"[", "\\", "]", "^", "_", "`", "{", "|", "}", "~",
	"\u0080", "\u0085", "\u00a0", "\u00ad", "\u00e9", "e\u0301", "\u03c0", "\u0416", "\u05d0", "\u200b", "\u202e", "\u2028", "\u20ac",
	"\u4e2d", "\uac00", "\ud7ff", "\ue000", "\ufdd0", "\ufeff", "\ufffd", "\uffff", "\U0001f600", "\U000e0001", "\U000f0000", "\U0010ffff",
	"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xc0\xaf", "\xe2\x82", "\xf0\x9f\x98",
}

// specialNames returns each piece, each pair of pieces, and random longer names.
func specialNames(rng *rand.Rand, random int) []string {
	names := append([]string(nil), pieces...)
	for _, a := range pieces {
		for _, b := range pieces {
			names = append(names, a+b)
		}
	}
	for range random {
		var name strings.Builder
		for range 3 + rng.IntN(6) {
			name.WriteString(pieces[rng.IntN(len(pieces))])
		}
		names = append(names, name.String())
	}
	return names
}
