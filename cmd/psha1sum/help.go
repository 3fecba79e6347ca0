package main

import "strings"

// helpColumn is where the descriptions of options begin.
const helpColumn = 24

// helpText is what --help prints: GNU's options in the order and the form in
// which GNU's help has them, then ours.
func helpText(name string) string {
	var b strings.Builder
	b.WriteString("Usage: " + name + ` [OPTION]... [FILE]...
Print or check SHA-1 (160-bit) checksums, many files at a time.

With no FILE, or when FILE is -, read standard input.
`)
	helpFor(&b, "binary", "check", "tag", "text", "zero")
	b.WriteString("\nThe following five options are useful only when verifying checksums:\n")
	helpFor(&b, "ignore-missing", "quiet", "status", "strict", "warn")
	b.WriteByte('\n')
	helpFor(&b, "help", "version")
	b.WriteString("\nThe following options are not in GNU sha1sum. They can't be abbreviated:\n")
	for _, o := range ownOptions {
		o.describe(&b)
	}
	b.WriteString(`
A line of output is the checksum, a space, a character for the mode ('*' for
binary, ' ' for text, which are the same on Unix), and the name. --check reads
such lines, or those of --tag, and says of each file whether it still matches.
Lines come in the order of the FILEs, whichever is finished first.

SHA-1 finds accidents. It is no proof against a person who made both the file
and another with the same checksum.
`)
	return b.String()
}

func helpFor(b *strings.Builder, names ...string) {
	for _, name := range names {
		for _, o := range gnuOptions {
			if o.Long == name {
				o.describe(b)
			}
		}
	}
}

// describe writes the option's lines of the help. Scripts pick the options out
// of such text, so a line that begins with spaces and a dash is always one:
// the short form, the long one, two spaces or more, the description.
func (o *option) describe(b *strings.Builder) {
	form := "      --" + o.Long
	if o.Short != 0 {
		form = "  -" + string(o.Short) + ", --" + o.Long
	}
	if o.arg != "" {
		form += "=" + o.arg
	}
	for i, line := range strings.Split(o.help, "\n") {
		if i > 0 {
			form, line = "", "  "+line
		}
		b.WriteString(form + strings.Repeat(" ", max(helpColumn-len(form), 2)) + line + "\n")
	}
}
