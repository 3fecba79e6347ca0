//go:build unix

package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/internal/clitest"
)

// commandParts lists the packages of the command below internal, and those of them that
// each may import.
var commandParts = map[string][]string{
	"gnu":        nil,
	"process":    nil,
	"algorithm":  nil,
	"likeness":   nil,
	"cli":        {"algorithm", "gnu"},
	"atomicfile": {"gnu", "process"},
	"console":    {"gnu", "process"},
	"report":     {"gnu"},
	"formats":    {"algorithm", "atomicfile", "console", "gnu", "report"},
	"github":     {"console", "gnu", "process", "report"},
	"reports":    {"atomicfile", "cli", "console", "formats", "github", "report"},
	"outputs":    {"atomicfile"},
	"explain":    {"algorithm", "console", "gnu", "likeness", "report"},
	"verify":     {"algorithm", "likeness", "outputs", "report"},
	"source":     {"algorithm", "gnu", "outputs", "process", "report", "verify"},
}

// TestStructure checks that the command's packages import only those below them, have a
// package comment, and export fewer than 25 names.
func TestStructure(t *testing.T) {
	const mostNames = 24
	for part, below := range commandParts {
		t.Run(part, func(t *testing.T) {
			var names []string
			said := false
			for _, file := range filesOfPart(t, part) {
				said = said || strings.HasPrefix(file.Doc.Text(), "Package "+part+" ")
				for _, spec := range file.Imports {
					path := strings.Trim(spec.Path.Value, `"`)
					other, ours := strings.CutPrefix(path, "github.com/psha1sum/psha1sum/internal/")
					if _, isPart := commandParts[other]; ours && isPart && !slices.Contains(below, other) {
						t.Errorf("it imports %s", other)
					}
					if strings.HasPrefix(path, "github.com/psha1sum/psha1sum/cmd/") {
						t.Errorf("it imports %s", path)
					}
				}
				names = append(names, exportedBy(file)...)
			}
			if !said {
				t.Errorf("no comment says what package %s knows", part)
			}
			if len(names) > mostNames {
				t.Errorf("it exports %d names, more than %d: %q", len(names), mostNames, names)
			}
		})
	}
}

// filesOfPart parses the files of a package, except its tests.
func filesOfPart(t *testing.T, part string) (files []*ast.File) {
	t.Helper()
	dir := clitest.Path(t, "internal/"+part)
	notTest := func(info fs.DirEntry) bool {
		return strings.HasSuffix(info.Name(), ".go") && !strings.HasSuffix(info.Name(), "_test.go")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !notTest(entry) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, entry.Name()), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// exportedBy returns the names that a file exports, except methods.
func exportedBy(file *ast.File) (names []string) {
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil && decl.Name.IsExported() {
				names = append(names, decl.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Name.IsExported() {
						names = append(names, spec.Name.Name)
					}
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						if id.IsExported() {
							names = append(names, id.Name)
						}
					}
				}
			}
		}
	}
	return names
}
