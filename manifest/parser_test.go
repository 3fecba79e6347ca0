package manifest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/large"
)

var sha1Lines = Algorithm{Tag: "SHA1", Size: 20}

// sum is the digest in most lines of these tests, H its digits.
const (
	sum = "\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10\x0f\x1e\x2d\x3c"
	H   = "0123456789abcdeffedcba98765432100f1e2d3c"
)

// readAll reads all lines of r and describes each: "2 malformed", or `2 "name"`
// followed by the digest unless it is sum.
func readAll(r *Reader) (got []string, err error) {
	for {
		line, err := r.Next()
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		got = append(got, describe(line))
	}
}

func describe(line Line) string {
	switch digest := line.Digest(); {
	case line.Malformed && line.Entry == (Entry{}):
		return fmt.Sprintf("%d malformed", line.Number)
	case line.Malformed:
		return fmt.Sprintf("%d malformed, but not zero: %v", line.Number, line.Entry)
	case string(digest) == sum:
		return fmt.Sprintf("%d %q", line.Number, line.Name)
	default:
		return fmt.Sprintf("%d %q %x", line.Number, line.Name, digest)
	}
}

// A grammarCase is a manifest and GNU's result. The differential test runs each with
// the installed sha1sum.
type grammarCase struct {
	name  string
	text  string
	stdin bool
	want  []string
}

// lines joins lines and terminates each.
func lines(l ...string) string {
	return strings.Join(l, "\n") + "\n"
}

