package cli

import (
	"strings"
	"testing"
)

// TestToolNames checks which tool a name selects, by the path rules of either system,
// since no test runs on Windows.
func TestToolNames(t *testing.T) {
	for _, test := range []struct {
		name          string
		unix, windows string // the algorithm, followed by "own" if the name is ours; or "refused"
	}{
		{"sha1sum", "sha1", "sha1"},
		{"psha1sum", "sha1 own", "sha1 own"},
		{"sha256sum", "sha256", "sha256"},
		{"/usr/bin/b2sum", "blake2b", "blake2b"},
		{"./pb3sum", "blake3 own", "blake3 own"},
		{"b3sum", "blake3", "blake3"},
		{"sha512-256sum", "sha512-256", "sha512-256"},

		{"gsha256sum", "sha256", "sha256"},
		{"/opt/homebrew/bin/gmd5sum", "md5", "md5"},
		{"gb2sum", "blake2b", "blake2b"},
		{"gb3sum", "sha1", "sha1"}, // GNU has no such tool
		{"gpsha256sum", "sha1", "sha1"},

		{"sha256sum.exe", "sha1", "sha256"},
		{"SHA256SUM.EXE", "sha1", "sha256"},
		{"psha1sum.exe", "sha1", "sha1 own"},
		{"PSHA512SUM.Exe", "sha1", "sha512 own"},
		{"PSha1Sum", "sha1", "sha1 own"},
		{`C:\bin\b2sum.exe`, "sha1", "blake2b"},
		{`C:\bin/GB2SUM.exe`, "sha1", "blake2b"},
		{"C:md5sum.exe", "sha1", "md5"},
		{`\\server\share\sha384sum`, "sha1", "sha384"},
		{`.\pmd5sum`, "sha1", "md5 own"},
		{"sha256sum.exe.exe", "sha1", "sha1"},
		{".exe", "sha1", "sha1"},
		{"", "sha1", "sha1"},

		{"sha256", "refused", "refused"},
		{"/sbin/md5", "refused", "refused"},
		{"sha1", "refused", "refused"},
		{"sha512t256", "refused", "refused"},
		{"shasum", "refused", "refused"},
		{"shasum/", "sha1", "sha1"},
		{`C:\Strawberry\SHASUM.EXE`, "sha1", "refused"},
		{"SHA256", "sha1", "refused"},
		{"sha256deep", "sha1", "sha1"},
		{"sha", "sha1", "sha1"},
	} {
		for _, by := range []struct {
			system string
			rule   pathRule
			want   string
		}{{"Unix", unixPaths, test.unix}, {"Windows", windowsPaths, test.windows}} {
			got := toolNamed(test.name, by.rule).Algorithm.Name
			if isOwnName(test.name, by.rule) {
				got += " own"
			}
			if foreignName(test.name, by.rule) != "" {
				got = "refused"
			}
			if got != by.want {
				t.Errorf("%q on %s is %s, want %s", test.name, by.system, got, by.want)
			}
		}
	}
}

// TestForeignNames checks that the message for each refused name suggests one that is
// accepted.
func TestForeignNames(t *testing.T) {
	for _, name := range []string{"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512t256", "shasum"} {
		text := foreignName(name, unixPaths)
		_, use, _ := strings.Cut(text, "; use the name ")
		use, _, _ = strings.Cut(use, " ")
		if use == "" || foreignName(use, unixPaths) != "" || name != "shasum" && strings.ToLower(toolNamed(use, unixPaths).Algorithm.Tag) != name {
			t.Errorf("%s: %s", name, text)
		}
	}
}
