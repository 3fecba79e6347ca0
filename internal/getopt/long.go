package getopt

import "strings"

// long parses a word that begins with "--"; text is the rest, name or name=value.
func (p *Parser) long(text string) (*Option, string, error) {
	name, value, hasValue := strings.Cut(text, "=")
	opt, err := p.findLong(name, text)
	if err != nil {
		return nil, "", err
	}
	switch {
	case hasValue && !opt.Arg:
		return nil, "", errUnwantedArgument(opt.Long)
	case hasValue || !opt.Arg:
		return opt, value, nil
	}
	value, ok := p.takeWord()
	if !ok {
		return nil, "", errLongNeedsArgument(opt.Long)
	}
	return opt, value, nil
}

// findLong returns the option for name; text is for the error. A full name is not
// ambiguous even if it is a prefix of another. The empty name, in "--=value",
// abbreviates all options.
func (p *Parser) findLong(name, text string) (*Option, error) {
	var abbreviated, extension *Option
	ambiguous := false
	for i := range p.table {
		opt := &p.table[i]
		switch {
		case opt.Long == "":
		case opt.Extension:
			if opt.Long == name {
				extension = opt
			}
		case opt.Long == name:
			return opt, nil
		case strings.HasPrefix(opt.Long, name):
			if abbreviated != nil {
				ambiguous = true
			}
			abbreviated = opt
		}
	}
	switch {
	case ambiguous:
		return nil, errAmbiguous(text, p.possibilities(name))
	case abbreviated != nil:
		return abbreviated, nil
	case extension != nil:
		return extension, nil
	}
	return nil, errUnrecognized(text)
}

// possibilities returns the GNU options that name abbreviates, in the table's order.
func (p *Parser) possibilities(name string) []string {
	var names []string
	for _, opt := range p.table {
		if opt.Long != "" && !opt.Extension && strings.HasPrefix(opt.Long, name) {
			names = append(names, opt.Long)
		}
	}
	return names
}
