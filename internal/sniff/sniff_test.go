package sniff

import (
	"strings"
	"testing"
)

func TestHTML(t *testing.T) {
	for _, text := range []string{
		"<!DOCTYPE html>", "<!doctype HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">\n", "<html>", "<HTML lang=en>", "<html\n>", "<head>",
		"\ufeff<html>", " \r\n\t<html>", "<!-- saved from url=(0014)about:internet -->\n<html>",
		"<?xml version=\"1.0\"?>\n<!DOCTYPE html>", "<!----><!-- a --> <html>",
	} {
		if !HTML([]byte(text)) {
			t.Errorf("%q is no page", text)
		}
	}
	for _, text := range []string{
		"", "<", "<htm", "<htmlx>", "<header>", "html", "a <html>", "<!-- <html>", "<?xml <html>", "<!doctype svg>", "<svg>",
		"<?xml version=\"1.0\"?><rss>", "\x00<html>",
	} {
		if HTML([]byte(text)) {
			t.Errorf("%q is a page", text)
		}
	}
}

func TestTitle(t *testing.T) {
	for text, want := range map[string]string{
		"<html><title>404 Not Found</title>":        "404 Not Found",
		"<TITLE lang=en>\n a\x1b[0m \n</TITLE>":     "a\x1b[0m",
		"<titles>no</titles><title>yes</title>":     "yes",
		"<title>cut of":                             "",
		"<title":                                    "",
		"<p>no title</p>":                           "",
		"<title></title>":                           "",
		"<<title>twice</title><title>again</title>": "twice",
	} {
		if got := Title([]byte(text)); got != want {
			t.Errorf("the title of %q is %q, want %q", text, got, want)
		}
	}
}

// oid is the SHA-256 of "hello\n".
const oid = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"

func TestLFSPointer(t *testing.T) {
	const version = "version https://git-lfs.github.com/spec/v1\n"
	for _, text := range []string{
		version + "oid sha256:" + oid + "\nsize 6\n",
		version + "oid sha256:" + oid + "\nsize 6",
		version + "ext-0-foo sha256:" + oid + "\noid sha256:" + oid + "\nsize 6\n",
		strings.ReplaceAll(version+"oid sha256:"+oid+"\nsize 6\n", "\n", "\r\n"),
		"version https://hawser.github.com/spec/v1\noid sha256:" + oid + "\nsize 6\n",
	} {
		if p, ok := LFSPointer([]byte(text)); !ok || p != (Pointer{oid, 6}) {
			t.Errorf("%q is %v, %v", text, p, ok)
		}
	}
	for _, text := range []string{
		"", version, "oid sha256:" + oid + "\n" + version, version + "oid sha256:" + strings.ToUpper(oid) + "\nsize 6\n",
		version + "oid sha256:" + oid[1:] + "\nsize 6\n", version + "oid md5:" + oid + "\nsize 6\n",
		version + "oid sha256:" + oid + "\nsize -6\n", version + "oid sha256:" + oid + "\nsize 99999999999999999999\n",
		"version 1\noid sha256:" + oid + "\nsize 6\n", version + version + "oid sha256:" + oid + "\nsize 6\n",
		version + "oid sha256:" + oid + "\nsize 6\n" + strings.Repeat("x", 1024),
	} {
		if p, ok := LFSPointer([]byte(text)); ok {
			t.Errorf("%q is a pointer to %v", text, p)
		}
	}
}

// FuzzSniff: results are parts of the input, for any bytes.
func FuzzSniff(f *testing.F) {
	f.Add([]byte("<!--a--><?xml?><html><title>t</title>"))
	f.Add([]byte("version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize 6\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if title := Title(text); !strings.Contains(string(text), title) || strings.Contains(title, "<") {
			t.Errorf("the title of %q is %q", text, title)
		}
		if p, ok := LFSPointer(text); ok && !strings.Contains(string(text), "oid sha256:"+p.OID) {
			t.Errorf("%q is a pointer to %v", text, p)
		}
		if HTML(text) && !strings.Contains(strings.ToLower(string(text)), "html") && !strings.Contains(strings.ToLower(string(text)), "head") {
			t.Errorf("%q is a page", text)
		}
	})
}
