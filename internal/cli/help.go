package cli

import (
	"slices"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
)

const (
	// helpColumn is the column at which the descriptions of options begin.
	helpColumn = 24
	// helpWidth is the maximum length of a line, in characters.
	helpWidth = 80
)

// wrapped breaks text into lines of at most width characters, replacing blanks by
// between.
func wrapped(text string, width int, between string) string {
	var b strings.Builder
	n := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case n == 0:
		case n+1+len(word) > width:
			b.WriteString(between)
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += len(word)
	}
	return b.String()
}

// Help returns the output of --help: GNU's options in the order and format of GNU's help,
// then ours.
func Help(name string, t Tool) string {
	var b strings.Builder
	alg := t.Algorithm
	command := systemPaths().commandIn(name)
	b.WriteString("Usage: " + name + ` [OPTION]... [FILE]...
Print or check ` + alg.Tag + " (" + strconv.Itoa(8*alg.Size) + `-bit) checksums, many files at a time.

With no FILE, or when FILE is -, read standard input.
`)
	options := new(Request).options(t)
	describeGNUs(&b, options, gnuModes)
	b.WriteString("\nThe following five options are useful only when verifying checksums:\n")
	describeGNUs(&b, options, gnuVerifying)
	b.WriteByte('\n')
	describeGNUs(&b, options, gnuAbout)
	b.WriteString("\nThe following options are not GNU's. They can't be abbreviated.\n")
	heading := ""
	for _, o := range options {
		if !o.extension {
			continue
		}
		if o.Category != heading {
			heading = o.Category
			b.WriteString("\n" + heading + "\n")
		}
		o.describe(&b)
	}
	b.WriteString("\nAn algorithm's NAME is one of:\n  " + wrapped(strings.Join(algorithmNames()[1:], ", "), helpWidth-2, "\n  ") + "\n")
	b.WriteString(`
A line of output is the checksum, a space, a character for the mode ('*' for
binary, ' ' for text, which makes no difference on Unix), and the name; with
several algorithms it is that of --tag. --check reads both and says of each
file whether it still matches. Lines come in the order of the FILEs, whichever
is finished first. The exit status is 0 if all went well, else 1.
`)
	b.WriteString(`
Examples:
  ` + command + ` *.iso > SUMS            print checksums
  ` + command + ` -c SUMS                 check them
  ` + command + ` -r -o SUMS dir          of all files below dir, into SUMS
  ` + command + ` -r --exclude .git/ -a sha256,blake3 .
  find . -newer SUMS -type f -print0 | ` + command + ` --files0-from=-
  ` + command + ` -c --beneath -C unpacked SUMS
  ` + command + ` -c --explain --audit dir SUMS
  ` + command + ` -a sha256 --expect HEX file.iso
`)
	if t.Algorithm == hasher.SHA1 {
		b.WriteString(`
SHA-1 finds accidents. It is no proof against a person who made both the file
and another with the same checksum: use --algorithm=sha256 where that matters.
`)
	}
	b.WriteString("\nThe manual page psha1sum(1) tells more.\n")
	return b.String()
}

// describeGNUs writes the lines of GNU's options of a category, sorted by name.
func describeGNUs(b *strings.Builder, options []option, category string) {
	options = slices.DeleteFunc(slices.Clone(options), func(o option) bool { return o.extension || o.Category != category })
	slices.SortFunc(options, func(a, b option) int { return strings.Compare(a.Name, b.Name) })
	for _, o := range options {
		o.describe(b)
	}
}

// describe writes the option's lines of the help. Scripts extract the options from this
// text, so a line that begins with spaces and a dash always describes one: the short
// form, the long form, at least two spaces, the description.
func (o *option) describe(b *strings.Builder) {
	form := "      --" + o.Name
	if letter := o.short(); letter != 0 {
		form = "  -" + string(rune(letter)) + ", --" + o.Name
	}
	if o.arg != "" {
		form += "=" + o.arg
	}
	if len(form)+2 > helpColumn {
		b.WriteString(form + "\n")
		form = ""
	}
	for i, line := range strings.Split(o.Usage, "\n") {
		if i > 0 {
			form, line = "", "  "+line
		}
		b.WriteString(form + strings.Repeat(" ", max(helpColumn-len(form), 2)) + line + "\n")
	}
}
