// Package getopt parses a command line as glibc's getopt_long does for GNU programs:
// options and operands in any order, bundled short options, long options abbreviated to
// a unique prefix, "--" to end the options, and the same error messages.
//
// The table may contain extensions to a GNU program's options (Option.Extension). GNU's
// options take precedence, so an extension never changes the meaning of an existing
// command line or the possibilities that an error lists.
//
// The package prints nothing, does not exit and reads no environment variables.
// Arguments are bytes and are not decoded; errors repeat them as typed.
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

// An Option is an entry in a program's table of options.
type Option struct {
	Long  string // name without dashes, "" if none
	Short byte   // letter, 0 if none
	Arg   bool   // takes a required argument
	// Extension marks an option that the GNU program lacks. It is recognised only if no
	// GNU option matches, only if spelled in full, and is never listed as a possibility
	// of an ambiguous abbreviation.
	Extension bool
}

// A Parser parses one command line from left to right.
type Parser struct {
	table    []Option
	args     []string
	next     int      // index in args of the next word
	bundle   string   // remaining letters of a word such as -cw
	operands []string // found so far; aliases args while they are contiguous
	posix    bool
	err      error // io.EOF or *Error returned by Next
}

// NewParser returns a parser of args, the command line without the program's name.
// Errors list possibilities in the order of table. The parser keeps both slices and
// changes neither.
//
// With posixlyCorrect, which GNU programs set if POSIXLY_CORRECT is in the environment,
// the first operand ends the options.
func NewParser(table []Option, args []string, posixlyCorrect bool) *Parser {
	return &Parser{table: table, args: args, posix: posixlyCorrect}
}

// Next returns the next option, as a pointer into the table, and its argument if it
// takes one. Nothing after the option has been parsed yet, so a caller can act on
// --help before a later error is found.
//
// At the end of the command line err is io.EOF; for invalid usage it is an *Error.
// Further calls return the same error, unless Skip is called.
func (p *Parser) Next() (opt *Option, arg string, err error) {
	if p.err != nil {
		return nil, "", p.err
	}
	opt, arg, p.err = p.step()
	return opt, arg, p.err
}

// Skip makes Next continue after an *Error, as getopt_long does when it is called
// again: with the next letter of a bundle, or the next word. It does not reset io.EOF.
func (p *Parser) Skip() {
	if p.err != io.EOF {
		p.err = nil
	}
}

// Operands returns the words that are neither options nor their arguments, in order. It
// is complete once Next has returned io.EOF. The slice may share memory with args, but
// appending to it does not change args.
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

// collectOperands collects the operands before the next option.
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

// isOperand reports whether a word has the form of an operand, which includes "-"
// (standard input) and the empty word (an invalid file name).
func isOperand(word string) bool {
	return len(word) < 2 || word[0] != '-'
}

// keepOperands takes the words up to index end as operands. Usually all are contiguous,
// and nothing is copied.
func (p *Parser) keepOperands(end int) {
	run := p.args[p.next:end:end]
	p.next = end
	if len(p.operands) == 0 {
		p.operands = run
		return
	}
	p.operands = append(p.operands, run...)
}

// takeWord takes the next word as an argument. As in getopt_long, it may be "--" or
// look like an option.
func (p *Parser) takeWord() (word string, ok bool) {
	if p.next == len(p.args) {
		return "", false
	}
	word = p.args[p.next]
	p.next++
	return word, true
}
