package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/psha1sum/psha1sum/hasher"
)

// TestOptionsEverywhere checks that the help, the manual page and each shell's
// completions contain the long and short form of every option.
func TestOptionsEverywhere(t *testing.T) {
	read := func(name string) string {
		data, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	page := regexp.MustCompile(`\\f[BIR]|\\&`).ReplaceAllString(read("doc/psha1sum.1"), "")
	places := []struct {
		name, text  string
		long, short string // their format, with NAME and LETTER as placeholders
	}{
		{"help", Help("psha1sum", Tool{Algorithm: hasher.SHA1}), `(?m)^ {2,6}(-., )?--NAME\b`, `(?m)^  -LETTER, --NAME\b`},
		{"man page", strings.ReplaceAll(page, `\-`, "-"), `--NAME\b`, `-LETTER\b`},
		{"bash", read("completions/psha1sum.bash"), `(?m)(^|[ \t(])--NAME\b`, `(?m)(^|[ \t(])-LETTER --NAME\b`},
		{"zsh", read("completions/_psha1sum"), `--NAME=?[}\[]`, `-LETTER\+?,--NAME\b`},
		{"fish", read("completions/psha1sum.fish"), `-l NAME\b`, `-s LETTER -l NAME\b`},
	}
	for _, o := range new(Request).options(Tool{Algorithm: hasher.SHA1}) {
		t.Run("--"+o.Name, func(t *testing.T) {
			for _, place := range places {
				forms := []string{place.long}
				if o.short() != 0 {
					forms = append(forms, place.short)
				}
				for _, form := range forms {
					form = strings.NewReplacer("NAME", o.Name, "LETTER", string(rune(o.short()))).Replace(form)
					if !regexp.MustCompile(form).MatchString(place.text) {
						t.Errorf("%s doesn't have it: nothing is like %s", place.name, form)
					}
				}
			}
		})
	}
}

// TestOptionTurns checks that every turn up to lastTurn is used exactly once.
func TestOptionTurns(t *testing.T) {
	taken := map[int]string{}
	for _, o := range new(Request).options(Tool{Algorithm: hasher.SHA1}) {
		for _, turn := range []int{o.unlessHashing, o.unlessChecking, o.unlessWalking, o.unlessListed} {
			switch {
			case turn == 0:
			case turn > lastTurn || taken[turn] != "":
				t.Errorf("--%s has turn %d of %d, which --%s has", o.Name, turn, lastTurn, taken[turn])
			default:
				taken[turn] = o.Name
			}
		}
	}
	if len(taken) != lastTurn {
		t.Errorf("%d turns of %d are taken", len(taken), lastTurn)
	}
}
