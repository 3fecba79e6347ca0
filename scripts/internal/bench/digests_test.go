package main

import (
	"maps"
	"strings"
	"testing"
)

const (
	digestA = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
	digestB = "e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98"
)

// TestParse has the output of Debian 12's tools for the files a and d/b.
func TestParse(t *testing.T) {
	want := map[string]string{"a": digestA, "d/b": digestB}
	tests := []struct {
		name   string
		parse  func([]byte) (map[string]string, error)
		output string
	}{
		{"sha1sum", parseSums, digestA + "  a\n" + digestB + "  d/b\n"},
		{"sha1sum -b", parseSums, digestA + " *a\n" + digestB + " *d/b\n"},
		{"sha1sum, names as find gives them", parseSums, digestA + "  ./a\n" + digestB + "  ./d/b\n"},
		{"rclone, in another order", parseSums, digestB + "  d/b\n" + digestA + "  a\n"},
		{"openssl", parseOpenSSL, "SHA1(a)= " + digestA + "\nSHA1(d/b)= " + digestB + "\n"},
		{"hashdeep", parseHashdeep, `%%%% HASHDEEP-1.0
%%%% size,sha1,filename
## Invoked from: /tmp
## $ hashdeep -c sha1 -l a d/b
` + "## \n1," + digestA + ",a\n1," + digestB + ",./d/b\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.parse([]byte(tt.output))
			if err != nil {
				t.Fatalf("parse(%q): %v", tt.output, err)
			}
			if !maps.Equal(got, want) {
				t.Errorf("parse(%q) = %v, want %v", tt.output, got, want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name   string
		parse  func([]byte) (map[string]string, error)
		output string
	}{
		{"sha1sum, torn line", parseSums, digestA + "\n"},
		{"sha1sum, one blank", parseSums, digestA + " a\n"},
		{"sha1sum, no name", parseSums, digestA + "  \n"},
		{"openssl, another algorithm", parseOpenSSL, "SHA256(a)= " + digestA + "\n"},
		{"openssl, torn line", parseOpenSSL, "SHA1(a\n"},
		{"hashdeep, missing column", parseHashdeep, "1," + digestA + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := tt.parse([]byte(tt.output)); err == nil {
				t.Errorf("parse(%q) = %v, want an error", tt.output, got)
			}
		})
	}
}

func TestCompareDigests(t *testing.T) {
	want := map[string]string{"a": digestA, "b": digestB}
	tests := []struct {
		name string
		got  map[string]string
		err  string // a part of it, "" for none
	}{
		{"equal", map[string]string{"a": digestA, "b": digestB}, ""},
		{"missing", map[string]string{"a": digestA}, "no digest of b"},
		{"wrong", map[string]string{"a": digestA, "b": digestA}, "digest of b is " + digestA},
		{"surplus", map[string]string{"a": digestA, "b": digestB, "c": digestA}, "digest of c"},
		{"nothing", nil, "no digest of"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := compareDigests(tt.got, want)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("compareDigests(%v, %v) = %v, want %q", tt.got, want, err, tt.err)
			}
		})
	}
}
