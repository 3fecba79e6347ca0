package github

import (
	"fmt"
	"strconv"

	"github.com/psha1sum/psha1sum/internal/report"
)

// page returns the step's summary in GitHub's Markdown.
func (g *github) page(t *report.Totals) []byte {
	word := "passed"
	if t.Failed {
		word = "failed"
	}
	b := fmt.Appendf(nil, "### psha1sum: %s\n\n| result | number |\n| --- | ---: |\n", word)
	for _, c := range countsOf(&t.Tally) {
		if c.n > 0 {
			b = fmt.Appendf(b, "| %s | %d |\n", c.what, c.n)
		}
	}
	if g.errors == 0 {
		return append(b, '\n')
	}
	b = append(b, "\n| file | manifest | failure | expected | actual |\n| --- | --- | --- | --- | --- |\n"...)
	b = append(append(b, g.rows...), '\n')
	if g.omitted > 0 {
		b = fmt.Appendf(b, "%d more failures have no room here.\n\n", g.omitted)
	}
	return b
}

// A row is a row of the summary's table of failures.
type row struct{ file, manifest, what, expected, actual string }

func (r row) append(b []byte) []byte {
	b = append(b, '|')
	for _, cell := range []string{r.file, r.manifest, r.what, r.expected, r.actual} {
		b = append(b, ' ')
		if cell != "" {
			b = append(appendMarkdown(append(b, "<code>"...), shown(cell)), "</code> "...)
		}
		b = append(b, '|')
	}
	return append(b, '\n')
}

// appendMarkdown appends text to be shown literally: whatever could be part of Markdown,
// HTML or an address that becomes a link is written as a character reference, which is
// none of these. Within <code> GitHub ignores @names and #numbers as well.
func appendMarkdown(b []byte, text string) []byte {
	for _, c := range text {
		switch {
		case c >= 0x80, '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', c == ' ', c == '/':
			b = append(b, string(c)...)
		default:
			b = append(strconv.AppendInt(append(b, "&#"...), int64(c), 10), ';')
		}
	}
	return b
}
