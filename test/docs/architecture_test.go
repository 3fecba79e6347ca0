//go:build unix

package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// TestArchitecture checks that ARCHITECTURE.md names every package and nothing that
// doesn't exist.
func TestArchitecture(t *testing.T) {
	top := clitest.Root
	data, err := os.ReadFile(filepath.Join(top, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	packages, baseNames := sourcesBelow(t, top)
	fenced := regexp.MustCompile("(?ms)^```.*?^```")
	page := fenced.ReplaceAllString(string(data), "")
	_, chapter, found := strings.Cut(page, "\n## Packages\n")
	if !found {
		t.Fatal("it has no chapter of packages")
	}
	chapter, _, _ = strings.Cut(chapter, "\n## ")

	var listed []string
	span := regexp.MustCompile("`([^`\n]+)`")
	for line := range strings.Lines(chapter) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, match := range span.FindAllStringSubmatch(cells[1], -1) {
			listed = append(listed, match[1])
			if !slices.Contains(packages, match[1]) {
				t.Errorf("its tables list %s, which is no package", match[1])
			}
		}
	}
	for _, name := range packages {
		if !slices.Contains(listed, name) {
			t.Errorf("its tables don't list package %s", name)
		}
	}

	isFile := regexp.MustCompile(`\.(go|s|md|1|json|yml|svg)$`)
	for _, match := range span.FindAllStringSubmatch(page, -1) {
		name, _, _ := strings.Cut(match[1], " ")
		switch {
		case strings.HasPrefix(name, "-"), strings.Contains(name, "<"):
		case strings.Contains(name, "/"):
			if _, err := os.Stat(filepath.Join(top, name)); err != nil {
				t.Errorf("it names %s: %v", name, err)
			}
		case isFile.MatchString(name):
			if !slices.Contains(baseNames, name) {
				t.Errorf("it names %s, and no file is called that", name)
			}
		}
	}
}

// sourcesBelow returns the directories that have Go files, as paths below top, and the base
// names of all files.
func sourcesBelow(t *testing.T, top string) (packages, baseNames []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(top), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		baseNames = append(baseNames, base)
		if dir := path.Dir(name); strings.HasSuffix(base, ".go") && !slices.Contains(packages, dir) {
			packages = append(packages, dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages, baseNames
}
