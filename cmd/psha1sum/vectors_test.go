//go:build unix

package main_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/nist"
)

// TestVectors has NIST's messages hashed as files, all in one run, and checked
// in another.
func TestVectors(t *testing.T) {
	for _, file := range []string{"SHA1ShortMsg.rsp", "SHA1LongMsg.rsp"} {
		t.Run(file, func(t *testing.T) {
			f := open(t, filepath.Join("../../testdata/nist/sha1", file), os.O_RDONLY)
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
				write(t, dir, name, string(message.Data))
				names = append(names, name)
				fmt.Fprintf(&want, "%x  %s\n", message.Digest, name)
			}
			out := ours.output(t, names, settings{dir: dir})
			if out.status != "exit 0" || len(out.stderr) > 0 {
				t.Errorf("%s", out)
			}
			wantText(t, string(out.stdout), want.String())

			write(t, dir, "manifest", want.String())
			out = ours.output(t, []string{"--check", "manifest"}, settings{dir: dir})
			if out.status != "exit 0" || len(out.stderr) > 0 {
				t.Errorf("%s", out)
			}
			wantText(t, string(out.stdout), strings.Join(names, ": OK\n")+": OK\n")
		})
	}
}

// root is the repository's, which the names in testdata/SHA1SUMS begin at.
const root = "../.."

// TestSample has the committed manifest describe the committed files, all of
// them, in both directions.
func TestSample(t *testing.T) {
	manifest, err := os.ReadFile(filepath.Join(root, "testdata/SHA1SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	names := sampleFiles(t)
	hashed := ours.output(t, names, settings{dir: root})
	wantText(t, string(hashed.stdout), string(manifest))
	checked := ours.output(t, []string{"--check", "testdata/SHA1SUMS"}, settings{dir: root})
	wantText(t, string(checked.stdout), strings.Join(names, ": OK\n")+": OK\n")
	for _, out := range []outcome{hashed, checked} {
		if out.status != "exit 0" || len(out.stderr) > 0 {
			t.Errorf("%s", out)
		}
	}
}

// sampleFiles lists the files that the committed manifest is about, sorted.
func sampleFiles(t *testing.T) []string {
	var names []string
	for _, dir := range []string{"testdata/sample", "testdata/nist/sha1"} {
		err := fs.WalkDir(os.DirFS(root), dir, func(path string, entry fs.DirEntry, err error) error {
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
