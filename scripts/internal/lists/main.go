// Command lists writes the lists of what there is into the files that can't ask the
// program: completions, the manual page, the schema of JSON and the script that installs.
// Algorithms are those of hasher/registry.go, reports those of internal/reports.
//
//	go generate ./hasher ./internal/reports
//
// runs it. What it replaces in a file is told by a pattern, which has to be there once.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/reports"
)

// A list is a part of a file that follows from what there is.
type list struct {
	file string // from the top directory
	what string // it lists
	// form matches the list, which is its group, in what is around it.
	form string
	text string // what the list has to be
}

// lists are all of them.
func lists() []list {
	const (
		schema     = "doc/psha1sum.schema.json"
		page       = "doc/psha1sum.1"
		install    = "scripts/install"
		bash       = "completions/psha1sum.bash"
		zsh        = "completions/_psha1sum"
		fish       = "completions/psha1sum.fish"
		algorithms = "the names of algorithms"
		commands   = "the names of the program"
		kinds      = "the kinds of --report"
	)
	words := strings.Join(algorithmNames(), " ")
	return []list{
		{bash, algorithms, `(?m)^_psha1sum_algorithms=\((.*)\)$`, words},
		{bash, commands, `(?m)^_psha1sum_commands=\((.*)\)$`, strings.Join(commandNames(), " ")},
		{bash, kinds, `(?m)^_psha1sum_reports=\((.*)\)$`, strings.Join(reportWords(), " ")},
		{zsh, algorithms, `(?m)^  local -a names=\((.*)\)$`, words},
		{zsh, commands, `(?m)^#compdef (.*)$`, strings.Join(commandNames(), " ")},
		{zsh, kinds, `(?m)^  local -a kinds=\((.*)\)$`, strings.Join(reportWords(), " ")},
		{fish, algorithms, `(?m)^    set -l names (.*)$`, words},
		{fish, commands, `(?m)^for command in (.*)$`, strings.Join(commandNames(), " ")},
		{fish, kinds, `(?m)^        printf '%s\\t%s\\n' (.*)$`, fishReports()},
		{install, commands, `(?m)^p_names=\((.*)\)$`, strings.Join(commandNames()[1:], " ")},
		{schema, algorithms, `"algorithm": \{\n\t+"enum": \[(.*)\]`, `"` + strings.Join(algorithmNames(), `", "`) + `"`},
		{page, algorithms, `(?s)\n\.SH ALGORITHMS\n.*?\n(\.TP\n.*?)\.PP\n`, pageAlgorithms()},
	}
}

func algorithmNames() (names []string) {
	for _, alg := range hasher.Algorithms {
		names = append(names, alg.Name)
	}
	return names
}

// commandNames are what the program is called, with the usual name first.
func commandNames() (names []string) {
	for _, alg := range hasher.Algorithms {
		names = append(names, "p"+alg.Command)
	}
	return names
}

// reportWords are what arguments of --report begin with.
func reportWords() (words []string) {
	for _, kind := range reports.Kinds {
		words = append(words, strings.TrimSuffix(kind.Form(), "FILE"))
	}
	return words
}

// fishReports are the same for fish, with descriptions.
func fishReports() string {
	var words []string
	for i, word := range reportWords() {
		does := []rune(reports.Kinds[i].Does)
		does[0] = unicode.ToUpper(does[0])
		words = append(words, word, `"`+string(does)+`"`)
	}
	return strings.Join(words, " ")
}

// pageAlgorithms is the manual page's list.
func pageAlgorithms() string {
	var b strings.Builder
	for _, alg := range hasher.Algorithms {
		fmt.Fprintf(&b, ".TP\n.B %s\n.BR %s ,\n.BR p%s :\n%s\n", roff(alg.Name), roff(alg.Command), roff(alg.Command), alg.Tag)
	}
	return b.String()
}

// roff has a dash be one, and no hyphen.
func roff(name string) string { return strings.ReplaceAll(name, "-", `\-`) }

// update returns a file's text with a list as it has to be, and whether it was so.
func (l *list) update(text string) (updated string, same bool, err error) {
	found := regexp.MustCompile(l.form).FindAllStringSubmatchIndex(text, -1)
	if len(found) != 1 {
		return "", false, fmt.Errorf("%s: %s: what looks like %s is there %d times", l.file, l.what, l.form, len(found))
	}
	from, to := found[0][2], found[0][3]
	return text[:from] + l.text + text[to:], text[from:to] == l.text, nil
}

// run brings the files below a directory up to date or, if it is only to check, returns
// which are not.
func run(top string, check bool) (wrong []error) {
	for _, l := range lists() {
		name := filepath.Join(top, filepath.FromSlash(l.file))
		data, err := os.ReadFile(name)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		updated, same, err := l.update(string(data))
		switch {
		case err != nil:
			wrong = append(wrong, err)
		case same:
		case check:
			wrong = append(wrong, fmt.Errorf("%s has not %s as they are: want %s (go generate ./hasher writes it)", l.file, l.what, l.text))
		default:
			if err := os.WriteFile(name, []byte(updated), 0o644); err != nil { // it exists, and keeps its mode
				wrong = append(wrong, err)
			}
		}
	}
	return wrong
}

func main() {
	// go generate runs it two or three directories below the top.
	top := flag.String("top", "", "the top directory (default, that of go.mod above this one)")
	flag.Parse()
	if *top == "" {
		*top = above()
	}
	if err := errors.Join(run(*top, false)...); err != nil {
		fmt.Fprintln(os.Stderr, "lists:", err)
		os.Exit(1)
	}
}

// above returns the nearest directory with a go.mod, from the working directory up.
func above() string {
	dir := "."
	for range 8 {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Join("..", dir)
	}
	return "."
}
