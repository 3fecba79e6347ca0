package getopt

// short reads the first letter left in the bundle, and the rest of the bundle
// too if that is the option's argument.
func (p *Parser) short() (*Option, string, error) {
	letter := p.bundle[:1]
	p.bundle = p.bundle[1:]
	opt := p.findShort(letter[0])
	if opt == nil {
		return nil, "", errInvalid(letter)
	}
	if !opt.Arg {
		return opt, "", nil
	}
	if p.bundle != "" {
		arg := p.bundle
		p.bundle = ""
		return opt, arg, nil
	}
	arg, ok := p.takeWord()
	if !ok {
		return nil, "", errShortNeedsArgument(letter)
	}
	return opt, arg, nil
}

// findShort returns the option with that letter, GNU's before one of our own,
// or nil.
func (p *Parser) findShort(letter byte) *Option {
	if letter == 0 {
		return nil // in the table 0 stands for "no letter"
	}
	var own *Option
	for i := range p.table {
		opt := &p.table[i]
		if opt.Short != letter {
			continue
		}
		if !opt.Extension {
			return opt
		}
		if own == nil {
			own = opt
		}
	}
	return own
}
