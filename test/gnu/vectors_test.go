//go:build unix

package gnu_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/nist"
)

// TestVectors hashes NIST's messages as files in one run and checks them in another.
func TestVectors(t *testing.T) {
	for _, file := range []string{"SHA1ShortMsg.rsp", "SHA1LongMsg.rsp"} {
		t.Run(file, func(t *testing.T) {
			f := clitest.Open(t, filepath.Join("../../testdata/nist/sha1", file), os.O_RDONLY)
			defer f.Close()
			messages, err := nist.ReadMessages(f)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			var names []string
			var want strings.Builder
			for _, message := range messages {
				name := fmt.Sprintf("line%d", message.Line)
				clitest.Write(t, dir, name, string(message.Data))
				names = append(names, name)
				fmt.Fprintf(&want, "%x  %s\n", message.Digest, name)
			}
			out := clitest.Ours.Output(t, names, clitest.Settings{Dir: dir})
			if out.Status != "exit 0" || len(out.Stderr) > 0 {
				t.Errorf("%s", out)
			}
			clitest.WantText(t, string(out.Stdout), want.String())

			clitest.Write(t, dir, "manifest", want.String())
			out = clitest.Ours.Output(t, []string{"--check", "manifest"}, clitest.Settings{Dir: dir})
			if out.Status != "exit 0" || len(out.Stderr) > 0 {
				t.Errorf("%s", out)
			}
			clitest.WantText(t, string(out.Stdout), strings.Join(names, ": OK\n")+": OK\n")
		})
	}
}

// TestSample checks that the committed manifest lists exactly the committed files.
func TestSample(t *testing.T) {
	manifest, err := os.ReadFile(filepath.Join(clitest.Root, "testdata/SHA1SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	names := sampleFiles(t)
	hashed := clitest.Ours.Output(t, names, clitest.Settings{Dir: clitest.Root})
	clitest.WantText(t, string(hashed.Stdout), string(manifest))
	checked := clitest.Ours.Output(t, []string{"--check", "testdata/SHA1SUMS"}, clitest.Settings{Dir: clitest.Root})
	clitest.WantText(t, string(checked.Stdout), strings.Join(names, ": OK\n")+": OK\n")
	for _, out := range []clitest.Outcome{hashed, checked} {
		if out.Status != "exit 0" || len(out.Stderr) > 0 {
			t.Errorf("%s", out)
		}
	}
}

// sampleFiles lists the files that the committed manifest is about, sorted.
func sampleFiles(t *testing.T) []string {
	var names []string
	for _, dir := range []string{"testdata/sample", "testdata/nist/sha1"} {
		err := fs.WalkDir(os.DirFS(clitest.Root), dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				names = append(names, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(names)
	return names
}
