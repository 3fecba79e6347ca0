package gnu

import (
	"os"
	"unicode/utf8"

	"github.com/psha1sum/psha1sum/internal/locale"
	"github.com/psha1sum/psha1sum/internal/quote"
)

// A Quoting quotes words in messages. The zero value is for the C locale, in which
// names are bytes.
type Quoting struct {
	UTF8 bool // the locale is UTF-8
}

// LearnLocale determines the locale from the environment. It takes a descriptor, so
// call it before files are opened, if there may be names for which the locale matters.
func (q *Quoting) LearnLocale() {
	q.UTF8 = locale.UTF8(os.Getenv)
}

// Plain reports whether all names are quoted the same in every locale.
func Plain(names []string) bool {
	for _, name := range names {
		for i := range len(name) {
			if name[i] >= utf8.RuneSelf {
				return false
			}
		}
	}
	return true
}

// QuoteArgument quotes an option's argument, in the C locale.
func QuoteArgument(arg string) string {
	return new(Quoting).QuotedAlways(arg)
}

// Quoted returns a file's name, quoted if necessary.
func (q *Quoting) Quoted(name string) string {
	return string(quote.AppendShell(nil, name, q.UTF8))
}

// QuotedVisibly is Quoted for the progress line. It also escapes characters that would
// change the text direction.
func (q *Quoting) QuotedVisibly(name string) string {
	return string(quote.AppendVisible(nil, name, q.UTF8))
}

// QuotedAlways returns a word in quotes.
func (q *Quoting) QuotedAlways(word string) string {
	quoted := q.Quoted(word)
	if quoted == word {
		quoted = "'" + quoted + "'"
	}
	return quoted
}

// QuotedByLocale returns a word in the locale's quotes.
func (q *Quoting) QuotedByLocale(word string) string {
	return string(quote.AppendLocale(nil, word, q.UTF8))
}
