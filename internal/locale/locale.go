// Package locale answers one question about the user's locale: whether the C
// library would read text as UTF-8, so that a message may show the characters
// of a file name, or byte by byte as in the C locale.
//
// It finds out as setlocale(LC_ALL, "") would, at the price of opening a few
// small files, and only when it is asked: nothing happens at program start.
//
// Limits: a locale in another charset (ISO-8859-1, EUC-JP) is not told from the
// C locale. On Linux the C library is taken to be glibc with its locales where
// every distribution has them; a name that only /usr/share/locale/locale.alias
// knows, as "german", is taken as not installed; and of a locale's directory
// only LC_CTYPE is looked at, the other categories are assumed to be with it.
// On other systems the locale's name alone decides.
package locale

// UTF8 reports whether the locale that the environment asks for reads text as
// UTF-8. getenv is os.Getenv; a variable that is set but empty counts as unset.
// A locale that cannot be used is the C locale, as it is to a C program that
// goes on after setlocale has failed.
func UTF8(getenv func(string) string) bool {
	return utf8Locale(getenv)
}

// nameOf returns the name of the locale that is asked for in a category.
func nameOf(category string, getenv func(string) string) string {
	for _, variable := range [...]string{"LC_ALL", category, "LANG"} {
		if name := getenv(variable); name != "" {
			return name
		}
	}
	return "C"
}