var grammarCases = []grammarCase{
	// Lines.
	{name: "nothing"},
	{name: "last line without line feed", text: lines(H+"  a") + H + "  b",
		want: []string{`1 "a"`, `2 "b"`}},
	{name: "comments are counted, not returned", text: lines("#", "# "+H+"  a", H+"  b"),
		want: []string{`3 "b"`}},
	{name: "comment with carriage return, last", text: lines(H+"  b") + "#\r",
		want: []string{`1 "b"`}},
	{name: "comment not at column 0", text: lines(" # x", "\t#"),
		want: []string{"1 malformed", "2 malformed"}},
	{name: "hash in a name", text: lines(H + "  #a"), want: []string{`1 "#a"`}},
	{name: "empty lines are counted, not returned", text: lines("", "\r", "", H+"  a"),
		want: []string{`4 "a"`}},
	{name: "lone carriage return, last", text: lines(H+"  a") + "\r", want: []string{`1 "a"`}},
	{name: "only one carriage return is dropped", text: lines("\r\r", H+"  a\r\r"),
		want: []string{"1 malformed", `2 "a\r"`}},
	{name: "carriage return without line feed", text: H + "  a\r", want: []string{`1 "a"`}},
	{name: "carriage return inside", text: lines(H + "  a\rb"), want: []string{`1 "a\rb"`}},
	{name: "blanks alone", text: lines(" ", "\t \t", " \r"),
		want: []string{"1 malformed", "2 malformed", "3 malformed"}},
	{name: "leading blanks", text: lines("  \t "+H+"  a", "\t SHA1 (b) = "+H),
		want: []string{`1 "a"`, `2 "b"`}},
	{name: "other white space does not lead", text: lines("\v"+H+"  a", "\f"+H+"  a", "\u00a0"+H+"  a"),
		want: []string{"1 malformed", "2 malformed", "3 malformed"}},
	{name: "byte order mark", text: lines("\ufeff"+H+"  a", H+"  b"),
		want: []string{"1 malformed", `2 "b"`}},
	{name: "binary rubbish", text: "\x7fELF\x02\x01\x01\x00\xff\xfe\n\x80\n",
		want: []string{"1 malformed", "2 malformed"}},

	// BSD lines.
	{name: "bsd", text: lines("SHA1 (a) = " + H), want: []string{`1 "a"`}},
	{name: "bsd without blanks", text: lines("SHA1(a)=" + H), want: []string{`1 "a"`}},
	{name: "openssl", text: lines("SHA1(a)= " + H), want: []string{`1 "a"`}},
	{name: "bsd with many blanks around =", text: lines("SHA1 (a) \t = \t " + H), want: []string{`1 "a"`}},
	{name: "bsd with two blanks before the name", text: lines("SHA1  (a) = " + H), want: []string{"1 malformed"}},
	{name: "bsd with a tab before the name", text: lines("SHA1\t(a) = " + H), want: []string{"1 malformed"}},
	{name: "bsd without name", text: lines("SHA1", "SHA1 ", "SHA1 = "+H, "SHA1 a = "+H),
		want: []string{"1 malformed", "2 malformed", "3 malformed", "4 malformed"}},
	{name: "bsd with an unclosed name", text: lines("SHA1 (", "SHA1 (a = "+H),
		want: []string{"1 malformed", "2 malformed"}},
	{name: "bsd with an empty name", text: lines("SHA1 () = " + H), want: []string{`1 ""`}},
	{name: "bsd name runs to the last parenthesis", text: lines("SHA1 (a) = "+H+") = "+H, "SHA1 ()) = "+H),
		want: []string{fmt.Sprintf("1 %q", "a) = "+H), `2 ")"`}},
	{name: "bsd with a parenthesis behind the digest", text: lines("SHA1 (a) = " + H + ")"),
		want: []string{"1 malformed"}},
	{name: "bsd without =", text: lines("SHA1 (a) "+H, "SHA1 (a)", "SHA1 (a) == "+H),
		want: []string{"1 malformed", "2 malformed", "3 malformed"}},
	{name: "bsd trailing blank", text: lines("SHA1 (a) = "+H+" ", "SHA1 (a) = "+H+"\t"),
		want: []string{"1 malformed", "2 malformed"}},
	{name: "bsd trailing carriage return", text: lines("SHA1 (a) = "+H+"\r", "SHA1 (a) = "+H+"\r\r"),
		want: []string{`1 "a"`, "2 malformed"}},
	{name: "bsd digest length", text: lines("SHA1 (a) = "+H[1:], "SHA1 (a) = "+H+"0", "SHA1 (a) = "),
		want: []string{"1 malformed", "2 malformed", "3 malformed"}},
	{name: "bsd digest not hexadecimal", text: lines("SHA1 (a) = g"+H[1:], "SHA1 (a) = "+H[:39]+"G"),
		want: []string{"1 malformed", "2 malformed"}},
	{name: "bsd upper case digest", text: lines("SHA1 (a) = " + strings.ToUpper(H)), want: []string{`1 "a"`}},
	{name: "tag in another case", text: lines("sha1 (a) = "+H, "Sha1 (a) = "+H),
		want: []string{"1 malformed", "2 malformed"}},
	{name: "tag of another algorithm", text: lines("MD5 (a) = "+H[:32], "SHA256 (a) = "+H, "SHA1-160 (a) = "+H, "SHA12 (a) = "+H),
		want: []string{"1 malformed", "2 malformed", "3 malformed", "4 malformed"}},
	{name: "tag is never retried as gnu", text: lines("SHA1"+H+"  a", "SHA1 "+H+"  a"),
		want: []string{"1 malformed", "2 malformed"}},
	{name: "bsd blanks belong to the name", text: lines("SHA1 ( a ) = " + H), want: []string{`1 " a "`}},

	// GNU lines.
	{name: "text and binary marker", text: lines(H+"  a", H+" *b"), want: []string{`1 "a"`, `2 "b"`}},
	{name: "tab before the marker", text: lines(H+"\t a", H+"\t*b"), want: []string{`1 "a"`, `2 "b"`}},
	{name: "upper and mixed case digest", text: lines(strings.ToUpper(H)+"  a", H[:20]+strings.ToUpper(H[20:])+"  b"),
		want: []string{`1 "a"`, `2 "b"`}},
	{name: "digest", text: lines("FFffFFffFFffFFffFFff00000000000000000000  a"),
		want: []string{`1 "a" ffffffffffffffffffff00000000000000000000`}},
	{name: "digest length", text: lines(H[1:]+"  a", H+"0  a", H+H[:24]+"  a", H[:32]+"  a"),
		want: []string{"1 malformed", "2 malformed", "3 malformed", "4 malformed"}},
	{name: "digest not hexadecimal", text: lines("g"+H[1:]+"  a", H[:39]+"G  a", "0x"+H+"  a", H[:39]+"\xff  a",
		H[:39]+"/  a", H[:39]+":  a", H[:39]+"@  a", H[:39]+"`  a"),
		want: []string{"1 malformed", "2 malformed", "3 malformed", "4 malformed",
			"5 malformed", "6 malformed", "7 malformed", "8 malformed"}},
	{name: "digest alone", text: lines(H, H+" ", H+"\t", H+" \r"),
		want: []string{"1 malformed", "2 malformed", "3 malformed", "4 malformed"}},
	{name: "no blank behind the digest", text: lines(H+"*a", H+"-a", H+"\va"),
		want: []string{"1 malformed", "2 malformed", "3 malformed"}},
	{name: "blanks belong to the name", text: lines(H+"   a ", H+"  \ta\t", H+" * *"),
		want: []string{`1 " a "`, `2 "\ta\t"`, `3 " *"`}},
	{name: "name of any bytes", text: lines(H + "  \xff\xfe\x01 'é'"), want: []string{fmt.Sprintf("1 %q", "\xff\xfe\x01 'é'")}},
	{name: "mixed forms", text: lines(H+"  a", "SHA1 (b) = "+H, H+" *c"),
		want: []string{`1 "a"`, `2 "b"`, `3 "c"`}},

	// Standard and reversed lines.
	{name: "reversed", text: lines(H+" a", H+" bc"), want: []string{`1 "a"`, `2 "bc"`}},
	{name: "reversed keeps what would be a marker", text: lines(H+" a", H+"  a", H+" *a", H+"   "),
		want: []string{`1 "a"`, `2 " a"`, `3 "*a"`, `4 "  "`}},
	{name: "standard refuses reversed", text: lines(H+"  a", H+" a", H+" bc", H+"  d"),
		want: []string{`1 "a"`, "2 malformed", "3 malformed", `4 "d"`}},
	{name: "one byte is always reversed", text: lines(H+"  ", H+" *", H+"  a"),
		want: []string{`1 " "`, `2 "*"`, `3 " a"`}},
	{name: "one byte before a carriage return is reversed", text: lines(H+"  \r", H+"  a"),
		want: []string{`1 " "`, `2 " a"`}},
	{name: "standard refuses one byte", text: lines(H+"  a", H+"  ", H+" *"),
		want: []string{`1 "a"`, "2 malformed", "3 malformed"}},
	{name: "a tab is no marker", text: lines(H+" \ta", H+"  a"), want: []string{`1 "\ta"`, `2 " a"`}},
	{name: "bsd lines don't decide", text: lines("SHA1 (a) = "+H, H+" b", "SHA1 (c) = "+H, H+"  d"),
		want: []string{`1 "a"`, `2 "b"`, `3 "c"`, `4 " d"`}},
	{name: "malformed digests don't decide", text: lines("g"+H[1:]+" a", H[1:]+" a", H+"  b"),
		want: []string{"1 malformed", "2 malformed", `3 "b"`}},
	{name: "a bad escape decides: reversed", text: lines(`\`+H+` \a`, H+"  b"),
		want: []string{"1 malformed", `2 " b"`}},
	{name: "a bad escape decides: standard", text: lines(`\`+H+`  \a`, H+" b", H+"  c"),
		want: []string{"1 malformed", "2 malformed", `3 "c"`}},
	{name: "standard input as entry decides", text: lines(H+" -", H+"  -", H+"  b"), stdin: true,
		want: []string{"1 malformed", `2 " -"`, `3 " b"`}},

	// Escapes.
	{name: "escapes", text: lines(`\` + H + `  \\a\nb\r\\n`), want: []string{`1 "\\a\nb\r\\n"`}},
	{name: "escapes in bsd", text: lines(`\SHA1 (\\a\nb\r) = ` + H), want: []string{`1 "\\a\nb\r"`}},
	{name: "escapes behind leading blanks", text: lines(` \` + H + `  a\\`), want: []string{`1 "a\\"`}},
	{name: "flag without need", text: lines(`\`+H+"  a", `\SHA1 (b) = `+H), want: []string{`1 "a"`, `2 "b"`}},
	{name: "flag of two backslashes", text: lines(`\\`+H+"  a", `\\SHA1 (a) = `+H),
		want: []string{"1 malformed", "2 malformed"}},
	{name: "flag then blank", text: lines(`\ `+H+"  a", `\ SHA1 (a) = `+H), want: []string{"1 malformed", "2 malformed"}},
	{name: "flag alone", text: lines(`\`, `\\`), want: []string{"1 malformed", "2 malformed"}},
	{name: "other escapes", text: lines(`\`+H+`  \t`, `\`+H+`  a\0`, `\`+H+`  \`+"\rb", `\SHA1 (\x) = `+H),
		want: []string{"1 malformed", "2 malformed", "3 malformed", "4 malformed"}},
	{name: "backslash at the end", text: lines(`\`+H+`  a\`, `\`+H+`  \\\`, `\SHA1 (a\) = `+H),
		want: []string{"1 malformed", "2 malformed", "3 malformed"}},
	{name: "escape from the line's own carriage return", text: lines(`\` + H + `  a\` + "\r"), want: []string{"1 malformed"}},
	{name: "unflagged backslashes are literal", text: lines(H+`  \n\\`, `SHA1 (\q\) = `+H),
		want: []string{`1 "\\n\\\\"`, `2 "\\q\\"`}},
	{name: "raw carriage return in an escaped name", text: lines(`\` + H + "  a\rb"), want: []string{`1 "a\rb"`}},
	{name: "escaped reversed", text: lines(`\` + H + ` \\`), want: []string{`1 "\\"`}},
	{name: "the marker is no part of an escape", text: lines(`\`+H+`  n`, `\`+H+` *\n`), want: []string{`1 "n"`, `2 "\n"`}},

	// NUL.
	{name: "nul cuts the name", text: lines(H+"  a\x00b", "SHA1 (c\x00d) = "+H), want: []string{`1 "a"`, `2 "c"`}},
	{name: "nul leaves an empty name", text: lines(H+"  \x00", "SHA1 (\x00) = "+H), want: []string{`1 ""`, `2 ""`}},
	{name: "nul is no marker", text: lines(H+" \x00a", H+"  b"), want: []string{`1 ""`, `2 " b"`}},
	{name: "nul in an escaped name", text: lines(`\`+H+"  a\x00b", `\SHA1 (a`+"\x00"+`b) = `+H, `\SHA1 (a\`+"\x00) = "+H),
		want: []string{"1 malformed", "2 malformed", "3 malformed"}},
	{name: "nul behind a bsd digest", text: lines("SHA1 (a) = "+H+"\x00", "SHA1 (a) = "+H+"\x00\x00 junk", `\SHA1 (a) = `+H+"\x00\\q"),
		want: []string{`1 "a"`, `2 "a"`, `3 "a"`}},
	{name: "nul then parenthesis behind a bsd digest", text: lines("SHA1 (a) = " + H + "\x00)"), want: []string{"1 malformed"}},
	{name: "nul before a bsd digest", text: lines("SHA1 (a) \x00= "+H, "SHA1 (a) =\x00"+H, "SHA1\x00(a) = "+H),
		want: []string{"1 malformed", "2 malformed", "3 malformed"}},
	{name: "nul in a digest", text: lines(H[:20]+"\x00"+H[21:]+"  a", "SHA1 (a) = "+H[:20]+"\x00"+H[21:]),
		want: []string{"1 malformed", "2 malformed"}},
	{name: "nul in place of the blank", text: lines(H+"\x00 a", H+"\x00a"), want: []string{"1 malformed", "2 malformed"}},
	{name: "nul first", text: lines("\x00", "\x00"+H+"  a", "\x00# x"), want: []string{"1 malformed", "2 malformed", "3 malformed"}},
	{name: "nul cuts before the carriage return", text: lines(H + "  a\x00\r\r"), want: []string{`1 "a"`}},

	// The standard input.
	{name: "standard input can't list itself", text: lines(H+"  -", "SHA1 (-) = "+H, H+" *-", `\`+H+"  -", H+"  -\x00a"), stdin: true,
		want: []string{"1 malformed", "2 malformed", "3 malformed", "4 malformed", "5 malformed"}},
	{name: "other names on standard input", text: lines(H+"  ./-", H+"  -a", H+"   -"), stdin: true,
		want: []string{`1 "./-"`, `2 "-a"`, `3 " -"`}},
	{name: "a file can list standard input", text: lines(H+"  -", "SHA1 (-) = "+H), want: []string{`1 "-"`, `2 "-"`}},
}

func TestGrammar(t *testing.T) {
	for _, c := range grammarCases {
		t.Run(c.name, func(t *testing.T) {
			r := NewParser(sha1Lines).NewReader(strings.NewReader(c.text), c.stdin)
			got, err := readAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("manifest %q\n got %q\nwant %q", c.text, got, c.want)
			}
		})
	}
}

// TestStyleOutlivesManifest: the manifests of a run share the style; another run has
// its own.
func TestStyleOutlivesManifest(t *testing.T) {
	read := func(p *Parser, text string) []string {
		got, err := readAll(p.NewReader(strings.NewReader(text), false))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, c := range []struct {
		name      string
		manifests []string
		want      []string // of the last one
	}{
		{"reversed", []string{H + " a", H + "  a"}, []string{`1 " a"`}},
		{"standard", []string{H + "  a", H + " a"}, []string{"1 malformed"}},
		{"undecided by comments, bsd and malformed lines",
			[]string{"# " + H + "  a\nSHA1 (a) = " + H + "\n" + H[1:] + "  a", H + " a"}, []string{`1 "a"`}},
		{"over a manifest without lines", []string{H + " a", "", H + "  a"}, []string{`1 " a"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := NewParser(sha1Lines)
			var got []string
			for _, text := range c.manifests {
				got = read(p, text)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("manifests %q: last gave %q, want %q", c.manifests, got, c.want)
			}
			if got, want := read(NewParser(sha1Lines), H+" a"), []string{`1 "a"`}; !slices.Equal(got, want) {
				t.Errorf("a new run gave %q, want %q", got, want)
			}
		})
	}
}

