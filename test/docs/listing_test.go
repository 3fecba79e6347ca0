//go:build unix

package docs_test

import (
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/clitest"
)

// A listedGroup is options that the help lists together.
type listedGroup struct {
	heading string // "" if there is none
	options []listedForm
}

// A listedForm is an option as the help shows it: "-a, --algorithm=NAME".
type listedForm struct {
	short, long string // with their dashes; short may be ""
	arg         string // what the argument is called, or ""
}

func (o listedForm) String() string {
	form := o.long
	if o.short != "" {
		form = o.short + ", " + o.long
	}
	if o.arg != "" {
		form += "=" + o.arg
	}
	return form
}

// formOf reads what String has written.
func formOf(text string) (o listedForm) {
	if short, long, found := strings.Cut(text, ", "); found {
		o.short, text = short, long
	}
	o.long, o.arg, _ = strings.Cut(text, "=")
	return o
}

// listing returns what --help lists, group by group.
func listing(t *testing.T) (groups []listedGroup) {
	t.Helper()
	clitest.NeedOwn(t)
	help := string(clitest.Ours.Output(t, []string{"--help"}, clitest.Settings{}).Stdout)
	fresh, heading := true, ""
	for line := range strings.Lines(help) {
		line = strings.TrimSuffix(line, "\n")
		match := listedOption.FindStringSubmatch(line)
		switch {
		case match != nil:
			if fresh {
				groups = append(groups, listedGroup{heading: heading})
			}
			fresh = false
			form, _, _ := strings.Cut(match[1], "  ")
			last := &groups[len(groups)-1]
			last.options = append(last.options, formOf(form))
		case line == "":
			fresh, heading = true, ""
		case fresh:
			heading = line
		}
	}
	if len(groups) < 4 {
		t.Fatalf("the help lists %v", groups)
	}
	return groups
}

// listedForms returns all options that --help lists.
func listedForms(t *testing.T) (all []listedForm) {
	t.Helper()
	for _, g := range listing(t) {
		all = append(all, g.options...)
	}
	return all
}

// toolNames are what the program can be called by that GNU's tools are not.
func toolNames() (names []string) {
	for _, alg := range hasher.Algorithms {
		names = append(names, "p"+alg.Command)
	}
	return names
}
