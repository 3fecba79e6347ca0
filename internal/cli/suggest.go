package cli

import (
	"errors"
	"strings"

	"github.com/psha1sum/psha1sum/internal/getopt"
)

// Suggestion returns a question that suggests options of ours similar to the unknown
// option in err, or "". GNU's message is enough for GNU's options.
func Suggestion(t Tool, err error) string {
	var bad *getopt.Error
	if !errors.As(err, &bad) || bad.Unknown == "" {
		return ""
	}
	const most = 4 // a longer list is no help
	var meant []string
	table := getoptTable(new(Request).options(t))
	typed, isLong := strings.CutPrefix(bad.Unknown, "--")
	const longest = 40 // length of a word that may be a misspelled option
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

// longLike returns our options that begin with typed, since they can't be abbreviated. If
// there are none, it returns the most similar ones, unless one of GNU's is as similar.
func longLike(table []getopt.Option, typed string) (meant []string) {
	for _, o := range table {
		if o.Extension && len(typed) > 1 && strings.HasPrefix(o.Long, typed) {
			meant = append(meant, "--"+o.Long)
		}
	}
	if len(meant) > 0 {
		return meant
	}
	best := min(len(typed)/3, 2) // number of mistakes
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

// shortLike returns our option with the same letter in the other case.
func shortLike(table []getopt.Option, typed string) []string {
	for _, o := range table {
		if short := "-" + string(rune(o.Short)); o.Extension && o.Short != 0 && short != typed && strings.EqualFold(short, typed) {
			return []string{short}
		}
	}
	return nil
}

// mistakes returns the edit distance of a and b: the number of letters to delete, insert,
// replace or exchange with the next one.
func mistakes(a, b string) int {
	// rows[i][j] is the distance of the first i letters of a and the first j of b.
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
