package main

import (
	"os"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/process"
	"github.com/psha1sum/psha1sum/manifest"
)

// jsonTo returns the report with standard output in a file.
func jsonTo(t testing.TB, path string) *jsonLines {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	p := newProgram("psha1sum", process.Inherited{})
	p.out.Redirect(f, false)
	return newJSONLines(p, settings{choices: choices{algorithms: []*hasher.Algorithm{hasher.SHA1}}})
}

// TestJSONAllocatesNothing counts what an object costs once the buffer has grown.
func TestJSONAllocatesNothing(t *testing.T) {
	r := jsonTo(t, os.DevNull)
	digest := make([]byte, hasher.SHA1.Size)
	line := &manifest.Line{Number: 1 << 40, Entry: manifest.Entry{Size: len(digest)}}
	for _, test := range []struct {
		title string
		f     finding
	}{
		{"computed", finding{name: "a", digest: digest}},
		{"escaped", finding{name: "\"\x00\u2028é", digest: digest}},
		{"not UTF-8", finding{name: strings.Repeat("\xff", 1000), digest: digest}},
		{"verified", finding{verdict: verified, name: "a", digest: digest, manifest: "m", line: line}},
		{"mismatched", finding{verdict: mismatched, name: "a", digest: digest, manifest: "\xfe", line: line}},
	} {
		t.Run(test.title, func(t *testing.T) {
			test.f.algorithm = hasher.SHA1
			allocs := testing.AllocsPerRun(200, func() { r.found(&test.f) })
			if allocs != 0 {
				t.Errorf("%v allocations", allocs)
			}
		})
	}
}

// TestJSONWithoutManifest has a line that is of no manifest name none.
func TestJSONWithoutManifest(t *testing.T) {
	path := t.TempDir() + "/out"
	r := jsonTo(t, path)
	r.out.Flush()
	start, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line := &manifest.Line{Entry: manifest.Entry{Name: "a", Size: 2}}
	r.found(&finding{verdict: mismatched, name: "a", algorithm: hasher.SHA1, digest: []byte{1, 2}, line: line})
	r.ready()
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"type":"file","status":"mismatch","name":"a","algorithm":"sha1","digest":"0102","expected":"0000"}` + "\n"
	if got := string(all[len(start):]); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}