// TestSettled: what settled reports about a prefix holds for every continuation.
func TestSettled(t *testing.T) {
	// With two-digit digests, most of a short line matters.
	t.Run("fixed", func(t *testing.T) { testSettled(t, Algorithm{Tag: "X", Size: 1}) })
	t.Run("variable", func(t *testing.T) {
		testSettled(t, Algorithm{Tag: "X", Size: 2, Variable: true}, "X-8 (", "X-8(", `\X-0x10 (`, "X-  +000010 (", "X-", "X-00",
			"0000 ", "00", "000000 ", "X  (", "X\t(")
	})
	t.Run("two", func(t *testing.T) {
		testSettled(t, Algorithm{Tag: "XY", Size: 1, Aliases: []string{"X"}}, "XY (", "XY(", "X")
	})
}

func testSettled(t *testing.T, a Algorithm, more ...string) {
	heads := append(more, []string{"00  ", "00 *", "00 ", `\00  `, `\00 `, " 00  ", strings.Repeat(" \t", 8) + "00  ", "0", "X (", "X(", `\X (`, " X (", "X", ""}...)
	tails := []string{"", ")", ") = 00", ") = 00\x00", ") = 00\x00)", ")=00 "}
	const letters = "aa0  *)\\\\nr\r\x00"
	rnd := rand.New(rand.NewPCG(1, 0))
	settled := 0
	for range large.Or(15_000, 50_000) {
		line := []byte(heads[rnd.IntN(len(heads))])
		for range rnd.IntN(16) {
			line = append(line, letters[rnd.IntN(len(letters))])
		}
		line = append(line, tails[rnd.IntN(len(tails))]...)
		for _, s := range []style{undecided, standard, reversed} {
			want := parseLine(a, s, line)
			for n := range line {
				p := NewParser(a)
				if p.style = s; !p.settled(line[:n]) {
					continue
				}
				settled++
				for _, beginning := range [][]byte{line[:n], bytes.TrimSuffix(line[:n], []byte("\r"))} {
					if got := parseLine(a, s, beginning); got != want {
						t.Fatalf("%q settles nothing: it reads as %+v, but %q as %+v", line[:n], got, line, want)
					}
				}
			}
		}
	}
	if settled == 0 {
		t.Error("nothing settles a line")
	}
}

