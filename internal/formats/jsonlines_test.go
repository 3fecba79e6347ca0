package formats

import (
	"os"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/console"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/manifest"
)

// jsonTo returns a report whose standard output is a file.
func jsonTo(t testing.TB, path string) *jsonLines {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return NewJSON(console.NewOutput(f, false), JSONOptions{
		Algorithms: []*hasher.Algorithm{hasher.SHA1}, Broken: func() bool { return false },
	})
}

// TestJSONAllocatesNothing counts the allocations for an object once the buffer has
// grown.
func TestJSONAllocatesNothing(t *testing.T) {
	r := jsonTo(t, os.DevNull)
	digest := make([]byte, hasher.SHA1.Size)
	line := &manifest.Line{Number: 1 << 40, Entry: manifest.Entry{Size: len(digest)}}
	for _, test := range []struct {
		title string
		f     report.Finding
	}{
		{"computed", report.Finding{Name: "a", Digest: digest}},
		{"escaped", report.Finding{Name: "\"\x00\u2028é", Digest: digest}},
		{"not UTF-8", report.Finding{Name: strings.Repeat("\xff", 1000), Digest: digest}},
		{"verified", report.Finding{Verdict: report.Verified, Name: "a", Digest: digest, Manifest: "m", Line: line}},
		{"mismatched", report.Finding{Verdict: report.Mismatch, Name: "a", Digest: digest, Manifest: "\xfe", Line: line}},
	} {
		t.Run(test.title, func(t *testing.T) {
			test.f.Algorithm = hasher.SHA1
			allocs := testing.AllocsPerRun(200, func() { r.Found(&test.f) })
			if allocs != 0 {
				t.Errorf("%v allocations", allocs)
			}
		})
	}
}

// TestJSONWithoutManifest checks that a line of no manifest is printed without a
// manifest's name.
func TestJSONWithoutManifest(t *testing.T) {
	path := t.TempDir() + "/out"
	r := jsonTo(t, path)
	r.out.Flush()
	start, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line := &manifest.Line{Entry: manifest.Entry{Name: "a", Size: 2}}
	r.Found(&report.Finding{Verdict: report.Mismatch, Name: "a", Algorithm: hasher.SHA1, Digest: []byte{1, 2}, Line: line})
	r.Ready()
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"type":"file","status":"mismatch","name":"a","algorithm":"sha1","digest":"0102","expected":"0000"}` + "\n"
	if got := string(all[len(start):]); got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}
