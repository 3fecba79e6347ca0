// Package getopt reads a command line as glibc's getopt_long does for GNU
// programs: options and operands mixed in any order, short options bundled,
// long ones abbreviated to any unique prefix, "--" ending the options, and the
// same words for every error.
//
// A table may mix a GNU program's options with others that the GNU program
// does not have (Option.Extension). GNU's options decide first, and alone, so that
// adding an option of one's own never changes what an existing command line
// means or which possibilities an error lists.
//
// The package prints nothing, exits nowhere and reads no environment. Words are
// bytes: nothing is decoded, and an error repeats them as they were typed.
//
//	p := getopt.NewParser(table, os.Args[1:], posixlyCorrect)
//	for {
//		opt, arg, err := p.Next()
//		if err == io.EOF {
//			break
//		}
//		if err != nil {
//			return err // e.g. unrecognized option '--foo'
//		}
//		use(opt, arg)
//	}
//	files := p.Operands()
package getopt

import "io"

// An Option is one row of a program's table of options.
type Option struct {
	Long  string // name without dashes, "" if there is none
	Short byte   // letter, 0 if there is none
	Arg   bool   // takes an argument, which is then required
	// Extension marks an option that the GNU program lacks. It is looked up only
	// when no GNU option fits, is recognised only spelled in full, and is
	// never listed among an ambiguous abbreviation's possibilities.
	Extension bool
}

// A Parser walks one command line from left to right.
type Parser struct {
	table    []Option
	args     []string
	next     int      // index in args of the first word not yet read
	bundle   string   // letters still to be read of a word such as -cw
	operands []string // found so far; shares args' memory while they are one run
	posix    bool
	err      error // io.EOF or *Error, once Next has returned it
}

// NewParser returns a parser of args, the command line without the program's
// name, by the options of table, whose order is the order in which an error
// lists possibilities. The parser keeps both slices and changes neither.
//
// With posixlyCorrect, which GNU programs derive from the mere presence of
// POSIXLY_CORRECT in the environment, the first operand ends the options.
func NewParser(table []Option, args []string, posixlyCorrect bool) *Parser {
	return &Parser{table: table, args: args, posix: posixlyCorrect}
}

// Next returns the next option, as a pointer into the table, and its argument
// if it takes one. Nothing to the option's right has been looked at yet, so a
// caller that acts at once on --help does so before any later error is found.
//
// At the end of the command line err is io.EOF; on bad usage it is an *Error.
// Either is final: Next then returns the same again, unless Skip is called.
func (p *Parser) Next() (opt *Option, arg string, err error) {
	if p.err != nil {
		return nil, "", p.err
	}
	opt, arg, p.err = p.step()
	return opt, arg, p.err
}

// Skip has Next go on behind what it refused, as getopt_long does when it is called
// again: with the next letter of a bundle, or the next word. The end stays the end.
func (p *Parser) Skip() {
	if p.err != io.EOF {
		p.err = nil
	}
}

// Operands returns the words that are neither options nor arguments of options,
// in their order. It is complete once Next has returned io.EOF. The slice may
// share memory with the command line, and appending to it does not reach there.
func (p *Parser) Operands() []string {
	return p.operands
}

func (p *Parser) step() (*Option, string, error) {
	if p.bundle != "" {
		return p.short()
	}
	p.collectOperands()
	if p.next == len(p.args) {
		return nil, "", io.EOF
	}
	word := p.args[p.next]
	p.next++
	switch {
	case word == "--":
		p.keepOperands(len(p.args))
		return nil, "", io.EOF
	case word[1] == '-':
		return p.long(word[len("--"):])
	default:
		p.bundle = word[len("-"):]
		return p.short()
	}
}

// collectOperands moves past the operands in front of the next option.
func (p *Parser) collectOperands() {
	end := p.next
	for end < len(p.args) && isOperand(p.args[end]) {
		end++
	}
	if p.posix && end > p.next {
		end = len(p.args)
	}
	p.keepOperands(end)
}

// isOperand reports whether a word is an operand by its form: "-" names
// standard input, and the empty word is a (bad) file name.
func isOperand(word string) bool {
	return len(word) < 2 || word[0] != '-'
}

// keepOperands takes the words up to index end as operands. The usual command
// line has one run of them, which is used where it stands.
func (p *Parser) keepOperands(end int) {
	run := p.args[p.next:end:end]
	p.next = end
	if len(p.operands) == 0 {
		p.operands = run
		return
	}
	p.operands = append(p.operands, run...)
}

// takeWord consumes the next word as an argument, whatever it looks like:
// getopt gives -j its next word even if that is "--" or another option.
func (p *Parser) takeWord() (word string, ok bool) {
	if p.next == len(p.args) {
		return "", false
	}
	word = p.args[p.next]
	p.next++
	return word, true
}
