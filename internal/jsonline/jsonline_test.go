package jsonline_test

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/psha1sum/psha1sum/internal/jsonline"
)

func TestAppendString(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", `""`},
		{"plain", "a/b c~", `"a/b c~"`},
		{"quote and backslash", `"\`, `"\"\\"`},
		{"control characters", "\x00\b\t\n\f\r\x1b\x7f", `"\u0000\u0008\t\n\u000c\r\u001b\u007f"`},
		{"C1", "\u0085\u009b", `"\u0085\u009b"`},
		{"ends of lines", "\u2028\u2029", `"\u2028\u2029"`},
		{"turning the text around", "\u202e\u2066", `"\u202e\u2066"`},
		{"GitHub's older commands", "##[error]###[#[[##", `"##\u005berror]###\u005b#[[##"`},
		{"printable", "dé日𝄞", `"dé日𝄞"`},
		{"not printable, two units", "\U000e0001", `"\udb40\udc01"`},
		{"not UTF-8", "a\xff\xc3", "\"a\ufffd\ufffd\""},
		{"surrogate in UTF-8", "\xed\xa0\x80", "\"\ufffd\ufffd\ufffd\""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(jsonline.AppendString(nil, test.in)); got != test.want {
				t.Errorf("%q is %s, want %s", test.in, got, test.want)
			}
		})
	}
}

func TestObject(t *testing.T) {
	o := jsonline.Begin([]byte("before "))
	o.Text("t", "{")
	o.Name("n", "a\n")
	o.Name("m", "\xff")
	o.Hex("h", []byte{0, 0xab})
	o.Uint("u", 1<<64-1)
	o.Bool("b", true)
	o.Texts("none", nil)
	o.Texts("l", []string{"x", "\t"})
	o.Member(jsonline.AppendName(nil, "again", "y"))
	const want = `before {"t":"{","n":"a\n","m_base64":"/w==","h":"00ab","u":18446744073709551615,"b":true,` +
		`"none":[],"l":["x","\t"],"again":"y"}` + "\n"
	if got := string(o.End()); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	o = jsonline.Begin(nil)
	if got := string(o.End()); got != "{}\n" {
		t.Errorf("an empty object is %q", got)
	}
}

// FuzzName: names of any bytes are restored by encoding/json, and the line is
// printable.
func FuzzName(f *testing.F) {
	for _, name := range []string{
		"", "a", "\"\\\n\x00\x7f", "\u0085\u2028\u202e\ufeff", "𝄞\U000e0001\U0010ffff", "\xff", "é\xc3",
		strings.Repeat("\xfe", 95), strings.Repeat("\xfe", 96), strings.Repeat("\xfe", 97), "\xed\xa0\x80",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		o := jsonline.Begin(nil)
		o.Name("name", name)
		o.Text("text", name)
		line := string(o.End())
		text, ended := strings.CutSuffix(line, "\n")
		if !ended || !utf8.ValidString(text) {
			t.Fatalf("%q: no line of UTF-8", line)
		}
		for _, r := range text {
			if !strconv.IsPrint(r) {
				t.Fatalf("%q holds %U", line, r)
			}
		}
		var got struct {
			Name   *string
			Base64 *string `json:"name_base64"`
			Text   string
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if (got.Name != nil) != utf8.ValidString(name) || (got.Base64 != nil) == (got.Name != nil) {
			t.Fatalf("%q in %q: a string if it is UTF-8, else base64", name, line)
		}
		back := got.Name
		if back == nil {
			raw, err := base64.StdEncoding.Strict().DecodeString(*got.Base64)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			s := string(raw)
			back = &s
		}
		if *back != name {
			t.Errorf("%q came back as %q", name, *back)
		}
		if want := string([]rune(name)); got.Text != want {
			t.Errorf("the text %q came back as %q, want %q", name, got.Text, want)
		}
	})
}
