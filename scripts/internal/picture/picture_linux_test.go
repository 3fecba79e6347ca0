package main

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestScreen has a screen show what a terminal shows of what psha1sum sends.
func TestScreen(t *testing.T) {
	for _, test := range []struct {
		title string
		sent  []string
		want  []string
	}{
		{"lines", []string{"a\r\nbc\r\n"}, []string{"a", "bc"}},
		{"written over", []string{"1 of 2\r2 of 2"}, []string{"2 of 2"}},
		{"erased", []string{"progress\r\x1b[K", "a: OK\r\n"}, []string{"a: OK"}},
		{"erased to the end of the screen", []string{"progress\r\x1b[J$ "}, []string{"$"}},
		{"in pieces", []string{"progress\r\x1b", "[", "Ka\xc3", "\xa9"}, []string{"a\u00e9"}},
		{"wider than it is", []string{strings.Repeat("x", 12)}, []string{strings.Repeat("x", 10), "xx"}},
	} {
		s := &screen{columns: 10}
		for _, sent := range test.sent {
			s.show(sent)
		}
		if got := s.lines(); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.title, got, test.want)
		}
	}
}

// TestSVG has the picture be XML that holds each line as it is.
func TestSVG(t *testing.T) {
	var b bytes.Buffer
	if err := writeSVG(&b, 20, []string{prompt + "psha1sum a&b <c>", "", "    size: 1"}); err != nil {
		t.Fatal(err)
	}
	var got []string
	decoder := xml.NewDecoder(&b)
	inText := false
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inText = token.Name.Local == "text"
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				got = append(got, string(token))
			}
		}
	}
	if want := []string{"$", "psha1sum a&b <c>", "size: 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
