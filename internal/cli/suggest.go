package cli

import (
	"errors"
	"strings"

	"github.com/psha1sum/psha1sum/internal/getopt"
)

// Suggestion returns the options of ours that somebody may have meant by a word that is
// none, as a question, or "". Of GNU's options GNU's words are enough.
func Suggestion(t Tool, err error) string {
	var bad *getopt.Error
	if !errors.As(err, &bad) || bad.Unknown == "" {
		return ""
	}
	const most = 4 // of more nothing is learned
	var meant []string
	table := getoptTable(new(Request).options(t))
	typed, isLong := strings.CutPrefix(bad.Unknown, "--")
	const longest = 40 // of a word that may be meant for one of ours
	if len(typed) > longest {
		return ""
	}
	if isLong {
		typed, _, _ = strings.Cut(typed, "=")
		meant = longLike(table, typed)
	} else {
		meant = shortLike(table, bad.Unknown)
	}
	if len(meant) == 0 || len(meant) > most {
		return ""
	}
	return "did you mean " + strings.Join(meant, " or ") + "?"
}

// longLike returns the options of ours that a word begins, which have to be spelled in
// full; else the ones that are most like it, unless one of GNU's is as much so.
func longLike(table []getopt.Option, typed string) (meant []string) {
	for _, o := range table {
		if o.Extension && len(typed) > 1 && strings.HasPrefix(o.Long, typed) {
			meant = append(meant, "--"+o.Long)
		}
	}
	if len(meant) > 0 {
		return meant
	}
	best := min(len(typed)/3, 2) // mistakes
	for _, o := range table {
		switch n := mistakes(typed, o.Long); {
		case n == 0 || n > best:
			continue
		case n < best:
			best, meant = n, nil
		}
		if !o.Extension {
			best, meant = best-1, nil
			continue
		}
		meant = append(meant, "--"+o.Long)
	}
	return meant
}

// shortLike returns the option of ours with the same letter in the other case.
func shortLike(table []getopt.Option, typed string) []string {
	for _, o := range table {
		if short := "-" + string(rune(o.Short)); o.Extension && o.Short != 0 && short != typed && strings.EqualFold(short, typed) {
			return []string{short}
		}
	}
	return nil
}

// mistakes returns how many letters have to be left out, added, replaced or exchanged
// with the next one to make one word of the other.
func mistakes(a, b string) int {
	// rows[i][j] is that of the first i letters of a and the first j of b.
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		for j := range rows[i] {
			if i == 0 || j == 0 {
				rows[i][j] = i + j
				continue
			}
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			n := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, rows[i-2][j-2]+1)
			}
			rows[i][j] = n
		}
	}
	return rows[len(a)][len(b)]
}
