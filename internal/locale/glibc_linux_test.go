package locale

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUTF8 has its own locale directory: two locales with their codeset in the name,
// two without, an archive, and one that only LOCPATH reaches.
func TestUTF8(t *testing.T) {
	dir, locpath := t.TempDir(), t.TempDir()
	writeCtype(t, dir, "C.utf8", "UTF-8")
	writeCtype(t, dir, "de_DE.iso88591", "ISO-8859-1")
	writeCtype(t, dir, "hi_IN", "UTF-8")
	writeCtype(t, dir, "el_GR@euro", "ISO-8859-7")
	writeCtype(t, locpath, "fa_IR", "UTF-8")
	archive := newArchive(11, map[string]string{
		"en_US.utf8": "UTF-8", "en_US": "ISO-8859-1", "hr_HR": "ISO-8859-2", "se_NO": "UTF-8", "nn_NO.iso10646": "UTF-8",
	})
	if err := os.WriteFile(dir+"/locale-archive", archive, 0o666); err != nil {
		t.Fatal(err)
	}

	type env map[string]string
	tests := []struct {
		name string
		env  env
		want bool
	}{
		{"nothing set", nil, false},
		{"C", env{"LC_ALL": "C"}, false},
		{"POSIX", env{"LC_ALL": "POSIX"}, false},
		{"C.UTF-8", env{"LC_ALL": "C.UTF-8"}, true},
		{"C.utf8", env{"LC_ALL": "C.utf8"}, true},
		{"mixed case", env{"LC_ALL": "C.uTf8"}, true},
		{"spelling glibc does not know", env{"LC_ALL": "C.u-t-f-8"}, false},
		{"space in the codeset", env{"LC_ALL": "C.UTF 8"}, true},
		{"language is case-sensitive", env{"LC_ALL": "c.utf8"}, false},
		{"territory given up", env{"LC_ALL": "C_XX.UTF-8"}, true},
		{"modifier given up", env{"LC_ALL": "C_XX.UTF-8@x"}, true},
		{"other charset than asked for", env{"LC_ALL": "hi_IN.ISO-8859-1"}, false},
		{"directory without codeset", env{"LC_ALL": "hi_IN.UTF-8"}, true},
		{"codeset not asked for", env{"LC_ALL": "hi_IN"}, true},
		{"codeset empty", env{"LC_ALL": "hi_IN."}, false},
		{"codeset empty, modifier", env{"LC_ALL": "hi_IN.@x"}, false},
		{"modifier with a dot", env{"LC_ALL": "hi_IN@x.ISO-8859-1"}, true},
		{"territory is needed", env{"LC_ALL": "hi.UTF-8"}, false},
		{"nothing but separators", env{"LC_ALL": "_.@"}, false},
		{"8 bits", env{"LC_ALL": "de_DE.ISO-8859-1"}, false},
		{"missing", env{"LC_ALL": "xx_XX.UTF-8"}, false},
		{"nothing but a modifier", env{"LC_ALL": "@x", "LOCPATH": dir + "/C.utf8"}, false},
		{"path", env{"LC_ALL": "C.utf8/"}, false},
		{"long", env{"LC_ALL": "hi_IN." + strings.Repeat(" ", 200) + "UTF-8"}, true},
		{"too long", env{"LC_ALL": "hi_IN." + strings.Repeat(" ", 250) + "UTF-8"}, false},

		{"archive", env{"LC_ALL": "en_US.UTF-8"}, true},
		{"archive, any spelling", env{"LC_ALL": "en_US.u-t-f-8"}, true},
		{"archive, codeset not asked for", env{"LC_ALL": "se_NO"}, true},
		{"archive, default codeset", env{"LC_ALL": "en_US"}, false},
		{"archive, number for a codeset", env{"LC_ALL": "nn_NO.10646"}, true},
		{"archive, nothing given up", env{"LC_ALL": "en_US.UTF-8@x"}, false},
		{"LOCPATH passes over the archive", env{"LC_ALL": "en_US.UTF-8", "LOCPATH": locpath}, false},
		{"LOCPATH", env{"LC_ALL": "fa_IR", "LOCPATH": "/nowhere:" + locpath}, true},
		{"LOCPATH and the usual directory", env{"LC_ALL": "C.UTF-8", "LOCPATH": locpath}, true},
		{"LOCPATH empty", env{"LC_ALL": "en_US.UTF-8", "LOCPATH": ""}, true},

		{"LANG", env{"LANG": "C.UTF-8"}, true},
		{"LC_CTYPE before LANG", env{"LANG": "C", "LC_CTYPE": "C.UTF-8"}, true},
		{"LC_CTYPE is C", env{"LANG": "C.UTF-8", "LC_CTYPE": "C"}, false},
		{"LC_ALL before LC_CTYPE", env{"LC_ALL": "C.UTF-8", "LC_CTYPE": "C", "LANG": "C"}, true},
		{"LC_ALL hides what is missing", env{"LC_ALL": "C.UTF-8", "LC_TIME": "xx_XX"}, true},
		{"empty is unset", env{"LC_ALL": "", "LC_CTYPE": "", "LANG": "C.UTF-8"}, true},
		{"another category is missing", env{"LANG": "C.UTF-8", "LC_TIME": "xx_XX"}, false},
		{"the last category is missing", env{"LANG": "C.UTF-8", "LC_IDENTIFICATION": "xx_XX"}, false},
		{"LANG is missing", env{"LANG": "xx_XX", "LC_CTYPE": "C.UTF-8"}, false},
		{"another category is C", env{"LANG": "C.UTF-8", "LC_COLLATE": "C"}, true},
		{"another category is installed", env{"LANG": "C.UTF-8", "LC_TIME": "hr_HR", "LC_PAPER": "hi_IN"}, true},
		{"LC_ variables of no category", env{"LANG": "C.UTF-8", "LC_FOO": "xx_XX", "LANGUAGE": "xx"}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			getenv := func(variable string) string { return test.env[variable] }
			if got := newSearch(dir, getenv).utf8(getenv); got != test.want {
				t.Errorf("with %v: %v, want %v", test.env, got, test.want)
			}
		})
	}
}

func writeCtype(t *testing.T, dir, name, codeset string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name, "LC_CTYPE"), newCtype(codeset), 0o666); err != nil {
		t.Fatal(err)
	}
}
