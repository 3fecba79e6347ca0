package reports_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/psha1sum/psha1sum/internal/clitest"
	"github.com/psha1sum/psha1sum/internal/large"
	"golang.org/x/sys/unix"
)

// plainName is a name that messages show as it is.
const plainName = "plainName"

// controlNames contain something that a terminal would interpret, or that would look like
// another message.
var controlNames = []string{
	"\x1b[31mred\x1b[0m",     // color
	"\x1b]0;title\a",         // the window's title
	"\x9b31m", "\xc2\x9b31m", // CSI, in 8-bit sets and in UTF-8
	"\x90q\x9c", "\u0090q\u009c", // DCS and ST
	"\u0085", "new\nline", "\v\f", // new lines
	"x\nsha1sum: forged: OK",
	"\rsha1sum: forged\x1b[K", "\b\b\b", "\x7f", "\t", "\x0e", // SO, another character set
	"\xff\xfe", "caf\xe9\x1b", "é\x1b[2J", "it's\x1b", `"\` + "\x1b",
}

// A messageCase is a way to have a name appear in a message.
type messageCase struct {
	title string
	make  func(t *testing.T, dir, name string) // what there must be, or nil
	args  func(name string) []string
	as    bool // by somebody who may not read everything
}

func withName(words ...string) func(name string) []string {
	return func(name string) (args []string) {
		for _, word := range words {
			args = append(args, strings.ReplaceAll(word, "NAME", name))
		}
		return args
	}
}

func withFile(content string) func(t *testing.T, dir, name string) {
	return func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, name, strings.ReplaceAll(content, "NAME", name))
	}
}

func withLink(to string) func(t *testing.T, dir, name string) {
	return func(t *testing.T, dir, name string) {
		if err := os.Symlink(to, dir+"/"+name); err != nil {
			t.Fatal(err)
		}
	}
}

func withNode(mode uint32) func(t *testing.T, dir, name string) {
	return func(t *testing.T, dir, name string) {
		if err := unix.Mknod(dir+"/"+name, mode|0o644, int(unix.Mkdev(1, 3))); err != nil {
			clitest.Lacks(t, "mknod: %v", err)
		}
	}
}

func withDirectory(mode os.FileMode) func(t *testing.T, dir, name string) {
	return func(t *testing.T, dir, name string) {
		path := dir + "/" + name
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		clitest.Chmod(t, path, mode)
		t.Cleanup(func() { os.Chmod(path, 0o755) })
	}
}

// messageCases are all of our messages that repeat something, and GNU's that
// have names of files. What getopt says is not among them: like GNU's it repeats
// what was typed.
var messageCases = []messageCase{
	{title: "algorithm", args: withName("-a", "NAME")},
	{title: "length", args: withName("-a", "blake2b", "-l", "NAME")},
	{title: "jobs", args: withName("-j", "NAME")},
	{title: "io-jobs", args: withName("--io-jobs=NAME")},
	{title: "io", args: withName("--io=NAME")},
	{title: "progress", args: withName("--progress=NAME")},
	{title: "relative-to", args: withName("-c", "--relative-to=NAME")},
	{title: "exclude", args: withName("-r", "--exclude=NAME[")},
	{title: "include", args: withName("-r", "--include=NAME[")},
	{title: "extra operand", args: withName("--files0-from=list", "NAME")},
	{title: "directory", args: withName("-C", "NAME")},
	{title: "directory of all", args: withName("-C", "NAME", "-r")},
	{title: "directory is none", make: withFile(""), args: withName("-C", "NAME", "a")},

	{title: "expect", args: withName("--expect=NAME", os.DevNull)},
	{title: "extra operand to expect", args: withName("--expect="+clitest.DigestOf(""), "a", "NAME")},
	{title: "report", args: withName("--report=NAME")},

	{title: "missing list", args: withName("--files0-from=NAME")},
	{title: "list is a directory", make: withDirectory(0o755), args: withName("--files0-from=NAME")},
	{title: "empty name", make: withFile("\x00"), args: withName("--files0-from=NAME")},
	{title: "listed", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, "list", name+"\x00")
	}, args: withName("--files0-from=list")},
	{title: "listed manifest", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, "list", name+"\x00")
	}, args: withName("-c", "--files0-from=list")},

	{title: "FIFO", make: withNode(unix.S_IFIFO), args: withName("-r")},
	{title: "socket", make: withNode(unix.S_IFSOCK), args: withName("-r")},
	{title: "device", make: withNode(unix.S_IFCHR), args: withName("-r")},
	{title: "loop", make: withLink("."), args: withName("-rL")},
	{title: "dangling", make: withLink("nowhere"), args: withName("-rL")},
	{title: "closed directory", make: withDirectory(0), args: withName("-r"), as: true},
	{title: "closed operand", make: withDirectory(0), args: withName("-r", "./NAME"), as: true},

	{title: "missing", args: withName("--", "NAME")},
	{title: "directory", make: withDirectory(0o755), args: withName("--", "NAME")},
	{title: "missing manifest", args: withName("-c", "--", "NAME")},
	{title: "no line", make: withFile("?\n"), args: withName("-c", "--", "NAME")},
	{title: "bad line", make: withFile("?\n" + clitest.LineOf("", os.DevNull)), args: withName("-cw", "--", "NAME")},
	{title: "no file", make: withFile(clitest.LineOf("", "missing")), args: withName("-c", "--ignore-missing", "--", "NAME")},
	{title: "output is a directory", make: withDirectory(0o755), args: withName("-o", "NAME", os.DevNull)},
	{title: "no directory for the output", args: withName("-o", "nowhere/NAME", os.DevNull)},
	{title: "absolute", make: withLine("/"), args: withName("-c", "--beneath", "manifest")},
	{title: "above", make: withLine("../"), args: withName("-c", "--beneath", "manifest")},
	{title: "outside", make: func(t *testing.T, dir, name string) {
		withLine("")(t, dir, name)
		withLink("/")(t, dir, name)
	}, args: withName("-c", "--beneath", "manifest")},
	{title: "not regular", make: func(t *testing.T, dir, name string) {
		withLine("")(t, dir, name)
		withNode(unix.S_IFIFO)(t, dir, name)
	}, args: withName("-c", "--beneath", "manifest")},
	{title: "named in a manifest", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, "manifest", clitest.LineOf("", name))
	}, args: withName("-c", "manifest")},

	{title: "expected file is missing", args: withName("--expect="+clitest.DigestOf(""), "--", "./NAME")},
	{title: "required, but not listed", make: withLine("not "), args: withName("-c", "--require=NAME", "manifest")},
	{title: "required, but not verified", make: withLine(""), args: withName("-c", "--ignore-missing", "--require=./NAME", "manifest")},
	{title: "missing directory to audit", make: func(t *testing.T, dir, _ string) {
		clitest.Write(t, dir, "manifest", clitest.LineOf("", "missing"))
	}, args: withName("-c", "--audit=./NAME", "manifest")},
	{title: "FIFO in an audited directory", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, "manifest", clitest.LineOf("", os.DevNull))
		withNode(unix.S_IFIFO)(t, dir, name)
	}, args: withName("-c", "--audit=.", "manifest")},
	{title: "closed directory to audit", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, "manifest", clitest.LineOf("", os.DevNull))
		withDirectory(0)(t, dir, name)
	}, args: withName("-c", "--audit=.", "manifest"), as: true},
	{title: "no directory for the report", args: withName("--report=junit:nowhere/NAME", os.DevNull)},
	{title: "report is a directory", make: withDirectory(0o755), args: withName("--report=junit:NAME", os.DevNull)},

	{title: "explained", make: withListed("NAME", "other", "contents"), args: withName("-c", "--explain", "manifest")},
	{title: "explained manifest", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, name, clitest.LineOf("other", "explained")+"?\n")
		clitest.Write(t, dir, "explained", "contents")
	}, args: withName("-c", "--explain", "--", "NAME")},
	{title: "explained contents", make: withListed("file", "other", "<html><title>NAME</title>"), args: withName("-c", "--explain", "manifest")},
	{title: "exchanged", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, "file", "one")
		clitest.Write(t, dir, name, "two")
		clitest.Write(t, dir, "manifest", clitest.LineOf("two", "file")+clitest.LineOf("one", name))
	}, args: withName("-c", "--explain", "manifest")},
	{title: "contents of another", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, "file", "one")
		clitest.Write(t, dir, name, "two")
		clitest.Write(t, dir, "manifest", clitest.LineOf("other", "file")+clitest.LineOf("one", name))
	}, args: withName("-c", "--explain", "manifest")},
	{title: "alike", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, name, "")
		clitest.Write(t, dir, "manifest", clitest.LineOf("", name+" "))
	}, args: withName("-c", "--explain", "manifest")},
	{title: "missing on the way", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, "manifest", clitest.LineOf("", name+"/file"))
	}, args: withName("-c", "--explain", "manifest")},
	{title: "no directory on the way", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, name, "")
		clitest.Write(t, dir, "manifest", clitest.LineOf("", name+"/file"))
	}, args: withName("-c", "--explain", "manifest")},
	{title: "closed directory on the way", make: func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, "manifest", clitest.LineOf("", name+"/file"))
		withDirectory(0)(t, dir, name)
	}, args: withName("-c", "--explain", "manifest"), as: true},
}

// withListed makes a file with other contents than a manifest lists for it.
func withListed(file, listed, contents string) func(t *testing.T, dir, name string) {
	return func(t *testing.T, dir, name string) {
		in := strings.NewReplacer("NAME", name)
		clitest.Write(t, dir, in.Replace(file), in.Replace(contents))
		clitest.Write(t, dir, "manifest", clitest.LineOf(listed, in.Replace(file)))
	}
}

// withLine makes a manifest that lists the name behind something.
func withLine(before string) func(t *testing.T, dir, name string) {
	return func(t *testing.T, dir, name string) {
		clitest.Write(t, dir, "manifest", clitest.LineOf("", before+name))
	}
}

// TestControlCharacters checks that no byte of a name that a terminal would interpret,
// and no line of its own, is printed.
func TestControlCharacters(t *testing.T) {
	clitest.NeedOwn(t)
	for i, test := range messageCases {
		t.Run(test.title, func(t *testing.T) {
			t.Parallel()
			plain := test.said(t, plainName, "C")
			if !bytes.Contains(plain, []byte(plainName)) {
				t.Fatalf("the name is not in %q", plain)
			}
			lines := bytes.Count(plain, []byte("\n"))
			for j, name := range controlNames {
				if (i+j)%3 != 0 && !*large.Flag {
					continue
				}
				locales := []string{"C.UTF-8"}
				if !plainASCII(name) { // what is ASCII is the same in both
					locales = append(locales, "C")
				}
				for _, locale := range locales {
					said := test.said(t, name, locale)
					if err := tame(said, locale != "C"); err != nil {
						t.Errorf("%q in %s: %v: %q", name, locale, err, said)
					}
					if n := bytes.Count(said, []byte("\n")); n != lines {
						t.Errorf("%q in %s: %d lines, want %d: %q", name, locale, n, lines, said)
					}
				}
			}
		})
	}
}

// plainASCII reports whether a name is of ASCII alone.
func plainASCII(name string) bool {
	return strings.IndexFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// said returns what is said about a name.
func (c *messageCase) said(t *testing.T, name, locale string) []byte {
	t.Helper()
	dir := clitest.PublicDir(t)
	s := clitest.Settings{Dir: dir}
	if c.as {
		s = clitest.Unprivileged(t, dir)
	}
	s.Env = []string{"LC_ALL=" + locale}
	if c.make != nil {
		c.make(t, dir, name)
	}
	out := clitest.Ours.Output(t, c.args(name), s)
	if !bytes.HasPrefix(out.Stderr, []byte("sha1sum: ")) || !bytes.HasSuffix(out.Stderr, []byte("\n")) {
		t.Fatalf("%q: no message\n%s", name, out)
	}
	return out.Stderr
}

// tame reports what a terminal would interpret in a text, except line endings.
func tame(text []byte, utf8Locale bool) error {
	for len(text) > 0 {
		r, width := rune(text[0]), 1
		if utf8Locale {
			r, width = utf8.DecodeRune(text)
		}
		switch {
		case r == '\n':
		case unicode.IsControl(r), r == utf8.RuneError && width == 1:
			return fmt.Errorf("byte %#x is raw", text[0])
		case r >= utf8.RuneSelf && !utf8Locale:
			return fmt.Errorf("byte %#x is not ASCII", text[0])
		}
		text = text[width:]
	}
	return nil
}
