package locale

import "strings"

// nameParts are the parts of language[_territory][.codeset][@modifier].
type nameParts struct {
	language, territory, codeset, modifier string

	hasCodeset bool // there is a dot, perhaps without a codeset
}

func explode(name string) nameParts {
	var p nameParts
	name, p.modifier, _ = strings.Cut(name, "@")
	name, p.codeset, p.hasCodeset = strings.Cut(name, ".")
	p.language, p.territory, _ = strings.Cut(name, "_")
	return p
}

// variants returns the directory names that glibc tries for a locale, in its order: of
// the optional parts it drops the codeset first and the modifier last.
func (p nameParts) variants() []string {
	if p.language == "" {
		return nil
	}
	codesets := optional(".", p.codeset)
	if normal := normalCodeset(p.codeset); normal != p.codeset {
		codesets = []string{"." + p.codeset, "." + normal, ""}
	}
	var variants []string
	for _, modifier := range optional("@", p.modifier) {
		for _, territory := range optional("_", p.territory) {
			for _, codeset := range codesets {
				variants = append(variants, p.language+territory+codeset+modifier)
			}
		}
	}
	return variants
}

// optional returns a part of a name with its separator, and an empty string.
func optional(separator, part string) []string {
	if part == "" {
		return []string{""}
	}
	return []string{separator + part, ""}
}

// normalCodeset returns a codeset as in names of installed locales: its letters in
// lower case and its digits, as in utf8; with the prefix "iso" if there are only
// digits.
func normalCodeset(codeset string) string {
	onlyDigits := codeset != ""
	normal := strings.Map(func(r rune) rune {
		switch {
		case '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case r < 'a' || 'z' < r:
			return -1
		}
		onlyDigits = false
		return r
	}, codeset)
	if onlyDigits {
		return "iso" + normal
	}
	return normal
}

// isUTF8 reports whether a charset's name is one of glibc's names for UTF-8. glibc
// ignores case and characters that are not used in names.
func isUTF8(codeset string) bool {
	name := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - ('a' - 'A')
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("_-.,:", r):
			return r
		}
		return -1
	}, codeset)
	switch name {
	case "UTF-8", "UTF8", "ISO-IR-193", "OSF05010001":
		return true
	}
	return false
}
