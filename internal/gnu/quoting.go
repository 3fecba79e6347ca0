package gnu

import (
	"os"
	"unicode/utf8"

	"github.com/psha1sum/psha1sum/internal/locale"
	"github.com/psha1sum/psha1sum/internal/quote"
)

// A Quoting is how words look in messages. It is that of the C locale, in which names
// are bytes, until the locale was learnt.
type Quoting struct {
	UTF8 bool // names are in UTF-8
}

// LearnLocale looks the locale up, which takes a descriptor: it is called before
// any file is opened if a name may come for which the locale matters.
func (q *Quoting) LearnLocale() {
	q.UTF8 = locale.UTF8(os.Getenv)
}

// Plain reports whether all names look the same in every locale.
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

// QuoteArgument quotes an option's argument, whatever it holds.
func QuoteArgument(arg string) string {
	return new(Quoting).QuotedAlways(arg)
}

// Quoted is a file's name with quotes if it needs them.
func (q *Quoting) Quoted(name string) string {
	return string(quote.AppendShell(nil, name, q.UTF8))
}

// QuotedVisibly is quoted for the line of progress, of which no name is to turn
// around what follows.
func (q *Quoting) QuotedVisibly(name string) string {
	return string(quote.AppendVisible(nil, name, q.UTF8))
}

// QuotedAlways is a word with quotes.
func (q *Quoting) QuotedAlways(word string) string {
	quoted := q.Quoted(word)
	if quoted == word {
		quoted = "'" + quoted + "'"
	}
	return quoted
}

// QuotedByLocale quotes a word as the locale has it.
func (q *Quoting) QuotedByLocale(word string) string {
	return string(quote.AppendLocale(nil, word, q.UTF8))
}
