package locale

import "strings"

// localeDir is where glibc keeps locales in all distributions: one directory each, or
// all in the file locale-archive.
const localeDir = "/usr/lib/locale"

// otherCategories are those that setlocale(LC_ALL, "") loads besides LC_CTYPE.
var otherCategories = [...]string{
	"LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES", "LC_PAPER",
	"LC_NAME", "LC_ADDRESS", "LC_TELEPHONE", "LC_MEASUREMENT", "LC_IDENTIFICATION",
}

func utf8Locale(getenv func(string) string) bool {
	return newSearch(localeDir, getenv).utf8(getenv)
}

// A search is the places to look for locales.
type search struct {
	archive string // file, "" for none
	dirs    []string
}

// newSearch returns a search of dir. LOCPATH adds directories before it and disables
// the archive.
func newSearch(dir string, getenv func(string) string) search {
	locpath := getenv("LOCPATH")
	if locpath == "" {
		return search{archive: dir + "/locale-archive", dirs: []string{dir}}
	}
	dirs := strings.FieldsFunc(locpath, func(r rune) bool { return r == ':' })
	return search{dirs: append(dirs, dir)}
}

// utf8 does what setlocale(LC_ALL, "") does: if the locale of any category is not
// installed, it fails and the locale is C.
func (s search) utf8(getenv func(string) string) bool {
	ctype := nameOf("LC_CTYPE", getenv)
	if codeset, ok := s.codeset(ctype); !ok || !isUTF8(codeset) {
		return false
	}
	installed := ctype // the last one found; usually all are the same
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
		return "", false // glibc refuses these, except "/name", to stay inside its directories
	}
	if s.archive != "" {
		if codeset, ok := archivedCodeset(s.archive, name); ok {
			return codeset, true
		}
	}
	return s.directoryCodeset(name)
}

// directoryCodeset looks for a locale in a directory of its own. A name that is more
// specific than all directories matches one with fewer parts, if its charset is the
// requested one. (glibc compares charsets with all their aliases; here both must be
// UTF-8, or neither.)
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
