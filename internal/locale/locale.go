// Package locale determines whether the user's locale uses UTF-8, so that messages may
// show the characters of file names; otherwise they show bytes, as in the C locale.
//
// It does what setlocale(LC_ALL, "") does, which opens a few small files, and only when
// it is called: there is no cost at program start.
//
// Limits: locales with other charsets (ISO-8859-1, EUC-JP) are treated as the C locale.
// On Linux the C library is assumed to be glibc with its locales in the usual
// directory; aliases in /usr/share/locale/locale.alias, such as "german", are treated
// as not installed; and only LC_CTYPE of a locale's directory is read, the other
// categories are assumed to exist. On other systems only the locale's name is used.
package locale

// UTF8 reports whether the locale in the environment uses UTF-8. getenv is os.Getenv;
// variables that are set but empty count as unset. A locale that can't be loaded is the
// C locale, as in a C program that ignores the failure of setlocale.
func UTF8(getenv func(string) string) bool {
	return utf8Locale(getenv)
}

// nameOf returns the name of the locale for a category.
func nameOf(category string, getenv func(string) string) string {
	for _, variable := range [...]string{"LC_ALL", category, "LANG"} {
		if name := getenv(variable); name != "" {
			return name
		}
	}
	return "C"
}
