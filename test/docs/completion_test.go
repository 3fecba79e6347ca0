//go:build unix

package docs_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/clitest"
)

// completionFiles are the completions of each shell, with what finds in one of its
// lines the options that it is about, and whether they take an argument.
var completionFiles = []struct {
	shell, path string
	options     func(text string) []listedForm
}{
	{"bash", "completions/psha1sum.bash", bashOptions},
	{"zsh", "completions/_psha1sum", zshOptions},
	{"fish", "completions/psha1sum.fish", fishOptions},
}

func bashOptions(text string) (options []listedForm) {
	_, list, _ := strings.Cut(text, "_psha1sum_options=(")
	list, _, _ = strings.Cut(list, ")")
	short := ""
	for word := range strings.FieldsSeq(list) {
		if !strings.HasPrefix(word, "--") {
			short = word
			continue
		}
		long, _, takesArg := strings.Cut(word, "=")
		options = append(options, withArg(listedForm{short: short, long: long}, takesArg))
		short = ""
	}
	return options
}

func zshOptions(text string) (options []listedForm) {
	form := regexp.MustCompile(`(?m)^  '[^']*?(?:'\{(-.)\+?,)?(--[a-z0-9-]+)(=?)[}\[]`)
	for _, match := range form.FindAllStringSubmatch(text, -1) {
		options = append(options, withArg(listedForm{short: match[1], long: match[2]}, match[3] != ""))
	}
	return options
}

func fishOptions(text string) (options []listedForm) {
	form := regexp.MustCompile(`(?m)^    complete -c \$command(?: -s (.))? -l ([a-z0-9-]+)( -[rx])?`)
	for _, match := range form.FindAllStringSubmatch(text, -1) {
		o := listedForm{long: "--" + match[2]}
		if match[1] != "" {
			o.short = "-" + match[1]
		}
		options = append(options, withArg(o, match[3] != ""))
	}
	return options
}

// withArg has an option take an argument or none.
func withArg(o listedForm, takesArg bool) listedForm {
	o.arg = ""
	if takesArg {
		o.arg = "ARG"
	}
	return o
}

// TestCompletionFiles checks that each shell's completions cover the options that --help
// lists, in their order, the algorithms, and the program's names.
func TestCompletionFiles(t *testing.T) {
	var want []listedForm
	for _, o := range listedForms(t) {
		want = append(want, withArg(o, o.arg != ""))
	}
	for _, file := range completionFiles {
		t.Run(file.shell, func(t *testing.T) {
			data, err := os.ReadFile(clitest.Path(t, file.path))
			if err != nil {
				t.Fatal(err)
			}
			text := string(data)
			if got := file.options(text); !slices.Equal(got, want) {
				t.Errorf("options\ngot  %v\nwant %v", got, want)
			}
			words := strings.Join(strings.Fields(strings.ReplaceAll(text, "\\\n", "")), " ")
			for _, list := range [][]string{algorithmNames(), toolNames()} {
				if !strings.Contains(words, strings.Join(list, " ")) {
					t.Errorf("%q is not in it", list)
				}
			}
		})
	}
}

// algorithmNames returns the words for -a except auto.
func algorithmNames() (names []string) {
	for _, alg := range hasher.Algorithms {
		names = append(names, alg.Name)
	}
	return names
}