// A parsedLine is the complete result of parsing a line.
type parsedLine struct {
	ok    bool
	entry Entry
	style style
}

func parseLine(a Algorithm, s style, line []byte) (got parsedLine) {
	p := NewParser(a)
	p.style = s
	if got.ok = p.parse(line, &got.entry); !got.ok {
		got.entry = Entry{}
	}
	got.style = p.style
	return got
}

func TestAlgorithms(t *testing.T) {
	digits := strings.Repeat(H, 4)[:2*MaxDigestSize]
	for _, a := range []Algorithm{
		{Tag: "MD5", Size: 16}, {Tag: "SHA1", Size: 20}, {Tag: "SHA224", Size: 28}, {Tag: "SHA256", Size: 32},
		{Tag: "SHA384", Size: 48}, {Tag: "SHA512", Size: 64},
		{Tag: "CRC8", Size: 1}, // no tool has it: the shortest digest possible
	} {
		t.Run(a.Tag, func(t *testing.T) {
			h := digits[:2*a.Size]
			text := lines(h+"  a", a.Tag+" (b) = "+h, h+"0  a", h[1:]+"  a", a.Tag+" (b) = "+h+"0")
			r := NewParser(a).NewReader(strings.NewReader(text), false)
			for i, name := range []string{"a", "b"} {
				line, err := r.Next()
				if err != nil || line.Malformed || line.Name != name || hex.EncodeToString(line.Digest()) != h {
					t.Errorf("line %d: got %+v, %v; want %q with %s", i+1, line, err, name, h)
				}
				if len(strings.Trim(string(line.Sum[line.Size:]), "\x00")) > 0 {
					t.Errorf("line %d: Sum is not zero behind the digest: %x", i+1, line.Sum)
				}
			}
			got, err := readAll(r)
			if want := []string{"3 malformed", "4 malformed", "5 malformed"}; err != nil || !slices.Equal(got, want) {
				t.Errorf("got %q, %v; want %q", got, err, want)
			}
		})
	}
}

func TestNewParserPanics(t *testing.T) {
	for _, a := range []Algorithm{{}, {Size: 20}, {Tag: "SHA1"}, {Tag: "SHA1", Size: -1}, {Tag: "SHA1", Size: MaxDigestSize + 1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewParser(%+v) did not panic", a)
				}
			}()
			NewParser(a)
		}()
	}
}
