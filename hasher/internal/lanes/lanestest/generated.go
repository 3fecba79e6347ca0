package lanestest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Generated tests that the committed assembly of the package in the current directory
// is what the generator writes. If the generator can't be built, it fails with CI=true
// and is skipped otherwise.
func Generated(t *testing.T, hash, pkg string) {
	if testing.Short() {
		t.Skip("building the generator takes a while")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "generate")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "lanes", "_asm")
	build.Env = append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the generator can't be built: %v\n%s", err, out)
		}
		t.Skipf("the generator can't be built, perhaps for want of a network: %v\n%s", err, out)
	}
	assembly, stubs := filepath.Join(dir, "assembly"), filepath.Join(dir, "stubs")
	out, err := exec.Command(program, "-hash", hash, "-out", assembly, "-stubs", stubs, "-pkg", pkg).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, file := range []struct{ committed, generated string }{
		{pkg + "_amd64.s", assembly},
		{"stubs_amd64.go", stubs},
	} {
		if !bytes.Equal(body(t, file.committed), body(t, file.generated)) {
			t.Errorf("%s is not what the generator makes: run go generate", file.committed)
		}
	}
}

// body returns a generated file without its first line, the generator's command line.
func body(t *testing.T, name string) []byte {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("\n"))
	return text
}
