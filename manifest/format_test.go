package manifest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAppend(t *testing.T) {
	tagged := Format{Tag: "SHA1", Tagged: true}
	for _, c := range []struct {
		name   string
		format Format
		file   string
		want   string
	}{
		{"default", Format{}, "a", H + "  a\n"},
		{"binary", Format{Binary: true}, "a", H + " *a\n"},
		{"zero", Format{Zero: true}, "a", H + "  a\x00"},
		{"tagged", tagged, "a", "SHA1 (a) = " + H + "\n"},
		{"tagged has no marker", Format{Tag: "SHA1", Tagged: true, Binary: true}, "a", "SHA1 (a) = " + H + "\n"},
		{"tagged zero", Format{Tag: "SHA1", Tagged: true, Zero: true}, "a\n", "SHA1 (a\n) = " + H + "\x00"},
		{"tag with length", Format{Tag: "BLAKE2b-160", Tagged: true}, "a", "BLAKE2b-160 (a) = " + H + "\n"},
		{"tag unused", Format{Tag: "SHA1"}, "a", H + "  a\n"},
		{"standard input", Format{}, "-", H + "  -\n"},
		{"empty name", Format{}, "", H + "  \n"},
		{"backslash", Format{}, `a\n`, `\` + H + `  a\\n` + "\n"},
		{"line feed", Format{}, "a\nb", `\` + H + `  a\nb` + "\n"},
		{"carriage return", Format{}, "a\r", `\` + H + `  a\r` + "\n"},
		{"escaped binary", Format{Binary: true}, "\n", `\` + H + ` *\n` + "\n"},
		{"escaped tagged", tagged, "\\\r\n", `\SHA1 (\\\r\n) = ` + H + "\n"},
		{"zero never escapes", Format{Zero: true}, "\\\r\n", H + "  \\\r\n\x00"},
		{"other bytes are raw", Format{}, " \t\x01'é\xff)", H + "   \t\x01'é\xff)\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.format.Append([]byte("before"), []byte(sum), c.file)
			if string(got) != "before"+c.want {
				t.Errorf("%+v of %q\n got %q\nwant %q", c.format, c.file, got, "before"+c.want)
			}
		})
	}
}

func TestAppendStatusName(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"plain", "a", "a"},
		{"empty", "", ""},
		{"line feed", "a\nb", `\a\nb`},
		{"backslash alone is raw", `a\nb`, `a\nb`},
		{"carriage return alone is raw", "a\rb", "a\rb"},
		{"all with a line feed", "\\\r\n", `\\\\r\n`},
		{"other bytes are raw", " \t\x01'é\xff", " \t\x01'é\xff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := AppendStatusName([]byte("before"), c.file)
			if string(got) != "before"+c.want {
				t.Errorf("name %q\n got %q\nwant %q", c.file, got, "before"+c.want)
			}
		})
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 1<<10)
	for _, name := range []string{"a", strings.Repeat("a\nb\\", 50)} {
		for _, format := range []Format{{}, {Tag: "SHA1", Tagged: true}} {
			allocs := testing.AllocsPerRun(100, func() {
				dst = format.Append(dst[:0], []byte(sum), name)
				dst = AppendStatusName(dst, name)
			})
			if allocs != 0 {
				t.Errorf("%+v of %q: %v allocations", format, name, allocs)
			}
		}
	}
}

// TestFormatAgainstGNU compares with the tools for all kinds of names in every format.
func TestFormatAgainstGNU(t *testing.T) {
	tools := gnuTools(t)
	tree, names := makeRandomTree(t)
	for _, tool := range tools {
		for _, c := range []struct {
			options string
			format  Format
		}{
			{"", Format{}},
			{"--text", Format{}},
			{"--binary", Format{Binary: true}},
			{"--zero", Format{Zero: true}},
			{"--binary --zero", Format{Binary: true, Zero: true}},
			{"--tag", Format{Tagged: true}},
			{"--tag --binary", Format{Tagged: true, Binary: true}},
			{"--tag --zero", Format{Tagged: true, Zero: true}},
		} {
			t.Run(tool.command+" "+c.options, func(t *testing.T) {
				format := c.format
				format.Tag = tool.algorithm.Tag
				var got []byte
				for _, name := range names {
					got = format.Append(got, tool.sum([]byte("content of "+name), tool.algorithm.Size), name)
				}
				args := append(append(strings.Fields(c.options), "--"), names...)
				cmd := exec.Command(tool.command, args...)
				cmd.Dir = tree
				want, err := cmd.Output()
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%v gives\n%q\nnot\n%q", cmd.Args[:2], want, got)
				}
			})
		}
	}
}

// makeRandomTree creates the files of makeTree and some with random names.
func makeRandomTree(t *testing.T) (tree string, names []string) {
	tree, names = makeTree(t)
	rnd := rand.New(rand.NewPCG(3, 0))
	for i := range 200 {
		name := fmt.Appendf(nil, "%d", i)
		for range rnd.IntN(20) {
			c := byte(1 + rnd.IntN(255))
			if rnd.IntN(3) == 0 {
				c = "\\\n\r"[rnd.IntN(3)]
			}
			if c != '/' {
				name = append(name, c)
			}
		}
		if err := os.WriteFile(filepath.Join(tree, string(name)), fmt.Appendf(nil, "content of %s", name), 0o666); err != nil {
			t.Fatal(err)
		}
		names = append(names, string(name))
	}
	return tree, names
}

// TestPourStatusName tests names that are longer than a piece.
func TestPourStatusName(t *testing.T) {
	for _, part := range []string{"a", "a\n", `\`} {
		name := strings.Repeat(part, 100_001/len(part))
		var poured []byte
		pieces := 0
		rest := PourStatusName([]byte("before"), name, func(piece []byte) []byte {
			poured = append(poured, piece...)
			pieces++
			return piece[:0]
		})
		got, want := string(append(poured, rest...)), string(AppendStatusName([]byte("before"), name))
		if got != want || pieces != 3 {
			t.Errorf("%q: %d pieces, which differ: %v", part, pieces, got != want)
		}
	}
}
