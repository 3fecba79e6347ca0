package locale

import "strings"

// localeDir is where glibc, as every distribution configures it, keeps locales:
// one directory each, or all in the file locale-archive.
const localeDir = "/usr/lib/locale"

// otherCategories are those that setlocale(LC_ALL, "") loads beside LC_CTYPE.
var otherCategories = [...]string{
	"LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES", "LC_PAPER",
	"LC_NAME", "LC_ADDRESS", "LC_TELEPHONE", "LC_MEASUREMENT", "LC_IDENTIFICATION",
}

func utf8Locale(getenv func(string) string) bool {
	return newSearch(localeDir, getenv).utf8(getenv)
}

// A search is where locales are looked for.
type search struct {
	archive string // file, "" for none
	dirs    []string
}

// newSearch looks in dir; LOCPATH puts other directories in front, and then the
// archive is passed over.
func newSearch(dir string, getenv func(string) string) search {
	locpath := getenv("LOCPATH")
	if locpath == "" {
		return search{archive: dir + "/locale-archive", dirs: []string{dir}}
	}
	dirs := strings.FieldsFunc(locpath, func(r rune) bool { return r == ':' })
	return search{dirs: append(dirs, dir)}
}

// utf8 is setlocale(LC_ALL, ""), which fails as a whole, leaving the C locale,
// if any category asks for a locale that is not installed.
func (s search) utf8(getenv func(string) string) bool {
	ctype := nameOf("LC_CTYPE", getenv)
	if codeset, ok := s.codeset(ctype); !ok || !isUTF8(codeset) {
		return false
	}
	installed := ctype // the last one found: most often all are the same
	for _, category := range otherCategories {
		name := nameOf(category, getenv)
		if name == installed {
			continue
		}
		if _, ok := s.codeset(name); !ok {
			return false
		}
		installed = name
	}
	return true
}

// codeset returns the charset of a locale, and whether it is installed.
func (s search) codeset(name string) (codeset string, ok bool) {
	switch {
	case name == "C" || name == "POSIX":
		return "ANSI_X3.4-1968", true
	case len(name) > 255 || strings.Contains(name, "/"):
		return "", false // glibc refuses these, to not leave its directories; all but /name
	}
	if s.archive != "" {
		if codeset, ok := archivedCodeset(s.archive, name); ok {
			return codeset, true
		}
	}
	return s.directoryCodeset(name)
}

// directoryCodeset looks for a locale that has its own directory. A name that
// is more special than any directory's still finds one that fits it in part,
// except that the charset must be the one that was asked for. (For glibc they
// must be the same charset under any of its names; here, both UTF-8 or neither.)
func (s search) directoryCodeset(name string) (codeset string, ok bool) {
	parts := explode(name)
	for _, variant := range parts.variants() {
		for _, dir := range s.dirs {
			if codeset, ok = fileCodeset(dir + "/" + variant + "/LC_CTYPE"); ok {
				return codeset, !parts.hasCodeset || isUTF8(codeset) == isUTF8(parts.codeset)
			}
		}
	}
	return "", false
}

func fileCodeset(path string) (codeset string, ok bool) {
	f, err := openFile(path)
	if err != nil {
		return "", false
	}
	defer f.close()
	return ctypeCodeset(f)
}
