package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// top is the top directory.
const top = "../../.."

// TestAdding does what CONTRIBUTING.md says of adding an algorithm and a report, to an
// overlay of these sources, and has the real command and all lists know both.
func TestAdding(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("scripts are for systems with bash")
	}
	document, err := os.ReadFile(top + "/CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	changed := map[string]string{}
	for _, heading := range []string{"Add an algorithm", "Add a report"} {
		patch(t, changed, diffBelow(t, string(document), heading))
	}
	bin := buildWith(t, changed)
	t.Run("command", func(t *testing.T) { tryCommand(t, filepath.Join(bin, "psha1sum")) })
	t.Run("lists", func(t *testing.T) { tryLists(t, filepath.Join(bin, "lists")) })
}

// diffBelow returns the block of that kind below a heading.
func diffBelow(t *testing.T, document, heading string) string {
	t.Helper()
	_, section, found := strings.Cut(document, "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, diff, begun := strings.Cut(section, "\n```diff\n")
	diff, _, ended := strings.Cut(diff, "\n```\n")
	if !found || !begun || !ended {
		t.Fatalf("CONTRIBUTING.md has no diff below %q", heading)
	}
	return diff + "\n"
}

// patch applies a diff to sources, of which those that are changed have their new text
// by their names from the top directory. Numbers of lines count nothing.
func patch(t *testing.T, changed map[string]string, diff string) {
	t.Helper()
	for _, file := range strings.Split("\n"+diff, "\n--- ")[1:] {
		head, body, _ := strings.Cut(file, "\n@@ ")
		old, name, _ := strings.Cut(head, "\n+++ b/")
		var text, before, after string
		if old != "/dev/null" {
			data, err := os.ReadFile(filepath.Join(top, name))
			if err != nil {
				t.Fatal(err)
			}
			text = string(data)
		}
		for i, line := range strings.Split(strings.TrimSuffix(body, "\n"), "\n") {
			switch {
			case i == 0: // the rest of @@
			case strings.HasPrefix(line, "+"):
				after += line[1:] + "\n"
			case strings.HasPrefix(line, "-"):
				before += line[1:] + "\n"
			default:
				before += strings.TrimPrefix(line, " ") + "\n"
				after += strings.TrimPrefix(line, " ") + "\n"
			}
		}
		if old != "/dev/null" && strings.Count(text, before) != 1 {
			t.Fatalf("%s has not once what CONTRIBUTING.md would change:\n%s", name, before)
		}
		changed[name] = strings.Replace(text, before, after, 1)
	}
}

// buildWith returns a directory with the command, and the one that writes the lists, of
// these sources with some changed.
func buildWith(t *testing.T, changed map[string]string) (bin string) {
	t.Helper()
	root, err := filepath.Abs(top)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replaced := map[string]string{}
	for name, text := range changed {
		file := filepath.Join(dir, fmt.Sprint(len(replaced))+".go")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		replaced[filepath.Join(root, filepath.FromSlash(name))] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o644); err != nil {
		t.Fatal(err)
	}
	bin = filepath.Join(dir, "bin") + string(filepath.Separator)
	build := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-trimpath", "-buildvcs=false",
		"-tags=urfave_cli_no_docs", "-o", bin, "./cmd/psha1sum", "./scripts/internal/lists")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return bin
}

// tryCommand runs the command.
func tryCommand(t *testing.T, command string) {
	text := []byte("throw me away\n")
	digest := fmt.Sprintf("%08x", crc32.ChecksumIEEE(text))
	for _, test := range []struct {
		called, args string
		input        string
		fails        bool
		out, errors  string // what has to be there
	}{
		{args: "-a throwaway -", input: string(text), out: digest + "  -\n"},
		{args: "-a throwaway,sha1 -", input: string(text), out: "THROWAWAY (-) = " + digest + "\nSHA1 (-) = "},
		{called: "throwawaysum", input: string(text), out: digest + "  -\n"},
		{called: "pthrowawaysum", input: string(text), out: digest + "  -\n"},
		{called: "gthrowawaysum", input: "", out: "da39a3ee5e6b4b0d3255bfef95601890afd80709  -\n"}, // GNU has none
		{args: "--check -a throwaway -", input: digest + "  /dev/null\n", fails: true, out: "/dev/null: FAILED\n"},
		{args: "--check -a auto -", input: "THROWAWAY (/dev/null) = 00000000\n", out: "/dev/null: OK\n"},
		{args: "--json -a throwaway -", input: string(text), out: `"algorithm":"throwaway","digest":"` + digest + `"`},
		{args: "--help", out: "throwaway"},
		{args: "-a none", fails: true, errors: "  - 'throwaway'\n"},

		{args: "--report=throwaway -a throwaway -", input: string(text), out: digest, errors: "throwaway: 1\n"},
		{args: "--report=throwaway --report=throwaway /dev/null /dev/null", errors: "psha1sum: throwaway: 2\n"},
		{args: "--report=none", fails: true, errors: "  - 'github'\n  - 'throwaway'\n"},
		{args: "--report=throwaway:x", fails: true, errors: "invalid argument 'throwaway:x'"},
		{args: "--help", out: "github annotates, throwaway counts\n"},
	} {
		run := exec.Command(command, strings.Fields(test.args)...)
		run.Args[0] = "psha1sum"
		if test.called != "" {
			run.Args[0] = test.called
		}
		var out, errors bytes.Buffer
		run.Stdin, run.Stdout, run.Stderr = strings.NewReader(test.input), &out, &errors
		err := run.Run()
		words := strings.Join(strings.Fields(out.String()), " ") // the help may be wrapped
		if want := strings.Join(strings.Fields(test.out), " "); !strings.Contains(words, want) {
			t.Errorf("%s %s: it prints %q, not %q", run.Args[0], test.args, words, want)
		}
		if (err != nil) != test.fails || !strings.Contains(errors.String(), test.errors) || test.errors == "" && errors.Len() > 0 && !test.fails {
			t.Errorf("%s %s: %v, it says %q, not %q", run.Args[0], test.args, err, errors.String(), test.errors)
		}
		for line := range strings.Lines(out.String()) {
			if test.args == "--help" && len(line) > 80+len("\n") {
				t.Errorf("%q is wider than a terminal", line)
			}
		}
	}
}

// tryLists has copies of the files with lists be brought up to date.
func tryLists(t *testing.T, command string) {
	dir := t.TempDir()
	for _, l := range lists() {
		data, err := os.ReadFile(filepath.Join(top, l.file))
		if err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(dir, l.file)
		if err := os.MkdirAll(filepath.Dir(copied), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if said, err := exec.Command(command, "-top", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, l := range lists() {
		data, err := os.ReadFile(filepath.Join(dir, l.file))
		if err != nil {
			t.Fatal(err)
		}
		list := l
		list.text = ""
		without, _, err := list.update(string(data))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(data) - len(without); got <= len(l.text) || !strings.Contains(string(data), "throwaway") {
			t.Errorf("%s: %s are still %q", l.file, l.what, l.text)
		}
	}
}
